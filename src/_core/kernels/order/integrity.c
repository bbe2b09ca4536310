/* Names in records, looked up in the zone as a server would look for an address (RFC 1034 section 4.3.2). */
#include "integrity.h"

#include "name_index.h"
#include "names.h"

enum { TYPE_MX = 15, TYPE_TXT = 16, TYPE_SRV = 33, TYPE_IPSECKEY = 45, TYPE_HIP = 55, TYPE_SPF = 99, TYPE_LP = 107, TYPE_AMTRELAY = 260 };

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const uint8_t *apex;
    uint32_t apex_length;
    int lookups;
    fs_name_index index;
    fs_column *out;
    fs_error *error;
} inspection;

static fs_status open_inspection(inspection *it, const fs_arena *arena, const fs_order *order, const uint8_t *apex, fs_column *out,
                                 fs_error *error) {
    *it = (inspection){.arena = arena, .order = order, .apex = apex, .apex_length = fs_name_length(apex), .out = out, .error = error};
    return fs_name_index_open(&it->index, arena, order, error);
}

static fs_status report(inspection *it, uint32_t node, uint32_t row, uint32_t about, uint32_t target) {
    const fs_integrity_finding finding = {.node = node, .row = row, .about = about, .target = target};
    const fs_status status = fs_column_reserve(it->out, sizeof finding, it->error);
    if (status != FS_OK) return status;
    memcpy(it->out->data + it->out->used, &finding, sizeof finding);
    it->out->used += sizeof finding;
    return FS_OK;
}

static uint32_t find_rrset(const fs_order *order, uint32_t node, uint16_t type) {
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++)
        if (order->rrset_type[i] == type) return i;
    return FS_NONE;
}

static int has_type(const fs_order *order, uint32_t node, uint16_t type) { return find_rrset(order, node, type) != FS_NONE; }

static int has_address(const fs_order *order, uint32_t node) { return has_type(order, node, FS_TYPE_A) || has_type(order, node, FS_TYPE_AAAA); }

//----------- Lookups ------------------------------------------------------------

/* The node of *.<closest encloser>, from which an answer is made for a name that is not there (RFC 4592 section 3.3.1). */
static uint32_t find_wildcard(const inspection *it, const uint8_t *name) {
    const fs_order *order = it->order;
    uint8_t wildcard[FS_NAME_MAX + 2] = {1, '*'};
    const uint32_t place = fs_name_index_place(&it->index, name);
    uint32_t labels = fs_label_count(it->apex);
    for (uint32_t i = 0; i < 2; i++) {
        if (i == 0 ? place == 0 : place == order->node_count) continue;
        const uint32_t common = fs_common_labels(name, fs_name(it->arena, order->node_name[place - (i == 0)]));
        if (common > labels) labels = common;
    }
    if (labels >= fs_label_count(name)) return FS_NONE; /* names below it are there */
    const uint8_t *encloser = fs_skip_labels(name, fs_label_count(name) - labels);
    const uint32_t length = fs_name_length(encloser);
    memcpy(wildcard + 2, encloser, length);
    return length + 2 > FS_NAME_MAX ? FS_NONE : fs_name_index_find(&it->index, wildcard, length + 2);
}

/* The first cut or DNAME on the way from the apex down to the name; FS_NONE if there is none. */
static uint32_t find_barrier(const inspection *it, const uint8_t *name, uint32_t length) {
    const uint32_t below = fs_label_count(name) - fs_label_count(it->apex);
    for (uint32_t skip = below + 1; skip-- > 0;) {
        const uint8_t *above = fs_skip_labels(name, skip);
        const uint32_t node = fs_name_index_find(&it->index, above, length - (uint32_t)(above - name));
        if (node == FS_NONE) continue;
        if (it->order->node_flags[node] & FS_NODE_CUT) return node;
        if (skip > 0 && has_type(it->order, node, FS_TYPE_DNAME)) return node;
    }
    return FS_NONE;
}

/* What a name in the zone leads to; *at: its node, or that of the DNAME. A cut is FS_TARGET_ELSEWHERE. */
static uint32_t look_up(const inspection *it, const uint8_t *name, uint32_t length, uint32_t *at) {
    const uint32_t barrier = find_barrier(it, name, length);
    *at = barrier;
    if (barrier != FS_NONE) {
        if (!(it->order->node_flags[barrier] & FS_NODE_CUT)) return FS_TARGET_DNAME;
        *at = fs_name_index_find(&it->index, name, length);
        return FS_TARGET_ELSEWHERE;
    }
    *at = fs_name_index_find(&it->index, name, length);
    if (*at == FS_NONE) *at = find_wildcard(it, name);
    if (*at == FS_NONE) return FS_TARGET_MISSING;
    if (has_address(it->order, *at)) return FS_TARGET_FINE;
    return has_type(it->order, *at, FS_TYPE_CNAME) ? FS_TARGET_CNAME : FS_TARGET_MISSING;
}

