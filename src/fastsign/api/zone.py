"""A zone in memory: from a file, text or a zone of dnspython, and back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Literal, NamedTuple

from fastsign import _core
from fastsign.api.options import OCTETS, PATH, TEXT, expect
from fastsign.api.times import clock
from fastsign.errors import FileError, ZoneError, system_reason
from fastsign.keys import facts, names
from fastsign.sign.apex import Apex
from fastsign.zone.checks import check_rrsets
from fastsign.zone.destination import find_destination
from fastsign.zone.load import Loaded
from fastsign.zone.order import Order, order_zone
from fastsign.zone.source import ArenaSource, FileSource, RawSource, Source, TextSource
from fastsign.zone.write import AtomicFile, MemoryFile, Output

if TYPE_CHECKING:
    import dns.zone

StrPath = str | PathLike[str]
InputFormat = Literal["text", "raw"]
OutputFormat = Literal["text", "full", "raw"]

_STYLES = {"text": 4, "full": 1, "raw": 3}  # of the core's write_zone
_SOA = 6


class Record(NamedTuple):
    """A record as text: names are absolute, RDATA as in a master file."""

    owner: str
    ttl: int  # seconds
    rrtype: str
    rdata: str


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """A zone in a file that is not loaded yet: sign_zone reads it straight into the signer, with no copy in memory.

    *format* is text or raw, BIND's raw format of either version. *journal* is one of BIND's, of the changes since
    the file was written.
    """

    path: StrPath
    origin: str
    format: InputFormat = "text"
    rrclass: str = "IN"
    journal: StrPath | None = None

    def __post_init__(self) -> None:
        expect("path", self.path, PATH)
        for name in ("origin", "format", "rrclass"):
            expect(name, getattr(self, name), TEXT)
        if self.journal is not None:
            expect("journal", self.journal, PATH)

    def load(self, now: int | datetime | None = None) -> Zone:
        """Load the zone; signatures that have expired at *now*, by default the present, are warned of."""
        zone = load(self.source, name_of(self.origin), class_of(self.rrclass), clock(now))
        if zone.missing_journal:
            zone.warnings += (f"journal file {zone.missing_journal} not found",)
        return zone

    @property
    def source(self) -> Source:
        """The file as the signer takes it."""
        if self.format not in ("text", "raw"):
            raise ValueError(f"format={self.format!r}: a zone file is text or raw")
        journal = None if self.journal is None else os.fspath(self.journal)
        return FileSource(os.fspath(self.path), self.format == "raw", journal)


class Zone:
    """The records of a zone, in the order in which they were read. Nothing changes them: signing works on a copy.

    Made by `load`, `from_text`, `from_raw` and `from_dnspython`. `len` counts the records, iterating gives each as a
    Record. Records outside of the zone, which a file may have, are read, passed through by signing, as in BIND, and
    left out wherever else a zone goes.
    """

    def __init__(self, loaded: Loaded, source: Source, origin: bytes, rrclass: int) -> None:
        """What was loaded from *source*; names are in wire form."""
        self.arena, self.name, self.class_number = loaded.arena, origin, rrclass
        self.warnings = tuple(loaded.warnings)  # what the loader had to say, in BIND's words
        self.missing_journal = loaded.missing_journal  # name of a journal that was to be applied and is not there
        self._first = source

    @classmethod
    def load(
        cls,
        path: StrPath,
        origin: str,
        *,
        format: InputFormat = "text",
        rrclass: str = "IN",
        journal: StrPath | None = None,
        now: int | datetime | None = None,
    ) -> Zone:
        """Load a zone from a file, see ZoneFile. $INCLUDE is followed, from the current directory.

        ZoneSyntaxError, which has file and line, if it can't be read; RawFormatError; JournalError.
        """
        return ZoneFile(path, origin, format, rrclass, journal).load(now)

    @classmethod
    def from_text(
        cls,
        text: str | bytes,
        origin: str,
        *,
        rrclass: str = "IN",
        name: str = "<text>",
        include: bool = False,
        now: int | datetime | None = None,
    ) -> Zone:
        """Load a zone from the text of a master file, which messages call *name*.

        $INCLUDE is an error unless *include* is true. ZoneSyntaxError if the text can't be read.
        """
        expect("text", text, TEXT + OCTETS)
        expect("name", name, TEXT)
        octets = text.encode() if isinstance(text, str) else bytes(text)
        return load(TextSource(octets, name, include), name_of(origin), class_of(rrclass), clock(now))

    @classmethod
    def from_raw(cls, octets: bytes, origin: str, *, rrclass: str = "IN") -> Zone:
        """Load a zone from the octets of a file in BIND's raw format. RawFormatError if they can't be read."""
        expect("octets", octets, OCTETS)
        return load(RawSource(bytes(octets)), name_of(origin), class_of(rrclass), 0)

    @classmethod
    def from_dnspython(cls, zone: dns.zone.Zone) -> Zone:
        """Take the records of a zone of dnspython, relative or not, of its class.

        ValueError if it has no origin; RawFormatError for records that no zone may have.
        """
        if not is_of_dnspython(zone):
            raise TypeError(f"{type(zone).__name__} is no zone of dnspython")
        from fastsign.zone.dnspython import to_raw

        origin, octets = to_raw(zone)
        return load(RawSource(octets), origin, int(zone.rdclass), 0)

    @property
    def origin(self) -> str:
        """The zone's name, absolute, as it was spelled."""
        return names.to_text(self.name)

    @property
    def rrclass(self) -> str:
        """The zone's class."""
        return facts.class_name(self.class_number)

    @property
    def serial(self) -> int:
        """The serial of the SOA record. ZoneError if there is none."""
        soa = self.rdatas(_SOA)
        if not soa:
            raise ZoneError(f"{self.origin} has no SOA record")
        return int.from_bytes(soa[0][-20:-16], "big")

    def rdatas(self, rrtype: int) -> list[bytes]:
        """RDATA, in wire form, of the apex's records of a type."""
        return Apex(self.arena, self.name, _core.find_rows(self.arena, self.name)).rdata_of(rrtype)

    def __len__(self) -> int:
        return len(self.arena.rrtype) - _core.count_type(self.arena, 0)

    def __iter__(self) -> Iterator[Record]:
        arena = self.arena
        columns = zip(arena.owner.view(), arena.rrtype.view(), arena.ttl.view(), strict=True)
        for row, (owner, rrtype, ttl) in enumerate(columns):
            if rrtype:
                rdata = _core.render_rdata(rrtype, arena.record_rdata(row)).decode("ascii")
                yield Record(_core.name_to_text(arena.name(owner)), ttl, _core.rrtype_to_text(rrtype), rdata)

    @cached_property
    def order(self) -> Order:
        """The zone in canonical order. ZoneSyntaxError for a CNAME beside other data and the like."""
        order = order_zone(self.arena, self.name)
        check_rrsets(self.arena, order, lambda row: self._first.line_of(self.name, self.class_number, row))
        return order

    @property
    def source(self) -> Source:
        """The zone as the signer takes it."""
        return ArenaSource(self.arena, self._first)

    def to_dnspython(self, relativize: bool = True) -> dns.zone.Zone:
        """A new zone of dnspython; records outside of the zone are left out."""
        from fastsign.zone.dnspython import from_arena

        return from_arena(self.arena, self.order, self.name, self.class_number, relativize)

    def write(self, path: StrPath, format: OutputFormat = "text", *, now: int | datetime | None = None) -> None:
        """Write the zone, in canonical order, to a file that appears under its name whole and durably, or not at all.

        *format*: text, for people, with $ORIGIN and names relative to it; full, a record a line; raw. *now* is in a raw
        file's header, and text says of signatures that are yet to become valid then. Records outside of the zone are
        left out. FileError if the file can't be written.
        """
        with file_for(path) as file:
            self._render(file, format, now)
            file.commit()

    def to_text(self, format: Literal["text", "full"] = "text") -> str:
        """The text of the zone's master file, as `write` has it."""
        with MemoryFile() as file:
            self._render(file, format, 0)
            return read_all(file.fd).decode("ascii")

    def _render(self, file: Output, format: OutputFormat, now: int | datetime | None) -> None:
        from fastsign.zone.raw import raw_header

        if format not in _STYLES:
            raise ValueError(f"format={format!r}: a zone is written as one of {', '.join(_STYLES)}")
        moment = clock(now)
        if format == "raw":
            file.write(raw_header(1, moment))
        _core.write_zone(self.arena, self.order, _STYLES[format], self.name, file.fd, self.class_number, moment)

    def __repr__(self) -> str:
        return f"<Zone {self.origin} {self.rrclass}, {len(self)} records>"


