"""Where the records of a zone come from: a file, octets in memory, or an arena that stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fastsign._core import scan_text
from fastsign.zone.arena import Arena
from fastsign.zone.load import CLASS_IN, Loaded, line_of_record, load_zone


class Source(Protocol):
    """A zone that can be loaded. Names are in wire form."""

    def load(self, origin: bytes, rrclass: int = CLASS_IN, now: int = 0, arena: Arena | None = None) -> Loaded:
        """The records, behind those that *arena* has; the arena is the caller's to change. Errors as in load_zone."""

    def line_of(self, origin: bytes, rrclass: int, record: int) -> tuple[str, int]:
        """File and line of a row of the loaded arena; line 0 where there are no lines."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file, text or raw, and perhaps the journal of the changes since it was written."""

    path: str
    raw: bool = False
    journal: str | None = None
    journal_shown: str = ""  # the journal's name in messages, if that is not its path

    def load(self, origin: bytes, rrclass: int = CLASS_IN, now: int = 0, arena: Arena | None = None) -> Loaded:
        loaded = load_zone(self.path, origin, rrclass, now, self.raw, arena=arena)
        if self.journal is None:
            return loaded
        from fastsign.zone.rollforward import roll_forward

        try:
            warnings = roll_forward(loaded.arena, origin, self.journal, rrclass, self.journal_shown)
        except FileNotFoundError:
            return loaded._replace(missing_journal=self.journal_shown or self.journal)
        return loaded._replace(warnings=loaded.warnings + warnings)

    def line_of(self, origin: bytes, rrclass: int, record: int) -> tuple[str, int]:
        return line_of_record(self.path, origin, record, rrclass, self.raw, self.journal is not None)


@dataclass(frozen=True, slots=True)
class TextSource:
    """The text of a master file; *name* stands for a file's in messages. It reads no other file unless *includes*."""

    text: bytes
    name: str = "<text>"
    includes: bool = False

    def load(self, origin: bytes, rrclass: int = CLASS_IN, now: int = 0, arena: Arena | None = None) -> Loaded:
        arena = Arena.empty() if arena is None else arena
        scan = scan_text(self.text, origin, arena, rrclass, now=now, name=self.name, includes=self.includes)
        return Loaded(arena, scan.warnings, scan.octets, included=tuple(scan.included))

    def line_of(self, origin: bytes, rrclass: int, record: int) -> tuple[str, int]:
        scan = scan_text(
            self.text, origin, Arena.empty(), rrclass, stop_at=record, name=self.name, includes=self.includes
        )
        return scan.file or self.name, scan.line


@dataclass(frozen=True, slots=True)
class RawSource:
    """The octets of a file in BIND's raw format."""

    octets: bytes

    def load(self, origin: bytes, rrclass: int = CLASS_IN, now: int = 0, arena: Arena | None = None) -> Loaded:
        from fastsign.zone.write import MemoryFile

        with MemoryFile() as file:
            file.write(self.octets)
            return load_zone(file.temporary, origin, rrclass, raw=True, arena=arena)

    def line_of(self, origin: bytes, rrclass: int, record: int) -> tuple[str, int]:
        return "", 0


@dataclass(frozen=True, slots=True)
class ArenaSource:
    """A zone that was loaded from *first*. Each loading is a copy."""

    arena: Arena
    first: Source

    def load(self, origin: bytes, rrclass: int = CLASS_IN, now: int = 0, arena: Arena | None = None) -> Loaded:
        if arena is not None:
            raise ValueError("a loaded zone can't be loaded behind other records")
        return Loaded(self.arena.copy(), [], 0)

    def line_of(self, origin: bytes, rrclass: int, record: int) -> tuple[str, int]:
        return self.first.line_of(origin, rrclass, record)
