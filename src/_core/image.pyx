# The image of a run's signatures.

cdef uint32_t NONE = 0xFFFFFFFF

cdef extern from "image.h" nogil:
    ctypedef struct fs_image_row:
        pass

    ctypedef struct fs_image_key:
        uint16_t length
        uint16_t tag
        uint8_t algorithm
        uint32_t maker

    ctypedef struct fs_image:
        uint8_t *rows
        uint64_t size
        const uint32_t *index
        uint32_t slots
        const fs_image_key *keys

    ctypedef struct fs_image_input:
        const fs_arena *arena
        const fs_order *order
        const fs_chain *chain
        const fs_retained *retained
        const uint8_t *apex
        const fs_signer *signers
        const uint8_t **rows
        const uint64_t *row_sizes
        const uint16_t *key_of_signer
        uint32_t signer_count
        const uint16_t *key_of_old
        uint32_t now

    ctypedef struct fs_image_counts:
        uint64_t rows
        uint32_t soonest

    fs_status fs_image_index(const uint8_t *rows, uint64_t size, uint64_t count, const fs_image_key *keys, uint32_t key_count,
                             uint32_t *index, uint32_t slots, fs_error *error)
    fs_status fs_image_write(const fs_image_input *input, int is_chain, uint32_t first, uint32_t last, fs_column *out,
                             fs_image_counts *counts, fs_error *error)


cdef int image_keys_of(PublicKeys keys, object makers, fs_image_key *out) except -1:
    """The keys of an image; *makers*: for each its number among the keys that judge, or None."""
    if keys.count > FS_SIGNERS_MAX or len(makers) != keys.count:
        raise ValueError(f"an image has at most {FS_SIGNERS_MAX} keys, each with its maker")
    for i in range(keys.count):
        out[i].length, out[i].tag, out[i].algorithm = keys.key[i].signature_size, keys.key[i].tag, keys.key[i].algorithm
        out[i].maker = NONE if makers[i] is None else makers[i]
    return 0


def image_index(Column rows, uint64_t count, PublicKeys keys):
    """Index *count* rows of an image, signatures by *keys*. ValueError unless they are sound.

    Returns a column (I) for retain_of_image.
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_image_key by[FS_SIGNERS_MAX]
    cdef fs_status status
    image_keys_of(keys, (None,) * keys.count, by)
    if count > len(rows):
        raise ValueError(f"{len(rows)} octets can't be {count} rows")
    if count >= <uint64_t>1 << 29:
        raise ValueError(f"{count} rows are more than an image may have")
    cdef uint32_t slots = 2
    while slots <= 2 * count:  # at most half full
        slots *= 2
    cdef Column index = Column("I", slots)
    cdef uint32_t *slot = u32(index)
    with nogil:
        status = fs_image_index(rows.column.data, rows.column.used, count, by, keys.count, slot, slots, &error)
    check(status, &error)
    return index


def write_image(object arena, object order, object chain, object retained, bytes apex, object signers, object rows,
                object key_of_signer, object key_of_old, uint32_t now, bint is_chain, uint32_t first, uint32_t last, Column out):
    """Write the rows of the signatures of nodes, or with *is_chain* of NSEC3 entries, [first, last) to *out* (B).

    *rows* as in render_nodes. The keys are numbers in the list of the new image: of each signer, and of each key of the old one
    (0 for a key none of whose signatures stays). *apex*: wire, lower case. Returns (rows, seconds from *now* to the first end).
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef fs_chain entries = chain_of(chain)
    cdef fs_retained kept = retained_of(retained, &nodes, &entries)
    cdef fs_signer with_signers[FS_SIGNERS_MAX]
    cdef const uint8_t *signatures[FS_SIGNERS_MAX]
    cdef uint64_t sizes[FS_SIGNERS_MAX]
    cdef uint16_t new_keys[FS_SIGNERS_MAX]
    cdef uint16_t old_keys[FS_SIGNERS_MAX]
    cdef fs_image_input source
    cdef fs_image_counts counts
    cdef fs_status status
    check_name(apex)
    if not len(signers) == len(rows) == len(key_of_signer) or max(len(signers), len(key_of_old)) > FS_SIGNERS_MAX:
        raise ValueError(f"each signer has one column of signatures and a key, and there are at most {FS_SIGNERS_MAX}")
    if first > last or last > (entries.count if is_chain else nodes.node_count):
        raise ValueError("the range is not within the zone")
    for i in range(len(signers)):
        with_signers[i], new_keys[i] = signer_of(signers[i]), key_of_signer[i]
        signatures[i], sizes[i] = <const uint8_t *>items(rows[i], "B", 0), len(rows[i])
    memset(old_keys, 0, sizeof(old_keys))
    for i in range(len(key_of_old)):
        old_keys[i] = key_of_old[i]
    source.arena, source.order, source.chain, source.retained = &records, &nodes, &entries, &kept
    source.apex, source.now = <const uint8_t *><const char *>apex, now
    source.signers, source.rows, source.row_sizes = with_signers, signatures, sizes
    source.signer_count = <uint32_t>len(signers)
    source.key_of_signer, source.key_of_old = new_keys, old_keys
    out.check_unviewed()
    items(out, "B", 0)
    with nogil:
        status = fs_image_write(&source, is_chain, first, last, &out.column, &counts, &error)
    check(status, &error)
    return counts.rows, counts.soonest
