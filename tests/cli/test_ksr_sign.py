"""`fastsign ksr sign`: every bundle of a response is what the times say, and is valid for others."""

from __future__ import annotations

import re
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest

import tools
from fastsign.keys.ds import ds_rdata
from fastsign.keys.files import KeyFile
from fastsign.keys.names import from_text
from ksr_scene import COMMON, DAY, HOUR, KSK_ROLL, NOW, YEAR, ZONE, Block, Scene, Timing, blocks_of, digits_of, in_zone

APEX = dns.name.from_text(ZONE)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def rrset_of(block: Block, rrtype: str, covered: str = "") -> dns.rrset.RRset:
    texts = [text for text in block.of(rrtype) if not covered or text.startswith(covered + " ")]
    return dns.rrset.from_text(APEX, COMMON.ttl, "IN", rrtype, *texts)


def validate(block: Block, until: int) -> None:
    """By dnspython, from an hour before its begin until the next bundle's."""
    keys = {APEX: rrset_of(block, "DNSKEY")}
    for rrtype in ("DNSKEY", "CDNSKEY", "CDS"):
        if not block.of(rrtype):
            continue
        for signature in rrset_of(block, "RRSIG", rrtype):
            alone = dns.rrset.from_rdata(APEX, COMMON.ttl, signature)
            for moment in (block.inception - HOUR, block.inception, until):
                dns.dnssec.validate(rrset_of(block, rrtype), alone, keys, now=moment)


def announced(keys: list[KeyFile], moment: int) -> list[KeyFile]:
    return [
        key
        for key in in_zone(keys, moment)
        if (key.times.sync_publish or 0) <= moment and not (key.times.sync_delete and key.times.sync_delete <= moment)
    ]


def check_block(block: Block, ksks: list[KeyFile], zsks: list[KeyFile], timing: Timing) -> None:
    """Records and signatures of a bundle, by the keys' times."""
    moment = block.inception
    keys, signers = in_zone([*ksks, *zsks], moment), in_zone(ksks, moment)
    assert {rdata.to_wire() for rdata in rrset_of(block, "DNSKEY")} == {key.rdata for key in keys}
    begin, end = digits_of(moment - HOUR), digits_of(moment + timing.validity)
    for rrtype in ("DNSKEY", "CDNSKEY", "CDS"):
        fields = [text.rsplit(" ", 2)[0] for text in block.of("RRSIG") if text.startswith(rrtype + " ")]
        wanted = [f"{rrtype} {key.algorithm} 2 {timing.ttl} {end} {begin} {key.tag} {ZONE}." for key in signers]
        found = [re.match(r"\S+ \d+ 2 \d+ \d+ \d+ \d+ \S+", field) for field in fields]
        assert sorted(match[0] for match in found if match) == (sorted(wanted) if block.of(rrtype) else [])
    assert {record.split()[1] for record in block.records} == {str(timing.ttl)}


def inceptions(ksks: list[KeyFile], request: list[Block], timing: Timing, end: int) -> list[int]:
    """When bundles begin: as in the request, at a KSK's event, and before signatures are due."""
    events = {moment for key in ksks for moment in key.times if moment}
    begins = [block.inception for block in request]
    found = []
    for begin, until in zip(begins, [*begins[1:], end + 1], strict=True):
        moment = begin
        while moment < until:
            found.append(moment)
            later = [event for event in events if moment < event]
            moment = min([moment + timing.validity - timing.refresh, *later])
    return found


