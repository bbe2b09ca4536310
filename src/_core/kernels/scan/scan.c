/* The scanner's way through a zone, its messages, and single values from text. */
#include "scan_zone.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *const fs_reason_text[FS_R_COUNT] = {
    [FS_R_OK] = "success",
    [FS_R_MORE] = "unexpected end of input",
    [FS_R_FAILED] = "failure",
    [FS_R_SYNTAX] = "syntax error",
    [FS_R_RANGE] = "out of range",
    [FS_R_END] = "unexpected end of input",
    [FS_R_TOKEN] = "unexpected token",
    [FS_R_NUMBER] = "not a valid number",
    [FS_R_NOSPACE] = "ran out of space",
    [FS_R_EXTRA] = "extra input text",
    [FS_R_QUAD] = "bad dotted quad",
    [FS_R_AAAA] = "bad IPv6 address",
    [FS_R_HEX] = "bad hex encoding",
    [FS_R_BASE64] = "bad base64 encoding",
    [FS_R_BASE32] = "bad base32 encoding",
    [FS_R_ESCAPE] = "bad escape",
    [FS_R_EMPTYLABEL] = "empty label",
    [FS_R_LABELTOOLONG] = "label too long",
    [FS_R_LABELTYPE] = "bad label type",
    [FS_R_UNKNOWN] = "unknown class/type",
    [FS_R_UNBALANCED] = "unbalanced parentheses",
    [FS_R_QUOTES] = "unbalanced quotes",
    [FS_R_META] = "invalid use of a meta type",
    [FS_R_FORM] = "FORMERR",
    [FS_R_EXTRADATA] = "extra input data",
    [FS_R_NOTIMPLEMENTED] = "not implemented",
    [FS_R_TTL] = "bad ttl",
    [FS_R_CHECKSUM] = "bad checksum",
    [FS_R_PROTOCOL] = "unknown protocol",
    [FS_R_SERVICE] = "unknown service",
    [FS_R_CRYPTO] = "crypto failure",
    [FS_R_TEXTTOOLONG] = "text too long",
    [FS_R_DISALLOWED] = "disallowed (by application policy)",
    [FS_R_EUI] = "bad EUI",
    [FS_R_BITMAP] = "bad bitmap",
    [FS_R_DUPLICATE] = "duplicate query",
    [FS_R_INCONSISTENT] = "inconsistent resource record",
    [FS_R_FLAG] = "unknown flag",
    [FS_R_NAMETOOLONG] = "name too long",
    [FS_R_BADCLASS] = "bad class",
    [FS_R_NOOWNER] = "no owner",
    [FS_R_NOTTL] = "no ttl",
    [FS_R_OBSOLETE] = "obsolete",
    [FS_R_OWNERCHECK] = "bad owner name (check-names)",
    [FS_R_NAMECHECK] = "bad name (check-names)",
    [FS_R_MXADDRESS] = "MX is an address",
    [FS_R_NSADDRESS] = "NS is an address",
    [FS_R_SINGLETON] = "multiple RRs of singleton type",
    [FS_R_CNAMEANDOTHER] = "CNAME and other data",
    [FS_R_NOTZONETOP] = "not at top of zone",
    [FS_R_WILDCARD_NS] = "invalid NS owner name (wildcard)",
    [FS_R_WILDCARD_NSEC3] = "invalid NSEC3 owner name",
};

enum { WARNINGS_MAX = 4 << 20 /* octets; more are only counted */ };

//----------- Messages ---------------------------------------------------------

static void set_file(fs_error *error, const char *name) {
    strncpy(error->file, name, sizeof error->file - 1);
    error->file[sizeof error->file - 1] = 0;
}

fs_reason fs_failed(fs_scanner *s, uint64_t line) {
    if (s->source != NULL) set_file(s->error, s->source->name);
    s->error->line = line;
    return FS_R_FAILED;
}

fs_reason fs_wrong(fs_scanner *s, uint64_t line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(s->error->message, sizeof s->error->message, format, arguments);
    va_end(arguments);
    s->error->status = FS_ERROR_SYNTAX;
    (void)fs_mishap_is(s, FS_MISHAP_LOAD, FS_R_OK);
    return fs_failed(s, line);
}

static void add_message(fs_scanner *s, const char *who, uint64_t line, const char *format, va_list arguments) {
    char text[3 * FS_NAME_TEXT_MAX];
    fs_scan_result *result = s->result;
    const int head = line == 0 ? snprintf(text, 1024, "%s%.900s: ", who, s->source->name)
                               : snprintf(text, 1024, "%s%.900s:%llu: ", who, s->source->name, (unsigned long long)line);
    const int tail = vsnprintf(text + head, sizeof text - (size_t)head, format, arguments);
    const uint64_t size = (uint64_t)head + (uint64_t)tail + 1;
    if (size > sizeof text || result->warnings_size + size > WARNINGS_MAX) {
        result->warnings_lost++;
        return;
    }
    if (result->warnings_size + size > s->warnings_capacity) {
        const uint64_t capacity = 2 * s->warnings_capacity + size + 1024;
        char *warnings = realloc(result->warnings, capacity);
        if (warnings == NULL) {
            result->warnings_lost++;
            return;
        }
        result->warnings = warnings;
        s->warnings_capacity = capacity;
    }
    memcpy(result->warnings + result->warnings_size, text, size);
    result->warnings_size += size;
}

