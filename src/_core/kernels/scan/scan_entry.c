/* One entry of a master file: owner, TTL, class, type (RFC 1035 section 5.1) and what follows. */
#include "scan_zone.h"

/* The lexer's own complaint, outside of RDATA. */
static fs_reason lex_failed(fs_scanner *s, fs_reason reason) {
    if (reason == FS_R_MORE || reason == FS_R_FAILED) return reason;
    (void)fs_wrong(s, s->cursor.line, "%s", fs_reason_text[reason]);
    return fs_mishap_is(s, FS_MISHAP_LEX, FS_R_OK);
}

/* A line, or the file, that ends too early. */
fs_reason fs_ends_early(fs_scanner *s, const fs_token *token) {
    if (token->kind == FS_TOKEN_EOL) (void)fs_wrong(s, s->cursor.line - 1, "unexpected end of line");
    else (void)fs_wrong(s, s->cursor.line, "unexpected end of file");
    return fs_mishap_is(s, FS_MISHAP_END, FS_R_END);
}

/* A token of the header; the line may not end here unless `end` says so. */
fs_reason fs_header_token(fs_scanner *s, bool end, fs_token *token) {
    const fs_reason reason = fs_lex(s, 0, token);
    if (reason != FS_R_OK) return lex_failed(s, reason);
    if (token->kind == FS_TOKEN_STRING || (end && fs_token_is_end(token))) return FS_R_OK;
    if (fs_token_is_end(token)) return fs_ends_early(s, token);
    return fs_wrong(s, s->cursor.line, "%s", fs_reason_text[FS_R_SYNTAX]);
}

/* [class] [TTL] [class] from token on; the token behind them is left in it. */
fs_reason fs_read_header(fs_scanner *s, fs_entry *entry, uint16_t *rrclass, fs_token *token) {
    *rrclass = 0;
    entry->has_ttl = false;
    if (fs_parse_class(token->text, token->length, rrclass)) FS_TRY(fs_header_token(s, false, token));
    if (fs_parse_period(token->text, token->length, &entry->ttl)) {
        entry->has_ttl = true;
        FS_TRY(fs_header_token(s, false, token));
    }
    if (*rrclass == 0 && fs_parse_class(token->text, token->length, rrclass)) FS_TRY(fs_header_token(s, false, token));
    return FS_R_OK;
}

fs_reason fs_check_class(fs_scanner *s, uint64_t line, uint16_t rrclass) {
    char found[16], zone[16];
    if (rrclass == 0 || rrclass == s->rrclass) return FS_R_OK;
    fs_class_to_text(rrclass, found);
    fs_class_to_text(s->rrclass, zone);
    (void)fs_wrong(s, line, "class '%s' != zone class '%s'", found, zone);
    return fs_mishap_is(s, FS_MISHAP_PLAIN, FS_R_BADCLASS);
}

/* Types of questions and of transactions are not for zones (RFC 6895 section 3.1). */
fs_reason fs_check_type(fs_scanner *s, uint64_t line, uint16_t type) {
    const fs_rrtype *row = fs_rrtype_by_number(type);
    char text[16];
    if (FS_LIKELY(row != NULL ? !(row->flags & FS_RR_META) : type < 128 || type > 255)) return FS_R_OK;
    fs_rrtype_to_text(type, text);
    return fs_wrong(s, line, "type '%s': %s", text, fs_reason_text[FS_R_META]);
}

/* A server tells of a type that is not for zones, and reads the record. */
static fs_reason look_at_type(fs_scanner *s, const fs_entry *entry) {
    fs_reason reason = FS_R_OK;
    if (!s->options->zone) return fs_check_type(s, entry->line, entry->type);
    if (entry->type == FS_TYPE_MD || entry->type == FS_TYPE_MF) reason = FS_R_OBSOLETE; /* RFC 973 section 2 */
    else if (fs_check_type(s, entry->line, entry->type) != FS_R_OK) reason = FS_R_META;
    if (FS_LIKELY(reason == FS_R_OK)) return FS_R_OK;
    char text[16];
    fs_rrtype_to_text(entry->type, text);
    fs_say(s, "", entry->line, "type '%s': %s", text, fs_reason_text[reason]);
    fs_refuse_zone(s, reason);
    return FS_R_OK;
}

FS_COLD static fs_reason unknown_type(fs_scanner *s, uint64_t line, const fs_token *token) {
    const int shown = token->length > 200 ? 200 : (int)token->length;
    (void)fs_wrong(s, line, "unknown RR type '%.*s'", shown, (const char *)token->text);
    return fs_mishap_is(s, FS_MISHAP_PLAIN, FS_R_UNKNOWN);
}

FS_COLD static fs_reason no_owner(fs_scanner *s, uint64_t line) {
    (void)fs_wrong(s, line, "no current owner name");
    return fs_mishap_is(s, FS_MISHAP_PLAIN, FS_R_NOOWNER);
}

FS_COLD static void warn_inherited(fs_scanner *s, uint64_t line) {
    char owner[FS_NAME_TEXT_MAX], origin[FS_NAME_TEXT_MAX];
    const size_t owner_length = fs_name_to_text(s->source->current.wire, owner);
    const size_t origin_length = fs_name_to_text(s->source->origin, origin);
    if (owner_length > 1) owner[owner_length - 1] = 0;
    if (origin_length > 1) origin[origin_length - 1] = 0;
    fs_warn(s, line, "record with inherited owner (%s) immediately after $ORIGIN (%s)", owner, origin);
}

