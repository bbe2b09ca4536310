/* Entries of a denial chain as records. */
#include "chain.h"

uint32_t fs_chain_find(const fs_chain *chain, uint32_t node) {
    if (chain->kind != FS_CHAIN_NSEC) return 0;
    uint32_t low = 0, high = chain->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (chain->source[middle] < node) low = middle + 1;
        else high = middle;
    }
    return low;
}

void fs_hash_label(const uint8_t hash[FS_HASH], uint8_t label[FS_HASH_LABEL]) {
    static const char digits[32] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
                                    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v'};
    for (unsigned group = 0; group < FS_HASH / 5; group++) {
        const uint8_t *in = hash + 5 * group;
        const uint64_t bits = ((uint64_t)in[0] << 32) | fs_load_be32(in + 1);
        for (unsigned i = 0; i < 8; i++) label[8 * group + i] = (uint8_t)digits[(bits >> (35 - 5 * i)) & 31];
    }
}

uint32_t fs_nsec3_owner(const fs_chain *chain, uint32_t entry, const uint8_t *apex, uint32_t apex_length, uint8_t *owner) {
    owner[0] = FS_HASH_LABEL;
    fs_hash_label(chain->hash + (uint64_t)entry * FS_HASH, owner + 1);
    memcpy(owner + 1 + FS_HASH_LABEL, apex, apex_length);
    return 1u + FS_HASH_LABEL + apex_length;
}

void fs_nsec3_rdata(const fs_chain *chain, uint32_t entry, uint8_t *rdata) {
    rdata[0] = 1; /* SHA-1 */
    rdata[1] = chain->flags;
    fs_store_be16(rdata + 2, chain->iterations);
    rdata[4] = chain->salt_length;
    memcpy(rdata + 5, chain->salt, chain->salt_length);
    uint8_t *next = rdata + 5 + chain->salt_length;
    next[0] = FS_HASH;
    memcpy(next + 1, chain->hash + (uint64_t)fs_chain_next(chain, entry) * FS_HASH, FS_HASH);
    memcpy(next + 1 + FS_HASH, fs_chain_bitmap(chain, entry), fs_chain_bitmap_length(chain, entry));
}
