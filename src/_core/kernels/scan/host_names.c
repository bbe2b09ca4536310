/* Names of hosts and mailboxes. */
#include "host_names.h"

#include "names.h"

enum { TYPE_A = 1, TYPE_WKS = 11, TYPE_MX = 15, TYPE_AAAA = 28, TYPE_A6 = 38, TYPE_NSEC3 = 50, CLASS_IN = 1, HASH_LABEL = 32 };

static bool is_alphanumeric(uint8_t c) { return (uint8_t)(c - '0') < 10 || (uint8_t)(fs_lower[c] - 'a') < 26; }

static bool is_host_label(const uint8_t *label) {
    const uint8_t length = label[0];
    if (!is_alphanumeric(label[1]) || !is_alphanumeric(label[length])) return false;
    for (uint32_t i = 2; i < length; i++)
        if (!is_alphanumeric(label[i]) && label[i] != '-') return false;
    return true;
}

bool fs_is_host(const uint8_t *name, bool wildcard) {
    if (wildcard && name[0] == 1 && name[1] == '*') name += 2;
    for (; name[0] != 0; name += 1 + name[0])
        if (!is_host_label(name)) return false;
    return true;
}

bool fs_is_mailbox(const uint8_t *name) {
    if (name[0] == 0) return true;
    for (uint32_t i = 1; i <= name[0]; i++)
        if (name[i] <= 0x20 || name[i] >= 0x7f) return false;
    return fs_is_host(name + 1 + name[0], false);
}

bool fs_has_inner_wildcard(const uint8_t *name) {
    if (name[0] == 0) return false;
    for (name += 1 + name[0]; name[0] != 0; name += 1 + name[0])
        if (name[0] == 1 && name[1] == '*') return true;
    return false;
}

static bool is_label(const uint8_t *label, const char *lower) {
    const size_t length = strlen(lower);
    return label[0] == length && fs_same_folded(label + 1, (const uint8_t *)lower, (uint32_t)length);
}

/* gc._msdcs.<forest>, where Active Directory keeps the addresses of its global catalogue. */
static bool is_global_catalogue(const uint8_t *name) {
    return is_label(name, "gc") && is_label(name + 3, "_msdcs") && fs_is_host(name + 10, false);
}

/* What the `exists` of a SPF policy asks for: anything._spf.<domain> (RFC 7208 section 5.7 and appendix D.1). */
static bool is_policy_target(const uint8_t *name) {
    for (; name[0] != 0; name += 1 + name[0])
        if (is_label(name, "_spf") || is_label(name, "_spf_rate") || is_label(name, "_spf_verify")) return fs_is_host(name + 1 + name[0], false);
    return false;
}

/* RFC 5155 section 3: the first label is a hash in base32hex. */
static bool is_hash_owner(const uint8_t *name) {
    if (name[0] != HASH_LABEL) return false;
    for (uint32_t i = 1; i <= HASH_LABEL; i++)
        if ((uint8_t)(name[i] - '0') >= 10 && (uint8_t)(fs_lower[name[i]] - 'a') > 'v' - 'a') return false;
    return true;
}

bool fs_owner_fits(const uint8_t *owner, uint16_t type, uint16_t rrclass) {
    switch (type) {
    case TYPE_A: return fs_is_host(owner, true) || (rrclass == CLASS_IN && (is_global_catalogue(owner) || is_policy_target(owner)));
    case TYPE_AAAA: return fs_is_host(owner, true) || is_global_catalogue(owner);
    case TYPE_WKS: return fs_is_host(owner, true);
    case TYPE_MX: case TYPE_A6: return fs_is_host(owner, true);
    case TYPE_NSEC3: return is_hash_owner(owner);
    default: return true;
    }
}
