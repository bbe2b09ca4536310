"""The header of an image: what it is of, and what a look at two files must show for nothing to have changed."""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import BinaryIO, ClassVar

_MAGIC, _VERSION = b"fs-image", 1
_ORDER, _ROW = 0x01020304, 48  # rows are in the order of octets of the machine that wrote them; octets of a row's head
_NO_DIGEST = bytes(32)
_COARSE, _FINE = 2_000_000_000, 50_000_000  # nanoseconds: two ticks of a file system's clock


class UnusableError(Exception):
    """An image that can't be made use of, and why."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file at one moment. All zeros: nothing is known of it."""

    size: int = 0
    mtime: int = 0  # nanoseconds since 1970
    ctime: int = 0
    inode: int = 0
    digest: bytes = _NO_DIGEST  # SHA-256 of its octets, if it was read

    @classmethod
    def of(cls, status: os.stat_result) -> FileState:
        """What stat says. The time of the last change is left out: a file that goes into place gets a new one."""
        return cls(status.st_size, status.st_mtime_ns, 0, status.st_ino)


UNKNOWN = FileState()


def look_at(path: str) -> FileState:
    """The state of a file, its digest too; UNKNOWN if it is none, can't be read or changes meanwhile."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return UNKNOWN  # what a pipe has can be read once
        with open(path, "rb") as file:
            before = os.fstat(file.fileno())
            digest = _digest(file)
            after = os.fstat(file.fileno())
    except OSError:
        return UNKNOWN
    state = _state(before, digest)
    return state if state == _state(after, digest) else UNKNOWN


def is_settled(state: FileState, clock: int) -> bool:
    """Will a change of the file show in its times? Not one within the same tick of the file system's *clock*."""
    changed = max(state.mtime, state.ctime)
    return changed + (_FINE if changed % 1_000_000_000 else _COARSE) < clock


def is_same(path: str, state: FileState) -> bool:
    """Has the file the octets that it had? It is read only if its times are others."""
    if state == UNKNOWN or state.digest == _NO_DIGEST:
        return False
    try:
        now = os.stat(path)
    except OSError:
        return False
    return _state(now, state.digest) == state or (now.st_size == state.size and look_at(path).digest == state.digest)


def is_untouched(path: str, state: FileState) -> bool:
    """Is this still the file that was put there?"""
    try:
        return state != UNKNOWN and FileState.of(os.stat(path)) == state
    except OSError:
        return False


def _state(status: os.stat_result, digest: bytes) -> FileState:
    return FileState(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, digest)


def _digest(file: BinaryIO) -> bytes:
    digest = sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Facts:
    """The header. Digests are SHA-256."""

    apex: bytes  # digest of the zone's name
    parameters: bytes  # digest of all that the signed zone depends on besides the input and the time
    signed: int  # seconds since 1970
    ends: int  # seconds since 1970: when the first signature ends
    serial: int  # of the signed zone
    source: FileState  # the unsigned zone as it was read, or UNKNOWN
    output: FileState  # the signed zone as it was put in place, or UNKNOWN
    key_octets: int  # of the list of keys behind the header
    row_octets: int  # of the rows behind that
    rows: int
    body: bytes  # digest of both

    _STATE: ClassVar[str] = "QQQQ32s"
    _LEADER: ClassVar[struct.Struct] = struct.Struct("<8sIIII")
    _REST: ClassVar[struct.Struct] = struct.Struct(f"<32s32sQQQ{_STATE}{_STATE}QQQ32s")
    SIZE: ClassVar[int] = _LEADER.size + _REST.size + 32

    def pack(self) -> bytes:
        """The header's octets."""
        order = int.from_bytes(struct.pack("=I", _ORDER), "little")
        fields: list[int | bytes] = [self.apex, self.parameters, self.signed, self.ends, self.serial]
        fields += [*astuple(self.source), *astuple(self.output)]
        fields += [self.key_octets, self.row_octets, self.rows, self.body]
        header = self._LEADER.pack(_MAGIC, _VERSION, self.SIZE, order, _ROW) + self._REST.pack(*fields)
        return header + sha256(header).digest()

    @classmethod
    def read(cls, file: BinaryIO) -> Facts:
        """The header of an image. UnusableError if it can't be taken for one."""
        header = file.read(cls.SIZE)
        if header[:8] != _MAGIC:
            raise UnusableError("it is no image")
        if len(header) < cls._LEADER.size:
            raise UnusableError("it is cut off")
        _, version, size, order, row = cls._LEADER.unpack_from(header)
        if version != _VERSION:
            raise UnusableError(f"it is of version {version}, and this program reads version {_VERSION}")
        if len(header) < cls.SIZE:
            raise UnusableError("it is cut off")
        if sha256(header[:-32]).digest() != header[-32:]:
            raise UnusableError("its header is damaged")
        if (size, order, row) != (cls.SIZE, int.from_bytes(struct.pack("=I", _ORDER), "little"), _ROW):
            raise UnusableError("it was made by a machine of another kind")
        *fields, a, b, c, body = cls._REST.unpack_from(header, cls._LEADER.size)
        apex, parameters, signed, ends, serial = fields[:5]
        source, output = FileState(*fields[5:10]), FileState(*fields[10:15])
        return cls(apex, parameters, signed, ends, serial, source, output, a, b, c, body)


def may_be_replaced(path: str) -> bool:
    """Is what stands there an image, of whatever kind, or nothing at all? OSError if that can't be seen."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_MAGIC)) in (_MAGIC, b"")
    except FileNotFoundError:
        return True


def read_facts(path: str) -> Facts | None:
    """What the header of the image in a file says; None if there is none, or if it can't be made use of."""
    try:
        with open(path, "rb") as file:
            return Facts.read(file)
    except (OSError, UnusableError):
        return None
