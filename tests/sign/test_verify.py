"""Zones that BIND signed verify, and the report says what dnssec-verify says."""

from __future__ import annotations

from pathlib import Path

import dns.name
import pytest

import tools
from fastsign.sign.verify_report import VerifyOptions
from signed_zones import ZONE, Record, bind_verify, make_key, our_words, sign, verify, write_records

RRSIG, NSEC3 = 46, 50


def agree(folder: Path, records: list[Record], *options: str, zone: str = "example", ldns: bool = True) -> None:
    """Both verifiers accept the zone, in the same words."""
    path = write_records(folder / "verified", records)
    report = verify(records, VerifyOptions(ksk_only="-x" in options, ignore_ksk_flag="-z" in options), zone)
    assert list(report.messages()) == []
    assert our_words(report) == bind_verify(path, *options, zone=zone)
    assert not report.failed
    if ldns:
        tools.run("ldns-verify-zone", path)


@pytest.mark.parametrize("algorithm", [5, 7, 8, 10, 13, 14, 15, 16])
def test_every_algorithm_verifies(tmp_path: Path, algorithm: int) -> None:
    make_key(tmp_path, algorithm, "-f", "KSK")
    make_key(tmp_path, algorithm)
    agree(tmp_path, sign(tmp_path, ZONE))


@pytest.mark.parametrize(
    "options",
    [("-3", "-"), ("-3", "aabbcc", "-H", "5"), ("-3", "-", "-A"), ("-3", "0123456789abcdef", "-A", "-H", "2")],
)
def test_nsec3_and_opt_out_verify(tmp_path: Path, options: tuple[str, ...]) -> None:
    make_key(tmp_path, 13, "-f", "KSK")
    make_key(tmp_path, 13)
    agree(tmp_path, sign(tmp_path, ZONE, *options))


@pytest.mark.parametrize("chain", [(), ("-3", "-", "-A")])
def test_keys_for_all_and_keys_for_the_keys_only(tmp_path: Path, chain: tuple[str, ...]) -> None:
    make_key(tmp_path, 13, "-f", "KSK")
    records = sign(tmp_path, ZONE, "-z", *chain)
    agree(tmp_path, records, "-z")
    assert our_words(verify(records)) == bind_verify(tmp_path / "verified")
    make_key(tmp_path, 13)
    agree(tmp_path, sign(tmp_path, ZONE, "-x", *chain), "-x")


def test_several_keys_two_algorithms_and_keys_in_waiting(tmp_path: Path) -> None:
    signing = [make_key(tmp_path, a, *o) for a in (8, 13) for o in (("-f", "KSK"), (), ())]
    make_key(tmp_path, 13, "-f", "KSK")
    make_key(tmp_path, 8)
    records = sign(tmp_path, ZONE, "-3", "-", keys=tuple(signing))
    agree(tmp_path, records)
    report = verify(records)
    assert (report.ksks[13].active, report.ksks[13].stand_by) == (1, 1)
    assert (report.zsks[8].active, report.zsks[8].stand_by) == (2, 1)


def test_a_revoked_key_signs_the_keys_only(tmp_path: Path) -> None:
    make_key(tmp_path, 13, "-f", "KSK")
    make_key(tmp_path, 13)
    old = make_key(tmp_path, 13, "-f", "KSK")
    tools.run("dnssec-revoke", "-r", old, cwd=tmp_path)
    records = sign(tmp_path, ZONE)
    agree(tmp_path, records)
    assert verify(records).ksks[13].revoked == 1


