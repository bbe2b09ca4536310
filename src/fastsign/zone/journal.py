"""BIND's journals (lib/dns/journal.c): the changes that a server has made to a zone since its file was written.

A file has a header of 64 octets, an index that is not needed, and transactions, each from one serial to the next: a
header, and records with four octets of length before each. The records of a transaction are those of an IXFR: the old
SOA, what is deleted, the new SOA, what is added. All numbers are big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath

from fastsign import _core
from fastsign.errors import JournalError, RawFormatError
from fastsign.zone.arithmetic import is_greater

SOA, SIG, RRSIG = 6, 24, 46
_V1, _V2 = b";BIND LOG V9\n\0\0\0", b";BIND LOG V9.2\n\0"
_HEADER = struct.Struct(">16sIIIIIIB")  # format, first serial and offset, last ones, index size, source serial, flags
_HEADER_SIZE = 64
_RECORD_MIN, _RECORD_MAX = 11, 70000  # octets of a record, BIND's limits


@dataclass(frozen=True, slots=True)
class Change:
    """One record that is added or deleted."""

    added: bool
    owner: bytes  # wire form
    rrtype: int
    ttl: int
    rdata: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    serial: int
    offset: int


class Journal:
    """A journal's transactions. JournalError wherever the file does not say what it must."""

    def __init__(self, path: str | PathLike[str], shown: str = "") -> None:
        """Read the file *path*, which messages call *shown*. FileNotFoundError if there is none."""
        self.shown = shown or fspath(path)
        try:
            with open(path, "rb") as file:
                self._data = file.read()
        except IsADirectoryError:
            raise JournalError("unexpected error", f"{self.shown}: read: not a file", unreadable=True) from None
        self._at = 0
        head = self._take(_HEADER_SIZE)
        kind, first, first_at, last, last_at, _, _, _ = _HEADER.unpack_from(head)
        if kind not in (_V1, _V2):
            raise JournalError("unexpected error", f"{self.shown}: journal format not recognized", unreadable=True)
        self.begin, self.end = _Place(first, first_at), _Place(last, last_at)
        self._mixed = kind == _V1  # transactions may have headers of both versions, and some are neither
        self._version = 2

    @property
    def is_empty(self) -> bool:
        return self.begin.offset == self.end.offset

    def changes(self, serial: int, rrclass: int = 1) -> Iterator[Change]:
        """All that has changed since the zone had this serial. JournalError if the journal never saw that one."""
        place = self._find(serial)
        self._at, current, left, soas = place.offset, place.serial, 0, 0
        while self._at < self.end.offset:
            if left == 0:
                left = self._transaction(current)
            start = self._at
            owner, rrtype, ttl, rdata = self._record(rrclass)
            left -= self._at - start
            if left < 0:
                raise self._corrupt("a record goes past the end of its transaction")
            if rrtype == SOA:
                soas, current = soas % 2 + 1, int.from_bytes(rdata[-20:-16], "big")
            if soas == 0:
                raise JournalError("unexpected error", f"{self.shown}: journal file corrupt: missing initial SOA")
            yield Change(soas == 2, owner, rrtype, ttl, rdata)
        if current != self.end.serial or left:
            raise self._corrupt(f"it ends at serial {current}, not {self.end.serial}")

    def _find(self, serial: int) -> _Place:
        """Where the transaction from this serial on begins."""
        if is_greater(self.begin.serial, serial) or is_greater(serial, self.end.serial):
            raise JournalError("out of range", out_of_sync=True)
        place = self.begin
        while place.serial != serial:
            if is_greater(place.serial, serial):
                raise JournalError("not found", out_of_sync=True)
            place = self._next(place)
        return place

    def _next(self, place: _Place) -> _Place:
        if place.serial == self.end.serial:
            raise JournalError("no more")
        self._at = place.offset
        size, after = self._transaction_header(place.serial)
        return _Place(after, self._at + size)

    def _transaction(self, serial: int) -> int:
        """Enter a transaction; the octets of its records."""
        size, _ = self._transaction_header(serial)
        if size == 0:
            raise JournalError("unexpected error", f"{self.shown}: journal corrupt: empty transaction")
        return size

    def _transaction_header(self, serial: int) -> tuple[int, int]:
        """(octets of the records, serial after them) of the transaction here, which is to start at *serial*."""
        size, before, after = self._mixed_header(serial) if self._mixed else self._header(2)
        if before != serial or not is_greater(after, before):
            message = f"{self.shown}: journal file corrupt: expected serial {serial}, got {before}"
            raise JournalError("unexpected error", message)
        return size, after

    def _header(self, version: int) -> tuple[int, int, int]:
        if version == 1:
            size, before, after = struct.unpack(">III", self._take(12))
        else:
            size, _, before, after = struct.unpack(">IIII", self._take(16))
        return size, before, after

    def _mixed_header(self, serial: int) -> tuple[int, int, int]:
        """BIND 9.16 to 9.17.11 wrote new headers behind an old head, and behind old headers sometimes four zeros."""
        start = self._at
        size, before, after = self._header(self._version)
        if before != serial or not is_greater(after, before):
            other = 3 - self._version
            at = {1: 8, 2: 4}[self._version]  # where the other version has the serial
            if int.from_bytes(self._data[start + at : start + at + 4], "big") == serial:
                self._version, self._at = other, start
                size, before, after = self._header(other)
        if self._version == 1 and self._take(4) != b"\0\0\0\0":
            self._at -= 4
        elif self._version == 1:
            self._version = 2
        elif self._counted(start) == serial and after == 0 and is_greater(before, serial):
            before, after = serial, before
        return size, before, after

    def _counted(self, start: int) -> int:
        return int.from_bytes(self._data[start + 4 : start + 8], "big")

    def _record(self, rrclass: int) -> tuple[bytes, int, int, bytes]:
        size = int.from_bytes(self._take(4), "big")
        if not _RECORD_MIN <= size <= _RECORD_MAX:
            message = f"{self.shown}: journal corrupt: impossible RR size ({size} bytes)"
            raise JournalError("unexpected error", message)
        record = self._take(size)
        length = _name_length(record)
        if size - length < 10:
            raise JournalError("FORMERR")
        rrtype, found, ttl, rdata_length = struct.unpack_from(">HHIH", record, length)
        if size - length - 10 != rdata_length:
            raise JournalError("FORMERR")
        rdata = record[length + 10 :]
        try:
            _core.check_rdata(rrtype, rdata)
        except RawFormatError as error:
            raise JournalError(error.message) from None
        if found != rrclass:
            raise JournalError("bad class")
        return record[:length], rrtype, ttl, rdata

    def _take(self, octets: int) -> bytes:
        if octets > len(self._data) - self._at:
            raise (
                JournalError("no more", unreadable=True) if self._at == 0 else self._corrupt("the file ends too early")
            )
        self._at += octets
        return self._data[self._at - octets : self._at]

    def _corrupt(self, what: str) -> JournalError:
        return JournalError("unexpected error", f"{self.shown}: journal file corrupt: {what}")


def covered_type(rrtype: int, rdata: bytes) -> int:
    """The type that a signature covers: a signed zone has a set of them for each; 0 for any other record."""
    return int.from_bytes(rdata[:2], "big") if rrtype in (SIG, RRSIG) else 0


def _name_length(record: bytes) -> int:
    """Octets of the uncompressed name at the start."""
    at = 0
    while at < len(record) and record[at]:
        if record[at] > 63:
            raise JournalError("bad label type" if record[at] < 192 else "disallowed (by application policy)")
        at += 1 + record[at]
        if at >= min(len(record), 255):
            raise JournalError("ran out of space")
    return at + 1
