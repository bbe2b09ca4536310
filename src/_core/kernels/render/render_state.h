/* What the writer of nodes, the writer of the NSEC3 chain and the writer of signatures share. */
#ifndef FS_RENDER_STATE_H
#define FS_RENDER_STATE_H

#include "image.h"
#include "render.h"
#include "text.h"

enum { FS_TEMPLATES = 64, FS_TEMPLATE_TEXT = 64, FS_BITMAP_TEXTS = 128, FS_BITMAP_TEXT = 112 };

/* The constant parts of a line, found again by (signer, type, TTL): a record's head, or an RRSIG up to the labels and behind. */
typedef struct {
    uint64_t key; /* 0: unused */
    uint8_t head_length, tail_length;
    uint8_t expiration_at; /* where in the tail the expiration stands */
    char head[FS_TEMPLATE_TEXT], tail[FS_TEMPLATE_TEXT];
} fs_template;

/* The text of a type bitmap with all that follows it on the line. */
typedef struct {
    uint32_t id; /* of the bitmap, plus one; 0: unused */
    uint16_t length;
    char text[FS_BITMAP_TEXT];
} fs_bitmap_text;

typedef struct {
    const fs_render_input *input;
    const fs_style *style;
    fs_column *out;
    fs_error *error;
    char *at; /* the next character, inside the room of `out` */

    const uint8_t *row[FS_SIGNERS_MAX], *row_end[FS_SIGNERS_MAX]; /* signatures yet to be written */
    uint8_t signer_name[FS_NAME_MAX];                              /* the apex in lower case, wire form */
    char signer_text[FS_NAME_TEXT_MAX + 64];                      /* the same as text, and the gap behind it */
    uint32_t signer_name_length, signer_text_length, signature_room;

    /* The owner of the lines being written, in the full style: its text and the blanks up to the TTL's column. */
    const uint8_t *owner;
    uint32_t owner_length;
    int owner_fits; /* short enough that the columns behind it are the usual ones */
    char owner_text[FS_NAME_TEXT_MAX + 64];

    fs_template templates[FS_TEMPLATES];
    fs_bitmap_text bitmaps[FS_BITMAP_TEXTS];
} fs_writer;

/* Make room for `more` characters at writer->at. */
fs_status fs_writer_grow(fs_writer *writer, uint64_t more) FS_MUST_CHECK;
FS_INLINE FS_MUST_CHECK fs_status fs_writer_reserve(fs_writer *writer, uint64_t more) {
    const uint64_t used = (uint64_t)(writer->at - (char *)writer->out->data);
    return FS_LIKELY(used + more <= writer->out->capacity) ? FS_OK : fs_writer_grow(writer, more);
}

/* The error for RDATA that has no text. */
FS_COLD fs_status fs_rdata_failed(fs_writer *writer, const uint8_t *owner, uint16_t type);

/* Which line of a node it is. The full style writes owner and class on each line; the text style the owner on the node's
 * first line, the class on each line of its first RRset. */
typedef enum { FS_LINE_FIRST = 0x7fff, FS_LINE_FIRST_RRSET = 0x7ffe, FS_LINE_LATER = 0 } fs_line;

/* Start a line: all that stands before the RDATA. */
char *fs_put_head(fs_writer *writer, fs_line line, const uint8_t *owner, uint32_t ttl, uint16_t type);

/* One kept RRSIG: its RDATA, or what an image has of it. */
typedef struct {
    const uint8_t *rdata; /* NULL: of an image */
    uint16_t length;
    const fs_image_row *image;
} fs_kept;

/* One signature of an RRset: a new one from a signer's row, or a kept one. */
typedef struct {
    uint8_t head[FS_RRSIG_HEAD];
    uint32_t signer; /* FS_NONE: kept */
    uint32_t expiration;
    const uint8_t *name, *signature;
    uint32_t name_length, signature_length;
    const fs_kept *kept;
} fs_signature;

/* An RRset in BIND's raw format (render_raw.c): its head, then its records, then the head's length and count. */
typedef struct {
    uint64_t start; /* in the column */
    uint32_t count;
} fs_raw_set;

fs_status fs_raw_open(fs_writer *writer, const uint8_t *owner, uint16_t type, uint16_t covers, uint32_t ttl, fs_raw_set *set) FS_MUST_CHECK;
fs_status fs_raw_record(fs_writer *writer, fs_raw_set *set, const uint8_t *rdata, uint32_t length) FS_MUST_CHECK;
void fs_raw_close(fs_writer *writer, const fs_raw_set *set);

/* Whole sets: an RRset of the zone, an entry of the chain, the signatures of an RRset. */
fs_status fs_raw_rrset(fs_writer *writer, uint32_t rrset) FS_MUST_CHECK;
fs_status fs_raw_nsec(fs_writer *writer, const uint8_t *owner, uint32_t entry) FS_MUST_CHECK;
fs_status fs_raw_nsec3(fs_writer *writer, const uint8_t *owner, uint32_t entry) FS_MUST_CHECK;
fs_status fs_raw_signatures(fs_writer *writer, const uint8_t *owner, uint16_t covers, uint32_t ttl, const fs_signature *signatures,
                            uint32_t count) FS_MUST_CHECK;

/* Write the RRSIG set of one RRset, whose owner has `labels` labels: a line for each signer that had to make one, from its row,
 * and the kept ones, in canonical order (RFC 4034 section 6.3). */
fs_status fs_write_signatures(fs_writer *writer, const uint8_t *owner, uint8_t labels, uint16_t type, uint32_t ttl,
                              fs_duty duty, const fs_kept *kept, uint32_t kept_count) FS_MUST_CHECK;

/* Write the bitmap of a chain's entry and end the line. */
fs_status fs_write_bitmap(fs_writer *writer, uint32_t id) FS_MUST_CHECK;

/* Allocate a writer over the column, and end its work: the column's length is set, every row must be used up. */
fs_writer *fs_writer_open(const fs_render_input *input, fs_column *out, fs_error *error);
fs_status fs_writer_close(fs_writer *writer, fs_status status) FS_MUST_CHECK;

#endif
