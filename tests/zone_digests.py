"""Digests of zones (RFC 8976): ours by either side, and others' who know them too."""

from __future__ import annotations

from pathlib import Path

import dns.zone

from fastsign import _core
from fastsign.sign.verify import Subject, Survey
from fastsign.sign.verify_zonemd import ZonemdTask
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order, order_zone

SOA, ZONEMD = 6, 63
HASHES = (1, 2)


def verifiers_digests(arena: Arena, apex: bytes, order: Order | None = None) -> tuple[dict[int, bytes], bytes]:
    """A zone's digests as the verifier reckons them, and what it finds on the way."""
    subject = Subject(arena, order or order_zone(arena, apex), apex.lower(), 0)
    kind, node, _, _ = _core.verify_survey(subject)
    assert node is not None
    return _core.verify_zone_digests(subject, Survey(kind, node, 0, False), HASHES)


def digests_of(arena: Arena, apex: bytes) -> dict[int, bytes]:
    """A zone's digests; the signer and the verifier, which share no canonical form, have to agree."""
    digests, findings = verifiers_digests(arena, apex)
    assert _core.zone_digests(arena, order_zone(arena, apex), HASHES) == digests
    assert findings == b""
    return digests


def task_of(arena: Arena, apex: bytes) -> ZonemdTask:
    """The zone's ZONEMD records, as the verifier takes them up."""
    order = order_zone(arena, apex)
    assert order.apex is not None
    rrsets = order.rrsets(order.apex)
    rdatas = [arena.record_rdata(row) for row in order.rows(rrsets[ZONEMD])]
    return ZonemdTask.of(rdatas, arena.record_rdata(order.rows(rrsets[SOA])[0]))


def reference_digests(path: Path, origin: str) -> dict[int, bytes]:
    """dnspython's digests of a zone file."""
    zone = dns.zone.from_file(str(path), origin, relativize=False, check_origin=False)
    return {number: bytes(zone.compute_digest(dns.zone.DigestHashAlgorithm(number)).digest) for number in HASHES}
