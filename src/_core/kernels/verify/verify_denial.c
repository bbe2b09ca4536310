/* The denial chain, worked out anew: next names, type bitmaps, NSEC3 hashes, empty non-terminals and opt-out. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the plain SHA-1: the fetched one costs more than the hash of a name */
#include "verify.h"

#include <openssl/sha.h>

_Static_assert(SHA_DIGEST_LENGTH == FS_HASH, "an NSEC3 hash is a SHA-1 digest");

//----------- Type bitmaps -----------

enum { BITMAP_MAX = 256 * 34 };

/* Does the chain's entry of this node list this type? RFC 4035 section 2.3: at a cut only what the parent answers for. */
static int listed(uint8_t kind, uint16_t type) {
    if (type == FS_TYPE_NSEC3 || type == FS_TYPE_RRSIG) return 0; /* NSEC3 is its own name's; RRSIG is decided apart */
    return !(kind & FS_VERIFY_CUT) || type == FS_TYPE_NS || type == FS_TYPE_DS || type == FS_TYPE_NSEC;
}

/* RFC 4034 section 4.1.2. with_rrsig adds the RRSIG bit. Returns the length. */
static uint32_t put_bitmap(const fs_verify_task *task, uint32_t node, int with_rrsig, uint8_t out[BITMAP_MAX]) {
    const fs_order *order = &task->order;
    const uint8_t kind = task->kind[node];
    uint8_t windows[32] = {0};
    uint32_t length = 0;
    if (with_rrsig) windows[0] |= 1;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        const uint32_t window = order->rrset_type[i] >> 8;
        if (listed(kind, order->rrset_type[i])) windows[window / 8] |= (uint8_t)(1u << (window % 8));
    }
    for (uint32_t window = 0; window < 256; window++) {
        if (!(windows[window / 8] >> (window % 8) & 1)) continue;
        uint8_t *bits = out + length + 2;
        uint32_t top = 0;
        memset(bits, 0, 32);
        if (window == 0 && with_rrsig) bits[FS_TYPE_RRSIG / 8] |= 0x80 >> (FS_TYPE_RRSIG % 8), top = FS_TYPE_RRSIG / 8;
        for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
            const uint32_t type = order->rrset_type[i], octet = (type & 0xff) / 8;
            if (type >> 8 != window || !listed(kind, (uint16_t)type)) continue;
            bits[octet] |= (uint8_t)(0x80 >> (type % 8));
            if (octet > top) top = octet;
        }
        out[length] = (uint8_t)window;
        out[length + 1] = (uint8_t)(top + 1);
        length += 2 + top + 1;
    }
    return length;
}

//----------- NSEC -----------

static fs_status add(fs_findings *findings, uint8_t kind, uint32_t node, uint32_t skip, uint32_t other, fs_error *error) {
    const uint16_t type = kind >= FS_FINDING_NSEC3_MISSING && kind <= FS_FINDING_NSEC3_MULTIPLE ? 0 : FS_TYPE_NSEC;
    return fs_findings_add(findings, (fs_finding){.kind = kind, .node = node, .type = type, .skip = (uint8_t)skip, .other = other},
                           error);
}

/* RFC 4035 section 2.3 */
static fs_status check_nsec(const fs_verify_task *task, uint32_t node, uint32_t rrset, fs_findings *findings, fs_error *error) {
    const fs_arena *arena = &task->arena;
    const fs_order *order = &task->order;
    if (rrset == FS_NONE) return add(findings, FS_FINDING_NSEC_MISSING, node, 0, 0, error);
    const uint32_t record = order->record[order->rrset_first[rrset]], length = arena->rdata_length[record];
    const uint8_t *rdata = arena->rdata + arena->rdata_offset[record];
    uint32_t at = 0;
    while (at < length && rdata[at] != 0) at += 1u + rdata[at];

    const uint32_t next = fs_verify_next_name(task, node);
    if (at >= length || at >= FS_NAME_MAX || fs_verify_compare(rdata, fs_name(arena, order->node_name[next])) != 0)
        return add(findings, FS_FINDING_NSEC_NEXT, node, 0, next, error);
    uint8_t bitmap[BITMAP_MAX];
    const uint32_t bitmap_length = put_bitmap(task, node, 1, bitmap);
    if (length - at - 1 != bitmap_length || memcmp(rdata + at + 1, bitmap, bitmap_length) != 0)
        return add(findings, FS_FINDING_NSEC_BITMAP, node, 0, 0, error);
    if (order->rrset_first[rrset + 1] - order->rrset_first[rrset] > 1)
        return add(findings, FS_FINDING_NSEC_MULTIPLE, node, 0, 0, error);
    return FS_OK;
}

