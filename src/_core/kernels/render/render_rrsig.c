/* RRSIG sets as text: all of a line but labels and signature comes from a template. */
#include "base64.h"
#include "render_state.h"

//----------- Templates --------------------------------------------------------

FS_INLINE fs_template *find_template(fs_writer *writer, uint64_t key, int *found) {
    fs_template *template = &writer->templates[(key * 0x9e3779b97f4a7c15ULL) >> 58];
    _Static_assert(FS_TEMPLATES == 64, "the shift leaves six bits");
    *found = template->key == key;
    template->key = key;
    return template;
}

/* what: an fs_line, or the number of a signer plus one. */
FS_INLINE uint64_t template_key(uint32_t what, uint16_t type, uint32_t ttl) {
    return 1ULL << 63 | (uint64_t)what << 48 | (uint64_t)type << 32 | ttl;
}

/* The head of a line without the owner and, where there is one, the blanks behind it. */
static void build_head(fs_template *template, fs_line line, uint32_t ttl, uint16_t type, const fs_style *style) {
    char text[128];
    const int has_owner = line == FS_LINE_FIRST || !style->once;
    char *end = fs_line_head(text, NULL, ttl, line != FS_LINE_LATER || !style->once, type, style);
    const size_t skip = has_owner ? style->ttl_column / 8u + style->ttl_column % 8u : 0; /* an empty owner's tabs and blanks */
    template->head_length = (uint8_t)(fs_put(template->head, text + skip, (size_t)(end - text) - skip) - template->head);
}

/* RRSIG: "<head>TYPE algorithm " | labels | " original-TTL (<gap>expiration inception tag " */
static void build_rrsig(fs_template *template, const fs_signer *signer, uint16_t type, uint32_t ttl, const fs_style *style) {
    build_head(template, FS_LINE_LATER, fs_rrsig_ttl(signer, ttl), FS_TYPE_RRSIG, style);
    char *at = fs_put_char(fs_put_type(template->head + template->head_length, type), ' ');
    at = fs_put_char(fs_put_decimal(at, signer->algorithm), ' ');
    template->head_length = (uint8_t)(at - template->head);
    at = fs_put_decimal(fs_put_char(template->tail, ' '), ttl);
    if (style->multiline) at = FS_PUT(at, " (");
    at = fs_put_gap(at, &style->gap);
    template->expiration_at = (uint8_t)(at - template->tail);
    at = fs_put_time(at, type == FS_TYPE_DNSKEY ? signer->expiration_dnskey : signer->expiration);
    at = fs_put_char(fs_put_time(fs_put_char(at, ' '), signer->inception), ' ');
    at = fs_put_char(fs_put_decimal(at, signer->tag), ' ');
    template->tail_length = (uint8_t)(at - template->tail);
}

/* An owner and the blanks up to the TTL's column; NULL when it goes past that column, which shifts all that follows. */
static char *put_owner(char *at, const uint8_t *owner, const fs_style *style) {
    static const char tabs[8] = "\t\t\t\t\t\t\t\t", blanks[8] = "        ";
    char *start = at;
    at = fs_put_name(at, owner);
    const uint32_t column = (uint32_t)(at - start), to = style->ttl_column, tab_count = to / 8 - column / 8;
    if (FS_UNLIKELY(column >= to)) return NULL;
    memcpy(at, tabs, sizeof tabs);
    at += tab_count;
    memcpy(at, blanks, sizeof blanks);
    return at + (tab_count > 0 ? to % 8 : to - column);
}

/* The full style repeats the owner on every line. */
static char *put_owner_again(fs_writer *writer, char *at, const uint8_t *owner) {
    if (writer->owner != owner) {
        char *end = put_owner(writer->owner_text, owner, writer->style);
        writer->owner = owner;
        writer->owner_fits = end != NULL;
        if (end != NULL) writer->owner_length = (uint32_t)(end - writer->owner_text);
    }
    return FS_LIKELY(writer->owner_fits) ? fs_put(at, writer->owner_text, writer->owner_length) : NULL;
}

char *fs_put_head(fs_writer *writer, fs_line line, const uint8_t *owner, uint32_t ttl, uint16_t type) {
    int found;
    char *at = writer->at;
    if (!writer->style->once) at = put_owner_again(writer, at, owner);
    else if (line == FS_LINE_FIRST) at = put_owner(at, owner, writer->style);
    if (FS_UNLIKELY(at == NULL)) return fs_line_head(writer->at, owner, ttl, 1, type, writer->style);
    fs_template *template = find_template(writer, template_key(writer->style->once ? line : FS_LINE_LATER, type, ttl), &found);
    if (FS_UNLIKELY(!found)) build_head(template, line, ttl, type, writer->style);
    memcpy(at, template->head, FS_TEMPLATE_TEXT);
    return at + template->head_length;
}

//----------- One signature ----------------------------------------------------

