/* RDATA as text: the fields and types that are rare, each with its own form in BIND. */
#include "base64.h"
#include "hex.h"
#include "render_rdata.h"

//----------- LOC (RFC 1876) ---------------------------------------------------

static const uint32_t powers_of_ten[8] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

/* A size or precision: mantissa and exponent of centimetres. */
static char *put_centimetres(char *at, uint8_t value) {
    const uint32_t mantissa = value >> 4, exponent = value & 15;
    if (exponent > 9) return NULL;
    if (exponent > 1) return fs_put_char(fs_put_decimal(at, mantissa * powers_of_ten[exponent - 2]), 'm');
    const uint32_t hundredths = mantissa * powers_of_ten[exponent];
    at = FS_PUT(at, "0.");
    if (hundredths < 10) at = fs_put_char(at, '0');
    return fs_put_char(fs_put_decimal(at, hundredths), 'm');
}

/* Thousandths of a second of arc, 2^31 being the equator or the prime meridian. */
static char *put_angle(char *at, uint32_t value, const char *positive, const char *negative) {
    const int is_positive = value >= 0x80000000;
    uint32_t left = is_positive ? value - 0x80000000 : 0x80000000 - value;
    const uint32_t thousandths = left % 1000;
    left /= 1000;
    at = fs_put_char(fs_put_decimal(at, left / 3600), ' ');
    at = fs_put_char(fs_put_decimal(at, left / 60 % 60), ' ');
    at = fs_put_char(fs_put_decimal(at, left % 60), '.');
    if (thousandths < 100) at = fs_put_char(at, '0');
    if (thousandths < 10) at = fs_put_char(at, '0');
    return fs_put_string(fs_put_char(fs_put_decimal(at, thousandths), ' '), is_positive ? positive : negative);
}

char *fs_put_loc(char *at, fs_cursor *in, const fs_style *style) {
    if (fs_left(in) > 0 && in->at[0] != 0) return fs_put_unknown(at, in, style); /* a version yet to come */
    const uint8_t *p = fs_take(in, 16);
    if (p == NULL) return NULL;
    at = fs_put_char(put_angle(at, fs_load_be32(p + 4), "N", "S"), ' ');
    at = fs_put_char(put_angle(at, fs_load_be32(p + 8), "E", "W"), ' ');
    const uint32_t altitude = fs_load_be32(p + 12); /* centimetres, 100 km below the spheroid being 0 */
    const uint32_t height = altitude < 10000000 ? 10000000 - altitude : altitude - 10000000;
    if (altitude < 10000000) at = fs_put_char(at, '-');
    at = fs_put_char(fs_put_decimal(at, height / 100), '.');
    if (height % 100 < 10) at = fs_put_char(at, '0');
    at = fs_put_char(fs_put_decimal(at, height % 100), 'm');
    for (unsigned i = 1; i < 4; i++) {
        if ((at = put_centimetres(fs_put_char(at, ' '), p[i])) == NULL) return NULL;
    }
    return at;
}

//----------- Addresses and services -------------------------------------------

/* RFC 3123. */
static char *put_apl_item(char *at, fs_cursor *in) {
    uint8_t address[16] = {0};
    const uint8_t *head = fs_take(in, 4);
    if (head == NULL) return NULL;
    const uint16_t family = fs_load_be16(head);
    const uint32_t length = head[3] & 0x7f, size = family == 1 ? 4 : 16;
    const uint8_t *octets = fs_take(in, length);
    if (octets == NULL || family == 0 || family > 2 || length > size) return NULL;
    memcpy(address, octets, length);
    if (head[3] & 0x80) at = fs_put_char(at, '!');
    at = fs_put_char(fs_put_decimal(at, family), ':');
    at = family == 1 ? fs_put_ipv4(at, address) : fs_put_ipv6(at, address);
    return fs_put_decimal(fs_put_char(at, '/'), head[2]);
}

char *fs_put_apl(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    at = put_apl_item(at, in);
    while (at != NULL && fs_left(in) > 0) at = put_apl_item(fs_put_char(at, ' '), in);
    return at;
}

