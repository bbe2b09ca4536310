/* The fields of an RRSIG that digest and render must agree on. */
#include "plan.h"

/* SplitMix64's finaliser over FNV-1a of the owner's canonical octets: no secret, only an even spread. */
static uint64_t spread(const fs_signer *signer, const uint8_t *owner, uint16_t type) {
    uint64_t h = 0xcbf29ce484222325ULL ^ signer->seed;
    const uint32_t length = fs_name_length(owner);
    for (uint32_t i = 0; i < length; i++) h = (h ^ fs_lower[owner[i]]) * 0x100000001b3ULL;
    h ^= ((uint64_t)signer->tag << 32) | ((uint64_t)signer->algorithm << 16) | type;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
    return h ^ (h >> 31);
}

uint32_t fs_expiration(const fs_signer *signer, const uint8_t *owner, uint16_t type) {
    const uint32_t end = type == FS_TYPE_DNSKEY ? signer->expiration_dnskey : signer->expiration;
    if (signer->jitter == 0) return end;
    return end - (uint32_t)(spread(signer, owner, type) % signer->jitter);
}

uint8_t fs_rrsig_labels(const uint8_t *owner) {
    uint8_t labels = 0;
    const uint8_t *p = owner;
    for (; p[0] != 0; p += 1 + p[0]) labels++;
    if (owner[0] == 1 && owner[1] == '*') labels--;
    return labels;
}
