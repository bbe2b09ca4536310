/* Is RDATA in wire form right for its type? What is given as \# to a type that is known must be (RFC 3597 section 5). */
#include "scan_internal.h"

typedef struct {
    const uint8_t *at, *end;
} wire;

static uint32_t left(const wire *w) { return (uint32_t)(w->end - w->at); }

static fs_reason skip(wire *w, uint32_t octets) {
    if (left(w) < octets) return FS_R_END;
    w->at += octets;
    return FS_R_OK;
}

/* An uncompressed name. */
static fs_reason skip_name(wire *w) {
    const uint8_t *const start = w->at;
    for (;;) {
        if (left(w) < 1) return FS_R_END;
        const uint8_t length = *w->at;
        if (length > FS_LABEL_MAX) return length < 0xc0 ? FS_R_LABELTYPE : FS_R_DISALLOWED;
        if (w->at - start + 1 + length > FS_NAME_MAX) return FS_R_NAMETOOLONG;
        FS_TRY(skip(w, 1u + length));
        if (length == 0) return FS_R_OK;
    }
}

static fs_reason skip_string(wire *w) {
    if (left(w) < 1) return FS_R_END;
    return skip(w, 1u + *w->at);
}

static fs_reason skip_strings(wire *w) {
    do FS_TRY(skip_string(w));
    while (left(w) != 0);
    return FS_R_OK;
}

static fs_reason skip_some(wire *w) {
    if (left(w) == 0) return FS_R_END;
    w->at = w->end;
    return FS_R_OK;
}

static fs_reason skip_any(wire *w) {
    w->at = w->end;
    return FS_R_OK;
}

/* Windows ascend, none is empty, none ends with a zero octet (RFC 4034 section 4.1.2). */
static fs_reason skip_bitmap(wire *w, bool may_be_empty) {
    int last = -1;
    if (left(w) == 0 && !may_be_empty) return FS_R_FORM;
    while (left(w) != 0) {
        if (left(w) < 2) return FS_R_FORM;
        const uint8_t window = w->at[0], length = w->at[1];
        if ((int)window <= last || length < 1 || length > 32 || left(w) < 2u + length) return FS_R_FORM;
        if (w->at[1 + length] == 0) return FS_R_FORM;
        last = window;
        w->at += 2 + length;
    }
    return FS_R_OK;
}

//----------- Fields that stand alone in their types ---------------------------

static fs_reason skip_digest(wire *w, uint16_t type, uint8_t digest_type) {
    if (type == FS_TYPE_ZONEMD) {
        if (left(w) < 12) return FS_R_END;
        return digest_type == 1 ? skip(w, 48) : digest_type == 2 ? skip(w, 64) : skip_any(w);
    }
    switch (digest_type) {
    case 1: return skip(w, 20);
    case 2: return skip(w, 32);
    case 4: return skip(w, 48);
    default: return skip_some(w);
    }
}

/* SHA-1 and SHA-256 fingerprints have their lengths (RFC 4255, RFC 6594). */
static fs_reason skip_fingerprint(wire *w, uint8_t digest_type) {
    if ((digest_type == 1 && left(w) != 20) || (digest_type == 2 && left(w) != 32)) return FS_R_FORM;
    return skip_any(w);
}

static fs_reason skip_x25(wire *w) {
    const uint32_t length = left(w);
    if (length < 5 || w->at[0] != length - 1) return FS_R_FORM;
    for (uint32_t i = 1; i < length; i++)
        if ((uint8_t)(w->at[i] - '0') > 9) return FS_R_FORM;
    return skip_any(w);
}

/* The third string of a NAPTR is a regular expression. */
static fs_reason skip_naptr(wire *w) {
    FS_TRY(skip(w, 4));
    FS_TRY(skip_string(w));
    FS_TRY(skip_string(w));
    const uint8_t *const regex = w->at;
    FS_TRY(skip_string(w));
    FS_TRY(fs_check_regex(regex));
    return skip_name(w);
}

