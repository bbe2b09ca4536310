/* What is signed, hashed for the key's algorithm: rows for the signing engines. */
#ifndef FS_DIGEST_H
#define FS_DIGEST_H

#include "column.h"
#include "plan.h"

/* Rows for one signer, in the order nodes -> RRsets (NSEC at the place of type 47), or entry by entry for an NSEC3 chain. */
typedef struct {
    fs_column *rows;    /* digests of fs_digest_length octets, or messages end to end */
    fs_column *offsets; /* u64 [count + 1], for messages alone */
    uint32_t count;
} fs_digests;

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const fs_retained *retained;
    const uint8_t *apex; /* wire, lower case */
    const fs_signer *signer;
    uint32_t signer_number; /* the signer's bit in `retained` */
} fs_digest_input;

/* Octets of the digest that an algorithm signs: 20, 32, 48, 64; 0 for EdDSA, which signs the message; -1 for an unknown one. */
int fs_digest_length(uint8_t algorithm);

/* Of nodes [first, last): every RRset that the signer signs, and the NSEC of each node if the chain is NSEC. With is_chain of
 * NSEC3 entries [first, last). What is retained is passed over. */
fs_status fs_digest_range(const fs_digest_input *input, int is_chain, uint32_t first, uint32_t last, fs_digests *out,
                          fs_error *error) FS_MUST_CHECK;

#endif
