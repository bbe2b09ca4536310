/* Parameters of SVCB and HTTPS (RFC 9460): read, sorted, and checked against each other. */
#define _GNU_SOURCE /* memmem */
#include "scan_internal.h"

#include <stdlib.h>

enum { MANDATORY = 0, ALPN = 1, NO_DEFAULT_ALPN = 2, PORT = 3, IPV4HINT = 4, ECH = 5, IPV6HINT = 6, DOHPATH = 7, NAMED_KEYS = 8 };

static const char *const key_names[NAMED_KEYS] = {"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath"};

typedef struct {
    const uint8_t *at, *end;
} span;

static uint32_t span_length(const span *text) { return (uint32_t)(text->end - text->at); }

/* The number of a key by its name, NAMED_KEYS if it has none. */
static uint32_t named_key(const span *text, bool any_case) {
    for (uint32_t key = 0; key < NAMED_KEYS; key++) {
        const char *name = key_names[key];
        uint32_t i = 0;
        while (i < span_length(text) && name[i] != 0 && (any_case ? fs_lower[text->at[i]] : text->at[i]) == (uint8_t)name[i]) i++;
        if (i == span_length(text) && name[i] == 0) return key;
    }
    return NAMED_KEYS;
}

/* keyNNNNN without leading zeros. */
static fs_reason numbered_key(const span *text, uint32_t *key) {
    if (span_length(text) < 4 || memcmp(text->at, "key", 3) != 0) return FS_R_SYNTAX;
    if (text->at[3] == '0' && span_length(text) > 4) return FS_R_SYNTAX;
    const fs_reason reason = fs_parse_u32(text->at + 3, span_length(text) - 3, key);
    if (reason == FS_R_NUMBER) return FS_R_SYNTAX;
    return reason != FS_R_OK || *key > UINT16_MAX ? FS_R_RANGE : FS_R_OK;
}

//----------- Values -----------------------------------------------------------

/* The next octet of a text, with one level of escapes undone. */
static fs_reason next_octet(span *text, uint8_t *octet) {
    *octet = *text->at++;
    if (*octet != '\\') return FS_R_OK;
    if (text->at == text->end) return FS_R_SYNTAX;
    if ((uint8_t)(*text->at - '0') > 9) {
        *octet = *text->at++;
        return FS_R_OK;
    }
    uint32_t value = 0;
    for (int i = 0; i < 3; i++) {
        if (text->at == text->end || (uint8_t)(*text->at - '0') > 9) return FS_R_SYNTAX;
        value = value * 10 + (uint32_t)(*text->at++ - '0');
    }
    if (value > 255) return FS_R_SYNTAX;
    *octet = (uint8_t)value;
    return FS_R_OK;
}

static fs_reason put_text(fs_scanner *s, span *value) {
    while (value->at != value->end) {
        uint8_t octet;
        FS_TRY(next_octet(value, &octet));
        FS_TRY(fs_write_u8(s, octet));
    }
    return FS_R_OK;
}

/* One item of a list, whose commas and backslashes are escaped once more (RFC 9460 appendix A.1). */
static fs_reason put_item(fs_scanner *s, span *value, bool *more) {
    uint8_t *const length = s->out;
    bool escaped = false;
    *more = false;
    FS_TRY(fs_write_u8(s, 0));
    while (value->at != value->end) {
        uint8_t octet;
        FS_TRY(next_octet(value, &octet));
        if (!escaped && octet == '\\') {
            escaped = true;
            continue;
        }
        if (!escaped && octet == ',') {
            *more = true;
            break;
        }
        if (s->out - length > 255) return FS_R_SYNTAX;
        FS_TRY(fs_write_u8(s, octet));
        escaped = false;
    }
    if (escaped || s->out == length + 1) return FS_R_SYNTAX; /* an item is not empty */
    *length = (uint8_t)(s->out - length - 1);
    return FS_R_OK;
}

static fs_reason put_alpn(fs_scanner *s, span *value) {
    bool more = true;
    while (more) FS_TRY(put_item(s, value, &more));
    return FS_R_OK;
}

static fs_reason put_port(fs_scanner *s, const span *value) {
    uint32_t port;
    const fs_reason reason = fs_parse_u32(value->at, span_length(value), &port);
    if (reason == FS_R_NUMBER) return FS_R_SYNTAX;
    return reason != FS_R_OK || port > UINT16_MAX ? FS_R_RANGE : fs_write_u16(s, port);
}