static fs_reason skip_nsec3(wire *w, bool next) {
    if (left(w) < 5 || left(w) < 5u + w->at[4]) return FS_R_FORM;
    const uint8_t algorithm = w->at[0];
    w->at += 5 + w->at[4];
    if (!next) return left(w) == 0 ? FS_R_OK : FS_R_FORM;
    if (left(w) < 1 || w->at[0] < 1 || left(w) < 1u + w->at[0]) return FS_R_FORM;
    if (algorithm == 1 && w->at[0] != FS_HASH) return FS_R_FORM;
    w->at += 1 + w->at[0];
    return skip_bitmap(w, true);
}

/* The key of a KEY may be missing, by its flags; one of a private algorithm starts with a name (RFC 4034 appendix A.1.1). */
static fs_reason skip_key(wire *w, uint16_t type, const uint8_t *head) {
    if (type == FS_TYPE_KEY && (fs_load_be16(head) & 0xc000) == 0xc000) return FS_R_OK;
    if (left(w) == 0) return FS_R_END;
    if (head[3] == 253) FS_TRY(skip_name(w));
    return skip_any(w);
}

static bool is_size(uint8_t code) { return code == 0 || ((code & 15) <= 9 && code >> 4 <= 9 && code >> 4 != 0); }

static bool is_angle(uint32_t angle, uint32_t degrees) {
    return angle >= 0x80000000u - degrees * 3600000u && angle <= 0x80000000u + degrees * 3600000u;
}

static fs_reason skip_loc(wire *w) {
    const uint8_t *p = w->at;
    if (left(w) < 1) return FS_R_END;
    if (p[0] != 0) return skip_any(w); /* of another version */
    if (left(w) < 16) return FS_R_END;
    if (!is_size(p[1]) || !is_size(p[2]) || !is_size(p[3])) return FS_R_RANGE;
    if (!is_angle(fs_load_be32(p + 4), 90) || !is_angle(fs_load_be32(p + 8), 180)) return FS_R_RANGE;
    return skip(w, 16);
}

static fs_reason skip_apl(wire *w) {
    while (left(w) != 0) {
        if (left(w) < 4) return FS_R_END;
        const uint16_t family = fs_load_be16(w->at);
        const uint8_t prefix = w->at[2], length = w->at[3] & 0x7f;
        if (left(w) < 4u + length) return FS_R_END;
        if ((family == 1 && (prefix > 32 || length > 4)) || (family == 2 && (prefix > 128 || length > 16))) return FS_R_RANGE;
        if (length > 0 && w->at[3 + length] == 0) return FS_R_FORM;
        w->at += 4 + length;
    }
    return FS_R_OK;
}

static fs_reason skip_wks(wire *w) {
    if (left(w) < 5) return FS_R_END;
    if (left(w) > 8192 + 5) return FS_R_EXTRADATA;
    if (left(w) > 5 && w->end[-1] == 0) return FS_R_FORM;
    return skip_any(w);
}

/* Behind the precedence: type, algorithm, gateway, key. */
static fs_reason skip_ipseckey(wire *w) {
    if (left(w) < 2) return FS_R_END;
    const uint8_t type = w->at[0];
    if (type > 3) return FS_R_NOTIMPLEMENTED;
    FS_TRY(skip(w, 2));
    if (type == 3) FS_TRY(skip_name(w));
    else FS_TRY(skip(w, type == 1 ? 4 : type == 2 ? 16 : 0));
    return skip_some(w);
}

static fs_reason skip_amtrelay(wire *w) {
    if (left(w) < 2) return FS_R_END;
    const uint8_t type = w->at[1] & 0x7f;
    FS_TRY(skip(w, 2));
    if (type == 3) return skip_name(w);
    if (type > 3) return skip_any(w);
    return left(w) == (type == 1 ? 4u : type == 2 ? 16u : 0u) ? skip_any(w) : FS_R_FORM;
}

