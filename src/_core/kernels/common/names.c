/* Wire names compared. */
#include "names.h"

/* What an octet of a label is in a key (see names.h). */
#define UP(n) (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7, (n) + 8
#define SAME(n) (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7
static const uint8_t key_octet[256] = {
    UP(0),     UP(8),     UP(16),    UP(24),    UP(32),    UP(40),    UP(48),    UP(56),
    0x41,      'a',       'b',       'c',       'd',       'e',       'f',       'g', /* '@' -> 0x41, A..G */
    'h',       'i',       'j',       'k',       'l',       'm',       'n',       'o',
    'p',       'q',       'r',       's',       't',       'u',       'v',       'w',
    'x',       'y',       'z',       '[',       '\\',      ']',       '^',       '_',
    SAME(96),  SAME(104), SAME(112), SAME(120), SAME(128), SAME(136), SAME(144), SAME(152),
    SAME(160), SAME(168), SAME(176), SAME(184), SAME(192), SAME(200), SAME(208), SAME(216),
    SAME(224), SAME(232), SAME(240), SAME(248),
};
#undef UP
#undef SAME

static uint32_t find_labels(const uint8_t *name, const uint8_t **label) {
    uint32_t count = 0;
    for (; name[0] != 0; name += 1 + name[0]) label[count++] = name;
    return count;
}

uint32_t fs_canonical_key(const uint8_t *name, uint8_t *key) {
    const uint8_t *label[FS_LABELS_MAX];
    uint32_t length = 0;
    for (uint32_t i = find_labels(name, label); i-- > 0;) {
        for (uint32_t j = 1; j <= label[i][0]; j++) key[length++] = key_octet[label[i][j]];
        key[length++] = 0;
    }
    return length;
}

int fs_is_at_or_below(const uint8_t *name, uint32_t length, const uint8_t *ancestor, uint32_t ancestor_length) {
    while (length > ancestor_length) {
        length -= 1u + name[0];
        name += 1 + name[0];
    }
    return length == ancestor_length && fs_same_folded(name, ancestor, length);
}

uint32_t fs_label_count(const uint8_t *name) {
    uint32_t count = 0;
    for (; name[0] != 0; name += 1 + name[0]) count++;
    return count;
}

uint32_t fs_common_labels(const uint8_t *a, const uint8_t *b) {
    const uint8_t *label_a[FS_LABELS_MAX], *label_b[FS_LABELS_MAX];
    uint32_t i = find_labels(a, label_a), j = find_labels(b, label_b), common = 0;
    while (i-- > 0 && j-- > 0) {
        const uint8_t *x = label_a[i], *y = label_b[j];
        if (x[0] != y[0] || !fs_same_folded(x + 1, y + 1, x[0])) break;
        common++;
    }
    return common;
}
