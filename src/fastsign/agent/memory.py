"""What is remembered of a zone between runs. It may be lost: then it is read from the signed zone, or supposed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from fastsign.agent.marks import Mark
from fastsign.agent.place import write_durably
from fastsign.rollover.outcome import Observations
from fastsign.sign.private_type import is_progress


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run leaves to the next one. Moments are seconds since 1970."""

    unsigned: Mark | None = None  # the zone file that was signed last
    beside: tuple[
        tuple[str, Mark | None], ...
    ] = ()  # path and mark of what was read with it: included files, the journal
    signed: Mark | None = None  # the signed zone that was published last
    serial: int | None = None  # its serial
    fingerprint: str = ""  # of keys and parameters that it was signed with
    dnskeys: tuple[tuple[int, int], ...] = ()  # (algorithm, tag) of its DNSKEYs
    chain: str | None = None  # hex of its NSEC3PARAM RDATA; "": NSEC; None: nothing is known
    foreign: tuple[tuple[int, int], ...] = ()  # those of them that are other signers'
    zone_ttl: int | None = None  # its highest TTL
    dnskey_ttl: int | None = None
    ds_ttl: int | None = None  # of the DS RRset, as it was last seen at the parent
    older: tuple[tuple[int, int, int], ...] = ()  # of zones before: (highest TTL, TTL of DNSKEYs, until when it counts)
    validities: tuple[tuple[int, int], ...] = ()  # of signatures that may still stand: (seconds, until when they may)
    expires: int | None = None  # when the first of its signatures ends
    makers: tuple[tuple[int, int], ...] = ()  # (algorithm, tag) of the keys that may have signed something in it
    notes: tuple[str, ...] = ()  # hex of the RDATA of its records of the private type
    # (algorithm, tag, signatures left) of keys whose signatures come, and of those whose signatures go, by and by
    coming: tuple[tuple[int, int, int], ...] = ()
    going: tuple[tuple[int, int, int], ...] = ()
    goes_on: int | None = None  # when that is to go on
    told: int | None = None  # the serial that the hook has been called for
    last_success: int | None = None

    def read(self, path: str, in_place: bool) -> dict[str, Mark | None]:
        """The files that the zone at *path* was read from last, as they were. *in_place*: it was replaced since."""
        return {path: self.signed if in_place else self.unsigned, **dict(self.beside)}

    def observed(self, now: int) -> tuple[int | None, int | None]:
        """The highest TTL of the zone, and of its DNSKEYs, that caches may still hold."""
        alive = [(zone, dnskey) for zone, dnskey, until in self.older if until > now]
        zone = [ttl for ttl, _ in alive] + ([] if self.zone_ttl is None else [self.zone_ttl])
        dnskey = [ttl for _, ttl in alive] + ([] if self.dnskey_ttl is None else [self.dnskey_ttl])
        return max(zone, default=None), max(dnskey, default=None)

    def seen(self, now: int) -> Observations:
        """What there is to know of the zone out there, for the rules."""
        zone_ttl, dnskey_ttl = self.observed(now)
        foreign = frozenset(self.foreign)
        return Observations(
            zone_ttl=zone_ttl,
            dnskey_ttl=dnskey_ttl,
            signatures_validity=self.validity(now),
            ds_ttl=self.ds_ttl,
            published=frozenset(self.dnskeys) | foreign,
            foreign=foreign,
        )

    def validity(self, now: int) -> int | None:
        """The longest validity that signatures which may still stand were made for."""
        return max((validity for validity, until in self.validities if until > now), default=None)

    def signed_for(self, validity: int, now: int) -> Memory:
        """Signatures are made at *now* that are good for so long; earlier ones may stand beside them to their end."""
        alive = dict(entry for entry in self.validities if entry[1] > now)
        return replace(self, validities=tuple(sorted({**alive, validity: now + validity}.items())))

    def retired(self, now: int, linger: int) -> Memory:
        """The zone is replaced at *now*: its TTLs count for as long as caches may hold it.

        *linger*: seconds for which servers may still hand it out. If its TTLs were forgotten any sooner, what waits for
        them would be over at once.
        """
        alive = [entry for entry in self.older if entry[2] > now]
        if self.zone_ttl is not None:
            alive.append((self.zone_ttl, self.dnskey_ttl or 0, now + linger + self.zone_ttl))
        return replace(self, older=_without_lesser(alive), zone_ttl=None, dnskey_ttl=None)


def _without_lesser(entries: list[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
    """Only entries that say something: none with lower TTLs than another that counts for longer."""
    kept: list[tuple[int, int, int]] = []
    for entry in sorted(set(entries), key=lambda entry: entry[2], reverse=True):
        if not any(entry[0] <= other[0] and entry[1] <= other[1] for other in kept):
            kept.append(entry)
    return tuple(kept)


def load_memory(path: str) -> Memory:
    """What was remembered; nothing, if the file is not there or not to be understood."""
    try:
        with open(path, "rb") as file:
            content: dict[str, Any] = json.loads(file.read())
        return _unpacked(content)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return Memory()


def save_memory(path: str, memory: Memory) -> None:
    """Replace the file durably. OSError if that can't be done."""
    write_durably(path, (json.dumps({"version": 1, **asdict(memory)}, indent=1) + "\n").encode())


# What earlier versions did not write: they had looked at one file, and spread nothing.
_LATER: dict[str, Any] = {"beside": (), "makers": (), "notes": (), "coming": (), "going": (), "goes_on": None}


def _unpacked(content: dict[str, Any]) -> Memory:
    if content["version"] != 1:
        return Memory()
    content = {**_LATER, **content}
    values = {field.name: content[field.name] for field in fields(Memory)}
    values["beside"] = tuple((path, mark and Mark(*mark)) for path, mark in values["beside"])
    for name in ("unsigned", "signed"):
        values[name] = None if values[name] is None else Mark(*values[name])
    for name in ("dnskeys", "foreign", "older", "validities", "makers", "coming", "going"):
        values[name] = tuple(tuple(entry) for entry in values[name])
    values["notes"] = tuple(values["notes"])
    memory = Memory(**values)
    if not _is_sound(memory):
        raise ValueError("not what was written there")
    return memory


def _is_sound(memory: Memory) -> bool:
    """Is everything in it what it should be? Somebody may have edited the file."""
    marks = [mark for mark in (memory.unsigned, memory.signed, *dict(memory.beside).values()) if mark is not None]
    rows: list[tuple[int, tuple[int, ...]]] = [(3, row) for row in (*memory.older, *memory.coming, *memory.going)]
    rows += [(2, row) for row in (*memory.dnskeys, *memory.foreign, *memory.validities, *memory.makers)]
    numbers = [memory.zone_ttl, memory.dnskey_ttl, memory.ds_ttl, memory.expires, memory.last_success]
    numbers += [memory.serial, memory.told, memory.goes_on]
    whole = [*(number for number in numbers if number is not None), *(each for mark in marks for each in mark)]
    whole += [each for _, row in rows for each in row]
    texts = [memory.fingerprint, memory.chain or "", *dict(memory.beside)]
    return (
        all(type(number) is int for number in whole)
        and all(len(row) == columns for columns, row in rows)
        and all(isinstance(text, str) for text in texts)
        and all(is_progress(bytes.fromhex(note)) for note in memory.notes)
        and len(bytes.fromhex(memory.chain or "0100000000")) in (0, *range(5, 261))
    )
