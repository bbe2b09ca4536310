"""PINs: read once, kept in memory of their own that is wiped, and tried once if they are wrong.

A token locks itself after a few wrong PINs. So the processes that log in by a PIN share it in one place, which also
says whether it has been found right or wrong, and until that is known they try one after the other.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cache

from fastsign.errors import HsmError, HsmRefusedError, system_reason
from fastsign.keys.pkcs11.uri import KeyUri, PinSource, pin_source

MAX = 1024  # octets of a PIN

_UNTRIED, _RIGHT, _WRONG = b"?+-"  # what is known of a PIN
_LENGTH_AT, _AT = 0, 2  # in the memory of a PIN

_MARK = 32  # octets: what is known, and a digest of where the PIN comes from
_MARKS = 64 * 1024


class Marks:
    """What is known of PINs, in memory that all processes share which are forked later or get its descriptor."""

    def __init__(self, fd: int = -1) -> None:
        self.fd = fd if fd >= 0 else os.memfd_create("fastsign-pins", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, _MARKS)
        self._memory = mmap.mmap(self.fd, _MARKS)
        self._depth = 0  # how often this process is alone now: the lock is the process's

    def find(self, source: bytes) -> int:
        """Where the mark is of a PIN from some source; a new one if there is none."""
        name = source[: _MARK - 1]
        with self.alone():
            for at in range(0, _MARKS, _MARK):
                known = self._memory[at + 1 : at + _MARK]
                if not any(known):
                    self._memory[at : at + _MARK] = bytes([_UNTRIED]) + name
                    return at
                if known == name:
                    return at
        raise HsmError(f"more than {_MARKS // _MARK} PINs are in use")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Other processes that want to be alone wait meanwhile."""
        fcntl.lockf(self.fd, fcntl.LOCK_EX)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                fcntl.lockf(self.fd, fcntl.LOCK_UN)

    def __getitem__(self, at: int) -> int:
        return self._memory[at]

    def __setitem__(self, at: int, mark: int) -> None:
        self._memory[at] = mark


class Pin:
    """A PIN in shared memory without a name: locked if the system lets it, left out of core dumps, wiped at the end."""

    def __init__(self, octets: bytearray, marks: Marks, at: int) -> None:
        """Take the octets in, and wipe them; their mark is *at* a place of *marks*."""
        try:
            self._open(os.memfd_create("fastsign-pin", os.MFD_CLOEXEC), marks, at)
            self._memory[_LENGTH_AT:_AT] = len(octets).to_bytes(2, "big")
            self._memory[_AT : _AT + len(octets)] = octets
        finally:
            octets[:] = bytes(len(octets))

    def _open(self, fd: int, marks: Marks, at: int) -> None:
        import ctypes

        self.fd, self.marks, self.at = fd, marks, at
        os.ftruncate(fd, mmap.PAGESIZE)
        self._memory = mmap.mmap(fd, mmap.PAGESIZE)
        with suppress(OSError):
            self._memory.madvise(mmap.MADV_DONTDUMP)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        ctypes.CDLL(None).mlock(ctypes.c_void_p(address), ctypes.c_size_t(mmap.PAGESIZE))

    @classmethod
    def inherited(cls, fd: int, marks: int, at: int) -> Pin:
        """That of the process which has started this one and left the descriptors open."""
        pin = cls.__new__(cls)
        pin._open(fd, Marks(marks), at)
        return pin

    @property
    def descriptors(self) -> tuple[int, int, int]:
        """What `inherited` takes: two descriptors and a place."""
        return self.fd, self.marks.fd, self.at

    @property
    def is_wrong(self) -> bool:
        """Has a token said so?"""
        return self.marks[self.at] == _WRONG

    @contextmanager
    def attempt(self) -> Iterator[bytearray]:
        """The octets, for one log-in, wiped when the block ends; `found_right` or `found_wrong` tells how it went.

        HsmRefusedError if it is known to be wrong. While it is not known, other processes wait here.
        """
        alone = nullcontext() if self.marks[self.at] == _RIGHT else self.marks.alone()
        octets = bytearray()
        with alone:
            try:
                if self.is_wrong:
                    raise HsmRefusedError("the PIN is wrong; it was tried once, and is not tried again")
                length = int.from_bytes(self._memory[_LENGTH_AT:_AT], "big")
                octets += memoryview(self._memory)[_AT : _AT + length]
                yield octets
            finally:
                octets[:] = bytes(len(octets))

    def found_right(self) -> None:
        """A token has let us in."""
        self.marks[self.at] = _RIGHT

    def found_wrong(self) -> None:
        """A token has refused it: nobody is to try it again."""
        self.marks[self.at] = _WRONG
        self._wipe()

    def close(self) -> None:
        """Wipe it, for all that share it."""
        if self.fd >= 0:
            self._wipe()
            os.close(self.fd)
            self.fd = -1

    def _wipe(self) -> None:
        self._memory[:] = bytes(mmap.PAGESIZE)

    def __reduce__(self) -> str:
        raise TypeError("a PIN can't be pickled")