static fs_reason skip_hip(wire *w) {
    if (left(w) < 4) return FS_R_FORM;
    const uint32_t hit = w->at[0], key = fs_load_be16(w->at + 2);
    FS_TRY(skip(w, 4));
    if (hit == 0 || key == 0 || left(w) < hit + key) return FS_R_FORM;
    w->at += hit + key;
    while (left(w) != 0) FS_TRY(skip_name(w));
    return FS_R_OK;
}

static fs_reason skip_a6(wire *w) {
    if (left(w) < 1) return FS_R_END;
    const uint8_t prefix = w->at[0];
    if (prefix > 128) return FS_R_RANGE;
    FS_TRY(skip(w, 1));
    if (prefix != 128) FS_TRY(skip(w, 16u - prefix / 8));
    return prefix == 0 ? FS_R_OK : skip_name(w);
}

static fs_reason skip_atma(wire *w) {
    if (left(w) < 2) return FS_R_END;
    for (const uint8_t *p = w->at + 1; w->at[0] == 1 && p < w->end; p++)
        if ((uint8_t)(*p - '0') > 9) return FS_R_FORM;
    return skip_any(w);
}

static fs_reason skip_nxt_bitmap(wire *w) {
    if (left(w) > 0 && ((w->at[0] & 0x80) != 0 || left(w) > 16 || w->end[-1] == 0)) return FS_R_BITMAP;
    return skip_any(w);
}

static fs_reason skip_tag(wire *w) {
    if (left(w) < 1) return FS_R_END;
    const uint32_t length = *w->at++;
    if (length == 0 || left(w) < length) return FS_R_FORM;
    for (uint32_t i = 0; i < length; i++) {
        const uint8_t c = fs_lower[w->at[i]];
        if ((uint8_t)(c - '0') > 9 && (uint8_t)(c - 'a') > 25) return FS_R_FORM;
    }
    return skip(w, length);
}

//----------- SVCB (RFC 9460 section 2.2) --------------------------------------

typedef struct {
    const uint8_t *mandatory, *mandatory_end; /* keys that must still come, ascending as the parameters do */
    int last;
    bool alpn;
} svc_state;

/* A key in its turn: it ascends, and no mandatory one is passed over. */
static fs_reason svc_key(svc_state *state, uint32_t key) {
    if ((int)key <= state->last) return FS_R_FORM;
    state->last = (int)key;
    if (state->mandatory != state->mandatory_end) {
        const uint32_t next = fs_load_be16(state->mandatory);
        if (key > next) return FS_R_FORM;
        if (key == next) state->mandatory += 2;
    }
    if (key == 1) state->alpn = true;
    return key == 2 && !state->alpn ? FS_R_FORM : FS_R_OK;
}

static fs_reason skip_svc(wire *w) {
    svc_state state = {.last = -1};
    while (left(w) != 0) {
        if (left(w) < 2) return FS_R_END;
        const uint32_t key = fs_load_be16(w->at);
        FS_TRY(svc_key(&state, key));
        if (left(w) < 4) return FS_R_END;
        const uint32_t length = fs_load_be16(w->at + 2);
        FS_TRY(skip(w, 4));
        if (left(w) < length) return FS_R_END;
        if (key == 0) {
            if (length < 2 || fs_load_be16(w->at) == 0) return FS_R_FORM;
            state.mandatory = w->at;
            state.mandatory_end = w->at + length;
        }
        if (!fs_check_svc_value(key, w->at, length)) return FS_R_FORM;
        FS_TRY(skip(w, length));
    }
    return state.mandatory == state.mandatory_end ? FS_R_OK : FS_R_FORM;
}

//----------- One type ---------------------------------------------------------

