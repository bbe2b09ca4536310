"""The verifier's kernels: keys, the audit of the loader's order, times, tags, ranges, the second opinion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from fastsign import _core
from fastsign._core import Column, PublicKeys
from fastsign.errors import VerificationError
from fastsign.sign import verify as verifier
from fastsign.sign.verify_findings import Kind
from fastsign.sign.verify_report import VerifyOptions, VerifyReport
from fastsign.zone.order import Order, order_zone
from hand_signed import APEX, DNSKEY, KSK, NOW, NS, PLAIN, REVOKED_KSK, RRSIG, SOA, ZSK, A, Hand, Key
from mutants import signer_end
from signed_zones import ZONE, Record, make_key, our_words, sign, verify
from zones import arena_of

HAND = Hand([Key(KSK, 1)], [Key(ZSK, 2)])


def kinds(report: VerifyReport) -> set[Kind]:
    return {finding.kind for finding in report.findings}


# ---- keys


def rsa_rdata(algorithm: int, exponent: bytes, modulus: bytes, long_form: bool = False) -> bytes:
    length = b"\0" + len(exponent).to_bytes(2, "big") if long_form else bytes([len(exponent)])
    return bytes([1, 0, 3, algorithm]) + length + exponent + modulus


MODULUS = rsa.generate_private_key(65537, 1024).public_key().public_numbers().n.to_bytes(128, "big")


@pytest.mark.parametrize(
    ("rdata", "usable"),
    [
        (rsa_rdata(8, b"\1\0\1", MODULUS), True),
        (rsa_rdata(8, b"\1\0\1", MODULUS, long_form=True), True),  # RFC 3110 section 2
        (rsa_rdata(8, b"\1\0\1", b"\0" + MODULUS), False),  # leading zeros are prohibited
        (rsa_rdata(8, b"", MODULUS), False),
        (rsa_rdata(8, b"\1\0\1", b""), False),
        (rsa_rdata(8, b"\1\0\1", MODULUS * 5), False),
        (bytes([1, 0, 3, 8, 0, 1]), False),
        (bytes([1, 0, 3, 8, 255]), False),
        (bytes([1, 0, 3, 13]) + bytes(64), False),  # not a point of the curve
        (bytes([1, 0, 3, 13]) + bytes(63), False),
        (bytes([1, 0, 3, 14]) + bytes(95), False),
        (bytes([1, 0, 3, 15]) + bytes(31), False),
        (bytes([1, 0, 3, 16]) + bytes(56), False),
        (bytes([1, 0, 3, 12]) + bytes(64), False),
        (bytes([1, 0, 3]), False),
        (b"", False),
        (Key(ZSK, 1).rdata, True),
    ],
)
def test_a_key_is_usable_or_is_marked_as_not(rdata: bytes, usable: bool) -> None:
    facts = PublicKeys([rdata]).facts(0)
    assert facts[4] is usable
    if len(rdata) > 4:
        parsed = dns.rdata.from_wire("IN", "DNSKEY", rdata, 0, len(rdata))
        assert facts[:4] == (parsed.flags, parsed.protocol, parsed.algorithm, dns.dnssec.key_id(parsed))


def test_two_keys_of_one_tag_are_both_tried() -> None:
    one, other, third = Key(ZSK, 104), Key(ZSK, 114), Key(ZSK, 3)
    assert one.tag == other.tag
    for signer, idle in ((one, other), (other, one)):
        assert not verify(Hand([Key(KSK, 1)], [signer], [idle]).sign(PLAIN), now=NOW).failed
    assert verify(Hand([Key(KSK, 1)], [third], [one, other]).sign(PLAIN), now=NOW).zsks[15].stand_by == 2


def test_a_key_that_only_shares_the_tag_does_not_count() -> None:
    """As when each of several HSMs made a key of its own and only one was published."""
    good = Hand([Key(KSK, 1)], [Key(ZSK, 104)]).sign(PLAIN)
    bad = Hand([Key(KSK, 1)], [Key(ZSK, 114)]).sign(PLAIN)
    mixed = [r for r in good if r.rrtype != RRSIG or r.owner == APEX] + [
        r for r in bad if r.rrtype == RRSIG and r.owner != APEX
    ]
    assert kinds(verify(mixed, now=NOW)) == {Kind.NO_CORRECT}


def test_a_revoked_key_may_sign_the_keys_only() -> None:
    revoked = Key(REVOKED_KSK, 5)
    good = Hand([Key(KSK, 1), revoked], [Key(ZSK, 2)])
    assert verify(good.sign(PLAIN), now=NOW).ksks[15].revoked == 1
    report = verify(Hand([Key(KSK, 1), revoked], [Key(ZSK, 2), revoked]).sign(PLAIN), now=NOW)
    assert kinds(report) == {Kind.BAD_SIGNATURE}
    unsigned = verify(Hand([Key(KSK, 1)], [Key(ZSK, 2)], [revoked]).sign(PLAIN), now=NOW)
    assert next(unsigned.messages()).startswith("revoked KSK is not self signed:\nexample DNSKEY 385 3 15 ")


def test_a_key_that_is_no_zone_key_does_not_count() -> None:
    assert verify(Hand([Key(1, 1)], [Key(ZSK, 2)]).sign(PLAIN), now=NOW).failed
    report = verify(Hand([Key(KSK, 1)], [Key(0, 2)]).sign(PLAIN), now=NOW)
    assert kinds(report) == {Kind.NO_CORRECT}


def test_an_algorithm_that_is_published_must_sign() -> None:
    """As when a signer used one algorithm where the DNSKEY RRset had two."""
    other = Record(APEX, DNSKEY, 300, rsa_rdata(8, b"\1\0\1", MODULUS))
    records = HAND.sign({**PLAIN, "": [*PLAIN[""], (DNSKEY, other.wire)]})
    report = verify(records, now=NOW)
    assert list(report.messages()) == ["No key of algorithm RSASHA256 signs the zone"]
    assert report.failed


# ---- one signature


@pytest.mark.parametrize(
    ("inception", "expiration", "good"),
    [
        (NOW, NOW, True),
        (NOW - 1, NOW + 1, True),
        (NOW + 1, NOW + 2, False),
        (NOW - 2, NOW - 1, False),
        (NOW + 1, NOW - 1, False),
        (NOW - (1 << 31) + 1, NOW, True),
        (NOW - (3 << 29), NOW + (3 << 29), False),  # longer than serial numbers reach (RFC 4034 section 3.1.5)
    ],
)
def test_validity_includes_both_ends(inception: int, expiration: int, good: bool) -> None:
    hand = replace(HAND, inception=inception % (1 << 32), expiration=expiration % (1 << 32))
    assert verify(hand.sign(PLAIN), now=NOW).failed is not good


def test_times_are_serial_numbers() -> None:
    wrapped = replace(HAND, inception=(1 << 32) - 100, expiration=100)
    for now, good in (
        ((1 << 32) - 100, True),
        ((1 << 32) + 5, True),
        (50, True),
        (101, False),
        ((1 << 32) - 101, False),
    ):
        assert verify(wrapped.sign(PLAIN), now=now).failed is not good


def test_little_validity_is_refused_if_that_is_asked_for() -> None:
    records = HAND.sign(PLAIN)
    assert not verify(records, VerifyOptions(min_remaining=3600), now=NOW).failed
    assert verify(records, VerifyOptions(min_remaining=3601), now=NOW).failed


def head_of(rrsig: Record) -> bytes:
    return rrsig.wire[: signer_end(rrsig.wire)]


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head[:3] + bytes([head[3] - 1]) + head[4:],  # labels: as if a wildcard had been expanded
        lambda head: head[:3] + bytes([head[3] + 1]) + head[4:],
        lambda head: head[:18] + b"\0",  # signer: the root
        lambda head: head[:18] + b"\2ns" + head[18:],  # signer: below the apex
    ],
)
def test_a_signature_over_wrong_fields_is_wrong(change: Callable[[bytes], bytes]) -> None:
    records = HAND.sign(PLAIN)
    at = next(i for i, r in enumerate(records) if r.rrtype == RRSIG and r.owner == HAND.owner("ns"))
    old = records[at]
    rows = sorted(r.wire for r in records if r.owner == old.owner and r.rrtype == int.from_bytes(old.wire[:2], "big"))
    new = HAND.signature(Key(ZSK, 2), old.owner, int.from_bytes(old.wire[:2], "big"), change(head_of(old)), rows)
    assert kinds(verify([*records[:at], new, *records[at + 1 :]], now=NOW)) == {Kind.NO_CORRECT}
    assert kinds(verify([*records, new], now=NOW)) == {Kind.BAD_SIGNATURE}


def test_what_belongs_to_another_zone_is_not_signed_here() -> None:
    for name, rrtype, rdata in (
        ("", 43, bytes(40)),
        ("ns", SOA, b"\0\0" + bytes(20)),
        ("ns", DNSKEY, Key(ZSK, 9).rdata),
    ):
        data = {**PLAIN, name: [*PLAIN[name], (rrtype, rdata)]}
        assert Kind.NO_CORRECT in kinds(verify(HAND.sign(data), now=NOW))


def test_the_zone_is_loaded_nowhere_if_a_cname_has_company() -> None:
    data = {**PLAIN, "c": [(5, b"\0"), (A, b"\1\2\3\4")], "d": [(5, b"\0"), (5, b"\1x\0")]}
    assert kinds(verify(HAND.sign(data), now=NOW)) == {Kind.CNAME, Kind.SINGLETON}


# ---- the order


def loaded(records: list[Record]) -> tuple[verifier.Arena, Order]:
    arena = arena_of([(r.owner.to_wire(), r.rrtype, r.ttl, r.wire) for r in records])
    return arena, order_zone(arena, APEX.to_wire())


def column(values: list[int], like: Column) -> Column:
    new = Column(like.typecode, len(values))
    for i, value in enumerate(values):
        new.view()[i] = value
    return new


def swap(values: list[int], a: int, b: int) -> list[int]:
    values[a], values[b] = values[b], values[a]
    return values


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("node_name", lambda values: swap(values, 1, 2)),
        ("node_name", lambda values: [values[0], values[0], *values[2:]]),
        ("rrset_type", lambda values: swap(values, 0, 1)),
        ("record", lambda values: swap(values, 0, 1)),
        ("record", lambda values: [values[1], *values[1:]]),
        ("node_rrset", lambda values: [values[0], values[1] + 1, *values[2:]]),
        ("rrset_first", lambda values: [values[0], values[1], values[2] - 1, *values[3:]]),
    ],
)
def test_a_wrong_order_is_noticed(field: str, change: Callable[[list[int]], list[int]]) -> None:
    arena, order = loaded(HAND.sign({**PLAIN, "": [(NS, b"\2ns\7example\0"), (NS, b"\2nt\7example\0")]}))
    old = getattr(order, field)
    wrong = replace(order, **{field: column(change(old.view().tolist()), old)})
    with pytest.raises(VerificationError) as caught:
        verifier.verify_records(arena, wrong, APEX.to_wire(), VerifyOptions(), NOW)
    assert isinstance(caught.value.report, VerifyReport)
    assert Kind.ORDER in kinds(caught.value.report) or caught.value.report.before


def test_a_record_that_the_order_left_out_is_missed() -> None:
    """A signer that loses a record, and signs the rest well, must not be believed."""
    records = HAND.sign({**PLAIN, "two": [(A, b"\1\1\1\1"), (A, b"\2\2\2\2")]})
    one_less = [r for r in HAND.sign({**PLAIN, "two": [(A, b"\1\1\1\1")]}) if r.owner == HAND.owner("two")]
    kept = [r for r in records if r.owner != HAND.owner("two")] + one_less
    lost = Record(HAND.owner("two"), A, 300, b"\2\2\2\2")
    arena, _ = loaded([*kept, lost])
    _, order = loaded(kept)
    with pytest.raises(VerificationError) as caught:
        verifier.verify_records(arena, order, APEX.to_wire(), VerifyOptions(), NOW)
    assert isinstance(caught.value.report, VerifyReport)
    assert kinds(caught.value.report) == {Kind.ORDER}


@pytest.mark.parametrize("field", ["node_name", "node_rrset", "rrset_first", "record"])
def test_an_order_that_points_outside_its_columns_is_an_error(field: str) -> None:
    arena, order = loaded(HAND.sign(PLAIN))
    old = getattr(order, field)
    for at in (0, len(old) - 1):
        values = old.view().tolist()
        values[at] = 1 << 31
        with pytest.raises(ValueError, match="outside"):
            verifier.verify_records(
                arena, replace(order, **{field: column(values, old)}), APEX.to_wire(), VerifyOptions(), NOW
            )


# ---- ranges, workers, batches


@pytest.fixture(scope="module", params=[(13, ()), (14, ("-3", "aa", "-A")), (15, ("-3", "-"))])
def records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    algorithm, options = request.param
    folder: Path = tmp_path_factory.mktemp("zone")
    make_key(folder, algorithm, "-f", "KSK")
    make_key(folder, algorithm)
    many = "".join(f"host{i} TXT {i}\n" for i in range(40))  # enough for a batch
    return sign(folder, ZONE + many, *options)


def spoilt(records: list[Record]) -> list[Record]:
    """Every fifth signature altered, every seventh record gone."""
    out = [r for i, r in enumerate(records) if i % 7 or r.owner == APEX]
    at = [i for i, r in enumerate(out) if r.rrtype == RRSIG and r.owner != APEX][::5]
    return [replace(r, wire=r.wire[:-1] + bytes([r.wire[-1] ^ 1])) if i in at else r for i, r in enumerate(out)]


@pytest.mark.parametrize("size", [1, 2, 5, 17])
def test_ranges_and_workers_make_no_difference(
    records: list[Record], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for zone in (records, spoilt(records)):
        whole = verify(zone)
        with monkeypatch.context() as patch:
            patch.setattr(verifier, "RANGE", size)
            patch.setattr(verifier, "_POOL_FROM_RRSETS", 0)
            for workers in (1, 2):
                cut = verify(zone, VerifyOptions(workers=workers))
                assert our_words(cut) == our_words(whole)
                assert cut.findings == whole.findings
                assert (cut.names, cut.rrsets, cut.signatures) == (whole.names, whole.rrsets, whole.signatures)


def test_batches_and_single_checks_agree(records: list[Record]) -> None:
    for zone in (records, spoilt(records)):
        batched, single = verify(zone), verify(zone, VerifyOptions(one_by_one=True))
        assert batched.findings == single.findings
        assert batched.signatures == single.signatures > 0
        assert single.second_opinions == 0
        assert batched.second_opinions > 0  # SOA at least, and every one that was found wrong


def test_the_sample_for_second_opinions_follows_the_seed(records: list[Record]) -> None:
    counts = {verify(records, VerifyOptions(seed=seed)).second_opinions for seed in range(40)}
    assert len(counts) > 1


def test_a_range_beyond_the_zone_is_an_error() -> None:
    arena, order = loaded(HAND.sign(PLAIN))
    subject = verifier.Subject(arena, order, APEX.to_wire(), NOW)
    survey, keys = verifier._look_at_apex(subject, VerifyReport(VerifyOptions()))
    for first, last in ((2, 1), (0, len(order.node_name) + 1)):
        with pytest.raises(ValueError, match="range"):
            _core.verify_range(subject, survey, PublicKeys(keys), first, last)
