/* What the scanner's files share with each other. */
#ifndef FS_SCAN_INTERNAL_H
#define FS_SCAN_INTERNAL_H

#include "scan.h"

#include <stdbool.h>
#include <sys/stat.h>

//----------- Reasons ----------------------------------------------------------

/* Why a piece of text can't be read: BIND's results, in BIND's words (fs_reason_text). */
typedef enum {
    FS_R_OK,
    FS_R_MORE,   /* the window ended: read more and parse the entry again */
    FS_R_FAILED, /* the fs_error is filled */
    FS_R_SYNTAX,
    FS_R_RANGE,
    FS_R_END,
    FS_R_TOKEN,
    FS_R_NUMBER,
    FS_R_NOSPACE,
    FS_R_EXTRA,
    FS_R_QUAD,
    FS_R_AAAA,
    FS_R_HEX,
    FS_R_BASE64,
    FS_R_BASE32,
    FS_R_ESCAPE,
    FS_R_EMPTYLABEL,
    FS_R_LABELTOOLONG,
    FS_R_LABELTYPE,
    FS_R_UNKNOWN,
    FS_R_UNBALANCED,
    FS_R_QUOTES,
    FS_R_META,
    FS_R_FORM,
    FS_R_EXTRADATA,
    FS_R_NOTIMPLEMENTED,
    FS_R_TTL,
    FS_R_CHECKSUM,
    FS_R_PROTOCOL,
    FS_R_SERVICE,
    FS_R_CRYPTO,
    FS_R_TEXTTOOLONG,
    FS_R_DISALLOWED,
    FS_R_NOTZONETOP,
    FS_R_WILDCARD_NS,
    FS_R_WILDCARD_NSEC3,
    FS_R_EUI,
    FS_R_BITMAP,
    FS_R_DUPLICATE,
    FS_R_INCONSISTENT,
    FS_R_NAMETOOLONG,
    FS_R_FLAG,
    FS_R_BADCLASS,
    FS_R_NOOWNER,
    FS_R_NOTTL,
    FS_R_OBSOLETE,
    FS_R_OWNERCHECK,
    FS_R_NAMECHECK,
    FS_R_MXADDRESS,
    FS_R_NSADDRESS,
    FS_R_SINGLETON,
    FS_R_CNAMEANDOTHER,
    FS_R_COUNT
} fs_reason;

extern const char *const fs_reason_text[FS_R_COUNT];

/* Types that only the scanner tells from others, besides those of zone.h. */
enum {
    FS_TYPE_MD = 3, FS_TYPE_MF = 4, FS_TYPE_NULL = 10, FS_TYPE_HINFO = 13, FS_TYPE_MX = 15, FS_TYPE_TXT = 16, FS_TYPE_AFSDB = 18,
    FS_TYPE_X25 = 19, FS_TYPE_RT = 21, FS_TYPE_SRV = 33, FS_TYPE_A6 = 38, FS_TYPE_EID = 31,
    FS_TYPE_NIMLOC = 32, FS_TYPE_NAPTR = 35, FS_TYPE_SINK = 40, FS_TYPE_SSHFP = 44, FS_TYPE_RKEY = 57, FS_TYPE_SVCB = 64,
    FS_TYPE_HTTPS = 65, FS_TYPE_DSYNC = 66, FS_TYPE_NID = 104, FS_TYPE_L32 = 105, FS_TYPE_L64 = 106, FS_TYPE_LP = 107, FS_TYPE_EUI48 = 108,
    FS_TYPE_EUI64 = 109, FS_TYPE_URI = 256, FS_TYPE_DOA = 259, FS_TYPE_TA = 32768, FS_TYPE_DLV = 32769, FS_TYPE_KEYDATA = 65533
};

#define FS_TRY(call)                                    \
    do {                                                \
        const fs_reason reason_ = (call);               \
        if (FS_UNLIKELY(reason_ != FS_R_OK)) return reason_; \
    } while (0)

//----------- Tokens -----------------------------------------------------------

