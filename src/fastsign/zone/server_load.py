"""Loading a zone as a server loads it: all that is wrong is told, in BIND's words, before the zone is refused."""

from __future__ import annotations

import os
from dataclasses import dataclass
from os import PathLike
from typing import NamedTuple

from fastsign import _core
from fastsign.errors import RawFormatError, ZoneError
from fastsign.zone.arena import Arena
from fastsign.zone.checks import check_rrsets, find_refusals
from fastsign.zone.load import CLASS_IN
from fastsign.zone.order import Order, order_zone

IGNORE, WARN, FAIL = "ignore", "warn", "fail"

_NAMES, _MX, _NS, _WILDCARD = 1, 4, 16, 64  # FS_CHECK_* of scan.h; what is doubled is fatal


@dataclass(frozen=True, slots=True)
class LoadRules:
    """What is looked at record by record; each IGNORE, WARN or FAIL."""

    names: str = WARN  # names of hosts and mailboxes (check-names)
    mx: str = WARN  # MX records that name an address
    ns: str = WARN  # NS records that do
    wildcards: bool = True  # owners with a wildcard inside, to be warned of
    max_ttl: int = 0  # seconds; 0: any

    def bits(self) -> int:
        """FS_CHECK_* of scan.h."""
        asked = ((self.names, _NAMES), (self.mx, _MX), (self.ns, _NS))
        bits = sum(bit + (2 * bit if mode == FAIL else 0) for mode, bit in asked if mode != IGNORE)
        return bits | (_WILDCARD if self.wildcards else 0)


class ServerLoad(NamedTuple):
    """A zone as it was read, and what there is to say about it; *reason*: why it is refused, "" if it is not."""

    arena: Arena
    order: Order | None  # None for a zone that is refused
    messages: list[str]
    reason: str


def load_as_server(
    path: str | PathLike[str],
    origin: bytes,
    rules: LoadRules,
    rrclass: int = CLASS_IN,
    now: int = 0,
    text: bytes | None = None,
) -> ServerLoad:
    """Read the master file *path*, or *text*, which messages then call so. ZoneSyntaxError if it can't be opened.

    Records outside of the zone are left out. With *now* (seconds since 1970) a signature that has expired is told of.
    """

    def load(refusals: list[tuple[int, bool]]) -> tuple[Arena, _core.Scan]:
        arena = Arena.empty()
        checks, most = rules.bits(), rules.max_ttl
        return arena, _core.load_as_server(path, origin, arena, rrclass, now, checks, most, refusals, text)

    arena, scan = load([])
    try:
        order = order_zone(arena, origin)
    except ZoneError as error:
        return _without_order(arena, [*scan.warnings, f"dns_master_load: {os.fspath(path)}: {error}"])
    if refusals := find_refusals(arena, order, set(scan.breaks)):
        arena, scan = load(refusals)  # once more: each is told of where its block ends
    return ServerLoad(arena, None if scan.reason else order, scan.warnings, scan.reason)


def load_raw_as_server(
    path: str | PathLike[str], origin: bytes, rules: LoadRules, rrclass: int = CLASS_IN
) -> ServerLoad:
    """The same of a file in raw format, which has no lines: what is wrong is a RawFormatError."""
    arena = Arena.empty()
    _core.read_raw(path, origin, arena, rrclass)
    if rules.max_ttl and (over := next((ttl for ttl in arena.ttl.view() if ttl > rules.max_ttl), None)) is not None:
        message = f"dns_master_load: TTL {over} exceeds configured max-zone-ttl {rules.max_ttl}"
        return ServerLoad(arena, None, [message, "dns_master_load: out of range"], "out of range")
    try:
        order = order_zone(arena, origin)
    except ZoneError as error:
        return _without_order(arena, [f"dns_master_load: {error}"])
    check_rrsets(arena, order, lambda row: ("", 0))
    return ServerLoad(arena, order, [], "")


def _without_order(arena: Arena, messages: list[str]) -> ServerLoad:
    """A zone with an RRset that is too large; only the ordering, which stops at it, finds that out."""
    return ServerLoad(arena, None, messages, "ran out of space")


def raw_reason(error: RawFormatError) -> str:
    """Why a raw file is refused, in BIND's short form."""
    reason = error.message.rsplit(": ", 1)[-1]
    return "not implemented" if "format" in reason else reason