/* RFC 1035 section 3.4.2: address, protocol and a bitmap of ports. */
char *fs_put_wks(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *head = fs_take(in, 5);
    if (head == NULL) return NULL;
    at = fs_put_decimal(fs_put_char(fs_put_ipv4(at, head), ' '), head[4]);
    const uint8_t *bits = in->at;
    const uint32_t ports = fs_left(in) * 8;
    in->at = in->end;
    for (uint32_t port = 0; port < ports; port++) {
        if (bits[port / 8] & (0x80 >> (port % 8))) at = fs_put_decimal(fs_put_char(at, ' '), port);
    }
    return at;
}

/* RFC 2535 section 5.2. */
char *fs_put_nxt_bitmap(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *bits = in->at;
    const uint32_t types = fs_left(in) * 8;
    const char *start = at;
    in->at = in->end;
    for (uint32_t type = 0; type < types; type++) {
        if (!(bits[type / 8] & (0x80 >> (type % 8)))) continue;
        if (at != start) at = fs_put_char(at, ' ');
        at = fs_put_old_type(at, (uint16_t)type);
    }
    return at;
}

/* RFC 2874 section 3.1: prefix length, suffix, prefix name. BIND parts the three by blanks even where the suffix is missing. */
char *fs_put_a6(char *at, fs_cursor *in, const fs_style *style) {
    const uint8_t *bits = fs_take(in, 1);
    if (bits == NULL || *bits > 128) return NULL;
    uint8_t address[16] = {0};
    const uint32_t skip = *bits / 8u;
    const uint8_t *suffix = fs_take(in, 16 - skip);
    if (suffix == NULL) return NULL;
    memcpy(address + skip, suffix, 16 - skip);
    at = fs_put_char(fs_put_decimal(at, *bits), ' ');
    if (*bits != 128) {
        address[skip] &= (uint8_t)(0xff >> (*bits % 8));
        at = fs_put_ipv6(at, address);
    }
    if (*bits == 0) return at;
    const uint8_t *name = fs_take_name(in);
    return name == NULL ? NULL : fs_put_data_name(fs_put_char(at, ' '), name, style);
}

/* ATM address (af-saa-0069): E.164 digits, or the hex of an end system address. */
char *fs_put_atma(char *at, fs_cursor *in, const fs_style *style) {
    static const char digits[16] = "0123456789abcdef";
    (void)style;
    const uint8_t *format = fs_take(in, 1);
    if (format == NULL || *format > 1) return NULL;
    const uint32_t n = fs_left(in);
    const uint8_t *octets = fs_take(in, n);
    if (*format == 1) return fs_put(fs_put_char(at, '+'), octets, n);
    for (uint32_t i = 0; i < n; i++) {
        *at++ = digits[octets[i] >> 4];
        *at++ = digits[octets[i] & 15];
    }
    return at;
}

//----------- SVCB and HTTPS (RFC 9460) ----------------------------------------

enum { SVC_MANDATORY = 0, SVC_ALPN = 1, SVC_NO_DEFAULT_ALPN = 2, SVC_PORT = 3, SVC_IPV4HINT = 4, SVC_ECH = 5, SVC_IPV6HINT = 6 };

static char *put_svc_key(char *at, uint16_t key) {
    static const char *const names[7] = {"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"};
    return key < 7 ? fs_put_string(at, names[key]) : fs_put_decimal(FS_PUT(at, "key"), key);
}

/* Protocol ids in one quoted string: commas and backslashes of an id are escaped twice (RFC 9460 appendix A.1). */
static char *put_alpn(char *at, fs_cursor *in) {
    at = fs_put_char(at, '"');
    for (int first = 1; fs_left(in) > 0; first = 0) {
        const uint8_t *length = fs_take(in, 1), *id = fs_take(in, *length);
        if (id == NULL) return NULL;
        if (!first) at = fs_put_char(at, ',');
        for (uint32_t i = 0; i < *length; i++) {
            if (id[i] == ',' || id[i] == '\\') at = FS_PUT(at, "\\\\");
            at = fs_put_escaped_word(at, id + i, 1);
        }
    }
    return fs_put_char(at, '"');
}

