/* Records go to the columns here, block by block: a block is what stands together under one owner.
 *
 * In a block the first TTL of a type wins. Glue that follows the NS records of an owner is a block of its own beside it, so that a
 * delegation goes on behind its glue. Blocks of the same owner are merged later, by the order of records in the arena.
 */
#include "scan_zone.h"

#include <stdlib.h>

enum { BLOCK_OCTETS = 128 * 1024 - 65512 /* BIND commits a block of more RDATA than this and goes on with an empty one */ };

//----------- Rows -------------------------------------------------------------

FS_COLD static fs_reason grow_columns(fs_scanner *s, uint32_t rdata_length) {
    const fs_scan_columns *c = &s->columns;
    fs_status status = fs_column_reserve(c->rdata, rdata_length, s->error);
    if (status == FS_OK) status = fs_column_reserve(c->owner, 4, s->error);
    if (status == FS_OK) status = fs_column_reserve(c->type, 2, s->error);
    if (status == FS_OK) status = fs_column_reserve(c->ttl, 4, s->error);
    if (status == FS_OK) status = fs_column_reserve(c->rdata_offset, 8, s->error);
    if (status == FS_OK) status = fs_column_reserve(c->rdata_length, 2, s->error);
    return status == FS_OK ? FS_R_OK : FS_R_FAILED;
}

static bool columns_full(const fs_scan_columns *c, uint32_t rdata_length) {
    return c->rdata->used + rdata_length > c->rdata->capacity || c->owner->used + 4 > c->owner->capacity || c->type->used + 2 > c->type->capacity || c->ttl->used + 4 > c->ttl->capacity ||
           c->rdata_offset->used + 8 > c->rdata_offset->capacity || c->rdata_length->used + 2 > c->rdata_length->capacity;
}

void fs_end_rdata(const fs_scanner *s, fs_entry *entry) {
    entry->rdata = s->out_start;
    entry->rdata_length = (uint32_t)(s->out - s->out_start);
    entry->rdata_hash = 0;
    if (fs_is_shared(entry->type, entry->rdata_length)) entry->rdata_hash = fs_hash(s->seed, entry->rdata, entry->rdata_length);
}

static uint64_t put_rdata(fs_scanner *s, const uint8_t *rdata, uint32_t length) {
    fs_column *pool = s->columns.rdata;
    const uint64_t offset = pool->used;
    memcpy(pool->data + offset, rdata, length);
    pool->used += length;
    return offset;
}

/* At least FS_SHARED_MIN octets, eight at a time. */
static bool same_rdata(const uint8_t *a, const uint8_t *b, uint32_t length) {
    for (uint32_t i = 0; i + 8 < length; i += 8)
        if (fs_load64(a + i) != fs_load64(b + i)) return false;
    return fs_load64(a + length - 8) == fs_load64(b + length - 8);
}

/* Where this RDATA stands: a zone's NS records name a few thousand servers. Kept by content, so that no origin matters. */
static uint64_t share_rdata(fs_scanner *s, const fs_entry *entry) {
    const uint32_t tag = (uint32_t)(entry->rdata_hash >> 32), length = entry->rdata_length;
    fs_shared_slot *slot = fs_shared_slots(s, entry->rdata_hash);
    const uint8_t *pool = s->columns.rdata->data;
    for (int way = 0; way < FS_SHARED_WAYS; way++) {
        if (slot[way].hash != tag || slot[way].length != length || !same_rdata(pool + slot[way].offset, entry->rdata, length)) continue;
        const fs_shared_slot hit = slot[way];
        slot[way] = slot[0]; /* the one used last stays */
        slot[0] = hit;
        return hit.offset;
    }
    slot[1] = slot[0];
    slot[0] = (fs_shared_slot){put_rdata(s, entry->rdata, length), tag, (uint16_t)length};
    return slot[0].offset;
}

