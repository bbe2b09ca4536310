"""Bringing a zone up to date by its journal: changes are applied as BIND applies them, exactly or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from os import PathLike

from fastsign import _core
from fastsign.errors import JournalError
from fastsign.zone.arena import Arena
from fastsign.zone.journal import SOA, Change, Journal, covered_type
from fastsign.zone.names import name_for_message

_SINGLETONS = frozenset({SOA, 5, 39})  # and CNAME, DNAME
_NOT_EXACT, _SINGLETON = "not exact", "multiple RRs of singleton type"

Key = tuple[bytes, int, int]  # owner in lower case, type, type covered


def roll_forward(
    arena: Arena, origin: bytes, path: str | PathLike[str], rrclass: int = 1, shown: str = ""
) -> list[str]:
    """Apply the journal *path* (*shown* in messages) to a loaded zone; what BIND's log warns of meanwhile.

    FileNotFoundError if there is no such file; JournalError if it can't be applied, and the arena then is of no use.
    """
    journal = Journal(path, shown)
    if journal.is_empty:
        return []
    serial = _serial(arena, origin)
    if serial is None:
        raise JournalError("not found", out_of_sync=True)
    changes = list(journal.changes(serial, rrclass))
    sets = _Sets.of(arena, origin, {change.owner.lower() for change in changes})
    for run in _runs(changes):
        sets.apply(run)
    return sets.warnings


def _serial(arena: Arena, origin: bytes) -> int | None:
    types = arena.rrtype.view()
    found = [row for row in _core.find_rows(arena, origin) if types[row] == SOA]
    return int.from_bytes(arena.record_rdata(found[-1])[-20:-16], "big") if found else None


def _key(change: Change) -> Key:
    return change.owner.lower(), change.rrtype, covered_type(change.rrtype, change.rdata)


def _runs(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Changes of one kind to one RRset that stand together: they are applied at once."""
    for _, run in groupby(changes, lambda change: (change.added, _key(change))):
        yield list(run)


@dataclass(slots=True)
class _Set:
    """An RRset: its TTL, its owner's spelling, and the rows of each of its records by canonical RDATA."""

    ttl: int
    owner: int
    rows: dict[bytes, list[int]] = field(default_factory=dict)

    def remember(self, row: int, ttl: int, canonical: bytes) -> None:
        self.ttl = ttl  # that of the record read last is the RRset's
        self.rows.setdefault(canonical, []).append(row)


@dataclass(slots=True)
class _Sets:
    """The RRsets of the names that the journal touches."""

    arena: Arena
    origin: bytes
    sets: dict[Key, _Set] = field(default_factory=dict)
    names: dict[bytes, int] = field(default_factory=dict)  # spelling -> id
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, arena: Arena, origin: bytes, touched: set[bytes]) -> _Sets:
        """Find the rows of the touched names (in lower case)."""
        sets = cls(arena, origin)
        names, lower, owners = arena.names.view(), {}, arena.owner.view()
        for name_id, at in enumerate(arena.name_offset.view()):
            name = bytes(names[at + 1 : at + 1 + names[at]])
            folded = name.lower()
            if folded in touched:
                lower[name_id] = folded
                sets.names[name] = name_id
        types, ttls = arena.rrtype.view(), arena.ttl.view()
        for row in [row for row, owner in enumerate(owners) if owner in lower and types[row]]:
            rdata = arena.record_rdata(row)
            key = lower[owners[row]], types[row], covered_type(types[row], rdata)
            rrset = sets.sets.setdefault(key, _Set(ttls[row], owners[row]))
            rrset.remember(row, ttls[row], _core.canonical_rdata(types[row], rdata))
        return sets

    def apply(self, run: list[Change]) -> None:
        """Add or delete records of one RRset. JournalError if it has another TTL, or lacks what is to be deleted."""
        first, key = run[0], _key(run[0])
        records = {_core.canonical_rdata(change.rrtype, change.rdata): change for change in run}
        rrset = self.sets.get(key)
        self._warn(run, rrset, records)
        if first.added:
            if rrset is not None and rrset.ttl != first.ttl:
                raise _not_exact(first)
            if rrset is None:
                rrset = self.sets[key] = _Set(first.ttl, self._spelling(run[-1].owner))
            self._spell(rrset, run[-1].owner)
            self._add(rrset, records)
        else:
            if rrset is None or rrset.ttl != first.ttl or records.keys() - rrset.rows.keys():
                raise _not_exact(first)
            self._delete(rrset, records)
            if not rrset.rows:
                del self.sets[key]

    def _warn(self, run: list[Change], rrset: _Set | None, records: dict[bytes, Change]) -> None:
        first = run[0]
        for ttl in (change.ttl for change in run if change.ttl != first.ttl):
            self.warnings.append(f"'{_what(first)}': TTL differs in rdataset, adjusting {ttl} -> {first.ttl}")
        if first.added and rrset is not None and rrset.ttl == first.ttl and records.keys() <= rrset.rows.keys():
            zone = name_for_message(self.origin)
            self.warnings.append(f"{zone}/IN: dns_diff_apply: update with no effect")

    def _add(self, rrset: _Set, records: dict[bytes, Change]) -> None:
        for canonical, change in records.items():
            if canonical not in rrset.rows:
                row = self.arena.add_record(rrset.owner, change.rrtype, rrset.ttl, change.rdata)
                rrset.rows[canonical] = [row]
            if change.rrtype in _SINGLETONS and len(rrset.rows) > 1:
                raise JournalError(_SINGLETON)

    def _delete(self, rrset: _Set, records: Iterable[bytes]) -> None:
        types, owners = self.arena.rrtype.view(), self.arena.owner.view()
        for canonical in records:
            for row in rrset.rows.pop(canonical):
                types[row] = 0
        for row in (row for rows in rrset.rows.values() for row in rows):
            owners[row] = rrset.owner  # the spelling stays, even if the record goes that brought it

    def _spell(self, rrset: _Set, owner: bytes) -> None:
        """What is added last gives the RRset its spelling; but once in lower case, it stays so in BIND."""
        spelled = self.arena.name(rrset.owner)
        if spelled != spelled.lower():
            rrset.owner = self._spelling(owner)
            owners = self.arena.owner.view()
            for row in (row for rows in rrset.rows.values() for row in rows):
                owners[row] = rrset.owner

    def _spelling(self, owner: bytes) -> int:
        if owner not in self.names:
            self.names[owner] = self.arena.add_name(owner)
        return self.names[owner]


def _what(change: Change) -> str:
    return f"{name_for_message(change.owner)}/{_core.rrtype_to_text(change.rrtype)}/IN"


def _not_exact(change: Change) -> JournalError:
    operation = "add" if change.added else "del"
    return JournalError(_NOT_EXACT, f"dns_diff_apply: {_what(change)}: {operation} {_NOT_EXACT}")
