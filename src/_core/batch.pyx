# batch: ECDSA in batches, as the tests and benchmarks reach it. Signing a zone goes through the engines, in C.

cdef extern from "ec_batch.h" nogil:
    ctypedef enum fs_ec_curve:
        FS_EC_P256, FS_EC_P384

    ctypedef struct fs_ec_key
    ctypedef struct fs_ec_verifier

    size_t fs_ec_octets(fs_ec_curve curve)
    const char *fs_ec_kernel_name(fs_ec_curve curve, size_t number)
    fs_status fs_ec_key_new(fs_ec_key **key, fs_ec_curve curve, const uint8_t *secret, const char *kernel, fs_error *error)
    void fs_ec_key_free(fs_ec_key *key)
    fs_status fs_ec_key_public(const fs_ec_key *key, uint8_t *public_key, fs_error *error)
    fs_status fs_ec_sign_batch(const fs_ec_key *key, const uint8_t *digests, size_t count, uint8_t *signatures, fs_error *error)
    fs_status fs_ec_sign_with_nonces(const fs_ec_key *key, const uint8_t *digests, const uint8_t *nonces, size_t count,
                                     uint8_t *signatures, uint8_t *again, fs_error *error)
    fs_status fs_ec_verifier_new(fs_ec_verifier **verifier, fs_ec_curve curve, const uint8_t *public_key, size_t expected,
                                 const char *kernel, fs_error *error)
    void fs_ec_verifier_free(fs_ec_verifier *verifier)
    fs_status fs_ec_verify_many(const fs_ec_verifier *verifier, const uint8_t *digests, const uint8_t *signatures, size_t count,
                                uint8_t *ok, fs_error *error)

cdef extern from "ec_nonce.h" nogil:
    ctypedef struct fs_nonce_key:
        pass

    void fs_nonce_key_init(fs_nonce_key *key, fs_ec_curve curve, const uint8_t *secret, const uint8_t *order)
    void fs_nonces(const fs_nonce_key *key, const uint8_t *digests, size_t count, unsigned skip, uint8_t *nonces)

cdef extern from "ec_kernel.h" nogil:
    ctypedef enum fs_ec_probe:
        FS_EC_PROBES

    fs_status fs_ec_probe_kernel(fs_ec_curve curve, const char *kernel, fs_ec_probe operation, const uint8_t *a, const uint8_t *b,
                                 uint8_t *out, fs_error *error)


cdef fs_ec_curve _curve(int bits) except *:
    if bits == 256:
        return FS_EC_P256
    if bits == 384:
        return FS_EC_P384
    raise ValueError(f"no curve of {bits} bits here: 256 or 384")


cdef const uint8_t *_octets(bytes octets, size_t length) except? NULL:
    if <size_t>len(octets) != length:
        raise ValueError(f"{len(octets)} octets where {length} are needed")
    return <const uint8_t *><const char *>octets


def ec_kernels(int bits):
    """The variants of the elliptic-curve kernel that this CPU runs, the fastest first."""
    cdef fs_ec_curve curve = _curve(bits)
    cdef list names = []
    while fs_ec_kernel_name(curve, <size_t>len(names)) != NULL:
        names.append(fs_ec_kernel_name(curve, <size_t>len(names)).decode())
    return names


def ec_probe(int bits, bytes kernel, int operation, bytes a, bytes b):
    """One operation of the kernel's arithmetic on big-endian numbers (enum fs_ec_probe)."""
    cdef fs_error error
    cdef fs_ec_curve curve = _curve(bits)
    cdef size_t octets = fs_ec_octets(curve)
    cdef uint8_t out[48]
    memset(&error, 0, sizeof(error))
    check(fs_ec_probe_kernel(curve, kernel, <fs_ec_probe>operation, _octets(a, octets), _octets(b, octets), out, &error), &error)
    return (<char *>out)[:octets]


def ec_nonces(int bits, bytes secret, bytes order, bytes digests, unsigned skip=0):
    """The nonces of RFC 6979 for rows of digests, modulo *order*; *skip* passes over so many candidates in range."""
    cdef fs_nonce_key key
    cdef fs_ec_curve curve = _curve(bits)
    cdef size_t octets = fs_ec_octets(curve), count = <size_t>len(digests) // octets
    cdef bytearray out = bytearray(count * octets)
    fs_nonce_key_init(&key, curve, _octets(secret, octets), _octets(order, octets))
    fs_nonces(&key, _octets(digests, count * octets), count, skip, <uint8_t *><char *>out)
    memset(&key, 0, sizeof(key))
    return bytes(out)


