/* Loading a zone as a server does: what the scanner's other files call of scan_zone.c. */
#ifndef FS_SCAN_ZONE_H
#define FS_SCAN_ZONE_H

#include "scan_internal.h"

void fs_zone_begin_entry(fs_scanner *s);
fs_reason fs_zone_recover(fs_scanner *s) FS_MUST_CHECK; /* tell of the error just met, and have reading go on behind it */
fs_reason fs_zone_skip(fs_scanner *s) FS_MUST_CHECK;    /* what is left of its line */
FS_COLD void fs_refuse_zone(fs_scanner *s, fs_reason reason);
FS_COLD void fs_zone_refuse_block(fs_scanner *s, const fs_owner *owner, fs_reason reason, uint64_t line);
void fs_zone_look_at_owner(fs_scanner *s, const uint8_t *owner, uint32_t length, uint64_t line, bool begins_block);
void fs_zone_check_owner(fs_scanner *s, const uint8_t *owner, uint16_t type, uint64_t line);
fs_reason fs_zone_check_field(fs_scanner *s, uint16_t type, uint32_t field, const uint8_t *name) FS_MUST_CHECK; /* just read */
fs_reason fs_zone_begin_block(fs_scanner *s, const uint8_t *owner, uint32_t length) FS_MUST_CHECK; /* before its first row is added */
void fs_zone_warn_old(fs_scanner *s, uint16_t type, uint64_t line);
FS_COLD void fs_zone_give_up(fs_scanner *s, fs_reason reason);
bool fs_zone_check_ttl(fs_scanner *s, uint64_t line);
bool fs_zone_owner_is_plain(const fs_scanner *s, const uint8_t *owner, uint32_t length); /* nothing to tell of it */
bool fs_zone_line_is_plain(const fs_scanner *s, const uint8_t *owner, uint16_t type, const uint8_t *rdata);

#endif