fs_reason fs_append(fs_scanner *s, uint32_t owner, uint32_t ttl, const fs_entry *entry) {
    const fs_scan_columns *c = &s->columns;
    if (FS_UNLIKELY(columns_full(c, entry->rdata_length))) FS_TRY(grow_columns(s, entry->rdata_length));
    const uint64_t row = c->owner->used / 4;
    if (row >= FS_NONE - 1) return fs_wrong(s, entry->line, "a zone holds at most 4,294,967,294 records");
    const uint64_t offset = entry->rdata_hash ? share_rdata(s, entry) : put_rdata(s, entry->rdata, entry->rdata_length);
    const uint16_t length = (uint16_t)entry->rdata_length;
    memcpy(c->owner->data + c->owner->used, &owner, 4);
    memcpy(c->type->data + c->type->used, &entry->type, 2);
    memcpy(c->ttl->data + c->ttl->used, &ttl, 4);
    memcpy(c->rdata_offset->data + c->rdata_offset->used, &offset, 8);
    memcpy(c->rdata_length->data + c->rdata_length->used, &length, 2);
    c->owner->used += 4;
    c->type->used += 2;
    c->ttl->used += 4;
    c->rdata_offset->used += 8;
    c->rdata_length->used += 2;
    s->result->records++;
    s->result->line = entry->line;
    if (FS_UNLIKELY(row >= s->options->stop_at)) s->stopped = true;
    return FS_R_OK;
}

//----------- Blocks -----------------------------------------------------------

FS_COLD static fs_reason no_memory(fs_scanner *s) {
    (void)!fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for the RRsets of one owner");
    return FS_R_FAILED;
}

FS_COLD static fs_reason grow_list(fs_scanner *s, fs_block_list *list) {
    const uint32_t capacity = list->capacity ? list->capacity * 2 : 32;
    fs_block_set *sets = realloc(list->sets, capacity * sizeof *sets);
    if (sets == NULL) return no_memory(s);
    list->sets = sets;
    list->capacity = capacity;
    return FS_R_OK;
}

FS_COLD static fs_reason grow_ns(fs_scanner *s) {
    const uint32_t capacity = s->ns_capacity ? s->ns_capacity * 2 : 32;
    uint64_t *offsets = realloc(s->ns_offsets, capacity * sizeof *offsets);
    if (offsets == NULL) return no_memory(s);
    s->ns_offsets = offsets;
    s->ns_capacity = capacity;
    return FS_R_OK;
}

/* BIND refuses such records when it adds their block to the zone, in the block's last line. */
fs_reason fs_refuse_owner(fs_scanner *s, const fs_owner *owner, fs_reason reason, uint64_t line) {
    char text[FS_NAME_TEXT_MAX];
    size_t length = fs_name_to_text(owner->wire, text);
    if (length > 1) text[length - 1] = 0; /* as BIND writes names in messages */
    if (s->options->zone) {
        fs_zone_refuse_block(s, owner, reason, line);
        return FS_R_OK;
    }
    return fs_wrong(s, line, "%.600s: %s", text, fs_reason_text[reason]);
}

void fs_refuse_rows(fs_scanner *s, const fs_owner *owner, uint64_t last_row, uint64_t line) {
    const uint32_t *owners = (const uint32_t *)(const void *)s->columns.owner->data;
    for (uint32_t i = 0; i < s->options->refusal_count; i++) {
        fs_scan_refusal *refusal = &s->options->refusals[i];
        if (refusal->told || refusal->row > last_row || owners[refusal->row] != owner->id) continue;
        refusal->told = 1;
        fs_zone_refuse_block(s, owner, refusal->beside_cname ? FS_R_CNAMEANDOTHER : FS_R_SINGLETON, line);
    }
}

static fs_reason end_glue(fs_scanner *s) {
    fs_source *source = s->source;
    if (FS_UNLIKELY(s->glue_pending != FS_R_OK)) FS_TRY(fs_refuse_owner(s, &source->glue, s->glue_pending, s->glue_line));
    if (FS_UNLIKELY(s->options->refusal_count > 0 && s->glue_sets.count > 0)) fs_refuse_rows(s, &source->glue, s->glue_row, s->glue_line);
    s->glue_pending = FS_R_OK;
    s->glue_sets.count = 0;
    return FS_R_OK;
}

static fs_reason end_current(fs_scanner *s) {
    fs_source *source = s->source;
    if (FS_UNLIKELY(s->current_pending != FS_R_OK)) FS_TRY(fs_refuse_owner(s, &source->current, s->current_pending, s->current_line));
    if (FS_UNLIKELY(s->options->refusal_count > 0 && s->current_sets.count > 0))
        fs_refuse_rows(s, &source->current, s->current_row, s->current_line);
    s->current_pending = FS_R_OK;
    s->current_sets.count = 0;
    s->ns_count = 0;
    return FS_R_OK;
}

fs_reason fs_block_end(fs_scanner *s) {
    FS_TRY(end_current(s));
    FS_TRY(end_glue(s));
    s->current_octets = 0;
    return FS_R_OK;
}

static bool is_owner(const fs_owner *owner, const fs_entry *entry) {
    return owner->known && owner->length == entry->owner_length && memcmp(owner->wire, entry->owner, entry->owner_length) == 0;
}

