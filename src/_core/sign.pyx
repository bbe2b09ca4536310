# Private keys, which stay in C, and the engines that sign with them.

cdef extern from "private_key.h" nogil:
    ctypedef struct fs_public_key:
        uint8_t algorithm
        uint16_t signature_length
        uint16_t digest_length

    ctypedef struct fs_private_key:
        fs_public_key public_key
        const fs_engine *engine

    fs_status fs_private_key_open(fs_private_key **key, const char *path, uint8_t algorithm, const uint8_t *public_key,
                                  size_t public_length, const char *engine, fs_error *error)
    void fs_private_key_close(fs_private_key *key)
    fs_status fs_public_key_open(fs_public_key *key, uint8_t algorithm, const uint8_t *octets, size_t length,
                                 fs_error *error)
    void fs_public_key_close(fs_public_key *key)
    uint16_t fs_signed_octets(uint8_t algorithm)
    int fs_public_key_verify(const fs_public_key *key, const uint8_t *data, size_t length, const uint8_t *signature)

cdef extern from "engine.h" nogil:
    ctypedef struct fs_engine:
        const char *name
        uint8_t algorithm
        int (*fits)(uint8_t algorithm, const fs_private_key *key)

    ctypedef struct fs_rows:
        const uint8_t *data
        const uint64_t *offset
        uint32_t width
        size_t count

    const fs_engine *fs_engines
    fs_status fs_sign(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error)


def engines():
    """Which engines this build and this CPU offer: {algorithm: [names, the preferred one first]}."""
    cdef const fs_engine *engine = fs_engines
    offered = {}
    while engine.name != NULL:
        if engine.fits(engine.algorithm, NULL):
            offered.setdefault(engine.algorithm, []).append(engine.name.decode())
        engine += 1
    return offered


def signed_octets(uint8_t algorithm):
    """Octets of the digest that an algorithm signs; 0 where it signs messages (EdDSA) or is not known."""
    return fs_signed_octets(algorithm)


def verify_one(uint8_t algorithm, bytes public_key, bytes data, bytes signature):
    """Does libcrypto find this signature good?

    public_key is the field of the DNSKEY, data the digest (EdDSA: the message), signature the field of the RRSIG. A public
    key that is none is a KeyFileError.
    """
    cdef fs_error error
    cdef fs_public_key key
    cdef int good
    memset(&error, 0, sizeof(error))
    check(fs_public_key_open(&key, algorithm, <const uint8_t *><const char *>public_key, len(public_key), &error), &error)
    good = len(signature) == key.signature_length and fs_public_key_verify(
        &key, <const uint8_t *><const char *>data, len(data), <const uint8_t *><const char *>signature)
    fs_public_key_close(&key)
    return bool(good)


cdef class PrivateKey:
    """A private key of a K*.private file. It can sign; nothing can be read out of it, and it can't be pickled."""
    cdef fs_private_key *key

    def __init__(self):
        raise TypeError("a PrivateKey comes from PrivateKey.load")

    def __reduce__(self):
        raise TypeError("a PrivateKey can't be pickled: send its path")

    def __dealloc__(self):
        fs_private_key_close(self.key)

    @staticmethod
    def load(path, uint8_t algorithm, bytes public_key, str engine=""):
        """Read the .private file at path; public_key is the public key field of the DNSKEY it must belong to.

        engine names the one that signs where it can, "" the fastest that fits this CPU. The key signs a fixed blob before it
        is handed out. KeyFileError: the file is missing, unreadable, malformed or of another key; SigningError: the engine is
        not to be had or failed.
        """
        cdef fs_error error
        cdef fs_status status
        cdef bytes name = _os.fsencode(path), engine_name = engine.encode()
        cdef const char *c_name = name
        cdef const char *c_engine = engine_name
        cdef const uint8_t *octets = <const uint8_t *><const char *>public_key
        cdef size_t length = len(public_key)
        cdef PrivateKey self = PrivateKey.__new__(PrivateKey)
        if b"\0" in name:
            raise ValueError("a path can't hold a NUL")
        memset(&error, 0, sizeof(error))
        with nogil:
            status = fs_private_key_open(&self.key, c_name, algorithm, octets, length, c_engine, &error)
        check(status, &error)
        return self

    @property
    def algorithm(self):
        return self.key.public_key.algorithm

    @property
    def signature_length(self):
        return self.key.public_key.signature_length

    @property
    def digest_length(self):
        """Octets of the digest that is signed; 0 where messages are signed (EdDSA)."""
        return self.key.public_key.digest_length

    @property
    def engine(self):
        """The engine that signs with this key."""
        return self.key.engine.name.decode()

    def sign_digests(self, Column digests, uint64_t count, Column signatures):
        """Sign rows of digest_length octets (B) into rows of signature_length octets (B); algorithms 5, 7, 8, 10, 13, 14.

        When a signature fails its check, SigningError is raised and the rows are wiped.
        """
        cdef fs_rows rows
        cdef uint16_t width = self.key.public_key.digest_length
        if width == 0:
            raise ValueError(f"algorithm {self.algorithm} signs messages, not digests")
        rows.data = <const uint8_t *>items(digests, "B", _times(count, width))
        rows.offset = NULL
        rows.width = width
        rows.count = count
        _sign_rows(self, &rows, digests, signatures)

    def sign_messages(self, Column messages, Column offsets, uint64_t count, Column signatures):
        """Sign messages[offsets[i]:offsets[i + 1]] (B, Q) into rows of signature_length octets (B); algorithms 15, 16."""
        cdef fs_rows rows
        if self.key.public_key.digest_length != 0:
            raise ValueError(f"algorithm {self.algorithm} signs digests, not messages")
        rows.data = <const uint8_t *>items(messages, "B", 0)
        rows.offset = <const uint64_t *>items(offsets, "Q", _times(count + 1, 1))
        rows.width = 0
        rows.count = count
        _check_ascending(rows.offset, count, messages.column.used)
        offsets.views += 1
        try:
            _sign_rows(self, &rows, messages, signatures)
        finally:
            offsets.views -= 1


cdef uint64_t _times(uint64_t count, uint64_t width) except? 0:
    if count >= <uint64_t>1 << 40:
        raise ValueError(f"{count} rows are more than a batch may have")
    return count * width


cdef int _check_ascending(const uint64_t *offset, uint64_t count, uint64_t size) except -1:
    cdef uint64_t i
    for i in range(count):
        if offset[i] > offset[i + 1]:
            raise ValueError(f"offset {i} is beyond its successor")
    if offset[count] > size:
        raise ValueError("the last offset is beyond the messages")
    return 0


cdef int _sign_rows(PrivateKey self, fs_rows *rows, Column data, Column signatures) except -1:
    cdef fs_error error
    cdef fs_status status
    cdef uint8_t *out = <uint8_t *>items(signatures, "B", rows.count * self.key.public_key.signature_length)
    memset(&error, 0, sizeof(error))
    data.views += 1          # neither may be unmapped while the GIL is away
    signatures.views += 1
    with nogil:
        status = fs_sign(self.key, rows, out, &error)
    data.views -= 1
    signatures.views -= 1
    return check(status, &error)