@pytest.mark.parametrize(
    ("policy", "end", "timing"),
    [("common", "+1y", COMMON), ("two-tone", "+1y", COMMON), ("ksk-roll", "+1y", KSK_ROLL), ("no-cds", "+1y", COMMON)],
)
def test_every_bundle_is_right_and_validates(scene: Scene, policy: str, end: str, timing: Timing) -> None:
    ksks, zsks, request, response = scene.all(policy, end)
    blocks = blocks_of(response, "SignedKeyResponse")
    begins = [block.inception for block in blocks]
    assert begins == inceptions(ksks, blocks_of(request, "KeySigningRequest"), timing, NOW + YEAR)
    for block, until in zip(blocks, [*begins[1:], begins[-1] + timing.validity], strict=True):
        assert until - block.inception <= timing.validity
        check_block(block, ksks, zsks, timing)
        validate(block, until)
        wanted = announced(ksks, block.inception)
        assert {rdata.to_wire() for rdata in rrset_of(block, "CDNSKEY")} == {key.rdata for key in wanted}
        digests = [] if policy == "no-cds" else [ds_rdata(from_text(ZONE), key.rdata) for key in wanted]
        assert {rdata.to_wire() for rdata in rrset_of(block, "CDS")} == set(digests)


def test_digests_are_those_of_the_policy(scene: Scene) -> None:
    ksks, _, _, response = scene.all("unlimited", "+4y")
    last = blocks_of(response, "SignedKeyResponse")[-1]
    assert last.of("CDNSKEY") == []
    expected = tools.run("dnssec-dsfromkey", "-2", "-a", "SHA-384", ksks[0].path).stdout.splitlines()
    assert [text.replace(" ", "") for text in last.of("CDS")] == [
        line.partition(" DS ")[2].replace(" ", "") for line in expected
    ]


def test_a_zone_of_any_bundle_is_good_for_the_peers(scene: Scene) -> None:
    """The key records of a bundle, in a zone with one ZSK's signatures, by BIND and ldns at the bundle's time."""
    _, zsks, _, response = scene.all("common")
    block = blocks_of(response, "SignedKeyResponse")[1]
    lines = ["$TTL 300", f"$ORIGIN {ZONE}.", "@ SOA a b 1 2 3 4 5", "@ NS a", "a A 192.0.2.1", *block.records]
    (scene.folder / "zone").write_text("\n".join(lines) + "\n")
    begin, end = digits_of(block.inception - HOUR), digits_of(block.inception + DAY)
    line = ("-P", "-s", begin, "-e", end, "-o", ZONE, "-f", "signed", "zone", zsks[0].path)
    tools.run("dnssec-signzone", *line, cwd=scene.folder)
    tools.run("ldns-verify-zone", "-t", digits_of(block.inception), scene.folder / "signed")


def test_a_ksk_signs_for_as_long_as_it_is_in_the_zone(scene: Scene) -> None:
    """BIND lets the old KSK stop when the CDS of the new one appears, while the parent still has the old DS."""
    ksks, _, _, response = scene.all("ksk-roll")
    old, new = ksks
    blocks = blocks_of(response, "SignedKeyResponse")
    for block in blocks:
        tags = {int(text.split()[6]) for text in block.of("RRSIG")}
        assert tags == {key.tag for key in in_zone(ksks, block.inception)}
    both = [block.inception for block in blocks if len(in_zone(ksks, block.inception)) == 2]
    assert min(both) == new.times.publish
    assert max(both) >= (old.times.inactive or 0)


def test_zone_signing_keys_beside_the_ksk_are_no_ksks(scene: Scene) -> None:
    scene.keygen("common", "+1y", "-o")
    scene.keygen("common")
    scene.request("common")
    expected = scene.sign("common")
    for path in (scene.folder / "zsks").iterdir():
        (scene.folder / "offline" / path.name).write_bytes(path.read_bytes())
    assert scene.sign("common") == expected


def test_the_response_ends_with_the_span(scene: Scene) -> None:
    scene.all("unlimited")
    announced = NOW + 22 * HOUR  # when the DS may be, signatures being in all caches
    for end, begins in (
        ("+3d", [NOW, announced]),
        ("+12h", [NOW, NOW + 12 * HOUR]),  # as in BIND one begins where the span ends, if that is near
        ("+30d", [NOW, *(announced + 9 * DAY * number for number in range(4))]),
    ):
        assert [block.inception for block in blocks_of(scene.sign("unlimited", end), "SignedKeyResponse")] == begins


