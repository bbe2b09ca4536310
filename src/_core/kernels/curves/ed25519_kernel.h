/* What a variant of the Ed25519 kernel offers to ed25519_batch.c: the steps of both jobs over one chunk of at most `rows` rows. */
#ifndef FS_ED25519_KERNEL_H
#define FS_ED25519_KERNEL_H

#include "ec_kernel.h"
#include "ed25519_batch.h"

typedef struct {
    const char *name; /* "portable", "adx" */
    size_t rows;
    int (*usable)(void);
    size_t sign_room, verify_room; /* octets of workspace, aligned to 64 */

    /* r = hash mod L of each row's 64 octets, and R = r*B into the first half of each signature. Nonzero: a self-check failed. */
    int (*commit)(const uint8_t *hashes, size_t count, void *sign_room, uint8_t *signatures);
    /* S = r + h*s into the second half, h = hash mod L. `secret`: s as a little-endian number. Nonzero: a self-check failed. */
    int (*respond)(const uint8_t *secret, const uint8_t *hashes, size_t count, void *sign_room, uint8_t *signatures);

    /* As in fs_ec_kernel. */
    size_t (*sign_rows)(size_t count);
    size_t (*verify_rows)(const fs_ec_tables *tables, size_t count);
    size_t (*table_size)(unsigned window);
    /* Fill the tables of B and of -A; 1 when the public key is refused. */
    int (*tables)(const uint8_t *public_key, void *verify_room, fs_ec_tables *tables);
    void (*verify)(const fs_ec_tables *tables, const uint8_t *hashes, const uint8_t *signatures, size_t count, void *verify_room,
                   uint8_t *ok);

    void (*probe)(fs_ec_probe operation, const uint8_t *a, const uint8_t *b, uint8_t *out);
} fs_ed25519_kernel;

extern const fs_ed25519_kernel fs_ed25519_portable;
#if defined(__x86_64__)
extern const fs_ed25519_kernel fs_ed25519_adx;
#endif

fs_status fs_ed25519_probe_kernel(const char *kernel, fs_ec_probe operation, const uint8_t *a, const uint8_t *b, uint8_t *out,
                                  fs_error *error) FS_MUST_CHECK;

#endif
