/* Octets as hexadecimal digits, upper case (RFC 4648 section 8). */
#ifndef FS_HEX_H
#define FS_HEX_H

#include "text.h"

/* Write n octets as 2n digits and return the end of the text. */
char *fs_hex_encode(char *text, const uint8_t *octets, size_t n);

/* The same in lines: a gap after every `word` octets that others follow. */
char *fs_hex_words(char *text, const uint8_t *octets, size_t n, size_t word, const fs_gap *gap);

#endif
