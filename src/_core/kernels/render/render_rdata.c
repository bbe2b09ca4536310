/* RDATA as text, field by field along the table of types; the types that BIND lays out in their own way come first. */
#include "render_rdata.h"

#include "base32.h"
#include "base64.h"
#include "hex.h"
#include "rrtypes.h"

enum {
    TYPE_KEY = 25, TYPE_CERT = 37, TYPE_IPSECKEY = 45, TYPE_DHCID = 49, TYPE_RKEY = 57, TYPE_DSYNC = 66, TYPE_HHIT = 67,
    TYPE_BRID = 68, TYPE_DOA = 259, TYPE_AMTRELAY = 260, TYPE_KEYDATA = 65533,
    ALGORITHM_PRIVATEDNS = 253
};

//----------- What the writers stand on ----------------------------------------

const uint8_t *fs_take_name(fs_cursor *in) {
    const uint8_t *name = in->at;
    const uint32_t left = fs_left(in);
    uint32_t n = 0;
    while (n < left && name[n] != 0) {
        if (name[n] > FS_LABEL_MAX) return NULL;
        n += 1u + name[n];
    }
    if (n >= left || n >= FS_NAME_MAX) return NULL;
    in->at += n + 1;
    return name;
}

FS_INLINE char *put_gap(char *at, const fs_style *style) { return fs_put_gap(at, &style->gap); }

char *fs_put_hex_rest(char *at, fs_cursor *in, const fs_style *style) {
    at = fs_hex_words(at, in->at, fs_left(in), style->hex_octets, &style->gap);
    in->at = in->end;
    return at;
}

char *fs_put_base64_rest(char *at, fs_cursor *in, const fs_style *style) {
    at = fs_base64_words(at, in->at, fs_left(in), style->base64_octets, &style->gap);
    in->at = in->end;
    return at;
}

/* RFC 3597 section 5. */
char *fs_put_unknown(char *at, fs_cursor *in, const fs_style *style) {
    at = fs_put_decimal(FS_PUT(at, "\\# "), fs_left(in));
    if (fs_left(in) == 0) return at;
    at = style->multiline ? FS_PUT(at, " ( ") : FS_PUT(at, " ");
    at = fs_put_hex_rest(at, in, style);
    return style->multiline ? FS_PUT(at, " )") : at;
}

static char *put_window(char *at, uint32_t base, const uint8_t *bits, uint32_t length, int first) {
    for (uint32_t i = 0; i < length * 8; i++) {
        if (!(bits[i / 8] & (0x80 >> (i % 8)))) continue;
        if (!first) at = fs_put_char(at, ' ');
        at = fs_put_type(at, (uint16_t)(base + i));
        first = 0;
    }
    return at;
}

char *fs_put_bitmap(char *at, fs_cursor *in, const fs_style *style, int lines) {
    for (int first = 1; fs_left(in) > 0; first = 0) {
        const uint8_t *head = fs_take(in, 2);
        const uint8_t *bits = head == NULL ? NULL : fs_take(in, head[1]);
        if (bits == NULL || head[1] == 0 || head[1] > 32) return NULL;
        if (lines) at = put_gap(at, style);
        at = put_window(at, head[0] * 256u, bits, head[1], first || lines);
    }
    return at;
}

//----------- Fields, one function a letter ------------------------------------

static char *put_name(char *at, fs_cursor *in, const fs_style *style) {
    const uint8_t *name = fs_take_name(in);
    return name == NULL ? NULL : fs_put_data_name(at, name, style);
}

static char *put_u8(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *p = fs_take(in, 1);
    return p == NULL ? NULL : fs_put_decimal(at, p[0]);
}

static char *put_u16(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *p = fs_take(in, 2);
    return p == NULL ? NULL : fs_put_decimal(at, fs_load_be16(p));
}

static char *put_u32(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *p = fs_take(in, 4);
    return p == NULL ? NULL : fs_put_decimal(at, fs_load_be32(p));
}

static char *put_type(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *p = fs_take(in, 2);
    return p == NULL ? NULL : fs_put_type(at, fs_load_be16(p));
}

static char *put_time(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *p = fs_take(in, 4);
    return p == NULL ? NULL : fs_put_time(at, fs_load_be32(p));
}

