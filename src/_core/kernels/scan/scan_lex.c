/* The scanner's lexer: the tokens of BIND's lib/isc/lex.c with the options that dns_master_load gives it.
 *
 * What it copies: parentheses nest; a lone CR ends a line; a newline in quotes is an error unless escaped; a comment ends a token;
 * a line's end inside parentheses still counts as the start of a line; a NUL is a token of its own that nothing accepts.
 */
#include "scan_internal.h"

enum { STOP = 1 }; /* ends an unquoted string, or needs a look */
static const uint8_t classes[256] = {
    [0] = STOP, ['\t'] = STOP, ['\n'] = STOP, ['\r'] = STOP, [' '] = STOP, ['"'] = STOP,
    ['('] = STOP, [')'] = STOP, [';'] = STOP, ['\\'] = STOP,
};

static bool at_end(const fs_scanner *s, const uint8_t *p) { return p == s->end; }

/* An unquoted string from p on. The cursor is left behind it. */
static fs_reason lex_string(fs_scanner *s, const uint8_t *p, fs_token *token) {
    token->kind = FS_TOKEN_STRING;
    token->text = p;
    for (;;) {
        while (!classes[*p]) p++;
        if (*p == '\\') {
            p++;
            if (at_end(s, p)) {
                if (!s->at_eof) return FS_R_MORE;
                s->cursor.at = p;
                return FS_R_END;
            }
            if (*p != '\n' && *p != '\r' && *p != 0) p++;
            continue;
        }
        break;
    }
    if (at_end(s, p) && !s->at_eof) return FS_R_MORE;
    token->length = (uint32_t)(p - token->text);
    s->cursor.at = p;
    return FS_R_OK;
}

/* A quoted string; p is behind the opening quote. */
static fs_reason lex_quoted(fs_scanner *s, const uint8_t *p, fs_token *token) {
    token->kind = FS_TOKEN_QUOTED;
    token->text = p;
    for (;; p++) {
        if (*p == '"') break;
        if (*p == '\\' && !at_end(s, p + 1)) p++;
        else if (*p == '\n') {
            s->cursor.at = p;
            return FS_R_QUOTES;
        }
        if (*p == '\n') s->cursor.line++;
        if (at_end(s, p) || at_end(s, p + 1)) {
            if (!s->at_eof) return FS_R_MORE;
            s->cursor.at = s->end;
            return FS_R_END;
        }
    }
    token->length = (uint32_t)(p - token->text);
    s->cursor.at = p + 1;
    return FS_R_OK;
}

static fs_reason lex_eof(fs_scanner *s, fs_token *token) {
    if (!s->at_eof) return FS_R_MORE;
    s->cursor.at = s->end;
    s->cursor.after_eol = false;
    if (s->cursor.parens != 0) {
        s->cursor.parens = 0;
        return FS_R_UNBALANCED;
    }
    token->kind = FS_TOKEN_EOF;
    token->length = 0;
    return FS_R_OK;
}

/* The end of the line behind a CR at p, which stands alone or before a newline. */
static fs_reason lex_cr(fs_scanner *s, const uint8_t *p, fs_token *token) {
    p++;
    if (at_end(s, p) && !s->at_eof) return FS_R_MORE;
    if (*p == '\n' && !at_end(s, p)) {
        p++;
        s->cursor.line++;
    }
    s->cursor.at = p;
    s->cursor.after_eol = true;
    token->kind = FS_TOKEN_EOL;
    return FS_R_OK;
}

/* Does c, inside or before parentheses, belong to what is skipped? Returns -1 for a `)` too many. */
static int lex_paren(fs_scanner *s, uint8_t c) {
    s->cursor.after_eol = false;
    if (c == '(') {
        s->cursor.parens++;
        return 1;
    }
    if (s->cursor.parens == 0) return -1;
    s->cursor.parens--;
    return 1;
}

static fs_reason lex_single(fs_scanner *s, const uint8_t *p, fs_token_kind kind, fs_token *token) {
    s->cursor.at = p + 1;
    token->kind = kind;
    token->text = p;
    token->length = 0;
    return FS_R_OK;
}

