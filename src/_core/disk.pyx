# Files on their way to the disk.

from libc.stdlib cimport calloc, free  # no-cython-lint


cdef extern from "fcntl.h" nogil:
    int sync_file_range(int fd, int64_t offset, int64_t octets, unsigned int flags)
    enum:
        SYNC_FILE_RANGE_WRITE

cdef extern from "disk.h" nogil:
    void fs_sync_files(const int *fd, int *error, size_t count)


def begin_writing(int fd):
    """Have the system begin to write a file's octets to the disk. Only a hint: fsync is what waits and tells of errors."""
    with nogil:
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE)


def sync_files(fds):
    """fsync many files at a time. Returns an errno for each, 0 where it went well."""
    cdef size_t i, count = len(fds)
    cdef int *numbers = <int *>calloc(2 * count + 1, sizeof(int))
    if numbers == NULL:
        raise MemoryError()
    try:
        for i in range(count):
            numbers[i] = fds[i]
        with nogil:
            fs_sync_files(numbers, numbers + count, count)
        return [numbers[count + i] for i in range(count)]
    finally:
        free(numbers)
