/* The table of RR types. Rows ascend by number; the types are those of BIND 9.18 (lib/dns/rdata). */
#include "rrtypes.h"

#include <stdbool.h>
#include <stdio.h>

#define S FS_RR_SINGLETON
#define M FS_RR_META
#define C FS_RR_AT_CNAME

const fs_rrtype fs_rrtypes[] = {
    {1, "A", "a", 0},
    {2, "NS", "n", 0},
    {3, "MD", "n", 0},
    {4, "MF", "n", 0},
    {5, "CNAME", "n", S},
    {6, "SOA", "nn4pppp", S},
    {7, "MB", "n", 0},
    {8, "MG", "n", 0},
    {9, "MR", "n", 0},
    {10, "NULL", "#", 0},
    {11, "WKS", "W", 0},
    {12, "PTR", "n", 0},
    {13, "HINFO", "ss", 0},
    {14, "MINFO", "nn", 0},
    {15, "MX", "2n", 0},
    {16, "TXT", "S", 0},
    {17, "RP", "nn", 0},
    {18, "AFSDB", "2n", 0},
    {19, "X25", "s", 0},
    {20, "ISDN", "s?", 0},
    {21, "RT", "2n", 0},
    {22, "NSAP", "z", 0},
    {23, "NSAP-PTR", "n", 0},
    {24, "SIG", "tg14dd2nb", C},
    {25, "KEY", "fogb", C},
    {26, "PX", "2nn", 0},
    {27, "GPOS", "qqq", 0},
    {28, "AAAA", "A", 0},
    {29, "LOC", "L", 0},
    {30, "NXT", "nM", C},
    {31, "EID", "x", 0},
    {32, "NIMLOC", "x", 0},
    {33, "SRV", "222n", 0},
    {34, "ATMA", "T", 0},
    {35, "NAPTR", "22sssn", 0},
    {36, "KX", "2n", 0},
    {37, "CERT", "c2gb", 0},
    {38, "A6", "6", 0},
    {39, "DNAME", "n", S},
    {40, "SINK", "111b", 0},
    {41, "OPT", "#", M},
    {42, "APL", "P", 0},
    {43, "DS", "2gDx", 0},
    {44, "SSHFP", "11x", 0},
    {45, "IPSECKEY", "1I", 0},
    {46, "RRSIG", "tg14dd2nb", C},
    {47, "NSEC", "Nm", C},
    {48, "DNSKEY", "f1gb", 0},
    {49, "DHCID", "b", 0},
    {50, "NSEC3", "112hHm", 0},
    {51, "NSEC3PARAM", "112h", 0},
    {52, "TLSA", "111x", 0},
    {53, "SMIMEA", "111x", 0},
    {55, "HIP", "Q", 0},
    {56, "NINFO", "S", 0},
    {57, "RKEY", "f1gb", 0},
    {58, "TALINK", "NN", 0},
    {59, "CDS", "2gDx", 0},
    {60, "CDNSKEY", "f1gb", 0},
    {61, "OPENPGPKEY", "b", 0},
    {62, "CSYNC", "42m", 0},
    {63, "ZONEMD", "411x", 0},
    {64, "SVCB", "2NV", 0},
    {65, "HTTPS", "2NV", 0},
    {66, "DSYNC", "t12N", 0},
    {67, "HHIT", "b", 0},
    {68, "BRID", "b", 0},
    {99, "SPF", "S", 0},
    {100, "UINFO", "#", 0},
    {101, "UID", "#", 0},
    {102, "GID", "#", 0},
    {103, "UNSPEC", "#", 0},
    {104, "NID", "2l", 0},
    {105, "L32", "2a", 0},
    {106, "L64", "2l", 0},
    {107, "LP", "2N", 0},
    {108, "EUI48", "e", 0},
    {109, "EUI64", "e", 0},
    {249, "TKEY", "#", M},
    {250, "TSIG", "#", M},
    {251, "IXFR", "#", M},
    {252, "AXFR", "#", M},
    {253, "MAILB", "#", M},
    {254, "MAILA", "#", M},
    {255, "ANY", "#", M},
    {256, "URI", "22u", 0},
    {257, "CAA", "1Gu", 0},
    {258, "AVC", "S", 0},
    {259, "DOA", "441sb", 0},
    {260, "AMTRELAY", "R", 0},
    {261, "RESINFO", "S", 0},
    {262, "WALLET", "S", 0},
    {32768, "TA", "2gDx", 0},
    {32769, "DLV", "2gDx", 0},
    {65533, "KEYDATA", "dddf1gb", 0},
};
#undef S
#undef M
#undef C

const uint32_t fs_rrtype_count = sizeof fs_rrtypes / sizeof fs_rrtypes[0];

/* Rows by number and by mnemonic, filled when the library is loaded. A zone of a million signatures asks for a few million types. */
enum { LOW_TYPES = 263, MNEMONIC_SLOTS = 512, MNEMONIC_MAX = 15 };
static uint8_t low_rows[LOW_TYPES], mnemonic_rows[MNEMONIC_SLOTS]; /* a row's index plus 1; 0: none */

static uint32_t mnemonic_slot(const char *text, size_t length) {
    uint32_t hash = (uint32_t)length;
    for (size_t i = 0; i < length; i++) hash = hash * 31 + ((uint8_t)text[i] & 0xdf); /* either case */
    return (hash ^ hash >> 9) % MNEMONIC_SLOTS;
}

