/* The located error, case folding and names as text. */
#include "fs.h"

#include <stdarg.h>
#include <stdio.h>

fs_status fs_fail(fs_error *error, fs_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

#define ROW(n) (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7
const uint8_t fs_lower[256] = {
    ROW(0),    ROW(8),    ROW(16),   ROW(24),   ROW(32),   ROW(40),   ROW(48),   ROW(56),
    '@',       'a',       'b',       'c',       'd',       'e',       'f',       'g', /* 0x40 */
    'h',       'i',       'j',       'k',       'l',       'm',       'n',       'o',
    'p',       'q',       'r',       's',       't',       'u',       'v',       'w', /* 0x50 */
    'x',       'y',       'z',       '[',       '\\',      ']',       '^',       '_',
    ROW(96),   ROW(104),  ROW(112),  ROW(120),  ROW(128),  ROW(136),  ROW(144),  ROW(152),
    ROW(160),  ROW(168),  ROW(176),  ROW(184),  ROW(192),  ROW(200),  ROW(208),  ROW(216),
    ROW(224),  ROW(232),  ROW(240),  ROW(248),
};
#undef ROW

/* BIND escapes these inside a label (lib/dns/name.c, dns_name_totext): " ( ) . ; \ @ $ by a backslash, non-printing by \DDD. */
static size_t label_octet_to_text(uint8_t c, char *text) {
    if (c == '"' || c == '(' || c == ')' || c == '.' || c == ';' || c == '\\' || c == '@' || c == '$') {
        text[0] = '\\';
        text[1] = (char)c;
        return 2;
    }
    if (c > 0x20 && c < 0x7f) {
        text[0] = (char)c;
        return 1;
    }
    text[0] = '\\';
    text[1] = (char)('0' + c / 100);
    text[2] = (char)('0' + c / 10 % 10);
    text[3] = (char)('0' + c % 10);
    return 4;
}

size_t fs_name_to_text(const uint8_t *name, char *text) {
    size_t length = 0;
    if (name[0] == 0) text[length++] = '.';
    while (name[0] != 0) {
        for (unsigned i = 1; i <= name[0]; i++) length += label_octet_to_text(name[i], text + length);
        text[length++] = '.';
        name += 1 + name[0];
    }
    text[length] = 0;
    return length;
}
