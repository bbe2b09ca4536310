# The NSEC3 hash of one name.

def nsec3_hash(bytes name, bytes salt=b"", uint16_t iterations=0):
    """SHA-1 hash of a wire name in any case, 20 octets (RFC 5155 section 5)."""
    cdef uint8_t out[20]
    check_name(name)
    if len(salt) > 255:
        raise ValueError("a salt has at most 255 octets")
    fs_nsec3_hash(<const uint8_t *><const char *>name, <uint32_t>len(name), <const uint8_t *><const char *>salt,
                  <uint8_t>len(salt), iterations, out)
    return out[:20]


cdef extern from "chain.h" nogil:
    void fs_hash_label(const uint8_t *hash, uint8_t *label)


def hash_label(bytes digest):
    """An NSEC3 hash of 20 octets as the 32 characters of its owner label, base32hex in lower case (RFC 5155 section 3)."""
    cdef uint8_t label[32]
    if len(digest) != FS_HASH:
        raise ValueError("an NSEC3 hash has 20 octets")
    fs_hash_label(<const uint8_t *><const char *>digest, label)
    return label[:32]
