/* RDATA from text: each type is its row of the table of types, one function a kind of field. */
#include "scan_internal.h"

#include <stdio.h>

//----------- Plain fields -----------------------------------------------------

fs_reason fs_field_name(fs_scanner *s) {
    fs_token token;
    uint32_t length;
    uint8_t wire[FS_NAME_MAX + 1];
    FS_TRY(fs_lex_word(s, &token));
    const fs_reason reason = fs_parse_name(token.text, token.length, s->origin, s->origin_length, wire, &length);
    if (reason != FS_R_OK) {
        fs_unlex(s);
        return reason;
    }
    return fs_put(s, wire, length);
}

static fs_reason field_u8(fs_scanner *s) {
    uint32_t value;
    FS_TRY(fs_lex_limited(s, UINT8_MAX, &value));
    return fs_put_u8(s, value);
}

static fs_reason field_u16(fs_scanner *s) {
    uint32_t value;
    FS_TRY(fs_lex_limited(s, UINT16_MAX, &value));
    return fs_put_u16(s, value);
}

static fs_reason field_u32(fs_scanner *s) {
    uint32_t value;
    FS_TRY(fs_lex_number(s, &value));
    return fs_put_u32(s, value);
}

static fs_reason field_hex(fs_scanner *s) { return fs_read_hex(s, FS_SOME); }
static fs_reason field_base64(fs_scanner *s) { return fs_read_base64(s, FS_SOME); }
static fs_reason field_opaque(fs_scanner *s) {
    (void)s;
    return FS_R_UNKNOWN;
}

fs_reason fs_field_period(fs_scanner *s) {
    fs_token token;
    uint32_t seconds;
    FS_TRY(fs_lex_word(s, &token));
    if (!fs_parse_period(token.text, token.length, &seconds)) {
        fs_unlex(s);
        return FS_R_SYNTAX;
    }
    return fs_put_u32(s, seconds);
}

fs_reason fs_field_type(fs_scanner *s) {
    fs_token token;
    uint16_t type;
    uint32_t number;
    FS_TRY(fs_lex_word(s, &token));
    if (fs_parse_type(token.text, token.length, &type)) return fs_put_u16(s, type);
    if (fs_parse_u32(token.text, token.length, &number) == FS_R_OK) { /* RFC 4034 section 3.2 asks for a mnemonic; BIND takes both */
        if (number <= UINT16_MAX) return fs_put_u16(s, number);
        fs_unlex(s);
        return FS_R_RANGE;
    }
    fs_unlex(s);
    return FS_R_UNKNOWN;
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
    return fs_put_u32(s, seconds);
}

//----------- One type ---------------------------------------------------------

static fs_field *const fields[128] = {
    ['n'] = fs_field_name,      ['N'] = fs_field_name,     ['1'] = field_u8,         ['2'] = field_u16,
    ['4'] = field_u32,          ['p'] = fs_field_period,   ['t'] = fs_field_type,    ['g'] = fs_field_algorithm,
    ['o'] = fs_field_protocol,  ['f'] = fs_field_keyflags, ['D'] = fs_field_digest,  ['c'] = fs_field_cert,
    ['d'] = fs_field_time,      ['a'] = fs_field_ipv4,     ['A'] = fs_field_ipv6,    ['s'] = fs_field_string,
    ['?'] = fs_field_string_optional, ['S'] = fs_field_strings, ['x'] = field_hex,   ['b'] = field_base64,
    ['h'] = fs_field_salt,      ['H'] = fs_field_hash,     ['m'] = fs_field_bitmap,  ['u'] = fs_field_text_rest,
    ['G'] = fs_field_tag,       ['#'] = field_opaque,
};

/* Fields whose BIND reader looks at what stands before them. */
static fs_reason read_digest(fs_scanner *s) {
    switch (s->out[-1]) { /* digest type: RFC 3658, 4509, 6605 */
    case 1: return fs_read_hex(s, 20);
    case 2: return fs_read_hex(s, 32);
    case 4: return fs_read_hex(s, 48);
    default: return fs_read_hex(s, FS_SOME);
    }
}

static fs_reason read_field(fs_scanner *s, uint16_t type, char field) {
    if (field == FS_FIELD_HEX && (type == FS_TYPE_DS || type == FS_TYPE_CDS || type == 32768 || type == 32769)) return read_digest(s);
    fs_field *const read = fields[(unsigned char)field & 127];
    return read == NULL ? FS_R_UNKNOWN : read(s);
}

static fs_reason read_known(fs_scanner *s, uint16_t type) {
    const fs_rrtype *row = fs_rrtype_by_number(type);
    if (row == NULL) return FS_R_UNKNOWN;
    for (const char *field = row->fields; *field; field++) FS_TRY(read_field(s, type, *field));
    return FS_R_OK;
}

/* RFC 3597 section 5: \# length hex. A type that is known must be right on the wire too. */
static fs_reason read_unknown(fs_scanner *s, uint16_t type) {
    uint32_t length;
    const fs_rrtype *row = fs_rrtype_by_number(type);
    if (type == 0 || (row != NULL ? (row->flags & FS_RR_META) != 0 : type >= 128 && type < 256)) return FS_R_META;
    FS_TRY(fs_lex_number(s, &length));
    if (length > UINT16_MAX) return FS_R_RANGE;
    if (length != 0) FS_TRY(fs_read_hex(s, (int32_t)length));
    return FS_R_OK;
}

static bool is_generic_mark(const fs_token *token) { return token->length == 2 && token->text[0] == '\\' && token->text[1] == '#'; }

/* `\#` in a TXT may also be a text of one `#`: it is when no number follows. */
static fs_reason read_marked(fs_scanner *s, uint16_t type) {
    if (type == 16) {
        uint32_t number;
        const fs_reason reason = fs_lex_number(s, &number);
        if (reason == FS_R_MORE) return reason;
        if (reason != FS_R_OK) {
            static const uint8_t hash_mark[] = {1, '#'};
            FS_TRY(fs_put(s, hash_mark, 2));
            return fs_field_strings(s);
        }
        fs_unlex(s);
    }
    return read_unknown(s, type);
}

//----------- To the end of the line -------------------------------------------

enum { NEAR_MAX = 200 };

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
    return fs_wrong(s, line, "%s%s%s", prefix, near, fs_reason_text[reason]);
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
    fs_reason reason = fs_lex_text(s, &token);
    if (reason == FS_R_MORE) return reason;
    if (reason != FS_R_OK) return complain(s, prefix, s->cursor.line, reason == FS_R_END || reason == FS_R_TOKEN ? &token : NULL, reason);
    if (is_generic_mark(&token)) reason = read_marked(s, type);
    else {
        fs_unlex(s);
        reason = read_known(s, type);
    }
    if (reason == FS_R_MORE || reason == FS_R_FAILED) return reason;
    return finish_line(s, prefix, reason);
}
