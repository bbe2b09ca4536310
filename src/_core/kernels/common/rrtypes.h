/* The RR types: one table row each, read by the scanner (text to wire), the renderer (wire to text) and the canonical form.
 *
 * To add a type, add a row in rrtypes.c; only a new kind of field needs code, one function on each side.
 */
#ifndef FS_RRTYPES_H
#define FS_RRTYPES_H

#include "fs.h"

/* Kinds of RDATA fields, in the order they stand in the RDATA. The letters are the table's language. */
enum {
    FS_FIELD_NAME = 'n',        /* domain name, lower-cased in canonical form (RFC 4034 6.2, RFC 6840 5.1) */
    FS_FIELD_NAME_KEPT = 'N',   /* domain name, case kept in canonical form (RFC 3597 section 7) */
    FS_FIELD_U8 = '1',
    FS_FIELD_U16 = '2',
    FS_FIELD_U32 = '4',
    FS_FIELD_PERIOD = 'p',      /* u32 seconds, TTL units allowed */
    FS_FIELD_TYPE = 't',        /* u16 type mnemonic */
    FS_FIELD_ALGORITHM = 'g',   /* u8 DNSSEC algorithm, mnemonic or number */
    FS_FIELD_PROTOCOL = 'o',    /* u8 KEY protocol, mnemonic or number */
    FS_FIELD_KEYFLAGS = 'f',    /* u16 DNSKEY flags, number or mnemonics */
    FS_FIELD_DIGEST = 'D',      /* u8 DS digest type, mnemonic or number */
    FS_FIELD_CERT = 'c',        /* u16 CERT type, mnemonic or number */
    FS_FIELD_TIME = 'd',        /* u32 YYYYMMDDHHMMSS or seconds since 1970 */
    FS_FIELD_IPV4 = 'a',
    FS_FIELD_IPV6 = 'A',
    FS_FIELD_STRING = 's',      /* one character-string */
    FS_FIELD_STRING_OPTIONAL = '?', /* one character-string that may be missing (ISDN) */
    FS_FIELD_STRINGS = 'S',     /* one or more character-strings, to the end */
    FS_FIELD_HEX = 'x',         /* hex to the end, blanks between */
    FS_FIELD_BASE64 = 'b',      /* base64 to the end, blanks between */
    FS_FIELD_SALT = 'h',        /* one octet of length and octets as hex; '-' is empty */
    FS_FIELD_HASH = 'H',        /* one octet of length and octets as base32hex */
    FS_FIELD_BITMAP = 'm',      /* NSEC type bitmap, to the end */
    FS_FIELD_EUI = 'e',         /* hyphened hex octets, to the end (EUI48: 6, EUI64: 8) */
    FS_FIELD_LOCATOR = 'l',     /* 64 bits as four hex groups (NID, L64) */
    FS_FIELD_NSAP = 'z',        /* 0x hex */
    FS_FIELD_TEXT_REST = 'u',   /* one text without a length octet, to the end (URI, CAA) */
    FS_FIELD_TAG = 'G',         /* CAA tag: character-string without quotes, letters and digits */
    FS_FIELD_NXT_BITMAP = 'M',  /* RFC 2535 bitmap, to the end */
    FS_FIELD_LOC = 'L',
    FS_FIELD_APL = 'P',
    FS_FIELD_WKS = 'W',
    FS_FIELD_SVC = 'V',         /* SVCB parameters, to the end */
    FS_FIELD_IPSECKEY = 'I',    /* gateway type, algorithm, gateway, key */
    FS_FIELD_AMTRELAY = 'R',    /* discovery bit and relay type, relay */
    FS_FIELD_HIP = 'Q',         /* lengths, algorithm, HIT, key, servers */
    FS_FIELD_A6 = '6',          /* prefix length, suffix, prefix name */
    FS_FIELD_ATMA = 'T',
    FS_FIELD_GPOS = 'q',        /* character-string, a number */
    FS_FIELD_OPAQUE = '#'       /* RFC 3597 form only: \# n hex */
};

enum {
    FS_RR_SINGLETON = 1, /* an RRset has one member (CNAME, DNAME, SOA, ...) */
    FS_RR_META = 2,      /* not for zones: refused */
    FS_RR_AT_CNAME = 4   /* may live beside a CNAME: RRSIG, NSEC, KEY, SIG, NXT (RFC 4035 section 2.5) */
};

typedef struct {
    uint16_t type;
    const char *mnemonic;
    const char *fields; /* FS_FIELD_*, a string */
    uint8_t flags;      /* FS_RR_* */
} fs_rrtype;

extern const fs_rrtype fs_rrtypes[];
extern const uint32_t fs_rrtype_count;

/* The row of a type, NULL for a type the table lacks (RFC 3597 TYPEnnn). */
const fs_rrtype *fs_rrtype_by_number(uint16_t type);

/* The row of a mnemonic of any case, length octets; NULL if there is none. TYPEnnn is not looked at here. */
const fs_rrtype *fs_rrtype_by_mnemonic(const char *text, size_t length);

/* Mnemonic or TYPEnnn; at most 15 characters and a NUL. Returns the length. */
size_t fs_rrtype_to_text(uint16_t type, char *text);

/* Has the type a name in its RDATA whose case the canonical form folds? The digest's fast path asks this first. */
int fs_rrtype_folds(uint16_t type);

/* Copy rdata to out in canonical form (RFC 4034 section 6.2): same length, the names of old types in lower case. */
void fs_canonical_rdata(uint16_t type, const uint8_t *rdata, uint16_t length, uint8_t *out);

/* DNSSEC algorithm mnemonics as BIND writes them; NULL for a number without one. */
const char *fs_algorithm_to_text(uint8_t algorithm);

#endif
