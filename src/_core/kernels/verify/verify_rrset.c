/* An RRset and its RRSIGs: fields, digests, batches of signatures, and the verdict. */
#include "verify_rrset.h"

#include <stdlib.h>

enum { FS_RRSIG_FIXED = 18, HEAD_MAX = FS_RRSIG_FIXED + FS_NAME_MAX };

uint32_t fs_algorithm_bit(uint8_t algorithm) {
    switch (algorithm) {
    case FS_ALGORITHM_RSASHA1: case FS_ALGORITHM_NSEC3RSASHA1: case FS_ALGORITHM_RSASHA256: case FS_ALGORITHM_RSASHA512:
    case FS_ALGORITHM_P256: case FS_ALGORITHM_P384: case FS_ALGORITHM_ED25519: case FS_ALGORITHM_ED448:
        return 1u << algorithm;
    default: return 0;
    }
}

//----------- Memory -----------

static fs_status grow(void **rows, uint32_t *capacity, uint32_t count, size_t size, fs_error *error) {
    if (count < *capacity) return FS_OK;
    const uint32_t wanted = *capacity ? 2 * *capacity : 1024;
    void *more = realloc(*rows, wanted * size);
    if (more == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for signatures to verify");
    *rows = more;
    *capacity = wanted;
    return FS_OK;
}

fs_status fs_verify_work_open(fs_verify_work *work, fs_error *error) {
    work->message_capacity = 1u << 16;
    work->message = malloc(work->message_capacity);
    work->batch = calloc(work->task->key_count + 1, sizeof *work->batch);
    if (work->message == NULL || work->batch == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for a verifier");
    for (uint32_t i = 0; i < work->task->key_count; i++) {
        if (!work->task->keys[i].usable) continue;
        const fs_status status = fs_verify_batch_open(&work->batch[i], &work->task->keys[i], error);
        if (status != FS_OK) return status;
    }
    return FS_OK;
}

void fs_verify_work_close(fs_verify_work *work) {
    if (work->batch != NULL)
        for (uint32_t i = 0; i < work->task->key_count; i++) fs_verify_batch_close(&work->batch[i]);
    free(work->batch);
    free(work->set);
    free(work->signature);
    free(work->message);
}

//----------- Checking the batches -----------

static fs_status disagree(const fs_verify_key *key, fs_error *error) {
    return fs_fail(error, FS_ERROR_CRYPTO, "the batch verifier and libcrypto disagree about a signature by key %u of algorithm %u",
                   key->tag, key->algorithm);
}

/* SplitMix64's finaliser: an even spread, no secret. */
static int in_sample(const fs_verify_task *task, uint32_t record) {
    uint64_t h = task->seed + record * 0x9e3779b97f4a7c15ULL;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
    return (h ^ (h >> 31)) % 100 == 0;
}

static int wants_second_opinion(const fs_verify_work *work, const fs_pending_signature *signature) {
    const uint16_t type = work->task->order.rrset_type[work->set[signature->set].rrset];
    return type == FS_TYPE_SOA || type == FS_TYPE_DNSKEY || type == FS_TYPE_CDS || type == FS_TYPE_CDNSKEY ||
           in_sample(work->task, signature->record);
}

/* Another key may have the same tag and algorithm (RFC 4034 appendix B: a tag names no key). */
static fs_status try_other_keys(fs_verify_work *work, uint32_t tried, uint32_t row, uint16_t type, int *good, fs_error *error) {
    const fs_verify_key *keys = work->task->keys;
    uint64_t length;
    const uint8_t *data = fs_verify_batch_data(&work->batch[tried], row, &length);
    const uint8_t *octets = work->batch[tried].signature + (size_t)row * keys[tried].signature_size;
    for (uint32_t i = tried + 1; i < work->task->key_count && !*good; i++) {
        if (keys[i].tag != keys[tried].tag || keys[i].algorithm != keys[tried].algorithm || !keys[i].usable ||
            keys[i].signature_size != keys[tried].signature_size || !fs_verify_key_may_sign(&keys[i], type))
            continue;
        const fs_status status = fs_verify_one(&keys[i], data, length, octets, good, error);
        if (status != FS_OK) return status;
    }
    return FS_OK;
}

static fs_status settle_row(fs_verify_work *work, uint32_t k, uint32_t row, fs_error *error) {
    const fs_verify_key *key = &work->task->keys[k];
    const fs_verify_batch *batch = &work->batch[k];
    fs_pending_signature *signature = &work->signature[batch->slot[row]];
    int good = work->good[row];
    fs_status status = FS_OK;
    if (key->batch != NULL && (!good || wants_second_opinion(work, signature))) {
        int second;
        uint64_t length;
        const uint8_t *data = fs_verify_batch_data(batch, row, &length);
        status = fs_verify_one(key, data, length, batch->signature + (size_t)row * key->signature_size, &second, error);
        if (status == FS_OK && second != good) status = disagree(key, error);
        work->counts->second_opinions++;
    }
    if (status == FS_OK && !good)
        status = try_other_keys(work, k, row, work->task->order.rrset_type[work->set[signature->set].rrset], &good, error);
    signature->state = good ? FS_REASON_GOOD : FS_REASON_CRYPTO;
    work->counts->signatures += (uint64_t)good;
    return status;
}

fs_status fs_verify_drain(fs_verify_work *work, fs_error *error) {
    for (uint32_t k = 0; k < work->task->key_count; k++) {
        fs_verify_batch *batch = &work->batch[k];
        if (batch->count == 0) continue;
        memset(work->good, 0, sizeof work->good);
        fs_status status = work->task->keys[k].verify_many(&work->task->keys[k], batch, work->good, error);
        for (uint32_t row = 0; row < batch->count && status == FS_OK; row++) status = settle_row(work, k, row, error);
        if (status != FS_OK) return status;
        batch->count = 0;
    }
    return FS_OK;
}

//----------- The verdict on an RRset -----------

static fs_status report_missing(fs_verify_work *work, const fs_pending_set *set, const fs_pending_signature *from,
                                const fs_pending_signature *end, uint32_t missing, fs_error *error) {
    fs_status status = FS_OK;
    for (uint8_t algorithm = 0; algorithm < 32 && status == FS_OK; algorithm++) {
        if (!(missing >> algorithm & 1)) continue;
        fs_finding finding = fs_verify_about(work, set, FS_FINDING_NO_CORRECT);
        finding.algorithm = algorithm;
        for (const fs_pending_signature *s = end; s-- > from;)
            if (s->algorithm == algorithm) finding.reason = s->state, finding.tag = s->tag;
        status = fs_findings_add(work->findings, finding, error);
    }
    return status;
}

/* Is the signature by a key outside the zone that may sign in it? It counts for nothing, and is no fault. */
static int is_strangers(const fs_verify_task *task, const fs_pending_signature *s) {
    if (s->state != FS_REASON_UNKNOWN) return 0;
    for (uint32_t i = 0; i < task->stranger_count; i++)
        if (task->stranger[i] == ((uint32_t)s->algorithm << 16 | s->tag)) return 1;
    return 0;
}

static fs_status report_signature(fs_verify_work *work, const fs_pending_set *set, const fs_pending_signature *s, uint32_t missing,
                                  fs_error *error) {
    if (s->state == FS_REASON_GOOD || s->state == FS_REASON_TTL || is_strangers(work->task, s)) return FS_OK;
    if (missing & fs_algorithm_bit(s->algorithm)) return FS_OK; /* the algorithm is reported as a whole */
    const uint8_t kind = s->state == FS_REASON_UNKNOWN ? FS_FINDING_UNKNOWN_KEY : FS_FINDING_BAD_SIGNATURE;
    fs_finding finding = fs_verify_about(work, set, kind);
    finding.algorithm = s->algorithm;
    finding.tag = s->tag;
    finding.reason = s->state;
    return fs_findings_add(work->findings, finding, error);
}

/* RFC 9077 section 3: an NSEC or NSEC3 record lives as long as a negative answer. */
static int is_chain_ttl_wrong(const fs_verify_work *work, const fs_pending_set *set) {
    const uint16_t type = work->task->order.rrset_type[set->rrset];
    return (type == FS_TYPE_NSEC || type == FS_TYPE_NSEC3) && work->task->order.rrset_ttl[set->rrset] != work->task->chain_ttl;
}

static fs_status judge(fs_verify_work *work, const fs_pending_set *set, const fs_pending_signature *from,
                       const fs_pending_signature *end, fs_error *error) {
    if (from == end) return fs_findings_add(work->findings, fs_verify_about(work, set, FS_FINDING_NO_SIGNATURES), error);
    fs_status status = FS_OK;
    uint32_t missing = work->task->required;
    int was_signed_so = 1; /* the RRset has the TTL that it was signed with */
    for (const fs_pending_signature *s = from; s < end && status == FS_OK; s++) {
        if (s->state == FS_REASON_GOOD) missing &= ~fs_algorithm_bit(s->algorithm);
        if (s->state != FS_REASON_TTL) continue;
        was_signed_so = 0;
        fs_finding finding = fs_verify_about(work, set, FS_FINDING_TTL_MISMATCH);
        finding.tag = s->tag;
        status = fs_findings_add(work->findings, finding, error);
    }
    if (status == FS_OK && was_signed_so && is_chain_ttl_wrong(work, set))
        status = fs_findings_add(work->findings, fs_verify_about(work, set, FS_FINDING_CHAIN_TTL), error);
    if (status == FS_OK && missing) status = report_missing(work, set, from, end, missing, error);
    for (const fs_pending_signature *s = from; s < end && status == FS_OK; s++)
        status = report_signature(work, set, s, missing, error);
    return status;
}

fs_status fs_verify_flush(fs_verify_work *work, fs_error *error) {
    fs_status status = fs_verify_drain(work, error);
    for (uint32_t i = 0; i < work->set_count && status == FS_OK; i++) {
        const uint32_t end = i + 1 < work->set_count ? work->set[i + 1].signature_first : work->signature_count;
        status = judge(work, &work->set[i], work->signature + work->set[i].signature_first, work->signature + end, error);
    }
    work->set_count = work->signature_count = 0;
    return status;
}

//----------- What is signed -----------

static fs_status reserve_message(fs_verify_work *work, uint64_t needed, fs_error *error) {
    if (needed <= work->message_capacity) return FS_OK;
    uint8_t *message = realloc(work->message, 2 * needed);
    if (message == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for an RRset");
    work->message = message;
    work->message_capacity = 2 * needed;
    return FS_OK;
}

/* Owner, type, class, original TTL and RDATA (RFC 4034 section 3.1.8.1); returns where the RDATA starts. */
static uint8_t *put_record(const fs_verify_task *task, const fs_pending_set *set, uint32_t record, uint8_t *at) {
    const fs_arena *arena = &task->arena;
    const uint32_t id = task->order.node_name[set->node], owner_length = fs_name_size(arena, id);
    const uint16_t type = arena->type[record], length = arena->rdata_length[record];
    fs_verify_lower(fs_name(arena, id), owner_length, at);
    at += owner_length;
    fs_store_be16(at, type);
    fs_store_be16(at + 2, task->class);
    fs_store_be32(at + 4, task->order.rrset_ttl[set->rrset]); /* equals the original TTL, or the signature was refused */
    fs_store_be16(at + 8, length);
    fs_verify_canonical(type, arena->rdata + arena->rdata_offset[record], length, at + 10);
    return at + 10;
}

static int ascends(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length) {
    const int difference = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return difference < 0 || (difference == 0 && a_length < b_length);
}

/* Put the RRset in canonical form behind the room for the head. Its members must ascend (RFC 4034 section 6.3). */
static fs_status put_rrset(fs_verify_work *work, const fs_pending_set *set, fs_error *error) {
    const fs_arena *arena = &work->task->arena;
    const fs_order *order = &work->task->order;
    const uint32_t first = order->rrset_first[set->rrset], end = order->rrset_first[set->rrset + 1];
    uint64_t needed = HEAD_MAX;
    for (uint32_t k = first; k < end; k++) needed += FS_NAME_MAX + 10u + arena->rdata_length[order->record[k]];
    fs_status status = reserve_message(work, needed, error);
    if (status != FS_OK) return status;

    uint8_t *at = work->message + HEAD_MAX;
    const uint8_t *before = NULL;
    uint32_t before_length = 0;
    for (uint32_t k = first; k < end && status == FS_OK; k++) {
        const uint8_t *rdata = put_record(work->task, set, order->record[k], at);
        const uint32_t length = arena->rdata_length[order->record[k]];
        if (before != NULL && !ascends(before, before_length, rdata, length))
            status = fs_findings_add(work->findings, fs_verify_about(work, set, FS_FINDING_ORDER), error);
        before = rdata;
        before_length = length;
        at += (rdata - at) + length;
    }
    work->rrset_length = (uint64_t)(at - work->message) - HEAD_MAX;
    return status;
}

//----------- One RRSIG -----------

typedef struct {
    uint8_t algorithm, labels;
    uint32_t original_ttl, expiration, inception;
    uint16_t tag;
    const uint8_t *signer, *signature;
    uint32_t signer_length, signature_length;
} rrsig;

/* RFC 4034 section 3.1; 0 if the RDATA is too short. */
static int read_rrsig(const uint8_t *rdata, uint32_t length, rrsig *out) {
    if (length < FS_RRSIG_FIXED + 1) return 0;
    *out = (rrsig){.algorithm = rdata[2], .labels = rdata[3], .original_ttl = fs_load_be32(rdata + 4),
                   .expiration = fs_load_be32(rdata + 8), .inception = fs_load_be32(rdata + 12), .tag = fs_load_be16(rdata + 16),
                   .signer = rdata + FS_RRSIG_FIXED};
    uint32_t at = FS_RRSIG_FIXED;
    while (at < length && rdata[at] != 0) at += 1u + rdata[at];
    if (at >= length || at + 1 - FS_RRSIG_FIXED > FS_NAME_MAX) return 0;
    out->signer_length = at + 1 - FS_RRSIG_FIXED;
    out->signature = rdata + at + 1;
    out->signature_length = length - at - 1;
    return 1;
}

/* a is later than b, in serial number arithmetic (RFC 4034 section 3.1.5, RFC 1982) */
static int later(uint32_t a, uint32_t b) { return (int32_t)(a - b) > 0; }

/* RFC 4035 section 5.3.1, in the order in which dnssec-verify looks. */
static uint8_t check_fields(const fs_verify_task *task, const fs_pending_set *set, const rrsig *s) {
    const uint8_t *owner = fs_name(&task->arena, task->order.node_name[set->node]);
    const uint16_t type = task->order.rrset_type[set->rrset];
    if (s->original_ttl != task->order.rrset_ttl[set->rrset]) return FS_REASON_TTL;
    if (s->signer_length != task->apex_length || !fs_verify_below(s->signer, s->signer_length, task->apex, task->apex_length))
        return FS_REASON_SIGNER;
    if ((type == FS_TYPE_SOA || type == FS_TYPE_DNSKEY) && set->node != task->apex_node) return FS_REASON_OWNER;
    if (type == FS_TYPE_DS && set->node == task->apex_node) return FS_REASON_OWNER;
    if (later(s->inception, s->expiration)) return FS_REASON_TIMES;
    if (later(s->inception, task->now)) return FS_REASON_FUTURE;
    if (later(task->now, s->expiration)) return FS_REASON_EXPIRED;
    if (task->min_remaining && s->expiration - task->now < task->min_remaining) return FS_REASON_REMAINING;
    const uint32_t wildcard = owner[0] == 1 && owner[1] == '*';
    if (s->labels != fs_verify_labels(owner) - wildcard) return FS_REASON_LABELS; /* RFC 4034 section 3.1.3 */
    return FS_REASON_NONE;
}

/* The first key of this tag and algorithm that may sign this; the reason if there is none. */
static uint8_t find_key(const fs_verify_task *task, const rrsig *s, uint16_t type, uint32_t *key) {
    uint8_t reason = FS_REASON_UNKNOWN;
    for (uint32_t i = 0; i < task->key_count; i++) {
        const fs_verify_key *k = &task->keys[i];
        if (k->tag != s->tag || k->algorithm != s->algorithm) continue;
        if (!k->usable || !fs_verify_key_may_sign(k, type)) reason = FS_REASON_KEY;
        else if (k->signature_size != s->signature_length) reason = FS_REASON_FORM;
        else {
            *key = i;
            return FS_REASON_NONE;
        }
    }
    return reason;
}

/* Write the RRSIG's RDATA without the signature right before the RRset; returns where the message starts. */
static const uint8_t *put_head(fs_verify_work *work, const uint8_t *rdata, const rrsig *s) {
    uint8_t *head = work->message + HEAD_MAX - FS_RRSIG_FIXED - s->signer_length;
    memcpy(head, rdata, FS_RRSIG_FIXED);
    fs_verify_lower(s->signer, s->signer_length, head + FS_RRSIG_FIXED);
    return head;
}

static fs_status queue(fs_verify_work *work, const fs_pending_set *set, const uint8_t *rdata, const rrsig *s, uint32_t key,
                       fs_error *error) {
    fs_status status = FS_OK;
    if (fs_verify_batch_full(&work->batch[key])) status = fs_verify_drain(work, error);
    if (status == FS_OK && work->rrset_length == 0) status = put_rrset(work, set, error);
    if (status != FS_OK) return status;
    const uint8_t *message = put_head(work, rdata, s);
    const uint64_t length = work->rrset_length + FS_RRSIG_FIXED + s->signer_length;
    return fs_verify_batch_add(&work->batch[key], &work->task->keys[key], message, length, s->signature,
                               work->signature_count - 1, error);
}

static fs_status take_signature(fs_verify_work *work, uint32_t set_number, uint32_t record, fs_error *error) {
    const fs_verify_task *task = work->task;
    const fs_pending_set *set = &work->set[set_number];
    const uint8_t *rdata = task->arena.rdata + task->arena.rdata_offset[record];
    fs_status status = grow((void **)&work->signature, &work->signature_capacity, work->signature_count,
                            sizeof *work->signature, error);
    if (status != FS_OK) return status;
    fs_pending_signature *pending = &work->signature[work->signature_count++];
    *pending = (fs_pending_signature){.set = set_number, .record = record, .state = FS_REASON_FORM};
    rrsig s;
    if (!read_rrsig(rdata, task->arena.rdata_length[record], &s)) return FS_OK;
    pending->algorithm = s.algorithm;
    pending->tag = s.tag;
    uint32_t key = 0;
    pending->state = check_fields(task, set, &s);
    if (pending->state == FS_REASON_NONE) pending->state = find_key(task, &s, task->order.rrset_type[set->rrset], &key);

    /* RFC 4034 section 3: the TTLs are equal; dnssec-signzone writes no more than the lifetime of the signature. */
    const uint32_t ttl = task->order.rrset_ttl[set->rrset], own = task->arena.ttl[record], life = s.expiration - s.inception;
    if (pending->state != FS_REASON_TTL && own != ttl && !(own == life && life < ttl)) {
        fs_finding finding = fs_verify_about(work, set, FS_FINDING_RRSIG_TTL);
        finding.tag = s.tag;
        status = fs_findings_add(work->findings, finding, error);
    }
    if (status != FS_OK || pending->state != FS_REASON_NONE) return status;
    return queue(work, set, rdata, &s, key, error);
}

//----------- An RRset -----------

uint16_t fs_verify_covered(const fs_verify_task *task, uint32_t member) {
    const uint32_t record = task->order.record[member];
    if (task->arena.rdata_length[record] < 2) return 0;
    return fs_load_be16(task->arena.rdata + task->arena.rdata_offset[record]);
}

/* First RRSIG that covers this type or a higher one: the type covered comes first in the RDATA, so they stand in its order. */
static uint32_t first_covering(const fs_verify_task *task, uint32_t rrsigs, uint16_t type) {
    uint32_t low = task->order.rrset_first[rrsigs], high = task->order.rrset_first[rrsigs + 1];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (fs_verify_covered(task, middle) < type) low = middle + 1;
        else high = middle;
    }
    return low;
}

fs_status fs_verify_rrset(fs_verify_work *work, uint32_t node, uint32_t rrset, uint32_t rrsigs, fs_error *error) {
    const uint16_t type = work->task->order.rrset_type[rrset];
    fs_status status = grow((void **)&work->set, &work->set_capacity, work->set_count, sizeof *work->set, error);
    if (status != FS_OK) return status;
    const uint32_t number = work->set_count++;
    work->set[number] = (fs_pending_set){.node = node, .rrset = rrset, .signature_first = work->signature_count};
    work->rrset_length = 0;
    work->counts->rrsets++;
    if (rrsigs == FS_NONE) return FS_OK;
    for (uint32_t k = first_covering(work->task, rrsigs, type);
         k < work->task->order.rrset_first[rrsigs + 1] && fs_verify_covered(work->task, k) == type && status == FS_OK; k++)
        status = take_signature(work, number, work->task->order.record[k], error);
    return status;
}