FS_INLINE char *put_labels(char *at, uint8_t labels) {
    if (FS_LIKELY(labels < 10)) return fs_put_char(at, (char)('0' + labels));
    return fs_put_decimal(at, labels);
}

static void put_new(fs_writer *writer, const uint8_t *owner, uint8_t labels, uint16_t type, uint32_t ttl, const fs_signature *it,
                    fs_line line) {
    const fs_style *style = writer->style;
    const fs_signer *signer = &writer->input->signers[it->signer];
    int found;
    char *head = NULL;
    if (FS_UNLIKELY(line != FS_LINE_LATER)) head = fs_put_head(writer, line, owner, fs_rrsig_ttl(signer, ttl), FS_TYPE_RRSIG);
    fs_template *template = find_template(writer, template_key(it->signer + 1, type, ttl), &found);
    if (FS_UNLIKELY(!found)) build_rrsig(template, signer, type, ttl, style);
    char *at = head != NULL ? NULL : style->once ? writer->at : put_owner_again(writer, writer->at, owner);
    if (FS_LIKELY(at != NULL)) {
        memcpy(at, template->head, FS_TEMPLATE_TEXT);
        at += template->head_length;
    } else {
        at = head != NULL ? head : fs_line_head(writer->at, owner, fs_rrsig_ttl(signer, ttl), 1, FS_TYPE_RRSIG, style);
        at = fs_put_decimal(fs_put_char(fs_put_type(at, type), ' '), signer->algorithm);
        at = fs_put_char(at, ' ');
    }
    at = put_labels(at, labels);
    memcpy(at, template->tail, FS_TEMPLATE_TEXT);
    if (FS_UNLIKELY(signer->jitter != 0)) fs_put_time(at + template->expiration_at, it->expiration);
    at = fs_put(at + template->tail_length, writer->signer_text, writer->signer_text_length);
    at = fs_base64_words(at, it->signature, it->signature_length, style->base64_octets, &style->gap);
    writer->at = style->multiline ? FS_PUT(at, " )\n") : FS_PUT(at, "\n");
}

/* RDATA in room behind what its text may take. */
static const uint8_t *compose_rdata(fs_writer *writer, const fs_signature *it) {
    uint8_t *rdata = (uint8_t *)writer->at + fs_record_room(it->kept->length), *at = rdata;
    memcpy(at, it->head, FS_RRSIG_HEAD);
    memcpy(at += FS_RRSIG_HEAD, it->name, it->name_length);
    memcpy(at + it->name_length, it->signature, it->signature_length);
    return rdata;
}

static fs_status put_kept(fs_writer *writer, const uint8_t *owner, uint32_t ttl, const fs_signature *it, fs_line line) {
    const uint16_t length = it->kept->length;
    const fs_status status = fs_writer_reserve(writer, fs_record_room(length) + length);
    if (status != FS_OK) return status;
    const uint8_t *rdata = it->kept->rdata != NULL ? it->kept->rdata : compose_rdata(writer, it);
    char *at = fs_put_head(writer, line, owner, ttl, FS_TYPE_RRSIG);
    at = fs_rdata_to_text(at, FS_TYPE_RRSIG, rdata, length, writer->style);
    if (at == NULL) return fs_fail(writer->error, FS_ERROR_ZONE, "the RDATA of a kept RRSIG is malformed");
    writer->at = fs_put_char(at, '\n');
    return FS_OK;
}

//----------- The set ----------------------------------------------------------

static int compare_octets(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length) {
    const int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 || a_length == b_length ? order : a_length < b_length ? -1 : 1;
}

/* The order of RRSIG RDATA as octets; the signer's name ends itself, so the parts may be compared one by one. */
static int compare_items(const fs_signature *a, const fs_signature *b) {
    int order = memcmp(a->head, b->head, FS_RRSIG_HEAD);
    if (order == 0) order = compare_octets(a->name, a->name_length, b->name, b->name_length);
    if (order == 0) order = compare_octets(a->signature, a->signature_length, b->signature, b->signature_length);
    return order;
}

static void insert_item(fs_signature *items, uint32_t count, const fs_signature *it) {
    uint32_t at = count;
    for (; at > 0 && compare_items(it, &items[at - 1]) < 0; at--) items[at] = items[at - 1];
    items[at] = *it;
}

static void fill_head(fs_signature *it, const fs_signer *signer, uint8_t labels, uint16_t type, uint32_t ttl) {
    const fs_rrsig_head head = {signer->algorithm, signer->tag, signer->inception, it->expiration};
    fs_store_rrsig_head(it->head, &head, labels, type, ttl);
}

