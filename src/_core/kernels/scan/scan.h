/* The master-file scanner: text to the arena (RFC 1035 section 5.1, in the dialect of BIND 9.18).
 *
 * One entry at a time. An entry is first parsed, which changes nothing but the cursor and the unused tail of the RDATA pool, then
 * committed. When the window ends inside an entry, the cursor goes back to the entry's start, more is read and the entry is parsed
 * anew; so every token of an entry lies in the window as it stands in the file.
 */
#ifndef FS_SCAN_H
#define FS_SCAN_H

#include "column.h"
#include "rrtypes.h"
#include "zone.h"

/* Where records go: the columns of fastsign.zone.arena.Arena. */
typedef struct {
    fs_column *names, *name_offset, *owner, *type, *ttl, *rdata_offset, *rdata_length, *rdata;
} fs_scan_columns;

enum { FS_SCAN_QUICK, FS_SCAN_PORTABLE, FS_SCAN_PLAIN };

/* What is looked at when a zone is loaded as a server loads it; *_FAIL: and the zone is refused for. */
enum {
    FS_CHECK_NAMES = 1,
    FS_CHECK_NAMES_FAIL = 2,
    FS_CHECK_MX = 4, /* MX records that name an address */
    FS_CHECK_MX_FAIL = 8,
    FS_CHECK_NS = 16, /* NS records that name an address */
    FS_CHECK_NS_FAIL = 32,
    FS_CHECK_WILDCARD = 64 /* owners with a wildcard inside */
};

/* A row that the zone can't hold beside others, which is told of at the end of its block: a record of a type that stands alone beside
 * another one, or one beside a CNAME. */
typedef struct {
    uint32_t row;
    uint16_t beside_cname;
    uint16_t told; /* the scan's own */
} fs_scan_refusal;

typedef struct {
    const char *path;      /* file to read, "-" is standard input; what to call `text` in messages, if there is that */
    const uint8_t *text;   /* the zone itself; NULL: read the file */
    uint64_t text_length;
    const uint8_t *origin; /* wire name: initial origin and apex */
    uint64_t stop_at;      /* stop after this row of the arena; UINT64_MAX: read all */
    uint64_t window;       /* octets of the first window; 0: the default */
    uint32_t now;          /* seconds since 1970, to warn of expired signatures; 0: do not */
    uint16_t rrclass;
    uint8_t hint;          /* the TTL is 0 until one is stated, as for BIND's hint and dsset- files; else that is an error */
    uint8_t no_ttl;        /* the TTL is 0 wherever neither the record nor $TTL states one */
    uint8_t no_include;    /* $INCLUDE is an error: who wrote the text is not to read files */
    uint8_t zone;          /* load as a server does: go on behind errors, which are told among the warnings, and leave out what is not in the zone */
    uint8_t checks;        /* FS_CHECK_*, with `zone` */
    uint32_t max_ttl;      /* with `zone`: no TTL may be larger; 0: any may */
    fs_scan_refusal *refusals; /* [refusal_count] */
    uint32_t refusal_count;
    uint8_t ways;          /* FS_SCAN_*: which code reads common lines; the results are the same */
} fs_scan_options;

/* A file that another one includes, as it was when it was opened. */
typedef struct {
    char *path;
    uint64_t inode, octets;
    int64_t modified; /* nanoseconds since 1970 */
} fs_scan_included;

typedef struct {
    uint64_t octets;         /* read from all files */
    uint64_t records;        /* appended to the columns */
    uint64_t line;           /* of the last record read */
    char file[512];          /* of the last record read */
    char *warnings;          /* each ends with a NUL; freed by fs_scan_free */
    uint64_t warnings_size;
    uint64_t warnings_lost;  /* warnings beyond the limit */
    uint32_t *breaks;        /* [break_count] with `zone`: rows that begin a block though the row before has the same owner; freed by fs_scan_free */
    uint32_t break_count;
    char reason[64];         /* with `zone`: why it is refused, in short; "": it is not */
    fs_scan_included *included; /* [included_count] in the order in which they are opened; freed by fs_scan_free */
    uint32_t included_count, included_capacity;
} fs_scan_result;

/* Read a zone. On failure the columns are as they were, and *error says what, in which file and line. */
fs_status fs_scan(const fs_scan_options *options, const fs_scan_columns *columns, fs_scan_result *result,
                  fs_error *error) FS_MUST_CHECK;

/* Free what a scan has found. */
void fs_scan_free(fs_scan_result *result);

/* RDATA of one record from text, its end being the end of the text; at most 65,535 octets are written to rdata. */
fs_status fs_scan_rdata(uint16_t rrclass, uint16_t type, const uint8_t *text, uint64_t text_length, const uint8_t *origin,
                        uint8_t *rdata, uint32_t *rdata_length, fs_error *error) FS_MUST_CHECK;

/* Type from mnemonic or TYPEnnn; -1 if it is neither. */
int32_t fs_scan_type(const uint8_t *text, size_t length);

/* A class by name or as CLASSnnn; at most 15 characters and a NUL. Returns the length. */
size_t fs_class_to_text(uint16_t rrclass, char *text);

/* Wire name from text; a relative name is completed by origin (NULL: it is an error). */
fs_status fs_scan_name(const uint8_t *text, size_t length, const uint8_t *origin, uint8_t *name, uint32_t *name_length,
                       fs_error *error) FS_MUST_CHECK;

#endif
