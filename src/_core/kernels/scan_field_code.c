/* Codes that may be written as mnemonics: DNSSEC algorithms, digests, key flags and protocols, CERT types. */
#include "scan_internal.h"

typedef struct {
    const char *name; /* lower case */
    uint32_t value;
} mnemonic;

/* RFC 4034 appendix A.1 and the registry, as BIND has them (lib/dns/rcode.c). */
static const mnemonic algorithms[] = {
    {"rsamd5", 1}, {"dh", 2}, {"dsa", 3}, {"rsasha1", 5}, {"nsec3dsa", 6}, {"nsec3rsasha1", 7}, {"rsasha256", 8},
    {"rsasha512", 10}, {"eccgost", 12}, {"ecdsap256sha256", 13}, {"ecdsap384sha384", 14}, {"ed25519", 15}, {"ed448", 16},
    {"indirect", 252}, {"privatedns", 253}, {"privateoid", 254}, {NULL, 0},
};
static const mnemonic protocols[] = {{"none", 0}, {"tls", 1}, {"email", 2}, {"dnssec", 3}, {"ipsec", 4}, {"all", 255}, {NULL, 0}};
static const mnemonic digests[] = {{"sha-1", 1}, {"sha1", 1}, {"sha-256", 2}, {"sha256", 2}, {"gost", 3}, {"sha-384", 4}, {"sha384", 4}, {NULL, 0}};
static const mnemonic certificates[] = {{"pkix", 1}, {"spki", 2}, {"pgp", 3}, {"ipkix", 4}, {"ispki", 5}, {"ipgp", 6},
                                        {"acpkix", 7}, {"iacpkix", 8}, {"uri", 253}, {"oid", 254}, {NULL, 0}};

typedef struct {
    const char *name;
    uint32_t value, mask;
} key_flag;

/* RFC 2535 section 3.1.2 and RFC 4034 section 2.1.1. */
static const key_flag key_flags[] = {
    {"noconf", 0x4000, 0xc000}, {"noauth", 0x8000, 0xc000}, {"nokey", 0xc000, 0xc000}, {"flag2", 0x2000, 0x2000},
    {"extend", 0x1000, 0x1000}, {"flag4", 0x0800, 0x0800}, {"flag5", 0x0400, 0x0400}, {"user", 0x0000, 0x0300},
    {"zone", 0x0100, 0x0300}, {"host", 0x0200, 0x0300}, {"ntyp3", 0x0300, 0x0300}, {"flag8", 0x0080, 0x0080},
    {"flag9", 0x0040, 0x0040}, {"flag10", 0x0020, 0x0020}, {"flag11", 0x0010, 0x0010}, {"sig0", 0x0000, 0x000f},
    {"sig1", 1, 0xf}, {"sig2", 2, 0xf}, {"sig3", 3, 0xf}, {"sig4", 4, 0xf}, {"sig5", 5, 0xf}, {"sig6", 6, 0xf},
    {"sig7", 7, 0xf}, {"sig8", 8, 0xf}, {"sig9", 9, 0xf}, {"sig10", 10, 0xf}, {"sig11", 11, 0xf}, {"sig12", 12, 0xf},
    {"sig13", 13, 0xf}, {"sig14", 14, 0xf}, {"sig15", 15, 0xf}, {"ksk", 1, 1}, {NULL, 0, 0},
};

/* A number if it starts with a digit, else a mnemonic. */
static fs_reason read_code(const fs_token *token, const mnemonic *names, uint32_t limit, uint32_t *value) {
    if (token->length != 0 && (uint8_t)(token->text[0] - '0') < 10) {
        const fs_reason reason = fs_parse_u32(token->text, token->length, value);
        if (reason == FS_R_OK || reason == FS_R_RANGE) return reason == FS_R_OK && *value <= limit ? FS_R_OK : FS_R_RANGE;
    }
    for (; names->name != NULL; names++) {
        if (!fs_token_equals(token, names->name)) continue;
        *value = names->value;
        return FS_R_OK;
    }
    return FS_R_UNKNOWN;
}

static fs_reason field_code(fs_scanner *s, const mnemonic *names, uint32_t limit, uint32_t *value) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    const fs_reason reason = read_code(&token, names, limit, value);
    if (reason != FS_R_OK) fs_unlex(s);
    return reason;
}

fs_reason fs_field_algorithm(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, algorithms, UINT8_MAX, &value));
    return fs_put_u8(s, value);
}

fs_reason fs_field_protocol(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, protocols, UINT8_MAX, &value));
    return fs_put_u8(s, value);
}

fs_reason fs_field_digest(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, digests, UINT8_MAX, &value));
    return fs_put_u8(s, value);
}

fs_reason fs_field_cert(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, certificates, UINT16_MAX, &value));
    return fs_put_u16(s, value);
}

/* One name of a list of flags; names may not set the same bits twice. */
static fs_reason add_flag(const fs_token *name, uint32_t *value, uint32_t *mask) {
    for (const key_flag *flag = key_flags; flag->name != NULL; flag++) {
        if (!fs_token_equals(name, flag->name)) continue;
        if (*mask & flag->mask) return FS_R_UNKNOWN;
        *mask |= flag->mask;
        *value |= flag->value;
        return FS_R_OK;
    }
    return FS_R_UNKNOWN;
}

static fs_reason read_flags(const fs_token *token, uint32_t *value) {
    uint32_t mask = 0;
    *value = 0;
    if (token->length != 0 && (uint8_t)(token->text[0] - '0') < 10) {
        const fs_reason reason = fs_parse_u32(token->text, token->length, value);
        if (reason == FS_R_OK) return *value <= UINT16_MAX ? FS_R_OK : FS_R_RANGE;
        *value = 0;
    }
    for (uint32_t at = 0; at <= token->length;) {
        fs_token name = {token->text + at, 0, FS_TOKEN_STRING};
        while (at + name.length < token->length && name.text[name.length] != '|') name.length++;
        FS_TRY(add_flag(&name, value, &mask));
        at += name.length + 1;
    }
    return FS_R_OK;
}

fs_reason fs_field_keyflags(fs_scanner *s) {
    fs_token token;
    uint32_t value;
    FS_TRY(fs_lex_word(s, &token));
    const fs_reason reason = read_flags(&token, &value);
    if (reason != FS_R_OK) {
        fs_unlex(s);
        return reason;
    }
    return fs_put_u16(s, value);
}
