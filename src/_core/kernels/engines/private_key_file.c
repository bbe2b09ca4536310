/* Read a K*.private file as BIND's lib/dns/dst_parse.c does, without a copy of it outside locked memory. */
#define _GNU_SOURCE
#include "private_key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MINOR_KNOWN = 3 }; /* of the format; unknown tags are an error up to it, skipped beyond */

typedef struct {
    const char *path;
    const uint8_t *at, *end; /* the rest of the file */
    unsigned line;
    fs_error *error;
} reader;

FS_COLD static fs_status refuse(const reader *r, const char *why) {
    return fs_fail(r->error, FS_ERROR_KEY, "%.600s:%u: %s", r->path, r->line, why);
}

/* ---- the file */

FS_COLD static fs_status not_read(const char *path, fs_error *error, const char *why) {
    return fs_fail(error, FS_ERROR_KEY, "the private key file %.600s can't be read: %s", path, why);
}

static fs_status read_open_file(fs_private_file *file, int fd, const char *path, fs_error *error) {
    struct stat about;
    if (fstat(fd, &about) != 0) return not_read(path, error, strerror(errno));
    if (!S_ISREG(about.st_mode)) return not_read(path, error, "it is not a regular file");
    while (file->size < sizeof file->text) {
        const ssize_t n = read(fd, file->text + file->size, sizeof file->text - file->size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return not_read(path, error, strerror(errno));
        if (n == 0) return FS_OK;
        file->size += (size_t)n;
    }
    return not_read(path, error, "it is longer than any private key");
}

static fs_status read_file(fs_private_file *file, const char *path, fs_error *error) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not hang us */
    if (fd < 0) return not_read(path, error, strerror(errno));
    const fs_status status = read_open_file(file, fd, path, error);
    close(fd);
    return status;
}

/* ---- lines: "Tag: value" */

typedef struct {
    const uint8_t *tag, *value;
    size_t tag_length, value_length;
} line;

static int is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The next line that is not blank; 0 at the end of the file. */
static int next_line(reader *r, const uint8_t **begin, const uint8_t **end) {
    while (r->at < r->end) {
        const uint8_t *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
        const uint8_t *stop = newline == NULL ? r->end : newline;
        *begin = r->at;
        r->at = newline == NULL ? r->end : newline + 1;
        r->line++;
        while (stop > *begin && is_blank(stop[-1])) stop--;
        while (*begin < stop && is_blank(**begin)) (*begin)++;
        *end = stop;
        if (*begin < stop) return 1;
    }
    return 0;
}

static fs_status split_line(const reader *r, const uint8_t *begin, const uint8_t *end, line *out) {
    const uint8_t *colon = memchr(begin, ':', (size_t)(end - begin));
    if (colon == NULL) return refuse(r, "expected 'Tag: value'");
    out->tag = begin;
    out->tag_length = (size_t)(colon - begin);
    out->value = colon + 1;
    while (out->value < end && is_blank(*out->value)) out->value++;
    out->value_length = (size_t)(end - out->value);
    return FS_OK;
}

static int is_tag(const line *l, const char *name) {
    return l->tag_length == strlen(name) && strncasecmp((const char *)l->tag, name, l->tag_length) == 0;
}

/* ---- base64 (RFC 4648 section 4), strict: whole groups, right padding, no bits lost; blanks may stand anywhere, as in BIND */

