/* $GENERATE range lhs [class] [TTL] [class] type rhs: a record for each number of the range (BIND's ARM; lib/dns/master.c). */
#include "scan_zone.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LHS_OCTETS = 2048,
    RHS_OCTETS = 65512,
    NUMBER_OCTETS = 128,
    STEPS_MAX = 1 << 24 /* BIND has no limit; this one is a /8 of reverse names */
};

typedef struct {
    const char *lhs, *rhs; /* as written, NUL-terminated */
    int start, stop, step;
    uint16_t type;
    uint32_t parens; /* open around the right-hand side */
    uint64_t line;
} generator;

//----------- Substitution -----------------------------------------------------

typedef struct {
    char *at, *end;
} text_room;

static bool put_char(text_room *room, char c) {
    if (room->at == room->end) return false;
    *room->at++ = c;
    return true;
}

/* Nibbles from the lowest on, a dot between two; `width` counts digits and dots. */
static bool put_nibbles(text_room *room, unsigned width, bool lower, int number) {
    const char *digits = lower ? "0123456789abcdef" : "0123456789ABCDEF";
    unsigned value = (unsigned)number, count = 0;
    do {
        if (++count >= NUMBER_OCTETS || !put_char(room, digits[value & 15])) return false;
        value = (unsigned)((int)value >> 4);
        if (width > 0) width--;
        if (width == 0 && value == 0) break;
        if (++count >= NUMBER_OCTETS || !put_char(room, '.')) return false;
        if (width > 0) width--;
    } while (width > 0 || value != 0);
    return true;
}

static bool put_number(text_room *room, unsigned width, char mode, int number) {
    char text[NUMBER_OCTETS];
    if (width >= NUMBER_OCTETS) return false;
    const int w = (int)width;
    if (mode == 'n' || mode == 'N') return put_nibbles(room, width, mode == 'n', number);
    const int length = mode == 'o'   ? snprintf(text, sizeof text, "%0*o", w, (unsigned)number)
                       : mode == 'x' ? snprintf(text, sizeof text, "%0*x", w, (unsigned)number)
                       : mode == 'X' ? snprintf(text, sizeof text, "%0*X", w, (unsigned)number)
                                     : snprintf(text, sizeof text, "%0*d", w, number);
    if (length >= NUMBER_OCTETS || length > room->end - room->at) return false;
    memcpy(room->at, text, (size_t)length);
    room->at += length;
    return true;
}

/* ${offset[,width[,base]]} from its brace on. */
static bool read_modifier(const char **text, int *offset, unsigned *width, char *mode) {
    char comma1[2] = "", comma2[2] = "", base[2] = "", brace[2] = "";
    const int n = sscanf(*text, "{%d%1[,}]%u%1[,}]%1[doxXnN]%1[}]", offset, comma1, width, comma2, base, brace);
    if (n < 2) return false;
    if (comma1[0] == '}') *width = 0;
    else if (comma2[0] == ',' && base[0] != 0 && brace[0] == '}') *mode = base[0];
    else if (comma2[0] != '}') return false;
    while (**text != 0 && *(*text)++ != '}') continue;
    return true;
}

/* `$` at *text: the number, or a `$` where it is doubled. */
static fs_reason substitute(const char **text, int number, int *offset, text_room *room) {
    unsigned width = 0;
    char mode = 'd';
    (*text)++;
    if (**text == '$') {
        (*text)++;
        return put_char(room, '$') ? FS_R_OK : FS_R_NOSPACE;
    }
    if (**text == '{' && !read_modifier(text, offset, &width, &mode)) return FS_R_SYNTAX;
    if (number > 0 && *offset > INT_MAX - number) return FS_R_RANGE;
    return put_number(room, width, mode, number + *offset) ? FS_R_OK : FS_R_NOSPACE;
}

/* One side for one number into out; *length is its length. An offset holds for what follows it, as in BIND. */
static fs_reason expand(const char *text, int number, char *out, uint32_t size, uint32_t *length) {
    text_room room = {out, out + size - 1};
    int offset = 0;
    while (*text != 0) {
        if (*text == '$') {
            FS_TRY(substitute(&text, number, &offset, &room));
            continue;
        }
        const bool escape = *text == '\\';
        if (!put_char(&room, *text++)) return FS_R_NOSPACE;
        if (escape && *text != 0 && !put_char(&room, *text++)) return FS_R_NOSPACE;
    }
    *length = (uint32_t)(room.at - out);
    return FS_R_OK;
}

//----------- Records ----------------------------------------------------------

FS_COLD static fs_reason complain(fs_scanner *s, uint64_t line, fs_reason reason) {
    if (reason == FS_R_MORE || reason == FS_R_FAILED) return reason;
    return fs_wrong(s, line, "$GENERATE: %s", fs_reason_text[reason]);
}

