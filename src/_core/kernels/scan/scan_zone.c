/* Loading a zone as a server does (lib/dns/master.c with DNS_MASTER_ZONE and DNS_MASTER_MANYERRORS): what is wrong is told in BIND's
 * words, and the rest is read nevertheless. The messages stand among the warnings, in BIND's order.
 */
#include "host_names.h"
#include "names.h"
#include "scan_zone.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

//----------- Mishaps ------------------------------------------------------------

void fs_refuse_zone(fs_scanner *s, fs_reason reason) {
    if (s->result->reason[0] == 0) snprintf(s->result->reason, sizeof s->result->reason, "%s", fs_reason_text[reason]);
}

fs_reason fs_mishap_is(fs_scanner *s, fs_mishap kind, fs_reason short_reason) {
    s->mishap = kind;
    s->mishap_reason = short_reason;
    return FS_R_FAILED;
}

/* The short form of an error is what stands behind its last colon. */
static void refuse_for_mishap(fs_scanner *s) {
    const char *reason = s->error->message;
    if (s->mishap_reason != FS_R_OK) reason = fs_reason_text[s->mishap_reason];
    else
        for (const char *colon = strstr(reason, ": "); colon != NULL; colon = strstr(reason, ": ")) reason = colon + 2;
    if (s->result->reason[0] == 0) snprintf(s->result->reason, sizeof s->result->reason, "%.*s", (int)sizeof s->result->reason - 1, reason);
}

static void tell(fs_scanner *s) {
    static const char loader[] = "dns_master_load: ";
    const char *message = s->error->message;
    const uint64_t line = s->error->line;
    switch (s->mishap) {
    case FS_MISHAP_PLAIN: case FS_MISHAP_PLAIN_LINE: fs_say(s, "", line, "%s", message); break;
    case FS_MISHAP_RDATA: fs_say(s, "dns_rdata_fromtext: ", line, "%s", message); break;
    case FS_MISHAP_GENERATE: /* BIND names what it is near in a line of its own, which names an address in its memory */
        if (strncmp(message, "$GENERATE: ", 11) == 0) message += 11;
        fs_say(s, "$GENERATE: ", line, "%s", s->mishap_reason == FS_R_OK || strncmp(message, "near ", 5) != 0 ? message : fs_reason_text[s->mishap_reason]);
        break;
    case FS_MISHAP_LEX:
        fs_say(s, loader, line, "isc_lex_gettoken() failed: %s", message);
        fs_say(s, loader, s->entry_line, "%s", message);
        break;
    case FS_MISHAP_END:
        fs_say(s, loader, line, "%s", message);
        fs_say(s, loader, s->entry_line, "%s", fs_reason_text[FS_R_END]);
        break;
    default: fs_say(s, loader, line, "%s", message); break;
    }
}

static bool skips_line(fs_mishap mishap) {
    return mishap == FS_MISHAP_LOAD || mishap == FS_MISHAP_PLAIN || mishap == FS_MISHAP_LEX || mishap == FS_MISHAP_END;
}

fs_reason fs_zone_recover(fs_scanner *s) {
    if (s->error->status != FS_ERROR_SYNTAX || s->mishap == FS_MISHAP_FATAL) return FS_R_FAILED;
    tell(s);
    refuse_for_mishap(s);
    if (skips_line(s->mishap)) s->skip = FS_SKIP_LINE;
    s->in_entry = false;
    memset(s->error, 0, sizeof *s->error);
    return FS_R_OK;
}

