/* Memory for secrets. */
#define _GNU_SOURCE
#include "private_key_memory.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t whole_pages(size_t octets) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (octets + page - 1) / page * page;
}

/* Locking and leaving out of core dumps are best effort: RLIMIT_MEMLOCK may be small, and a signer must still run there. */
void *fs_secret_open(size_t octets) {
    const size_t size = whole_pages(octets);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    (void)mlock(memory, size);
    (void)madvise(memory, size, MADV_DONTDUMP);
    return memory;
}

void fs_secret_close(void *memory, size_t octets) {
    if (memory == NULL) return;
    OPENSSL_cleanse(memory, octets);
    munmap(memory, whole_pages(octets));
}
