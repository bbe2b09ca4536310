# Signing in an HSM: the loop alone. Everything else about it is Python's (fastsign.keys.pkcs11).

cdef extern from "pkcs11.h" nogil:
    ctypedef struct fs_pkcs11:
        pass

    ctypedef struct fs_pkcs11_end:
        uint64_t next
        unsigned long rv
        const char *call

    fs_status fs_pkcs11_find(const char *path, const fs_pkcs11 **module, fs_error *error)
    fs_pkcs11_end fs_pkcs11_sign(const fs_pkcs11 *module, unsigned long session, unsigned long key, uint8_t algorithm,
                                 const fs_rows *rows, uint64_t first, uint64_t last, uint8_t *signatures, uint16_t width,
                                 void *progress)


cdef class HsmSigner:
    """Signs rows by a PKCS #11 module that this process has loaded; may be used by many threads, a session each."""
    cdef const fs_pkcs11 *module

    def __init__(self, path):
        """OSError if the module at path is not loaded."""
        cdef fs_error error
        cdef bytes name = _os.fsencode(path)
        cdef const char *c_name = name
        memset(&error, 0, sizeof(error))
        if b"\0" in name:
            raise ValueError("a path can't hold a NUL")
        check(fs_pkcs11_find(c_name, &self.module, &error), &error)

    def sign(self, unsigned long session, unsigned long key, uint8_t algorithm, Column rows, offsets, uint64_t first,
             uint64_t last, uint16_t width, Column signatures, Column progress, uint64_t slot):
        """Sign rows [first, last) into rows of width octets (B), and count each in progress[slot] (Q).

        The rows are digests (B, offsets None), or messages of EdDSA, offsets a column of last + 1 (Q). Returns (the first row
        without a signature, CKR number, the call that said so); last and 0 if all is well. Nothing is checked.
        """
        cdef fs_rows view
        cdef fs_pkcs11_end end
        cdef uint8_t *out = <uint8_t *>items(signatures, "B", _times(last, width))
        cdef uint64_t *counter = <uint64_t *>items(progress, "Q", slot + 1) + slot
        _view_rows(&view, algorithm, rows, offsets, last)
        rows.views += 1
        signatures.views += 1
        progress.views += 1
        with nogil:
            end = fs_pkcs11_sign(self.module, session, key, algorithm, &view, first, last, out, width, counter)
        rows.views -= 1
        signatures.views -= 1
        progress.views -= 1
        return end.next, end.rv, end.call.decode()


cdef int _view_rows(fs_rows *view, uint8_t algorithm, Column rows, offsets, uint64_t count) except -1:
    view.count = count
    view.offset = NULL
    view.width = fs_signed_octets(algorithm)
    view.data = <const uint8_t *>items(rows, "B", _times(count, view.width))
    if view.width == 0:
        if not isinstance(offsets, Column):
            raise ValueError(f"algorithm {algorithm} signs messages, which need offsets")
        view.offset = <const uint64_t *>items(offsets, "Q", _times(count + 1, 1))
        _check_ascending(view.offset, count, rows.column.used)
    return 0
