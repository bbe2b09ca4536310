/* What the two files of RDATA writers share. */
#ifndef FS_RENDER_RDATA_H
#define FS_RENDER_RDATA_H

#include "render.h"
#include "text.h"

/* What is left of an RDATA. Every reader asks fs_left first. */
typedef struct {
    const uint8_t *at, *end;
} fs_cursor;

FS_INLINE uint32_t fs_left(const fs_cursor *in) { return (uint32_t)(in->end - in->at); }

/* The next n octets, NULL when fewer are left. */
FS_INLINE const uint8_t *fs_take(fs_cursor *in, uint32_t n) {
    if (FS_UNLIKELY(fs_left(in) < n)) return NULL;
    in->at += n;
    return in->at - n;
}

/* The wire name that comes next, NULL when it is not well formed. */
const uint8_t *fs_take_name(fs_cursor *in);

/* A writer returns the end of its text, or NULL when the RDATA is not well formed. */
typedef char *fs_field_writer(char *at, fs_cursor *in, const fs_style *style);

/* Hexadecimal or base64 of what is left, in the words or lines of the style. */
char *fs_put_hex_rest(char *at, fs_cursor *in, const fs_style *style);
char *fs_put_base64_rest(char *at, fs_cursor *in, const fs_style *style);

/* RFC 3597 form of a whole RDATA. */
char *fs_put_unknown(char *at, fs_cursor *in, const fs_style *style);

/* Type bitmap of RFC 4034 section 4.1.2 to the end, types parted by blanks; each window on a line of its own where `lines`. */
char *fs_put_bitmap(char *at, fs_cursor *in, const fs_style *style, int lines);

/* Rare kinds of fields and types (render_rare.c). */
fs_field_writer fs_put_loc, fs_put_apl, fs_put_wks, fs_put_svc, fs_put_ipseckey, fs_put_amtrelay, fs_put_hip, fs_put_a6,
    fs_put_atma, fs_put_nxt_bitmap, fs_put_doa, fs_put_dhcid, fs_put_dsync, fs_put_hhit;

#endif
