/* BIND's raw master format into the arena. Each length is checked against what is left of its RRset and of the file. */
#include "raw_read.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "scan_internal.h"

enum {
    FORMAT_RAW = 2,
    WHOLE_SET = 128 * 1024, /* BIND reads sets up to this size at once: where one ends too early, that is what it tells of */
    WINDOW = 4 * WHOLE_SET,
    SET_HEAD = 14, /* class, type, type covered, TTL, count */
};

/* What is in the window, and what is left of the RRset. */
typedef struct {
    fs_scanner *s; /* names, columns and errors; its source is the file */
    const uint8_t *at;
    uint64_t left; /* octets of the RRset that are still to come */
} raw;

static uint64_t available(const raw *r) { return (uint64_t)(r->s->source->window + r->s->source->filled - r->at); }

FS_COLD static fs_status refuse(const raw *r, fs_reason reason) {
    return fs_fail(r->s->error, FS_ERROR_SYNTAX, "%s", fs_reason_text[reason]);
}

FS_COLD static fs_status ended(const raw *r) { return fs_fail(r->s->error, FS_ERROR_SYNTAX, "end of file"); }

//----------- Octets -----------------------------------------------------------

/* Have at least `octets` in the window, at most WHOLE_SET; fewer only at the end of the file. */
static fs_status fill(raw *r, uint64_t octets) {
    fs_source *source = r->s->source;
    if (FS_LIKELY(available(r) >= octets)) return FS_OK;
    source->filled = available(r);
    memmove(source->window, r->at, source->filled);
    r->at = source->window;
    while (source->filled < octets && !source->at_eof) {
        const ssize_t got = read(source->fd, source->window + source->filled, source->capacity - source->filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            r->s->error->number = errno;
            return fs_fail(r->s->error, FS_ERROR_SYNTAX, "%s: %s", source->name, errno == EIO ? "I/O error" : strerror(errno));
        }
        source->at_eof = got == 0;
        source->filled += (uint64_t)got;
        r->s->result->octets += (uint64_t)got;
    }
    return FS_OK;
}

/* The next octets of the file. NULL with any refusal: gcc does not see that none is FS_OK. */
static fs_status take(raw *r, uint64_t octets, const uint8_t **at) {
    *at = NULL;
    const fs_status status = fill(r, octets);
    if (status != FS_OK) return status;
    if (FS_UNLIKELY(available(r) < octets)) return ended(r);
    *at = r->at;
    r->at += octets;
    return FS_OK;
}

/* The next octets of the RRset. */
static fs_status take_of_set(raw *r, uint64_t octets, const uint8_t **at) {
    *at = NULL;
    if (FS_UNLIKELY(r->left < octets)) return refuse(r, FS_R_RANGE);
    r->left -= octets;
    return take(r, octets, at);
}

//----------- Header -----------------------------------------------------------

static fs_status read_header(raw *r, fs_raw_header *header) {
    const uint8_t *at;
    fs_status status = take(r, 8, &at);
    if (status != FS_OK) return status;
    if (fs_load_be32(at) != FORMAT_RAW) return fs_fail(r->s->error, FS_ERROR_SYNTAX, "file format mismatch (not raw)");
    header->version = fs_load_be32(at + 4);
    if (header->version > 1) return fs_fail(r->s->error, FS_ERROR_SYNTAX, "unsupported file format version");
    status = take(r, header->version == 0 ? 4 : 16, &at);
    if (status != FS_OK) return status;
    header->dump_time = fs_load_be32(at);
    if (header->version == 0) return FS_OK;
    header->flags = fs_load_be32(at + 4);
    header->source_serial = fs_load_be32(at + 8);
    return FS_OK;
}

//----------- One RRset --------------------------------------------------------

typedef struct {
    fs_owner owner;
    uint16_t type, covers;
    uint32_t ttl, count;
} raw_set;

/* Types that no RRset of a zone has. */
static bool is_meta(uint16_t type) {
    const fs_rrtype *row = fs_rrtype_by_number(type);
    return row != NULL ? row->flags & FS_RR_META : type == 0 || (type >= 128 && type <= 255);
}

static fs_status read_set_head(raw *r, raw_set *set) {
    const uint8_t *at;
    const fs_status status = take_of_set(r, SET_HEAD, &at);
    if (status != FS_OK) return status;
    if (fs_load_be16(at) != r->s->rrclass) return fs_fail(r->s->error, FS_ERROR_SYNTAX, "bad class");
    set->type = fs_load_be16(at + 2);
    set->covers = fs_load_be16(at + 4);
    set->ttl = fs_load_be32(at + 6);
    set->count = fs_load_be32(at + 10);
    if (set->count == 0 || set->count > UINT16_MAX) return refuse(r, FS_R_RANGE);
    return is_meta(set->type) ? refuse(r, FS_R_META) : FS_OK;
}

/* A whole, uncompressed name of exactly `length` octets. */
static fs_reason check_name(const uint8_t *name, uint32_t length) {
    uint32_t at = 0;
    while (at < length && name[at] != 0) {
        if (name[at] > FS_LABEL_MAX) return name[at] < 0xc0 ? FS_R_LABELTYPE : FS_R_DISALLOWED;
        at += 1u + name[at];
    }
    if (at >= length) return FS_R_END;
    return at + 1 == length ? FS_R_OK : FS_R_RANGE;
}

