/* Lines without oddities, one after the other: what nearly all of a large zone consists of.
 *
 * A batch of lines is parsed before its records are added: the parts of the tables that they will look at are on their way into
 * the cache meanwhile.
 *
 * Two things repeat from line to line and are compared with what was read last before they are read again: the owner's text, and
 * the text between owner and RDATA (TTL, class and type).
 */
#include "scan_quick_fields.h"
#include "scan_zone.h"

enum { HEADERS = 8, HEADER_MAX = 32, BATCH = 32, OWNER_ROOM = FS_NAME_MAX + 1 + FS_SCRATCH_SLACK };

/* A header as written, and what it says. */
typedef struct {
    uint8_t text[HEADER_MAX];
    uint32_t length; /* with the blanks before and behind; 0: none */
    uint32_t ttl;
    uint16_t type;
    bool has_ttl;
    const char *fields;
} quick_header;

typedef struct {
    quick_rdata r;
    uint8_t *start; /* where the line's owner and RDATA go: in the scratch */
    quick_header headers[HEADERS];
    uint32_t next_header; /* to be overwritten */
    uint8_t owner_text[32];
    uint32_t owner_length; /* with the blank behind; 0: none */
    uint8_t owner_wire[FS_NAME_MAX + 1]; /* wire name of the line that is read, with options->zone */
    fs_entry *entry;
    fs_entry batch[BATCH];
} quick_lines;

//----------- Owner ------------------------------------------------------------

/* The owner is looked at line by line when the zone is checked. */
static bool keep_owner(const fs_scanner *s, quick_lines *l) {
    if (!fs_zone_owner_is_plain(s, l->start, l->entry->owner_length)) return false;
    memcpy(l->owner_wire, l->start, l->entry->owner_length);
    return true;
}

/* The owner at the start of a line. Leaves the cursor at the blank behind it. */
FS_INLINE bool read_owner(fs_scanner *s, quick_lines *l) {
    quick *q = &l->r.q;
    fs_entry *entry = l->entry;
    uint32_t text_length;
    entry->owner = NULL;
    if (l->owner_length != 0 && same_octets(q->at, l->owner_text, l->owner_length)) {
        q->at += l->owner_length - 1;
        return true;
    }
    if (*q->at == '$') return false;
    if (!read_name(q->at, l->r.origin, l->r.origin_length, l->start, &entry->owner_length, &text_length)) return false;
    if (!is_blank(q->at[text_length])) return false;
    if (FS_UNLIKELY(s->options->zone) && !keep_owner(s, l)) return false;
    entry->owner = l->start;
    entry->owner_hash = fs_hash(s->seed, l->start, entry->owner_length);
    __builtin_prefetch(&s->table.slots[(uint32_t)(entry->owner_hash >> 32) & s->table.mask]);
    l->start += entry->owner_length;
    l->owner_length = 0;
    if (text_length < 32) {
        l->owner_length = text_length + 1;
        memcpy(l->owner_text, q->at, 32);
    }
    q->at += text_length;
    return true;
}

//----------- Types ------------------------------------------------------------

/* Types that are what their letters say, and common: A NS CNAME SOA PTR HINFO MX TXT AAAA SRV DS RRSIG NSEC NSEC3 NSEC3PARAM TLSA
 * SMIMEA CDS. The digests of DS and CDS and the bitmap of NSEC are looked at below. */
#define BIT(n) (1ULL << (n))
static const uint64_t quick_types = BIT(1) | BIT(2) | BIT(5) | BIT(6) | BIT(12) | BIT(13) | BIT(15) | BIT(16) | BIT(28) | BIT(33) |
                                    BIT(43) | BIT(46) | BIT(47) | BIT(50) | BIT(51) | BIT(52) | BIT(53) | BIT(59);
#undef BIT

FS_INLINE bool is_quick_type(uint16_t type) { return type < 64 && (quick_types >> type & 1); }