__attribute__((constructor)) static void index_rows(void) {
    _Static_assert(sizeof fs_rrtypes / sizeof fs_rrtypes[0] < 256, "an index fits an octet");
    for (uint32_t i = 0; i < fs_rrtype_count; i++) {
        const fs_rrtype *row = &fs_rrtypes[i];
        uint32_t slot = mnemonic_slot(row->mnemonic, strlen(row->mnemonic));
        while (mnemonic_rows[slot] != 0) slot = (slot + 1) % MNEMONIC_SLOTS;
        mnemonic_rows[slot] = (uint8_t)(i + 1);
        if (row->type < LOW_TYPES) low_rows[row->type] = (uint8_t)(i + 1);
    }
}

const fs_rrtype *fs_rrtype_by_number(uint16_t type) {
    if (FS_LIKELY(type < LOW_TYPES)) return low_rows[type] ? &fs_rrtypes[low_rows[type] - 1] : NULL;
    for (uint32_t i = fs_rrtype_count; i-- > 0 && fs_rrtypes[i].type >= type;)
        if (fs_rrtypes[i].type == type) return &fs_rrtypes[i];
    return NULL;
}

static bool is_mnemonic(const char *mnemonic, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (mnemonic[i] == 0 || fs_lower[(uint8_t)mnemonic[i]] != fs_lower[(uint8_t)text[i]]) return false;
    return mnemonic[length] == 0;
}

const fs_rrtype *fs_rrtype_by_mnemonic(const char *text, size_t length) {
    if (length > MNEMONIC_MAX) return NULL;
    for (uint32_t slot = mnemonic_slot(text, length); mnemonic_rows[slot] != 0; slot = (slot + 1) % MNEMONIC_SLOTS) {
        const fs_rrtype *row = &fs_rrtypes[mnemonic_rows[slot] - 1];
        if (is_mnemonic(row->mnemonic, text, length)) return row;
    }
    return NULL;
}

size_t fs_rrtype_to_text(uint16_t type, char *text) {
    const fs_rrtype *row = fs_rrtype_by_number(type);
    return (size_t)(row ? snprintf(text, 16, "%s", row->mnemonic) : snprintf(text, 16, "TYPE%u", type));
}

const char *fs_algorithm_to_text(uint8_t algorithm) {
    static const char *const names[256] = {
        [1] = "RSAMD5",     [2] = "DH",         [3] = "DSA",           [5] = "RSASHA1",          [6] = "NSEC3DSA",
        [7] = "NSEC3RSASHA1", [8] = "RSASHA256", [10] = "RSASHA512",   [12] = "ECCGOST",         [13] = "ECDSAP256SHA256",
        [14] = "ECDSAP384SHA384", [15] = "ED25519", [16] = "ED448",
        [252] = "INDIRECT", [253] = "PRIVATEDNS", [254] = "PRIVATEOID",
    };
    return names[algorithm];
}

//----------- Canonical RDATA (RFC 4034 section 6.2) ---------------------------

/* One bit per folding type below 64: NS MD MF CNAME SOA MB MG MR PTR MINFO MX RP AFSDB RT NSAP-PTR SIG PX NXT SRV NAPTR KX A6
 * DNAME RRSIG. NSEC is not among them (RFC 6840 section 5.1). */
#define BIT(n) (1ULL << (n))
static const uint64_t folding_types = BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(9) | BIT(12) | BIT(14) |
                                      BIT(15) | BIT(17) | BIT(18) | BIT(21) | BIT(23) | BIT(24) | BIT(26) | BIT(30) | BIT(33) |
                                      BIT(35) | BIT(36) | BIT(38) | BIT(39) | BIT(46);
#undef BIT

int fs_rrtype_folds(uint16_t type) { return type < 64 && (folding_types >> type) & 1; }

/* Octets of the field at p that is not a folded name, by its letter; what is left where it runs to the end. */
static uint32_t plain_field_length(char field, const uint8_t *p, uint32_t left) {
    switch (field) {
    case FS_FIELD_U8: case FS_FIELD_ALGORITHM: case FS_FIELD_PROTOCOL: case FS_FIELD_DIGEST: return 1;
    case FS_FIELD_U16: case FS_FIELD_TYPE: case FS_FIELD_KEYFLAGS: case FS_FIELD_CERT: return 2;
    case FS_FIELD_U32: case FS_FIELD_PERIOD: case FS_FIELD_TIME: return 4;
    case FS_FIELD_STRING: return left ? 1u + p[0] : 0;
    default: return left;
    }
}

static uint32_t fold_name(const uint8_t *p, uint32_t left, uint8_t *out) {
    uint32_t n = 0;
    while (n < left && p[n] != 0) {
        const uint32_t end = n + 1u + p[n];
        if (end > left) return left;
        for (; n < end; n++) out[n] = fs_lower[p[n]];
    }
    return n < left ? n + 1 : left;
}

/* A6 (RFC 2874 section 3.1): prefix length, the suffix's octets, then a name unless the prefix length is 0. */
static uint32_t a6_prefix(const uint8_t *p, uint32_t left) {
    const uint32_t bits = left ? p[0] : 0;
    const uint32_t length = 1 + (bits <= 128 ? 16 - bits / 8 : 0);
    return length < left ? length : left;
}

void fs_canonical_rdata(uint16_t type, const uint8_t *rdata, uint16_t length, uint8_t *out) {
    memcpy(out, rdata, length);
    if (!fs_rrtype_folds(type)) return;
    uint32_t at = 0;
    for (const char *field = fs_rrtype_by_number(type)->fields; *field && at < length; field++) {
        const uint32_t left = length - at;
        if (*field == FS_FIELD_A6) {
            at += a6_prefix(rdata, left);
            fold_name(rdata + at, length - at, out + at);
            return;
        }
        if (*field == FS_FIELD_NAME) at += fold_name(rdata + at, left, out + at);
        else at += plain_field_length(*field, rdata + at, left);
    }
}
