"""ZONEMD (RFC 8976): digests over the whole signed zone, in the zone.

A digest is known only when all else is written. So the zone is written with placeholders of the right length, read back
and digested, and the ZONEMD RRset and its signatures are written again, over the placeholders.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, replace

from fastsign import _core
from fastsign._core import Column
from fastsign.errors import SigningError
from fastsign.sign.apex import RRSIG, SOA, ZONEMD, Apex
from fastsign.sign.job import RAW
from fastsign.sign.retain import Retained
from fastsign.sign.shards import NODES, Work, forget_keys, sign_shard
from fastsign.zone.arena import Arena
from fastsign.zone.load import load_zone
from fastsign.zone.order import order_zone

SIMPLE = 1  # the one scheme (RFC 8976 section 2.2.2)
HASHES = {"sha384": 1, "sha512": 2}  # RFC 8976 section 2.2.3


def zonemd_rdata(serial: int, number: int, digest: bytes) -> bytes:
    """ZONEMD RDATA (RFC 8976 section 2.2) for a hash number."""
    return serial.to_bytes(4, "big") + bytes([SIMPLE, number]) + digest


def place(apex: Apex, hashes: tuple[int, ...]) -> None:
    """Put a placeholder for each hash at the apex, in the stead of what the input has there and of its signatures."""
    types = apex.arena.rrtype.view()
    for row in apex.rows_of(RRSIG):
        if int.from_bytes(apex.arena.record_rdata(row)[:2], "big") == ZONEMD:
            types[row] = 0
    types.release()
    apex.replace(ZONEMD, 0, [])
    # RFC 8976 section 2: the TTL is that of the SOA.
    apex.replace(ZONEMD, apex.soa_ttl, [_placeholder(apex, number) for number in hashes])


def _placeholder(apex: Apex, number: int) -> bytes:
    """A digest that no other record has: by it the record is found again in the written zone."""
    from hashlib import sha512

    digest = sha512(b"fastsign: a digest to be written over" + bytes([number]) + apex.name + apex.soa).digest()
    return zonemd_rdata(apex.serial, number, digest[: _core.zonemd_length(number)])


@dataclass(frozen=True, slots=True)
class Seal:
    """What is needed to put the digests in once the zone is written, and nothing of the zone's size."""

    work: Work  # the signers, with no zone
    soa: bytes  # RDATA
    ttl: int
    hashes: tuple[int, ...]
    placeholders: tuple[bytes, ...]  # RDATA
    rrclass: int

    @classmethod
    def of(cls, work: Work, apex: Apex, hashes: tuple[int, ...], rrclass: int) -> Seal:
        arena = Arena.empty()
        bare = replace(work, arena=arena, order=order_zone(arena, work.apex), chain=None, retained=None, recording=None)
        return cls(bare, apex.soa, apex.soa_ttl, hashes, tuple(apex.rdata_of(ZONEMD)), rrclass)


def seal_zone(path: str, seal: Seal) -> None:
    """Digest the signed zone in the file *path* and write its ZONEMD records, signed, over their placeholders."""
    digests = _digest(path, seal)
    serial = int.from_bytes(seal.placeholders[0][:4], "big")
    records = [zonemd_rdata(serial, number, digests[number]) for number in seal.hashes]
    start = len(_render(seal, [], sign=False))
    placeholders = _render(seal, list(seal.placeholders), sign=False)[start:]
    try:
        final = _render(seal, records, sign=True)[start:]
    finally:
        forget_keys()
    with open(path, "r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as octets:
            at = octets.find(placeholders)
        if at < 0:
            raise SigningError("the place of the ZONEMD records is not to be found in the signed zone")
        file.seek(at)
        file.write(final)


def _digest(path: str, seal: Seal) -> dict[int, bytes]:
    """Read the zone back: what is digested is what others will read."""
    arena = load_zone(path, seal.work.apex, seal.rrclass, raw=seal.work.style == RAW).arena
    return _core.zone_digests(arena, order_zone(arena, seal.work.apex), seal.hashes)


def _render(seal: Seal, zonemds: list[bytes], sign: bool) -> bytes:
    """An apex that has an SOA record, which is not signed, and these ZONEMD records, as it stands in the zone."""
    arena = Arena.empty()
    owner = arena.add_name(seal.work.apex)
    arena.add_record(owner, SOA, seal.ttl, seal.soa)
    for rdata in zonemds:
        arena.add_record(owner, ZONEMD, seal.ttl, rdata)
    order, nobody = order_zone(arena, seal.work.apex), (1 << len(seal.work.signers)) - 1
    retained = Retained(Column("Q", len(order.rrset_type)), Column("Q"), Column("I"))
    for rrset, rrtype in enumerate(order.rrset_type.view()):
        retained.rrset.view()[rrset] = 0 if rrtype == ZONEMD and sign else nobody
    slot = Column("B")
    work = replace(seal.work, arena=arena, order=order, retained=retained)
    sign_shard((work, (slot,), ()), NODES, 0, 1, 0)
    return bytes(slot.view())