def load(source: Source, origin: bytes, rrclass: int, now: int) -> Zone:
    """Load a zone from anywhere; *now* is in seconds since 1970, 0 for no warnings of expired signatures."""
    with system_errors(f"{names.to_text(origin)} can't be loaded"):
        return Zone(source.load(origin, rrclass, now), source, origin, rrclass)


def is_of_dnspython(zone: object) -> bool:
    """Is it a zone of dnspython? That is not imported: whoever has one has done so."""
    dnspython = sys.modules.get("dns.zone")
    return dnspython is not None and isinstance(zone, dnspython.Zone)


def name_of(text: str) -> bytes:
    """Wire form of a zone's name. ValueError if it is none."""
    expect("a zone's name", text, TEXT)
    try:
        return names.from_text(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no name of a zone: {error}") from None


def class_of(text: str) -> int:
    """Number of a class. ValueError if there is none of that name."""
    expect("rrclass", text, TEXT)
    number = facts.class_number(text)
    if number is None:
        raise ValueError(f"unknown class {text!r}")
    return number


@contextmanager
def system_errors(what: str) -> Iterator[None]:
    """What the system refuses becomes a FileError that says what can't be done."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{what}: {system_reason(error)}") from error


def output_path(path: StrPath) -> str:
    """A path that a file can be put at. FileError for a device, /dev/stdout or a folder, which no file may replace."""
    if find_destination(os.fspath(path)).is_stream:
        raise FileError(f"{os.fspath(path)} is not a regular file and will not be replaced")
    return os.fspath(path)


@contextmanager
def file_for(path: StrPath) -> Iterator[AtomicFile]:
    """A file to be written and committed. FileError if that can't be done."""
    with system_errors(f"{os.fspath(path)} can't be written"), AtomicFile(output_path(path)) as file:
        yield file


def read_all(fd: int) -> bytes:
    """The octets of a file, whatever its position."""
    octets, at = bytearray(os.fstat(fd).st_size), 0
    while at < len(octets) and (got := os.preadv(fd, [memoryview(octets)[at:]], at)):
        at += got
    return bytes(octets)
