/* The digest of a whole zone for its ZONEMD record (RFC 8976 section 3.3, scheme SIMPLE), for the signer. */
#ifndef FS_ZONEMD_H
#define FS_ZONEMD_H

#include "zone.h"
#include "zone_hash.h"

/* Hash the records of the zone in canonical order; `wanted` and `digests` as in zone_hash.h. */
fs_status fs_zonemd_digest(const fs_arena *arena, const fs_order *order, uint32_t wanted, uint8_t *digests,
                           fs_error *error) FS_MUST_CHECK;

#endif
