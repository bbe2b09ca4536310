/* The layout of lines: BIND's styles and the columns before the RDATA. */
#include "render.h"
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
    uint32_t column = 0;
    char *start = at;
    if (owner != NULL) at = fs_put_name(at, owner);
    column += (uint32_t)(at - start);
    if (style->has_ttl) {
        start = at = put_indent(at, &column, style->ttl_column);
        at = fs_put_decimal(at, ttl);
        column += (uint32_t)(at - start);
    }
    if (with_class) {
        at = FS_PUT(put_indent(at, &column, style->class_column), "IN");
        column += 2;
    }
    start = at = put_indent(at, &column, style->type_column);
    at = fs_put_type(at, type);
    column += (uint32_t)(at - start);
    return put_indent(at, &column, style->rdata_column);
}
