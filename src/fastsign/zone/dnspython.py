"""From and to the zones of dnspython, which is imported by whoever has one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastsign.zone.arena import Arena
from fastsign.zone.order import OUTSIDE, Order
from fastsign.zone.raw import raw_header

if TYPE_CHECKING:
    import dns.name
    import dns.rdataset
    import dns.zone

_RRSIG = 46
_SET = struct.Struct(">IHHHIIH")  # octets of the RRset, class, type, type covered, TTL, records, octets of the owner


def to_raw(zone: dns.zone.Zone) -> tuple[bytes, bytes]:
    """(name in wire form, the zone in BIND's raw format, which the loader reads). ValueError if it has no origin."""
    if zone.origin is None:
        raise ValueError("the dns.zone.Zone has no origin")
    sets = [raw_header(0, 0)]
    for name, rdataset in zone.iterate_rdatasets():
        sets.append(_raw_set(_wire(name.derelativize(zone.origin)), rdataset, zone.origin))
    return _wire(zone.origin), b"".join(sets)


def _wire(name: dns.name.Name) -> bytes:
    wire = name.to_wire()
    assert wire is not None  # for it goes to no file
    return wire


def _raw_set(owner: bytes, rdataset: dns.rdataset.Rdataset, origin: dns.name.Name) -> bytes:
    rdatas = []
    for rdata in rdataset:
        wire = rdata.to_wire(origin=origin)
        assert wire is not None
        rdatas.append(len(wire).to_bytes(2, "big") + wire)
    body = owner + b"".join(rdatas)
    head = (rdataset.rdclass, rdataset.rdtype, rdataset.covers, rdataset.ttl, len(rdatas), len(owner))
    return _SET.pack(_SET.size + len(body), *head) + body


def from_arena(arena: Arena, order: Order, origin: bytes, rrclass: int, relativize: bool) -> dns.zone.Zone:
    """A zone of dnspython with the records of an ordered arena, those outside of the zone left out.

    The TTL of an RRset is that of the record read last; RRSIGs have one for each type that they cover.
    """
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.zone

    rdclass = dns.rdataclass.RdataClass.make(rrclass)
    apex = dns.name.from_wire(origin, 0)[0]
    zone = dns.zone.Zone(apex, rdclass, relativize=relativize)
    within = apex if relativize else None
    for owner, rrtype, covers, ttl, rdata in _records(arena, order):
        name = dns.name.from_wire(owner, 0)[0]
        node = zone.find_node(name.relativize(apex) if relativize else name, create=True)
        rdtype = dns.rdatatype.RdataType.make(rrtype)
        try:
            made = dns.rdata.from_wire(rdclass, rdtype, rdata, 0, len(rdata), within)
        except dns.exception.DNSException:  # dnspython is stricter in some types: it takes them as octets
            made = dns.rdata.GenericRdata(rdclass, rdtype, rdata)
        covered = dns.rdatatype.RdataType.make(covers)
        rdataset = node.find_rdataset(rdclass, rdtype, covered, create=True)
        rdataset.add(made)
        rdataset.ttl = ttl
    return zone


def _records(arena: Arena, order: Order) -> Iterator[tuple[bytes, int, int, int, bytes]]:
    """(owner, type, type covered, TTL, RDATA), names in wire form."""
    flags, names, types, ttls = (
        column.view() for column in (order.node_flags, order.node_name, order.rrset_type, order.rrset_ttl)
    )
    own_ttl = arena.ttl.view()
    for node in range(len(order.node_name)):
        if flags[node] & OUTSIDE:
            continue
        owner = arena.name(names[node])
        for rrset in order.rrsets(node).values():
            for row in order.rows(rrset):
                rdata = arena.record_rdata(row)
                if types[rrset] == _RRSIG:
                    yield owner, _RRSIG, int.from_bytes(rdata[:2], "big"), own_ttl[row], rdata
                else:
                    yield owner, types[rrset], 0, ttls[rrset], rdata
