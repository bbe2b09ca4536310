/* BIND's raw master format into the arena: versions 0 and 1 (lib/dns/master.c, load_raw). */
#ifndef FS_RAW_READ_H
#define FS_RAW_READ_H

#include "scan.h"

typedef struct {
    uint32_t version;
    uint32_t dump_time;     /* seconds since 1970 */
    uint32_t flags;         /* version 1; FS_RAW_SERIAL_SET: source_serial means something */
    uint32_t source_serial; /* version 1 */
} fs_raw_header;

enum { FS_RAW_SERIAL_SET = 2 };

/* Read a zone from options->path; `now`, `window` and `ways` are not used. On failure the columns are as they were, and *error says
 * what in BIND's words; there are no lines to tell of. `records` and `octets` of the result are set. */
fs_status fs_read_raw(const fs_scan_options *options, const fs_scan_columns *columns, fs_scan_result *result, fs_raw_header *header,
                      fs_error *error) FS_MUST_CHECK;

/* Is RDATA in wire form right for its type, and the type one that a zone may hold? *error says why not, in BIND's words. */
fs_status fs_raw_check(uint16_t type, const uint8_t *rdata, uint32_t length, fs_error *error) FS_MUST_CHECK;

#endif