static char *put_svc_keys(char *at, fs_cursor *in) {
    for (int first = 1; fs_left(in) > 0; first = 0) {
        const uint8_t *key = fs_take(in, 2);
        if (key == NULL) return NULL;
        if (!first) at = fs_put_char(at, ',');
        at = put_svc_key(at, fs_load_be16(key));
    }
    return at;
}

static char *put_svc_addresses(char *at, fs_cursor *in, uint32_t size) {
    for (int first = 1; fs_left(in) > 0; first = 0) {
        const uint8_t *address = fs_take(in, size);
        if (address == NULL) return NULL;
        if (!first) at = fs_put_char(at, ',');
        at = size == 4 ? fs_put_ipv4(at, address) : fs_put_ipv6(at, address);
    }
    return at;
}

static char *put_svc_value(char *at, uint16_t key, fs_cursor value) {
    const uint32_t length = fs_left(&value);
    switch (key) {
    case SVC_MANDATORY: return put_svc_keys(at, &value);
    case SVC_ALPN: return put_alpn(at, &value);
    case SVC_PORT: return length == 2 ? fs_put_decimal(at, fs_load_be16(value.at)) : NULL;
    case SVC_IPV4HINT: return put_svc_addresses(at, &value, 4);
    case SVC_ECH: return fs_base64_encode(at, value.at, length);
    case SVC_IPV6HINT: return put_svc_addresses(at, &value, 16);
    default: return fs_put_char(fs_put_escaped(fs_put_char(at, '"'), value.at, length), '"');
    }
}

char *fs_put_svc(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    for (int first = 1; at != NULL && fs_left(in) > 0; first = 0) {
        const uint8_t *head = fs_take(in, 4);
        const uint8_t *value = head == NULL ? NULL : fs_take(in, fs_load_be16(head + 2));
        if (value == NULL) return NULL;
        const uint16_t key = fs_load_be16(head);
        if (!first) at = fs_put_char(at, ' ');
        at = put_svc_key(at, key);
        if (value == in->at) continue;
        if (key == SVC_NO_DEFAULT_ALPN) return NULL;
        at = put_svc_value(fs_put_char(at, '='), key, (fs_cursor){value, in->at});
    }
    return at;
}

//----------- Keys and gateways ------------------------------------------------

/* A gateway or relay by its type: 0 none, 1 IPv4, 2 IPv6, 3 a name (RFC 4025 section 2.5, RFC 8777 section 4.2.4). */
static char *put_gateway(char *at, uint8_t type, fs_cursor *in) {
    const uint8_t *p;
    switch (type) {
    case 0: return fs_put_char(at, '.');
    case 1: return (p = fs_take(in, 4)) == NULL ? NULL : fs_put_ipv4(at, p);
    case 2: return (p = fs_take(in, 16)) == NULL ? NULL : fs_put_ipv6(at, p);
    case 3: return (p = fs_take_name(in)) == NULL ? NULL : fs_put_name(at, p);
    default: return NULL;
    }
}

char *fs_put_ipseckey(char *at, fs_cursor *in, const fs_style *style) {
    if (fs_left(in) >= 3 && in->at[1] > 3) return fs_put_unknown(at, in, style);
    const uint8_t *head = fs_take(in, 3);
    if (head == NULL) return NULL;
    if (style->multiline) at = FS_PUT(at, "( ");
    for (unsigned i = 0; i < 3; i++) at = fs_put_char(fs_put_decimal(at, head[i]), ' ');
    if ((at = put_gateway(at, head[1], in)) == NULL) return NULL;
    if (fs_left(in) > 0) at = fs_put_base64_rest(fs_put_gap(at, &style->gap), in, style);
    return style->multiline ? FS_PUT(at, " )") : at;
}

char *fs_put_amtrelay(char *at, fs_cursor *in, const fs_style *style) {
    if (fs_left(in) >= 2 && (in->at[1] & 0x7f) > 3) return fs_put_unknown(at, in, style);
    const uint8_t *head = fs_take(in, 2);
    if (head == NULL) return NULL;
    at = fs_put_char(fs_put_decimal(at, head[0]), ' ');
    at = FS_PUT(fs_put_char(at, head[1] & 0x80 ? '1' : '0'), " ");
    at = fs_put_char(fs_put_decimal(at, head[1] & 0x7f), ' ');
    return put_gateway(at, head[1] & 0x7f, in);
}