//----------- TTL, class, type -------------------------------------------------

typedef struct {
    const uint8_t *text;
    uint32_t length;
} word;

static bool next_word(const uint8_t **p, word *w) {
    while (is_blank(**p)) ++*p;
    w->text = *p;
    w->length = word_length(*p);
    *p += w->length;
    return w->length != 0 && is_blank(**p);
}

/* [class] [TTL] [class] type; the header's text is kept if it is short. */
static bool read_header(fs_scanner *s, quick_lines *l) {
    const uint8_t *p = l->r.q.at;
    quick_header header = {.length = 0};
    uint16_t rrclass = 0;
    word w;
    if (!next_word(&p, &w)) return false;
    if (fs_parse_class(w.text, w.length, &rrclass) && !next_word(&p, &w)) return false;
    header.has_ttl = fs_parse_period(w.text, w.length, &header.ttl);
    if (header.has_ttl && !next_word(&p, &w)) return false;
    if (rrclass == 0 && fs_parse_class(w.text, w.length, &rrclass) && !next_word(&p, &w)) return false;
    if ((rrclass != 0 && rrclass != s->rrclass) || !fs_parse_type(w.text, w.length, &header.type)) return false;
    if (!is_quick_type(header.type)) return false;
    header.fields = fs_rrtype_by_number(header.type)->fields;
    while (is_blank(*p)) p++;
    const uint32_t length = (uint32_t)(p - l->r.q.at);
    l->r.q.at = p;
    l->entry->has_ttl = header.has_ttl;
    l->entry->ttl = header.ttl;
    l->entry->type = header.type;
    l->r.type = header.type;
    quick_header *slot = &l->headers[l->next_header];
    *slot = header;
    if (length > HEADER_MAX) return true; /* length 0: never found again */
    memcpy(slot->text, p - length, HEADER_MAX);
    slot->length = length;
    l->next_header = (l->next_header + 1) % HEADERS;
    return true;
}

/* Returns the type's fields, NULL to leave the line alone. */
FS_INLINE const char *find_header(fs_scanner *s, quick_lines *l) {
    for (uint32_t i = 0; i < HEADERS; i++) {
        const quick_header *h = &l->headers[i];
        if (h->length == 0 || !same_octets(l->r.q.at, h->text, h->length) || is_blank(l->r.q.at[h->length])) continue;
        l->r.q.at += h->length;
        l->entry->has_ttl = h->has_ttl;
        l->entry->ttl = h->ttl;
        l->entry->type = h->type;
        l->r.type = h->type;
        return h->fields;
    }
    const uint32_t slot = l->next_header;
    return read_header(s, l) ? l->headers[slot].fields : NULL;
}

//----------- RDATA ------------------------------------------------------------

static bool read_fields(quick_rdata *r, const uint8_t *start, const char *fields) {
    for (; *fields; fields++) {
        if (!quick_field(r, *fields)) return false;
        if (!gap(&r->q)) return false;
        if (fields[1] != 0 && at_line_end(&r->q)) return fields[1] == FS_FIELD_BITMAP && r->type != FS_TYPE_NSEC;
    }
    if (r->type == FS_TYPE_RRSIG) return fs_signer_fits(start);
    if (r->type == FS_TYPE_DS || r->type == FS_TYPE_CDS) return digest_fits(start[3], r->out - start - 4);
    return true;
}

FS_INLINE bool read_rdata(quick_rdata *r, const uint8_t *start, const char *fields) {
    if (FS_LIKELY(fields[0] == FS_FIELD_NAME && fields[1] == 0)) return quick_name(r) && gap(&r->q);
    return read_fields(r, start, fields);
}

/* The end of the line: nothing open, nothing left over. */
FS_INLINE bool end_line(quick *q) {
    if (q->parens != 0) return false;
    if (q->at[0] == '\r') q->at++;
    if (q->at[0] != '\n') return false;
    q->at++;
    q->line++;
    return true;
}

