/* Octets as base32hex (RFC 4648 section 7), upper case, without padding. */
#ifndef FS_BASE32_H
#define FS_BASE32_H

#include "fs.h"

/* Write n octets as base32hex and return the end of the text. */
char *fs_base32hex_encode(char *text, const uint8_t *octets, size_t n);

/* A whole NSEC3 hash: 20 octets to 32 characters. */
void fs_hash_to_text(char *text, const uint8_t *hash);

#endif