/* RFC 8005 section 5: the lengths come first, then the HIT, the key and the rendezvous servers. */
char *fs_put_hip(char *at, fs_cursor *in, const fs_style *style) {
    const uint8_t *head = fs_take(in, 4);
    const uint8_t *hit = head == NULL ? NULL : fs_take(in, head[0]);
    const uint32_t key_length = hit == NULL ? 0 : fs_load_be16(head + 2);
    const uint8_t *key = hit == NULL ? NULL : fs_take(in, key_length);
    if (key == NULL) return NULL;
    if (style->multiline) at = FS_PUT(at, "( ");
    at = fs_hex_encode(fs_put_char(fs_put_decimal(at, head[1]), ' '), hit, head[0]);
    at = fs_base64_encode(fs_put_gap(at, &style->gap), key, key_length);
    while (fs_left(in) > 0) {
        const uint8_t *server = fs_take_name(in);
        if (server == NULL) return NULL;
        at = fs_put_name(fs_put_gap(at, &style->gap), server);
    }
    return style->multiline ? FS_PUT(at, " )") : at;
}

/* The comment gives the identifier type, the digest type and the digest's length (RFC 4701 section 3.3). */
char *fs_put_dhcid(char *at, fs_cursor *in, const fs_style *style) {
    const uint8_t *rdata = in->at;
    const uint32_t length = fs_left(in);
    if (!style->multiline) return fs_put_base64_rest(at, in, style);
    at = FS_PUT(fs_put_base64_rest(FS_PUT(at, "( "), in, style), " )");
    if (length < 3) return at;
    at = fs_put_char(fs_put_decimal(FS_PUT(at, " ; "), fs_load_be16(rdata)), ' ');
    return fs_put_decimal(fs_put_char(fs_put_decimal(at, rdata[2]), ' '), length - 3);
}

/* draft-durand-doa-over-dns: enterprise, type, location, media type, data or "-". */
char *fs_put_doa(char *at, fs_cursor *in, const fs_style *style) {
    (void)style;
    const uint8_t *head = fs_take(in, 10);
    const uint8_t *media = head == NULL ? NULL : fs_take(in, head[9]);
    if (media == NULL) return NULL;
    at = fs_put_char(fs_put_decimal(at, fs_load_be32(head)), ' ');
    at = fs_put_char(fs_put_decimal(at, fs_load_be32(head + 4)), ' ');
    at = fs_put_char(fs_put_decimal(at, head[8]), ' ');
    at = FS_PUT(fs_put_escaped(fs_put_char(at, '"'), media, head[9]), "\" ");
    const uint32_t length = fs_left(in);
    const uint8_t *data = fs_take(in, length);
    return length == 0 ? fs_put_char(at, '-') : fs_base64_encode(at, data, length);
}

/* RFC 9859 section 2: RRtype, scheme, port, target. */
char *fs_put_dsync(char *at, fs_cursor *in, const fs_style *style) {
    const uint8_t *head = fs_take(in, 5);
    const uint8_t *target = head == NULL ? NULL : fs_take_name(in);
    if (target == NULL) return NULL;
    at = fs_put_char(fs_put_type(at, fs_load_be16(head)), ' ');
    at = head[2] == 1 ? FS_PUT(at, "NOTIFY") : fs_put_decimal(at, head[2]);
    at = fs_put_decimal(fs_put_char(at, ' '), fs_load_be16(head + 3));
    return fs_put_data_name(fs_put_char(at, ' '), target, style);
}

/* HHIT and BRID (RFC 9886); the blank stands outside the parenthesis. */
char *fs_put_hhit(char *at, fs_cursor *in, const fs_style *style) {
    if (!style->multiline) return fs_put_base64_rest(at, in, style);
    return FS_PUT(fs_put_base64_rest(FS_PUT(at, " ("), in, style), " )");
}
