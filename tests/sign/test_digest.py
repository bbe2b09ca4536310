"""What is signed, against RFC 4034 section 3.1.8.1 written down in Python."""

import hashlib
import itertools
import struct

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastsign import _core
from fastsign._core import Column
from fastsign.sign.denial import NSEC, NSEC3, Denial, make_chain
from fastsign.sign.plan import SIGNS_CDS, SIGNS_DNSKEY, SIGNS_REST, Signer
from fastsign.zone.order import order_zone
from zones import Record, arena_of, wire

SOA, NS, A, MX, TXT, DS, NSEC_TYPE, DNSKEY, NSEC3_TYPE, CDS = 6, 2, 1, 15, 16, 43, 47, 48, 50, 59
APEX = wire("example.")
ALL = SIGNS_DNSKEY | SIGNS_CDS | SIGNS_REST

ZONE: list[Record] = [
    (APEX, SOA, 600, wire("NS.example.") + wire("Admin.example.") + b"n" * 20),
    (APEX, NS, 600, wire("b.Example.")),
    (APEX, NS, 600, wire("A.example.")),
    (APEX, DNSKEY, 60, b"\1\1\3\15key"),
    (APEX, CDS, 60, b"\0\0\0\0\0"),
    (wire("*.W.example."), MX, 5, b"\0\1" + wire("Mail.example.")),
    (wire("cut.example."), NS, 5, wire("ns.cut.example.")),
    (wire("cut.example."), DS, 5, b"\0\1\15\2" + b"d" * 32),
    (wire("ns.cut.example."), A, 5, b"\1\2\3\4"),
]


def signer(algorithm: int = 15, roles: int = ALL, jitter: int = 0) -> Signer:
    return Signer(algorithm, 4711, roles, 64, 1000, 90000, 80000, jitter, 1)


def message(rrtype: int, owner: bytes, ttl: int, rdata: list[bytes], labels: int, sign: Signer) -> bytes:
    """RRSIG RDATA head, then each RR in canonical form."""
    end = sign.expiration_dnskey if rrtype == DNSKEY else sign.expiration
    head = struct.pack(">HBBIIIH", rrtype, sign.algorithm, labels, ttl, end, sign.inception, sign.tag) + APEX
    rrs = [owner.lower() + struct.pack(">HHIH", rrtype, 1, ttl, len(r)) + r for r in sorted(rdata)]
    return head + b"".join(rrs)


def messages_of(zone: list[Record], sign: Signer, denial: Denial) -> list[bytes]:
    arena = arena_of(zone)
    order = order_zone(arena, APEX)
    chain = make_chain(arena, order, denial, 300)
    rows, offsets = Column("B"), Column("Q")
    count = _core.digest_nodes(arena, order, chain, APEX, sign, 0, len(order.node_name), rows, offsets)
    assert len(offsets) == count + 1
    octets = bytes(rows.view())
    at = offsets.view().tolist()
    return [octets[a:b] for a, b in itertools.pairwise(at)]


def nsec(owner: str, following: str, types: list[int], labels: int, sign: Signer) -> bytes:
    rdata = wire(following) + _core.type_bitmap(types)
    return message(NSEC_TYPE, wire(owner), 300, [rdata], labels, sign)


def test_messages_of_a_zone_in_order_with_names_folded_where_old_types_say_so():
    sign = signer()
    assert messages_of(ZONE, sign, Denial(NSEC)) == [
        message(SOA, APEX, 600, [wire("ns.example.") + wire("admin.example.") + b"n" * 20], 1, sign),
        message(NS, APEX, 600, [wire("a.example."), wire("b.example.")], 1, sign),
        nsec("example.", "cut.example.", [SOA, NS, NSEC_TYPE, 46, DNSKEY, CDS], 1, sign),
        message(DNSKEY, APEX, 60, [b"\1\1\3\15key"], 1, sign),
        message(CDS, APEX, 60, [b"\0\0\0\0\0"], 1, sign),
        message(DS, wire("cut.example."), 5, [b"\0\1\15\2" + b"d" * 32], 2, sign),
        nsec("cut.example.", "*.W.example.", [NS, DS, 46, NSEC_TYPE], 2, sign),
        message(MX, wire("*.w.example."), 5, [b"\0\1" + wire("mail.example.")], 2, sign),
        nsec("*.w.example.", "example.", [MX, 46, NSEC_TYPE], 2, sign),
    ]


@pytest.mark.parametrize(
    ("roles", "types"),
    [(SIGNS_DNSKEY, {DNSKEY}), (SIGNS_DNSKEY | SIGNS_CDS, {DNSKEY, CDS}), (SIGNS_REST, {SOA, NS, NSEC_TYPE, DS, MX})],
)
def test_a_key_signs_what_its_roles_say(roles, types):
    got = messages_of(ZONE, signer(roles=roles), Denial(NSEC))
    assert {int.from_bytes(m[:2], "big") for m in got} == types


def test_nsec3_messages():
    arena, sign = arena_of(ZONE), signer()
    order = order_zone(arena, APEX)
    chain = make_chain(arena, order, Denial(NSEC3, opt_out=True, salt=b"\xab", iterations=2), 300)
    rows, offsets = Column("B"), Column("Q")
    count = _core.digest_chain(arena, order, chain, APEX, sign, 1, 3, rows, offsets)
    hashes = [bytes(chain.hash.view()[i : i + 20]) for i in range(0, len(chain.hash), 20)]
    import base64

    expected = b""
    for i in (1, 2):
        b = chain.bitmap.view()[i]
        bitmap = bytes(chain.bitmaps.view()[chain.bitmap_offset.view()[b] : chain.bitmap_offset.view()[b + 1]])
        rdata = b"\1\1\0\2\1\xab\24" + hashes[(i + 1) % len(hashes)] + bitmap
        owner = b"\40" + base64.b32hexencode(hashes[i]).lower() + APEX
        expected += message(NSEC3_TYPE, owner, 300, [rdata], 2, sign)
    assert (count, bytes(rows.view())) == (2, expected)


HASHES = {5: "sha1", 7: "sha1", 8: "sha256", 10: "sha512", 13: "sha256", 14: "sha384"}


@pytest.mark.parametrize("algorithm", HASHES)
def test_digests_are_hashes_of_the_messages(algorithm):
    sign = signer(algorithm)
    arena = arena_of(ZONE)
    order = order_zone(arena, APEX)
    rows = Column("B")
    count = _core.digest_nodes(arena, order, None, APEX, sign, 0, 1, rows, Column("Q"))
    expected = [
        message(SOA, APEX, 600, [wire("ns.example.") + wire("admin.example.") + b"n" * 20], 1, sign),
        message(NS, APEX, 600, [wire("a.example."), wire("b.example.")], 1, sign),
        message(DNSKEY, APEX, 60, [b"\1\1\3\15key"], 1, sign),
        message(CDS, APEX, 60, [b"\0\0\0\0\0"], 1, sign),
    ]
    assert count == 4
    assert bytes(rows.view()) == b"".join(hashlib.new(HASHES[algorithm], m).digest() for m in expected)


@given(st.integers(2, 20000))
def test_jitter_stays_within_its_bound_and_spreads(jitter):
    zone = ZONE[:2] + [(dns.name.from_text(f"n{i}.example.").to_wire(), TXT, 5, b"\1x") for i in range(60)]
    ends = [int.from_bytes(m[8:12], "big") for m in messages_of(zone, signer(jitter=jitter), Denial(NSEC))]
    assert all(90000 - jitter < end <= 90000 for end in ends)
    assert len(set(ends)) > 1