void fs_warn(fs_scanner *s, uint64_t line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_message(s, "", line, format, arguments);
    va_end(arguments);
}

void fs_say(fs_scanner *s, const char *who, uint64_t line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_message(s, who, line, format, arguments);
    va_end(arguments);
}

void fs_warn_unfinished(fs_scanner *s, uint64_t line) {
    if (s->source->fd >= 0) fs_warn(s, line, "file does not end with newline");
}

//----------- A zone -----------------------------------------------------------

static fs_status open_scanner(fs_scanner *s) {
    s->shared = calloc((size_t)FS_SHARED_SETS * FS_SHARED_WAYS, sizeof *s->shared);
    if (s->shared == NULL) return fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for the RDATA in common");
    s->scratch = malloc(FS_SCRATCH_HEAD + FS_RDATA_MAX + FS_SCRATCH_SLACK);
    if (s->scratch == NULL) return fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for RDATA");
    s->out_start = s->out = s->scratch + FS_SCRATCH_HEAD;
    s->out_limit = s->out_start + FS_RDATA_MAX;
    const fs_scan_options *o = s->options;
    s->rrclass = o->rrclass;
    s->apex_length = fs_name_length(o->origin);
    const char *name = o->path != NULL ? o->path : "-";
    const fs_status status = o->text == NULL ? fs_source_push(s, o->path) : fs_source_push_text(s, name, o->text, o->text_length);
    if (status != FS_OK) {
        if (o->text == NULL) set_file(s->error, o->path);
        return status;
    }
    memcpy(s->source->origin, o->origin, s->apex_length);
    s->source->origin_length = (uint32_t)s->apex_length;
    return fs_names_open(s, s->source->fd >= 0 ? (uint64_t)s->source->before.st_size : o->text_length);
}

static void close_scanner(fs_scanner *s) {
    while (s->source != NULL) fs_source_drop(s);
    fs_names_close(s);
    free(s->shared);
    free(s->scratch);
    free(s->ns_offsets);
    free(s->current_sets.sets);
    free(s->glue_sets.sets);
}

static fs_reason scan_common_lines(fs_scanner *s) {
    if (s->rrclass != 1) return FS_R_OK;
    if (s->options->ways == FS_SCAN_QUICK) return fs_scan_lines(s);
    return s->options->ways == FS_SCAN_PORTABLE ? fs_scan_lines_portable(s) : FS_R_OK;
}

static fs_status read_all(fs_scanner *s) {
    while (s->source != NULL && !s->stopped) {
        fs_reason reason = s->skip != FS_SKIP_NOTHING ? fs_zone_skip(s) : scan_common_lines(s);
        if (reason == FS_R_OK && !s->stopped && s->skip == FS_SKIP_NOTHING) reason = fs_scan_entry(s);
        if (reason == FS_R_FAILED && s->options->zone) reason = fs_zone_recover(s);
        if (reason == FS_R_MORE && fs_source_fill(s) != FS_OK) reason = FS_R_FAILED;
        if (reason == FS_R_FAILED) return s->error->status;
    }
    return FS_OK;
}

enum { COLUMNS = 8 };

static void list_columns(const fs_scan_columns *c, fs_column *list[COLUMNS]) {
    fs_column *const all[COLUMNS] = {c->names, c->name_offset, c->owner, c->type, c->ttl, c->rdata_offset, c->rdata_length, c->rdata};
    memcpy(list, all, sizeof all);
}

fs_status fs_scan(const fs_scan_options *options, const fs_scan_columns *columns, fs_scan_result *result, fs_error *error) {
    fs_scanner s = {.options = options, .columns = *columns, .result = result, .error = error, .default_ttl_known = options->no_ttl};
    fs_column *list[COLUMNS];
    uint64_t used[COLUMNS];
    list_columns(columns, list);
    for (int i = 0; i < COLUMNS; i++) used[i] = list[i]->used;
    fs_status status = open_scanner(&s);
    if (status == FS_OK) status = read_all(&s);
    if (s.source != NULL) snprintf(result->file, sizeof result->file, "%s", s.source->name);
    close_scanner(&s);
    for (int i = 0; i < COLUMNS && status != FS_OK; i++) list[i]->used = used[i];
    return status;
}

void fs_scan_free(fs_scan_result *result) {
    for (uint32_t i = 0; i < result->included_count; i++) free(result->included[i].path);
    free(result->included);
    free(result->warnings);
    free(result->breaks);
}

//----------- One RDATA --------------------------------------------------------

fs_status fs_scan_rdata(uint16_t rrclass, uint16_t type, const uint8_t *text, uint64_t text_length, const uint8_t *origin,
                        uint8_t *rdata, uint32_t *rdata_length, fs_error *error) {
    const fs_scan_options options = {.origin = origin, .rrclass = rrclass};
    fs_scan_result result = {0};
    fs_scanner s = {.options = &options, .result = &result, .error = error, .rrclass = rrclass};
    fs_status status = fs_source_push_text(&s, "", text, text_length);
    if (status != FS_OK) return status;
    s.out_start = s.out = rdata;
    s.out_limit = rdata + FS_RDATA_MAX;
    s.origin = origin;
    s.origin_length = fs_name_length(origin);
    s.cursor.after_eol = false;
    if (fs_read_rdata(&s, type, "") != FS_R_OK) status = error->status;
    *rdata_length = (uint32_t)(s.out - s.out_start);
    fs_source_drop(&s);
    return status;
}
