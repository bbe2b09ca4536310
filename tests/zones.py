"""Zones made by hand for the tests of single stages."""

import dns.name

from fastsign.zone.arena import Arena

Record = tuple[bytes, int, int, bytes]  # owner in wire form, type, TTL, RDATA


def wire(text: str) -> bytes:
    """Wire form of an absolute name."""
    return dns.name.from_text(text).to_wire()


def arena_of(records: list[Record]) -> Arena:
    """An arena with these records, in this order."""
    arena = Arena.empty()
    ids: dict[bytes, int] = {}
    for owner, rrtype, ttl, rdata in records:
        if owner not in ids:
            ids[owner] = arena.add_name(owner)
        arena.add_record(ids[owner], rrtype, ttl, rdata)
    return arena
