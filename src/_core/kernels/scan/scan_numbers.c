/* Numbers, periods, times, classes and types as they are written in master files. */
#include "scan_internal.h"

#include <stdio.h>

static bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

fs_reason fs_parse_u32(const uint8_t *text, uint32_t length, uint32_t *value) {
    uint64_t n = 0;
    if (length == 0) return FS_R_NUMBER;
    for (uint32_t i = 0; i < length; i++) {
        if (!is_digit(text[i])) return FS_R_NUMBER;
        if (n <= UINT32_MAX) n = n * 10 + (uint64_t)(text[i] - '0');
    }
    *value = (uint32_t)n;
    return n <= UINT32_MAX ? FS_R_OK : FS_R_RANGE;
}

/* Seconds of a TTL unit, 0 for another letter. */
static uint32_t unit_seconds(uint8_t letter) {
    switch (letter | 0x20) {
    case 'w': return 7 * 24 * 3600;
    case 'd': return 24 * 3600;
    case 'h': return 3600;
    case 'm': return 60;
    case 's': return 1;
    default: return 0;
    }
}

/* BIND's TTLs (lib/dns/ttl.c): units in any order, repeated ones are summed; a bare number only where nothing has been summed. */
bool fs_parse_period(const uint8_t *text, uint32_t length, uint32_t *seconds) {
    uint64_t total = 0;
    if (length == 0 || length > 63 || !is_digit(text[0])) return false;
    for (uint32_t i = 0; i < length;) {
        const uint32_t start = i;
        uint32_t n;
        while (i < length && is_digit(text[i])) i++;
        if (fs_parse_u32(text + start, i - start, &n) != FS_R_OK) return false;
        if (i == length) {
            if (total != 0) return false;
            total = n;
        } else {
            const uint32_t unit = unit_seconds(text[i++]);
            if (unit == 0) return false;
            total += (uint64_t)n * unit;
        }
    }
    if (total > UINT32_MAX) return false;
    *seconds = (uint32_t)total;
    return true;
}

/* The number behind a prefix of CLASSnnn or TYPEnnn: one to five digits, a `+` before them as strtoul has it. */
static bool parse_suffix(const uint8_t *text, uint32_t length, uint32_t prefix, uint16_t *value) {
    uint32_t n = 0;
    if (length <= prefix || length > prefix + 5) return false;
    uint32_t i = prefix;
    if (text[i] == '+') i++;
    if (i == length) return false;
    for (; i < length; i++) {
        if (!is_digit(text[i])) return false;
        n = n * 10 + (uint32_t)(text[i] - '0');
    }
    if (n > UINT16_MAX) return false;
    *value = (uint16_t)n;
    return true;
}

static bool same_word(const uint8_t *text, uint32_t length, const char *lower) {
    const fs_token token = {text, length, FS_TOKEN_STRING};
    return fs_token_equals(&token, lower);
}

static const struct {
    const char *name;
    uint16_t number;
} class_names[] = {{"in", 1}, {"ch", 3}, {"hs", 4}, {"any", 255}, {"none", 254}, {"chaos", 3}, {"hesiod", 4}, {"reserved0", 0}};

bool fs_parse_class(const uint8_t *text, uint32_t length, uint16_t *rrclass) {
    if (length < 2 || length > 10) return false;
    for (size_t i = 0; i < sizeof class_names / sizeof class_names[0]; i++) {
        if (!same_word(text, length, class_names[i].name)) continue;
        *rrclass = class_names[i].number;
        return true;
    }
    return length > 5 && same_word(text, 5, "class") && parse_suffix(text, length, 5, rrclass);
}

size_t fs_class_to_text(uint16_t rrclass, char *text) {
    static const char *const upper[] = {"RESERVED0", "IN", NULL, "CH", "HS"};
    const char *name = rrclass < 5 ? upper[rrclass] : rrclass == 254 ? "NONE" : rrclass == 255 ? "ANY" : NULL;
    return (size_t)(name ? snprintf(text, 16, "%s", name) : snprintf(text, 16, "CLASS%u", rrclass));
}

bool fs_parse_type(const uint8_t *text, uint32_t length, uint16_t *type) {
    const fs_rrtype *row = fs_rrtype_by_mnemonic((const char *)text, length);
    if (row != NULL) {
        *type = row->type;
        return true;
    }
    return length > 4 && same_word(text, 4, "type") && parse_suffix(text, length, 4, type);
}

int32_t fs_scan_type(const uint8_t *text, size_t length) {
    uint16_t type;
    return length < 64 && fs_parse_type(text, (uint32_t)length, &type) ? type : -1;
}

//----------- Times of RRSIGs (RFC 4034 section 3.2) ---------------------------

static bool is_leap(uint32_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static uint32_t days_in_month(uint32_t year, uint32_t month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

static uint32_t digits(const uint8_t *text, uint32_t count) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) n = n * 10 + (uint32_t)(text[i] - '0');
    return n;
}

/* YYYYMMDDHHMMSS in UTC, modulo 2^32 (lib/dns/time.c). */
static fs_reason parse_date(const uint8_t *text, uint32_t *seconds) {
    const uint32_t year = digits(text, 4), month = digits(text + 4, 2), day = digits(text + 6, 2);
    const uint32_t hour = digits(text + 8, 2), minute = digits(text + 10, 2), second = digits(text + 12, 2);
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return FS_R_RANGE;
    if (hour > 23 || minute > 59 || second > 60) return FS_R_RANGE;
    /* days of whole years from 1 March of the year -400 on, then of the months from March on */
    const uint32_t y = year + (month > 2 ? 400 : 399), m = (month + 9) % 12;
    const int64_t days = (int64_t)365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468 - 146097;
    *seconds = (uint32_t)(days * 86400 + (int64_t)(hour * 3600 + minute * 60 + second));
    return FS_R_OK;
}

fs_reason fs_parse_time(const uint8_t *text, uint32_t length, uint32_t *seconds) {
    for (uint32_t i = 0; i < length; i++)
        if (!is_digit(text[i])) return FS_R_SYNTAX;
    if (length == 14) return parse_date(text, seconds);
    return length <= 10 ? fs_parse_u32(text, length, seconds) : FS_R_SYNTAX;
}
