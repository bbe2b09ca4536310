/* The text of a K*.private file ("Private-key-format: v1.2" or "v1.3"): its key material, decoded. */
#ifndef FS_PRIVATE_KEY_FILE_H
#define FS_PRIVATE_KEY_FILE_H

#include "private_key.h"

/* Key material by its tag in the file. */
enum {
    FS_FIELD_MODULUS,
    FS_FIELD_PUBLIC_EXPONENT,
    FS_FIELD_PRIVATE_EXPONENT,
    FS_FIELD_PRIME1,
    FS_FIELD_PRIME2,
    FS_FIELD_EXPONENT1,
    FS_FIELD_EXPONENT2,
    FS_FIELD_COEFFICIENT,
    FS_FIELD_PRIVATE_KEY, /* ECDSA: the scalar; EdDSA: the seed */
    FS_FIELDS
};

enum { FS_PRIVATE_FILE_MAX = 16384 }; /* octets; an RSA-4096 key has 3,300 */

/* The file and what it decodes to. Secret: in fs_secret_open memory. */
typedef struct {
    size_t size;
    uint16_t length[FS_FIELDS]; /* octets; 0: not in the file */
    uint8_t field[FS_FIELDS][FS_RSA_OCTETS];
    uint8_t text[FS_PRIVATE_FILE_MAX + 1];
} fs_private_file;

/* Read and parse `path`. FS_ERROR_KEY with a message that names the file and the line, and never quotes it. */
fs_status fs_private_file_read(fs_private_file *file, const char *path, uint8_t algorithm, fs_error *error) FS_MUST_CHECK;

#endif
