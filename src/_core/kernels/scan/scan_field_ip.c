/* Addresses as inet_pton reads them (RFC 1035 section 3.4.1, RFC 4291 section 2.2). */
#include "scan_internal.h"

static bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

/* Four decimal octets of one to three digits, no more and no less; no leading zero. */
bool fs_parse_ipv4(const uint8_t *text, uint32_t length, uint8_t *address) {
    uint32_t at = 0;
    for (int octet = 0; octet < 4; octet++) {
        uint32_t value = 0, digits = 0;
        while (at < length && is_digit(text[at])) {
            if (digits == 3 || (digits > 0 && value == 0)) return false;
            value = value * 10 + (uint32_t)(text[at++] - '0');
            digits++;
        }
        if (digits == 0 || value > 255) return false;
        address[octet] = (uint8_t)value;
        if (octet < 3 && (at == length || text[at++] != '.')) return false;
    }
    return at == length;
}

static int hex_digit(uint8_t c) {
    if (is_digit(c)) return c - '0';
    c |= 0x20;
    return (uint8_t)(c - 'a') < 6 ? c - 'a' + 10 : -1;
}

/* Move what stands behind the `::` at `gap` to the end. */
static bool spread_gap(uint8_t *address, uint32_t filled, int gap) {
    if (gap < 0) return filled == 16;
    if (filled == 16) return false;
    const uint32_t tail = filled - (uint32_t)gap;
    memmove(address + 16 - tail, address + gap, tail);
    memset(address + gap, 0, 16 - filled);
    return true;
}

/* A group of up to four hex digits at text[*at]; 0: none stands there. */
static uint32_t read_group(const uint8_t *text, uint32_t length, uint32_t *at, uint32_t *value) {
    uint32_t digits = 0;
    *value = 0;
    while (*at < length && hex_digit(text[*at]) >= 0 && digits < 5) {
        *value = *value << 4 | (uint32_t)hex_digit(text[(*at)++]);
        digits++;
    }
    return digits;
}

bool fs_parse_ipv6(const uint8_t *text, uint32_t length, uint8_t *address) {
    uint32_t at = 0, filled = 0;
    int gap = -1;
    if (length >= 1 && text[0] == ':') {
        if (length < 2 || text[1] != ':') return false;
        at = 1;
    }
    while (at < length) {
        if (text[at] == ':') { /* the second one of `::`; a first one has been read */
            if (gap >= 0) return false;
            gap = (int)filled;
            at++;
            continue;
        }
        const uint32_t start = at;
        uint32_t value;
        const uint32_t digits = read_group(text, length, &at, &value);
        if (at < length && text[at] == '.') { /* the last four octets in decimal */
            if (filled > 12 || !fs_parse_ipv4(text + start, length - start, address + filled)) return false;
            return spread_gap(address, filled + 4, gap);
        }
        if (digits == 0 || digits > 4 || filled == 16) return false;
        fs_store_be16(address + filled, (uint16_t)value);
        filled += 2;
        if (at == length) break;
        if (text[at++] != ':' || at == length) return false;
    }
    return spread_gap(address, filled, gap);
}

fs_reason fs_field_ipv4(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    if (fs_room(s) < 4) return FS_R_NOSPACE;
    if (!fs_parse_ipv4(token.text, token.length, s->out)) {
        fs_unlex(s);
        return FS_R_QUAD;
    }
    s->out += 4;
    return FS_R_OK;
}

fs_reason fs_field_ipv6(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    if (fs_room(s) < 16) return FS_R_NOSPACE;
    if (!fs_parse_ipv6(token.text, token.length, s->out)) {
        fs_unlex(s);
        return FS_R_AAAA;
    }
    s->out += 16;
    return FS_R_OK;
}
