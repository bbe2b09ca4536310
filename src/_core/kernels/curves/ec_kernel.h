/* What a variant of the elliptic-curve kernel offers to ec_batch.c: the two jobs over one chunk of at most `rows` rows. */
#ifndef FS_EC_KERNEL_H
#define FS_EC_KERNEL_H

#include "cpu.h"
#include "ec_batch.h"
#include "ec_tables.h"

/* A value that may be told from now on. With FS_CTGRIND the secrets are marked undefined for valgrind, and this lifts the mark. */
#if defined(FS_CTGRIND)
#include <valgrind/memcheck.h>
#define FS_DECLASSIFY(value) (VALGRIND_MAKE_MEM_DEFINED(&(value), sizeof(value)), (value))
#define FS_ADX_RUNS() 1 /* valgrind hides ADX, and yet runs it */
#else
#define FS_DECLASSIFY(value) (value)
#define FS_ADX_RUNS() (fs_cpu_has(FS_CPU_ADX) && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx2"))
#endif

/* Field elements and numbers mod n come and go as they are in memory: Montgomery's products carry a factor 2^-bits. */
typedef enum {
    FS_EC_FIELD_MUL = 0,
    FS_EC_FIELD_SQR = 1,
    FS_EC_FIELD_ADD = 2,
    FS_EC_FIELD_SUB = 3,
    FS_EC_FIELD_NEGATE = 4,
    FS_EC_FIELD_INVERT = 5,
    FS_EC_ORDER_MUL = 6,
    FS_EC_ORDER_INVERT = 7,
    FS_EC_ORDER_REDUCE = 8,
    FS_EC_PROBES = 9
} fs_ec_probe;

typedef struct {
    const char *name;       /* "portable", "adx" */
    fs_ec_curve curve;
    size_t octets;          /* of a coordinate */
    size_t rows;            /* of a chunk */
    const uint8_t *order;   /* n, big-endian */
    int (*usable)(void);    /* on this CPU */
    size_t sign_room;       /* octets of workspace, aligned to 64 */
    size_t verify_room;

    /* x|y of secret*G. The secret is in 1..n-1. */
    void (*derive)(const uint8_t *secret, void *sign_room, uint8_t *public_key);
    /* 0, or 1 when a self-check failed. again[row] = 1 where r or s is zero. */
    int (*sign)(const uint8_t *secret, const uint8_t *digests, const uint8_t *nonces, size_t count, void *sign_room,
                uint8_t *signatures, uint8_t *again);

    /* Of so many rows, how many to take at a time. */
    size_t (*sign_rows)(size_t count);
    size_t (*verify_rows)(const fs_ec_tables *tables, size_t count);

    /* Octets of the table of one base for a window of so many bits. */
    size_t (*table_size)(unsigned window);
    /* Fill the tables of G and of the public key; 1 when that is no point of the curve. */
    int (*tables)(const uint8_t *public_key, void *verify_room, fs_ec_tables *tables);
    void (*verify)(const fs_ec_tables *tables, const uint8_t *digests, const uint8_t *signatures, size_t count, void *verify_room,
                   uint8_t *ok);

    /* One operation of the arithmetic on big-endian octets, for tests against Python's integers. */
    void (*probe)(fs_ec_probe operation, const uint8_t *a, const uint8_t *b, uint8_t *out);
} fs_ec_kernel;

fs_status fs_ec_probe_kernel(fs_ec_curve curve, const char *kernel, fs_ec_probe operation, const uint8_t *a, const uint8_t *b,
                             uint8_t *out, fs_error *error) FS_MUST_CHECK;

extern const fs_ec_kernel fs_ec_p256_portable, fs_ec_p384_portable;
#if defined(__x86_64__)
extern const fs_ec_kernel fs_ec_p256_adx, fs_ec_p384_adx;
#endif

#endif