/* Take the signer's next signature. */
static fs_status take_new(fs_writer *writer, uint32_t i, const uint8_t *owner, uint16_t type, fs_signature *it) {
    const fs_signer *signer = &writer->input->signers[i];
    if (FS_UNLIKELY(writer->row_end[i] - writer->row[i] < signer->signature_length)) {
        return fs_fail(writer->error, FS_ERROR_RANGE, "the row of signatures of key %u has too few signatures", signer->tag);
    }
    it->signer = i;
    it->expiration = fs_expiration(signer, owner, type);
    it->name = writer->signer_name;
    it->name_length = writer->signer_name_length;
    it->signature = writer->row[i];
    it->signature_length = signer->signature_length;
    writer->row[i] += signer->signature_length;
    return FS_OK;
}

static void take_kept(const fs_kept *kept, fs_signature *it) {
    memcpy(it->head, kept->rdata, FS_RRSIG_HEAD);
    it->expiration = fs_load_be32(kept->rdata + 8);
    it->name = kept->rdata + FS_RRSIG_HEAD;
    it->name_length = fs_name_length(it->name);
    it->signature = it->name + it->name_length;
    it->signature_length = (uint32_t)(kept->length - FS_RRSIG_HEAD) - it->name_length;
}

static void take_of_image(const fs_writer *writer, const fs_image_row *row, uint8_t labels, uint16_t type, uint32_t ttl, fs_signature *it) {
    const fs_rrsig_head head = {row->algorithm, row->tag, row->inception, row->expiration};
    fs_store_rrsig_head(it->head, &head, labels, type, ttl);
    it->expiration = row->expiration;
    it->name = writer->signer_name;
    it->name_length = writer->signer_name_length;
    it->signature = fs_image_signature(row);
    it->signature_length = row->length;
}

/* TTL of the RRSIG set: that of a new signature, for kept ones as well (BIND fixes the TTL of those). */
static uint32_t set_ttl(const fs_render_input *input, uint32_t ttl) {
    return input->signer_count > 0 ? fs_rrsig_ttl(&input->signers[0], ttl) : ttl;
}

static fs_status write_items(fs_writer *writer, const uint8_t *owner, uint8_t labels, uint16_t type, uint32_t ttl, const fs_signature *items,
                             uint32_t count) {
    uint32_t soonest = UINT32_MAX, fresh = 0;
    fs_line line = writer->input->only != NULL ? FS_LINE_FIRST : FS_LINE_LATER;
    for (uint32_t i = 0; i < count; i++) {
        const int is_kept = items[i].signer == FS_NONE;
        fs_status status = is_kept ? FS_OK : fs_writer_reserve(writer, writer->signature_room);
        if (FS_UNLIKELY(status != FS_OK)) return status;
        if (items[i].expiration < soonest) soonest = items[i].expiration;
        if (is_kept) status = put_kept(writer, owner, set_ttl(writer->input, ttl), &items[i], line);
        else put_new(writer, owner, labels, type, ttl, &items[i], line);
        if (line == FS_LINE_FIRST) line = FS_LINE_FIRST_RRSET;
        if (status != FS_OK) return status;
        fresh += !is_kept;
    }
    if (writer->style->resign && fresh > 0 && writer->input->only == NULL) {
        writer->at = fs_put_char(fs_put_time(FS_PUT(writer->at, "; resign="), soonest), '\n');
    }
    return FS_OK;
}

enum { SET_MAX = FS_SIGNERS_MAX + 64 };

fs_status fs_write_signatures(fs_writer *writer, const uint8_t *owner, uint8_t labels, uint16_t type, uint32_t ttl,
                              fs_duty duty, const fs_kept *kept, uint32_t kept_count) {
    const fs_render_input *input = writer->input;
    fs_signature items[SET_MAX], it;
    uint32_t count = 0;
    if (kept_count > SET_MAX - FS_SIGNERS_MAX) return fs_fail(writer->error, FS_ERROR_ZONE, "an RRset keeps more than 64 signatures");
    for (uint32_t i = 0; i < input->signer_count; i++) {
        if (!fs_has_to_sign(&input->signers[i], i, type, duty)) continue;
        fs_signature *new = count == 0 ? &items[0] : &it;
        const fs_status status = take_new(writer, i, owner, type, new);
        if (status != FS_OK) return status;
        if (input->signer_count + kept_count > 1 || input->style->raw) fill_head(new, &input->signers[i], labels, type, ttl);
        if (count > 0) insert_item(items, count, new);
        count++;
    }
    for (uint32_t i = 0; i < kept_count; i++) {
        it.signer = FS_NONE;
        it.kept = &kept[i];
        if (kept[i].rdata != NULL) take_kept(&kept[i], &it);
        else take_of_image(writer, kept[i].image, labels, type, ttl, &it);
        insert_item(items, count++, &it);
    }
    if (count > 0 && input->style->raw) return fs_raw_signatures(writer, owner, type, set_ttl(input, ttl), items, count);
    return count == 0 ? FS_OK : write_items(writer, owner, labels, type, ttl, items, count);
}