/* Read the RDATA of a record from a text of its own. */
static fs_reason read_text(fs_scanner *s, const generator *g, const uint8_t *text, uint32_t length) {
    const fs_lex_cursor cursor = s->cursor;
    const uint8_t *const end = s->end;
    const bool at_eof = s->at_eof;
    s->cursor = (fs_lex_cursor){.at = text, .line = g->line, .parens = g->parens};
    s->end = text + length;
    s->at_eof = true;
    s->generating = true;
    const fs_reason reason = fs_read_rdata(s, g->type, "$GENERATE: ");
    s->generating = false;
    s->cursor = cursor;
    s->end = end;
    s->at_eof = at_eof;
    s->eof_in_line = false;
    return reason;
}

/* Owner and RDATA of the record for one number; buffer holds either side in turn. */
static fs_reason make_record(fs_scanner *s, const generator *g, int number, char *buffer, fs_owner *owner) {
    uint32_t length;
    const fs_source *source = s->source;
    fs_reason reason = expand(g->lhs, number, buffer, LHS_OCTETS, &length);
    if (reason != FS_R_OK) return complain(s, g->line, reason);
    reason = fs_parse_name((const uint8_t *)buffer, length, source->origin, source->origin_length, owner->wire, &owner->length);
    if (reason != FS_R_OK) return complain(s, g->line, reason);
    reason = expand(g->rhs, number, buffer, RHS_OCTETS, &length);
    if (reason != FS_R_OK) return complain(s, g->line, reason);
    memset(buffer + length, 0, FS_SCRATCH_SLACK);
    fs_begin_rdata(s);
    return read_text(s, g, (const uint8_t *)buffer, length);
}

/* Each record is a block of its own, whatever owner stands before it. */
static fs_reason add_record(fs_scanner *s, const generator *g, int number, char *buffer) {
    fs_owner owner;
    fs_entry entry = {.line = g->line, .type = g->type};
    FS_TRY(make_record(s, g, number, buffer, &owner));
    fs_end_rdata(s, &entry);
    if (s->options->zone) {
        const bool drop = s->source->drop; /* of the owner that a line without one goes on with */
        fs_zone_look_at_owner(s, owner.wire, owner.length, g->line, false);
        const bool outside = s->source->drop;
        s->source->drop = drop;
        if (outside) return FS_R_OK;
    }
    const fs_reason reason = fs_check_place(s, &owner, g->type);
    if (reason != FS_R_OK) return fs_refuse_owner(s, &owner, reason, g->line);
    if (fs_names_intern(s, owner.wire, owner.length, fs_hash(s->seed, owner.wire, owner.length), &owner.id) != FS_OK) return FS_R_FAILED;
    if (s->options->zone) FS_TRY(fs_zone_begin_block(s, owner.wire, owner.length));
    FS_TRY(fs_append(s, owner.id, s->ttl, &entry));
    fs_refuse_rows(s, &owner, s->columns.owner->used / 4 - 1, g->line);
    return FS_R_OK;
}

static fs_reason generate(fs_scanner *s, const generator *g) {
    fs_reason reason = FS_R_OK;
    char *buffer = malloc(RHS_OCTETS + FS_SCRATCH_SLACK);
    s->origin = s->source->origin;
    s->origin_length = s->source->origin_length;
    if (buffer == NULL) {
        (void)!fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for $GENERATE");
        return FS_R_FAILED;
    }
    for (int64_t i = g->start; i <= g->stop && reason == FS_R_OK && !s->stopped; i += g->step) reason = add_record(s, g, (int)i, buffer);
    free(buffer);
    return reason;
}

//----------- The directive ----------------------------------------------------

FS_COLD static fs_reason bad_range(fs_scanner *s, uint64_t line, const char *range) {
    (void)fs_wrong(s, line, "invalid range '%.200s'", range);
    return fs_mishap_is(s, FS_MISHAP_LOAD, FS_R_SYNTAX);
}

static fs_reason read_range(fs_scanner *s, generator *g, const fs_token *token) {
    char range[256], slash[2];
    const uint32_t length = token->length < sizeof range - 1 ? token->length : (uint32_t)sizeof range - 1;
    memcpy(range, token->text, length);
    range[length] = 0;
    g->step = 0;
    const int n = sscanf(range, "%d-%d%1[/]%d", &g->start, &g->stop, slash, &g->step);
    if ((n != 2 && n != 4) || g->start < 0 || g->stop < g->start || (n == 4 && g->step < 1)) return bad_range(s, g->line, range);
    if (n == 2) g->step = 1;
    if ((g->stop - g->start) / g->step >= STEPS_MAX) return fs_wrong(s, g->line, "range '%.200s' makes more than %d records", range, STEPS_MAX);
    return FS_R_OK;
}