typedef enum {
    FS_TOKEN_STRING,
    FS_TOKEN_QUOTED,
    FS_TOKEN_BLANK, /* the line starts with a blank */
    FS_TOKEN_EOL,
    FS_TOKEN_EOF,
    FS_TOKEN_SPECIAL, /* a quote where none may stand */
    FS_TOKEN_NUL
} fs_token_kind;

typedef struct {
    const uint8_t *text; /* as it stands in the file, quotes left off, escapes not undone */
    uint32_t length;
    fs_token_kind kind;
} fs_token;

enum { FS_LEX_BLANK = 1 /* tell of a blank at the start of a line */, FS_LEX_QUOTED = 2 /* allow "..." */ };

//----------- Mishaps ----------------------------------------------------------

/* What an error is, for a scan that goes on behind it (scan_zone.c): who tells of it in BIND, and where reading goes on. */
typedef enum {
    FS_MISHAP_FATAL, /* nowhere */
    FS_MISHAP_LOAD,  /* the loader; behind the next end of a line */
    FS_MISHAP_PLAIN, /* the same, without a name before the message */
    FS_MISHAP_RDATA, /* the reader of RDATA; where it has left off */
    FS_MISHAP_LEX,   /* the lexer, and then the loader; behind the next end of a line */
    FS_MISHAP_END,   /* the same; a line has ended too early */
    FS_MISHAP_FILE,  /* the loader; the next line */
    FS_MISHAP_GENERATE, /* $GENERATE; the next line */
    FS_MISHAP_PLAIN_LINE /* as PLAIN; the next line */
} fs_mishap;

typedef enum {
    FS_SKIP_NOTHING,
    FS_SKIP_LINE, /* as the loader does: what can't be lexed is told of */
    FS_SKIP_RDATA /* as the reader of RDATA does */
} fs_skip;

//----------- State ------------------------------------------------------------

/* The lexer's place. Copying it back is how an entry is rolled back and how a token is put back. */
typedef struct {
    const uint8_t *at;
    uint64_t line;    /* of `at`, from 1 */
    uint32_t parens;  /* open ones */
    bool after_eol;   /* nothing but the line's start precedes */
} fs_lex_cursor;

typedef struct {
    uint8_t wire[FS_NAME_MAX + 1];
    uint32_t length;
    uint32_t id; /* FS_NONE until a record has been added */
    bool known;
} fs_owner;

/* An open file, or the text given; files included stand on those that include them. */
typedef struct fs_source {
    struct fs_source *parent;
    char *name;
    int fd; /* -1: text */
    struct stat before;
    uint8_t *window;
    uint64_t capacity, filled;
    bool at_eof;
    fs_lex_cursor cursor; /* while another file is read */
    uint8_t origin[FS_NAME_MAX + 1];
    uint32_t origin_length;
    bool origin_changed;
    bool drop; /* the owner is not in the zone that is loaded */
    fs_owner current, glue;
} fs_source;

/* An RRset of the block that is being read. */
typedef struct {
    uint16_t type, covers;
    uint32_t ttl;
} fs_block_set;

typedef struct {
    fs_block_set *sets;
    uint32_t count, capacity;
} fs_block_list;

/* Open addressing by a keyed hash: exact spelling -> name id. */
typedef struct {
    uint32_t hash, id;
} fs_name_slot;

typedef struct {
    fs_name_slot *slots;
    uint32_t mask, count;
} fs_name_table;

enum { FS_SHARED_SETS = 1 << 14, FS_SHARED_WAYS = 2, FS_SHARED_MIN = 8, FS_SHARED_MAX = 512 };

typedef struct {
    uint64_t offset;
    uint32_t hash;
    uint16_t length;
} fs_shared_slot;

enum { FS_RDATA_MAX = 65535, FS_SCRATCH_SLACK = 64, FS_SCRATCH_HEAD = 16384 /* for the entries of scan_lines.c before it */ };