/* To the end of the line, token by token: parentheses and quotes count. */
fs_reason fs_zone_skip(fs_scanner *s) {
    for (;;) {
        fs_token token;
        const fs_lex_cursor start = s->cursor;
        const bool quiet = s->skip == FS_SKIP_RDATA;
        const fs_reason reason = fs_lex(s, quiet ? 0 : FS_LEX_BLANK | FS_LEX_QUOTED, &token);
        if (reason == FS_R_MORE) {
            s->cursor = start;
            return reason;
        }
        if (reason != FS_R_OK && !quiet) {
            s->entry_line = start.line;
            (void)fs_wrong(s, s->cursor.line, "%s", fs_reason_text[reason]);
            (void)fs_mishap_is(s, FS_MISHAP_LEX, FS_R_OK);
            return fs_zone_recover(s);
        }
        if (reason != FS_R_OK) break;
        if (token.kind == FS_TOKEN_EOF) fs_warn_unfinished(s, quiet ? s->cursor.line : 0);
        if (fs_token_is_end(&token)) break;
        if (token.kind >= FS_TOKEN_SPECIAL && !quiet) fs_say(s, "dns_master_load: ", start.line, "%s", fs_reason_text[FS_R_SYNTAX]);
    }
    s->skip = FS_SKIP_NOTHING;
    return FS_R_OK;
}

/* The record is refused when its block is added to the zone: before the line that ends it is told of. */
void fs_zone_refuse_block(fs_scanner *s, const fs_owner *owner, fs_reason reason, uint64_t line) {
    char text[FS_NAME_TEXT_MAX];
    fs_scan_result *result = s->result;
    const uint64_t mark = s->in_entry ? s->entry_mark : result->warnings_size, before = result->warnings_size;
    const size_t length = fs_name_to_text(owner->wire, text);
    if (length > 1) text[length - 1] = 0;
    fs_say(s, "dns_master_load: ", line, "%.600s: %s", text, fs_reason_text[reason]);
    if (s->in_entry && !s->was_refused) result->reason[0] = 0;
    fs_refuse_zone(s, reason);
    s->was_refused = true;
    const uint64_t size = result->warnings_size - before;
    char moved[2048];
    s->entry_mark += size;
    if (mark == before || size > sizeof moved) return;
    memcpy(moved, result->warnings + before, size);
    memmove(result->warnings + mark + size, result->warnings + mark, before - mark);
    memcpy(result->warnings + mark, moved, size);
}

void fs_zone_begin_entry(fs_scanner *s) {
    s->in_entry = true;
    s->was_refused = s->result->reason[0] != 0;
    s->entry_start = s->entry_mark = s->result->warnings_size;
    s->mishap = FS_MISHAP_FATAL;
}

/* Where a block begins is seen from its owner, unless what stood between it and a block of the same owner has been left out. */
fs_reason fs_zone_begin_block(fs_scanner *s, const uint8_t *owner, uint32_t length) {
    const fs_scan_columns *c = &s->columns;
    fs_scan_result *result = s->result;
    uint64_t offset;
    uint32_t id;
    const uint64_t row = c->owner->used / 4;
    if (row == 0) return FS_R_OK;
    memcpy(&id, c->owner->data + c->owner->used - 4, 4);
    memcpy(&offset, c->name_offset->data + 8ULL * id, 8);
    const uint8_t *last = c->names->data + offset;
    if (last[0] != (uint8_t)length || memcmp(last + 1, owner, length) != 0) return FS_R_OK;
    if (result->break_count == s->break_capacity) {
        const uint32_t capacity = 2 * s->break_capacity + 64;
        uint32_t *breaks = realloc(result->breaks, capacity * sizeof *breaks);
        if (breaks == NULL) {
            (void)!fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for the blocks of a zone");
            return FS_R_FAILED;
        }
        result->breaks = breaks;
        s->break_capacity = capacity;
    }
    result->breaks[result->break_count++] = (uint32_t)row;
    return FS_R_OK;
}

//----------- Checks of an entry ---------------------------------------------------

static void name_text(const uint8_t *name, char text[FS_NAME_TEXT_MAX]) {
    const size_t length = fs_name_to_text(name, text);
    if (length > 1) text[length - 1] = 0;
}