static void set_owner(fs_owner *owner, const fs_entry *entry) {
    memcpy(owner->wire, entry->owner, entry->owner_length);
    owner->length = entry->owner_length;
    owner->id = FS_NONE;
    owner->known = true;
}

/* Does one of the block's NS records name this owner? */
static bool is_glue(const fs_scanner *s, const fs_entry *entry) {
    const uint8_t *pool = s->columns.rdata->data;
    for (uint32_t i = 0; i < s->ns_count; i++) {
        const uint8_t *target = pool + s->ns_offsets[i];
        if (target[0] == entry->owner[0] && (target[0] == 0 || fs_lower[target[1]] == fs_lower[entry->owner[1]]) &&
            fs_same_name(target, fs_name_length(target), entry->owner, entry->owner_length))
            return true;
    }
    return false;
}

bool fs_block_begins(const fs_scanner *s, const fs_entry *entry) {
    const fs_source *source = s->source;
    return !(source->glue.known && is_owner(&source->glue, entry)) && !is_owner(&source->current, entry);
}

/* A line has named its owner: go on with the block, or end it and begin the next. */
fs_reason fs_turn_to(fs_scanner *s, const fs_entry *entry) {
    fs_source *source = s->source;
    if (source->glue.known) {
        if (is_owner(&source->glue, entry)) return FS_R_OK;
        FS_TRY(end_glue(s));
        source->glue.known = false;
        s->current_octets = s->saved_octets;
    }
    if (is_owner(&source->current, entry)) return FS_R_OK;
    if (s->has_delegation && is_glue(s, entry)) {
        s->saved_octets = s->current_octets;
        set_owner(&source->glue, entry);
        return FS_R_OK;
    }
    FS_TRY(end_current(s));
    if (FS_UNLIKELY(s->options->zone)) FS_TRY(fs_zone_begin_block(s, entry->owner, entry->owner_length));
    set_owner(&source->current, entry);
    s->has_delegation = false;
    s->current_octets = 0;
    return FS_R_OK;
}

//----------- TTLs -------------------------------------------------------------

uint32_t fs_limit_ttl(fs_scanner *s, uint32_t ttl, uint64_t line) {
    if (FS_LIKELY(ttl <= INT32_MAX)) return ttl; /* RFC 2181 section 8 */
    fs_say(s, s->options->zone ? "dns_master_load: " : "", line, "$TTL %u > MAXTTL, setting $TTL to 0", ttl);
    return 0;
}

/* A SOA without any TTL gets its MINIMUM, which then is the default. */
FS_COLD static fs_reason ttl_from_soa(fs_scanner *s, const fs_entry *entry) {
    if (entry->type != FS_TYPE_SOA) {
        if (!s->options->zone) return fs_wrong(s, entry->line, "no TTL specified; zone rejected");
        fs_say(s, "", entry->line, "no TTL specified; zone rejected");
        fs_refuse_zone(s, FS_R_NOTTL);
        s->ttl = 0;
        return FS_R_OK;
    }
    fs_warn(s, entry->line, "no TTL specified; using SOA MINTTL instead");
    s->default_ttl = s->ttl = fs_limit_ttl(s, fs_load_be32(entry->rdata + entry->rdata_length - 4), entry->line);
    s->default_ttl_known = true;
    return FS_R_OK;
}

static fs_reason settle_ttl(fs_scanner *s, const fs_entry *entry) {
    if (entry->has_ttl) {
        s->ttl = fs_limit_ttl(s, entry->ttl, entry->line);
        s->ttl_known = true;
        return FS_R_OK;
    }
    if (s->default_ttl_known) { /* RFC 2308 section 4 */
        s->ttl = s->default_ttl;
        return FS_R_OK;
    }
    if (!s->ttl_known && s->options->hint && entry->type != FS_TYPE_SOA) {
        s->default_ttl = s->ttl = 0;
        s->default_ttl_known = true;
        return FS_R_OK;
    }
    if (!s->ttl_known) return ttl_from_soa(s, entry);
    if (!s->warned_1035) { /* the TTL last stated (RFC 1035 section 5.1) */
        fs_warn(s, entry->line, "using RFC1035 TTL semantics");
        s->warned_1035 = true;
    }
    return FS_R_OK;
}

FS_COLD static void warn_expired(fs_scanner *s, const fs_entry *entry) {
    if (s->options->now == 0 || s->warned_expired || entry->rdata_length < 12) return;
    if ((int32_t)(fs_load_be32(entry->rdata + 8) - s->options->now) >= 0) return; /* serial arithmetic (RFC 4034 section 3.1.5) */
    fs_warn(s, entry->line, "signature has expired");
    s->warned_expired = true;
}

