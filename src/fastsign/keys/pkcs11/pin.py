"""PINs: read once, kept in memory of their own that is wiped, and tried once if they are wrong.

A token locks itself after a few wrong PINs. So the processes that log in by a PIN share it in one place, which also
says whether it has been found right or wrong, and until that is known they try one after the other.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from fastsign.errors import HsmError, system_reason
from fastsign.keys.pkcs11.uri import KeyUri, pin_path

MAX = 1024  # octets of a PIN

_UNTRIED, _RIGHT, _WRONG = b"?+-"  # the first octet of the memory
_LENGTH_AT, _AT = 2, 4


class Pin:
    """A PIN in shared memory without a name: locked if the system lets it, left out of core dumps, wiped at the end."""

    def __init__(self, octets: bytearray) -> None:
        """Take the octets in, and wipe them."""
        try:
            self._map(os.memfd_create("fastsign-pin", os.MFD_CLOEXEC))
            self._memory[0] = _UNTRIED
            self._memory[_LENGTH_AT:_AT] = len(octets).to_bytes(2, "big")
            self._memory[_AT : _AT + len(octets)] = octets
        finally:
            octets[:] = bytes(len(octets))

    def _map(self, fd: int) -> None:
        self.fd = fd
        os.ftruncate(fd, mmap.PAGESIZE)
        self._memory = mmap.mmap(fd, mmap.PAGESIZE)
        with suppress(OSError):
            self._memory.madvise(mmap.MADV_DONTDUMP)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        ctypes.CDLL(None).mlock(ctypes.c_void_p(address), ctypes.c_size_t(mmap.PAGESIZE))

    @classmethod
    def inherited(cls, fd: int) -> Pin:
        """That of the process which has started this one and left the descriptor open."""
        pin = cls.__new__(cls)
        pin._map(fd)
        return pin

    @property
    def is_wrong(self) -> bool:
        """Has a token said so? Then the octets are gone."""
        return self._memory[0] == _WRONG

    @contextmanager
    def attempt(self) -> Iterator[bytearray]:
        """The octets, for one log-in, wiped when the block ends; `found_right` or `found_wrong` tells how it went.

        HsmError if it is known to be wrong. While it is not known, other processes wait here.
        """
        alone = self._memory[0] != _RIGHT
        if alone:
            fcntl.lockf(self.fd, fcntl.LOCK_EX)
        octets = bytearray()
        try:
            if self.is_wrong:
                raise HsmError("the PIN is wrong; it was tried once, and is not tried again")
            length = int.from_bytes(self._memory[_LENGTH_AT:_AT], "big")
            octets += memoryview(self._memory)[_AT : _AT + length]
            yield octets
        finally:
            octets[:] = bytes(len(octets))
            if alone:
                fcntl.lockf(self.fd, fcntl.LOCK_UN)

    def found_right(self) -> None:
        """A token has let us in."""
        self._memory[0] = _RIGHT

    def found_wrong(self) -> None:
        """A token has refused it: nobody is to try it again, so it is wiped."""
        self._memory[0] = _WRONG
        self._memory[_LENGTH_AT:] = bytes(mmap.PAGESIZE - _LENGTH_AT)

    def close(self) -> None:
        """Wipe it, for all that share it."""
        if self.fd >= 0:
            self._memory[_LENGTH_AT:] = bytes(mmap.PAGESIZE - _LENGTH_AT)
            os.close(self.fd)
            self.fd = -1

    def __reduce__(self) -> str:
        raise TypeError("a PIN can't be pickled")


def read_pin(uri: KeyUri) -> Pin | None:
    """The PIN that a URI has or leads to; None if it has none. HsmError if it can't be read."""
    if uri.pin_value is not None:
        return Pin(bytearray(uri.pin_value, "utf-8", "surrogateescape"))
    try:
        path = pin_path(uri)
    except ValueError as error:
        raise HsmError(f"the label {uri.describe()} {error}") from None
    return None if path is None else Pin(_first_line(path))


def _first_line(path: str) -> bytearray:
    """The content of a file with a PIN, less the end of its line, for the caller to wipe."""
    pin = bytearray(MAX + 1)
    try:
        with open(path, "rb", buffering=0) as file:
            length = file.readinto(pin) or 0
    except OSError as error:
        raise HsmError(f"the PIN can't be read from {path}: {system_reason(error)}") from None
    while length and pin[length - 1] in b"\r\n":
        length -= 1
    if not 0 < length <= MAX:
        pin[:] = bytes(len(pin))
        raise HsmError(f"the file {path} has no PIN of 1 to {MAX} octets")
    pin[length:] = bytes(len(pin) - length)
    del pin[length:]
    return pin


@dataclass(slots=True)
class Pins:
    """The PINs of one run: one for each place that they come from, so that all who log in know of a wrong one."""

    read: Callable[[KeyUri], Pin | None] = read_pin
    _known: dict[tuple[object, ...], Pin | None] = field(default_factory=dict, repr=False)

    def of(self, uri: KeyUri) -> Pin | None:
        """The PIN of a token. A file that has changed since is read again."""
        source = _source(uri)
        if source not in self._known:
            self._known[source] = self.read(uri)
        return self._known[source]

    def close(self) -> None:
        """Wipe them all."""
        for pin in self._known.values():
            if pin is not None:
                pin.close()
        self._known.clear()


def _source(uri: KeyUri) -> tuple[object, ...]:
    """Where a PIN comes from, and for which token."""
    token = (uri.token, uri.manufacturer, uri.model, uri.serial, uri.slot_id)
    if uri.pin_value is not None:
        import hashlib

        digest = hashlib.sha256(uri.pin_value.encode("utf-8", "surrogateescape")).digest()
        return (*token, digest)
    with suppress(ValueError, OSError):
        path = pin_path(uri)
        if path is not None:
            status = os.stat(path)
            return (*token, path, status.st_ino, status.st_size, status.st_mtime_ns)
    return (*token, uri.pin_source)