/* Cut off what stands before the next comma; *last: there was none. */
static span next_part(span *value, bool *last) {
    const uint8_t *comma = span_length(value) ? memchr(value->at, ',', span_length(value)) : NULL;
    *last = comma == NULL;
    const span part = {value->at, *last ? value->end : comma};
    value->at = *last ? value->end : comma + 1;
    return part;
}

static fs_reason put_addresses(fs_scanner *s, span *value, uint32_t octets) {
    bool last = false;
    while (!last) {
        uint8_t address[16];
        const span part = next_part(value, &last);
        const bool good = octets == 4 ? fs_parse_ipv4(part.at, span_length(&part), address) : fs_parse_ipv6(part.at, span_length(&part), address);
        if (!good) return FS_R_SYNTAX;
        FS_TRY(fs_write(s, address, octets));
    }
    return FS_R_OK;
}

static int compare_keys(const void *a, const void *b) { return memcmp(a, b, 2); }

static fs_reason put_keys(fs_scanner *s, span *value) {
    uint8_t *const start = s->out;
    bool last = false;
    if (value->at == value->end) return FS_R_SYNTAX;
    while (!last) {
        const span part = next_part(value, &last);
        uint32_t key = named_key(&part, true);
        if (key == NAMED_KEYS) FS_TRY(numbered_key(&part, &key));
        FS_TRY(fs_write_u16(s, key));
    }
    const size_t count = (size_t)(s->out - start) / 2;
    qsort(start, count, 2, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (memcmp(start + 2 * i - 2, start + 2 * i, 2) == 0) return FS_R_SYNTAX;
    return FS_R_OK;
}

static fs_reason put_value(fs_scanner *s, uint32_t key, span *value) {
    switch (key) {
    case MANDATORY: return put_keys(s, value);
    case ALPN: return put_alpn(s, value);
    case NO_DEFAULT_ALPN: return value->at == value->end ? FS_R_OK : FS_R_SYNTAX;
    case PORT: return put_port(s, value);
    case IPV4HINT: return put_addresses(s, value, 4);
    case ECH: return fs_write_base64(s, value->at, span_length(value));
    case IPV6HINT: return put_addresses(s, value, 16);
    default: return put_text(s, value);
    }
}

//----------- Checks of a value on the wire ------------------------------------

static bool items_are_whole(const uint8_t *p, uint32_t length) {
    for (uint32_t at = 0; at < length; at += 1u + p[at])
        if (p[at] == 0 || at + 1u + p[at] > length) return false;
    return length != 0;
}

static bool keys_ascend(const uint8_t *p, uint32_t length) {
    for (uint32_t at = 2; at + 2 <= length; at += 2)
        if (memcmp(p + at - 2, p + at, 2) >= 0) return false;
    return length != 0 && length % 2 == 0;
}

/* Octets of the UTF-8 sequence at p, 0: it is none (RFC 3629 section 4). */
static uint32_t utf8_length(const uint8_t *p, uint32_t left) {
    static const uint32_t lowest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const uint32_t length = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (length == 0 || length > left) return 0;
    uint32_t value = length == 1 ? p[0] : p[0] & (0x7fu >> length);
    for (uint32_t i = 1; i < length; i++) {
        if (p[i] >> 6 != 2) return 0;
        value = value << 6 | (p[i] & 0x3f);
    }
    return value < lowest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0 : length;
}

/* dohpath: a relative URI template in UTF-8 with the variable dns (RFC 9461 section 5). */
static bool is_dohpath(const uint8_t *p, uint32_t length) {
    if (length < 7 || p[0] != '/' || memmem(p, length, "{?dns}", 6) == NULL) return false;
    for (uint32_t at = 0; at < length;) {
        const uint32_t octets = utf8_length(p + at, length - at);
        if (octets == 0) return false;
        at += octets;
    }
    return true;
}

bool fs_check_svc_value(uint32_t key, const uint8_t *value, uint32_t length) {
    switch (key) {
    case MANDATORY: return keys_ascend(value, length);
    case ALPN: return items_are_whole(value, length);
    case NO_DEFAULT_ALPN: return length == 0;
    case PORT: return length == 2;
    case IPV4HINT: return length != 0 && length % 4 == 0;
    case IPV6HINT: return length != 0 && length % 16 == 0;
    case DOHPATH: return is_dohpath(value, length);
    default: return true;
    }
}

//----------- Parameters -------------------------------------------------------

/* One parameter: key, length, value. A key by number is checked as on the wire. */
static fs_reason put_parameter(fs_scanner *s, const span *name, span *value) {
    uint32_t key = named_key(name, false);
    const bool named = key != NAMED_KEYS;
    if (!named) key = named_key(name, true); /* in capitals it is one by number */
    if (key == NAMED_KEYS) FS_TRY(numbered_key(name, &key));
    FS_TRY(fs_write_u16(s, key));
    uint8_t *const head = s->out;
    FS_TRY(fs_write_u16(s, 0));
    FS_TRY(named ? put_value(s, key, value) : put_text(s, value));
    const uint32_t length = (uint32_t)(s->out - head - 2);
    if ((!named || key == DOHPATH) && !fs_check_svc_value(key, head + 2, length)) return FS_R_FORM;
    fs_store_be16(head, (uint16_t)length);
    return FS_R_OK;
}

/* The parameter at p, that it and the list end at the same octet being known. */
static uint32_t parameter_size(const uint8_t *p) { return 4u + fs_load_be16(p + 2); }

/* Sort the parameters by key, by moving the least of the rest to the front. FS_R_DUPLICATE: a key stands there twice. */
static fs_reason sort_parameters(uint8_t *start, uint8_t *end) {
    for (; start < end; start += parameter_size(start)) {
        uint8_t *least = start;
        for (uint8_t *p = start + parameter_size(start); p < end; p += parameter_size(p)) {
            const int order = memcmp(p, least, 2);
            if (order == 0) return FS_R_DUPLICATE;
            if (order < 0) least = p;
        }
        if (least == start) continue;
        const uint32_t size = parameter_size(least);
        uint8_t *copy = malloc(size);
        if (copy == NULL) return FS_R_NOSPACE;
        memcpy(copy, least, size);
        memmove(start + size, start, (size_t)(least - start));
        memcpy(start, copy, size);
        free(copy);
    }
    return FS_R_OK;
}

/* Is a key in the sorted list of parameters? */
static bool has_key(const uint8_t *start, const uint8_t *end, const uint8_t *key) {
    for (const uint8_t *p = start; p < end; p += parameter_size(p))
        if (memcmp(p, key, 2) == 0) return true;
    return false;
}

/* RFC 9460 sections 8 and 7.1.1: each mandatory key is there, is not "mandatory"; no-default-alpn needs alpn. */
static fs_reason check_parameters(const uint8_t *start, const uint8_t *end) {
    static const uint8_t mandatory[2] = {0, MANDATORY}, alpn[2] = {0, ALPN}, no_default[2] = {0, NO_DEFAULT_ALPN};
    if (start == end) return FS_R_OK;
    if (memcmp(start, mandatory, 2) == 0) {
        const uint8_t *list = start + 4, *list_end = start + parameter_size(start);
        if (list_end == end || memcmp(list, mandatory, 2) == 0) return FS_R_DISALLOWED;
        for (; list < list_end; list += 2)
            if (!has_key(start, end, list)) return FS_R_INCONSISTENT;
    }
    return has_key(start, end, no_default) && !has_key(start, end, alpn) ? FS_R_DISALLOWED : FS_R_OK;
}

static fs_reason read_parameter(fs_scanner *s, bool *end) {
    fs_token token, value = {.length = 0};
    FS_TRY(fs_lex_pair(s, &token, &value));
    *end = fs_token_is_end(&token);
    if (*end) {
        fs_unlex(s);
        return FS_R_OK;
    }
    const span name = {token.text, token.text + token.length};
    span text = {value.text, value.text + value.length};
    const fs_reason reason = put_parameter(s, &name, &text);
    if (reason != FS_R_OK) fs_unlex(s);
    return reason;
}

fs_reason fs_field_svc(fs_scanner *s) {
    uint8_t *const start = s->out;
    bool end = false;
    while (!end) FS_TRY(read_parameter(s, &end));
    FS_TRY(sort_parameters(start, s->out));
    return check_parameters(start, s->out);
}
