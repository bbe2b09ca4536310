/* Character-strings (RFC 1035 section 3.3) and other text in RDATA. */
#include "scan_internal.h"

/* The octet at text[*at], its escape undone; FS_R_SYNTAX for a bad one. */
static fs_reason next_octet(const fs_token *token, uint32_t *at, uint8_t *octet) {
    const uint8_t *text = token->text;
    uint32_t i = *at;
    *octet = text[i++];
    if (*octet == '\\') {
        if (i == token->length) return FS_R_SYNTAX;
        if ((uint8_t)(text[i] - '0') > 9) *octet = text[i++];
        else {
            uint32_t value = 0;
            for (uint32_t n = 0; n < 3; n++, i++) {
                if (i == token->length || (uint8_t)(text[i] - '0') > 9) return FS_R_SYNTAX;
                value = value * 10 + (uint32_t)(text[i] - '0');
            }
            if (value > 255) return FS_R_SYNTAX;
            *octet = (uint8_t)value;
        }
    }
    *at = i;
    return FS_R_OK;
}

/* The text at the end of the RDATA: with a length octet at most 255 octets, without (`multiple`) as many as there is room for. */
fs_reason fs_write_string(fs_scanner *s, const fs_token *token, bool multiple) {
    const uint32_t head = multiple ? 0 : 1;
    if (fs_room(s) < head) return FS_R_NOSPACE;
    uint32_t room = fs_room(s) - head, count = 0;
    if (!multiple && room > 255) room = 255;
    uint8_t *const out = s->out + head;
    for (uint32_t at = 0; at < token->length;) {
        uint8_t octet;
        FS_TRY(next_octet(token, &at, &octet));
        if (count == room) return multiple || room < 255 ? FS_R_NOSPACE : FS_R_SYNTAX;
        out[count++] = octet;
    }
    if (!multiple) s->out[0] = (uint8_t)count;
    s->out = out + count;
    return FS_R_OK;
}

static fs_reason put_or_unlex(fs_scanner *s, const fs_token *token, bool multiple) {
    const fs_reason reason = fs_write_string(s, token, multiple);
    if (reason != FS_R_OK) fs_unlex(s);
    return reason;
}

fs_reason fs_field_string(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_text(s, &token));
    return put_or_unlex(s, &token, false);
}

fs_reason fs_field_string_optional(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_text_or_end(s, &token));
    if (fs_token_is_end(&token)) {
        fs_unlex(s);
        return FS_R_OK;
    }
    return put_or_unlex(s, &token, false);
}

fs_reason fs_field_strings(fs_scanner *s) {
    fs_token token;
    for (;;) {
        FS_TRY(fs_lex_text_or_end(s, &token));
        if (fs_token_is_end(&token)) break;
        FS_TRY(put_or_unlex(s, &token, false));
    }
    fs_unlex(s);
    return s->out == s->out_start ? FS_R_END : FS_R_OK;
}

fs_reason fs_field_text_rest(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_text(s, &token));
    if (s->type != FS_TYPE_URI) return fs_write_string(s, &token, true);
    if (token.kind == FS_TOKEN_QUOTED) return put_or_unlex(s, &token, true);
    fs_unlex(s);
    return FS_R_SYNTAX;
}

/* CAA (RFC 8659 section 4.1): the tag is letters and digits. */
fs_reason fs_field_tag(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    for (uint32_t i = 0; i < token.length; i++) {
        const uint8_t c = fs_lower[token.text[i]];
        if ((uint8_t)(c - '0') < 10 || (uint8_t)(c - 'a') < 26) continue;
        fs_unlex(s);
        return FS_R_SYNTAX;
    }
    if (token.length > UINT8_MAX) return FS_R_RANGE;
    FS_TRY(fs_write_u8(s, token.length));
    return fs_write(s, token.text, token.length);
}
