/* Growable shared arrays. */
#define _GNU_SOURCE
#include "column.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COLUMN_PAGE = 4096, SPARES = 64 };

/* Columns of one page, closed and zeroed, for the next that are opened: a small zone is made of dozens, and making them would cost more than
 * what is in them. A column that another process may still see is none: `forks` says how often this process has forked, and a child
 * begins without spares. */
static struct {
    pthread_mutex_t mutex;
    uint32_t forks;
    uint32_t count;
    fs_column column[SPARES];
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void before_fork(void) { pthread_mutex_lock(&pool.mutex); }

static void after_fork(void) {
    pool.forks++;
    pthread_mutex_unlock(&pool.mutex);
}

static void close_now(fs_column *column) {
    if (column->data != NULL) munmap(column->data, column->capacity);
    if (column->fd >= 0) close(column->fd);
}

static void after_fork_in_child(void) {
    while (pool.count > 0) close_now(&pool.column[--pool.count]);
    after_fork();
}

static void watch_forks(void) { pthread_atfork(before_fork, after_fork, after_fork_in_child); }

static int take_spare(fs_column *column) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&pool.mutex);
    const int taken = pool.count > 0;
    if (taken) *column = pool.column[--pool.count];
    column->forks = pool.forks;
    pthread_mutex_unlock(&pool.mutex);
    return taken;
}

static int keep_spare(const fs_column *column) {
    pthread_mutex_lock(&pool.mutex);
    const int kept = pool.count < SPARES && column->forks == pool.forks;
    if (kept) {
        memset(column->data, 0, COLUMN_PAGE);
        pool.column[pool.count] = *column;
        pool.column[pool.count++].used = 0;
    }
    pthread_mutex_unlock(&pool.mutex);
    return kept;
}

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
    *column = (fs_column){.fd = -1};
    if (capacity <= COLUMN_PAGE && take_spare(column)) return FS_OK;
    column->fd = memfd_create("fastsign", MFD_CLOEXEC);
    if (column->fd < 0) return system_failed(error, "memfd_create");
    const fs_status status = map_column(column, round_to_page(capacity), error);
    if (status != FS_OK) fs_column_close(column);
    return status;
}

fs_status fs_column_attach(fs_column *column, int fd, uint64_t used, fs_error *error) {
    *column = (fs_column){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0), .is_known = 1};
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
    const int plain = column->data != NULL && column->capacity == COLUMN_PAGE && !column->is_known;
    if (!plain || !keep_spare(column)) close_now(column);
    *column = (fs_column){.fd = -1};
}
