/* Memory for secrets: whole pages, locked and left out of core dumps where the system allows, wiped when closed. */
#ifndef FS_PRIVATE_KEY_MEMORY_H
#define FS_PRIVATE_KEY_MEMORY_H

#include <stddef.h>

/* Zeroed octets, or NULL. */
void *fs_secret_open(size_t octets);

/* Wipe and give back what fs_secret_open gave for as many octets; NULL is nothing to do. */
void fs_secret_close(void *memory, size_t octets);

#endif