static bool is_outside(const fs_scanner *s, const uint8_t *owner, uint32_t length) {
    return !fs_is_at_or_below(owner, length, s->options->origin, (uint32_t)s->apex_length);
}

void fs_zone_look_at_owner(fs_scanner *s, const uint8_t *owner, uint32_t length, uint64_t line, bool begins_block) {
    char text[FS_NAME_TEXT_MAX];
    if (begins_block && (s->options->checks & FS_CHECK_WILDCARD) && fs_has_inner_wildcard(owner)) {
        name_text(owner, text);
        fs_say(s, "", line, "warning: ownername '%s' contains an non-terminal wildcard", text);
    }
    s->source->drop = is_outside(s, owner, length);
    if (!s->source->drop) return;
    name_text(owner, text);
    fs_say(s, "", line, "ignoring out-of-zone data (%s)", text);
}

void fs_zone_check_owner(fs_scanner *s, const uint8_t *owner, uint16_t type, uint64_t line) {
    char text[FS_NAME_TEXT_MAX];
    if (!(s->options->checks & FS_CHECK_NAMES) || fs_owner_fits(owner, type, s->rrclass)) return;
    name_text(owner, text);
    fs_say(s, "", line, "%s: %s", text, fs_reason_text[FS_R_OWNERCHECK]);
    if (s->options->checks & FS_CHECK_NAMES_FAIL) fs_refuse_zone(s, FS_R_OWNERCHECK);
}

/* RFC 1123 does not let a host be named like an address. `dot`: it may have one behind it. */
static bool is_address(const fs_token *token, char text[64]) {
    uint8_t address[16];
    if (token->length >= 64) return false;
    memcpy(text, token->text, token->length);
    text[token->length] = 0;
    char bare[64];
    memcpy(bare, text, sizeof bare);
    if (token->length > 0 && bare[token->length - 1] == '.') bare[token->length - 1] = 0;
    return inet_pton(AF_INET, bare, address) == 1 || inet_pton(AF_INET6, bare, address) == 1;
}

/* The text of the name just read. */
static fs_reason check_address(fs_scanner *s, uint16_t type) {
    fs_token token;
    char text[64];
    const uint8_t checks = s->options->checks;
    if (!(checks & (type == FS_TYPE_MX ? FS_CHECK_MX : FS_CHECK_NS))) return FS_R_OK;
    const fs_lex_cursor behind = s->cursor;
    fs_unlex(s);
    FS_TRY(fs_lex_word(s, &token));
    s->cursor = behind;
    if (!is_address(&token, text)) return FS_R_OK;
    if (type == FS_TYPE_NS) {
        fs_say(s, "", s->entry_line, "NS record '%s' appears to be an address", text);
        if (checks & FS_CHECK_NS_FAIL) fs_refuse_zone(s, FS_R_NSADDRESS);
        return FS_R_OK;
    }
    if (checks & FS_CHECK_MX_FAIL) return FS_R_MXADDRESS;
    fs_say(s, "", s->cursor.line, "warning: '%s': MX is an address", text);
    return FS_R_OK;
}

/* Must the name in this field be one of a host (1) or a mailbox (2)? */
static int kind_of_name(const fs_scanner *s, uint16_t type, uint32_t field, const uint8_t *owner) {
    static const uint8_t arpa[] = "\7in-addr\4arpa", arpa6[] = "\3ip6\4arpa", int6[] = "\3ip6\3int";
    const uint32_t length = fs_name_length(owner);
    switch (type) {
    case FS_TYPE_NS: case FS_TYPE_MX: case FS_TYPE_AFSDB: case FS_TYPE_RT: case FS_TYPE_SRV: case FS_TYPE_A6: case FS_TYPE_DSYNC: return 1;
    case FS_TYPE_SVCB: case FS_TYPE_HTTPS: return fs_load_be16(s->out_start) != 0; /* RFC 9460 section 2.4.2: an alias names anything */
    case FS_TYPE_SOA: return field == 0 ? 1 : 2;
    case FS_TYPE_PTR:
        return fs_is_at_or_below(owner, length, arpa, sizeof arpa) || fs_is_at_or_below(owner, length, arpa6, sizeof arpa6) ||
               fs_is_at_or_below(owner, length, int6, sizeof int6);
    default: return 0;
    }
}

