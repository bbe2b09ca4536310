/* Types whose fields depend on each other: IPSECKEY (RFC 4025), AMTRELAY (RFC 8777), HIP (RFC 8005), A6 (RFC 2874), APL (RFC 3123). */
#include "scan_internal.h"

static fs_reason put_back(fs_scanner *s, fs_reason reason) {
    fs_unlex(s);
    return reason;
}

/* A gateway: 1 an IPv4 address, 2 an IPv6 address, 3 a name. */
static fs_reason read_gateway(fs_scanner *s, uint32_t type) {
    switch (type) {
    case 1: return fs_field_ipv4(s);
    case 2: return fs_field_ipv6(s);
    default: return fs_field_name(s);
    }
}

/* No gateway is written as a dot. */
static fs_reason read_dot(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    return token.length == 1 && token.text[0] == '.' ? FS_R_OK : put_back(s, FS_R_SYNTAX);
}

/* Behind the precedence: gateway type, algorithm, gateway, key. */
fs_reason fs_field_ipseckey(fs_scanner *s) {
    uint32_t type, algorithm;
    FS_TRY(fs_lex_limited(s, 3, &type));
    FS_TRY(fs_write_u8(s, type));
    FS_TRY(fs_lex_limited(s, UINT8_MAX, &algorithm));
    FS_TRY(fs_write_u8(s, algorithm));
    FS_TRY(type == 0 ? read_dot(s) : read_gateway(s, type));
    return fs_read_base64(s, FS_SOME);
}

fs_reason fs_field_amtrelay(fs_scanner *s) {
    uint32_t precedence, discovery, type;
    FS_TRY(fs_lex_limited(s, UINT8_MAX, &precedence));
    FS_TRY(fs_write_u8(s, precedence));
    FS_TRY(fs_lex_limited(s, 1, &discovery));
    FS_TRY(fs_lex_limited(s, 127, &type));
    FS_TRY(fs_write_u8(s, type | discovery << 7));
    if (type == 0) return read_dot(s);
    if (type < 3) return read_gateway(s, type);
    if (type == 3) return fs_careless_name(s);
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    return FS_R_NOTIMPLEMENTED;
}

//----------- HIP --------------------------------------------------------------

static fs_reason read_hit_and_key(fs_scanner *s, uint8_t *head) {
    fs_token token;
    uint8_t *const start = s->out;
    FS_TRY(fs_lex_word(s, &token));
    fs_reason reason = fs_write_hex(s, token.text, token.length);
    if (reason == FS_R_OK && s->out - start > UINT8_MAX) reason = FS_R_RANGE;
    if (reason != FS_R_OK) return put_back(s, reason);
    uint8_t *const key = s->out;
    head[0] = (uint8_t)(key - start);
    FS_TRY(fs_lex_word(s, &token));
    reason = fs_write_base64(s, token.text, token.length);
    if (reason != FS_R_OK) return put_back(s, reason);
    fs_store_be16(head + 2, (uint16_t)(s->out - key));
    return FS_R_OK;
}

/* Algorithm, HIT, key, rendezvous servers; on the wire the lengths come first. */
fs_reason fs_field_hip(fs_scanner *s) {
    uint32_t algorithm;
    uint8_t *const head = s->out;
    FS_TRY(fs_lex_limited(s, UINT8_MAX, &algorithm));
    FS_TRY(fs_write_u32(s, algorithm << 16));
    FS_TRY(read_hit_and_key(s, head));
    for (;;) {
        fs_token token;
        FS_TRY(fs_lex_word_or_end(s, &token));
        fs_unlex(s);
        if (fs_token_is_end(&token)) return FS_R_OK;
        FS_TRY(fs_field_name(s));
    }
}

//----------- A6 ---------------------------------------------------------------

static fs_reason read_suffix(fs_scanner *s, uint32_t prefix) {
    fs_token token;
    uint8_t address[16];
    const uint32_t skip = prefix / 8;
    FS_TRY(fs_lex_word(s, &token));
    if (!fs_parse_ipv6(token.text, token.length, address)) return put_back(s, FS_R_AAAA);
    address[skip] &= (uint8_t)(0xff >> prefix % 8);
    return fs_write(s, address + skip, 16 - skip);
}

fs_reason fs_field_a6(fs_scanner *s) {
    uint32_t prefix;
    FS_TRY(fs_lex_limited(s, 128, &prefix));
    FS_TRY(fs_write_u8(s, prefix));
    if (prefix != 128) FS_TRY(read_suffix(s, prefix));
    return prefix == 0 ? FS_R_OK : fs_field_name(s);
}

//----------- APL --------------------------------------------------------------

typedef struct {
    uint32_t family, prefix;
    bool negated;
    const uint8_t *address;
    uint32_t address_length;
} apl_item;

/* [!]family:address/prefix */
static fs_reason split_item(const fs_token *token, apl_item *item) {
    const uint8_t *p = token->text, *const end = p + token->length;
    item->negated = *p == '!';
    if (item->negated) p++;
    const uint8_t *colon = memchr(p, ':', (size_t)(end - p));
    if (colon == NULL) return FS_R_SYNTAX;
    item->family = 0;
    if (colon != p) { /* nothing before the colon is family 0 */
        if (*p == '-' && p + 1 < colon) return FS_R_RANGE;
        if (*p == '+') p++;
        const fs_reason reason = fs_parse_u32(p, (uint32_t)(colon - p), &item->family);
        if (reason == FS_R_NUMBER) return FS_R_SYNTAX;
        if (reason != FS_R_OK || item->family > UINT16_MAX) return FS_R_RANGE;
    }
    item->address = colon + 1;
    const uint8_t *slash = memchr(item->address, '/', (size_t)(end - item->address));
    if (slash == NULL || slash == item->address) return FS_R_SYNTAX;
    item->address_length = (uint32_t)(slash - item->address);
    FS_TRY(fs_parse_u32(slash + 1, (uint32_t)(end - slash - 1), &item->prefix));
    return item->prefix > UINT8_MAX ? FS_R_RANGE : FS_R_OK;
}

static fs_reason put_item(fs_scanner *s, const apl_item *item) {
    uint8_t address[16] = {0};
    uint32_t length;
    if (item->family == 1) {
        if (!fs_parse_ipv4(item->address, item->address_length, address)) return FS_R_QUAD;
        length = 4;
    } else if (item->family == 2) {
        if (!fs_parse_ipv6(item->address, item->address_length, address)) return FS_R_AAAA;
        length = 16;
    } else return FS_R_NOTIMPLEMENTED;
    if (item->prefix > 8 * length) return FS_R_RANGE;
    while (length > 0 && address[length - 1] == 0) length--; /* RFC 3123 section 4: trailing zero octets are left out */
    FS_TRY(fs_write_u16(s, item->family));
    FS_TRY(fs_write_u8(s, item->prefix));
    FS_TRY(fs_write_u8(s, length | (item->negated ? 0x80u : 0)));
    return fs_write(s, address, length);
}

fs_reason fs_field_apl(fs_scanner *s) {
    for (;;) {
        fs_token token;
        apl_item item;
        FS_TRY(fs_lex_word_or_end(s, &token));
        if (fs_token_is_end(&token)) break;
        fs_reason reason = split_item(&token, &item);
        if (reason == FS_R_OK) reason = put_item(s, &item);
        if (reason != FS_R_OK) return put_back(s, reason);
    }
    fs_unlex(s);
    return FS_R_OK;
}
