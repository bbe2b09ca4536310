"""Loading a zone from a master file, text or raw, as BIND 9.18 loads it."""

from __future__ import annotations

from os import PathLike
from typing import NamedTuple

from fastsign._core import read_raw, scan_file
from fastsign.zone.arena import Arena

CLASS_IN = 1


class Loaded(NamedTuple):
    """A zone's records, and what the loader had to say about them."""

    arena: Arena
    warnings: list[str]  # in BIND's words: "zone.db:5: TTL set to prior TTL (3600)"
    octets: int  # read, from included files too
    missing_journal: str = ""  # name of a journal that was to be applied and is not there
    included: tuple[tuple[str, int, int, int], ...] = ()  # files: (path, inode, octets, last change in ns since 1970)


def load_zone(
    path: str | PathLike[str],
    origin: bytes,
    rrclass: int = CLASS_IN,
    now: int = 0,
    raw: bool = False,
    *,
    hint: bool = False,
    no_ttl: bool = False,
    arena: Arena | None = None,
) -> Loaded:
    """Read the zone *origin* (wire form) from the master file *path*; "-" and /dev/stdin are standard input.

    *raw*: the file is in BIND's raw format, of either version, and what is wrong with it is a RawFormatError.

    Records keep the order of the file, out-of-zone ones too. With *now* (seconds since 1970) a signature that
    has expired is warned of. With *hint* the TTL is 0 until one is stated, as in hint and dsset- files, with *no_ttl*
    wherever neither the record nor $TTL states one; else that is an error. With *arena*, the records come behind
    those that it has.
    Raises ZoneSyntaxError with file, line and BIND's words for what is wrong; what was read until then is given back.
    """
    if arena is None:
        arena = Arena.empty()
    if raw:
        octets, _ = read_raw(path, origin, arena, rrclass)
        return Loaded(arena, [], octets)
    scan = scan_file(path, origin, arena, rrclass, now=now, hint=hint, no_ttl=no_ttl)
    return Loaded(arena, scan.warnings, scan.octets, included=tuple(scan.included))


def line_of_record(
    path: str | PathLike[str],
    origin: bytes,
    record: int,
    rrclass: int = CLASS_IN,
    raw: bool = False,
    journal: bool = False,
) -> tuple[str, int]:
    """File and line that row *record* of a loaded zone came from, found by reading the file again up to there.

    ("", 0) for those of a raw file, which has no lines, and for those that a *journal* has added. Records that were
    added otherwise are told of at the end of the file.
    """
    if raw:
        return "", 0
    scan = scan_file(path, origin, Arena.empty(), rrclass, stop_at=record)
    if journal and record >= scan.records:
        return "", 0
    return scan.file or str(path), scan.line