static int is_ours(const inspection *it, const uint8_t *name, uint32_t length) {
    return fs_is_at_or_below(name, length, it->apex, it->apex_length);
}

/* A name behind a cut: its address is glue, or missing. */
static uint32_t look_for_glue(const inspection *it, uint32_t cut, const uint8_t *name, uint32_t length, uint32_t node) {
    const uint32_t owner = it->order->node_name[cut];
    if (node != FS_NONE && (has_address(it->order, node) || has_type(it->order, node, FS_TYPE_CNAME))) return FS_TARGET_GLUE;
    return fs_is_at_or_below(name, length, fs_name(it->arena, owner), fs_name_size(it->arena, owner)) ? FS_TARGET_REQUIRED : FS_TARGET_SIBLING;
}

//----------- Records ------------------------------------------------------------

/* Look at the name that stands at `skip` in a record's RDATA. */
static fs_status look_at(inspection *it, uint32_t node, uint32_t row, uint32_t about, uint32_t skip) {
    const uint8_t *name = it->arena->rdata + it->arena->rdata_offset[row] + skip;
    const uint32_t length = fs_name_length(name);
    uint32_t at = FS_NONE, result = FS_TARGET_ELSEWHERE;
    const int ours = is_ours(it, name, length), is_delegation = about == FS_ABOUT_DELEGATION;
    if (!is_delegation && length == 1) return FS_OK; /* "." is no service (RFC 7505, RFC 2782) */
    if (ours) result = look_up(it, name, length, &at);
    if (ours && is_delegation && result == FS_TARGET_ELSEWHERE) result = look_for_glue(it, node, name, length, at);
    if (result == FS_TARGET_FINE) return FS_OK;
    const int asks = result == FS_TARGET_ELSEWHERE || result == FS_TARGET_GLUE;
    if (asks && (!it->lookups || about == FS_ABOUT_APEX || (is_delegation && !ours))) return FS_OK;
    return report(it, node, row, about | result << 8, at);
}

static fs_status look_at_rrset(inspection *it, uint32_t node, uint16_t type, uint32_t about, uint32_t skip) {
    const uint32_t rrset = find_rrset(it->order, node, type);
    if (rrset == FS_NONE) return FS_OK;
    fs_status status = FS_OK;
    for (uint32_t i = it->order->rrset_first[rrset]; status == FS_OK && i < it->order->rrset_first[rrset + 1]; i++)
        status = look_at(it, node, it->order->record[i], about, skip);
    return status;
}

/* RFC 7208 section 4.5: "v=spf1", and then a blank or the end; in one text or in several. */
static int is_policy(const uint8_t *rdata, uint32_t length) {
    uint8_t text[7];
    uint32_t filled = 0;
    for (uint32_t at = 0; at < length && filled < sizeof text; at += 1u + rdata[at]) {
        const uint32_t size = rdata[at] < length - at ? rdata[at] : length - at - 1;
        for (uint32_t i = 0; i < size && filled < sizeof text; i++) text[filled++] = rdata[at + 1 + i];
    }
    return filled >= 6 && memcmp(text, "v=spf1", 6) == 0 && (filled == 6 || text[6] == ' ' || text[6] == 0);
}

/* A policy of type SPF, which nobody asks for any more (RFC 7208 section 3.1), without one of type TXT. */
static fs_status look_at_policy(inspection *it, uint32_t node) {
    const fs_order *order = it->order;
    const uint32_t spf = find_rrset(order, node, TYPE_SPF), txt = find_rrset(order, node, TYPE_TXT);
    if (spf == FS_NONE) return FS_OK;
    for (uint32_t i = txt == FS_NONE ? 0 : order->rrset_first[txt]; txt != FS_NONE && i < order->rrset_first[txt + 1]; i++) {
        const uint32_t row = order->record[i];
        if (is_policy(it->arena->rdata + it->arena->rdata_offset[row], it->arena->rdata_length[row])) return FS_OK;
    }
    return report(it, node, order->record[order->rrset_first[spf]], FS_ABOUT_SPF, FS_NONE);
}

