# Digests of whole zones for ZONEMD records.

cdef extern from "zonemd.h" nogil:
    enum:
        FS_ZONEMD_HASHES, FS_ZONEMD_DIGEST_MAX

    uint32_t fs_zonemd_length(uint8_t number)
    fs_status fs_zonemd_digest(const fs_arena *arena, const fs_order *order, uint32_t wanted, uint8_t *digests, fs_error *error)


def zonemd_length(uint8_t number):
    """Octets of the digest of a hash number (RFC 8976 section 2.2.3); 0 for a number that is not known."""
    return fs_zonemd_length(number)


cdef uint32_t zonemd_bits(object hashes) except? 0:
    cdef uint32_t bits = 0
    for number in hashes:
        if not fs_zonemd_length(number):
            raise ValueError(f"{number} is no hash of ZONEMD")
        bits |= 1 << <uint32_t>number
    return bits


cdef dict zonemd_digests(const uint8_t *digests, object hashes):
    cdef const uint8_t *digest
    result = {}
    for number in hashes:
        digest = digests + (<uint32_t>number - 1) * FS_ZONEMD_DIGEST_MAX
        result[number] = digest[:fs_zonemd_length(number)]
    return result


def zone_digests(object arena, object order, hashes):
    """The digests of a zone (RFC 8976 section 3.3, scheme SIMPLE): hash number -> digest.

    Records out of the zone, the ZONEMD RRset of the apex and what signs it are left out; each record has its own TTL.
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef uint8_t digests[FS_ZONEMD_HASHES * FS_ZONEMD_DIGEST_MAX]
    cdef uint32_t wanted = zonemd_bits(hashes)
    cdef fs_status status
    with nogil:
        status = fs_zonemd_digest(&records, &nodes, wanted, digests, &error)
    check(status, &error)
    return zonemd_digests(digests, hashes)