static int base64_value(uint8_t c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Octets written to `out`, or -1. */
static int decode_base64(const uint8_t *text, size_t length, uint8_t *out, int room) {
    uint32_t bits = 0;
    int written = 0, digits = 0, padding = 0;
    for (size_t i = 0; i < length; i++) {
        if (is_blank(text[i])) continue;
        const int value = base64_value(text[i]);
        if (text[i] == '=' && digits % 4 >= 2)
            padding++;
        else if (value < 0 || padding > 0)
            return -1;
        bits = bits << 6 | (uint32_t)(value < 0 ? 0 : value);
        if (++digits % 4 != 0) continue;
        const int octets = 3 - padding;
        if (octets < 1 || written + octets > room || (bits & ((1u << 8 * padding) - 1)) != 0) return -1;
        for (int k = 0; k < octets; k++) out[written++] = (uint8_t)(bits >> (16 - 8 * k));
        bits = 0;
    }
    return digits % 4 == 0 ? written : -1;
}

/* ---- tags (keyed by what BIND's writer emits; times and numbers are the Python side's business) */

static const char *const material[FS_FIELDS] = {
    [FS_FIELD_MODULUS] = "Modulus",
    [FS_FIELD_PUBLIC_EXPONENT] = "PublicExponent",
    [FS_FIELD_PRIVATE_EXPONENT] = "PrivateExponent",
    [FS_FIELD_PRIME1] = "Prime1",
    [FS_FIELD_PRIME2] = "Prime2",
    [FS_FIELD_EXPONENT1] = "Exponent1",
    [FS_FIELD_EXPONENT2] = "Exponent2",
    [FS_FIELD_COEFFICIENT] = "Coefficient",
    [FS_FIELD_PRIVATE_KEY] = "PrivateKey",
};

static const char *const other_tags[] = {
    "Predecessor", "Successor", "MaxTTL",   "RollPeriod", "Created",    "Publish",     "Activate",
    "Revoke",      "Inactive",  "Delete",   "DSPublish",  "DSRemoved",  "SyncPublish", "SyncDelete",
    "DSDelete",
};

static int find_material(const line *l) {
    for (int i = 0; i < FS_FIELDS; i++)
        if (is_tag(l, material[i])) return i;
    return -1;
}

static int is_other_tag(const line *l) {
    for (size_t i = 0; i < sizeof other_tags / sizeof *other_tags; i++)
        if (is_tag(l, other_tags[i])) return 1;
    return 0;
}

static fs_status take_material(fs_private_file *file, const reader *r, const line *l, int which, uint8_t algorithm) {
    if ((which == FS_FIELD_PRIVATE_KEY) == fs_is_rsa(algorithm)) return refuse(r, "this tag does not go with the key's algorithm");
    if (file->length[which] != 0) return refuse(r, "this tag stands twice in the file");
    const int length = decode_base64(l->value, l->value_length, file->field[which], FS_RSA_OCTETS);
    if (length <= 0) return refuse(r, "the value is no base64 of a number that a key may hold");
    file->length[which] = (uint16_t)length;
    return FS_OK;
}

static fs_status take_line(fs_private_file *file, const reader *r, const line *l, int minor, uint8_t algorithm) {
    const int which = find_material(l);
    if (which >= 0) return take_material(file, r, l, which, algorithm);
    if (is_tag(l, "External")) return refuse(r, "the private half of this key is kept elsewhere (External); it can't sign here");
    if (is_tag(l, "Engine") || is_tag(l, "Label"))
        return refuse(r, "the private half of this key is in an HSM (Engine, Label); it can't sign here");
    if (is_other_tag(l) || minor > MINOR_KNOWN) return FS_OK;
    return refuse(r, "unknown tag");
}

/* ---- the two lines every file begins with */

static fs_status read_heading(reader *r, const char *tag, char *value, size_t room) {
    const uint8_t *begin, *end;
    line l = {0};
    if (!next_line(r, &begin, &end)) return refuse(r, "the file ends before its Private-key-format and Algorithm lines");
    const fs_status status = split_line(r, begin, end, &l);
    if (status != FS_OK) return status;
    if (!is_tag(&l, tag) || l.value_length >= room) return refuse(r, "expected 'Private-key-format: v1.3', then 'Algorithm: N'");
    memcpy(value, l.value, l.value_length);
    value[l.value_length] = 0;
    return FS_OK;
}

static fs_status read_version(reader *r, int *minor) {
    char value[16];
    int major;
    const fs_status status = read_heading(r, "Private-key-format", value, sizeof value);
    if (status != FS_OK) return status;
    if (sscanf(value, "v%2d.%2d", &major, minor) != 2 || major < 0 || major > 1 || *minor < 0)
        return refuse(r, "this version of the private key format is not known (v1.2 and v1.3 are)");
    return FS_OK;
}

static fs_status read_algorithm(reader *r, uint8_t algorithm) {
    char value[64];
    int number;
    const fs_status status = read_heading(r, "Algorithm", value, sizeof value);
    if (status != FS_OK) return status;
    if (sscanf(value, "%3d", &number) != 1 || number != algorithm)
        return fs_fail(r->error, FS_ERROR_KEY, "%.600s:%u: the algorithm is not %d, that of the public key", r->path, r->line, algorithm);
    return FS_OK;
}

/* ---- */

static fs_status check_complete(const fs_private_file *file, const char *path, uint8_t algorithm, fs_error *error) {
    const int first = fs_is_rsa(algorithm) ? FS_FIELD_MODULUS : FS_FIELD_PRIVATE_KEY;
    const int last = fs_is_rsa(algorithm) ? FS_FIELD_COEFFICIENT : FS_FIELD_PRIVATE_KEY;
    for (int i = first; i <= last; i++)
        if (file->length[i] == 0) return fs_fail(error, FS_ERROR_KEY, "%.600s: the private key file has no %s", path, material[i]);
    return FS_OK;
}

fs_status fs_private_file_read(fs_private_file *file, const char *path, uint8_t algorithm, fs_error *error) {
    int minor = 0;
    fs_status status = read_file(file, path, error);
    reader r = {.path = path, .at = file->text, .end = file->text + file->size, .error = error};
    if (status == FS_OK) status = read_version(&r, &minor);
    if (status == FS_OK) status = read_algorithm(&r, algorithm);
    const uint8_t *begin = NULL, *end = NULL;
    while (status == FS_OK && next_line(&r, &begin, &end)) {
        line l = {0};
        status = split_line(&r, begin, end, &l);
        if (status == FS_OK) status = take_line(file, &r, &l, minor, algorithm);
    }
    return status == FS_OK ? check_complete(file, path, algorithm, error) : status;
}
