/* Octets as base64 (RFC 4648 section 4), padded. */
#ifndef FS_BASE64_H
#define FS_BASE64_H

#include "text.h"

/* Characters that n octets become. */
FS_INLINE size_t fs_base64_length(size_t n) { return (n + 2) / 3 * 4; }

/* An encoder may write up to this many characters past the end of its text. */
enum { FS_BASE64_SLACK = 32 };

/* Write n octets as base64 and return the end of the text: with the widest instructions that the CPU has. */
char *fs_base64_encode(char *text, const uint8_t *octets, size_t n);

/* The same in lines: a gap after every `word` octets that others follow; word is a multiple of 3. */
char *fs_base64_words(char *text, const uint8_t *octets, size_t n, size_t word, const fs_gap *gap);

/* The variants, for tests: number i encodes by itself; NULL past the last one that this CPU has. */
typedef char *fs_base64_encoder(char *text, const uint8_t *octets, size_t n);
fs_base64_encoder *fs_base64_variant(unsigned i, const char **name);

#endif
