"""Zones made by hand for the tests of single stages."""

import struct

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


def read_raw(data: bytes) -> list[Record]:
    """The records of a file in BIND's raw format (version 0): a header of 12 octets, then RRsets."""
    records, at = [], 12
    while at < len(data):
        size, _, rrtype, _, ttl, count, length = struct.unpack_from(">IHHHIIH", data, at)
        owner, end, place = data[at + 20 : at + 20 + length], at + size, at + 20 + length
        for _ in range(count):
            (octets,) = struct.unpack_from(">H", data, place)
            records.append((owner, rrtype, ttl, data[place + 2 : place + 2 + octets]))
            place += 2 + octets
        assert place == end
        at = end
    return records
