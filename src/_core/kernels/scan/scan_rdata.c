/* RDATA from text: each type is its row of the table of types, one function a kind of field. */
#include "scan_zone.h"

#include <stdio.h>

//----------- Plain fields -----------------------------------------------------

fs_reason fs_write_name(fs_scanner *s, const fs_token *token) {
    uint32_t length;
    uint8_t wire[FS_NAME_MAX + 1];
    FS_TRY(fs_parse_name(token->text, token->length, s->origin, s->origin_length, wire, &length));
    return fs_write(s, wire, length);
}

fs_reason fs_field_name(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    const fs_reason reason = fs_write_name(s, &token);
    if (reason != FS_R_OK) fs_unlex(s);
    return reason;
}

static fs_reason field_u8(fs_scanner *s) {
    uint32_t value;
    FS_TRY(fs_lex_limited(s, UINT8_MAX, &value));
    return fs_write_u8(s, value);
}

static fs_reason field_u16(fs_scanner *s) {
    uint32_t value;
    FS_TRY(fs_lex_limited(s, UINT16_MAX, &value));
    return fs_write_u16(s, value);
}

static fs_reason field_u32(fs_scanner *s) {
    uint32_t value;
    FS_TRY(fs_lex_number(s, &value));
    return fs_write_u32(s, value);
}

static fs_reason field_hex(fs_scanner *s) { return fs_read_hex(s, FS_SOME); }
static fs_reason field_base64(fs_scanner *s) { return fs_read_base64(s, FS_SOME); }
static fs_reason field_opaque(fs_scanner *s) { return s->type == FS_TYPE_NULL ? FS_R_SYNTAX : FS_R_UNKNOWN; }

fs_reason fs_field_period(fs_scanner *s) {
    fs_token token;
    uint32_t seconds;
    FS_TRY(fs_lex_word(s, &token));
    if (!fs_parse_period(token.text, token.length, &seconds)) {
        fs_unlex(s);
        return FS_R_SYNTAX;
    }
    return fs_write_u32(s, seconds);
}

fs_reason fs_field_type(fs_scanner *s) {
    fs_token token;
    uint16_t type;
    uint32_t number;
    FS_TRY(fs_lex_word(s, &token));
    if (fs_parse_type(token.text, token.length, &type)) return fs_write_u16(s, type);
    uint32_t digits = 0; /* BIND takes a number too */
    const bool minus = token.text[0] == '-';
    while (minus + digits < token.length && (uint8_t)(token.text[minus + digits] - '0') < 10) digits++;
    fs_reason reason = fs_parse_u32(token.text + minus, digits, &number);
    if (reason == FS_R_OK && (number > UINT16_MAX || minus)) reason = FS_R_RANGE;
    if (reason == FS_R_OK && digits == token.length) return fs_write_u16(s, number);
    fs_unlex(s);
    return reason == FS_R_RANGE ? FS_R_RANGE : FS_R_UNKNOWN;
}

fs_reason fs_field_time(fs_scanner *s) {
    fs_token token;
    uint32_t seconds;
    FS_TRY(fs_lex_word(s, &token));
    const fs_reason reason = fs_parse_time(token.text, token.length, &seconds);
    if (reason != FS_R_OK) {
        fs_unlex(s);
        return reason;
    }
    return fs_write_u32(s, seconds);
}

//----------- One type ---------------------------------------------------------