static fs_reason skip_field(wire *w, uint16_t type, char field, const uint8_t *start) {
    switch (field) {
    case FS_FIELD_NAME: case FS_FIELD_NAME_KEPT: return skip_name(w);
    case FS_FIELD_U8: case FS_FIELD_ALGORITHM: case FS_FIELD_PROTOCOL: case FS_FIELD_DIGEST: return skip(w, 1);
    case FS_FIELD_U16: case FS_FIELD_TYPE: case FS_FIELD_KEYFLAGS: case FS_FIELD_CERT: return skip(w, 2);
    case FS_FIELD_U32: case FS_FIELD_PERIOD: case FS_FIELD_TIME: case FS_FIELD_IPV4: return skip(w, 4);
    case FS_FIELD_IPV6: return skip(w, 16);
    case FS_FIELD_STRING: case FS_FIELD_GPOS: return skip_string(w);
    case FS_FIELD_STRING_OPTIONAL: return left(w) == 0 ? FS_R_OK : skip_string(w);
    case FS_FIELD_STRINGS: return skip_strings(w);
    case FS_FIELD_BITMAP: return skip_bitmap(w, type != FS_TYPE_NSEC);
    case FS_FIELD_NXT_BITMAP: return skip_nxt_bitmap(w);
    case FS_FIELD_TAG: return skip_tag(w);
    case FS_FIELD_LOC: return skip_loc(w);
    case FS_FIELD_APL: return skip_apl(w);
    case FS_FIELD_WKS: return skip_wks(w);
    case FS_FIELD_SVC: return skip_svc(w);
    case FS_FIELD_IPSECKEY: return skip_ipseckey(w);
    case FS_FIELD_AMTRELAY: return skip_amtrelay(w);
    case FS_FIELD_HIP: return skip_hip(w);
    case FS_FIELD_A6: return skip_a6(w);
    case FS_FIELD_ATMA: return skip_atma(w);
    case FS_FIELD_NSAP: return skip_some(w);
    case FS_FIELD_BASE64:
        if (type == FS_TYPE_KEY || type == FS_TYPE_DNSKEY || type == FS_TYPE_CDNSKEY || type == FS_TYPE_RKEY) return skip_key(w, type, start);
        if (type == FS_TYPE_RRSIG) return left(w) == 0 || !fs_signer_fits(start) ? FS_R_FORM : skip_any(w);
        return type == FS_TYPE_DOA || type == FS_TYPE_SINK ? skip_any(w) : skip_some(w);
    case FS_FIELD_HEX:
        if (type == FS_TYPE_DS || type == FS_TYPE_CDS || type >= 32768 || type == FS_TYPE_ZONEMD) return skip_digest(w, type, w->at[-1]);
        return type == FS_TYPE_SSHFP ? skip_fingerprint(w, w->at[-1]) : skip_some(w);
    default: return skip_any(w);
    }
}

static fs_reason skip_exactly(wire *w, uint32_t octets) { return left(w) == octets ? skip_any(w) : FS_R_FORM; }

/* Types that BIND looks at as a whole; *done: this is one. */
static fs_reason skip_special(wire *w, uint16_t type, bool *done) {
    *done = true;
    switch (type) {
    case FS_TYPE_X25: return skip_x25(w);
    case FS_TYPE_NAPTR: return skip_naptr(w);
    case FS_TYPE_NSEC3: return skip_nsec3(w, true);
    case FS_TYPE_NSEC3PARAM: return skip_nsec3(w, false);
    case FS_TYPE_NID: case FS_TYPE_L64: return skip_exactly(w, 10);
    case FS_TYPE_L32: case FS_TYPE_EUI48: return skip_exactly(w, 6);
    case FS_TYPE_EUI64: return skip_exactly(w, 8);
    case FS_TYPE_KEYDATA: return skip_any(w);
    case FS_TYPE_RKEY:
        if (left(w) >= 4 && fs_load_be16(w->at) != 0) return FS_R_FORM;
        break;
    default: break;
    }
    *done = false;
    return FS_R_OK;
}

fs_reason fs_check_wire(uint16_t type, const uint8_t *rdata, uint32_t length) {
    const fs_rrtype *row = fs_rrtype_by_number(type);
    wire w = {rdata, rdata + length};
    bool done;
    FS_TRY(skip_special(&w, type, &done));
    for (const char *field = row->fields; *field && !done; field++) FS_TRY(skip_field(&w, type, *field, rdata));
    return w.at == w.end ? FS_R_OK : FS_R_EXTRADATA;
}
