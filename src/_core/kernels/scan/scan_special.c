/* Fields that BIND reads in its own way in one type or another, whatever their letters say elsewhere. */
#include "scan_internal.h"

static fs_reason put_back(fs_scanner *s, fs_reason reason) {
    if (reason != FS_R_OK) fs_unlex(s);
    return reason;
}

//----------- Digests ----------------------------------------------------------

/* Octets a digest has by its type, FS_SOME or FS_ANY where that is not known. */
static int32_t digest_length(uint16_t type, uint8_t digest_type) {
    if (type == FS_TYPE_ZONEMD) return digest_type == 1 ? 48 : digest_type == 2 ? 64 : FS_SOME; /* RFC 8976 section 2.2.3 */
    switch (digest_type) { /* RFC 3658, RFC 4509, RFC 6605; fingerprints: RFC 4255, RFC 6594 */
    case 1: return 20;
    case 2: return 32;
    case 4: return type == FS_TYPE_SSHFP ? FS_ANY : 48;
    default: return type == FS_TYPE_SSHFP ? FS_ANY : FS_SOME;
    }
}

static fs_reason field_digest(fs_scanner *s) { return fs_read_hex(s, digest_length(s->type, s->out[-1])); }

/* Twelve octets at least (RFC 8976 section 2.2.4). */
static fs_reason field_zone_digest(fs_scanner *s) {
    const uint8_t *const start = s->out;
    const fs_reason reason = field_digest(s);
    return reason != FS_R_MORE && s->out - start < 12 ? FS_R_END : reason;
}

//----------- Keys and signatures ----------------------------------------------

/* A key's octets, which a KEY with the flags NOKEY does not have (RFC 2535 section 3.1.2). */
static fs_reason field_key(fs_scanner *s) {
    const uint16_t flags = fs_load_be16(s->out - 4);
    if (s->type == FS_TYPE_KEY && (flags & 0xc000) == 0xc000) return FS_R_OK;
    return fs_read_base64(s, FS_SOME);
}

static fs_reason field_no_flags(fs_scanner *s) {
    FS_TRY(fs_field_keyflags(s));
    return put_back(s, fs_load_be16(s->out_start) == 0 ? FS_R_OK : FS_R_FORM);
}

/* Fourteen digits, no seconds since 1970. */
static fs_reason field_date(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    fs_unlex(s);
    return token.length == 14 ? fs_field_time(s) : FS_R_SYNTAX;
}

static fs_reason field_signer(fs_scanner *s) {
    FS_TRY(fs_field_name(s));
    return put_back(s, fs_signer_fits(s->out_start) ? FS_R_OK : FS_R_RANGE);
}

//----------- What BIND does not put back when it is wrong -----------------------

static fs_reason careless_u8(fs_scanner *s) {
    uint32_t value;
    FS_TRY(fs_lex_number(s, &value));
    return value > UINT8_MAX ? FS_R_RANGE : fs_write_u8(s, value);
}

static fs_reason careless_u16(fs_scanner *s) {
    uint32_t value;
    FS_TRY(fs_lex_number(s, &value));
    return value > UINT16_MAX ? FS_R_RANGE : fs_write_u16(s, value);
}

fs_reason fs_careless_name(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    return fs_write_name(s, &token);
}

//----------- The rest ---------------------------------------------------------

static fs_reason field_quoted_name(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_text(s, &token));
    return put_back(s, fs_write_name(s, &token));
}

static fs_reason field_regex(fs_scanner *s) {
    const uint8_t *const start = s->out;
    FS_TRY(fs_field_string(s));
    return put_back(s, fs_check_regex(start));
}

static fs_reason field_any_base64(fs_scanner *s) { return fs_read_base64(s, FS_ANY); }

/* DOA (draft-durand-doa-over-dns): base64, or a `-` for none. */
static fs_reason field_doa(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    if (token.length == 1 && token.text[0] == '-') return FS_R_OK;
    fs_unlex(s);
    return fs_read_base64(s, FS_SOME);
}

static fs_reason field_eui48(fs_scanner *s) { return fs_read_eui(s, 6); }
static fs_reason field_eui64(fs_scanner *s) { return fs_read_eui(s, 8); }

//----------- The table --------------------------------------------------------

enum { ANYWHERE = 0xff };