@dataclass(slots=True)
class Pins:
    """The PINs of one program run: each source of one is read once, and all who log in know of a wrong one."""

    marks: Marks = field(default_factory=Marks)
    _known: dict[bytes, Pin | None] = field(default_factory=dict, repr=False)

    def of(self, uri: KeyUri) -> Pin | None:
        """The PIN that a URI has or leads to; None if it has none. HsmError if it can't be read.

        A file that has changed since is another source.
        """
        source = _source(uri)
        if source not in self._known:
            octets = _read(uri)
            self._known[source] = None if octets is None else Pin(octets, self.marks, self.marks.find(source))
        return self._known[source]

    def close(self) -> None:
        """Wipe them all."""
        for pin in self._known.values():
            if pin is not None:
                pin.close()
        self._known.clear()


@cache
def shared_pins() -> Pins:
    """Those of this process; of one that was forked from it the same marks, if they were there before."""
    return Pins()


def _source(uri: KeyUri) -> bytes:
    """A digest of where a PIN comes from, and for which token."""
    import hashlib

    source: list[object] = [uri.token, uri.manufacturer, uri.model, uri.serial, uri.slot_id, uri.pin_source]
    if uri.pin_value is not None:
        source.append(uri.pin_value)
    with suppress(ValueError, OSError, HsmError):
        place = pin_source(uri)
        if place is not None and place.kind != "fd":
            path = _path(place)
            status = os.stat(path)
            source += [path, status.st_ino, status.st_size, status.st_mtime_ns]
    return hashlib.sha256(repr(source).encode("utf-8", "surrogateescape")).digest()


def _read(uri: KeyUri) -> bytearray | None:
    if uri.pin_value is not None:
        return bytearray(uri.pin_value, "utf-8", "surrogateescape")
    try:
        place = pin_source(uri)
    except ValueError as error:
        raise HsmError(f"the label {uri.describe()} {error}") from None
    return None if place is None else _first_line(place)


def _path(place: PinSource) -> str:
    """The path of a file, or of a credential (systemd.exec(5)). HsmError if we were handed none."""
    if place.kind == "file":
        return place.name
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise HsmError(f"the PIN can't be read from {place}: systemd has handed no credentials over")
    return os.path.join(folder, place.name)


def _first_line(place: PinSource) -> bytearray:
    """What is there, less the end of its line, for the caller to wipe."""
    pin = bytearray(MAX + 1)
    try:
        length = _read_into(pin, place)
    except OSError as error:
        raise HsmError(f"the PIN can't be read from {place}: {system_reason(error)}") from None
    while length and pin[length - 1] in b"\r\n":
        length -= 1
    if not 0 < length <= MAX:
        pin[:] = bytes(len(pin))
        raise HsmError(f"{'the file ' if place.kind == 'file' else ''}{place} has no PIN of 1 to {MAX} octets")
    pin[length:] = bytes(len(pin) - length)
    del pin[length:]
    return pin


def _read_into(pin: bytearray, place: PinSource) -> int:
    """Read until there is no more, or no room; returns the octets. A descriptor stays open: it is its owner's."""
    fd = int(place.name) if place.kind == "fd" else os.open(_path(place), os.O_RDONLY | os.O_CLOEXEC)
    length = 0
    try:
        with memoryview(pin) as view:
            while length < len(pin) and (got := os.readv(fd, [view[length:]])):
                length += got
    finally:
        if place.kind != "fd":
            os.close(fd)
    return length
