/* The layout of lines: BIND's styles and the columns before the RDATA. */
#include "render.h"
#include "scan.h"
#include "text.h"

const fs_style fs_styles[FS_STYLE_COUNT] = {
    /* "-O text": dns_master_style_explicitttl */
    [FS_STYLE_TEXT] = {.has_ttl = 1, .ttl_column = 24, .class_column = 32, .type_column = 32, .rdata_column = 40, .once = 1,
                       .multiline = 1, .base64_octets = 27, .hex_octets = 18, .gap = {"\n\t\t\t\t\t", 6}},
    /* "-O full": dns_master_style_full */
    [FS_STYLE_FULL] = {.has_ttl = 1, .ttl_column = 46, .class_column = 46, .type_column = 46, .rdata_column = 64, .resign = 1,
                       .base64_octets = 42, .hex_octets = 28, .gap = {" ", 1}},
    /* dsset- files: no TTL, the class in column 24, then single blanks */
    [FS_STYLE_DSSET] = {.class_column = 24, .base64_octets = 42, .hex_octets = 28, .gap = {" ", 1}},
    [FS_STYLE_RAW] = {.raw = 1, .gap = {" ", 1}},
    /* "-s relative" of named-compilezone: dns_master_style_default, with $TTL and $ORIGIN */
    [FS_STYLE_RELATIVE] = {.class_column = 24, .type_column = 24, .rdata_column = 32, .once = 1, .multiline = 1, .base64_octets = 33,
                           .hex_octets = 22, .gap = {"\n\t\t\t\t", 5}},
};

/* Tabs and blanks from one column to another: at least one, and tabs stop at every eighth column. */
static char *put_indent(char *at, uint32_t *column, uint32_t to) {
    uint32_t from = *column;
    if (to <= from) to = from + 1;
    *column = to;
    for (uint32_t tabs = to / 8 - from / 8; tabs > 0; tabs--) {
        *at++ = '\t';
        from = to / 8 * 8;
    }
    for (; from < to; from++) *at++ = ' ';
    return at;
}

char *fs_line_head(char *at, const uint8_t *owner, uint32_t ttl, int with_class, uint16_t type, const fs_style *style) {
    char *start = at;
    if (owner != NULL) at = fs_put_name(at, owner);
    return fs_line_fields(at, (uint32_t)(at - start), ttl, with_class, type, style);
}

static char *put_class(char *at, uint16_t rrclass) {
    char text[16];
    if (rrclass == 0 || rrclass == 1) return FS_PUT(at, "IN");
    return fs_put(at, text, fs_class_to_text(rrclass, text));
}

char *fs_line_fields(char *at, uint32_t column, uint32_t ttl, int with_class, uint16_t type, const fs_style *style) {
    char *start;
    if (style->has_ttl) {
        start = at = put_indent(at, &column, style->ttl_column);
        at = fs_put_decimal(at, ttl);
        column += (uint32_t)(at - start);
    }
    if (with_class) {
        start = at = put_indent(at, &column, style->class_column);
        at = put_class(at, style->rrclass);
        column += (uint32_t)(at - start);
    }
    start = at = put_indent(at, &column, style->type_column);
    at = fs_put_type(at, type);
    column += (uint32_t)(at - start);
    return put_indent(at, &column, style->rdata_column);
}

//----------- Names relative to an origin ----------------------------------------

char *fs_put_labels(char *at, const uint8_t *name, uint32_t length) {
    uint8_t head[FS_NAME_MAX + 1];
    memcpy(head, name, length);
    head[length] = 0;
    return fs_put_name(at, head) - 1;
}

/* lib/dns/rdata.c, name_prefix: case is kept, so a name in another spelling stays absolute. */
char *fs_put_data_name(char *at, const uint8_t *name, const fs_style *style) {
    const uint32_t origin_length = style->origin_length;
    if (FS_LIKELY(style->origin == NULL || origin_length == 1)) return fs_put_name(at, name);
    const uint8_t *rest = name;
    uint32_t left = fs_name_length(name);
    while (left > origin_length) {
        left -= 1u + rest[0];
        rest += 1 + rest[0];
    }
    if (rest == name || left != origin_length || memcmp(rest, style->origin, left) != 0) return fs_put_name(at, name);
    return fs_put_labels(at, name, (uint32_t)(rest - name));
}