static char *put_ipv4(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *p = fs_take(in, 4);
    return p == NULL ? NULL : fs_put_ipv4(at, p);
}

static char *put_ipv6(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *p = fs_take(in, 16);
    return p == NULL ? NULL : fs_put_ipv6(at, p);
}

static char *put_quoted(char *at, const uint8_t *octets, uint32_t n) {
    return fs_put_char(fs_put_escaped(fs_put_char(at, '"'), octets, n), '"');
}

static char *put_string(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *length = fs_take(in, 1);
    const uint8_t *octets = length == NULL ? NULL : fs_take(in, *length);
    return octets == NULL ? NULL : put_quoted(at, octets, *length);
}

static char *put_strings(char *at, fs_cursor *in, const fs_style *style) {
    at = put_string(at, in, style);
    while (at != NULL && fs_left(in) > 0) at = put_string(fs_put_char(at, ' '), in, style);
    return at;
}

static char *put_text_rest(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    at = put_quoted(at, in->at, fs_left(in));
    in->at = in->end;
    return at;
}

static char *put_tag(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *length = fs_take(in, 1);
    const uint8_t *octets = length == NULL ? NULL : fs_take(in, *length);
    return octets == NULL ? NULL : fs_put(at, octets, *length);
}

static char *put_salt(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *length = fs_take(in, 1);
    const uint8_t *salt = length == NULL ? NULL : fs_take(in, *length);
    if (salt == NULL) return NULL;
    return *length == 0 ? fs_put_char(at, '-') : fs_hex_encode(at, salt, *length);
}

static char *put_hash(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *length = fs_take(in, 1);
    const uint8_t *hash = length == NULL ? NULL : fs_take(in, *length);
    return hash == NULL ? NULL : fs_base32hex_encode(at, hash, *length);
}

static char *put_types(char *at, fs_cursor *in, const fs_style *style) { return fs_put_bitmap(at, in, style, 0); }

/* Lower-case hex octets; sep stands between them where it is not 0. */
static char *put_lower_hex(char *at, const uint8_t *octets, uint32_t n, char sep) {
    static const char digits[16] = "0123456789abcdef";
    for (uint32_t i = 0; i < n; i++) {
        if (i != 0 && sep != 0) *at++ = sep;
        *at++ = digits[octets[i] >> 4];
        *at++ = digits[octets[i] & 15];
    }
    return at;
}

static char *put_eui(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    at = put_lower_hex(at, in->at, fs_left(in), '-');
    in->at = in->end;
    return at;
}

static char *put_nsap(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    at = put_lower_hex(FS_PUT(at, "0x"), in->at, fs_left(in), 0);
    in->at = in->end;
    return at;
}

static char *put_hex_group(char *at, uint32_t group) {
    static const char digits[16] = "0123456789abcdef";
    if (group >= 0x1000) *at++ = digits[group >> 12];
    if (group >= 0x100) *at++ = digits[(group >> 8) & 15];
    if (group >= 0x10) *at++ = digits[(group >> 4) & 15];
    *at++ = digits[group & 15];
    return at;
}

/* RFC 6742: four groups, leading zeros left out. */
static char *put_locator(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *p = fs_take(in, 8);
    if (p == NULL) return NULL;
    at = put_hex_group(at, fs_load_be16(p));
    for (unsigned i = 2; i < 8; i += 2) at = put_hex_group(fs_put_char(at, ':'), fs_load_be16(p + i));
    return at;
}

/* CERT types (RFC 4398 section 2.1), by name where they have one. */
static char *put_cert_type(char *at, fs_cursor *in, const fs_style *style) {
    static const char *const names[] = {[1] = "PKIX", [2] = "SPKI", [3] = "PGP", [4] = "IPKIX", [5] = "ISPKI", [6] = "IPGP",
                                        [7] = "ACPKIX", [8] = "IACPKIX"};
    (void)style;
    const uint8_t *p = fs_take(in, 2);
    if (p == NULL) return NULL;
    const uint16_t type = fs_load_be16(p);
    if (type >= 1 && type <= 8) return fs_put_string(at, names[type]);
    if (type == 253) return FS_PUT(at, "URI");
    return type == 254 ? FS_PUT(at, "OID") : fs_put_decimal(at, type);
}

