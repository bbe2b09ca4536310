"""Where the agent keeps what is its own of a zone: a folder .fastsign in the key directory, with the zone's lock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from fastsign.errors import FileError, system_reason
from fastsign.keys import names

FOLDER = ".fastsign"


@dataclass(frozen=True, slots=True)
class Place:
    """A zone and its key directory. The zone's name is in wire form."""

    zone: bytes
    directory: str

    @property
    def folder(self) -> str:
        return os.path.join(self.directory, FOLDER)

    @property
    def memory(self) -> str:
        """What is remembered between runs."""
        return self._path("json")

    @property
    def intent(self) -> str:
        """What is being done: there only while a commit is under way."""
        return self._path("intent")

    @property
    def response(self) -> str:
        """The signed key response of a zone whose KSK is offline."""
        return self._path("skr")

    @property
    def lock(self) -> str:
        return self._path("lock")

    def staged(self, directory: str) -> str:
        """Where files wait that are to go into *directory*: on the same file system."""
        return os.path.join(directory, FOLDER, f"{names.to_file_text(self.zone)}staged")

    def _path(self, suffix: str) -> str:
        return os.path.join(self.folder, names.to_file_text(self.zone) + suffix)


@contextmanager
def locked(place: Place, timeout: float = 10) -> Iterator[None]:
    """Nobody else works on the zone's keys and its signed file until the block ends.

    FileError if somebody has the lock for longer than *timeout* seconds, or if the key directory can't be written to.
    """
    from filelock import FileLock, Timeout

    try:
        make_folder(place.folder)
        lock = FileLock(place.lock, timeout=timeout, mode=0o600)
        with lock:
            yield
    except Timeout:
        zone = names.to_message(place.zone)
        raise FileError(f"zone {zone} is being worked on by another process, which has locked {place.lock}") from None
    except PermissionError as error:
        raise FileError(f"{error.filename or place.folder}: {system_reason(error)}") from None


def make_folder(path: str) -> None:
    """Make a folder that nobody else may look into, unless it is there."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    sync_folder(os.path.dirname(path) or ".")


def sync_folder(path: str) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: str, content: bytes | bytearray, mode: int = 0o600) -> None:
    """Put a small file in place, whole and on the disk. What a crash leaves is replaced the next time."""
    temporary = path + ".new"
    write_synced(temporary, content, mode)
    os.rename(temporary, path)
    sync_folder(os.path.dirname(path) or ".")


def write_synced(path: str, content: bytes | bytearray, mode: int) -> None:
    """Write a file and have it on the disk, with exactly this mode from its first octet; its name may not be yet."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    with named(path):
        _write_synced(path, content, mode)


@contextmanager
def named(path: str) -> Iterator[None]:
    """An error of the system within the block tells which file it is about."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = path
        raise


def _write_synced(path: str, content: bytes | bytearray, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
