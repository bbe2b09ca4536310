"""Putting a file in place: all of it, durably, or not at all."""

from __future__ import annotations

import os
from types import TracebackType
from typing import BinaryIO, Protocol, Self

_ATTEMPTS = 100
_COPY = 1 << 20  # octets at a time


class Output(Protocol):
    """A place for a file that others see only by `commit`; a block that ends otherwise leaves nothing."""

    @property
    def temporary(self) -> str:
        """Path by which what was written so far can be read."""

    def write(self, data: bytes | memoryview) -> None: ...
    def append_from(self, source_fd: int, octets: int) -> None: ...
    def sync(self) -> None: ...
    def commit(self) -> None: ...
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

    def sync(self) -> None:
        """Have the octets on the disk."""
        os.fsync(self.fd)

    def commit(self) -> None:
        """Sync, rename into place, sync the directory: a crash leaves the old file or the whole new one."""
        self.sync()
        os.close(self.fd)
        self.fd = -1
        os.rename(self.temporary, self.path)
        self.temporary = ""
        _sync_directory(os.path.dirname(self.path) or ".")

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


class StreamFile(AtomicFile):
    """A temporary file on its way to a stream, where it goes by `commit`: a pipe can't take anything back."""

    def __init__(self, stream: BinaryIO) -> None:
        import tempfile

        super().__init__(os.path.join(tempfile.gettempdir(), "fastsign"))
        self._stream = stream

    def sync(self) -> None:
        """Nothing of this file is to outlive the run."""

    def commit(self) -> None:
        """Copy the file to the stream."""
        with open(self.temporary, "rb") as written:
            while chunk := written.read(_COPY):
                self._stream.write(chunk)
        self._stream.flush()


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