static fs_status read_owner(raw *r, fs_owner *owner) {
    const uint8_t *at;
    fs_status status = take_of_set(r, 2, &at);
    if (status != FS_OK) return status;
    owner->length = fs_load_be16(at);
    if (owner->length > FS_NAME_MAX) return refuse(r, FS_R_RANGE);
    status = take_of_set(r, owner->length, &at);
    if (status != FS_OK) return status;
    const fs_reason reason = check_name(at, owner->length);
    if (reason != FS_R_OK) return refuse(r, reason);
    memcpy(owner->wire, at, owner->length);
    owner->known = true;
    return fs_names_intern(r->s, owner->wire, owner->length, fs_hash(r->s->seed, owner->wire, owner->length), &owner->id);
}

/* As BIND's dns_rdata_fromwire. */
static fs_reason check_wire(uint16_t type, const uint8_t *rdata, uint32_t length) {
    return fs_rrtype_by_number(type) != NULL ? fs_check_wire(type, rdata, length) : FS_R_OK;
}

fs_status fs_raw_check(uint16_t type, const uint8_t *rdata, uint32_t length, fs_error *error) {
    const fs_reason reason = is_meta(type) ? FS_R_META : check_wire(type, rdata, length);
    return reason == FS_R_OK ? FS_OK : fs_fail(error, FS_ERROR_SYNTAX, "%s", fs_reason_text[reason]);
}

/* An RRSIG must cover what its RRset says. */
static fs_reason check_rdata(const raw_set *set, const uint8_t *rdata, uint32_t length) {
    FS_TRY(check_wire(set->type, rdata, length));
    const bool covers = set->type == FS_TYPE_RRSIG || set->type == FS_TYPE_SIG;
    return set->covers == (covers ? fs_load_be16(rdata) : 0) ? FS_R_OK : FS_R_FORM;
}

static fs_status read_record(raw *r, const raw_set *set) {
    const uint8_t *at;
    fs_status status = take_of_set(r, 2, &at);
    if (status != FS_OK) return status;
    const uint32_t length = fs_load_be16(at);
    status = take_of_set(r, length, &at);
    if (status != FS_OK) return status;
    fs_reason reason = check_rdata(set, at, length);
    if (reason != FS_R_OK) return refuse(r, reason);
    fs_entry entry = {.rdata = at, .rdata_length = length, .type = set->type};
    if (fs_is_shared(set->type, length)) entry.rdata_hash = fs_hash(r->s->seed, at, length);
    reason = fs_append(r->s, set->owner.id, set->ttl, &entry);
    return reason == FS_R_OK ? FS_OK : r->s->error->status;
}

FS_COLD static fs_status refuse_place(raw *r, const raw_set *set, fs_reason reason) {
    (void)fs_refuse_owner(r->s, &set->owner, reason, 0);
    r->s->error->file[0] = 0; /* of a raw file BIND names neither line nor file */
    return r->s->error->status;
}

static fs_status read_set(raw *r) {
    raw_set set = {0};
    fs_status status = read_set_head(r, &set);
    if (status == FS_OK) status = read_owner(r, &set.owner);
    for (uint32_t i = 0; status == FS_OK && i < set.count; i++) status = read_record(r, &set);
    if (status != FS_OK) return status;
    if (r->left != 0) return refuse(r, FS_R_RANGE);
    const fs_reason reason = fs_check_place(r->s, &set.owner, set.type);
    return reason == FS_R_OK ? FS_OK : refuse_place(r, &set, reason);
}

/* RRsets to the end of the file. A length of its own that lies is found before anything is read by it. */
static fs_status read_sets(raw *r) {
    for (;;) {
        const uint8_t *at;
        fs_status status = fill(r, 4);
        if (status != FS_OK || available(r) == 0) return status;
        status = take(r, 4, &at);
        if (status != FS_OK) return status;
        const uint32_t length = fs_load_be32(at);
        if (length < 4 + SET_HEAD) return refuse(r, FS_R_RANGE);
        r->left = length - 4;
        if (r->left <= WHOLE_SET) {
            status = fill(r, r->left);
            if (status == FS_OK && available(r) < r->left) status = ended(r);
        }
        if (status == FS_OK) status = read_set(r);
        if (status != FS_OK) return status;
    }
}

//----------- A zone -----------------------------------------------------------

static fs_status open_scanner(fs_scanner *s) {
    s->shared = calloc((size_t)FS_SHARED_SETS * FS_SHARED_WAYS, sizeof *s->shared);
    if (s->shared == NULL) return fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for the RDATA in common");
    s->rrclass = s->options->rrclass;
    s->apex_length = fs_name_length(s->options->origin);
    const fs_status status = fs_source_push(s, s->options->path);
    return status == FS_OK ? fs_names_open(s, (uint64_t)s->source->before.st_size) : status;
}

static fs_status read_all(fs_scanner *s, fs_raw_header *header) {
    raw r = {.s = s, .at = s->source->window};
    fs_status status = read_header(&r, header);
    if (status == FS_OK) status = read_sets(&r);
    return status == FS_OK ? fs_source_pop(s) : status;
}

enum { COLUMNS = 8 };

fs_status fs_read_raw(const fs_scan_options *options, const fs_scan_columns *columns, fs_scan_result *result, fs_raw_header *header,
                      fs_error *error) {
    fs_scan_options windowed = *options;
    windowed.window = WINDOW;
    fs_scanner s = {.options = &windowed, .columns = *columns, .result = result, .error = error};
    fs_column *const list[COLUMNS] = {columns->names, columns->name_offset, columns->owner,        columns->type,
                                      columns->ttl,   columns->rdata_offset, columns->rdata_length, columns->rdata};
    uint64_t used[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) used[i] = list[i]->used;
    fs_status status = open_scanner(&s);
    if (status == FS_OK) status = read_all(&s, header);
    while (s.source != NULL) fs_source_drop(&s);
    fs_names_close(&s);
    free(s.shared);
    for (int i = 0; i < COLUMNS && status != FS_OK; i++) list[i]->used = used[i];
    return status;
}
