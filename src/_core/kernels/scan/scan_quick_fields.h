/* Quick readers of the kinds of fields that RDATA is mostly made of; see scan_quick.h. */
#ifndef FS_SCAN_QUICK_FIELDS_H
#define FS_SCAN_QUICK_FIELDS_H

#include "scan_quick.h"

enum { QUICK_ROOM = 255 + 64 }; /* RDATA left that a field of bounded size asks for */

typedef struct {
    quick q;
    uint8_t *out, *limit;
    const uint8_t *origin;
    uint32_t origin_length;
    uint16_t type;
} quick_rdata;

FS_INLINE bool quick_name(quick_rdata *r) {
    uint32_t length, text_length;
    if (r->limit - r->out < QUICK_ROOM) return false;
    if (!read_name(r->q.at, r->origin, r->origin_length, r->out, &length, &text_length)) return false;
    r->q.at += text_length;
    r->out += length;
    return true;
}

FS_INLINE bool quick_number(quick_rdata *r, uint32_t octets) {
    uint32_t value;
    if (r->limit - r->out < 4 || !read_decimal(&r->q, octets == 4 ? UINT32_MAX : (1u << 8 * octets) - 1, &value)) return false;
    if (octets == 1) r->out[0] = (uint8_t)value;
    else if (octets == 2) fs_store_be16(r->out, (uint16_t)value);
    else fs_store_be32(r->out, value);
    r->out += octets;
    return true;
}

FS_INLINE bool quick_ipv4(quick_rdata *r) {
    const uint8_t *p = r->q.at;
    uint32_t address = 0;
    for (int octet = 0; octet < 4; octet++) {
        uint32_t value = (uint32_t)(*p++ - '0'), digit;
        if (value > 9) return false;
        while ((digit = (uint32_t)(*p - '0')) <= 9) {
            if (value == 0 || value > 25) return false;
            value = value * 10 + digit;
            p++;
        }
        if (value > 255 || (octet < 3 && *p++ != '.')) return false;
        address = address << 8 | value;
    }
    if (*p > 0x20 || r->limit - r->out < 4) return false;
    fs_store_be32(r->out, address);
    r->out += 4;
    r->q.at = p;
    return true;
}

static bool quick_ipv6(quick_rdata *r) {
    const uint32_t n = word_length(r->q.at);
    if (n > 45 || r->limit - r->out < 16 || !fs_parse_ipv6(r->q.at, n, r->out)) return false;
    r->q.at += n;
    r->out += 16;
    return true;
}

/* One character-string, in quotes or without. */
static bool quick_string(quick_rdata *r, bool counted) {
    const uint8_t *p = r->q.at;
    uint32_t n;
    if (*p == '"') {
        p++;
        for (n = 0; p[n] >= 0x20 && p[n] != '"' && p[n] != '\\'; n++) continue;
        if (p[n] != '"') return false;
        r->q.at = p + n + 1;
    } else {
        n = word_length(p);
        if (n == 0 || p[n] == '"') return false;
        r->q.at = p + n;
    }
    if ((counted && n > 255) || r->limit - r->out < (ptrdiff_t)n + 1) return false;
    if (counted) *r->out++ = (uint8_t)n;
    memcpy(r->out, p, n);
    r->out += n;
    return true;
}

static bool quick_strings(quick_rdata *r) {
    do {
        if (!quick_string(r, true) || !gap(&r->q)) return false;
    } while (!at_line_end(&r->q));
    return true;
}

//----------- Octets in hex, base64 and base32hex ------------------------------

/* Pairs of digits up to a stop. */
static bool quick_hex_word(quick_rdata *r) {
    const uint8_t *p = r->q.at;
    uint8_t *out = r->out;
    for (;; p += 2) {
        const uint32_t high = fs_hex_digit[p[0]];
        if (high > 15) break;
        const uint32_t low = fs_hex_digit[p[1]];
        if (low > 15 || out == r->limit) return false;
        *out++ = (uint8_t)(high << 4 | low);
    }
    if (p == r->q.at || *p > 0x20) return false;
    r->q.at = p;
    r->out = out;
    return true;
}

static bool quick_hex(quick_rdata *r) {
    do {
        if (!quick_hex_word(r) || !gap(&r->q)) return false;
    } while (!at_line_end(&r->q));
    return true;
}

/* The last group of base64: one or two octets, no stray bits. */
static bool quick_base64_end(quick_rdata *r, const uint8_t *p) {
    const uint32_t a = fs_base64_digit[p[0]], b = fs_base64_digit[p[1]], c = fs_base64_digit[p[2]];
    if (a > 63 || b > 63 || r->limit - r->out < 2) return false;
    if (p[2] == '=' && p[3] == '=' && (b & 15) == 0) *r->out++ = (uint8_t)(a << 2 | b >> 4);
    else if (c <= 63 && p[3] == '=' && (c & 3) == 0) {
        *r->out++ = (uint8_t)(a << 2 | b >> 4);
        *r->out++ = (uint8_t)(b << 4 | c >> 2);
    } else return false;
    r->q.at = p + 4;
    return r->q.at[0] <= 0x20;
}