static fs_reason settle_ttl(fs_scanner *s, const fs_entry *entry) {
    if (entry->has_ttl) {
        s->ttl = fs_limit_ttl(s, entry->ttl, entry->line);
        s->ttl_known = true;
    } else if (s->default_ttl_known) s->ttl = s->default_ttl;
    else if (!s->ttl_known) return fs_wrong(s, entry->line, "no TTL specified");
    return FS_R_OK;
}

static char *copy_token(const fs_token *token) {
    char *text = malloc((size_t)token->length + 1);
    if (text != NULL) fs_token_copy(token, text);
    return text;
}

FS_COLD static fs_reason unknown_type(fs_scanner *s, uint64_t line, const fs_token *token) {
    const int shown = token->length > 200 ? 200 : (int)token->length;
    (void)fs_wrong(s, line, "unknown RR type '%.*s'", shown, (const char *)token->text);
    return fs_mishap_is(s, FS_MISHAP_LOAD, FS_R_UNKNOWN);
}

static fs_reason read_type(fs_scanner *s, generator *g, const fs_token *token) {
    if (!fs_parse_type(token->text, token->length, &g->type))
        return unknown_type(s, g->line, token);
    return FS_R_OK;
}

static fs_reason run(fs_scanner *s, generator *g, const fs_token *lhs, const fs_token *rhs) {
    char *lhs_text = copy_token(lhs), *rhs_text = copy_token(rhs);
    fs_reason reason = FS_R_FAILED;
    g->lhs = lhs_text;
    g->rhs = rhs_text;
    if (lhs_text != NULL && rhs_text != NULL) reason = generate(s, g);
    else (void)!fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for $GENERATE");
    free(lhs_text);
    free(rhs_text);
    return reason;
}

FS_COLD static fs_reason meta_type(fs_scanner *s, const generator *g) {
    char text[16];
    fs_rrtype_to_text(g->type, text);
    (void)fs_wrong(s, g->line, "meta RR type '%s'", text);
    return fs_mishap_is(s, FS_MISHAP_LOAD, FS_R_META);
}

FS_COLD static fs_reason no_right_side(fs_scanner *s) {
    fs_token end;
    const fs_reason reason = fs_lex(s, 0, &end);
    return reason == FS_R_OK ? fs_ends_early(s, &end) : reason;
}

static fs_reason generate_from(fs_scanner *s, generator *g, const fs_entry *entry, uint16_t rrclass, const fs_token tokens[4]) {
    FS_TRY(settle_ttl(s, entry));
    FS_TRY(fs_check_class(s, g->line, rrclass));
    FS_TRY(read_range(s, g, &tokens[0]));
    FS_TRY(read_type(s, g, &tokens[2]));
    if (fs_check_type(s, g->line, g->type) != FS_R_OK) return meta_type(s, g);
    return run(s, g, &tokens[1], &tokens[3]);
}

/* All of the line has been read: range, left-hand side, type and right-hand side. A server looks only then whether the line ends there:
 * what it says of that comes last. */
static fs_reason generate_line(fs_scanner *s, generator *g, const fs_entry *entry, uint16_t rrclass, const fs_token tokens[4], fs_reason end) {
    const fs_error not_ended = *s->error;
    const fs_mishap mishap = s->mishap;
    const fs_reason short_reason = s->mishap_reason, reason = generate_from(s, g, entry, rrclass, tokens);
    if (reason == FS_R_FAILED && s->mishap != FS_MISHAP_FATAL)
        (void)fs_mishap_is(s, s->mishap == FS_MISHAP_PLAIN ? FS_MISHAP_PLAIN_LINE : FS_MISHAP_GENERATE, s->mishap_reason);
    if (end == FS_R_OK || (reason == FS_R_FAILED && fs_zone_recover(s) != FS_R_OK)) return reason;
    *s->error = not_ended;
    return fs_mishap_is(s, mishap, short_reason);
}

fs_reason fs_scan_generate(fs_scanner *s, uint64_t line) {
    fs_token range, lhs, token, rhs;
    fs_entry entry = {.line = line};
    generator g = {.line = line};
    uint16_t rrclass;
    FS_TRY(fs_header_token(s, false, &range));
    FS_TRY(fs_header_token(s, false, &lhs));
    FS_TRY(fs_header_token(s, false, &token));
    FS_TRY(fs_read_header(s, &entry, &rrclass, &token));
    fs_reason reason = fs_lex_text(s, &rhs);
    if (reason == FS_R_END) return no_right_side(s);
    if (reason != FS_R_OK) return reason == FS_R_TOKEN ? fs_wrong(s, line, "%s", fs_reason_text[FS_R_SYNTAX]) : complain(s, line, reason);
    g.parens = s->cursor.parens;
    const fs_reason end = fs_expect_eol(s, line);
    if (end != FS_R_OK && !(s->options->zone && end == FS_R_FAILED)) return end;
    return generate_line(s, &g, &entry, rrclass, (const fs_token[]){range, lhs, token, rhs}, end);
}
