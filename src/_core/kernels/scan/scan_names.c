/* Names from text, as BIND's dns_name_fromtext reads them. */
#include "scan_internal.h"

/* The octet of an escape whose backslash is at text[-1]; moves *at behind it. */
static fs_reason read_escape(const uint8_t *text, uint32_t length, uint32_t *at, uint8_t *octet) {
    uint32_t i = *at, value = 0;
    if (i == length) return FS_R_END;
    if ((uint8_t)(text[i] - '0') > 9) {
        *octet = text[i];
        *at = i + 1;
        return FS_R_OK;
    }
    for (uint32_t n = 0; n < 3; n++, i++) {
        if (i == length) return FS_R_END;
        if ((uint8_t)(text[i] - '0') > 9) return FS_R_ESCAPE;
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    if (value > 255) return FS_R_ESCAPE;
    *octet = (uint8_t)value;
    *at = i;
    return FS_R_OK;
}

/* One label from text[*at] on; *at is left behind it and its dot. *dot: was there one? */
static fs_reason read_label(const uint8_t *text, uint32_t length, uint32_t *at, uint8_t *wire, uint32_t room, bool *dot) {
    uint32_t i = *at, count = 0;
    *dot = false;
    if (i + 1 < length && text[i] == '\\' && text[i + 1] == '[') return FS_R_LABELTYPE; /* bit labels are gone (RFC 6891) */
    if (room == 0) return FS_R_NOSPACE;
    while (i < length) {
        uint8_t c = text[i++];
        if (c == '.') {
            *dot = true;
            break;
        }
        if (c == '\\') FS_TRY(read_escape(text, length, &i, &c));
        if (count == FS_LABEL_MAX) return FS_R_LABELTOOLONG;
        if (++count >= room) return FS_R_NOSPACE;
        wire[count] = c;
    }
    if (count == 0) return FS_R_EMPTYLABEL;
    wire[0] = (uint8_t)count;
    *at = i;
    return FS_R_OK;
}

fs_reason fs_parse_name(const uint8_t *text, uint32_t length, const uint8_t *origin, uint32_t origin_length, uint8_t *wire,
                        uint32_t *wire_length) {
    uint32_t at = 0, n = 0;
    bool dot = false;
    if (length == 0) return FS_R_END;
    if (length == 1 && text[0] == '.') {
        wire[0] = 0;
        *wire_length = 1;
        return FS_R_OK;
    }
    if (!(length == 1 && text[0] == '@')) {
        while (at < length) {
            FS_TRY(read_label(text, length, &at, wire + n, FS_NAME_MAX - n, &dot));
            n += 1u + wire[n];
        }
    }
    if (dot) {
        if (n == FS_NAME_MAX) return FS_R_NOSPACE;
        wire[n++] = 0;
    } else {
        if (n + origin_length > FS_NAME_MAX) return FS_R_NOSPACE;
        memcpy(wire + n, origin, origin_length);
        n += origin_length;
    }
    *wire_length = n;
    return FS_R_OK;
}

bool fs_same_name(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length) {
    if (a_length != b_length) return false;
    for (uint32_t i = 0; i < a_length; i++)
        if (fs_lower[a[i]] != fs_lower[b[i]]) return false;
    return true;
}

fs_status fs_scan_name(const uint8_t *text, size_t length, const uint8_t *origin, uint8_t *name, uint32_t *name_length,
                       fs_error *error) {
    if (length > 4 * FS_NAME_MAX) return fs_fail(error, FS_ERROR_SYNTAX, "%s", fs_reason_text[FS_R_NOSPACE]);
    static const uint8_t nothing[1];
    const uint32_t origin_length = origin == NULL ? 0 : fs_name_length(origin);
    uint8_t wire[FS_NAME_MAX + 1];
    const fs_reason reason =
        fs_parse_name(text, (uint32_t)length, origin == NULL ? nothing : origin, origin_length, wire, name_length);
    if (reason != FS_R_OK) return fs_fail(error, FS_ERROR_SYNTAX, "%s", fs_reason_text[reason]);
    uint32_t end = 0;
    while (end < *name_length && wire[end] != 0) end += 1u + wire[end];
    if (end >= *name_length) return fs_fail(error, FS_ERROR_SYNTAX, "a relative name where there is no origin");
    memcpy(name, wire, *name_length);
    return FS_OK;
}
