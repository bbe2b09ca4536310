"""Putting a file in place: all of it, durably, or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from fastsign import _core

_ATTEMPTS = 100
_COPY = 1 << 20  # octets at a time


class Output(Protocol):
    """A place for a file that others see only once it is placed; a block that ends before leaves nothing."""

    @property
    def temporary(self) -> str:
        """Path by which what was written so far can be read."""

    @property
    def directory(self) -> str:
        """Folder that has to be synced once the file is in place; "" for a file that is not to last."""

    @property
    def fd(self) -> int: ...

    def write(self, data: bytes | memoryview) -> None: ...
    def append_from(self, source_fd: int, octets: int) -> None: ...
    def restart(self) -> None: ...
    def begin_sync(self) -> None: ...
    def place(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class AtomicFile:
    """A file that appears under its name only by `commit`.

    Until then it is a temporary file in the same directory (made with O_EXCL), removed if the block ends otherwise.
    OSError as the system calls raise it.
    """

    def __init__(self, path: str, mode: int = 0o644) -> None:
        self.path = path
        self.fd: int
        self.fd, self.temporary = _create_beside(path, mode)

    def write(self, data: bytes | memoryview) -> None:
        """Write all of *data*."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]

    def append_from(self, source_fd: int, octets: int) -> None:
        """Append the first *octets* of another file (a column's memory) without bringing them into this process."""
        done = 0
        while done < octets:
            sent = os.sendfile(self.fd, source_fd, done, octets - done)
            if sent == 0:
                raise OSError(f"{self.temporary}: source ended after {done} of {octets} octets")
            done += sent

    def restart(self) -> None:
        """Forget what was written."""
        os.ftruncate(self.fd, 0)
        os.lseek(self.fd, 0, os.SEEK_SET)

    @property
    def directory(self) -> str:
        return os.path.dirname(self.path) or "."

    def begin_sync(self) -> None:
        """Have the system begin to write, so that `sync` waits less."""
        _core.begin_writing(self.fd)

    def sync(self) -> None:
        """Have the octets on the disk."""
        os.fsync(self.fd)

    def place(self) -> None:
        """Rename the synced file into place, which is durable once the directory is synced."""
        os.close(self.fd)
        self.fd = -1
        os.rename(self.temporary, self.path)
        self.temporary = ""

    def commit(self) -> None:
        """Sync, rename into place, sync the directory: a crash leaves the old file or the whole new one."""
        self.sync()
        self.place()
        _sync_directory(self.directory)

    def abandon(self) -> None:
        """Remove the temporary file; what stood under the name stays as it is."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        if self.temporary:
            os.unlink(self.temporary)
            self.temporary = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()


class SuccessorFile(AtomicFile):
    """A file that takes over mode and, as far as this user may, owner and group of the one that it replaces."""

    def __init__(self, path: str) -> None:
        try:
            old = os.stat(path)
        except FileNotFoundError:
            super().__init__(path, 0o666)
            return
        super().__init__(path, stat.S_IMODE(old.st_mode) & 0o666)
        for owner in (old.st_uid, -1):
            with suppress(PermissionError):
                os.fchown(self.fd, owner, old.st_gid)
                break
        os.fchmod(self.fd, stat.S_IMODE(old.st_mode))


class StreamFile(AtomicFile):
    """A temporary file on its way to a stream, where `place` copies it: a pipe can't take anything back."""

    def __init__(self, stream: BinaryIO) -> None:
        import tempfile

        super().__init__(os.path.join(tempfile.gettempdir(), "fastsign"))
        self._stream = stream

    @property
    def directory(self) -> str:
        return ""

    def begin_sync(self) -> None:
        """Nothing of this file is to outlive the run."""

    def place(self) -> None:
        with open(self.temporary, "rb") as written:
            while chunk := written.read(_COPY):
                left = memoryview(chunk)
                while left:
                    left = left[self._stream.write(left) :]
        self._stream.flush()


class MemoryFile(AtomicFile):
    """A file that never has a name: its memory is gone once the last descriptor of it is closed."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("fastsign-zone", os.MFD_CLOEXEC)
        self.path = self.temporary = descriptor_path(self.fd)

    @property
    def directory(self) -> str:
        return ""

    def begin_sync(self) -> None:
        """There is no disk."""

    def place(self) -> None:
        """There is no place."""

    def abandon(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        self.temporary = ""


def descriptor_path(fd: int) -> str:
    """Path by which this process, and those forked from it, can open what a descriptor leads to."""
    return f"/proc/self/fd/{fd}"


# ---- many files at once: the disk is waited for once and not for each


def sync_together(files: Iterable[tuple[int, Output]]) -> dict[int, OSError]:
    """Have the octets of all files on the disk; the error of each that failed, by the number that stands with it."""
    durable = [(number, file) for number, file in files if file.directory]
    codes = _core.sync_files([file.fd for _, file in durable])
    return {
        number: OSError(code, os.strerror(code), file.temporary)
        for (number, file), code in zip(durable, codes, strict=True)
        if code
    }


def place_together(files: Iterable[tuple[int, Output]]) -> dict[int, OSError]:
    """Put synced files into place, durably; the error of each that failed, by its number."""
    errors = {}
    numbered = list(files)
    for number, file in numbered:
        try:
            file.place()
        except OSError as error:
            errors[number] = error
    for directory in {file.directory for _, file in numbered} - {""}:
        try:
            _sync_directory(directory)
        except OSError as error:
            errors |= {number: error for number, file in numbered if file.directory == directory}
    return errors


def place_file(file: Output) -> None:
    """Put one file into place, durably. OSError as the system calls raise it."""
    for errors in (sync_together([(0, file)]), place_together([(0, file)])):
        if errors:
            raise errors[0]


def _create_beside(path: str, mode: int) -> tuple[int, str]:
    for _ in range(_ATTEMPTS):
        temporary = f"{path}.{os.urandom(4).hex()}"
        try:
            return os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), temporary
        except FileExistsError:
            continue
    raise FileExistsError(f"no free name for a temporary file beside {path}")


def _sync_directory(directory: str) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
