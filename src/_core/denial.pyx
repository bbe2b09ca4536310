# The denial chain: NSEC and NSEC3 records as columns.

cdef extern from "denial.h" nogil:
    ctypedef struct fs_chain_columns:
        fs_column *source
        fs_column *skip
        fs_column *hash
        fs_column *bitmap
        fs_column *bitmap_offset
        fs_column *bitmaps

    fs_status fs_make_nsec(const fs_arena *arena, const fs_order *order, fs_chain_columns *out, fs_error *error)
    fs_status fs_make_nsec3(const fs_arena *arena, const fs_order *order, int opt_out, const uint8_t *salt, uint8_t salt_length,
                            uint16_t iterations, fs_chain_columns *out, fs_error *error)
    void fs_nsec3_hash(const uint8_t *name, uint32_t length, const uint8_t *salt, uint8_t salt_length, uint16_t iterations,
                       uint8_t *hash)
    uint32_t fs_type_bitmap(const uint16_t *types, uint32_t count, uint8_t *bitmap)


def make_chain(object arena, object order, int kind, bint opt_out=False, bytes salt=b"", uint16_t iterations=0):
    """List, hash and sort the names of a denial chain; kind is 1 (NSEC) or 2 (NSEC3).

    Returns (source, skip, hash, bitmap, bitmap_offset, bitmaps), columns of fastsign.sign.denial.Chain. ZoneError if two names
    have one hash.
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef Column source = Column("I"), skip = Column("B"), hashes = Column("B")
    cdef Column bitmap = Column("I"), bitmap_offset = Column("I"), bitmaps = Column("B")
    cdef fs_chain_columns out
    cdef fs_status status
    cdef const uint8_t *salt_octets = <const uint8_t *><const char *>salt
    if kind not in (1, 2) or len(salt) > 255:
        raise ValueError("a chain is NSEC or NSEC3, its salt at most 255 octets")
    cdef uint8_t salt_length = <uint8_t>len(salt)
    out.source, out.skip, out.hash = &source.column, &skip.column, &hashes.column
    out.bitmap, out.bitmap_offset, out.bitmaps = &bitmap.column, &bitmap_offset.column, &bitmaps.column
    with nogil:
        if kind == 1:
            status = fs_make_nsec(&records, &nodes, &out, &error)
        else:
            status = fs_make_nsec3(&records, &nodes, opt_out, salt_octets, salt_length, iterations, &out, &error)
    check(status, &error)
    return source, skip, hashes, bitmap, bitmap_offset, bitmaps


def type_bitmap(types):
    """The NSEC type bitmap of a set of RR types in wire form (RFC 4034 section 4.1.2)."""
    cdef uint16_t sorted_types[65536]
    cdef uint8_t bitmap[256 * 34]
    cdef uint32_t count = 0
    for number in sorted(set(types)):
        sorted_types[count] = number
        count += 1
    return bitmap[:fs_type_bitmap(sorted_types, count, bitmap)]