static fs_field *const fields[128] = {
    [FS_FIELD_NAME] = fs_field_name,
    [FS_FIELD_NAME_KEPT] = fs_field_name,
    [FS_FIELD_U8] = field_u8,
    [FS_FIELD_U16] = field_u16,
    [FS_FIELD_U32] = field_u32,
    [FS_FIELD_PERIOD] = fs_field_period,
    [FS_FIELD_TYPE] = fs_field_type,
    [FS_FIELD_ALGORITHM] = fs_field_algorithm,
    [FS_FIELD_PROTOCOL] = fs_field_protocol,
    [FS_FIELD_KEYFLAGS] = fs_field_keyflags,
    [FS_FIELD_DIGEST] = fs_field_digest,
    [FS_FIELD_CERT] = fs_field_cert,
    [FS_FIELD_TIME] = fs_field_time,
    [FS_FIELD_IPV4] = fs_field_ipv4,
    [FS_FIELD_IPV6] = fs_field_ipv6,
    [FS_FIELD_STRING] = fs_field_string,
    [FS_FIELD_GPOS] = fs_field_string,
    [FS_FIELD_STRING_OPTIONAL] = fs_field_string_optional,
    [FS_FIELD_STRINGS] = fs_field_strings,
    [FS_FIELD_HEX] = field_hex,
    [FS_FIELD_BASE64] = field_base64,
    [FS_FIELD_SALT] = fs_field_salt,
    [FS_FIELD_HASH] = fs_field_hash,
    [FS_FIELD_BITMAP] = fs_field_bitmap,
    [FS_FIELD_LOCATOR] = fs_field_locator,
    [FS_FIELD_NSAP] = fs_field_nsap,
    [FS_FIELD_TEXT_REST] = fs_field_text_rest,
    [FS_FIELD_TAG] = fs_field_tag,
    [FS_FIELD_NXT_BITMAP] = fs_field_nxt_bitmap,
    [FS_FIELD_LOC] = fs_field_loc,
    [FS_FIELD_APL] = fs_field_apl,
    [FS_FIELD_WKS] = fs_field_wks,
    [FS_FIELD_SVC] = fs_field_svc,
    [FS_FIELD_IPSECKEY] = fs_field_ipseckey,
    [FS_FIELD_AMTRELAY] = fs_field_amtrelay,
    [FS_FIELD_HIP] = fs_field_hip,
    [FS_FIELD_A6] = fs_field_a6,
    [FS_FIELD_ATMA] = fs_field_atma,
    [FS_FIELD_OPAQUE] = field_opaque,
};

/* The name in a field that has been read to `start`, NULL where there is none. That of A6 stands behind the suffix (RFC 2874 section 3.1). */
static const uint8_t *find_name(char letter, const uint8_t *start) {
    if (letter == FS_FIELD_NAME || letter == FS_FIELD_NAME_KEPT) return start;
    return letter == FS_FIELD_A6 && start[0] != 0 ? start + 17 - start[0] / 8 : NULL;
}

static fs_reason read_known(fs_scanner *s, uint16_t type) {
    const fs_rrtype *row = fs_rrtype_by_number(type);
    if (row == NULL || !fs_known_in_class(type, s->rrclass) || (row->flags & FS_RR_META)) return FS_R_UNKNOWN;
    for (const char *field = row->fields; *field; field++) {
        fs_field *read = fs_special_field(type, *field, (uint32_t)(field - row->fields));
        if (read == NULL) read = fields[(unsigned char)*field & 127];
        if (read == NULL) return FS_R_UNKNOWN;
        const uint8_t *const start = s->out;
        FS_TRY(read(s));
        const uint8_t *const name = FS_UNLIKELY(s->options->zone && !s->generating) ? find_name(*field, start) : NULL;
        if (name != NULL) FS_TRY(fs_zone_check_field(s, type, (uint32_t)(field - row->fields), name));
    }
    return FS_R_OK;
}

/* RFC 3597 section 5: \# length hex. A type that is known must be right on the wire too. */
static fs_reason read_unknown(fs_scanner *s, uint16_t type) {
    uint32_t length;
    const fs_rrtype *row = fs_rrtype_by_number(type);
    if (type == 0 || (row != NULL ? (row->flags & FS_RR_META) != 0 : type >= 128 && type < 256)) return FS_R_META;
    if (!fs_known_in_class(type, s->rrclass)) return FS_R_NOTIMPLEMENTED;
    FS_TRY(fs_lex_number(s, &length));
    if (length > UINT16_MAX) return FS_R_RANGE;
    uint8_t *const limit = s->out_limit;
    s->out_limit = s->out_start + length;
    const fs_reason reason = length != 0 ? fs_read_hex(s, (int32_t)length) : FS_R_OK;
    s->out_limit = limit;
    if (reason != FS_R_OK) return reason;
    return row == NULL ? FS_R_OK : fs_check_wire(type, s->out_start, (uint32_t)(s->out - s->out_start));
}

