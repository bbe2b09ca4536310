/* The signed zone as text, octet for octet as BIND 9.20's dnssec-signzone writes it (lib/dns/masterdump.c and lib/dns/rdata), or in
 * BIND's raw format. */
#ifndef FS_RENDER_H
#define FS_RENDER_H

#include "column.h"
#include "plan.h"
#include "text.h"
#include "zone.h"

/* The layout of a line, in the terms of BIND's dns_master_style. */
typedef struct {
    uint8_t has_ttl;
    uint8_t ttl_column, class_column, type_column, rdata_column;
    uint8_t once;         /* owner once a node, class in its first RRset */
    uint8_t multiline;    /* parentheses, line breaks and comments */
    uint8_t resign;       /* "; resign=" after each RRSIG set */
    uint8_t raw;          /* no text at all: BIND's raw format */
    uint16_t rrclass;     /* 0: IN */
    const uint8_t *origin; /* names below it are written relative to it; NULL: none are */
    uint32_t origin_length;
    uint8_t base64_octets, hex_octets; /* octets on a line, or in a word */
    fs_gap gap; /* between lines or words */
} fs_style;

enum { FS_STYLE_TEXT = 0, FS_STYLE_FULL = 1, FS_STYLE_DSSET = 2, FS_STYLE_RAW = 3, FS_STYLE_RELATIVE = 4, FS_STYLE_COUNT = 5 };
extern const fs_style fs_styles[FS_STYLE_COUNT];

/* Room that one record needs, its owner and whatever its RDATA may become: the worst is a full window of a type bitmap: 34 octets, 2,566 characters. */
enum { FS_RECORD_ROOM = 4096, FS_OCTET_ROOM = 80 };
FS_INLINE uint64_t fs_record_room(uint32_t rdata_length) { return FS_RECORD_ROOM + (uint64_t)FS_OCTET_ROOM * rdata_length; }

/* Write RDATA as text; needs fs_record_room(length). NULL when the RDATA is not well formed for its type. */
char *fs_rdata_to_text(char *at, uint16_t type, const uint8_t *rdata, uint32_t length, const fs_style *style);

/* All of a line before its RDATA. Owner NULL: left out, as is the class where with_class is 0. */
char *fs_line_head(char *at, const uint8_t *owner, uint32_t ttl, int with_class, uint16_t type, const fs_style *style);

/* The same without the owner, whose text ends at `column`. */
char *fs_line_fields(char *at, uint32_t column, uint32_t ttl, int with_class, uint16_t type, const fs_style *style);

/* The first `length` octets of a wire name, which are whole labels, without a dot behind them. */
char *fs_put_labels(char *at, const uint8_t *name, uint32_t length);

/* A name in RDATA. One below the style's origin, in the very spelling of it, is written relative to it. */
char *fs_put_data_name(char *at, const uint8_t *name, const fs_style *style);

/* One call's input: everything that a range of the zone is written from. */
typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const fs_retained *retained;
    const uint8_t *apex;      /* wire name in the spelling of the zone's origin */
    const fs_signer *signers; /* [signer_count] */
    const uint8_t *const *rows; /* [signer_count] signatures of this range in order, signature_length octets each */
    const uint64_t *row_sizes;  /* [signer_count] octets */
    uint32_t signer_count;
    const fs_style *style;
    const uint16_t *only; /* [only_count] with RRSIGs all that is written, each RRset with its owner (-D); NULL: all types are */
    uint32_t only_count;
} fs_render_input;

/* Write nodes [first, last) with their NSEC records and signatures. What is written replaces what is in `out`.
 * FS_ERROR_RANGE when the rows do not hold exactly the signatures of the range. */
fs_status fs_render_nodes(const fs_render_input *input, uint32_t first, uint32_t last, fs_column *out, fs_error *error) FS_MUST_CHECK;

/* The same of entries [first, last) of an NSEC3 chain. */
fs_status fs_render_chain(const fs_render_input *input, uint32_t first, uint32_t last, fs_column *out, fs_error *error) FS_MUST_CHECK;

/* Write the whole zone as it is, nothing signed and nothing left out but what is not in it, to the file `fd`: *octets of text, full or
 * relative, or of RRsets in raw form; `now` (seconds since 1970) is when signatures that are yet to become valid are to be made anew.
 * input->chain and the signers are not looked at. */
fs_status fs_write_zone(const fs_render_input *input, uint32_t now, int fd, fs_column *room, uint64_t *octets, fs_error *error) FS_MUST_CHECK;

#endif
