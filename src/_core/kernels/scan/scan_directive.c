/* $ORIGIN, $TTL (RFC 2308 section 4), $INCLUDE, and BIND's $DATE and $GENERATE. */
#include "scan_zone.h"

enum { PATH_OCTETS = 4096 };

static fs_reason complain(fs_scanner *s, uint64_t line, fs_reason reason) {
    if (reason == FS_R_MORE || reason == FS_R_FAILED) return reason;
    return fs_wrong(s, line, "%s", fs_reason_text[reason]);
}

static fs_reason lex_failed(fs_scanner *s, uint64_t line, fs_reason reason) {
    if (complain(s, line, reason) != FS_R_FAILED || reason == FS_R_FAILED) return reason;
    return fs_mishap_is(s, FS_MISHAP_LEX, FS_R_OK);
}

/* An argument; the line must not end before it. */
static fs_reason argument(fs_scanner *s, unsigned options, fs_token *token) {
    const fs_reason reason = fs_lex(s, options, token);
    if (reason != FS_R_OK) return lex_failed(s, s->cursor.line, reason);
    if (fs_token_is_end(token)) return fs_ends_early(s, token);
    if (token->kind > FS_TOKEN_QUOTED) return complain(s, s->cursor.line, FS_R_SYNTAX);
    return FS_R_OK;
}

fs_reason fs_expect_eol(fs_scanner *s, uint64_t line) {
    fs_token token;
    const fs_reason reason = fs_lex(s, 0, &token);
    if (reason != FS_R_OK) return lex_failed(s, line, reason);
    if (token.kind == FS_TOKEN_EOL) return FS_R_OK;
    fs_unlex(s);
    return complain(s, line, FS_R_EXTRA);
}

static fs_reason scan_origin(fs_scanner *s, uint64_t line) {
    fs_source *source = s->source;
    fs_token token;
    uint8_t name[FS_NAME_MAX + 1];
    uint32_t length;
    FS_TRY(argument(s, 0, &token));
    const fs_reason reason = fs_parse_name(token.text, token.length, source->origin, source->origin_length, name, &length);
    if (reason != FS_R_OK) return complain(s, line, reason);
    const fs_reason end = fs_expect_eol(s, line);
    if (end == FS_R_MORE) return end;
    memcpy(source->origin, name, length);
    source->origin_length = length;
    source->origin_changed = true;
    return end;
}

static fs_reason scan_ttl(fs_scanner *s, uint64_t line) {
    fs_token token;
    uint32_t ttl;
    FS_TRY(argument(s, 0, &token));
    const bool good = fs_parse_period(token.text, token.length, &ttl);
    if (!good && !s->options->zone) return complain(s, line, FS_R_TTL);
    const fs_reason end = fs_expect_eol(s, line);
    if (end == FS_R_MORE) return end;
    if (!good) { /* a server says nothing, and goes on with 0 */
        fs_refuse_zone(s, FS_R_TTL);
        ttl = 0;
    }
    s->ttl = s->default_ttl = fs_limit_ttl(s, ttl, line);
    s->default_ttl_known = true;
    return end;
}

/* $DATE sets the date of a dump. Its one effect on a zone is that nothing may be included any more. */
static fs_reason scan_date(fs_scanner *s, uint64_t line) {
    fs_token token;
    uint32_t seconds;
    FS_TRY(argument(s, 0, &token));
    const fs_reason reason = token.length == 14 ? fs_parse_time(token.text, token.length, &seconds) : FS_R_SYNTAX;
    if (reason != FS_R_OK) {
        s->date_seen = true;
        return complain(s, line, reason);
    }
    FS_TRY(fs_expect_eol(s, line));
    s->date_seen = true;
    return FS_R_OK;
}

FS_COLD static fs_reason include_after_date(fs_scanner *s, uint64_t line) {
    static const char message[] = "$INCLUDE may not be used with $DATE";
    if (!s->options->zone) return fs_wrong(s, line, "%s", message);
    FS_TRY(fs_block_end(s));
    fs_say(s, "dns_master_load: ", line, "%s", message);
    fs_zone_give_up(s, FS_R_SYNTAX);
    return FS_R_OK;
}

static fs_reason include(fs_scanner *s, uint64_t line, const char *path, const uint8_t *origin, uint32_t origin_length) {
    const fs_source *parent = s->source;
    const bool changed = origin != parent->origin || parent->origin_changed;
    if (s->options->no_include) return fs_wrong(s, line, "$INCLUDE is not allowed here");
    if (s->date_seen) return include_after_date(s, line);
    FS_TRY(fs_block_end(s));
    if (fs_source_push(s, path) != FS_OK) {
        (void)fs_failed(s, line);
        return fs_mishap_is(s, FS_MISHAP_FILE, FS_R_OK);
    }
    memcpy(s->source->origin, origin, origin_length);
    s->source->origin_length = origin_length;
    s->source->origin_changed = changed;
    return FS_R_OK;
}

static fs_reason scan_include(fs_scanner *s, uint64_t line) {
    fs_source *source = s->source;
    fs_token token, behind;
    char path[PATH_OCTETS];
    uint8_t name[FS_NAME_MAX + 1];
    uint32_t length;
    if (s->options->zone && s->date_seen) return include_after_date(s, line);
    fs_reason reason = argument(s, FS_LEX_QUOTED, &token);
    if (reason == FS_R_FAILED && s->options->zone) FS_TRY(fs_block_end(s)); /* whatever follows */
    if (reason != FS_R_OK) return reason;
    if (token.length >= PATH_OCTETS) return complain(s, line, FS_R_NOSPACE);
    fs_token_copy(&token, path);
    reason = fs_lex(s, 0, &behind);
    if (reason != FS_R_OK) return complain(s, line, reason);
    if (behind.kind == FS_TOKEN_EOF) fs_warn_unfinished(s, 0);
    if (fs_token_is_end(&behind)) return include(s, line, path, source->origin, source->origin_length);
    if (behind.kind != FS_TOKEN_STRING) return complain(s, line, FS_R_SYNTAX);
    reason = fs_parse_name(behind.text, behind.length, source->origin, source->origin_length, name, &length);
    if (reason != FS_R_OK) return complain(s, line, reason);
    FS_TRY(fs_expect_eol(s, line));
    return include(s, line, path, name, length);
}

FS_COLD static fs_reason unknown(fs_scanner *s, const fs_token *name, uint64_t line) {
    const int shown = name->length > 200 ? 200 : (int)name->length;
    if (!s->options->zone) return fs_wrong(s, line, "unknown $ directive '%.*s'", shown, (const char *)name->text);
    fs_say(s, "dns_master_load: ", line, "unknown $ directive '%.*s'", shown, (const char *)name->text);
    fs_refuse_zone(s, FS_R_SYNTAX);
    s->was_refused = true;
    s->entry_mark = s->result->warnings_size;
    return fs_scan_record(s, name, line); /* a server takes it for an owner */
}

fs_reason fs_scan_directive(fs_scanner *s, const fs_token *name, uint64_t line) {
    if (fs_token_equals(name, "$origin")) return scan_origin(s, line);
    if (fs_token_equals(name, "$ttl")) return scan_ttl(s, line);
    if (fs_token_equals(name, "$include")) return scan_include(s, line);
    if (fs_token_equals(name, "$date")) return scan_date(s, line);
    if (fs_token_equals(name, "$generate")) return fs_scan_generate(s, line);
    return unknown(s, name, line);
}
