/* Octets written in hexadecimal, base64 (RFC 4648) and base32hex. */
#include "scan_internal.h"

enum { BAD = 0xff };

/* A token of whole octets is the rule; a lone digit at its end is completed by the next token. */
typedef struct {
    int32_t left;   /* octets still to come, FS_SOME or FS_ANY */
    uint8_t high;   /* the digit that waits */
    bool waiting;
} hex_state;

static fs_reason hex_token(fs_scanner *s, hex_state *state, const fs_token *token) {
    for (uint32_t i = 0; i < token->length; i++) {
        const uint8_t value = fs_hex_digit[token->text[i]];
        if (value == BAD) return FS_R_HEX;
        if (!state->waiting) {
            state->high = (uint8_t)(value << 4);
            state->waiting = true;
            continue;
        }
        state->waiting = false;
        FS_TRY(fs_write_u8(s, (uint32_t)(state->high | value)));
        if (state->left == 0) return FS_R_HEX;
        if (state->left > 0) state->left--;
    }
    return FS_R_OK;
}

fs_reason fs_read_hex(fs_scanner *s, int32_t length) {
    hex_state state = {.left = length};
    const bool must = length == FS_SOME;
    const uint8_t *const start = s->out;
    fs_token token;
    while (state.left != 0) {
        if (length > 0 || (must && s->out == start && !state.waiting)) FS_TRY(fs_lex_word(s, &token));
        else FS_TRY(fs_lex_word_or_end(s, &token));
        if (token.kind != FS_TOKEN_STRING) break;
        FS_TRY(hex_token(s, &state, &token));
    }
    if (state.left < 0) fs_unlex(s);
    if (state.left > 0) return FS_R_END;
    return state.waiting ? FS_R_HEX : FS_R_OK;
}

fs_reason fs_write_hex(fs_scanner *s, const uint8_t *text, uint32_t length) {
    hex_state state = {.left = FS_ANY};
    const fs_token token = {text, length, FS_TOKEN_STRING};
    FS_TRY(hex_token(s, &state, &token));
    return state.waiting ? FS_R_HEX : FS_R_OK;
}

//----------- Base64 -----------------------------------------------------------

enum { PADDING = 64 }; /* the value of `=` */

typedef struct {
    int32_t left;
    uint8_t group[4];
    uint32_t digits; /* in the group */
    bool ended;
} base64_state;

/* A group of four is complete: RFC 4648 section 4, and no stray bits (section 3.5). */
static fs_reason base64_group(fs_scanner *s, base64_state *state) {
    uint8_t *v = state->group;
    const uint32_t count = v[2] == PADDING ? 1 : v[3] == PADDING ? 2 : 3;
    if (v[0] == PADDING || v[1] == PADDING || (v[2] == PADDING && v[3] != PADDING)) return FS_R_BASE64;
    if ((count == 1 && (v[1] & 15)) || (count == 2 && (v[2] & 3))) return FS_R_BASE64;
    if (state->left >= 0 && (uint32_t)state->left < count) return FS_R_BASE64;
    const uint32_t bits = (uint32_t)v[0] << 18 | (uint32_t)v[1] << 12 | (v[2] & 63u) << 6 | (v[3] & 63u);
    for (uint32_t i = 0; i < count; i++) FS_TRY(fs_write_u8(s, (bits >> (16 - 8 * i)) & 0xff));
    if (state->left > 0) state->left -= (int32_t)count;
    state->ended = count != 3;
    state->digits = 0;
    return FS_R_OK;
}

static fs_reason base64_token(fs_scanner *s, base64_state *state, const fs_token *token) {
    for (uint32_t i = 0; i < token->length; i++) {
        const uint8_t c = token->text[i], value = c == '=' ? PADDING : fs_base64_digit[c];
        if (state->ended || value == BAD) return FS_R_BASE64;
        state->group[state->digits++] = value;
        if (state->digits == 4) FS_TRY(base64_group(s, state));
    }
    return FS_R_OK;
}

fs_reason fs_read_base64(fs_scanner *s, int32_t length) {
    base64_state state = {.left = length};
    const bool must = length == FS_SOME;
    const uint8_t *const start = s->out;
    fs_token token;
    while (!state.ended && state.left != 0) {
        if (length > 0 || (must && s->out == start && state.digits == 0)) FS_TRY(fs_lex_word(s, &token));
        else FS_TRY(fs_lex_word_or_end(s, &token));
        if (token.kind != FS_TOKEN_STRING) break;
        FS_TRY(base64_token(s, &state, &token));
    }
    if (state.left < 0 && !state.ended) fs_unlex(s);
    if (state.left > 0) return FS_R_END;
    return state.digits != 0 ? FS_R_BASE64 : FS_R_OK;
}

fs_reason fs_write_base64(fs_scanner *s, const uint8_t *text, uint32_t length) {
    base64_state state = {.left = FS_ANY};
    const fs_token token = {text, length, FS_TOKEN_STRING};
    FS_TRY(base64_token(s, &state, &token));
    return state.digits != 0 ? FS_R_BASE64 : FS_R_OK;
}

//----------- NSEC3 (RFC 5155 sections 3.3, 4.3) -------------------------------

fs_reason fs_field_salt(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    uint8_t *const length = s->out;
    FS_TRY(fs_write_u8(s, 0));
    if (token.length == 1 && token.text[0] == '-') return FS_R_OK;
    if (token.length > 2 * 255) {
        fs_unlex(s);
        return FS_R_TEXTTOOLONG;
    }
    FS_TRY(fs_write_hex(s, token.text, token.length));
    *length = (uint8_t)(s->out - length - 1);
    return FS_R_OK;
}

static fs_reason put_base32hex(fs_scanner *s, const fs_token *token) {
    uint32_t bits = 0, count = 0;
    for (uint32_t i = 0; i < token->length; i++) {
        const uint8_t value = fs_base32hex_digit[token->text[i]];
        if (value == BAD) return FS_R_BASE32;
        bits = bits << 5 | value;
        count += 5;
        if (count < 8) continue;
        count -= 8;
        FS_TRY(fs_write_u8(s, bits >> count & 0xff));
    }
    return count >= 5 || (bits & ((1u << count) - 1)) ? FS_R_BASE32 : FS_R_OK;
}

fs_reason fs_field_hash(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    uint8_t *const length = s->out;
    FS_TRY(fs_write_u8(s, 0));
    fs_reason reason = put_base32hex(s, &token);
    const uint32_t octets = (uint32_t)(s->out - length - 1);
    if (reason == FS_R_OK && (octets > 255 || (s->out_start[0] == 1 && octets != FS_HASH))) reason = FS_R_RANGE; /* 1: SHA-1 */
    if (reason != FS_R_OK) fs_unlex(s);
    *length = (uint8_t)octets;
    return reason;
}