static bool is_generic_mark(const fs_token *token) {
    return token->kind == FS_TOKEN_STRING && token->length == 2 && token->text[0] == '\\' && token->text[1] == '#';
}

/* `\#` in a TXT may also be a text of one `#`: it is when no number follows. */
static fs_reason read_marked(fs_scanner *s, uint16_t type) {
    if (type == FS_TYPE_TXT) {
        uint32_t number;
        const fs_reason reason = fs_lex_number(s, &number);
        if (reason == FS_R_MORE) return reason;
        if (reason != FS_R_OK) {
            static const uint8_t hash_mark[] = {1, '#'};
            FS_TRY(fs_write(s, hash_mark, 2));
            return fs_field_strings(s);
        }
        fs_unlex(s);
    }
    return read_unknown(s, type);
}

//----------- To the end of the line -------------------------------------------

enum { NEAR_MAX = 600 };

static void say_near(const fs_token *token, char *near) {
    if (token == NULL) near[0] = 0;
    else if (token->kind == FS_TOKEN_EOL) memcpy(near, "near eol: ", 11);
    else if (token->kind == FS_TOKEN_EOF) memcpy(near, "near eof: ", 11);
    else if (token->kind > FS_TOKEN_QUOTED) near[0] = 0;
    else {
        const int shown = token->length > NEAR_MAX ? NEAR_MAX : (int)token->length;
        snprintf(near, NEAR_MAX + 32, "near '%.*s%s': ", shown, (const char *)token->text, token->length > NEAR_MAX ? "..." : "");
    }
}

FS_COLD static fs_reason complain(fs_scanner *s, const char *prefix, uint64_t line, const fs_token *token, fs_reason reason) {
    char near[NEAR_MAX + 32];
    if (reason == FS_R_FAILED) return reason;
    say_near(token, near);
    (void)fs_wrong(s, line, "%s%s%s", prefix, near, fs_reason_text[reason]);
    if (token != NULL && !fs_token_is_end(token)) s->skip = s->options->zone && prefix[0] == 0 ? FS_SKIP_RDATA : FS_SKIP_NOTHING;
    return fs_mishap_is(s, FS_MISHAP_RDATA, reason);
}

/* The first token that should not be there; reason is why the RDATA before it could not be read, if so. */
static fs_reason finish_line(fs_scanner *s, const char *prefix, fs_reason reason) {
    fs_token token;
    const uint64_t line = s->cursor.line;
    const fs_reason lexed = fs_lex(s, 0, &token);
    if (lexed == FS_R_MORE) return lexed;
    if (lexed != FS_R_OK) return complain(s, prefix, line, NULL, reason == FS_R_OK ? lexed : reason);
    if (!fs_token_is_end(&token)) return complain(s, prefix, line, &token, reason == FS_R_OK ? FS_R_EXTRA : reason);
    if (reason != FS_R_OK) return complain(s, prefix, line, &token, reason);
    s->eof_in_line = token.kind == FS_TOKEN_EOF;
    return FS_R_OK;
}

fs_reason fs_read_rdata(fs_scanner *s, uint16_t type, const char *prefix) {
    fs_token token;
    s->type = type;
    fs_reason reason = fs_lex_text_or_end(s, &token);
    if (reason == FS_R_MORE) return reason;
    if (reason != FS_R_OK) return complain(s, prefix, s->cursor.line, NULL, reason);
    if (is_generic_mark(&token)) reason = read_marked(s, type);
    else {
        fs_unlex(s);
        reason = read_known(s, type);
    }
    if (reason == FS_R_MORE || reason == FS_R_FAILED) return reason;
    return finish_line(s, prefix, reason);
}