static fs_field_writer *const writers[128] = {
    [FS_FIELD_NAME] = put_name, [FS_FIELD_NAME_KEPT] = put_name,
    [FS_FIELD_U8] = put_u8, [FS_FIELD_ALGORITHM] = put_u8, [FS_FIELD_PROTOCOL] = put_u8, [FS_FIELD_DIGEST] = put_u8,
    [FS_FIELD_U16] = put_u16, [FS_FIELD_KEYFLAGS] = put_u16, [FS_FIELD_U32] = put_u32, [FS_FIELD_PERIOD] = put_u32,
    [FS_FIELD_TYPE] = put_type, [FS_FIELD_CERT] = put_cert_type, [FS_FIELD_TIME] = put_time,
    [FS_FIELD_IPV4] = put_ipv4, [FS_FIELD_IPV6] = put_ipv6,
    [FS_FIELD_STRING] = put_string, [FS_FIELD_STRING_OPTIONAL] = put_string, [FS_FIELD_STRINGS] = put_strings,
    [FS_FIELD_TEXT_REST] = put_text_rest, [FS_FIELD_TAG] = put_tag, [FS_FIELD_GPOS] = put_string,
    [FS_FIELD_SALT] = put_salt, [FS_FIELD_HASH] = put_hash, [FS_FIELD_BITMAP] = put_types,
    [FS_FIELD_EUI] = put_eui, [FS_FIELD_LOCATOR] = put_locator, [FS_FIELD_NSAP] = put_nsap, [FS_FIELD_ATMA] = fs_put_atma,
    [FS_FIELD_NXT_BITMAP] = fs_put_nxt_bitmap, [FS_FIELD_LOC] = fs_put_loc, [FS_FIELD_APL] = fs_put_apl,
    [FS_FIELD_WKS] = fs_put_wks, [FS_FIELD_SVC] = fs_put_svc, [FS_FIELD_HIP] = fs_put_hip, [FS_FIELD_A6] = fs_put_a6,
    [FS_FIELD_OPAQUE] = fs_put_unknown,
};

//----------- Types with a layout of their own ---------------------------------

/* SOA: each number on a line with its meaning. */
static char *put_soa(char *at, fs_cursor *in, const fs_style *style) {
    static const char *const meaning[5] = {"serial", "refresh", "retry", "expire", "minimum"};
    const uint8_t *mname = fs_take_name(in), *rname = mname == NULL ? NULL : fs_take_name(in);
    const uint8_t *numbers = rname == NULL ? NULL : fs_take(in, 20);
    if (numbers == NULL) return NULL;
    at = fs_put_data_name(fs_put_char(fs_put_data_name(at, mname, style), ' '), rname, style);
    if (style->multiline) at = FS_PUT(at, " (");
    for (unsigned i = 0; i < 5; i++) {
        const uint32_t number = fs_load_be32(numbers + 4 * i);
        char *start = at = put_gap(at, style);
        at = fs_put_decimal(at, number);
        if (!style->multiline) continue;
        while (at < start + 10) *at++ = ' ';
        at = fs_put_string(FS_PUT(at, " ; "), meaning[i]);
        if (i != 0) at = fs_put_char(fs_put_period(FS_PUT(at, " ("), number), ')');
    }
    return style->multiline ? fs_put_char(put_gap(at, style), ')') : at;
}

/* RRSIG and SIG differ in where the parenthesis opens. */
static char *put_signature(char *at, fs_cursor *in, const fs_style *style, int is_rrsig) {
    const uint8_t *head = fs_take(in, FS_RRSIG_HEAD), *signer = head == NULL ? NULL : fs_take_name(in);
    if (signer == NULL) return NULL;
    at = is_rrsig ? fs_put_type(at, fs_load_be16(head)) : fs_put_old_type(at, fs_load_be16(head));
    at = fs_put_char(fs_put_decimal(fs_put_char(at, ' '), head[2]), ' ');
    at = fs_put_char(fs_put_decimal(at, head[3]), ' ');
    at = fs_put_decimal(at, fs_load_be32(head + 4));
    if (style->multiline && is_rrsig) at = FS_PUT(at, " (");
    at = is_rrsig ? put_gap(at, style) : fs_put_char(at, ' ');
    at = fs_put_time(at, fs_load_be32(head + 8));
    if (style->multiline && !is_rrsig) at = FS_PUT(at, " (");
    at = is_rrsig ? fs_put_char(at, ' ') : put_gap(at, style);
    at = fs_put_char(fs_put_time(at, fs_load_be32(head + 12)), ' ');
    at = fs_put_char(fs_put_decimal(at, fs_load_be16(head + 16)), ' ');
    at = put_gap(fs_put_name(at, signer), style);
    at = fs_put_base64_rest(at, in, style);
    return style->multiline ? FS_PUT(at, " )") : at;
}