def test_bundles_are_parted_by_a_line_where_the_request_has_another(scene: Scene) -> None:
    *_, request, response = scene.all("common")
    assert response.count("\n\n") == len(blocks_of(request, "KeySigningRequest")) - 1
    assert "\n\n\n" not in response


# ---- what is refused


@pytest.fixture
def asked(scene: Scene) -> str:
    scene.keygen("common", "+1y", "-o")
    scene.keygen("common")
    return scene.request("common")


def refusal(scene: Scene, request: str, policy: str = "common") -> str:
    (scene.folder / "ksr").write_text(request)
    done = scene.run(policy, "-K", "offline", "-f", "ksr", "-e", "+1y", "sign")
    assert done.code == 1
    assert done.stdout == ""
    return done.stderr.removeprefix("dnssec-ksr: fatal: ").strip()


HEAD = ";; KeySigningRequest 1.0 20261118110640"


def test_a_broken_request_is_told_of_by_its_line(scene: Scene, asked: str) -> None:
    head, key, *_ = asked.splitlines()
    for text, message in (
        ("", "bad KSR file ksr(1): no bundles"),
        (key, "bad KSR file ksr(1): syntax error"),
        (";; SignedKeyResponse 1.0", "bad KSR file ksr(1): expected 'KeySigningRequest'"),
        (";; KeySigningRequest 2.0", "bad KSR file ksr(1): expected version"),
        (";; KeySigningRequest 1.0", "bad KSR file ksr(1): expected datetime"),
        (";; KeySigningRequest 1.0 20261318110640", "bad KSR file ksr(1): time value 20261318110640 is invalid"),
        (f"{head}\n{key}\n{head}\n", "bad KSR file ksr(3): bundle does not begin after the one before it"),
        (f"{head}\n{key[:-30]}\n", "bad KSR file ksr(2): bad DNSKEY ("),
        (f"{head}\n\n{key.replace('example', 'other')}\n", "bad KSR file ksr(3): bad DNSKEY (bad owner name"),
        (f"{head}\n{ZONE}. CDS 0 0 0 00\n", "bad KSR file ksr(2): bad DNSKEY (unexpected token)"),
        (f"{head}\n{key.replace('256 3', '257 3')}\n", "bad KSR file ksr(2): bad DNSKEY (it is no zone-signing key)"),
        (f"{head}\n{key.replace('256 3 13', '256 3 253')}\n", "bad KSR file ksr(2): bad DNSKEY (algorithm is unsup"),
        (f"{head}\n$INCLUDE ksr\n", "bad KSR file ksr(2): bad DNSKEY ("),
    ):
        assert refusal(scene, text).startswith(message), text


def test_an_algorithm_that_no_ksk_has_is_refused(scene: Scene, asked: str) -> None:
    zsk = scene.keygen("unlimited")[0]
    line = (scene.folder / "zsks" / f"{Path(zsk.path).name}.key").read_text().splitlines()[-1]
    assert "is not signed by a key of algorithm ED25519" in refusal(scene, f"{asked.splitlines()[0]}\n{line}\n")


def test_a_time_without_a_ksk_is_refused(scene: Scene, asked: str) -> None:
    assert "no KSK is in the zone for bundle 20251118" in refusal(scene, asked.replace("20261118", "20251118"))


def test_without_the_secret_nothing_is_signed(scene: Scene, asked: str) -> None:
    for path in (scene.folder / "offline").glob("*.private"):
        path.write_text(re.sub(r"(PrivateKey: ).*", r"\1" + "A" * 43 + "=", path.read_text()))
    assert "PrivateKey is zero" in refusal(scene, asked)
    for path in (scene.folder / "offline").glob("*.private"):
        path.unlink()
    assert "no KSK is in the zone" in refusal(scene, asked)
