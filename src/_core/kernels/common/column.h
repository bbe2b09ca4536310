/* A growable flat array in shared memory (a memfd): the one kind of thing that parts and processes share. */
#ifndef FS_COLUMN_H
#define FS_COLUMN_H

#include "fs.h"

typedef struct {
    uint8_t *data;     /* the mapping, page aligned; moves when the column grows */
    uint64_t used;     /* octets in use */
    uint64_t capacity; /* octets mapped */
    int fd;            /* the memfd, close-on-exec; -1 when closed */
    uint32_t forks;    /* how often the process had forked when it was opened */
    int is_known;      /* its descriptor was told: others may have mapped it */
} fs_column;

fs_status fs_column_open(fs_column *column, uint64_t capacity, fs_error *error) FS_MUST_CHECK;

/* Map the first `used` octets of another process's column; the descriptor is duplicated. */
fs_status fs_column_attach(fs_column *column, int fd, uint64_t used, fs_error *error) FS_MUST_CHECK;

/* Grow so that `more` octets fit behind `used`; doubles, so that appending is linear. */
FS_COLD fs_status fs_column_grow(fs_column *column, uint64_t more, fs_error *error) FS_MUST_CHECK;
FS_INLINE FS_MUST_CHECK fs_status fs_column_reserve(fs_column *column, uint64_t more, fs_error *error) {
    return FS_LIKELY(column->used + more <= column->capacity) ? FS_OK : fs_column_grow(column, more, error);
}

/* Set the octets in use, growing if need be; new octets are zero. Shrinking gives memory back to the system. */
fs_status fs_column_resize(fs_column *column, uint64_t used, fs_error *error) FS_MUST_CHECK;

void fs_column_close(fs_column *column);

#endif
