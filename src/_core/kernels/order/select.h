/* Passes over all records: what types there are, whose rows are where, and content that can't be signed. */
#ifndef FS_SELECT_H
#define FS_SELECT_H

#include "zone.h"

/* Records of a type; of 0: that were taken out. */
uint32_t fs_count_type(const fs_arena *arena, uint16_t type);

/* Rows of the records whose owner is `name`, whatever its case; at most `limit` are written, all are counted. */
uint32_t fs_find_rows(const fs_arena *arena, const uint8_t *name, uint32_t length, uint32_t *rows, uint32_t limit);

/* Set bit (algorithm << 16 | tag) in makers[2^21 octets] for each RRSIG in the zone whose signer is `apex` (wire, lower case). */
void fs_find_makers(const fs_arena *arena, const uint8_t *apex, uint8_t *makers);

/* Seconds from `now` until the first signature ends, below 0 if it has; INT32_MAX if there is none (RFC 4034 section 3.1.5). */
int32_t fs_first_expiration(const fs_arena *arena, uint32_t now);

/* The highest TTL of all records. */
uint32_t fs_highest_ttl(const fs_arena *arena);

/* Lower every TTL above `limit` to it; returns how many. */
uint32_t fs_cap_ttls(const fs_arena *arena, uint32_t limit, uint32_t *ttl_column);

/* Take out the records of the types marked in types[65536]; returns how many. */
uint32_t fs_take_out(const fs_arena *arena, const uint8_t *types, uint16_t *type_column);

/* Nodes, at most `limit`, at which a CNAME has company or a singleton type several members. Returns how many are written. */
uint32_t fs_find_conflicts(const fs_order *order, uint32_t *nodes, uint32_t limit);

/* BIND's fatal findings, in canonical order: a DS RRset without NS, a DNSKEY RRset below the apex. */
fs_status fs_check_content(const fs_arena *arena, const fs_order *order, fs_error *error) FS_MUST_CHECK;

#endif
