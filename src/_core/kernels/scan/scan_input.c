/* Files and the windows through which they are read. A window is private memory: a file cut short meanwhile is an error, no SIGBUS. */
#include "scan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    WINDOW_DEFAULT = 1 << 18, /* fits the second-level cache */
    WINDOW_PADDING = 64,      /* octets behind the text that may be read, never used */
    DEPTH_MAX = 64            /* files open at once; BIND ends at the limit of open files */
};

FS_COLD static fs_status no_memory(fs_scanner *s) { return fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for the input window"); }

/* Point the lexer at the window of the source on top; `at` is where it stands in it. */
static void look_at(fs_scanner *s, uint64_t at) {
    fs_source *source = s->source;
    memset(source->window + source->filled, 0, WINDOW_PADDING);
    s->cursor.at = source->window + at;
    s->end = source->window + source->filled;
    s->at_eof = source->at_eof;
}

static fs_status window_resize(fs_scanner *s, fs_source *source, uint64_t capacity) {
    uint8_t *window = realloc(source->window, capacity + WINDOW_PADDING);
    if (window == NULL) return no_memory(s);
    source->window = window;
    source->capacity = capacity;
    return FS_OK;
}

static fs_source *source_new(const char *name) {
    fs_source *source = calloc(1, sizeof *source);
    if (source == NULL) return NULL;
    source->name = strdup(name);
    source->fd = -1;
    source->current.id = source->glue.id = FS_NONE;
    if (source->name == NULL) {
        free(source);
        return NULL;
    }
    return source;
}

static void source_free(fs_source *source) {
    if (source->fd >= 0) close(source->fd);
    free(source->window);
    free(source->name);
    free(source);
}

/* Put a source on top of the one that is being read; it goes on with the same owner (RFC 1035 section 5.1). */
static void source_link(fs_scanner *s, fs_source *source) {
    fs_source *parent = s->source;
    source->parent = parent;
    if (parent != NULL) {
        parent->cursor = s->cursor;
        source->current = parent->glue.known ? parent->glue : parent->current;
        source->origin_changed = parent->origin_changed;
        source->drop = parent->drop;
    }
    s->source = source;
    s->cursor = (fs_lex_cursor){.line = 1, .after_eol = true};
}

/* "-" names standard input for a zone, and a file for $INCLUDE. */
static int open_path(const fs_scanner *s, const char *path) {
    if (s->source == NULL && strcmp(path, "-") == 0) return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* errno in BIND's words (lib/isc/errno2result.c), NULL where it has none. */
static const char *open_error(int number) {
    switch (number) {
    case ENOENT: case ENOTDIR: case ELOOP: return "file not found";
    case EACCES: case EPERM: return "permission denied";
    case EISDIR: return "not a file";
    case EMFILE: case ENFILE: return "too many open files";
    case EIO: return "I/O error";
    default: return NULL;
    }
}

FS_COLD static fs_status open_failed(fs_scanner *s, const char *path, int number) {
    const char *reason = open_error(number);
    if (reason == NULL) reason = strerror(number);
    s->error->number = number;
    return fs_fail(s->error, FS_ERROR_SYNTAX, "%s: %s", path, reason);
}

/* A file that is on the stack already would include itself for ever. */
static bool is_open_already(const fs_scanner *s, const struct stat *facts) {
    unsigned depth = 0;
    for (const fs_source *source = s->source; source != NULL; source = source->parent) {
        if (++depth >= DEPTH_MAX) return true;
        if (source->fd >= 0 && S_ISREG(facts->st_mode) && source->before.st_ino == facts->st_ino &&
            source->before.st_dev == facts->st_dev)
            return true;
    }
    return false;
}

/* Remember a file that is included, so that a change of it shows. */
static fs_status note_included(fs_scanner *s, const char *path, const struct stat *facts) {
    fs_scan_result *result = s->result;
    if (result->included_count == result->included_capacity) {
        const uint32_t capacity = 2 * result->included_capacity + 16;
        fs_scan_included *included = realloc(result->included, capacity * sizeof *included);
        if (included == NULL) return no_memory(s);
        result->included = included;
        result->included_capacity = capacity;
    }
    char *copy = strdup(path);
    if (copy == NULL) return no_memory(s);
    result->included[result->included_count++] = (fs_scan_included){
        .path = copy, .inode = facts->st_ino, .octets = (uint64_t)facts->st_size,
        .modified = (int64_t)facts->st_mtim.tv_sec * 1000000000 + facts->st_mtim.tv_nsec};
    return FS_OK;
}

fs_status fs_source_push(fs_scanner *s, const char *path) {
    fs_source *source = source_new(path);
    if (source == NULL) return no_memory(s);
    source->fd = open_path(s, path);
    int number = source->fd < 0 || fstat(source->fd, &source->before) != 0 ? errno : 0;
    if (number == 0 && S_ISDIR(source->before.st_mode)) number = EISDIR;
    if (number == 0 && is_open_already(s, &source->before)) number = EMFILE;
    if (number != 0) {
        source_free(source);
        return open_failed(s, path, number);
    }
    fs_status status = window_resize(s, source, s->options->window ? s->options->window : WINDOW_DEFAULT);
    if (status == FS_OK && s->source != NULL) status = note_included(s, path, &source->before);
    if (status != FS_OK) {
        source_free(source);
        return status;
    }
    source_link(s, source);
    look_at(s, 0);
    return FS_OK;
}

fs_status fs_source_push_text(fs_scanner *s, const char *name, const uint8_t *text, uint64_t length) {
    fs_source *source = source_new(name);
    if (source == NULL) return no_memory(s);
    const fs_status status = window_resize(s, source, length + 1);
    if (status != FS_OK) {
        source_free(source);
        return status;
    }
    if (length != 0) memcpy(source->window, text, length);
    source->filled = length;
    source->at_eof = true;
    source_link(s, source);
    look_at(s, 0);
    return FS_OK;
}

fs_status fs_source_fill(fs_scanner *s) {
    fs_source *source = s->source;
    const uint64_t keep = (uint64_t)(s->end - s->cursor.at);
    memmove(source->window, s->cursor.at, keep);
    if (keep == source->capacity) {
        const fs_status status = window_resize(s, source, source->capacity * 2);
        if (status != FS_OK) return status;
    }
    source->filled = keep;
    ssize_t got;
    do got = read(source->fd, source->window + keep, source->capacity - keep);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        look_at(s, 0);
        return open_failed(s, source->name, errno);
    }
    source->filled += (uint64_t)got;
    source->at_eof = got == 0;
    s->result->octets += (uint64_t)got;
    look_at(s, 0);
    return FS_OK;
}

void fs_source_drop(fs_scanner *s) {
    fs_source *source = s->source;
    s->source = source->parent;
    source_free(source);
    if (s->source == NULL) return;
    const fs_lex_cursor cursor = s->source->cursor;
    look_at(s, (uint64_t)(cursor.at - s->source->window));
    s->cursor = cursor;
}

/* Half of a file that is being replaced must not be signed: size and time of change are the same after as before. */
fs_status fs_source_pop(fs_scanner *s) {
    const fs_source *source = s->source;
    struct stat now;
    fs_status status = FS_OK;
    if (source->fd >= 0 && S_ISREG(source->before.st_mode)) {
        if (fstat(source->fd, &now) != 0 || now.st_size != source->before.st_size ||
            now.st_mtim.tv_sec != source->before.st_mtim.tv_sec || now.st_mtim.tv_nsec != source->before.st_mtim.tv_nsec) {
            status = fs_fail(s->error, FS_ERROR_SYNTAX, "the file changed while it was read");
            strncpy(s->error->file, source->name, sizeof s->error->file - 1);
            s->error->line = s->cursor.line;
        }
    }
    fs_source_drop(s);
    return status;
}