//----------- Lines ------------------------------------------------------------

/* A line of nothing but a comment, or empty. */
static bool skip_line(quick *q) {
    const uint8_t *p = q->at;
    while (is_blank(*p) || *p == '\r') p++;
    if (*p == ';') p = memchr(p, '\n', (size_t)(q->end - p));
    if (p == NULL || *p != '\n') return false;
    q->at = p + 1;
    q->line++;
    return true;
}

FS_INLINE bool read_line(fs_scanner *s, quick_lines *l) {
    fs_entry *entry = l->entry;
    entry->line = l->r.q.line;
    if (is_blank(*l->r.q.at)) entry->owner = NULL;
    else if (!read_owner(s, l)) return false;
    const char *fields = find_header(s, l);
    if (fields == NULL) return false;
    l->r.out = l->start;
    l->r.limit = l->start + FS_RDATA_MAX;
    if (!read_rdata(&l->r, l->start, fields) || !end_line(&l->r.q)) return false;
    if (FS_UNLIKELY(s->options->zone) && !fs_zone_line_is_plain(s, l->owner_wire, entry->type, l->start)) return false;
    entry->rdata = l->start;
    entry->rdata_length = (uint32_t)(l->r.out - l->start);
    entry->rdata_hash = 0;
    if (fs_is_shared(entry->type, entry->rdata_length)) {
        entry->rdata_hash = fs_hash(s->seed, entry->rdata, entry->rdata_length);
        __builtin_prefetch(fs_shared_slots(s, entry->rdata_hash));
    }
    l->start = l->r.out;
    return true;
}

/* Parse lines until the batch is full or a line is to be left alone (*done); the cursor stands behind the last one parsed. */
static uint32_t read_batch(fs_scanner *s, quick_lines *l, bool *done) {
    const uint8_t *const full = s->scratch + FS_SCRATCH_HEAD - OWNER_ROOM;
    uint32_t count = 0;
    l->start = s->scratch;
    while (count < BATCH && l->start < full) {
        const quick_rdata *r = &l->r;
        s->cursor.at = r->q.at;
        s->cursor.line = r->q.line;
        if ((*r->q.at <= ' ' || *r->q.at == ';') && skip_line(&l->r.q)) continue;
        l->entry = &l->batch[count];
        *done = !read_line(s, l);
        if (*done) return count;
        count++;
    }
    s->cursor.at = l->r.q.at;
    s->cursor.line = l->r.q.line;
    return count;
}

static void fetch_shared(const fs_scanner *s, const quick_lines *l, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (l->batch[i].rdata_hash != 0) __builtin_prefetch(s->columns.rdata->data + fs_shared_slots(s, l->batch[i].rdata_hash)->offset);
}

static void begin(fs_scanner *s, quick_lines *l) {
    const fs_source *source = s->source;
    l->r.q = (quick){.at = s->cursor.at, .end = s->end, .line = s->cursor.line};
    l->r.origin = source->origin;
    l->r.origin_length = source->origin_length;
    const fs_owner *owner = source->glue.known ? &source->glue : &source->current;
    memcpy(l->owner_wire, owner->wire, owner->length);
    l->next_header = 0;
    l->owner_length = 0;
    for (int i = 0; i < HEADERS; i++) l->headers[i].length = 0;
}

fs_reason fs_scan_lines(fs_scanner *s) {
    quick_lines l;
    const fs_source *source = s->source;
    bool done = false;
    if (s->cursor.parens != 0 || !s->cursor.after_eol || source->origin_changed || !source->current.known || source->drop)
        return FS_R_OK;
    begin(s, &l);
    while (!done && !s->stopped) {
        const uint32_t count = read_batch(s, &l, &done);
        fetch_shared(s, &l, count);
        for (uint32_t i = 0; i < count && !s->stopped; i++) FS_TRY(fs_block_add(s, &l.batch[i]));
    }
    return FS_R_OK;
}