static fs_status look_at_node(inspection *it, uint32_t node) {
    const uint8_t flags = it->order->node_flags[node];
    if (flags & (FS_NODE_OUTSIDE | FS_NODE_OCCLUDED)) return FS_OK;
    if (flags & FS_NODE_CUT) return look_at_rrset(it, node, FS_TYPE_NS, FS_ABOUT_DELEGATION, 0);
    fs_status status = look_at_rrset(it, node, TYPE_MX, FS_ABOUT_MX, 2);
    if (status == FS_OK) status = look_at_rrset(it, node, TYPE_SRV, FS_ABOUT_SRV, 6);
    return status == FS_OK ? look_at_policy(it, node) : status;
}

fs_status fs_check_targets(const fs_arena *arena, const fs_order *order, const uint8_t *apex, int lookups, fs_column *out,
                           fs_error *error) {
    inspection it;
    fs_status status = open_inspection(&it, arena, order, apex, out, error);
    it.lookups = lookups;
    for (uint32_t node = 0; status == FS_OK && node < order->node_count; node++) status = look_at_node(&it, node);
    fs_name_index_close(&it.index);
    return status;
}

fs_status fs_check_servers(const fs_arena *arena, const fs_order *order, const uint8_t *apex, fs_column *out, fs_error *error) {
    inspection it;
    fs_status status = open_inspection(&it, arena, order, apex, out, error);
    for (uint32_t node = 0; status == FS_OK && node < order->node_count; node++)
        if (order->node_flags[node] & FS_NODE_APEX) status = look_at_rrset(&it, node, FS_TYPE_NS, FS_ABOUT_APEX, 0);
    fs_name_index_close(&it.index);
    return status;
}

//----------- Records that differ in case alone ------------------------------------

/* Where the names stand whose case DNSSEC keeps (RFC 3597 section 7) and BIND does not: [*start, *end). */
static int kept_names(uint16_t type, const uint8_t *rdata, uint32_t length, uint32_t *start, uint32_t *end) {
    uint32_t at;
    switch (type) {
    case FS_TYPE_NSEC: at = 0; break;
    case TYPE_LP: at = 2; break;
    case TYPE_IPSECKEY: at = length > 3 && rdata[1] == 3 ? 3 : length; break;
    case TYPE_AMTRELAY: at = length > 2 && (rdata[1] & 0x7f) == 3 ? 2 : length; break;
    case TYPE_HIP: at = length > 4 ? 4u + rdata[0] + fs_load_be16(rdata + 2) : length; break;
    default: return 0;
    }
    if (at >= length) return 0;
    *start = at;
    *end = type == TYPE_HIP ? length : at + fs_name_length(rdata + at);
    return 1;
}

static int differ_in_case(const fs_arena *arena, uint16_t type, uint32_t a, uint32_t b) {
    const uint8_t *x = arena->rdata + arena->rdata_offset[a], *y = arena->rdata + arena->rdata_offset[b];
    const uint32_t length = arena->rdata_length[a];
    uint32_t start, end;
    if (arena->rdata_length[b] != length || !fs_same_folded(x, y, length) || !kept_names(type, x, length, &start, &end)) return 0;
    return memcmp(x, y, start) == 0 && memcmp(x + end, y + end, length - end) == 0;
}

static uint32_t find_pair(const fs_arena *arena, const fs_order *order, uint32_t rrset) {
    const uint32_t last = order->rrset_first[rrset + 1];
    for (uint32_t i = order->rrset_first[rrset]; i < last; i++)
        for (uint32_t j = i + 1; j < last; j++)
            if (differ_in_case(arena, order->rrset_type[rrset], order->record[i], order->record[j])) return order->record[i];
    return FS_NONE;
}

fs_status fs_check_duplicates(const fs_arena *arena, const fs_order *order, fs_column *out, fs_error *error) {
    inspection it = {.arena = arena, .order = order, .out = out, .error = error};
    fs_status status = FS_OK;
    for (uint32_t node = 0; status == FS_OK && node < order->node_count; node++) {
        if (order->node_flags[node] & FS_NODE_OUTSIDE) continue;
        for (uint32_t i = order->node_rrset[node]; status == FS_OK && i < order->node_rrset[node + 1]; i++) {
            const uint16_t type = order->rrset_type[i];
            if (type != FS_TYPE_NSEC && type != TYPE_LP && type != TYPE_IPSECKEY && type != TYPE_AMTRELAY && type != TYPE_HIP) continue;
            const uint32_t row = find_pair(arena, order, i);
            if (row != FS_NONE) status = report(&it, node, row, FS_ABOUT_DUPLICATE, FS_NONE);
        }
    }
    return status;
}