typedef struct fs_scanner {
    const fs_scan_options *options;
    fs_scan_columns columns;
    fs_scan_result *result;
    fs_error *error;
    fs_source *source;

    /* lexer */
    fs_lex_cursor cursor, saved;
    const uint8_t *end; /* of what is in the window; a NUL stands there */
    bool at_eof;        /* nothing comes after `end` */
    bool eof_in_line;   /* the last line has no newline */

    /* RDATA being built: [out_start, out), at most up to out_limit; behind it FS_SCRATCH_SLACK octets that may be touched */
    uint8_t *scratch, *out_start, *out, *out_limit;
    const uint8_t *origin;
    uint32_t origin_length;
    uint16_t rrclass, type; /* type: of the RDATA being built */

    /* TTLs (RFC 1035 section 5.1, RFC 2308 section 4) */
    uint32_t ttl, default_ttl;
    bool ttl_known, default_ttl_known, warned_1035, warned_expired, date_seen;

    /* the block: consecutive records of one owner, glue apart */
    fs_block_list current_sets, glue_sets;
    bool has_delegation;
    uint64_t *ns_offsets; /* RDATA of the block's NS records */
    uint32_t ns_count, ns_capacity;
    uint64_t current_octets, saved_octets;
    uint64_t current_line, glue_line;
    fs_reason current_pending, glue_pending;

    fs_name_table table;
    fs_shared_slot *shared;
    uint64_t seed;
    uint64_t apex_length;
    uint64_t warnings_capacity;
    bool stopped;

    /* with options->zone */
    fs_mishap mishap;        /* of the error last met */
    fs_reason mishap_reason; /* FS_R_OK: it stands at the end of the message */
    fs_skip skip;
    bool in_entry, was_refused; /* an entry is being read; there was a reason to refuse the zone before it */
    bool warned_old, generating;
    uint32_t break_capacity;
    const uint8_t *owner; /* of the entry being read; NULL: the one before */
    uint64_t entry_line, entry_start; /* where it began; octets of messages at that time */
    uint64_t entry_mark; /* where what its owner has to say of the block before goes */
    uint64_t current_row, glue_row;  /* the block's last row */
} fs_scanner;

/* An entry as parsed, before it is committed. */
typedef struct {
    uint64_t line;
    const uint8_t *owner; /* wire name; NULL: the line begins with a blank, the owner is the one before */
    const uint8_t *rdata;
    uint64_t owner_hash, rdata_hash; /* of RDATA that may be shared, else 0 */
    uint32_t owner_length, rdata_length;
    uint32_t ttl; /* as written: may be over 2^31 - 1 */
    uint16_t type;
    bool has_ttl;
} fs_entry;

//----------- Lexer (scan_lex.c) -----------------------------------------------

/* The next token; after the reasons FS_R_UNBALANCED and FS_R_QUOTES the lexer can go on. */
fs_reason fs_lex(fs_scanner *s, unsigned options, fs_token *token) FS_MUST_CHECK;
FS_INLINE void fs_unlex(fs_scanner *s) { s->cursor = s->saved; }

/* The next token of RDATA. A token that is not as expected is put back (isc_lex_getmastertoken). */
fs_reason fs_lex_word(fs_scanner *s, fs_token *token) FS_MUST_CHECK;       /* a string without quotes */
fs_reason fs_lex_text(fs_scanner *s, fs_token *token) FS_MUST_CHECK;       /* a string with or without quotes */
fs_reason fs_lex_word_or_end(fs_scanner *s, fs_token *token) FS_MUST_CHECK; /* or the end of the line, not put back */
fs_reason fs_lex_text_or_end(fs_scanner *s, fs_token *token) FS_MUST_CHECK;
fs_reason fs_lex_pair(fs_scanner *s, fs_token *key, fs_token *value) FS_MUST_CHECK; /* key[=value] or key="value", or the end */
fs_reason fs_lex_number(fs_scanner *s, uint32_t *value) FS_MUST_CHECK;     /* 0 .. 2^32 - 1 */
fs_reason fs_lex_limited(fs_scanner *s, uint32_t limit, uint32_t *value) FS_MUST_CHECK; /* FS_R_RANGE above limit, put back */

FS_INLINE bool fs_token_is_end(const fs_token *token) { return token->kind == FS_TOKEN_EOL || token->kind == FS_TOKEN_EOF; }
bool fs_token_equals(const fs_token *token, const char *lower); /* any case; no NUL inside */
void fs_token_copy(const fs_token *token, char *text);          /* as a C string of at most token->length characters */

//----------- Numbers (scan_numbers.c) -----------------------------------------