/* Ascending by type. A field of this letter, at this place in the row. */
static const struct {
    uint16_t type;
    char letter;
    uint8_t at;
    fs_field *read;
} specials[] = {
    {FS_TYPE_X25, FS_FIELD_STRING, ANYWHERE, fs_field_x25},
    {FS_TYPE_SIG, FS_FIELD_TIME, ANYWHERE, field_date},
    {FS_TYPE_SIG, FS_FIELD_U16, ANYWHERE, careless_u16},
    {FS_TYPE_KEY, FS_FIELD_BASE64, ANYWHERE, field_key},
    {FS_TYPE_NAPTR, FS_FIELD_STRING, 4, field_regex},
    {FS_TYPE_SINK, FS_FIELD_BASE64, ANYWHERE, field_any_base64},
    {FS_TYPE_DS, FS_FIELD_HEX, ANYWHERE, field_digest},
    {FS_TYPE_SSHFP, FS_FIELD_HEX, ANYWHERE, field_digest},
    {FS_TYPE_RRSIG, FS_FIELD_NAME, ANYWHERE, field_signer},
    {FS_TYPE_RRSIG, FS_FIELD_U16, ANYWHERE, careless_u16},
    {FS_TYPE_DNSKEY, FS_FIELD_U8, ANYWHERE, fs_field_protocol},
    {FS_TYPE_NSEC3, FS_FIELD_U8, 0, fs_field_hashalgorithm},
    {FS_TYPE_NSEC3PARAM, FS_FIELD_U8, 0, fs_field_hashalgorithm},
    {FS_TYPE_RKEY, FS_FIELD_KEYFLAGS, ANYWHERE, field_no_flags},
    {FS_TYPE_RKEY, FS_FIELD_U8, ANYWHERE, fs_field_protocol},
    {FS_TYPE_CDS, FS_FIELD_HEX, ANYWHERE, field_digest},
    {FS_TYPE_CDNSKEY, FS_FIELD_U8, ANYWHERE, fs_field_protocol},
    {FS_TYPE_ZONEMD, FS_FIELD_U8, ANYWHERE, careless_u8},
    {FS_TYPE_ZONEMD, FS_FIELD_HEX, ANYWHERE, field_zone_digest},
    {FS_TYPE_SVCB, FS_FIELD_NAME_KEPT, ANYWHERE, field_quoted_name},
    {FS_TYPE_HTTPS, FS_FIELD_NAME_KEPT, ANYWHERE, field_quoted_name},
    {FS_TYPE_DSYNC, FS_FIELD_U8, ANYWHERE, fs_field_scheme},
    {FS_TYPE_LP, FS_FIELD_NAME_KEPT, ANYWHERE, fs_careless_name},
    {FS_TYPE_EUI48, FS_FIELD_EUI, ANYWHERE, field_eui48},
    {FS_TYPE_EUI64, FS_FIELD_EUI, ANYWHERE, field_eui64},
    {FS_TYPE_DOA, FS_FIELD_BASE64, ANYWHERE, field_doa},
    {FS_TYPE_TA, FS_FIELD_HEX, ANYWHERE, field_digest},
    {FS_TYPE_DLV, FS_FIELD_HEX, ANYWHERE, field_digest},
    {FS_TYPE_KEYDATA, FS_FIELD_TIME, ANYWHERE, field_date},
    {FS_TYPE_KEYDATA, FS_FIELD_U8, ANYWHERE, fs_field_protocol},
};

fs_field *fs_special_field(uint16_t type, char letter, uint32_t at) {
    for (size_t i = 0; i < sizeof specials / sizeof specials[0] && specials[i].type <= type; i++)
        if (specials[i].type == type && specials[i].letter == letter && (specials[i].at == ANYWHERE || specials[i].at == at)) return specials[i].read;
    return NULL;
}

/* Types of the Internet mean nothing in another class, but for Hesiod's A (lib/dns/rdata/in_1, hs_4). Chaosnet's A, a name and a
 * number, is not known here. */
bool fs_known_in_class(uint16_t type, uint16_t rrclass) {
    static const uint64_t internet = 1ULL << 1 | 1ULL << 11 | 1ULL << 22 | 1ULL << 23 | 1ULL << 26 | 1ULL << 28 | 1ULL << 31 | 1ULL << 32 |
                                     1ULL << 33 | 1ULL << 34 | 1ULL << 36 | 1ULL << 38 | 1ULL << 42 | 1ULL << 49;
    enum { IN = 1, HESIOD = 4 };
    if (FS_LIKELY(rrclass == IN) || (rrclass == HESIOD && type == FS_TYPE_A)) return true;
    return !(type < 64 ? internet >> type & 1 : type == FS_TYPE_SVCB || type == FS_TYPE_HTTPS);
}
