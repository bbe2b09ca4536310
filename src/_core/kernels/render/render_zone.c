/* A zone as it is, nothing signed: what named-compilezone writes (lib/dns/masterdump.c).
 *
 * BIND's database keeps NSEC3 records and their signatures in a tree of their own, so they come last. The style "relative" shows the
 * shape of these trees: a tree's nodes are the owners and the names at which owners branch, and $ORIGIN is the node above the owner.
 */
#include "names.h"
#include "render_rdata.h"
#include "render_state.h"
#include "zone_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { FLUSH_AT = 1 << 20 };

/* Records of one owner and type, RRSIGs of one owner and type covered. */
typedef struct {
    uint16_t type, covers;
    uint32_t ttl;
    const uint8_t *owner;
    uint32_t first, last; /* members: [first, last) of order->record */
} record_set;

typedef struct {
    fs_render_input input;
    fs_writer *writer;
    fs_style style;
    uint32_t now;
    int fd;
    uint64_t octets; /* written so far */
    fs_zone_tree tree;
    record_set *sets; /* of the node being written */
    uint32_t set_count, set_capacity;
    uint32_t ttl; /* of the last $TTL */
    int ttl_known, class_written;
    uint8_t origin[FS_NAME_MAX]; /* of the last $ORIGIN */
    uint32_t origin_length;      /* 0: there was none in this tree */
} zone_dump;