fs_reason fs_parse_u32(const uint8_t *text, uint32_t length, uint32_t *value); /* digits only: FS_R_NUMBER, FS_R_RANGE */
bool fs_parse_period(const uint8_t *text, uint32_t length, uint32_t *seconds); /* TTL with units */
bool fs_parse_class(const uint8_t *text, uint32_t length, uint16_t *rrclass);
bool fs_parse_type(const uint8_t *text, uint32_t length, uint16_t *type);
fs_reason fs_parse_time(const uint8_t *text, uint32_t length, uint32_t *seconds); /* YYYYMMDDHHMMSS or seconds */

//----------- Names (scan_names.c, scan_intern.c) ------------------------------

fs_reason fs_parse_name(const uint8_t *text, uint32_t length, const uint8_t *origin, uint32_t origin_length, uint8_t *wire,
                        uint32_t *wire_length);
/* Multiply-fold (as wyhash does), 16 octets a step. The seed keeps names that collide from being made in advance. */
FS_INLINE uint64_t fs_load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
FS_INLINE uint64_t fs_fold(uint64_t a, uint64_t b) {
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
FS_INLINE uint64_t fs_hash(uint64_t seed, const uint8_t *octets, uint32_t length) {
    const uint64_t k0 = 0xa0761d6478bd642fULL, k1 = 0xe7037ed1a0b428dbULL;
    uint64_t h = seed ^ (length * k0), a = 0, b = 0;
    uint32_t left = length;
    for (; left > 16; left -= 16, octets += 16) h = fs_fold(fs_load64(octets) ^ k1, fs_load64(octets + 8) ^ h);
    if (left >= 8) {
        a = fs_load64(octets);
        b = fs_load64(octets + left - 8);
    } else {
        for (uint32_t i = 0; i < left; i++) a = a << 8 | octets[i];
    }
    return fs_fold(fs_fold(a ^ k1, b ^ h) ^ k0, k1 ^ seed);
}

/* RFC 4034 section 3.1.7: the signer's zone holds the owner, so that it has no more labels than the RRSIG counts. */
FS_INLINE bool fs_signer_fits(const uint8_t *rrsig) {
    uint32_t labels = 0;
    for (const uint8_t *p = rrsig + 18; *p != 0; p += 1 + *p) labels++;
    return labels <= rrsig[3];
}

bool fs_same_name(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length); /* any case */
fs_status fs_names_open(fs_scanner *s, uint64_t octets) FS_MUST_CHECK; /* octets: of text to come, 0: unknown */
fs_status fs_names_intern(fs_scanner *s, const uint8_t *wire, uint32_t length, uint64_t hash, uint32_t *id) FS_MUST_CHECK;
void fs_names_close(fs_scanner *s);

//----------- RDATA (scan_rdata.c and scan_field_*.c) --------------------------

/* Read the RDATA of a type to the end of its line into [out_start, out). Errors are reported with the text they are near. */
fs_reason fs_read_rdata(fs_scanner *s, uint16_t type, const char *prefix) FS_MUST_CHECK;
fs_reason fs_check_wire(uint16_t type, const uint8_t *rdata, uint32_t length); /* of a type in the table, as from a packet */

FS_INLINE uint32_t fs_room(const fs_scanner *s) { return (uint32_t)(s->out_limit - s->out); }
FS_INLINE fs_reason fs_write_u8(fs_scanner *s, uint32_t value) {
    if (FS_UNLIKELY(fs_room(s) < 1)) return FS_R_NOSPACE;
    *s->out++ = (uint8_t)value;
    return FS_R_OK;
}
FS_INLINE fs_reason fs_write_u16(fs_scanner *s, uint32_t value) {
    if (FS_UNLIKELY(fs_room(s) < 2)) return FS_R_NOSPACE;
    fs_store_be16(s->out, (uint16_t)value);
    s->out += 2;
    return FS_R_OK;
}
FS_INLINE fs_reason fs_write_u32(fs_scanner *s, uint32_t value) {
    if (FS_UNLIKELY(fs_room(s) < 4)) return FS_R_NOSPACE;
    fs_store_be32(s->out, value);
    s->out += 4;
    return FS_R_OK;
}
FS_INLINE fs_reason fs_write(fs_scanner *s, const void *octets, uint32_t length) {
    if (FS_UNLIKELY(fs_room(s) < length)) return FS_R_NOSPACE;
    memcpy(s->out, octets, length);
    s->out += length;
    return FS_R_OK;
}

typedef fs_reason fs_field(fs_scanner *s);

fs_reason fs_write_name(fs_scanner *s, const fs_token *token) FS_MUST_CHECK;
bool fs_known_in_class(uint16_t type, uint16_t rrclass);
fs_field *fs_special_field(uint16_t type, char letter, uint32_t at); /* NULL: the letter says it all */
fs_field fs_field_name, fs_careless_name, fs_field_string, fs_field_string_optional, fs_field_strings, fs_field_text_rest, fs_field_tag;
fs_reason fs_write_string(fs_scanner *s, const fs_token *token, bool multiple); /* undo the escapes; FS_R_SYNTAX, FS_R_NOSPACE */

/* hex and base64 to the end of the line: exactly `length` octets, FS_SOME: one or more, FS_ANY: none or more */
enum { FS_SOME = -1, FS_ANY = -2 };
fs_reason fs_read_hex(fs_scanner *s, int32_t length) FS_MUST_CHECK;
fs_reason fs_read_base64(fs_scanner *s, int32_t length) FS_MUST_CHECK;
fs_reason fs_write_hex(fs_scanner *s, const uint8_t *text, uint32_t length) FS_MUST_CHECK;    /* one token */
extern const uint8_t fs_hex_digit[256], fs_base64_digit[256], fs_base32hex_digit[256]; /* 0xff: not a digit */
fs_reason fs_write_base64(fs_scanner *s, const uint8_t *text, uint32_t length) FS_MUST_CHECK; /* one token */
fs_field fs_field_salt, fs_field_hash;

bool fs_parse_ipv4(const uint8_t *text, uint32_t length, uint8_t *address); /* inet_pton */
bool fs_parse_ipv6(const uint8_t *text, uint32_t length, uint8_t *address);
fs_field fs_field_ipv4, fs_field_ipv6, fs_field_apl, fs_field_a6;

bool fs_parse_algorithm(const uint8_t *text, uint32_t length, uint32_t *algorithm, fs_reason *reason);
fs_field fs_field_locator, fs_field_nsap, fs_field_atma, fs_field_x25, fs_field_nxt_bitmap, fs_field_wks;
fs_reason fs_read_eui(fs_scanner *s, uint32_t octets) FS_MUST_CHECK; /* 6 or 8 */
fs_reason fs_check_regex(const uint8_t *string);        /* a character-string of the RDATA: NAPTR's regular expression */
bool fs_check_svc_value(uint32_t key, const uint8_t *value, uint32_t length);

fs_field fs_field_algorithm, fs_field_hashalgorithm, fs_field_protocol, fs_field_keyflags, fs_field_digest, fs_field_cert, fs_field_type, fs_field_time,
    fs_field_period, fs_field_bitmap, fs_field_loc, fs_field_svc, fs_field_ipseckey, fs_field_amtrelay, fs_field_hip, fs_field_scheme;

//----------- Entries (scan_entry.c, scan_block.c, scan_directive.c, scan_generate.c) ----

fs_reason fs_scan_entry(fs_scanner *s) FS_MUST_CHECK;                      /* one entry of the file */
fs_reason fs_scan_directive(fs_scanner *s, const fs_token *name, uint64_t line) FS_MUST_CHECK;
fs_reason fs_scan_generate(fs_scanner *s, uint64_t line) FS_MUST_CHECK;
fs_reason fs_scan_record(fs_scanner *s, const fs_token *owner, uint64_t line) FS_MUST_CHECK;
FS_COLD fs_reason fs_ends_early(fs_scanner *s, const fs_token *token);
fs_reason fs_header_token(fs_scanner *s, bool end, fs_token *token) FS_MUST_CHECK;
fs_reason fs_read_header(fs_scanner *s, fs_entry *entry, uint16_t *rrclass, fs_token *token) FS_MUST_CHECK;
fs_reason fs_check_type(fs_scanner *s, uint64_t line, uint16_t type) FS_MUST_CHECK;
fs_reason fs_check_class(fs_scanner *s, uint64_t line, uint16_t rrclass) FS_MUST_CHECK;
void fs_refuse_rows(fs_scanner *s, const fs_owner *owner, uint64_t last_row, uint64_t line); /* a block whose last row is refused */
FS_COLD fs_reason fs_refuse_owner(fs_scanner *s, const fs_owner *owner, fs_reason reason, uint64_t line);
fs_reason fs_check_place(const fs_scanner *s, const fs_owner *owner, uint16_t type) FS_MUST_CHECK;
bool fs_block_begins(const fs_scanner *s, const fs_entry *entry); /* does the entry's owner end a block? */
fs_reason fs_turn_to(fs_scanner *s, const fs_entry *entry) FS_MUST_CHECK;
fs_reason fs_expect_eol(fs_scanner *s, uint64_t line) FS_MUST_CHECK;

fs_reason fs_block_add(fs_scanner *s, const fs_entry *entry) FS_MUST_CHECK;
fs_reason fs_block_end(fs_scanner *s) FS_MUST_CHECK; /* the blocks of owner and glue */
fs_reason fs_append(fs_scanner *s, uint32_t owner, uint32_t ttl, const fs_entry *entry) FS_MUST_CHECK;
FS_INLINE void fs_begin_rdata(fs_scanner *s) { s->out = s->out_start; }
void fs_end_rdata(const fs_scanner *s, fs_entry *entry); /* what stands in [out_start, out) */

/* Types whose RDATA repeats in real zones, one name or texts: NS, CNAME, MX, TXT. */
FS_INLINE bool fs_is_shared(uint16_t type, uint32_t length) {
    return length >= FS_SHARED_MIN && length <= FS_SHARED_MAX &&
           (type == FS_TYPE_NS || type == FS_TYPE_CNAME || type == FS_TYPE_MX || type == FS_TYPE_TXT);
}
FS_INLINE fs_shared_slot *fs_shared_slots(const fs_scanner *s, uint64_t hash) {
    return &s->shared[(hash & (FS_SHARED_SETS - 1)) * FS_SHARED_WAYS];
}
uint32_t fs_limit_ttl(fs_scanner *s, uint32_t ttl, uint64_t line);

/* Read as many common lines as there are; leaves the first other line to fs_scan_entry. */
fs_reason fs_scan_lines(fs_scanner *s) FS_MUST_CHECK;
fs_reason fs_scan_lines_portable(fs_scanner *s) FS_MUST_CHECK; /* the same without vectors */

//----------- Input (scan_input.c) and messages (scan.c) -----------------------

fs_status fs_source_push(fs_scanner *s, const char *path) FS_MUST_CHECK; /* open, and put on top */
fs_status fs_source_push_text(fs_scanner *s, const char *name, const uint8_t *text, uint64_t length) FS_MUST_CHECK;
fs_status fs_source_pop(fs_scanner *s) FS_MUST_CHECK;  /* closes; fails if the file changed while it was read */
fs_status fs_source_fill(fs_scanner *s) FS_MUST_CHECK; /* read more behind the cursor */
void fs_source_drop(fs_scanner *s);

FS_COLD FS_PRINTF(3, 4) fs_reason fs_wrong(fs_scanner *s, uint64_t line, const char *format, ...); /* fills the error: FS_R_FAILED */
FS_COLD FS_PRINTF(3, 4) void fs_warn(fs_scanner *s, uint64_t line, const char *format, ...); /* line 0: of the file */
FS_COLD /* The error just met is of this kind; its short form is `short_reason` if that is not at the end of its message. */
FS_COLD fs_reason fs_mishap_is(fs_scanner *s, fs_mishap kind, fs_reason short_reason);
FS_COLD FS_PRINTF(4, 5) void fs_say(fs_scanner *s, const char *who, uint64_t line, const char *format, ...);
void fs_warn_unfinished(fs_scanner *s, uint64_t line); /* of a file without a last newline */
FS_COLD fs_reason fs_failed(fs_scanner *s, uint64_t line); /* a call filled the error: say where, and FS_R_FAILED */

#endif
