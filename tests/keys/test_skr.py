"""Signed key responses: read, written, chosen from, and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest

from fastsign.errors import SkrError
from fastsign.keys.files import KeyFile
from fastsign.keys.skr import CDNSKEY, CDS, DNSKEY, RRSIG, Bundle, Response, check_bundle, load_response, parse_response
from skr_scene import DAY, NOW, TTL, ZONE, ZONE_TEXT, bundle_of, keygen, text_of

_IN = dns.rdataclass.IN
APEX = dns.name.from_text(ZONE_TEXT)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, KeyFile]:
    folder = tmp_path_factory.mktemp("keys")
    made = {"ksk": keygen(folder, "-f", "KSK"), "zsk": keygen(folder), "next": keygen(folder)}
    return made | {"rsa": keygen(folder, "-f", "KSK", algorithm=8), "ed": keygen(folder, "-f", "KSK", algorithm=15)}


@pytest.fixture
def bundles(keys: dict[str, KeyFile]) -> list[Bundle]:
    """Three that follow each other."""
    zsks = ([keys["zsk"]], [keys["zsk"], keys["next"]], [keys["next"]])
    return [bundle_of([keys["ksk"]], zsk, NOW + 9 * DAY * number) for number, zsk in enumerate(zsks)]


def rrset_of(rrtype: int, rdatas: tuple[bytes, ...]) -> dns.rrset.RRset:
    made = dns.rrset.RRset(APEX, _IN, dns.rdatatype.RdataType(rrtype))
    for rdata in rdatas:
        made.add(dns.rdata.from_wire(_IN, made.rdtype, rdata, 0, len(rdata)), TTL)
    return made


def validate(bundle: Bundle, moment: int) -> None:
    """By dnspython: each RRset, with each of its signatures."""
    known = {APEX: rrset_of(DNSKEY, bundle.dnskeys)}
    for rrtype, rrset in bundle.rrsets.items():
        for signature in rrset.signatures:
            dns.dnssec.validate(rrset_of(rrtype, rrset.rdatas), rrset_of(RRSIG, (signature,)), known, now=moment)


@pytest.mark.parametrize("names", [["ksk"], ["rsa"], ["ed"], ["ksk", "rsa", "ed"]], ids="+".join)
def test_dnspython_validates_a_bundle_of_any_algorithm(keys: dict[str, KeyFile], names: list[str]) -> None:
    bundle = bundle_of([keys[name] for name in names], [keys["zsk"]] if "ksk" in names else [])
    validate(bundle, NOW)
    validate(bundle, NOW - 3600)
    validate(bundle, NOW + 14 * DAY)
    with pytest.raises(dns.dnssec.ValidationFailure):
        validate(bundle, NOW + 14 * DAY + 1)
    assert sorted(bundle.rrsets) == [DNSKEY, CDS, CDNSKEY]
    assert all(len(rrset.signatures) == len(names) for rrset in bundle.rrsets.values())


def test_what_is_written_is_read(bundles: list[Bundle], tmp_path: Path) -> None:
    (tmp_path / "skr").write_text(text_of(*bundles))
    assert load_response(str(tmp_path / "skr"), ZONE, 300).bundles == tuple(bundles)


def test_a_record_takes_its_class_and_ttl_in_any_order_or_from_elsewhere(bundles: list[Bundle]) -> None:
    text = text_of(*bundles)
    for other in ("IN\t3600", "in", "3600", "1H", ""):
        assert parse_response(text.replace("3600\tIN", other), ZONE, TTL).bundles == tuple(bundles)
    text = text.replace("example.\t", "EXAMPLE\t").replace("\n;; Signed", "\n\n; a comment\n;;  Signed")
    assert [bundle.inception for bundle in parse_response(text, ZONE, TTL).bundles] == [b.inception for b in bundles]


def test_the_bundle_in_force_is_the_last_that_has_begun(bundles: list[Bundle]) -> None:
    response = Response(tuple(bundles), "f")
    for moment, number in ((0, 0), (9 * DAY - 1, 0), (9 * DAY, 1), (18 * DAY, 2), (32 * DAY - 1, 2)):
        place = response.at(NOW + moment)
        assert place.bundle is bundles[number]
        assert place.next_inception == (bundles[number + 1].inception if number < 2 else None)
    assert response.expiration == NOW + 32 * DAY
    assert (response.ends_before(NOW + 32 * DAY), response.ends_before(NOW + 32 * DAY + 1)) == (False, True)


def test_there_is_none_before_the_first_and_after_the_last(bundles: list[Bundle]) -> None:
    response = Response(tuple(bundles), "f.skr")
    with pytest.raises(SkrError, match=r"no available SKR bundle: the first one in f.skr begins 20261118\d+"):
        response.at(NOW - 1)
    with pytest.raises(SkrError, match=r"no available SKR bundle: the last one in f.skr ended 20261220"):
        response.at(NOW + 32 * DAY)


def test_a_gap_between_bundles_is_found(keys: dict[str, KeyFile]) -> None:
    both = [bundle_of([keys["ksk"]], [], NOW, 2 * DAY), bundle_of([keys["ksk"]], [], NOW + 9 * DAY)]
    with pytest.raises(SkrError, match="this one in f ended"):
        Response(tuple(both), "f").at(NOW + 3 * DAY)


def test_of_two_that_begin_together_the_last_counts(keys: dict[str, KeyFile]) -> None:
    old, new = bundle_of([keys["ksk"]], [keys["zsk"]]), bundle_of([keys["ksk"]], [keys["next"]])
    assert parse_response(text_of(old, new), ZONE, TTL).bundles == (new,)


HEAD = ";; SignedKeyResponse 1.0 20261118110640 (Wed Nov 18 11:06:40 2026)"
RECORD = "example. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4="

BROKEN = {
    "": "f: no bundles",
    "\n\n": "f: no bundles",
    ";; SignedKeyResponse 1.0 generated at now": "f: no bundles",
    RECORD: "f:1: record outside of a bundle",
    ";; KeySigningRequest 1.0 20261118110640": "f:1: syntax error: expected 'SignedKeyResponse'",
    ";; SignedKeyResponse 2.0 20261118110640": "f:1: syntax error: expected '1.0'",
    ";; SignedKeyResponse 1.0": "f:1: bundle's date and time: syntax error",
    ";; SignedKeyResponse 1.0 20261318110640": "f:1: bundle's date and time: out of range",
    f";; SignedKeyResponse 1.0 {'A' * 5000}": "f:1: bundle's date and time: syntax error",
    HEAD: "f:1: bundle without DNSKEY records",
    f"{HEAD}\n\n{RECORD}\n{RECORD.replace('example', 'example.org')}": "f:4: record is not of example",
    f"{HEAD}\n{RECORD}\nexample. A 192.0.2.1": "f:3: record is neither DNSKEY, CDNSKEY nor CDS, nor",
    f"{HEAD}\n{RECORD}\n{RECORD}\nexample. DNSKEY 257 3": "f:4: ",
    f"{HEAD}\n{RECORD}\n\n{HEAD}\n{RECORD}\nexample. CH DNSKEY 257 3 15 AAAA": "f:6: ",
    f"{HEAD}\n{RECORD}\n$INCLUDE /etc/passwd\n": "f:3: ",
    f"{HEAD}\n{RECORD}\n{HEAD.replace('2026', '2025')}\n{RECORD}": "f:3: bundle begins before the one that it follows",
    f"{HEAD}\n{RECORD}\n;; SignedKeyResponse 1.0 generated\n{RECORD}": "f:4: record outside of a bundle",
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_broken_is_told_with_its_line(text: str) -> None:
    with pytest.raises(SkrError) as caught:
        parse_response(text, ZONE, TTL, "f")
    assert str(caught.value).startswith(BROKEN[text])


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(SkrError, match=r"unable to open skr file .*: file not found"):
        load_response(str(tmp_path / "none"), ZONE, TTL)


def with_rrset(bundle: Bundle, rrtype: int, **changes: object) -> Bundle:
    return replace(bundle, rrsets={**bundle.rrsets, rrtype: bundle.of(rrtype)._replace(**changes)})


@pytest.mark.parametrize("rrtype", [DNSKEY, CDNSKEY, CDS])
def test_a_bundle_that_does_not_verify_is_refused(bundles: list[Bundle], keys: dict[str, KeyFile], rrtype: int) -> None:
    good, name = bundles[0], {DNSKEY: "DNSKEY", CDNSKEY: "CDNSKEY", CDS: "CDS"}[rrtype]
    check_bundle(ZONE, good, NOW)
    signature = good.of(rrtype).signatures[0]
    spoilt = signature[:-1] + bytes([signature[-1] ^ 1])
    elsewhere = bundle_of([keys["ed"]], []).of(rrtype).signatures
    for change, why in (
        ({"signatures": (spoilt,)}, "RRSIG failed to verify"),
        ({"signatures": (spoilt, signature)}, "RRSIG failed to verify"),
        ({"signatures": ()}, "is not signed by a key of algorithm ECDSAP256SHA256"),
        ({"signatures": elsewhere}, "its key is not in the bundle"),
        ({"ttl": 300}, "it is for a TTL of 3600, not 300"),
        ({"rdatas": (*good.of(rrtype).rdatas, keys["rsa"].rdata)}, ""),
    ):
        with pytest.raises(SkrError, match=f"the {name} RRset .*{why}"):
            check_bundle(ZONE, with_rrset(good, rrtype, **change), NOW)


def test_a_bundle_is_refused_outside_its_time_and_for_another_zone(bundles: list[Bundle]) -> None:
    for moment, why in ((NOW - 3601, "has not begun"), (NOW + 14 * DAY + 1, "has expired")):
        with pytest.raises(SkrError, match=why):
            check_bundle(ZONE, bundles[0], moment)
    with pytest.raises(SkrError, match="RRSIG failed to verify"):
        check_bundle(b"\x05other\0", bundles[0], NOW)


def test_every_algorithm_of_the_keys_must_have_signed(keys: dict[str, KeyFile]) -> None:
    with pytest.raises(SkrError, match="is not signed by a key of algorithm ECDSAP256SHA256"):
        bundle_of([keys["ed"]], [keys["zsk"]])


def test_nothing_is_signed_without_a_key(keys: dict[str, KeyFile]) -> None:
    with pytest.raises(SkrError, match=r"no KSK is in the zone for bundle 20261118110640 .*nothing signs it"):
        bundle_of([], [keys["zsk"]])