fs_reason fs_lex(fs_scanner *s, unsigned options, fs_token *token) {
    const uint8_t *p = s->cursor.at;
    s->saved = s->cursor;
    for (;; p++) {
        switch (*p) {
        case ' ': case '\t':
            if (s->cursor.after_eol && s->cursor.parens == 0 && (options & FS_LEX_BLANK)) {
                s->cursor.after_eol = false;
                return lex_single(s, p, FS_TOKEN_BLANK, token);
            }
            break;
        case '\n':
            s->cursor.line++;
            s->cursor.after_eol = true;
            if (s->cursor.parens == 0) return lex_single(s, p, FS_TOKEN_EOL, token);
            break;
        case '\r':
            if (s->cursor.parens == 0) return lex_cr(s, p, token);
            break;
        case ';':
            p = memchr(p, '\n', (size_t)(s->end - p));
            if (p == NULL) return lex_eof(s, token);
            p--;
            break;
        case '(': case ')':
            if (lex_paren(s, *p) < 0) {
                s->cursor.at = p + 1;
                return FS_R_UNBALANCED;
            }
            break;
        case '"':
            s->cursor.after_eol = false;
            if (options & FS_LEX_QUOTED) return lex_quoted(s, p + 1, token);
            return lex_single(s, p, FS_TOKEN_SPECIAL, token);
        case 0:
            if (at_end(s, p)) return lex_eof(s, token);
            s->cursor.after_eol = false;
            return lex_single(s, p, FS_TOKEN_NUL, token);
        default:
            s->cursor.after_eol = false;
            return lex_string(s, p, token);
        }
    }
}

//----------- Tokens of RDATA --------------------------------------------------

static fs_reason unexpected(fs_scanner *s, const fs_token *token) {
    fs_unlex(s);
    return fs_token_is_end(token) ? FS_R_END : FS_R_TOKEN;
}

fs_reason fs_lex_word(fs_scanner *s, fs_token *token) {
    FS_TRY(fs_lex(s, 0, token));
    return token->kind == FS_TOKEN_STRING ? FS_R_OK : unexpected(s, token);
}

fs_reason fs_lex_text(fs_scanner *s, fs_token *token) {
    FS_TRY(fs_lex(s, FS_LEX_QUOTED, token));
    return token->kind <= FS_TOKEN_QUOTED ? FS_R_OK : unexpected(s, token);
}

fs_reason fs_lex_word_or_end(fs_scanner *s, fs_token *token) {
    FS_TRY(fs_lex(s, 0, token));
    return token->kind == FS_TOKEN_STRING || fs_token_is_end(token) ? FS_R_OK : unexpected(s, token);
}

fs_reason fs_lex_text_or_end(fs_scanner *s, fs_token *token) {
    FS_TRY(fs_lex(s, FS_LEX_QUOTED, token));
    return token->kind <= FS_TOKEN_QUOTED || fs_token_is_end(token) ? FS_R_OK : unexpected(s, token);
}

/* Where the first `=` without an escape is; the token's length if there is none. */
static uint32_t find_equals(const fs_token *token) {
    uint32_t i = 0;
    while (i < token->length && token->text[i] != '=') i += token->text[i] == '\\' ? 2 : 1;
    return i < token->length ? i : token->length;
}

fs_reason fs_lex_pair(fs_scanner *s, fs_token *key, fs_token *value) {
    FS_TRY(fs_lex_word_or_end(s, key));
    if (fs_token_is_end(key)) return FS_R_OK;
    const uint32_t equals = find_equals(key);
    *value = (fs_token){key->text + key->length, 0, FS_TOKEN_STRING};
    if (equals == key->length) return FS_R_OK;
    value->text = key->text + equals + 1;
    value->length = key->length - equals - 1;
    key->length = equals;
    return value->length == 0 && *s->cursor.at == '"' ? lex_quoted(s, s->cursor.at + 1, value) : FS_R_OK;
}

fs_reason fs_lex_number(fs_scanner *s, uint32_t *value) {
    fs_token token;
    FS_TRY(fs_lex(s, 0, &token));
    if (token.kind != FS_TOKEN_STRING) return unexpected(s, &token) == FS_R_END ? FS_R_END : FS_R_NUMBER;
    const fs_reason reason = fs_parse_u32(token.text, token.length, value);
    if (reason != FS_R_OK) fs_unlex(s);
    return reason;
}

fs_reason fs_lex_limited(fs_scanner *s, uint32_t limit, uint32_t *value) {
    FS_TRY(fs_lex_number(s, value));
    if (*value <= limit) return FS_R_OK;
    fs_unlex(s);
    return FS_R_RANGE;
}

bool fs_token_equals(const fs_token *token, const char *lower) {
    for (uint32_t i = 0; i < token->length; i++)
        if (lower[i] == 0 || fs_lower[token->text[i]] != (uint8_t)lower[i]) return false;
    return lower[token->length] == 0;
}

/* The lexer of BIND undoes one escape itself: a quote's, in quotes. */
void fs_token_copy(const fs_token *token, char *text) {
    for (uint32_t i = 0; i < token->length; i++) {
        if (token->kind == FS_TOKEN_QUOTED && token->text[i] == '\\' && i + 1 < token->length) {
            if (token->text[i + 1] != '"') *text++ = '\\';
            i++;
        }
        *text++ = (char)token->text[i];
    }
    *text = 0;
}