static fs_status flush(zone_dump *dump) {
    const uint8_t *at = dump->writer->out->data, *end = (const uint8_t *)dump->writer->at;
    while (at < end) {
        const ssize_t written = write(dump->fd, at, (size_t)(end - at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            dump->writer->error->number = errno;
            return fs_fail(dump->writer->error, FS_ERROR_SYSTEM, "the zone could not be written");
        }
        at += written;
        dump->octets += (uint64_t)written;
    }
    dump->writer->at = (char *)dump->writer->out->data;
    return FS_OK;
}

//----------- The sets of a node -------------------------------------------------

/* BIND's order: SOA, NS, then by type; signatures behind what they cover. */
static uint32_t rank(const record_set *set) {
    const uint16_t type = set->type == FS_TYPE_RRSIG ? set->covers : set->type;
    const uint32_t place = type == FS_TYPE_SOA ? 0 : type == FS_TYPE_NS ? 1 : type + 2u;
    return 2 * place + (set->type == FS_TYPE_RRSIG);
}

static fs_status add_set(zone_dump *dump, const record_set *set) {
    if (dump->set_count == dump->set_capacity) {
        const uint32_t capacity = 2 * dump->set_capacity + 32;
        record_set *sets = realloc(dump->sets, capacity * sizeof *sets);
        if (sets == NULL) return fs_fail(dump->writer->error, FS_ERROR_MEMORY, "out of memory for the RRsets of one owner");
        dump->sets = sets;
        dump->set_capacity = capacity;
    }
    uint32_t at = dump->set_count++;
    for (; at > 0 && rank(&dump->sets[at - 1]) > rank(set); at--) dump->sets[at] = dump->sets[at - 1];
    dump->sets[at] = *set;
    return FS_OK;
}

/* The signatures of one owner, set by set: each set has its TTL, that of its record read last, and its spelling, the first one. */
static fs_status add_signatures(zone_dump *dump, uint32_t rrset, fs_tree_kind kind) {
    const fs_arena *arena = dump->input.arena;
    const fs_order *order = dump->input.order;
    const uint32_t end = order->rrset_first[rrset + 1];
    fs_status status = FS_OK;
    for (uint32_t i = order->rrset_first[rrset]; status == FS_OK && i < end;) {
        const uint16_t covers = fs_covered_by(arena, order->record[i]);
        uint32_t oldest = order->record[i], newest = oldest;
        record_set set = {.type = order->rrset_type[rrset], .covers = covers, .first = i};
        for (; i < end && fs_covered_by(arena, order->record[i]) == covers; i++) {
            if (order->record[i] < oldest) oldest = order->record[i];
            if (order->record[i] > newest) newest = order->record[i];
        }
        set.last = i;
        set.ttl = arena->ttl[newest];
        set.owner = fs_name(arena, arena->owner[oldest]);
        if (fs_tree_of(set.type, covers) == kind) status = add_set(dump, &set);
    }
    return status;
}

static fs_status collect_sets(zone_dump *dump, uint32_t node, fs_tree_kind kind) {
    const fs_order *order = dump->input.order;
    fs_status status = FS_OK;
    dump->set_count = 0;
    for (uint32_t i = order->node_rrset[node]; status == FS_OK && i < order->node_rrset[node + 1]; i++) {
        const uint16_t type = order->rrset_type[i];
        if (type == FS_TYPE_RRSIG || type == FS_TYPE_SIG) {
            status = add_signatures(dump, i, kind);
            continue;
        }
        if (fs_tree_of(type, 0) != kind) continue;
        const record_set set = {.type = type, .ttl = order->rrset_ttl[i], .owner = fs_name(dump->input.arena, order->rrset_owner[i]),
                                .first = order->rrset_first[i], .last = order->rrset_first[i + 1]};
        status = add_set(dump, &set);
    }
    return status;
}

//----------- Lines --------------------------------------------------------------

static void write_ttl(zone_dump *dump, uint32_t ttl) {
    if (dump->ttl_known && dump->ttl == ttl) return;
    char *at = fs_put_decimal(FS_PUT(dump->writer->at, "$TTL "), ttl);
    dump->writer->at = fs_put_char(fs_put_period(FS_PUT(at, "\t; "), ttl), '\n');
    dump->ttl = ttl;
    dump->ttl_known = 1;
}

static void write_origin(zone_dump *dump, uint32_t node, const uint8_t *name) {
    const uint8_t *origin = fs_skip_labels(name, fs_label_count(name) - dump->tree.depth[node]);
    const uint32_t length = fs_name_length(origin);
    if (length == dump->origin_length && fs_same_folded(origin, dump->origin, length)) return;
    fs_tree_spell_origin(&dump->tree, node, length, dump->origin);
    dump->origin_length = length;
    dump->style.origin = dump->origin;
    dump->style.origin_length = length;
    char *at = fs_put_name(FS_PUT(dump->writer->at, "$ORIGIN "), dump->origin);
    dump->writer->at = fs_put_char(at, '\n');
}

/* The owner relative to $ORIGIN, once. */
static char *relative_head(zone_dump *dump, const record_set *set, int with_owner) {
    char *start = dump->writer->at, *at = start;
    const uint32_t length = fs_name_length(set->owner);
    if (with_owner && length == dump->origin_length) at = fs_put_char(at, '@');
    else if (with_owner) at = fs_put_labels(at, set->owner, length - dump->origin_length);
    return fs_line_fields(at, (uint32_t)(at - start), 0, !dump->class_written, set->type, &dump->style);
}

/* When a server that signs would do so again (lib/dns/master.c, resign_fromlist): when the first signature expires, or at once where one
 * is not valid yet. */
static void write_resign(zone_dump *dump, const record_set *set) {
    const fs_arena *arena = dump->input.arena;
    uint32_t when = 0;
    for (uint32_t i = set->first; i < set->last; i++) {
        const uint8_t *rdata = arena->rdata + arena->rdata_offset[dump->input.order->record[i]];
        const uint32_t expiration = fs_load_be32(rdata + 8), inception = fs_load_be32(rdata + 12);
        if ((int32_t)(inception - dump->now) > 0) when = dump->now;
        else if (i == set->first || expiration < when) when = expiration;
    }
    dump->writer->at = fs_put_char(fs_put_time(FS_PUT(dump->writer->at, "; resign="), when), '\n');
}

static fs_status write_lines(zone_dump *dump, const record_set *set, int first_of_node) {
    const fs_arena *arena = dump->input.arena;
    fs_writer *writer = dump->writer;
    fs_status status = fs_writer_reserve(writer, 2 * FS_RECORD_ROOM);
    if (status != FS_OK) return status;
    if (dump->style.once) write_ttl(dump, set->ttl);
    for (uint32_t i = set->first; i < set->last; i++) {
        const uint32_t row = dump->input.order->record[i], length = arena->rdata_length[row];
        if ((status = fs_writer_reserve(writer, fs_record_room(length))) != FS_OK) return status;
        char *at = dump->style.once ? relative_head(dump, set, first_of_node && i == set->first)
                                    : fs_put_head(writer, FS_LINE_FIRST, set->owner, set->ttl, set->type);
        at = fs_rdata_to_text(at, set->type, arena->rdata + arena->rdata_offset[row], length, &dump->style);
        if (FS_UNLIKELY(at == NULL)) return fs_rdata_failed(writer, set->owner, set->type);
        writer->at = fs_put_char(at, '\n');
    }
    dump->class_written = 1;
    if (dump->style.resign && set->type == FS_TYPE_RRSIG) write_resign(dump, set);
    return FS_OK;
}

static fs_status write_raw(zone_dump *dump, const record_set *set) {
    const fs_arena *arena = dump->input.arena;
    fs_raw_set raw;
    fs_status status = fs_raw_open(dump->writer, set->owner, set->type, set->covers, set->ttl, &raw);
    for (uint32_t i = set->first; status == FS_OK && i < set->last; i++) {
        const uint32_t row = dump->input.order->record[i];
        status = fs_raw_record(dump->writer, &raw, arena->rdata + arena->rdata_offset[row], arena->rdata_length[row]);
    }
    if (status == FS_OK) fs_raw_close(dump->writer, &raw);
    return status;
}

//----------- Trees --------------------------------------------------------------

static fs_status write_node(zone_dump *dump, uint32_t node, fs_tree_kind kind) {
    fs_status status = collect_sets(dump, node, kind);
    if (status == FS_OK) status = fs_writer_reserve(dump->writer, FS_RECORD_ROOM);
    if (status == FS_OK && dump->style.once) write_origin(dump, node, fs_name(dump->input.arena, dump->input.order->node_name[node]));
    for (uint32_t i = 0; status == FS_OK && i < dump->set_count; i++)
        status = dump->style.raw ? write_raw(dump, &dump->sets[i]) : write_lines(dump, &dump->sets[i], i == 0);
    if (status == FS_OK && dump->writer->at - (char *)dump->writer->out->data > FLUSH_AT) status = flush(dump);
    return status;
}

static fs_status write_tree(zone_dump *dump, fs_tree_kind kind) {
    const fs_order *order = dump->input.order;
    fs_status status = FS_OK;
    dump->origin_length = 0;
    if (dump->style.once) status = fs_tree_plan(&dump->tree, kind, dump->writer->error);
    for (uint32_t node = 0; status == FS_OK && node < order->node_count; node++) {
        if (!fs_tree_has(&dump->tree, node, kind)) continue;
        if (dump->style.once) fs_tree_pass(&dump->tree, node);
        status = write_node(dump, node, kind);
    }
    return status;
}

fs_status fs_write_zone(const fs_render_input *input, uint32_t now, int fd, fs_column *room, uint64_t *octets, fs_error *error) {
    zone_dump dump = {.input = *input, .style = *input->style, .now = now, .fd = fd};
    dump.input.style = &dump.style;
    dump.tree = (fs_zone_tree){.arena = input->arena, .order = input->order, .apex = input->apex};
    dump.writer = fs_writer_open(&dump.input, room, error);
    if (dump.writer == NULL) return FS_ERROR_MEMORY;
    fs_status status = write_tree(&dump, FS_TREE_MAIN);
    if (status == FS_OK) status = write_tree(&dump, FS_TREE_NSEC3);
    if (status == FS_OK) status = flush(&dump);
    fs_tree_close(&dump.tree);
    free(dump.sets);
    *octets = dump.octets;
    return fs_writer_close(dump.writer, status);
}
