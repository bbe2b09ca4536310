"""Key material that never was in a file: kept as the octets of a .private file, in locked memory with a descriptor.

The signer reads it in C, by a path, as it reads any key; the path is that of the descriptor, which this process and its
workers can open.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import weakref
from contextlib import suppress

from fastsign.keys.files import KeyFile
from fastsign.keys.write import Material, private_file
from fastsign.zone.write import descriptor_path


class SecretFile:
    """A .private file without a name. Its memory is locked if the system lets it, left out of core dumps, and wiped."""

    def __init__(self, key: KeyFile, material: Material) -> None:
        """Take the material of *key* in, and wipe it."""
        content = private_file(key, material)
        try:
            self._fd = os.memfd_create("fastsign-key", os.MFD_CLOEXEC)
            os.ftruncate(self._fd, len(content))
            memory = mmap.mmap(self._fd, len(content))
            self.close = weakref.finalize(self, _wipe_and_close, memory, self._fd, os.getpid())
            _protect(memory)
            memory[:] = content
        finally:
            content[:] = bytes(len(content))
            for _, value in material:
                value[:] = bytes(len(value))

    @property
    def path(self) -> str:
        """Where this process and those forked from it can read it."""
        return descriptor_path(self._fd)

    def __reduce__(self) -> str:
        raise TypeError("a private key can't be pickled")


def _protect(memory: mmap.mmap) -> None:
    """As the core does with its own secrets: best effort, for a limit on locked memory may be small."""
    with suppress(OSError):
        memory.madvise(mmap.MADV_DONTDUMP)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    ctypes.CDLL(None).mlock(ctypes.c_void_p(address), ctypes.c_size_t(len(memory)))


def _wipe_and_close(memory: mmap.mmap, fd: int, owner: int) -> None:
    """A forked worker that ends has the same memory, and leaves it to its parent."""
    if os.getpid() == owner:
        memory[:] = bytes(len(memory))
        memory.close()
        os.close(fd)