/* The TTL that the block's RRset of this type has, which a first member brings with it. */
static fs_reason join_set(fs_scanner *s, fs_block_list *list, const fs_entry *entry, uint16_t covers) {
    for (uint32_t i = list->count; i-- > 0;) {
        const fs_block_set *set = &list->sets[i];
        if (set->type != entry->type || set->covers != covers) continue;
        if (FS_LIKELY(set->ttl == s->ttl)) return FS_R_OK;
        fs_warn(s, entry->line, "TTL set to prior TTL (%u)", set->ttl);
        s->ttl = set->ttl;
        return FS_R_OK;
    }
    if (FS_UNLIKELY(list->count == list->capacity)) FS_TRY(grow_list(s, list));
    list->sets[list->count++] = (fs_block_set){entry->type, covers, s->ttl};
    return FS_R_OK;
}

//----------- One record -------------------------------------------------------

/* What BIND's database refuses whatever else the zone holds. */
fs_reason fs_check_place(const fs_scanner *s, const fs_owner *owner, uint16_t type) {
    const bool wildcard = owner->wire[0] == 1 && owner->wire[1] == '*';
    if (type == FS_TYPE_SOA && !fs_same_name(owner->wire, owner->length, s->options->origin, (uint32_t)s->apex_length))
        return FS_R_NOTZONETOP;
    if (wildcard && type == FS_TYPE_NS) return FS_R_WILDCARD_NS;
    if (wildcard && type == FS_TYPE_NSEC3) return FS_R_WILDCARD_NSEC3;
    return FS_R_OK;
}

/* The RDATA of the row just added may name glue. */
static fs_reason remember_ns(fs_scanner *s) {
    const fs_column *offsets = s->columns.rdata_offset;
    if (FS_UNLIKELY(s->ns_count == s->ns_capacity)) FS_TRY(grow_ns(s));
    memcpy(&s->ns_offsets[s->ns_count++], offsets->data + offsets->used - 8, 8);
    return FS_R_OK;
}

static fs_reason add_row(fs_scanner *s, fs_owner *owner, const fs_entry *entry) {
    if (owner->id == FS_NONE) {
        const uint64_t hash = entry->owner ? entry->owner_hash : fs_hash(s->seed, owner->wire, owner->length);
        if (fs_names_intern(s, owner->wire, owner->length, hash, &owner->id) != FS_OK) return FS_R_FAILED;
    }
    return fs_append(s, owner->id, s->ttl, entry);
}

fs_reason fs_block_add(fs_scanner *s, const fs_entry *entry) {
    fs_source *source = s->source;
    if (entry->owner) FS_TRY(fs_turn_to(s, entry));
    const bool glue = source->glue.known;
    fs_owner *owner = glue ? &source->glue : &source->current;
    const uint16_t type = entry->type;
    FS_TRY(settle_ttl(s, entry));
    if (FS_UNLIKELY(s->options->max_ttl != 0) && !fs_zone_check_ttl(s, entry->line)) return FS_R_OK;
    uint16_t covers = 0;
    if (type == FS_TYPE_RRSIG || type == FS_TYPE_SIG) covers = fs_load_be16(entry->rdata);
    if (type == FS_TYPE_RRSIG) warn_expired(s, entry);
    if (FS_UNLIKELY(s->options->zone && (type == FS_TYPE_SIG || type == FS_TYPE_NXT))) fs_zone_warn_old(s, type, entry->line);
    FS_TRY(join_set(s, glue ? &s->glue_sets : &s->current_sets, entry, covers));
    FS_TRY(add_row(s, owner, entry));
    if (type == FS_TYPE_NS && !glue) {
        s->has_delegation = true;
        FS_TRY(remember_ns(s));
    }
    *(glue ? &s->glue_line : &s->current_line) = entry->line;
    *(glue ? &s->glue_row : &s->current_row) = s->columns.owner->used / 4 - 1;
    if (type == FS_TYPE_SOA || owner->wire[1] == '*') {
        fs_reason *pending = glue ? &s->glue_pending : &s->current_pending;
        if (*pending == FS_R_OK) *pending = fs_check_place(s, owner, type);
    }
    s->current_octets += entry->rdata_length;
    return FS_UNLIKELY(s->current_octets > BLOCK_OCTETS) ? fs_block_end(s) : FS_R_OK;
}