static fs_reason read_owner(fs_scanner *s, fs_entry *entry, const fs_token *token, uint8_t *wire) {
    const fs_source *source = s->source;
    const fs_reason reason = fs_parse_name(token->text, token->length, source->origin, source->origin_length, wire, &entry->owner_length);
    if (reason != FS_R_OK) return fs_wrong(s, entry->line, "%s", fs_reason_text[reason]);
    entry->owner = wire;
    entry->owner_hash = fs_hash(s->seed, wire, entry->owner_length);
    if (s->options->zone) fs_zone_look_at_owner(s, wire, entry->owner_length, entry->line, fs_block_begins(s, entry));
    return FS_R_OK;
}

static void check_owner(fs_scanner *s, const fs_entry *entry) {
    const fs_source *source = s->source;
    const uint8_t *before = source->glue.known ? source->glue.wire : source->current.wire;
    s->owner = entry->owner;
    fs_zone_check_owner(s, entry->owner != NULL ? entry->owner : before, entry->type, entry->line);
}

/* What follows the owner. A line of blanks is no record. */
static fs_reason read_record(fs_scanner *s, fs_entry *entry, bool *empty) {
    fs_token token;
    uint16_t rrclass;
    const bool inherited = entry->owner == NULL;
    FS_TRY(fs_header_token(s, inherited, &token));
    *empty = fs_token_is_end(&token);
    if (token.kind == FS_TOKEN_EOF) fs_warn_unfinished(s, 0);
    if (*empty) return FS_R_OK;
    if (inherited && !s->source->current.known) return no_owner(s, entry->line);
    if (s->options->zone && inherited && s->source->origin_changed) warn_inherited(s, entry->line);
    FS_TRY(fs_read_header(s, entry, &rrclass, &token));
    if (!fs_parse_type(token.text, token.length, &entry->type)) return unknown_type(s, entry->line, &token);
    FS_TRY(fs_check_class(s, entry->line, rrclass));
    FS_TRY(look_at_type(s, entry));
    if (s->options->zone) check_owner(s, entry);
    FS_TRY(fs_read_rdata(s, entry->type, ""));
    fs_end_rdata(s, entry);
    return FS_R_OK;
}

static fs_reason commit(fs_scanner *s, const fs_entry *entry) {
    fs_source *source = s->source;
    if (s->eof_in_line) fs_warn_unfinished(s, s->cursor.line);
    s->eof_in_line = false;
    if (source->origin_changed && entry->owner == NULL && !s->options->zone) warn_inherited(s, entry->line);
    source->origin_changed = false;
    return fs_block_add(s, entry);
}

/* A SOA elsewhere is no part of the zone, and a server reads on as if its line had not ended. */
static fs_reason commit_to_zone(fs_scanner *s, const fs_entry *entry) {
    char text[FS_NAME_TEXT_MAX];
    if (entry->owner != NULL) FS_TRY(fs_turn_to(s, entry));
    if (s->source->drop) return FS_R_OK;
    const fs_owner *owner = s->source->glue.known ? &s->source->glue : &s->source->current;
    if (entry->type == FS_TYPE_SOA && fs_check_place(s, owner, entry->type) == FS_R_NOTZONETOP) {
        const size_t length = fs_name_to_text(owner->wire, text);
        if (length > 1) text[length - 1] = 0;
        (void)fs_wrong(s, entry->line, "SOA record not at top of zone (%.600s)", text);
        return fs_mishap_is(s, FS_MISHAP_PLAIN, FS_R_NOTZONETOP);
    }
    return commit(s, entry);
}

fs_reason fs_scan_record(fs_scanner *s, const fs_token *owner, uint64_t line) {
    bool empty;
    uint8_t wire[FS_NAME_MAX + 1];
    fs_entry entry = {.line = line};
    fs_begin_rdata(s);
    s->origin = s->source->origin;
    s->origin_length = s->source->origin_length;
    if (owner->kind != FS_TOKEN_BLANK) FS_TRY(read_owner(s, &entry, owner, wire));
    fs_reason reason = read_record(s, &entry, &empty);
    if (reason == FS_R_FAILED && s->options->zone) {
        s->source->origin_changed = false;
        if (entry.owner != NULL) FS_TRY(fs_turn_to(s, &entry));
    }
    if (reason != FS_R_OK || empty) return reason;
    return s->options->zone ? commit_to_zone(s, &entry) : commit(s, &entry);
}

/* The end of a file: the one that includes it goes on, with the owner it had. */
static fs_reason end_of_file(fs_scanner *s) {
    s->in_entry = false;
    FS_TRY(fs_block_end(s));
    return fs_source_pop(s) == FS_OK ? FS_R_OK : FS_R_FAILED;
}

fs_reason fs_scan_entry(fs_scanner *s) {
    fs_token token;
    const fs_lex_cursor start = s->cursor;
    fs_reason reason = fs_lex(s, FS_LEX_BLANK | FS_LEX_QUOTED, &token);
    const uint64_t line = s->cursor.line;
    s->entry_line = reason == FS_R_OK ? line : start.line;
    fs_zone_begin_entry(s);
    if (reason != FS_R_OK) reason = lex_failed(s, reason);
    else if (token.kind == FS_TOKEN_EOF) reason = end_of_file(s);
    else if (token.kind == FS_TOKEN_EOL) reason = FS_R_OK;
    else if (token.kind > FS_TOKEN_BLANK) reason = fs_wrong(s, line, "%s", fs_reason_text[FS_R_SYNTAX]);
    else if (token.kind != FS_TOKEN_BLANK && token.length != 0 && token.text[0] == '$') reason = fs_scan_directive(s, &token, line);
    else reason = fs_scan_record(s, &token, line);
    if (reason == FS_R_MORE) {
        s->cursor = start;
        s->result->warnings_size = s->entry_start;
    }
    if (reason != FS_R_FAILED) s->in_entry = false;
    return reason;
}
