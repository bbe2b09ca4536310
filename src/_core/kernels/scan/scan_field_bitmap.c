/* Type bitmaps (RFC 4034 section 4.1.2) from lists of mnemonics. */
#include "scan_internal.h"

/* The windows of a set of types, ascending, each without trailing zero octets. */
static fs_reason put_windows(fs_scanner *s, const uint8_t *bits, uint32_t highest) {
    for (uint32_t window = 0; window <= highest / 256; window++) {
        const uint8_t *block = bits + 32 * window;
        uint32_t length = 32;
        while (length > 0 && block[length - 1] == 0) length--;
        if (length == 0) continue;
        FS_TRY(fs_write_u8(s, window));
        FS_TRY(fs_write_u8(s, length));
        FS_TRY(fs_write(s, block, length));
    }
    return FS_R_OK;
}

/* Types up to the end of the line into bits; *highest is the highest one. */
static fs_reason read_types(fs_scanner *s, uint8_t *bits, uint32_t *highest, uint32_t *count) {
    *highest = *count = 0;
    for (;; (*count)++) {
        fs_token token;
        uint16_t type;
        FS_TRY(fs_lex_word_or_end(s, &token));
        if (fs_token_is_end(&token)) break;
        if (!fs_parse_type(token.text, token.length, &type)) {
            fs_unlex(s);
            return FS_R_UNKNOWN;
        }
        bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
        if (type > *highest) *highest = type;
    }
    fs_unlex(s);
    return FS_R_OK;
}

fs_reason fs_field_bitmap(fs_scanner *s) {
    uint8_t bits[8192] = {0};
    uint32_t highest, count;
    FS_TRY(read_types(s, bits, &highest, &count));
    if (count == 0 && s->type == FS_TYPE_NSEC) return FS_R_FORM; /* RFC 4034 section 4.1.2: NSEC itself is in it */
    return put_windows(s, bits, highest);
}