cdef class EcKey:
    """A private ECDSA key, for tests: signing in batches with one variant of the kernel."""
    cdef fs_ec_key *key
    cdef size_t octets

    def __cinit__(self, int bits, bytes secret, kernel=None):
        cdef fs_error error
        cdef fs_ec_curve curve = _curve(bits)
        cdef bytes name = kernel.encode() if kernel is not None else b""
        memset(&error, 0, sizeof(error))
        self.octets = fs_ec_octets(curve)
        check(fs_ec_key_new(&self.key, curve, _octets(secret, self.octets), <const char *>name if name else NULL, &error), &error)

    def __dealloc__(self):
        if self.key != NULL:
            fs_ec_key_free(self.key)

    def public(self):
        """The public key, x|y."""
        cdef bytearray out = bytearray(2 * self.octets)
        cdef fs_error error
        memset(&error, 0, sizeof(error))
        check(fs_ec_key_public(self.key, <uint8_t *><char *>out, &error), &error)
        return bytes(out)

    def sign(self, bytes digests):
        """The signatures r|s of rows of digests."""
        cdef fs_error error
        cdef size_t count = <size_t>len(digests) // self.octets
        cdef const uint8_t *rows = _octets(digests, count * self.octets)
        cdef bytearray out = bytearray(2 * count * self.octets)
        cdef uint8_t *signatures = <uint8_t *><char *>out
        cdef fs_status status
        memset(&error, 0, sizeof(error))
        with nogil:
            status = fs_ec_sign_batch(self.key, rows, count, signatures, &error)
        check(status, &error)
        return bytes(out)

    def sign_with(self, bytes digests, bytes nonces):
        """The same with given nonces; and one octet a row that is 1 where r or s is zero."""
        cdef fs_error error
        cdef size_t count = <size_t>len(digests) // self.octets
        cdef bytearray out = bytearray(2 * count * self.octets), again = bytearray(count)
        memset(&error, 0, sizeof(error))
        check(fs_ec_sign_with_nonces(self.key, _octets(digests, count * self.octets), _octets(nonces, count * self.octets), count,
                                     <uint8_t *><char *>out, <uint8_t *><char *>again, &error), &error)
        return bytes(out), bytes(again)


cdef class EcVerifier:
    """A public ECDSA key, for tests: verifying in batches with one variant of the kernel."""
    cdef fs_ec_verifier *verifier
    cdef size_t octets

    def __cinit__(self, int bits, bytes public_key, size_t expected, kernel=None):
        cdef fs_error error
        cdef fs_ec_curve curve = _curve(bits)
        cdef bytes name = kernel.encode() if kernel is not None else b""
        memset(&error, 0, sizeof(error))
        self.octets = fs_ec_octets(curve)
        check(fs_ec_verifier_new(&self.verifier, curve, _octets(public_key, 2 * self.octets), expected,
                                 <const char *>name if name else NULL, &error), &error)

    def __dealloc__(self):
        fs_ec_verifier_free(self.verifier)

    def verify(self, bytes digests, bytes signatures):
        """One octet a row: 1 where the signature is valid."""
        cdef fs_error error
        cdef size_t count = <size_t>len(digests) // self.octets
        cdef const uint8_t *rows = _octets(digests, count * self.octets)
        cdef const uint8_t *given = _octets(signatures, 2 * count * self.octets)
        cdef bytearray out = bytearray(count)
        cdef uint8_t *ok = <uint8_t *><char *>out
        cdef fs_status status
        memset(&error, 0, sizeof(error))
        with nogil:
            status = fs_ec_verify_many(self.verifier, rows, given, count, ok, &error)
        check(status, &error)
        return bytes(out)


# ---- Ed25519

cdef extern from "ed25519_batch.h" nogil:
    ctypedef struct fs_ed25519_key
    ctypedef struct fs_ed25519_verifier

    const char *fs_ed25519_kernel_name(size_t number)
    fs_status fs_ed25519_key_new(fs_ed25519_key **key, const uint8_t *seed, const char *kernel, fs_error *error)
    void fs_ed25519_key_free(fs_ed25519_key *key)
    void fs_ed25519_key_public(const fs_ed25519_key *key, uint8_t *public_key)
    fs_status fs_ed25519_sign_batch(const fs_ed25519_key *key, const uint8_t *data, const uint64_t *offset, size_t count,
                                    uint8_t *signatures, fs_error *error)
    fs_status fs_ed25519_verifier_new(fs_ed25519_verifier **verifier, const uint8_t *public_key, size_t expected,
                                      const char *kernel, fs_error *error)
    void fs_ed25519_verifier_free(fs_ed25519_verifier *verifier)
    fs_status fs_ed25519_verify_many(const fs_ed25519_verifier *verifier, const uint8_t *data, const uint64_t *offset,
                                     const uint8_t *signatures, size_t count, uint8_t *ok, fs_error *error)

