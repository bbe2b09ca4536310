/* Writing text into room that was made beforehand: each writer returns the end of what it wrote and checks no capacity. */
#ifndef FS_TEXT_H
#define FS_TEXT_H

#include "fs.h"

FS_INLINE char *fs_put(char *at, const void *text, size_t length) {
    memcpy(at, text, length);
    return at + length;
}

/* A string literal. */
#define FS_PUT(at, literal) fs_put((at), (literal), sizeof(literal) - 1)

FS_INLINE char *fs_put_string(char *at, const char *text) { return fs_put(at, text, strlen(text)); }

FS_INLINE char *fs_put_char(char *at, char c) {
    *at = c;
    return at + 1;
}

/* What parts lines or words: a few characters, copied as a whole. */
typedef struct {
    char text[8];
    uint8_t length;
} fs_gap;

FS_INLINE char *fs_put_gap(char *at, const fs_gap *gap) {
    memcpy(at, gap->text, sizeof gap->text);
    return at + gap->length;
}

/* Decimal, without leading zeros; at most 10 digits. */
char *fs_put_decimal(char *at, uint32_t value);

/* Seconds since 1970 as YYYYMMDDHHMMSS in UTC (RFC 4034 section 3.2). */
enum { FS_TIME_TEXT = 14 };
char *fs_put_time(char *at, uint32_t seconds);

/* A period in words, as BIND's verbose TTL: "1 week 2 days", "0 seconds"; at most 60 characters. */
char *fs_put_period(char *at, uint32_t seconds);

/* A wire name as fs_name_to_text writes it, without the NUL; the name must be well formed. May write 16 characters more. */
char *fs_put_name(char *at, const uint8_t *name);

/* Mnemonic of a type or TYPEnnn; at most 15 characters. */
char *fs_put_type(char *at, uint16_t type);

/* The same, but the number alone of a type that BIND does not know: so BIND writes SIG and NXT. */
char *fs_put_old_type(char *at, uint16_t type);

/* Addresses as inet_ntop writes them; at most 15 and 45 characters. */
char *fs_put_ipv4(char *at, const uint8_t *address);
char *fs_put_ipv6(char *at, const uint8_t *address);

/* Octets as the inside of a quoted character-string: quote and backslash by a backslash, non-printing ones as \DDD. */
char *fs_put_escaped(char *at, const uint8_t *octets, size_t n);

/* The same, with blanks as \032. */
char *fs_put_escaped_word(char *at, const uint8_t *octets, size_t n);

#endif
