/* Where names branch. In canonical order all names under one name stand together, so neighbours tell all. */
#include "zone_tree.h"

#include "names.h"

#include <stdlib.h>

int fs_tree_has(const fs_zone_tree *tree, uint32_t node, fs_tree_kind kind) {
    const fs_order *order = tree->order;
    if (order->node_flags[node] & FS_NODE_OUTSIDE) return 0;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        const uint16_t type = order->rrset_type[i];
        if (type != FS_TYPE_RRSIG) {
            if (fs_tree_of(type, 0) == kind) return 1;
            continue;
        }
        for (uint32_t j = order->rrset_first[i]; j < order->rrset_first[i + 1]; j++)
            if (fs_tree_of(type, fs_covered_by(tree->arena, order->record[j])) == kind) return 1;
    }
    return 0;
}

static const uint8_t *node_name(const fs_zone_tree *tree, uint32_t node) { return fs_name(tree->arena, tree->order->node_name[node]); }

/* BIND makes nodes for the parents of wildcards, and for wildcards inside of a name (add_wildcard_magic, add_empty_wildcards). Labels of
 * the deepest one above this name. */
static uint32_t above_wildcard(const uint8_t *name, uint32_t labels) {
    const uint8_t *label = name;
    for (uint32_t depth = labels; depth > 0; depth--, label += 1 + label[0])
        if (label[0] == 1 && label[1] == '*') return depth == labels ? depth - 1 : depth;
    return 0;
}

/* The walk from the last node to the first. */
typedef struct {
    uint32_t node; /* whose $ORIGIN is not known before the node before it is; FS_NONE: there is none */
    uint32_t right; /* labels that it shares with the first node behind that is not below it */
    uint32_t deepest;
    uint32_t behind[FS_LABELS_MAX + 1]; /* [t]: labels that the first node behind with fewer than t in common has in common */
    uint32_t oldest[FS_LABELS_MAX + 1]; /* [t]: oldest spelling among those nodes behind that have t labels in common */
} walk;

static void settle(fs_zone_tree *tree, const walk *w, uint32_t left) {
    const uint8_t *name = node_name(tree, w->node);
    uint32_t depth = left > w->right ? left : w->right;
    const uint32_t wildcard = above_wildcard(name, fs_label_count(name));
    if (wildcard > depth) depth = wildcard;
    tree->depth[w->node] = (uint8_t)depth;
    tree->oldest[w->node] = w->oldest[depth];
}

static void take_node(const fs_zone_tree *tree, walk *w, uint32_t node, uint32_t common) {
    const uint32_t labels = fs_label_count(node_name(tree, node)), spelling = tree->order->node_name[node];
    if (labels > w->deepest) w->deepest = labels;
    for (uint32_t t = common + 1; t <= w->deepest; t++) {
        w->behind[t] = common;
        w->oldest[t] = FS_NONE;
    }
    for (uint32_t t = 0; t <= labels; t++)
        if (spelling < w->oldest[t]) w->oldest[t] = spelling;
    w->node = node;
    w->right = w->behind[labels];
}

fs_status fs_tree_plan(fs_zone_tree *tree, fs_tree_kind kind, fs_error *error) {
    const fs_order *order = tree->order;
    const uint32_t apex_labels = fs_label_count(tree->apex);
    walk w = {.node = FS_NONE};
    fs_tree_close(tree);
    tree->last = NULL;
    tree->depth = malloc(order->node_count + 1ULL);
    tree->oldest = malloc((order->node_count + 1ULL) * sizeof *tree->oldest);
    if (tree->depth == NULL || tree->oldest == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for the tree of names");
    memset(w.oldest, 0xff, sizeof w.oldest);
    for (uint32_t node = order->node_count; node-- > 0;) {
        if (!fs_tree_has(tree, node, kind)) continue;
        const uint32_t common = w.node == FS_NONE ? 0 : fs_common_labels(node_name(tree, node), node_name(tree, w.node));
        if (w.node != FS_NONE) settle(tree, &w, common);
        take_node(tree, &w, node, common);
    }
    /* The apex is in both trees, whatever it owns. */
    if (w.node != FS_NONE) settle(tree, &w, order->node_flags[w.node] & FS_NODE_APEX ? 0 : apex_labels);
    return FS_OK;
}

void fs_tree_pass(fs_zone_tree *tree, uint32_t node) {
    const uint8_t *name = node_name(tree, node);
    const uint32_t labels = fs_label_count(name), spelling = tree->order->node_name[node];
    const uint32_t common = tree->last == NULL ? 0 : fs_common_labels(name, tree->last);
    for (uint32_t t = 0; t <= labels; t++)
        if (tree->last == NULL || t > common || spelling < tree->before[t]) tree->before[t] = spelling;
    tree->last = name;
}

void fs_tree_spell_origin(const fs_zone_tree *tree, uint32_t node, uint32_t length, uint8_t *origin) {
    const uint32_t before = tree->before[tree->depth[node]], oldest = before < tree->oldest[node] ? before : tree->oldest[node];
    const uint8_t *name = fs_name(tree->arena, oldest);
    const uint32_t apex_length = fs_name_length(tree->apex);
    memcpy(origin, name + fs_name_length(name) - length, length);
    if (length >= apex_length) memcpy(origin + length - apex_length, tree->apex, apex_length); /* it was there before all */
}

void fs_tree_close(fs_zone_tree *tree) {
    free(tree->depth);
    free(tree->oldest);
    tree->depth = NULL;
    tree->oldest = NULL;
}
