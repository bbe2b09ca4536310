/* Lines without oddities, one after the other: what nearly all of a large zone consists of.
 *
 * Two things repeat from line to line and are compared with what was read last before they are read again: the owner's text, and
 * the text between owner and RDATA (TTL, class and type).
 */
#include "scan_quick_fields.h"

enum { HEADERS = 4, HEADER_MAX = 32 };

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
    quick_header headers[HEADERS];
    uint32_t next_header; /* to be overwritten */
    uint8_t owner_text[32];
    uint32_t owner_length; /* with the blank behind; 0: none */
    fs_entry entry;
} quick_line;

//----------- Owner ------------------------------------------------------------

/* The owner at the start of a line. Leaves the cursor at the blank behind it. */
FS_INLINE bool read_owner(fs_scanner *s, quick_line *l) {
    quick *q = &l->r.q;
    fs_owner *fresh = &l->entry.fresh;
    uint32_t text_length;
    if (l->owner_length != 0 && same_octets(q->at, l->owner_text, l->owner_length)) {
        q->at += l->owner_length - 1;
        fresh->known = false;
        return true;
    }
    if (*q->at == '$') return false;
    uint8_t wire[FS_NAME_MAX + 64];
    if (!read_name(q->at, l->r.origin, l->r.origin_length, wire, &fresh->length, &text_length)) return false;
    if (!is_blank(q->at[text_length])) return false;
    memcpy(fresh->wire, wire, fresh->length);
    fresh->known = true;
    l->entry.hash = fs_hash(s->seed, fresh->wire, fresh->length);
    __builtin_prefetch(&s->table.slots[(uint32_t)(l->entry.hash >> 32) & s->table.mask]);
    l->owner_length = 0;
    if (text_length < 32) {
        l->owner_length = text_length + 1;
        memcpy(l->owner_text, q->at, 32);
    }
    q->at += text_length;
    return true;
}

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
static bool read_header(fs_scanner *s, quick_line *l) {
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
    const fs_rrtype *row = fs_rrtype_by_number(header.type);
    if (row == NULL) return false;
    header.fields = row->fields;
    while (is_blank(*p)) p++;
    const uint32_t length = (uint32_t)(p - l->r.q.at);
    l->r.q.at = p;
    l->entry.has_ttl = header.has_ttl;
    l->entry.ttl = header.ttl;
    l->entry.type = header.type;
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
FS_INLINE const char *find_header(fs_scanner *s, quick_line *l) {
    for (uint32_t i = 0; i < HEADERS; i++) {
        const quick_header *h = &l->headers[i];
        if (h->length == 0 || !same_octets(l->r.q.at, h->text, h->length) || is_blank(l->r.q.at[h->length])) continue;
        l->r.q.at += h->length;
        l->entry.has_ttl = h->has_ttl;
        l->entry.ttl = h->ttl;
        l->entry.type = h->type;
        l->r.type = h->type;
        return h->fields;
    }
    const uint32_t slot = l->next_header;
    return read_header(s, l) ? l->headers[slot].fields : NULL;
}

//----------- RDATA ------------------------------------------------------------

/* Types that are read field by field, without a look at the whole. */
static bool read_fields(quick_rdata *r, const uint8_t *start, const char *fields) {
    if (r->type == 35 /* NAPTR */) return false;
    for (; *fields; fields++) {
        if (!quick_field(r, *fields)) return false;
        if (!gap(&r->q)) return false;
        if (fields[1] != 0 && at_line_end(&r->q)) return fields[1] == FS_FIELD_BITMAP && fields[2] == 0;
    }
    if (r->type == FS_TYPE_DS || r->type == FS_TYPE_CDS || r->type >= 32768) return digest_fits(start[3], r->out - start - 4);
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

FS_INLINE bool read_line(fs_scanner *s, quick_line *l) {
    quick *q = &l->r.q;
    l->entry.line = q->line;
    if (is_blank(*q->at)) l->entry.fresh.known = false;
    else if (!read_owner(s, l)) return false;
    const char *fields = find_header(s, l);
    if (fields == NULL) return false;
    l->r.out = s->out_start;
    l->r.limit = s->out_limit;
    return read_rdata(&l->r, s->out_start, fields) && end_line(q);
}

static void begin(fs_scanner *s, quick_line *l) {
    const fs_source *source = s->source;
    l->r.q = (quick){.at = s->cursor.at, .end = s->end, .line = s->cursor.line};
    l->r.origin = source->origin;
    l->r.origin_length = source->origin_length;
    l->next_header = 0;
    l->owner_length = 0;
    for (int i = 0; i < HEADERS; i++) l->headers[i].length = 0;
}

fs_reason fs_scan_lines(fs_scanner *s) {
    quick_line l;
    const fs_source *source = s->source;
    if (s->cursor.parens != 0 || !s->cursor.after_eol || source->origin_changed || !source->current.known) return FS_R_OK;
    begin(s, &l);
    while (!s->stopped) {
        quick *q = &l.r.q;
        s->cursor.at = q->at;
        s->cursor.line = q->line;
        const uint8_t c = *q->at;
        if ((c <= ' ' || c == ';') && skip_line(q)) continue;
        if (fs_begin_rdata(s) != FS_OK) return FS_R_FAILED;
        if (!read_line(s, &l)) break;
        s->out = l.r.out;
        FS_TRY(fs_block_add(s, &l.entry));
    }
    return FS_R_OK;
}
