"""The RRsets of one name in a file that need not be a zone: a dsset- or keyset- file, or what dig has printed."""

from __future__ import annotations

from typing import NamedTuple

from fastsign import _core
from fastsign.zone.arena import Arena

RRSIG = 46


class RRset(NamedTuple):
    """Records of one name and type."""

    ttl: int = 0  # seconds, of the record read last
    rdatas: tuple[bytes, ...] = ()  # RDATA in wire form, ascending, each once
    signatures: tuple[bytes, ...] = ()  # RDATA of the RRSIGs that cover it, ascending, each once


NO_RECORDS = RRset()


def rrsets_of(arena: Arena, name: bytes) -> dict[int, RRset]:
    """The RRsets of a name (wire form, any case) by type, each with its RRSIGs; also of a type that has only RRSIGs."""
    types, ttls = arena.rrtype.view(), arena.ttl.view()
    rdatas: dict[int, set[bytes]] = {}
    signatures: dict[int, set[bytes]] = {}
    last: dict[int, int] = {}
    for row in _core.find_rows(arena, name):
        rdata = arena.record_rdata(row)
        if types[row] == RRSIG:
            signatures.setdefault(int.from_bytes(rdata[:2], "big"), set()).add(rdata)
        else:
            rdatas.setdefault(types[row], set()).add(rdata)
            last[types[row]] = ttls[row]
    return {
        rrtype: RRset(
            last.get(rrtype, 0), tuple(sorted(rdatas.get(rrtype, ()))), tuple(sorted(signatures.get(rrtype, ())))
        )
        for rrtype in rdatas.keys() | signatures.keys()
    }
