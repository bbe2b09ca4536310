/* Growable shared arrays. */
#define _GNU_SOURCE
#include "column.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COLUMN_PAGE = 4096 };

static uint64_t round_to_page(uint64_t octets) {
    return octets <= COLUMN_PAGE ? COLUMN_PAGE : (octets + COLUMN_PAGE - 1) & ~(uint64_t)(COLUMN_PAGE - 1);
}

FS_COLD static fs_status system_failed(fs_error *error, const char *call) {
    error->number = errno;
    return fs_fail(error, FS_ERROR_SYSTEM, "%s of shared memory failed", call);
}

static fs_status map_column(fs_column *column, uint64_t capacity, fs_error *error) {
    if (ftruncate(column->fd, (off_t)capacity) != 0) return system_failed(error, "ftruncate");
    void *data = column->data == NULL
                     ? mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_SHARED, column->fd, 0)
                     : mremap(column->data, column->capacity, capacity, MREMAP_MAYMOVE);
    if (data == MAP_FAILED) return system_failed(error, "mmap");
    column->data = data;
    column->capacity = capacity;
    return FS_OK;
}

fs_status fs_column_open(fs_column *column, uint64_t capacity, fs_error *error) {
    *column = (fs_column){.fd = memfd_create("fastsign", MFD_CLOEXEC)};
    if (column->fd < 0) return system_failed(error, "memfd_create");
    const fs_status status = map_column(column, round_to_page(capacity), error);
    if (status != FS_OK) fs_column_close(column);
    return status;
}

fs_status fs_column_attach(fs_column *column, int fd, uint64_t used, fs_error *error) {
    *column = (fs_column){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)};
    if (column->fd < 0) return system_failed(error, "fcntl");
    const uint64_t capacity = round_to_page(used);
    void *data = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_SHARED, column->fd, 0);
    if (data == MAP_FAILED) {
        const fs_status status = system_failed(error, "mmap");
        fs_column_close(column);
        return status;
    }
    column->data = data;
    column->capacity = capacity;
    column->used = used;
    return FS_OK;
}

fs_status fs_column_grow(fs_column *column, uint64_t more, fs_error *error) {
    const uint64_t doubled = column->capacity * 2, needed = column->used + more;
    return map_column(column, round_to_page(needed > doubled ? needed : doubled), error);
}

fs_status fs_column_resize(fs_column *column, uint64_t used, fs_error *error) {
    const uint64_t capacity = round_to_page(used);
    fs_status status = FS_OK;
    if (used < column->used) memset(column->data + used, 0, (size_t)(capacity < column->used ? capacity : column->used) - used);
    if (capacity != column->capacity) status = map_column(column, capacity, error);
    if (status == FS_OK) column->used = used;
    return status;
}

void fs_column_close(fs_column *column) {
    if (column->data != NULL) munmap(column->data, column->capacity);
    if (column->fd >= 0) close(column->fd);
    *column = (fs_column){.fd = -1};
}
