/* Numbers, times, names, types, addresses and strings as master-file text. */
#include "text.h"

#include "rrtypes.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

//----------- Numbers and times ------------------------------------------------

static const char two_digits[200] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                    "8081828384858687888990919293949596979899";

FS_INLINE char *put_two(char *at, uint32_t value) { return fs_put(at, two_digits + 2 * value, 2); }

char *fs_put_decimal(char *at, uint32_t value) {
    char digits[10];
    unsigned first = 10;
    for (; value >= 100; value /= 100) put_two(digits + (first -= 2), value % 100);
    if (value >= 10) put_two(digits + (first -= 2), value);
    else digits[--first] = (char)('0' + value);
    return fs_put(at, digits + first, 10 - first);
}

/* Days since 1970-01-01 to a date: years counted from March, so that the leap day is the last (Hinnant's algorithm). */
static char *put_date(char *at, uint32_t days) {
    const uint32_t z = days + 719468;
    const uint32_t era = z / 146097, day_of_era = z % 146097;
    const uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const uint32_t shifted = (5 * day_of_year + 2) / 153;
    const uint32_t day = day_of_year - (153 * shifted + 2) / 5 + 1;
    const uint32_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    const uint32_t year = year_of_era + era * 400 + (month <= 2);
    return put_two(put_two(put_two(put_two(at, year / 100), year % 100), month), day);
}

char *fs_put_time(char *at, uint32_t seconds) {
    at = put_date(at, seconds / 86400);
    seconds %= 86400;
    return put_two(put_two(put_two(at, seconds / 3600), seconds / 60 % 60), seconds % 60);
}

static char *put_unit(char *at, const char *start, uint32_t count, const char *unit) {
    if (count == 0) return at;
    if (at != start) at = fs_put_char(at, ' ');
    at = fs_put_string(fs_put_char(fs_put_decimal(at, count), ' '), unit);
    return count == 1 ? at : fs_put_char(at, 's');
}

char *fs_put_period(char *at, uint32_t seconds) {
    const char *start = at;
    if (seconds == 0) return FS_PUT(at, "0 seconds");
    at = put_unit(at, start, seconds / 604800, "week");
    at = put_unit(at, start, seconds / 86400 % 7, "day");
    at = put_unit(at, start, seconds / 3600 % 24, "hour");
    at = put_unit(at, start, seconds / 60 % 60, "minute");
    return put_unit(at, start, seconds % 60, "second");
}

//----------- Names, types and strings -----------------------------------------

enum { PLAIN = 0, ESCAPED_IN_NAME = 1, ESCAPED_IN_STRING = 2, DECIMAL_IN_NAME = 4, DECIMAL_IN_STRING = 8 };

/* What BIND escapes in a name (" ( ) . ; \ @ $) and in a quoted string (" \); a blank is printing in a string alone. */
static const uint8_t classes[256] = {
    [0 ... 31] = DECIMAL_IN_NAME | DECIMAL_IN_STRING,
    [' '] = DECIMAL_IN_NAME,
    ['"'] = ESCAPED_IN_NAME | ESCAPED_IN_STRING,
    ['\\'] = ESCAPED_IN_NAME | ESCAPED_IN_STRING,
    ['('] = ESCAPED_IN_NAME,
    [')'] = ESCAPED_IN_NAME,
    ['.'] = ESCAPED_IN_NAME,
    [';'] = ESCAPED_IN_NAME,
    ['@'] = ESCAPED_IN_NAME,
    ['$'] = ESCAPED_IN_NAME,
    [127 ... 255] = DECIMAL_IN_NAME | DECIMAL_IN_STRING,
};

static char *put_backslash_decimal(char *at, uint8_t c) {
    at[0] = '\\';
    at[1] = (char)('0' + c / 100);
    put_two(at + 2, c % 100);
    return at + 4;
}

static char *put_octets(char *at, const uint8_t *octets, size_t n, uint8_t escaped, uint8_t decimal) {
    for (size_t i = 0; i < n; i++) {
        const uint8_t c = octets[i], class = classes[c];
        if (FS_UNLIKELY(class & decimal)) {
            at = put_backslash_decimal(at, c);
            continue;
        }
        if (FS_UNLIKELY(class & escaped)) *at++ = '\\';
        *at++ = (char)c;
    }
    return at;
}

char *fs_put_escaped(char *at, const uint8_t *octets, size_t n) {
    return put_octets(at, octets, n, ESCAPED_IN_STRING, DECIMAL_IN_STRING);
}

char *fs_put_escaped_word(char *at, const uint8_t *octets, size_t n) {
    return put_octets(at, octets, n, ESCAPED_IN_STRING, DECIMAL_IN_NAME);
}

