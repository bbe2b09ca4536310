/* Between the walk over the nodes and the check of one RRset: signatures that wait for their batch. */
#ifndef FS_VERIFY_RRSET_H
#define FS_VERIFY_RRSET_H

#include "verify.h"

typedef struct {
    uint32_t set, record;
    uint16_t tag;
    uint8_t algorithm;
    uint8_t state; /* FS_REASON_*; FS_REASON_NONE while it waits in a batch */
} fs_pending_signature;

typedef struct {
    uint32_t node, rrset, signature_first;
} fs_pending_set;

typedef struct {
    const fs_verify_task *task;
    fs_findings *findings;
    fs_verify_counts *counts;
    fs_verify_batch *batch; /* [keys] */
    fs_pending_set *set;
    fs_pending_signature *signature;
    uint32_t set_count, set_capacity, signature_count, signature_capacity;
    uint8_t *message; /* HEAD_MAX octets of room for the head, then the RRset */
    uint64_t message_capacity;
    uint64_t rrset_length; /* octets of the RRset now in message; 0: none */
    uint8_t good[FS_VERIFY_BATCH];
} fs_verify_work;


fs_status fs_verify_work_open(fs_verify_work *work, fs_error *error) FS_MUST_CHECK;
void fs_verify_work_close(fs_verify_work *work);

/* Queue the signatures of an RRset; rrsigs is the node's RRSIG RRset or FS_NONE. */
fs_status fs_verify_rrset(fs_verify_work *work, uint32_t node, uint32_t rrset, uint32_t rrsigs, fs_error *error) FS_MUST_CHECK;

/* Check what waits in the batches; and report on every RRset that was queued. */
fs_status fs_verify_drain(fs_verify_work *work, fs_error *error) FS_MUST_CHECK;
fs_status fs_verify_flush(fs_verify_work *work, fs_error *error) FS_MUST_CHECK;

/* The type that a member of an RRSIG RRset covers; 0 if it is too short to say. */
uint16_t fs_verify_covered(const fs_verify_task *task, uint32_t member);

/* A finding about an RRset in the queue. */
FS_INLINE fs_finding fs_verify_about(const fs_verify_work *work, const fs_pending_set *set, uint8_t kind) {
    return (fs_finding){.kind = kind, .node = set->node, .type = work->task->order.rrset_type[set->rrset]};
}

#endif