//----------- Reading NSEC3 records -----------

typedef struct {
    uint8_t flags;
    const uint8_t *next, *bitmap;
    uint32_t bitmap_length;
} nsec3;

/* RFC 5155 section 3.2: is the record one of this chain, and well formed? */
static int read_nsec3(const fs_arena *arena, uint32_t record, const fs_nsec3_index *chain, nsec3 *out) {
    const uint8_t *rdata = arena->rdata + arena->rdata_offset[record];
    const uint32_t length = arena->rdata_length[record], fixed = 5u + chain->salt_length + 1u + FS_HASH;
    if (length < fixed || rdata[0] != 1 || fs_load_be16(rdata + 2) != chain->iterations) return 0;
    if (rdata[4] != chain->salt_length || memcmp(rdata + 5, chain->salt, chain->salt_length) != 0) return 0;
    if (rdata[5u + chain->salt_length] != FS_HASH) return 0;
    *out = (nsec3){.flags = rdata[1], .next = rdata + fixed - FS_HASH, .bitmap = rdata + fixed, .bitmap_length = length - fixed};
    return 1;
}

#define ROW(first) (first), (first) + 1, (first) + 2, (first) + 3, (first) + 4, (first) + 5, (first) + 6, (first) + 7
#define BAD8 32, 32, 32, 32, 32, 32, 32, 32
#define BAD64 BAD8, BAD8, BAD8, BAD8, BAD8, BAD8, BAD8, BAD8
#define LETTERS 32, 10, 11, 12, 13, 14, 15, 16, ROW(17), 25, 26, 27, 28, 29, 30, 31, 32, BAD8
/* The digits of base32hex (RFC 4648 section 7), of either case; 32 is none. */
static const uint8_t base32hex[256] = {
    BAD8, BAD8, BAD8, BAD8, BAD8, BAD8, ROW(0), 8, 9, 32, 32, 32, 32, 32, 32, LETTERS, LETTERS, BAD64, BAD64,
};
_Static_assert(sizeof base32hex == 256, "one value for each octet");

/* The hash that an NSEC3 owner spells out; 0 if it is not one label of 32 base32hex digits below the apex (RFC 5155 section 3). */
static int read_owner_hash(const fs_verify_task *task, uint32_t node, uint8_t hash[FS_HASH]) {
    const uint32_t id = task->order.node_name[node];
    const uint8_t *name = fs_name(&task->arena, id);
    if (name[0] != 32 || fs_name_size(&task->arena, id) != 33 + task->apex_length) return 0;
    uint8_t wrong = 0;
    for (uint32_t group = 0; group < 4; group++) {
        uint64_t bits = 0;
        for (uint32_t i = 0; i < 8; i++) {
            const uint8_t value = base32hex[name[1 + 8 * group + i]];
            wrong |= value;
            bits = bits << 5 | value;
        }
        for (uint32_t i = 0; i < 5; i++) hash[5 * group + i] = (uint8_t)(bits >> (32 - 8 * i));
    }
    return wrong < 32;
}

static uint64_t prefix_of(const uint8_t hash[FS_HASH]) { return (uint64_t)fs_load_be32(hash) << 32 | fs_load_be32(hash + 4); }

