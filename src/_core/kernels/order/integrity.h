/* Does a zone hold what its NS, MX and SRV records promise? BIND's checks after loading (lib/dns/zone.c, integrity_checks). */
#ifndef FS_INTEGRITY_H
#define FS_INTEGRITY_H

#include "column.h"
#include "zone.h"

/* What a name of a record leads to. */
enum {
    FS_TARGET_FINE = 0,
    FS_TARGET_MISSING = 1,  /* nothing with an address */
    FS_TARGET_CNAME = 2,
    FS_TARGET_DNAME = 3,    /* below one */
    FS_TARGET_ELSEWHERE = 4, /* another zone's: a resolver would know */
    FS_TARGET_GLUE = 5,     /* glue, which a resolver could compare */
    FS_TARGET_REQUIRED = 6, /* no glue though nothing else can tell the address */
    FS_TARGET_SIBLING = 7   /* no glue in another delegation of the zone */
};

/* What has been looked at. */
enum { FS_ABOUT_APEX = 1, FS_ABOUT_DELEGATION = 2, FS_ABOUT_MX = 3, FS_ABOUT_SRV = 4, FS_ABOUT_SPF = 5, FS_ABOUT_DUPLICATE = 6 };

typedef struct {
    uint32_t node;   /* owner */
    uint32_t row;    /* the record; of a pair that is told of, its first one */
    uint32_t about;  /* FS_ABOUT_*, and FS_TARGET_* << 8 */
    uint32_t target; /* node of the target or of the DNAME above it; FS_NONE: there is none */
} fs_integrity_finding;

/* Findings are appended, in BIND's order, to a column of u32. `lookups`: also what a resolver would have to be asked for. */
fs_status fs_check_servers(const fs_arena *arena, const fs_order *order, const uint8_t *apex, fs_column *out, fs_error *error) FS_MUST_CHECK;
fs_status fs_check_targets(const fs_arena *arena, const fs_order *order, const uint8_t *apex, int lookups, fs_column *out,
                           fs_error *error) FS_MUST_CHECK;
/* RRsets with records that differ only in the case of names in which DNSSEC keeps the case. */
fs_status fs_check_duplicates(const fs_arena *arena, const fs_order *order, fs_column *out, fs_error *error) FS_MUST_CHECK;

#endif
