/* The walk over what is signed in a range of the zone: RRsets, NSEC records, NSEC3 entries. */
#ifndef FS_WALK_H
#define FS_WALK_H

#include "message.h"

/* Called for each of them, in order. What the target points at lives until the next call. */
typedef fs_status fs_visit(void *context, const fs_target *target, fs_error *error);

/* Of nodes [first, last): each signed RRset, and the NSEC of each node if the chain is NSEC, at the place of type 47. With is_chain
 * the NSEC3 entries [first, last). `zone` says of which zone; nothing is built in it. */
fs_status fs_walk_signed(const fs_message *zone, int is_chain, uint32_t first, uint32_t last, fs_visit *visit, void *context,
                         fs_error *error) FS_MUST_CHECK;

#endif