/* Whole groups of four up to a stop; *padded: that was the end. */
static bool quick_base64_word(quick_rdata *r, bool *padded) {
    const uint8_t *p = r->q.at;
    *padded = false;
    for (;; p += 4) {
        const uint32_t a = fs_base64_digit[p[0]], b = fs_base64_digit[p[1]], c = fs_base64_digit[p[2]], d = fs_base64_digit[p[3]];
        if ((a | b | c | d) > 63) break;
        if (r->limit - r->out < 3) return false;
        const uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        r->out[0] = (uint8_t)(bits >> 16);
        r->out[1] = (uint8_t)(bits >> 8);
        r->out[2] = (uint8_t)bits;
        r->out += 3;
    }
    if (*p <= 0x20) {
        const bool some = p != r->q.at;
        r->q.at = p;
        return some;
    }
    *padded = true;
    return quick_base64_end(r, p);
}

static bool quick_base64(quick_rdata *r) {
    bool padded = false;
    do {
        if (padded || !quick_base64_word(r, &padded) || !gap(&r->q)) return false;
    } while (!at_line_end(&r->q));
    return true;
}

static bool quick_salt(quick_rdata *r) {
    uint8_t *const length = r->out++;
    if (r->limit - r->out < 256) return false;
    *length = 0;
    if (r->q.at[0] == '-' && r->q.at[1] <= 0x20) {
        r->q.at++;
        return true;
    }
    if (!quick_hex_word(r) || r->out - length > 256) return false;
    *length = (uint8_t)(r->out - length - 1);
    return true;
}

/* A SHA-1 hash: 32 digits. */
static bool quick_hash(quick_rdata *r) {
    const uint8_t *p = r->q.at;
    if (r->limit - r->out < 21) return false;
    *r->out++ = 20;
    for (int group = 0; group < 4; group++, p += 8) {
        uint64_t bits = 0;
        for (int i = 0; i < 8; i++) {
            const uint8_t digit = fs_base32hex_digit[p[i]];
            if (digit > 31) return false;
            bits = bits << 5 | digit;
        }
        fs_store_be32(r->out, (uint32_t)(bits >> 8));
        r->out[4] = (uint8_t)bits;
        r->out += 5;
    }
    r->q.at = p;
    return *p <= 0x20;
}

//----------- Types and times --------------------------------------------------

static bool quick_type(quick_rdata *r) {
    uint16_t type;
    const uint32_t n = word_length(r->q.at);
    if (r->limit - r->out < 2 || !fs_parse_type(r->q.at, n, &type)) return false;
    fs_store_be16(r->out, type);
    r->out += 2;
    r->q.at += n;
    return true;
}

/* A bitmap of types below 256: one window. */
static bool quick_bitmap(quick_rdata *r) {
    uint8_t bits[32] = {0};
    uint32_t length = 0;
    while (!at_line_end(&r->q)) {
        uint16_t type;
        const uint32_t n = word_length(r->q.at);
        if (!fs_parse_type(r->q.at, n, &type) || type > 255) return false;
        bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
        if (type / 8 >= length) length = type / 8u + 1;
        r->q.at += n;
        if (!gap(&r->q)) return false;
    }
    if (length == 0) return true;
    if (r->limit - r->out < 34) return false;
    *r->out++ = 0;
    *r->out++ = (uint8_t)length;
    memcpy(r->out, bits, 32);
    r->out += length;
    return true;
}

static bool quick_time(quick_rdata *r) {
    uint32_t seconds;
    const uint32_t n = word_length(r->q.at);
    if (r->limit - r->out < 4 || fs_parse_time(r->q.at, n, &seconds) != FS_R_OK) return false;
    fs_store_be32(r->out, seconds);
    r->out += 4;
    r->q.at += n;
    return true;
}

//----------- One field --------------------------------------------------------

FS_INLINE bool quick_field(quick_rdata *r, char field) {
    switch (field) {
    case FS_FIELD_NAME: case FS_FIELD_NAME_KEPT: return quick_name(r);
    case FS_FIELD_U8: case FS_FIELD_ALGORITHM: case FS_FIELD_DIGEST: return quick_number(r, 1);
    case FS_FIELD_U16: return quick_number(r, 2);
    case FS_FIELD_U32: case FS_FIELD_PERIOD: return quick_number(r, 4);
    case FS_FIELD_TYPE: return quick_type(r);
    case FS_FIELD_TIME: return quick_time(r);
    case FS_FIELD_IPV4: return quick_ipv4(r);
    case FS_FIELD_IPV6: return quick_ipv6(r);
    case FS_FIELD_STRING: return quick_string(r, true);
    case FS_FIELD_STRINGS: return quick_strings(r);
    case FS_FIELD_HEX: return quick_hex(r);
    case FS_FIELD_BASE64: return quick_base64(r);
    case FS_FIELD_SALT: return quick_salt(r);
    case FS_FIELD_HASH: return quick_hash(r);
    case FS_FIELD_BITMAP: return quick_bitmap(r);
    default: return false;
    }
}

/* The digest of a DS is as long as its type says (RFC 4509 section 2.2, RFC 6605 section 2). */
FS_INLINE bool digest_fits(uint8_t digest_type, ptrdiff_t octets) {
    switch (digest_type) {
    case 1: return octets == 20;
    case 2: return octets == 32;
    case 4: return octets == 48;
    default: return false;
    }
}

#endif
