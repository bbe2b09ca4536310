/* What ec_batch.c and ed25519_batch.c share. */
#ifndef FS_EC_TABLES_H
#define FS_EC_TABLES_H

#include "fs.h"

/* Memory aligned to a line of the cache, or NULL; free() gives it back. */
void *fs_ec_allocate(size_t octets);

/* The window that costs least for so many signatures by a key of so many octets: its tables are built once, then each window is one
 * addition a signature and base. */
unsigned fs_ec_window(size_t octets, size_t expected);

/* Overwrite the part of the stack where the kernels had their variables. */
void fs_ec_wipe_stack(void);

#endif