fs_status fs_verify_index_chain(const fs_verify_task *task, fs_nsec3_index *chain, fs_error *error) {
    const fs_order *order = &task->order;
    const uint32_t capacity = chain->count;
    chain->count = 0;
    for (uint32_t node = 0; node < order->node_count; node++) {
        uint8_t hash[FS_HASH];
        nsec3 record;
        if (!(task->kind[node] & FS_VERIFY_HASHED) || !read_owner_hash(task, node, hash)) continue;
        const uint32_t rrset = fs_verify_find(order, node, FS_TYPE_NSEC3);
        if (rrset == FS_NONE) continue;
        for (uint32_t k = order->rrset_first[rrset]; k < order->rrset_first[rrset + 1]; k++) {
            if (!read_nsec3(&task->arena, order->record[k], chain, &record)) continue;
            if (chain->count == capacity) return fs_fail(error, FS_ERROR_RANGE, "the index of an NSEC3 chain overflows");
            chain->prefix[chain->count] = prefix_of(hash);
            memcpy(chain->entry[chain->count].rest, hash + 8, FS_HASH - 8);
            chain->entry[chain->count].record = order->record[k];
            chain->node[chain->count++] = node;
        }
    }
    return FS_OK;
}

/* An NSEC3 record that is in no chain's index belongs nowhere. */
static fs_status check_stray(const fs_verify_task *task, uint32_t node, fs_findings *findings, fs_error *error) {
    const fs_order *order = &task->order;
    const uint32_t rrset = fs_verify_find(order, node, FS_TYPE_NSEC3);
    uint8_t hash[FS_HASH];
    if (rrset == FS_NONE) return FS_OK;
    const int named = read_owner_hash(task, node, hash);
    for (uint32_t k = order->rrset_first[rrset]; k < order->rrset_first[rrset + 1]; k++) {
        int known = 0;
        nsec3 record;
        for (uint32_t c = 0; c < task->chain_count && named; c++)
            known |= read_nsec3(&task->arena, order->record[k], &task->chain[c], &record);
        if (!known)
            return fs_findings_note(findings, FS_FINDING_NSEC3_STRAY, node, FS_TYPE_NSEC3, error);
    }
    return FS_OK;
}

//----------- Looking up a name's NSEC3 record -----------

/* RFC 5155 section 5 */
static void hash_name(const fs_nsec3_index *chain, const uint8_t *name, uint32_t length, uint8_t hash[FS_HASH]) {
    uint8_t lower[FS_NAME_MAX];
    SHA_CTX sha;
    fs_verify_lower(name, length, lower);
    SHA1_Init(&sha);
    SHA1_Update(&sha, lower, length);
    SHA1_Update(&sha, chain->salt, chain->salt_length);
    SHA1_Final(hash, &sha);
    for (uint32_t i = 0; i < chain->iterations; i++) {
        SHA1_Init(&sha);
        SHA1_Update(&sha, hash, FS_HASH);
        SHA1_Update(&sha, chain->salt, chain->salt_length);
        SHA1_Final(hash, &sha);
    }
}