@pytest.mark.parametrize("chain", [(), ("-3", "-", "-A")])
@pytest.mark.parametrize(
    "extra",
    [
        "*.* A 192.0.2.1\na.*.b A 192.0.2.1\n",
        "l1.l2.l3.l4.l5.l6 NS ns1\nm1.l3.l4.l5.l6 A 192.0.2.1\n",
        "below.mail NS ns1\nz.below.mail NS ns1\nsub.a.z.below.mail TXT x\n",
        "\\000 A 192.0.2.1\n\\000.\\000 A 192.0.2.1\nZ\\200 A 192.0.2.1\n",
        "many 600 TYPE1000 \\# 1 00\nmany TYPE511 \\# 1 00\nmany TYPE65000 \\# 1 00\n",
        "big TXT " + " ".join(['"' + "y" * 255 + '"'] * 40) + "\n" + "".join(f"big TXT {i}\n" for i in range(300)),
        "@ 600 CDS 0 0 0 00\n@ 600 CDNSKEY 0 3 0 AA==\n",
        "outside.elsewhere. 600 IN A 192.0.2.1\naaa. 600 IN A 192.0.2.1\n",
    ],
)
def test_zones_of_odd_shape_verify(tmp_path: Path, chain: tuple[str, ...], extra: str) -> None:
    make_key(tmp_path, 13, "-f", "KSK")
    make_key(tmp_path, 13)
    agree(tmp_path, sign(tmp_path, ZONE + extra, *chain), ldns=False)


@pytest.mark.parametrize("chain", [(), ("-3", "-")])
def test_every_type_that_holds_a_name_has_its_own_canonical_form(tmp_path: Path, chain: tuple[str, ...]) -> None:
    types = """\
t MD A.Mixed.
t MF A.Mixed.
t MB A.Mixed.
t MG A.Mixed.
t MR A.Mixed.
t PTR A.Mixed.
t MINFO A.Mixed. B.Mixed.
t RP A.Mixed. B.Mixed.
t AFSDB 1 A.Mixed.
t RT 1 A.Mixed.
t NSAP-PTR A.Mixed.
t SIG A 13 1 3600 20300101000000 20200101000000 1 A.Mixed. AAAA
t PX 1 A.Mixed. B.Mixed.
t NXT A.Mixed. A NS
t KX 1 A.Mixed.
t A6 64 ::1 A.Mixed.
t A6 0 2001:db8::1
t A6 128 B.Mixed.
t LP 1 A.Mixed.
t TALINK A.Mixed. B.Mixed.
t SVCB 1 A.Mixed.
t HTTPS 1 A.Mixed.
t HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e1 A.Mixed.
t IPSECKEY 10 3 2 A.Mixed. AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
t AMTRELAY 10 0 3 A.Mixed.
t TXT "Case Stays"
t HINFO "CASE" "Stays"
"""
    make_key(tmp_path, 15, "-f", "KSK")
    make_key(tmp_path, 15)
    agree(tmp_path, sign(tmp_path, ZONE + types, *chain), ldns=False)


@pytest.mark.parametrize("chain", [(), ("-3", "-")])
def test_a_dname_at_the_apex_hides_all_but_the_nsec3_records(tmp_path: Path, chain: tuple[str, ...]) -> None:
    make_key(tmp_path, 13, "-f", "KSK")
    make_key(tmp_path, 13)
    records = sign(tmp_path, ZONE + "@ DNAME example.org.\n", *chain)
    hashed = {r.owner for r in records if r.rrtype == NSEC3}
    hidden = {r.owner for r in records if r.owner.parent() != dns.name.root} - hashed
    # dnssec-signzone 9.18 signs what is hidden, if the chain is NSEC3.
    signed = [r for r in records if not (r.rrtype == RRSIG and r.owner in hidden)]
    agree(tmp_path, signed, ldns=False)


@pytest.mark.parametrize("chain", [(), ("-3", "-")])
def test_the_root_zone_verifies(tmp_path: Path, chain: tuple[str, ...]) -> None:
    make_key(tmp_path, 13, "-f", "KSK", zone=".")
    make_key(tmp_path, 13, zone=".")
    root = (Path(__file__).parents[2] / "examples" / "root.zone").read_text()
    agree(tmp_path, sign(tmp_path, root, *chain, zone="."), zone=".")
