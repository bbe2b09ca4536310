/* The verifier's own view of names and of canonical form. */
#include "verify.h"

//----------- Names -----------

/* Where each label starts, from the left; returns the number of labels, the root not counted. */
static uint32_t split(const uint8_t *name, uint8_t start[FS_LABELS_MAX]) {
    uint32_t labels = 0, at = 0;
    while (name[at] != 0 && labels < FS_LABELS_MAX) {
        start[labels++] = (uint8_t)at;
        at += 1u + name[at];
    }
    return labels;
}

static int compare_labels(const uint8_t *a, const uint8_t *b) {
    const uint32_t shorter = a[0] < b[0] ? a[0] : b[0];
    for (uint32_t i = 1; i <= shorter; i++) {
        const int difference = (int)fs_lower[a[i]] - (int)fs_lower[b[i]];
        if (difference != 0) return difference;
    }
    return (int)a[0] - (int)b[0]; /* the absence of an octet sorts before a zero octet */
}

int fs_verify_compare(const uint8_t *a, const uint8_t *b) {
    uint8_t at_a[FS_LABELS_MAX], at_b[FS_LABELS_MAX];
    uint32_t left_a = split(a, at_a), left_b = split(b, at_b);
    while (left_a > 0 && left_b > 0) {
        const int difference = compare_labels(a + at_a[--left_a], b + at_b[--left_b]);
        if (difference != 0) return difference;
    }
    return (int)left_a - (int)left_b;
}

uint32_t fs_verify_labels(const uint8_t *name) {
    uint32_t labels = 0;
    for (; name[0] != 0; name += 1 + name[0]) labels++;
    return labels;
}

uint32_t fs_verify_shared_labels(const uint8_t *a, const uint8_t *b) {
    uint8_t at_a[FS_LABELS_MAX], at_b[FS_LABELS_MAX];
    uint32_t left_a = split(a, at_a), left_b = split(b, at_b), shared = 0;
    while (left_a > 0 && left_b > 0 && compare_labels(a + at_a[--left_a], b + at_b[--left_b]) == 0) shared++;
    return shared;
}

int fs_verify_below(const uint8_t *name, uint32_t name_length, const uint8_t *ancestor, uint32_t ancestor_length) {
    if (name_length < ancestor_length) return 0;
    const uint32_t skip = name_length - ancestor_length;
    for (uint32_t i = 0; i < ancestor_length; i++)
        if (fs_lower[name[skip + i]] != fs_lower[ancestor[i]]) return 0;
    uint32_t at = 0; /* the octets agree; do they start at a label? */
    while (at < skip) at += 1u + name[at];
    return at == skip;
}

void fs_verify_lower(const uint8_t *from, uint32_t length, uint8_t *to) {
    for (uint32_t i = 0; i < length; i++) to[i] = fs_lower[from[i]];
}

//----------- Canonical RDATA -----------

/* The types whose RDATA names fold: RFC 4034 section 6.2 less NSEC (RFC 6840 section 5.1) and HINFO (it holds no name), and
 * NSAP-PTR, which BIND folds. "n" is a name, "s" a character-string, a digit as many octets, "6" the head of an A6 record. */
static const char *const folding[64] = {
    [2] = "n",   [3] = "n",   [4] = "n",   [5] = "n",      [6] = "nn", [7] = "n",  [8] = "n",    [9] = "n",
    [12] = "n",  [14] = "nn", [15] = "2n", [17] = "nn",    [18] = "2n", [21] = "2n", [23] = "n", [24] = "99n",
    [26] = "2nn", [30] = "n", [33] = "222n", [35] = "22sssn", [36] = "2n", [38] = "6n", [39] = "n", [46] = "99n",
};

/* Fold the name at `at`; returns where it ends, or length if it does not end inside. */
static uint32_t fold(const uint8_t *rdata, uint32_t at, uint32_t length, uint8_t *out) {
    while (at < length && rdata[at] != 0) {
        const uint32_t end = at + 1u + rdata[at];
        if (end > length) return length;
        for (uint32_t i = at + 1; i < end; i++) out[i] = fs_lower[rdata[i]];
        at = end;
    }
    return at < length ? at + 1 : length;
}

/* RFC 2874 section 3.1: the suffix takes the octets that the prefix length leaves over. */
static uint32_t a6_head(const uint8_t *rdata, uint32_t length) {
    if (length == 0 || rdata[0] > 128) return length;
    return 1u + (128u - rdata[0] + 7u) / 8u;
}

void fs_verify_canonical(uint16_t type, const uint8_t *rdata, uint32_t length, uint8_t *out) {
    memcpy(out, rdata, length);
    if (type >= 64 || folding[type] == NULL) return;
    uint32_t at = 0;
    for (const char *field = folding[type]; *field && at < length; field++) {
        if (*field == 'n') at = fold(rdata, at, length, out);
        else if (*field == 's') at += 1u + rdata[at];
        else if (*field == '6') at += a6_head(rdata, length);
        else at += (uint32_t)(*field - '0');
    }
}
