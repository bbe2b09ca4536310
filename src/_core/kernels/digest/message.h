/* What a signature is over: RRSIG RDATA head + canonical RRset (RFC 4034 section 3.1.8.1). */
#ifndef FS_MESSAGE_H
#define FS_MESSAGE_H

#include "column.h"
#include "plan.h"

/* What one signature is over: an RRset of a node, a node's NSEC, or an NSEC3 entry. */
typedef enum { FS_TARGET_NOTHING, FS_TARGET_RRSET, FS_TARGET_NSEC, FS_TARGET_NSEC3 } fs_target_kind;

typedef struct {
    fs_target_kind kind;
    uint32_t node;  /* of an NSEC3 entry the node that has its RRSIGs in the input, or FS_NONE */
    uint32_t index; /* of the RRset, or of the chain's entry */
    uint16_t type;
    const uint8_t *owner; /* wire, any case */
    uint32_t owner_length;
} fs_target;

/* What is left to make there. */
FS_INLINE fs_duty fs_target_duty(const fs_retained *retained, const fs_target *target) {
    return target->kind == FS_TARGET_RRSET ? fs_rrset_duty(retained, target->index) : fs_entry_duty(retained, target->index);
}

/* One message under construction, in a private buffer that grows to the largest RRset. */
typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const uint8_t *apex; /* wire, lower case: the signer's name */
    uint32_t apex_length;
    uint8_t *octets;
    size_t length, capacity;
} fs_message;

/* The head that a signer puts over an RRset. */
FS_INLINE fs_rrsig_head fs_head_of(const fs_signer *signer, const uint8_t *owner, uint16_t type) {
    return (fs_rrsig_head){signer->algorithm, signer->tag, signer->inception, fs_expiration(signer, owner, type)};
}

/* Build the message over a target. */
fs_status fs_message_build(fs_message *message, const fs_rrsig_head *head, const fs_target *target, fs_error *error) FS_MUST_CHECK;

/* Append one record of a node, with its own TTL, to what the message holds: a zone's digest is over these. */
fs_status fs_message_record(fs_message *message, uint32_t node, uint32_t row, fs_error *error) FS_MUST_CHECK;

#endif
