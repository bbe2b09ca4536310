"""What the scanner makes of a text, in every way it can read it."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bind_loader import UNKNOWN_LINE, Record, compile_zone, is_warning
from fastsign._core import name_from_text, scan_file
from fastsign.errors import ZoneSyntaxError
from fastsign.zone.arena import Arena

ORIGIN = b"\7example\0"

# window: octets of the first window; ways: 1 quick lines without vectors, 2 no quick lines
WAYS: list[dict[str, int]] = [
    {}, {"ways": 1}, {"ways": 2}, {"window": 1}, {"window": 7, "ways": 1}, {"window": 61}, {"window": 64, "ways": 2},
]  # fmt: skip


class Outcome(NamedTuple):
    records: list[Record]
    wrong: tuple[int, str] | None  # line and what
    warnings: list[tuple[int, str]]


def rows(arena: Arena) -> list[Record]:
    """The records of an arena in their order."""
    owner, rrtype, ttl = arena.owner.view(), arena.rrtype.view(), arena.ttl.view()
    return [(arena.name(owner[r]), rrtype[r], ttl[r], arena.record_rdata(r)) for r in range(len(arena.owner))]


def scan(text: bytes, origin: bytes = ORIGIN, now: int = 0, ways: int = 0, window: int = 0) -> Outcome:
    """Scan *text* as a file in memory."""
    arena = Arena.empty()
    file = os.memfd_create("zone")
    try:
        os.write(file, text)
        os.lseek(file, 0, os.SEEK_SET)
        done = scan_file(f"/dev/fd/{file}", origin, arena, now=now, ways=ways, window=window)
    except ZoneSyntaxError as wrong:
        assert rows(arena) == []
        return Outcome([], (wrong.line, wrong.message), [])
    finally:
        os.close(file)
    assert done.records == len(arena.owner)
    return Outcome(rows(arena), None, [_split(warning) for warning in done.warnings])


def scan_every_way(text: bytes, origin: bytes = ORIGIN, now: int = 0) -> Outcome:
    """Scan *text* in all WAYS; they must agree."""
    first, *others = (scan(text, origin, now, **way) for way in WAYS)
    for way, other in zip(WAYS[1:], others, strict=True):
        assert other == first, way
    return first


def _split(warning: str) -> tuple[int, str]:
    _, _, rest = warning.partition(":")
    line, _, what = rest.partition(": ")
    return (int(line), what) if line.isdigit() else (0, rest[1:])


def settled(records: Iterable[Record]) -> set[Record]:
    """Records as a zone holds them: duplicates merged, names by any case, the TTL of the RRset's last record."""
    sets: dict[tuple[bytes, int, bytes], tuple[int, set[bytes]]] = {}
    for owner, rrtype, ttl, rdata in records:
        key = (owner.lower(), rrtype, rdata[:2] if rrtype in {24, 46} else b"")
        sets[key] = ttl, sets.get(key, (0, set()))[1] | {rdata}
    return {(owner, rrtype, ttl, one) for (owner, rrtype, _), (ttl, all_) in sets.items() for one in all_}


def in_zone(records: Iterable[Record], origin: bytes = ORIGIN) -> list[Record]:
    """Without what stands outside of the zone: the scanner leaves that to the signer, as BIND's loader does for it."""
    return [record for record in records if record[0].lower().endswith(origin)]


def bare(what: str) -> str:
    """A message without the parts of BIND's that come and go with the way it loads; not all of a long text."""
    return what.removeprefix("isc_lex_gettoken() failed: ").removeprefix("$GENERATE: ")[:400]


def agree(text: bytes, folder: Path, origin: str = "example.") -> Outcome:
    """The same records as named-compilezone's and the same warnings, or the same complaint; in every way."""
    apex = name_from_text(origin)
    theirs, messages = compile_zone(text, folder, origin)
    ours = scan_every_way(text, apex)
    if theirs is None:
        line, what = next(message for message in messages if not is_warning(message[1]))
        assert ours.wrong is not None, (text[-200:], line, what)
        if line == UNKNOWN_LINE:
            assert ours.wrong[1].endswith(what), text[-200:]
        else:
            assert (ours.wrong[0], bare(ours.wrong[1])) == (line, bare(what)), text[-200:]
        return ours
    assert ours.wrong is None, text[-200:]
    assert settled(in_zone(ours.records, apex)) == settled(theirs), text[-200:]
    warnings = [
        (line, what)
        for line, what in messages
        if is_warning(what) and "expired" not in what and "old style" not in what
    ]
    assert sorted(ours.warnings) == sorted(warnings), text[-200:]
    return ours


def pick(seed: int, pieces: list[bytes], most: int, count: int, start: bytes) -> list[bytes]:
    """*count* texts of up to *most* pieces drawn at random."""
    r = random.Random(seed)
    return [start + b"".join(r.choices(pieces, k=r.randint(1, most))) for _ in range(count)]