/* RFC 4034 appendix B. */
static uint16_t key_tag(const uint8_t *rdata, uint32_t length) {
    if (rdata[3] == 1) return length < 7 ? 0 : fs_load_be16(rdata + length - 3); /* RSAMD5: appendix B.1 */
    uint32_t sum = 0;
    for (uint32_t i = 0; i < length; i++) sum += i & 1 ? rdata[i] : (uint32_t)rdata[i] << 8;
    return (uint16_t)(sum + (sum >> 16));
}

/* The algorithm's mnemonic or number; of PRIVATEDNS the name that the key starts with. */
static char *put_algorithm(char *at, uint8_t algorithm, fs_cursor key) {
    const uint8_t *name = algorithm == ALGORITHM_PRIVATEDNS ? fs_take_name(&key) : NULL;
    if (name != NULL) return name[0] == 0 ? fs_put_char(at, '.') : fs_put_name(at, name) - 1;
    const char *mnemonic = fs_algorithm_to_text(algorithm);
    return mnemonic != NULL ? fs_put_string(at, mnemonic) : fs_put_decimal(at, algorithm);
}

/* KEY, DNSKEY, CDNSKEY and RKEY; the comment names the role by the flags SEP and REVOKE (RFC 4034 2.1.1, RFC 5011 section 3). */
static char *put_key(char *at, fs_cursor *in, const fs_style *style, uint16_t type) {
    const uint8_t *rdata = in->at;
    const uint32_t length = fs_left(in);
    if (fs_take(in, 4) == NULL) return NULL;
    const uint16_t flags = fs_load_be16(rdata);
    at = fs_put_char(fs_put_decimal(at, flags), ' ');
    at = fs_put_decimal(fs_put_char(fs_put_decimal(at, rdata[2]), ' '), rdata[3]);
    if (type == TYPE_KEY && (flags & 0xc000) == 0xc000) return at; /* RFC 2535 section 3.1.2: no key */
    const fs_cursor key = *in;
    if (style->multiline) at = FS_PUT(at, " (");
    at = fs_put_base64_rest(put_gap(at, style), in, style);
    if (!style->multiline) return at;
    at = fs_put_char(put_gap(at, style), ')');
    if (type == FS_TYPE_DNSKEY || type == FS_TYPE_CDNSKEY) {
        const char *ksk = flags & 0x80 ? " ; revoked KSK" : " ; KSK";
        at = fs_put_string(at, flags & 1 ? ksk : " ; ZSK");
    }
    at = put_algorithm(FS_PUT(at, "; alg = "), rdata[3], key);
    return fs_put_decimal(FS_PUT(at, " ; key id = "), key_tag(rdata, length));
}

static char *put_nsec3(char *at, fs_cursor *in, const fs_style *style) {
    for (unsigned i = 0; i < 2; i++) {
        if ((at = put_u8(at, in, style)) == NULL) return NULL;
        *at++ = ' ';
    }
    if ((at = put_u16(at, in, style)) == NULL) return NULL;
    if ((at = put_salt(fs_put_char(at, ' '), in, style)) == NULL) return NULL;
    if (style->multiline) at = FS_PUT(at, " (");
    if ((at = put_hash(put_gap(at, style), in, style)) == NULL) return NULL;
    if (!style->multiline && fs_left(in) > 0) at = fs_put_char(at, ' ');
    at = fs_put_bitmap(at, in, style, style->multiline);
    return at != NULL && style->multiline ? FS_PUT(at, " )") : at;
}