cdef extern from "ed25519_kernel.h" nogil:
    fs_status fs_ed25519_probe_kernel(const char *kernel, fs_ec_probe operation, const uint8_t *a, const uint8_t *b,
                                      uint8_t *out, fs_error *error)


def ed25519_kernels():
    """The variants of the Ed25519 kernel that this CPU runs, the fastest first."""
    cdef list names = []
    while fs_ed25519_kernel_name(<size_t>len(names)) != NULL:
        names.append(fs_ed25519_kernel_name(<size_t>len(names)).decode())
    return names


def ed25519_probe(bytes kernel, int operation, bytes a, bytes b):
    """One operation of the kernel's arithmetic on big-endian numbers (enum fs_ec_probe)."""
    cdef fs_error error
    cdef uint8_t out[32]
    memset(&error, 0, sizeof(error))
    check(fs_ed25519_probe_kernel(kernel, <fs_ec_probe>operation, _octets(a, 32), _octets(b, 32), out, &error), &error)
    return (<char *>out)[:32]


cdef Column _offsets(list messages):
    """Where each message begins in all of them joined, and where the last one ends."""
    cdef Column column = Column("Q", len(messages) + 1)
    cdef uint64_t *offset = <uint64_t *>column.column.data
    cdef uint64_t at = 0
    cdef Py_ssize_t i
    for i in range(len(messages)):
        offset[i] = at
        at += len(messages[i])
    offset[len(messages)] = at
    return column


cdef class Ed25519Key:
    """A private Ed25519 key, for tests: signing in batches with one variant of the kernel."""
    cdef fs_ed25519_key *key

    def __cinit__(self, bytes seed, kernel=None):
        cdef fs_error error
        cdef bytes name = kernel.encode() if kernel is not None else b""
        memset(&error, 0, sizeof(error))
        check(fs_ed25519_key_new(&self.key, _octets(seed, 32), <const char *>name if name else NULL, &error), &error)

    def __dealloc__(self):
        if self.key != NULL:
            fs_ed25519_key_free(self.key)

    def public(self):
        """The public key, 32 octets."""
        cdef bytearray out = bytearray(32)
        fs_ed25519_key_public(self.key, <uint8_t *><char *>out)
        return bytes(out)

    def sign(self, list messages):
        """The signatures of the messages, 64 octets each."""
        cdef fs_error error
        cdef size_t count = <size_t>len(messages)
        cdef Column offsets = _offsets(messages)
        cdef bytes joined = b"".join(messages)
        cdef const uint8_t *data = <const uint8_t *><const char *>joined
        cdef bytearray out = bytearray(64 * count)
        cdef uint8_t *signatures = <uint8_t *><char *>out
        cdef fs_status status
        memset(&error, 0, sizeof(error))
        with nogil:
            status = fs_ed25519_sign_batch(self.key, data, <const uint64_t *>offsets.column.data, count, signatures, &error)
        check(status, &error)
        return bytes(out)


cdef class Ed25519Verifier:
    """A public Ed25519 key, for tests: verifying in batches with one variant of the kernel."""
    cdef fs_ed25519_verifier *verifier

    def __cinit__(self, bytes public_key, size_t expected, kernel=None):
        cdef fs_error error
        cdef bytes name = kernel.encode() if kernel is not None else b""
        memset(&error, 0, sizeof(error))
        check(fs_ed25519_verifier_new(&self.verifier, _octets(public_key, 32), expected, <const char *>name if name else NULL,
                                      &error), &error)

    def __dealloc__(self):
        fs_ed25519_verifier_free(self.verifier)

    def verify(self, list messages, bytes signatures):
        """One octet a message: 1 where the signature is valid."""
        cdef fs_error error
        cdef size_t count = <size_t>len(messages)
        cdef Column offsets = _offsets(messages)
        cdef bytes joined = b"".join(messages)
        cdef const uint8_t *data = <const uint8_t *><const char *>joined
        cdef const uint8_t *given = _octets(signatures, 64 * count)
        cdef bytearray out = bytearray(count)
        cdef uint8_t *ok = <uint8_t *><char *>out
        cdef fs_status status
        memset(&error, 0, sizeof(error))
        with nogil:
            status = fs_ed25519_verify_many(self.verifier, data, <const uint64_t *>offsets.column.data, given, count, ok, &error)
        check(status, &error)
        return bytes(out)
