/* Waiting for the disk. */
#ifndef FS_DISK_H
#define FS_DISK_H

#include "fs.h"

/* fsync each of `count` files, many at a time, so that the file system can put them into one commit of its journal. error[i] is 0 or the
 * errno of file i. */
void fs_sync_files(const int *fd, int *error, size_t count);

#endif
