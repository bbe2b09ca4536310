/* C_SignInit and one C_Sign for each row. The few declarations are the standard's, whose headers are not on every machine. */
#define _GNU_SOURCE
#include "pkcs11.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>

typedef unsigned long ck_ulong;

typedef struct {
    ck_ulong mechanism;
    void *parameter;
    ck_ulong parameter_length;
} ck_mechanism;

enum { CKM_RSA_PKCS = 0x1, CKM_ECDSA = 0x1041, CKM_EDDSA = 0x1057 };

/* CK_FUNCTION_LIST: a version, then a pointer for each function in the standard's order. */
enum { BEFORE_SIGN_INIT = 42 };

struct fs_pkcs11 {
    struct {
        uint8_t major, minor;
    } version;
    void (*others[BEFORE_SIGN_INIT])(void);
    ck_ulong (*sign_init)(ck_ulong session, ck_mechanism *mechanism, ck_ulong key);
    ck_ulong (*sign)(ck_ulong session, uint8_t *data, ck_ulong length, uint8_t *signature, ck_ulong *signature_length);
};

FS_COLD static fs_status not_loaded(const char *path, fs_error *error) {
    error->number = ENOENT;
    snprintf(error->file, sizeof error->file, "%s", path);
    return fs_fail(error, FS_ERROR_SYSTEM, "the PKCS #11 module is not loaded, or is none");
}

fs_status fs_pkcs11_find(const char *path, const fs_pkcs11 **module, fs_error *error) {
    void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (library == NULL) return not_loaded(path, error);
    ck_ulong (*get_list)(const fs_pkcs11 **);
    *(void **)&get_list = dlsym(library, "C_GetFunctionList"); /* as POSIX has it: no cast from an object to a function */
    const int found = get_list != NULL && get_list(module) == FS_CKR_OK && *module != NULL;
    dlclose(library); /* whoever loaded it holds it */
    return found ? FS_OK : not_loaded(path, error);
}

/* DigestInfo (RFC 8017 section 9.2): what CKM_RSA_PKCS pads. It is the end of the whole encoding. */
static ck_ulong digest_info(uint8_t algorithm, const uint8_t *digest, uint8_t *out) {
    enum { ROOM = 128 };
    uint8_t encoded[ROOM];
    fs_rsa_encode(algorithm, digest, encoded, sizeof encoded);
    const uint8_t *info = memchr(encoded + 2, 0, sizeof encoded - 2);
    const size_t length = (size_t)(encoded + sizeof encoded - (info + 1));
    memcpy(out, info + 1, length);
    return length;
}

/* What goes into C_Sign for a row. */
static const uint8_t *input_of(uint8_t algorithm, const fs_rows *rows, uint64_t row, uint8_t *room, ck_ulong *length) {
    size_t octets;
    const uint8_t *data = fs_row(rows, row, &octets);
    *length = octets;
    if (!fs_is_rsa(algorithm)) return data;
    *length = digest_info(algorithm, data, room);
    return room;
}

fs_pkcs11_end fs_pkcs11_sign(const fs_pkcs11 *module, unsigned long session, unsigned long key, uint8_t algorithm,
                             const fs_rows *rows, uint64_t first, uint64_t last, uint8_t *signatures, uint16_t width,
                             _Atomic uint64_t *progress) {
    ck_mechanism mechanism = {fs_is_rsa(algorithm) ? CKM_RSA_PKCS : fs_is_ecdsa(algorithm) ? CKM_ECDSA : CKM_EDDSA, NULL, 0};
    uint8_t room[128], made[FS_SIGNATURE_MAX];
    fs_pkcs11_end end = {first, FS_CKR_OK, "C_SignInit"};
    for (; end.next < last; end.next++) {
        ck_ulong length, made_length = sizeof made;
        const uint8_t *data = input_of(algorithm, rows, end.next, room, &length);
        end.call = "C_SignInit";
        if ((end.rv = module->sign_init(session, &mechanism, key)) != FS_CKR_OK) break;
        end.call = "C_Sign";
        if ((end.rv = module->sign(session, (uint8_t *)(uintptr_t)data, length, made, &made_length)) != FS_CKR_OK) break;
        if (made_length != width) {
            end.rv = FS_CKR_SIGNATURE_LEN_RANGE;
            break;
        }
        memcpy(signatures + end.next * width, made, width);
        atomic_fetch_add_explicit(progress, 1, memory_order_relaxed);
    }
    return end;
}
