/* Signing by a PKCS #11 module: the loop over rows, and no more. Slots, log-in and search are done by others, in the same process. */
#ifndef FS_PKCS11_H
#define FS_PKCS11_H

#include <stdatomic.h>

#include "engine.h"

/* The functions of a module that this process has loaded (PKCS #11 v2.40, section 5). */
typedef struct fs_pkcs11 fs_pkcs11;

/* FS_ERROR_SYSTEM if the module at `path` is not loaded. */
fs_status fs_pkcs11_find(const char *path, const fs_pkcs11 **module, fs_error *error) FS_MUST_CHECK;

/* Where a loop ended. */
typedef struct {
    uint64_t next;    /* the row that has no signature yet; that behind the last if all have one */
    unsigned long rv; /* what the module said of it, a CKR_ number */
    const char *call; /* to which call: "C_SignInit" or "C_Sign" */
} fs_pkcs11_end;

enum { FS_CKR_OK = 0, FS_CKR_SIGNATURE_LEN_RANGE = 0xC1 };

/* Sign rows [first, last) with a key object in a session, into rows of `width` octets; *progress counts up with each. A signature of
 * another length ends the loop with FS_CKR_SIGNATURE_LEN_RANGE. Nothing is checked: the HSM is not trusted, and who asked is to look. */
fs_pkcs11_end fs_pkcs11_sign(const fs_pkcs11 *module, unsigned long session, unsigned long key, uint8_t algorithm,
                             const fs_rows *rows, uint64_t first, uint64_t last, uint8_t *signatures, uint16_t width,
                             _Atomic uint64_t *progress);

#endif
