/* What every kernel shares: status codes, the located error, attributes, byte access. */
#ifndef FS_H
#define FS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FS_COLD __attribute__((cold, noinline))
#define FS_INLINE static inline __attribute__((always_inline))
#define FS_MUST_CHECK __attribute__((warn_unused_result))
#define FS_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define FS_LIKELY(x) __builtin_expect(!!(x), 1)
#define FS_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Results of a kernel. Everything but FS_OK comes with an fs_error that says what, where and why. */
typedef enum {
    FS_OK = 0,
    FS_ERROR_MEMORY = 1, /* out of memory                                      -> MemoryError */
    FS_ERROR_SYNTAX = 2, /* the input text is wrong, located by file and line   -> ZoneSyntaxError */
    FS_ERROR_ZONE = 3,   /* the zone's content breaks a rule, located by owner  -> ZoneError */
    FS_ERROR_CRYPTO = 4, /* libcrypto or a self-check failed                    -> SigningError */
    FS_ERROR_SYSTEM = 5, /* a system call failed, errno in fs_error.number      -> OSError */
    FS_ERROR_KEY = 6,    /* a key file is wrong or does not fit                 -> KeyFileError */
    FS_ERROR_RANGE = 7   /* the caller passed spans that do not fit             -> ValueError */
} fs_status;

typedef struct {
    fs_status status;
    int number;         /* errno, or 0 */
    uint64_t line;      /* line of the input file, or 0 */
    char file[512];     /* input file, or "" */
    char message[1024]; /* for people; never holds key material */
} fs_error;

/* Fill *error and return status: `return fs_fail(error, FS_ERROR_ZONE, "...", ...);` */
FS_COLD FS_PRINTF(3, 4) fs_status fs_fail(fs_error *error, fs_status status, const char *format, ...);

enum {
    FS_NAME_MAX = 255,  /* RFC 1035 section 2.3.4: octets of a name in wire form */
    FS_LABEL_MAX = 63,
    FS_LABELS_MAX = 128, /* labels of a name, the root label included */
    FS_HASH = 20         /* octets of an NSEC3 hash (SHA-1) */
};
#define FS_NONE UINT32_MAX /* "no such row" in a u32 column */

/* ASCII lower case of each octet; label lengths (0..63) map to themselves, so a whole wire name may pass through it. */
extern const uint8_t fs_lower[256];

FS_INLINE uint16_t fs_load_be16(const uint8_t *p) { return (uint16_t)((p[0] << 8) | p[1]); }
FS_INLINE uint32_t fs_load_be32(const uint8_t *p) {
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}
FS_INLINE void fs_store_be16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
FS_INLINE void fs_store_be32(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* Octets of the wire name at p, its root label included. The name must be well formed. */
FS_INLINE uint32_t fs_name_length(const uint8_t *p) {
    uint32_t n = 0;
    while (p[n] != 0) n += 1u + p[n];
    return n + 1;
}

/* Write the wire name as master-file text with BIND's escapes and a final dot; at most 1,010 characters and a NUL. */
#define FS_NAME_TEXT_MAX 1016
size_t fs_name_to_text(const uint8_t *name, char *text);

#endif
