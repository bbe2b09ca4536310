/* The two trees in which BIND's database keeps a zone: NSEC3 records with their signatures, and all else (lib/dns/rbtdb.c). */
#ifndef FS_ZONE_TREE_H
#define FS_ZONE_TREE_H

#include "zone.h"

typedef enum { FS_TREE_MAIN, FS_TREE_NSEC3 } fs_tree_kind;

FS_INLINE fs_tree_kind fs_tree_of(uint16_t type, uint16_t covers) {
    return type == FS_TYPE_NSEC3 || (type == FS_TYPE_RRSIG && covers == FS_TYPE_NSEC3) ? FS_TREE_NSEC3 : FS_TREE_MAIN;
}

/* The type that an RRSIG or SIG covers; 0 for other records. */
FS_INLINE uint16_t fs_covered_by(const fs_arena *arena, uint32_t row) {
    const int signs = (arena->type[row] == FS_TYPE_RRSIG || arena->type[row] == FS_TYPE_SIG) && arena->rdata_length[row] >= 2;
    return signs ? fs_load_be16(arena->rdata + arena->rdata_offset[row]) : 0;
}

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const uint8_t *apex;
    uint8_t *depth;   /* [nodes] labels of the tree's node above: of the $ORIGIN under which this one stands */
    uint32_t *oldest; /* [nodes] spelling that came first among this node and those behind it that are under the same $ORIGIN */
    uint32_t before[FS_LABELS_MAX]; /* by labels: the same among the nodes passed so far */
    const uint8_t *last;            /* name of the node passed last */
} fs_zone_tree;

/* Has the node records in this tree? */
int fs_tree_has(const fs_zone_tree *tree, uint32_t node, fs_tree_kind kind);

/* Fill depth and oldest. */
fs_status fs_tree_plan(fs_zone_tree *tree, fs_tree_kind kind, fs_error *error) FS_MUST_CHECK;

/* Go on to a node of the tree; to be called for each in order. */
void fs_tree_pass(fs_zone_tree *tree, uint32_t node);

/* The $ORIGIN of the node passed last, `length` octets, in BIND's spelling: that of the name that came first. */
void fs_tree_spell_origin(const fs_zone_tree *tree, uint32_t node, uint32_t length, uint8_t *origin);

void fs_tree_close(fs_zone_tree *tree);

#endif
