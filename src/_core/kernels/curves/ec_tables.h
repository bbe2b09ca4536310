/* What ec_batch.c and ed25519_batch.c share. */
#ifndef FS_EC_TABLES_H
#define FS_EC_TABLES_H

#include "fs.h"

/* Memory aligned to a line of the cache, or NULL; free() gives it back. */
void *fs_ec_allocate(size_t octets);

/* The window that costs least for so many signatures by a key of so many octets: its tables are built once, then each window is one
 * addition a signature and base. */
unsigned fs_ec_window(size_t octets, size_t expected);

enum { FS_EC_SHARED_WINDOW = 7 };

/* Tables of odd multiples of the two bases that a signature is checked by: [0] of the generator, [1] of the public key. */
typedef struct {
    unsigned window[2];
    void *table[2];
    void *own; /* table[0] where it is this key's alone; else all keys share it, by windows of FS_EC_SHARED_WINDOW bits */
} fs_ec_tables;

/* Make room for about `expected` signatures; `size` gives the octets of a table by its window. 0 if there is no memory. */
int fs_ec_tables_open(fs_ec_tables *tables, size_t octets, size_t expected, size_t (*size)(unsigned window)) FS_MUST_CHECK;
void fs_ec_tables_close(fs_ec_tables *tables);

/* Overwrite the part of the stack where the kernels had their variables. */
void fs_ec_wipe_stack(void);

#endif