static fs_reason check_name(fs_scanner *s, int kind, const uint8_t *name) {
    char text[FS_NAME_TEXT_MAX];
    if (kind == 0 || (kind == 1 ? fs_is_host(name, false) : fs_is_mailbox(name))) return FS_R_OK;
    if (s->options->checks & FS_CHECK_NAMES_FAIL) return FS_R_NAMECHECK;
    name_text(name, text);
    fs_say(s, "", s->cursor.line, "warning: %s: %s", text, fs_reason_text[FS_R_NAMECHECK]);
    return FS_R_OK;
}

fs_reason fs_zone_check_field(fs_scanner *s, uint16_t type, uint32_t field, const uint8_t *name) {
    fs_reason reason = FS_R_OK;
    const fs_owner *owner = s->source->glue.known ? &s->source->glue : &s->source->current;
    const int kind = s->options->checks & FS_CHECK_NAMES ? kind_of_name(s, type, field, s->owner != NULL ? s->owner : owner->wire) : 0;
    if (type == FS_TYPE_MX || type == FS_TYPE_NS) reason = check_address(s, type);
    if (reason == FS_R_OK) reason = check_name(s, kind, name);
    if (reason == FS_R_MXADDRESS || reason == FS_R_NAMECHECK) fs_unlex(s);
    return reason;
}

/* RFC 2535's records, once. */
void fs_zone_warn_old(fs_scanner *s, uint16_t type, uint64_t line) {
    if (s->warned_old || (type != FS_TYPE_SIG && type != FS_TYPE_NXT)) return;
    fs_say(s, "", line, "old style DNSSEC  zone detected");
    s->warned_old = true;
}

/* An error that ends all is the reason, whatever was wrong before. */
void fs_zone_give_up(fs_scanner *s, fs_reason reason) {
    s->result->reason[0] = 0;
    fs_refuse_zone(s, reason);
    s->stopped = true;
}

/* Returns false, and ends the scan, if the TTL is above the limit. */
bool fs_zone_check_ttl(fs_scanner *s, uint64_t line) {
    const uint32_t limit = s->options->max_ttl;
    if (limit == 0 || s->ttl <= limit) return true;
    fs_say(s, "dns_master_load: ", line, "TTL %d exceeds configured max-zone-ttl %d", (int)s->ttl, (int)limit);
    fs_say(s, "dns_master_load: ", line, "%s", fs_reason_text[FS_R_RANGE]);
    fs_zone_give_up(s, FS_R_RANGE);
    return false;
}

//----------- Lines that are read quickly --------------------------------------------

bool fs_zone_owner_is_plain(const fs_scanner *s, const uint8_t *owner, uint32_t length) {
    return !is_outside(s, owner, length) && !fs_has_inner_wildcard(owner);
}

static bool is_plain_host(const uint8_t *name) { return fs_is_host(name, false) && (uint8_t)(name[1] - '0') >= 10; }

bool fs_zone_line_is_plain(const fs_scanner *s, const uint8_t *owner, uint16_t type, const uint8_t *rdata) {
    const bool names = s->options->checks & FS_CHECK_NAMES;
    if (names && !fs_owner_fits(owner, type, s->rrclass)) return false;
    switch (type) {
    case FS_TYPE_NS: return is_plain_host(rdata);
    case FS_TYPE_MX: return is_plain_host(rdata + 2);
    case FS_TYPE_SRV: return !names || fs_is_host(rdata + 6, false);
    case FS_TYPE_SOA: case FS_TYPE_PTR: return !names; /* there are few, or all are to be looked at */
    default: return true;
    }
}