static char *put_cert(char *at, fs_cursor *in, const fs_style *style) {
    if ((at = put_cert_type(at, in, style)) == NULL) return NULL;
    if ((at = put_u16(fs_put_char(at, ' '), in, style)) == NULL) return NULL;
    const uint8_t *algorithm = fs_take(in, 1);
    if (algorithm == NULL) return NULL;
    const char *mnemonic = fs_algorithm_to_text(*algorithm);
    at = fs_put_char(at, ' ');
    at = mnemonic != NULL ? fs_put_string(at, mnemonic) : fs_put_decimal(at, *algorithm);
    if (style->multiline) at = FS_PUT(at, " (");
    at = fs_put_base64_rest(put_gap(at, style), in, style);
    return style->multiline ? FS_PUT(at, " )") : at;
}

//----------- The driver -------------------------------------------------------

/* Hexadecimal or base64 as the last field: in parentheses, on lines of its own behind other fields. */
static char *put_tail(char *at, fs_cursor *in, const fs_style *style, char letter, int alone) {
    if (style->multiline) at = alone ? FS_PUT(at, "( ") : FS_PUT(at, " (");
    if (!alone) at = put_gap(at, style);
    at = letter == FS_FIELD_HEX ? fs_put_hex_rest(at, in, style) : fs_put_base64_rest(at, in, style);
    return style->multiline ? FS_PUT(at, " )") : at;
}

/* May the RDATA end before this field? */
static int may_be_missing(char letter) {
    switch (letter) {
    case FS_FIELD_HEX: case FS_FIELD_BASE64: case FS_FIELD_BITMAP: case FS_FIELD_NXT_BITMAP: case FS_FIELD_SVC: case FS_FIELD_APL:
    case FS_FIELD_STRING_OPTIONAL: return 1;
    default: return 0;
    }
}

static char *put_fields(char *at, const char *fields, fs_cursor *in, const fs_style *style) {
    for (const char *field = fields; *field != 0 && at != NULL; field++) {
        if (in->at == in->end && may_be_missing(*field)) break;
        if (*field == FS_FIELD_HEX || *field == FS_FIELD_BASE64) {
            at = put_tail(at, in, style, *field, field == fields);
            continue;
        }
        if (field != fields) at = fs_put_char(at, ' ');
        at = writers[(unsigned char)*field](at, in, style);
    }
    return at;
}

static char *put_by_type(char *at, uint16_t type, fs_cursor *in, const fs_style *style) {
    switch (type) {
    case FS_TYPE_NS: case FS_TYPE_CNAME: return put_name(at, in, style);
    case FS_TYPE_SOA: return put_soa(at, in, style);
    case FS_TYPE_RRSIG: return put_signature(at, in, style, 1);
    case FS_TYPE_SIG: return put_signature(at, in, style, 0);
    case FS_TYPE_DNSKEY: case FS_TYPE_CDNSKEY: case TYPE_KEY: case TYPE_RKEY: return put_key(at, in, style, type);
    case FS_TYPE_NSEC3: return put_nsec3(at, in, style);
    case TYPE_CERT: return put_cert(at, in, style);
    case TYPE_IPSECKEY: return fs_put_ipseckey(at, in, style);
    case TYPE_AMTRELAY: return fs_put_amtrelay(at, in, style);
    case TYPE_DHCID: return fs_put_dhcid(at, in, style);
    case TYPE_DSYNC: return fs_put_dsync(at, in, style);
    case TYPE_HHIT: case TYPE_BRID: return fs_put_hhit(at, in, style);
    case TYPE_DOA: return fs_put_doa(at, in, style);
    case TYPE_KEYDATA: return fs_put_unknown(at, in, style);
    default: break;
    }
    const fs_rrtype *row = fs_rrtype_by_number(type);
    return row == NULL ? fs_put_unknown(at, in, style) : put_fields(at, row->fields, in, style);
}

char *fs_rdata_to_text(char *at, uint16_t type, const uint8_t *rdata, uint32_t length, const fs_style *style) {
    fs_cursor in = {rdata, rdata + length};
    at = put_by_type(at, type, &in, style);
    return in.at == in.end ? at : NULL;
}
