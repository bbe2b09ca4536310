/* Memory for secrets: locked, left out of core dumps, wiped, and kept for the next secret of its size. */
#define _GNU_SOURCE
#include "private_key_memory.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Wiped mappings for reuse: mapping and locking a workspace costs as much as a dozen signatures. Locks don't survive a fork, so a child
 * begins without any. */
enum { SPARES = 8 };
static struct {
    pthread_mutex_t mutex;
    pid_t owner;
    struct {
        void *memory;
        size_t size;
    } spare[SPARES];
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t whole_pages(size_t octets) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (octets + page - 1) / page * page;
}

/* Take the pool, and forget what belongs to the parent. 0 if another thread has it, perhaps one that a fork left behind: do without. */
static int enter_pool(void) {
    if (pthread_mutex_trylock(&pool.mutex) != 0) return 0;
    if (pool.owner == getpid()) return 1;
    for (size_t i = 0; i < SPARES; i++)
        if (pool.spare[i].memory != NULL) munmap(pool.spare[i].memory, pool.spare[i].size);
    memset(pool.spare, 0, sizeof pool.spare);
    pool.owner = getpid();
    return 1;
}

static void *take_spare(size_t size) {
    void *memory = NULL;
    if (!enter_pool()) return NULL;
    for (size_t i = 0; i < SPARES && memory == NULL; i++) {
        if (pool.spare[i].size != size) continue;
        memory = pool.spare[i].memory;
        pool.spare[i].memory = NULL;
        pool.spare[i].size = 0;
    }
    pthread_mutex_unlock(&pool.mutex);
    return memory;
}

static int keep_spare(void *memory, size_t size) {
    int kept = 0;
    if (!enter_pool()) return 0;
    for (size_t i = 0; i < SPARES && !kept; i++) {
        if (pool.spare[i].memory != NULL) continue;
        pool.spare[i].memory = memory;
        pool.spare[i].size = size;
        kept = 1;
    }
    pthread_mutex_unlock(&pool.mutex);
    return kept;
}

/* Locking and leaving out of core dumps are best effort: RLIMIT_MEMLOCK may be small, and a signer must still run there. */
void *fs_secret_open(size_t octets) {
    const size_t size = whole_pages(octets);
    void *memory = take_spare(size);
    if (memory != NULL) return memory;
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    (void)mlock(memory, size);
    (void)madvise(memory, size, MADV_DONTDUMP);
    return memory;
}

void fs_secret_close(void *memory, size_t octets) {
    if (memory == NULL) return;
    const size_t size = whole_pages(octets);
    OPENSSL_cleanse(memory, octets);
    if (!keep_spare(memory, size)) munmap(memory, size);
}
