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

static const mnemonic schemes[] = {{"notify", 1}, {NULL, 0}}; /* RFC 9859 section 6.2 */

static const mnemonic hash_algorithms[] = {{"sha-1", 1}, {NULL, 0}};

/* RFC 2535 section 3.1.2 and RFC 4034 section 2.1.1; in the order that BIND looks for them. */
static const mnemonic key_flags[] = {
    {"noconf", 0x4000}, {"noauth", 0x8000}, {"nokey", 0xc000}, {"flag2", 0x2000}, {"extend", 0x1000}, {"flag4", 0x0800},
    {"flag5", 0x0400}, {"user", 0}, {"zone", 0x0100}, {"host", 0x0200}, {"ntyp3", 0x0300}, {"flag8", 0x0080}, {"flag9", 0x0040},
    {"flag10", 0x0020}, {"flag11", 0x0010}, {"sig0", 0}, {"sig1", 1}, {"sig2", 2}, {"sig3", 3}, {"sig4", 4}, {"sig5", 5},
    {"sig6", 6}, {"sig7", 7}, {"sig8", 8}, {"sig9", 9}, {"sig10", 10}, {"sig11", 11}, {"sig12", 12}, {"sig13", 13},
    {"sig14", 14}, {"sig15", 15}, {"ksk", 1}, {NULL, 0},
};

/* A number in decimal, or if that fails and `hex` says so in hexadecimal; FS_R_NUMBER for what must be a mnemonic. */
static fs_reason read_numeric(const fs_token *token, uint32_t limit, bool hex, uint32_t *value) {
    enum { DIGITS_MAX = 12 };
    if (token->length == 0 || token->length > DIGITS_MAX || (uint8_t)(token->text[0] - '0') > 9) return FS_R_NUMBER;
    const fs_reason reason = fs_parse_u32(token->text, token->length, value);
    if (reason != FS_R_NUMBER) return reason == FS_R_OK && *value <= limit ? FS_R_OK : FS_R_RANGE;
    if (!hex) return FS_R_NUMBER;
    uint64_t n = 0;
    const uint32_t prefix = token->length > 2 && token->text[0] == '0' && (token->text[1] | 0x20) == 'x' ? 2 : 0;
    for (uint32_t i = prefix; i < token->length; i++) {
        if (fs_hex_digit[token->text[i]] > 15) return FS_R_NUMBER;
        n = n << 4 | fs_hex_digit[token->text[i]];
    }
    *value = (uint32_t)n;
    return n <= limit ? FS_R_OK : FS_R_RANGE;
}

static fs_reason read_code(const fs_token *token, const mnemonic *names, uint32_t limit, uint32_t *value) {
    const fs_reason reason = read_numeric(token, limit, false, value);
    if (reason != FS_R_NUMBER) return reason;
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
    return fs_write_u8(s, value);
}

fs_reason fs_field_hashalgorithm(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, hash_algorithms, UINT8_MAX, &value));
    return fs_write_u8(s, value);
}

fs_reason fs_field_protocol(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, protocols, UINT8_MAX, &value));
    return fs_write_u8(s, value);
}

fs_reason fs_field_digest(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, digests, UINT8_MAX, &value));
    return fs_write_u8(s, value);
}

fs_reason fs_field_scheme(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, schemes, UINT8_MAX, &value));
    return fs_write_u8(s, value);
}

fs_reason fs_field_cert(fs_scanner *s) {
    uint32_t value;
    FS_TRY(field_code(s, certificates, UINT16_MAX, &value));
    return fs_write_u16(s, value);
}

/* One name of a list of flags; the start of one will do. */
static fs_reason add_flag(const uint8_t *name, uint32_t length, uint32_t *value) {
    for (const mnemonic *flag = key_flags; flag->name != NULL; flag++) {
        uint32_t i = 0;
        while (i < length && flag->name[i] != 0 && fs_lower[name[i]] == (uint8_t)flag->name[i]) i++;
        if (i < length) continue;
        *value |= flag->value;
        return FS_R_OK;
    }
    return FS_R_FLAG;
}

static fs_reason read_flags(const fs_token *token, uint32_t *value) {
    const fs_reason reason = read_numeric(token, UINT16_MAX, true, value);
    if (reason != FS_R_NUMBER) return reason;
    *value = 0;
    for (uint32_t at = 0; at < token->length;) {
        uint32_t length = 0;
        while (at + length < token->length && token->text[at + length] != '|') length++;
        FS_TRY(add_flag(token->text + at, length, value));
        at += length + 1;
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
    return fs_write_u16(s, value);
}