/* First entry whose prefix is not below this one. Hashes are spread evenly, so the first guess is close. */
static uint32_t lower_bound(const fs_nsec3_index *chain, uint64_t prefix) {
    uint32_t low = 0, high = chain->count;
    uint32_t guess = (uint32_t)(((unsigned __int128)prefix * chain->count) >> 64), step = 16;
    while (guess < high && chain->prefix[guess] < prefix) low = guess + 1, guess = low + step, step *= 2;
    if (guess < high) high = guess;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (chain->prefix[middle] < prefix) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Entry of this hash, or FS_NONE; *before is the entry whose span covers it (RFC 5155 section 1.3). */
static uint32_t find_hash(const fs_nsec3_index *chain, const uint8_t hash[FS_HASH], uint32_t *before) {
    const uint64_t prefix = prefix_of(hash);
    uint32_t i = lower_bound(chain, prefix);
    for (; i < chain->count && chain->prefix[i] == prefix; i++) {
        const int difference = memcmp(chain->entry[i].rest, hash + 8, FS_HASH - 8);
        if (difference == 0) return i;
        if (difference > 0) break;
    }
    *before = i > 0 ? i - 1 : chain->count - 1;
    return FS_NONE;
}

static int opted_out(const fs_verify_task *task, const fs_nsec3_index *chain, uint32_t entry) {
    nsec3 record;
    return chain->count > 0 && read_nsec3(&task->arena, chain->entry[entry].record, chain, &record) && (record.flags & 1);
}

static int is_insecure(uint8_t kind) { return (kind & FS_VERIFY_CUT) && !(kind & FS_VERIFY_SECURE); }

/* Does an empty non-terminal above this node lead to anything but insecure delegations? (RFC 5155 section 7.1) */
static int leads_to_secure(const fs_verify_task *task, uint32_t node, const uint8_t *ancestor, uint32_t ancestor_length) {
    for (; node < task->order.node_count; node++) {
        const uint32_t id = task->order.node_name[node];
        if (!(task->kind[node] & FS_VERIFY_NAME)) continue;
        if (!fs_verify_below(fs_name(&task->arena, id), fs_name_size(&task->arena, id), ancestor, ancestor_length)) return 0;
        if (!is_insecure(task->kind[node])) return 1;
    }
    return 0;
}

static int bitmap_fits(const fs_verify_task *task, uint32_t node, uint32_t skip, const nsec3 *record) {
    uint8_t bitmap[BITMAP_MAX];
    uint32_t length = 0;
    if (skip == 0) {
        const uint8_t kind = task->kind[node];
        const int with_rrsig = !is_insecure(kind) || fs_verify_find(&task->order, node, FS_TYPE_NSEC) != FS_NONE;
        length = put_bitmap(task, node, with_rrsig, bitmap);
    }
    return record->bitmap_length == length && memcmp(record->bitmap, bitmap, length) == 0;
}

/* Check the NSEC3 record of the node's name less its first `skip` labels, in chain number c. */
static fs_status check_nsec3(const fs_verify_task *task, uint32_t c, uint32_t node, uint32_t skip, fs_findings *findings,
                             fs_error *error) {
    const fs_nsec3_index *chain = &task->chain[c];
    const uint32_t id = task->order.node_name[node];
    const uint8_t *name = fs_name(&task->arena, id), *suffix = name;
    for (uint32_t i = 0; i < skip; i++) suffix += 1 + suffix[0];
    const uint32_t length = fs_name_size(&task->arena, id) - (uint32_t)(suffix - name);
    uint8_t hash[FS_HASH];
    uint32_t before = 0;
    hash_name(chain, suffix, length, hash);
    const uint32_t entry = find_hash(chain, hash, &before);
    if (entry == FS_NONE) {
        /* RFC 5155 section 6: only insecure delegations, and what leads to nothing else, hide in an opt-out span. */
        if (is_insecure(task->kind[node]) && opted_out(task, chain, before) &&
            (skip == 0 || !leads_to_secure(task, node, suffix, length)))
            return FS_OK;
        return add(findings, FS_FINDING_NSEC3_MISSING, node, skip, c, error);
    }
    chain->matched[entry] = 1;
    nsec3 record;
    if (!read_nsec3(&task->arena, chain->entry[entry].record, chain, &record) || !bitmap_fits(task, node, skip, &record))
        return add(findings, FS_FINDING_NSEC3_BITMAP, node, skip, c, error);
    if (entry + 1 < chain->count && chain->node[entry + 1] == chain->node[entry])
        return add(findings, FS_FINDING_NSEC3_MULTIPLE, node, skip, c, error);
    return FS_OK;
}

/* The node itself, then the empty non-terminals between it and the name before it, from the top. */
static fs_status check_nsec3_names(const fs_verify_task *task, uint32_t node, uint32_t previous, fs_findings *findings,
                                   fs_error *error) {
    const uint8_t *name = fs_name(&task->arena, task->order.node_name[node]);
    const uint32_t labels = fs_verify_labels(name);
    uint32_t shared = labels;
    if (previous != FS_NONE) shared = fs_verify_shared_labels(fs_name(&task->arena, task->order.node_name[previous]), name);
    fs_status status = FS_OK;
    for (uint32_t c = 0; c < task->chain_count && status == FS_OK; c++) {
        status = check_nsec3(task, c, node, 0, findings, error);
        for (uint32_t i = shared + 1; i < labels && status == FS_OK; i++)
            status = check_nsec3(task, c, node, labels - i, findings, error);
    }
    return status;
}

//----------- The two stages -----------

static uint32_t find_previous(const fs_verify_task *task, uint32_t node) {
    while (node-- > 0)
        if (task->kind[node] & FS_VERIFY_NAME) return node;
    return FS_NONE;
}

fs_status fs_verify_denial(const fs_verify_task *task, uint32_t node, uint32_t *previous, fs_findings *findings,
                           fs_error *error) {
    const uint8_t kind = task->kind[node];
    const uint32_t rrset = fs_verify_find(&task->order, node, FS_TYPE_NSEC);
    fs_status status = FS_OK;
    if (kind & FS_VERIFY_HASHED) status = check_stray(task, node, findings, error);
    if (rrset != FS_NONE && (!(kind & FS_VERIFY_NAME) || !task->nsec) && status == FS_OK)
        status = add(findings, FS_FINDING_NSEC_UNEXPECTED, node, 0, 0, error);
    if (!(kind & FS_VERIFY_NAME) || status != FS_OK) return status;
    if (task->nsec) status = check_nsec(task, node, rrset, findings, error);
    if (task->chain_count > 0 && status == FS_OK) {
        if (*previous == FS_NONE) *previous = find_previous(task, node);
        status = check_nsec3_names(task, node, *previous, findings, error);
        *previous = node;
    }
    return status;
}

/* An entry by itself: does it belong to a name, are its flags known? (RFC 5155 section 3.1.2) */
static fs_status check_entry(const fs_verify_task *task, const fs_nsec3_index *chain, uint32_t entry, fs_findings *findings,
                             fs_error *error) {
    nsec3 record;
    uint8_t kind = 0;
    if (!chain->matched[entry]) kind = FS_FINDING_NSEC3_STRAY;
    else if (!read_nsec3(&task->arena, chain->entry[entry].record, chain, &record) || record.flags & 0xfe)
        kind = FS_FINDING_NSEC3_FLAGS;
    return kind ? fs_findings_note(findings, kind, chain->node[entry], FS_TYPE_NSEC3, error) : FS_OK;
}

/* Does the entry's next hash name the entry that follows? */
static fs_status check_link(const fs_verify_task *task, const fs_nsec3_index *chain, uint32_t entry, uint32_t follows,
                            fs_findings *findings, fs_error *error) {
    nsec3 record;
    if (read_nsec3(&task->arena, chain->entry[entry].record, chain, &record) &&
        prefix_of(record.next) == chain->prefix[follows] &&
        memcmp(record.next + 8, chain->entry[follows].rest, FS_HASH - 8) == 0)
        return FS_OK;
    return fs_findings_add(findings, (fs_finding){.kind = FS_FINDING_NSEC3_BREAK, .type = FS_TYPE_NSEC3,
                                                  .node = chain->node[entry], .other = chain->node[follows]}, error);
}

fs_status fs_verify_close_chain(const fs_verify_task *task, const fs_nsec3_index *chain, fs_findings *findings,
                                fs_error *error) {
    uint32_t first = FS_NONE, last = FS_NONE;
    fs_status status = FS_OK;
    for (uint32_t i = 0; i < chain->count && status == FS_OK; i++) {
        status = check_entry(task, chain, i, findings, error);
        if (!chain->matched[i]) continue;
        if (last != FS_NONE && status == FS_OK) status = check_link(task, chain, last, i, findings, error);
        if (first == FS_NONE) first = i;
        last = i;
    }
    if (last == FS_NONE || status != FS_OK) return status;
    return check_link(task, chain, last, first, findings, error); /* RFC 5155 section 3.1.7: the last one's next is the first */
}