#if defined(__SSE2__)
/* A bit for each of 16 octets that is no letter, digit or hyphen. */
FS_INLINE uint32_t find_odd(__m128i octets) {
    const __m128i folded = _mm_or_si128(octets, _mm_set1_epi8(0x20));
    const __m128i letter = _mm_cmpgt_epi8(_mm_add_epi8(folded, _mm_set1_epi8(0x7f - 'z')), _mm_set1_epi8(0x7f - 26));
    const __m128i digit = _mm_cmpgt_epi8(_mm_add_epi8(octets, _mm_set1_epi8(0x7f - '9')), _mm_set1_epi8(0x7f - 10));
    const __m128i hyphen = _mm_cmpeq_epi8(octets, _mm_set1_epi8('-'));
    return 0xffff & ~(uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letter, digit), hyphen));
}

/* The sanitizer must not object to reading past an object inside its page. */
#define UNSANITIZED __attribute__((no_sanitize("address")))

/* Copy a label of at most 16 letters, digits and hyphens; 0 if it is another. Reads 16 octets, so none near a page's end. */
UNSANITIZED FS_INLINE int copy_label(char *at, const uint8_t *label, uint32_t length) {
    if (length > 16 || ((uintptr_t)label & 4095) > 4096 - 16) return 0;
    const __m128i octets = _mm_loadu_si128((const __m128i *)label);
    if (find_odd(octets) & ((1u << length) - 1)) return 0;
    _mm_storeu_si128((__m128i *)at, octets);
    return 1;
}
#else
#define UNSANITIZED
FS_INLINE int copy_label(char *at, const uint8_t *label, uint32_t length) {
    (void)at, (void)label, (void)length;
    return 0;
}
#endif

UNSANITIZED char *fs_put_name(char *at, const uint8_t *name) {
    if (name[0] == 0) return fs_put_char(at, '.');
    for (; name[0] != 0; name += 1 + name[0]) {
        if (FS_LIKELY(copy_label(at, name + 1, name[0]))) at += name[0];
        else at = put_octets(at, name + 1, name[0], ESCAPED_IN_NAME, DECIMAL_IN_NAME);
        *at++ = '.';
    }
    return at;
}

char *fs_put_type(char *at, uint16_t type) {
    const fs_rrtype *row = fs_rrtype_by_number(type);
    /* BIND knows KEYDATA by this name in its own key zones alone. */
    if (row != NULL && type != 65533) return fs_put_string(at, row->mnemonic);
    return fs_put_decimal(FS_PUT(at, "TYPE"), type);
}

char *fs_put_old_type(char *at, uint16_t type) {
    return fs_rrtype_by_number(type) != NULL ? fs_put_type(at, type) : fs_put_decimal(at, type);
}

//----------- Addresses --------------------------------------------------------

char *fs_put_ipv4(char *at, const uint8_t *address) {
    at = fs_put_decimal(at, address[0]);
    for (unsigned i = 1; i < 4; i++) at = fs_put_decimal(fs_put_char(at, '.'), address[i]);
    return at;
}

static char *put_hex_group(char *at, uint16_t group) {
    static const char digits[16] = "0123456789abcdef";
    unsigned shift = 12;
    while (shift > 0 && group >> shift == 0) shift -= 4;
    for (;; shift -= 4) {
        *at++ = digits[(group >> shift) & 15];
        if (shift == 0) return at;
    }
}

/* The first of the longest runs of two or more zero groups; *length is 0 when there is none. */
static unsigned longest_zeros(const uint8_t *address, unsigned *length) {
    unsigned best = 0, run = 0;
    *length = 0;
    for (unsigned i = 0; i < 8; i++) {
        run = fs_load_be16(address + 2 * i) == 0 ? run + 1 : 0;
        if (run >= 2 && run > *length) {
            *length = run;
            best = i + 1 - run;
        }
    }
    return best;
}

/* The tail of ::a.b.c.d and ::ffff:a.b.c.d is written as an IPv4 address. */
char *fs_put_ipv6(char *at, const uint8_t *address) {
    unsigned zeros;
    const unsigned first = longest_zeros(address, &zeros);
    for (unsigned i = 0; i < 8; i++) {
        if (i >= first && i < first + zeros) {
            if (i == first) *at++ = ':';
            continue;
        }
        if (i != 0) *at++ = ':';
        if (i == 6 && first == 0 && (zeros == 6 || (zeros == 5 && fs_load_be16(address + 10) == 0xffff))) {
            return fs_put_ipv4(at, address + 12);
        }
        at = put_hex_group(at, fs_load_be16(address + 2 * i));
    }
    return zeros != 0 && first + zeros == 8 ? fs_put_char(at, ':') : at;
}
