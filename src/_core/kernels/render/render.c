/* The zone as text, or in raw form: nodes with their RRsets, NSEC records and signatures, and the NSEC3 chain. */
#include "render.h"

#include <stdlib.h>

#include "base32.h"
#include "chain.h"
#include "hex.h"
#include "render_rdata.h"
#include "render_state.h"

//----------- The writer -------------------------------------------------------

fs_status fs_writer_grow(fs_writer *writer, uint64_t more) {
    writer->out->used = (uint64_t)(writer->at - (char *)writer->out->data);
    const fs_status status = fs_column_grow(writer->out, more, writer->error);
    if (status == FS_OK) writer->at = (char *)writer->out->data + writer->out->used;
    return status;
}

static void set_signer_name(fs_writer *writer) {
    const uint8_t *apex = writer->input->apex;
    writer->signer_name_length = fs_name_length(apex);
    for (uint32_t i = 0; i < writer->signer_name_length; i++) writer->signer_name[i] = fs_lower[apex[i]];
    char *end = fs_put_name(writer->signer_text, writer->signer_name);
    end = fs_put_gap(end, &writer->style->gap);
    writer->signer_text_length = (uint32_t)(end - writer->signer_text);
}

fs_writer *fs_writer_open(const fs_render_input *input, fs_column *out, fs_error *error) {
    fs_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        fs_fail(error, FS_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    writer->input = input;
    writer->style = input->style;
    writer->out = out;
    writer->error = error;
    writer->at = (char *)out->data;
    writer->signature_room = FS_RECORD_ROOM;
    for (uint32_t i = 0; i < input->signer_count; i++) {
        const uint32_t room = FS_RECORD_ROOM + 2u * input->signers[i].signature_length;
        if (room > writer->signature_room) writer->signature_room = room;
        writer->row[i] = input->rows[i];
        writer->row_end[i] = input->rows[i] + input->row_sizes[i];
    }
    set_signer_name(writer);
    return writer;
}

fs_status fs_writer_close(fs_writer *writer, fs_status status) {
    writer->out->used = (uint64_t)(writer->at - (char *)writer->out->data);
    for (uint32_t i = 0; status == FS_OK && i < writer->input->signer_count; i++) {
        if (writer->row[i] == writer->row_end[i]) continue;
        status = fs_fail(writer->error, FS_ERROR_RANGE, "the row of signatures of key %u has more signatures than the range needs",
                         writer->input->signers[i].tag);
    }
    free(writer);
    return status;
}

fs_status fs_rdata_failed(fs_writer *writer, const uint8_t *owner, uint16_t type) {
    char name[FS_NAME_TEXT_MAX], mnemonic[16] = "";
    fs_name_to_text(owner, name);
    *fs_put_type(mnemonic, type) = 0;
    return fs_fail(writer->error, FS_ERROR_ZONE, "the RDATA of %s %s is malformed", name, mnemonic);
}

//----------- Type bitmaps of the chain ----------------------------------------

static char *put_bitmap_line(const fs_writer *writer, char *at, fs_cursor in) {
    const fs_style *style = writer->style;
    const int lines = style->multiline && writer->input->chain->kind == FS_CHAIN_NSEC3;
    if (!lines && fs_left(&in) > 0) at = fs_put_char(at, ' ');
    at = fs_put_bitmap(at, &in, style, lines);
    if (at == NULL) return NULL;
    return lines ? FS_PUT(at, " )\n") : FS_PUT(at, "\n");
}

fs_status fs_write_bitmap(fs_writer *writer, uint32_t id) {
    const fs_chain *chain = writer->input->chain;
    fs_bitmap_text *slot = &writer->bitmaps[id % FS_BITMAP_TEXTS];
    if (FS_LIKELY(slot->id == id + 1)) {
        memcpy(writer->at, slot->text, FS_BITMAP_TEXT);
        writer->at += slot->length;
        return FS_OK;
    }
    const uint32_t first = chain->bitmap_offset[id], last = chain->bitmap_offset[id + 1];
    const fs_status status = fs_writer_reserve(writer, fs_record_room(last - first));
    if (status != FS_OK) return status;
    char *end = put_bitmap_line(writer, writer->at, (fs_cursor){chain->bitmaps + first, chain->bitmaps + last});
    if (end == NULL) return fs_fail(writer->error, FS_ERROR_RANGE, "type bitmap %u of the chain is malformed", id);
    const size_t length = (size_t)(end - writer->at);
    if (length <= FS_BITMAP_TEXT) {
        memcpy(slot->text, writer->at, length);
        slot->length = (uint16_t)length;
        slot->id = id + 1;
    }
    writer->at = end;
    return FS_OK;
}

//----------- Nodes ------------------------------------------------------------

/* The node being written. */
typedef struct {
    const uint8_t *name; /* owner of what BIND adds: NSEC and RRSIG */
    uint8_t flags;
    fs_line line; /* what the next line is */
    uint32_t kept_first, kept_last; /* members of its RRSIG RRset: [first, last) of order->record */
} node_state;

enum { KEPT_MAX = 64 };

/* The node's own RRSIGs of one type: those that an earlier run made and that are kept. */
static fs_status find_kept(fs_writer *writer, const node_state *node, uint16_t type, fs_kept *kept, uint32_t *count) {
    const fs_arena *arena = writer->input->arena;
    *count = 0;
    for (uint32_t i = node->kept_first; i < node->kept_last; i++) {
        const uint32_t row = writer->input->order->record[i];
        if (arena->type[row] == 0) continue; /* it was not retained */
        const uint8_t *rdata = arena->rdata + arena->rdata_offset[row];
        const uint16_t length = arena->rdata_length[row];
        fs_cursor in = {rdata, rdata + length};
        if (fs_take(&in, FS_RRSIG_HEAD) == NULL || fs_take_name(&in) == NULL) return fs_rdata_failed(writer, node->name, FS_TYPE_RRSIG);
        if (fs_load_be16(rdata) != type) continue;
        if (*count == KEPT_MAX) return fs_fail(writer->error, FS_ERROR_ZONE, "an RRset keeps more than %d signatures", KEPT_MAX);
        kept[(*count)++] = (fs_kept){rdata, length, NULL};
    }
    return FS_OK;
}

/* Those that an image of an earlier run has. */
static fs_status find_in_image(fs_writer *writer, uint32_t reference, fs_kept *kept, uint32_t *count) {
    const fs_retained *from = writer->input->retained;
    const fs_image_row *row = fs_image_at(from->image_rows, reference);
    for (; row != NULL; row = fs_image_next(row, from->image_rows, from->image_size)) {
        if (!(row->flags & FS_IMAGE_KEPT)) continue;
        if (*count == KEPT_MAX) return fs_fail(writer->error, FS_ERROR_ZONE, "an RRset keeps more than %d signatures", KEPT_MAX);
        const uint32_t length = FS_RRSIG_HEAD + writer->signer_name_length + row->length;
        kept[(*count)++] = (fs_kept){NULL, (uint16_t)length, row};
    }
    return FS_OK;
}

/* reference: into the image, or 0. */
static fs_status write_node_signatures(fs_writer *writer, const node_state *node, uint16_t type, uint32_t ttl, fs_duty duty,
                                       uint32_t reference) {
    fs_kept kept[KEPT_MAX];
    uint32_t kept_count = 0;
    fs_status status = FS_OK;
    if (FS_UNLIKELY(node->kept_first != node->kept_last)) status = find_kept(writer, node, type, kept, &kept_count);
    if (reference != 0 && status == FS_OK) status = find_in_image(writer, reference, kept, &kept_count);
    if (status != FS_OK) return status;
    return fs_write_signatures(writer, node->name, fs_rrsig_labels(node->name), type, ttl, duty, kept, kept_count);
}

/* Is an RRset of this type to be written? */
static int is_wanted(const fs_render_input *input, uint16_t type) {
    if (FS_LIKELY(input->only == NULL)) return 1;
    for (uint32_t i = 0; i < input->only_count; i++)
        if (input->only[i] == type) return 1;
    return 0;
}

static fs_status write_lines(fs_writer *writer, node_state *node, uint32_t rrset) {
    const fs_arena *arena = writer->input->arena;
    const fs_order *order = writer->input->order;
    const uint16_t type = order->rrset_type[rrset];
    const uint32_t ttl = order->rrset_ttl[rrset], first = order->rrset_first[rrset], last = order->rrset_first[rrset + 1];
    const uint8_t *owner = fs_name(arena, order->rrset_owner[rrset]);
    if (writer->input->only != NULL) node->line = FS_LINE_FIRST;
    for (uint32_t i = first; i < last; i++) {
        const uint32_t row = order->record[i];
        const uint16_t length = arena->rdata_length[row];
        const fs_status status = fs_writer_reserve(writer, fs_record_room(length));
        if (FS_UNLIKELY(status != FS_OK)) return status;
        char *at = fs_put_head(writer, node->line, owner, ttl, type);
        at = fs_rdata_to_text(at, type, arena->rdata + arena->rdata_offset[row], length, writer->style);
        if (FS_UNLIKELY(at == NULL)) return fs_rdata_failed(writer, owner, type);
        writer->at = fs_put_char(at, '\n');
        if (node->line == FS_LINE_FIRST) node->line = FS_LINE_FIRST_RRSET;
    }
    node->line = FS_LINE_LATER;
    return FS_OK;
}

static fs_status write_rrset(fs_writer *writer, node_state *node, uint32_t rrset) {
    const fs_render_input *input = writer->input;
    const uint16_t type = input->order->rrset_type[rrset];
    fs_status status = FS_OK;
    if (is_wanted(input, type)) status = writer->style->raw ? fs_raw_rrset(writer, rrset) : write_lines(writer, node, rrset);
    if (status != FS_OK || !fs_is_signed(node->flags, type)) return status;
    return write_node_signatures(writer, node, type, input->order->rrset_ttl[rrset], fs_rrset_duty(input->retained, rrset),
                                 fs_image_reference(input->retained, 1, rrset));
}

static fs_status write_nsec_line(fs_writer *writer, node_state *node, uint32_t entry) {
    const fs_render_input *input = writer->input;
    const fs_chain *chain = input->chain;
    const uint32_t next = chain->source[fs_chain_next(chain, entry)];
    const fs_status status = fs_writer_reserve(writer, FS_RECORD_ROOM);
    if (status != FS_OK) return status;
    if (input->only != NULL) node->line = FS_LINE_FIRST;
    char *at = fs_put_head(writer, node->line, node->name, chain->ttl, FS_TYPE_NSEC);
    writer->at = fs_put_name(at, fs_name(input->arena, input->order->node_name[next]));
    node->line = FS_LINE_LATER;
    return fs_write_bitmap(writer, chain->bitmap[entry]);
}

static fs_status write_nsec(fs_writer *writer, node_state *node, uint32_t entry) {
    const fs_render_input *input = writer->input;
    const fs_status status = writer->style->raw ? fs_raw_nsec(writer, node->name, entry) : write_nsec_line(writer, node, entry);
    if (status != FS_OK) return status;
    return write_node_signatures(writer, node, FS_TYPE_NSEC, input->chain->ttl, fs_entry_duty(input->retained, entry),
                                 fs_image_reference(input->retained, 0, entry));
}

/* BIND's order of RRsets in a node: SOA, NS, then by number. */
static uint32_t rank(uint16_t type) { return type == FS_TYPE_SOA ? 0 : type == FS_TYPE_NS ? 1 : type + 2u; }

static node_state open_node(const fs_render_input *input, uint32_t id) {
    const fs_order *order = input->order;
    node_state node = {.name = fs_name(input->arena, order->node_name[id]), .flags = order->node_flags[id], .line = FS_LINE_FIRST};
    if (node.flags & FS_NODE_APEX) node.name = input->apex; /* the database is made with the origin's spelling */
    for (uint32_t i = order->node_rrset[id]; i < order->node_rrset[id + 1]; i++) {
        if (order->rrset_type[i] != FS_TYPE_RRSIG) continue;
        node.kept_first = order->rrset_first[i];
        node.kept_last = order->rrset_first[i + 1];
    }
    return node;
}

/* entry: the node's place in an NSEC chain, FS_NONE where it has none. RRSIGs stand behind the RRsets that they cover; those that
 * cover nothing signed are left out, as BIND does. */
static fs_status write_node(fs_writer *writer, uint32_t id, uint32_t entry) {
    const fs_order *order = writer->input->order;
    node_state node = open_node(writer->input, id);
    fs_status status = FS_OK;
    for (uint32_t i = order->node_rrset[id]; status == FS_OK && i < order->node_rrset[id + 1]; i++) {
        const uint16_t type = order->rrset_type[i];
        if (type == FS_TYPE_RRSIG) continue;
        if (entry != FS_NONE && rank(type) > rank(FS_TYPE_NSEC)) {
            status = write_nsec(writer, &node, entry);
            entry = FS_NONE;
        }
        if (status == FS_OK) status = write_rrset(writer, &node, i);
    }
    return status == FS_OK && entry != FS_NONE ? write_nsec(writer, &node, entry) : status;
}

fs_status fs_render_nodes(const fs_render_input *input, uint32_t first, uint32_t last, fs_column *out, fs_error *error) {
    const fs_chain *chain = input->chain;
    fs_writer *writer = fs_writer_open(input, out, error);
    if (writer == NULL) return FS_ERROR_MEMORY;
    uint32_t entry = fs_chain_find(chain, first);
    fs_status status = FS_OK;
    for (uint32_t id = first; status == FS_OK && id < last; id++) {
        status = fs_chain_has_nsec(chain, entry, id) ? write_node(writer, id, entry++) : write_node(writer, id, FS_NONE);
    }
    return fs_writer_close(writer, status);
}

//----------- The NSEC3 chain --------------------------------------------------

/* All that stands between the two hashes of a line: apex, TTL, class, type, flags, iterations, salt. */
static uint32_t build_middle(const fs_writer *writer, const uint8_t *owner, char *text) {
    const fs_chain *chain = writer->input->chain;
    char *at = fs_line_head(text, owner, chain->ttl, 1, FS_TYPE_NSEC3, writer->style);
    at = fs_put_decimal(FS_PUT(at, "1 "), chain->flags); /* RFC 5155 section 11: 1 is SHA-1 */
    at = fs_put_char(fs_put_decimal(fs_put_char(at, ' '), chain->iterations), ' ');
    at = chain->salt_length > 0 ? fs_hex_encode(at, chain->salt, chain->salt_length) : fs_put_char(at, '-');
    if (writer->style->multiline) at = FS_PUT(at, " (");
    at = fs_put_gap(at, &writer->style->gap);
    const uint32_t length = (uint32_t)(at - text) - FS_HASH_LABEL;
    memmove(text, text + FS_HASH_LABEL, length);
    return length;
}

/* Kept RRSIGs of an entry are those of the node that has its hash for a name, or of an image. */
static fs_status write_entry_signatures(fs_writer *writer, const uint8_t *owner, uint32_t entry) {
    const fs_render_input *input = writer->input;
    const uint32_t *entry_node = input->retained->entry_node;
    node_state node = {0};
    if (FS_UNLIKELY(entry_node != NULL && entry_node[entry] != FS_NONE)) node = open_node(input, entry_node[entry]);
    node.name = owner;
    return write_node_signatures(writer, &node, FS_TYPE_NSEC3, input->chain->ttl, fs_entry_duty(input->retained, entry),
                                 fs_image_reference(input->retained, 0, entry));
}

/* The parts of a NSEC3 record's line that change from entry to entry, or don't. */
typedef struct {
    uint8_t owner[1 + FS_HASH_LABEL + FS_NAME_MAX];
    char middle[FS_RECORD_ROOM], next[FS_HASH_LABEL];
    uint32_t middle_length;
} entry_line;

static fs_status write_entry_line(fs_writer *writer, const entry_line *line, uint32_t entry) {
    const fs_status status = fs_writer_reserve(writer, 2 * FS_RECORD_ROOM);
    if (FS_UNLIKELY(status != FS_OK)) return status;
    char *at = fs_put(writer->at, line->owner + 1, FS_HASH_LABEL);
    at = fs_put(at, line->middle, line->middle_length);
    writer->at = fs_put(at, line->next, FS_HASH_LABEL);
    return fs_write_bitmap(writer, writer->input->chain->bitmap[entry]);
}

static fs_status write_entries(fs_writer *writer, uint32_t first, uint32_t last) {
    const fs_chain *chain = writer->input->chain;
    entry_line line = {.owner = {FS_HASH_LABEL}};
    memcpy(line.owner + 1 + FS_HASH_LABEL, writer->input->apex, fs_name_length(writer->input->apex));
    memset(line.owner + 1, 'A', FS_HASH_LABEL);
    line.middle_length = build_middle(writer, line.owner, line.middle);
    fs_status status = FS_OK;
    if (first < last) fs_hash_to_text(line.next, chain->hash + (size_t)first * FS_HASH);
    for (uint32_t i = first; i < last; i++) {
        memcpy(line.owner + 1, line.next, FS_HASH_LABEL);
        fs_hash_to_text(line.next, chain->hash + (size_t)fs_chain_next(chain, i) * FS_HASH);
        writer->owner = NULL; /* its buffer has another name now */
        status = writer->style->raw ? fs_raw_nsec3(writer, line.owner, i) : write_entry_line(writer, &line, i);
        if (FS_UNLIKELY(status != FS_OK)) return status;
        if ((status = write_entry_signatures(writer, line.owner, i)) != FS_OK) return status;
    }
    return status;
}

fs_status fs_render_chain(const fs_render_input *input, uint32_t first, uint32_t last, fs_column *out, fs_error *error) {
    fs_writer *writer = fs_writer_open(input, out, error);
    if (writer == NULL) return FS_ERROR_MEMORY;
    return fs_writer_close(writer, write_entries(writer, first, last));
}
