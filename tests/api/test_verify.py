"""Verifying from Python: what the command accepts is accepted, and what it refuses is raised, with all its findings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import fastsign
from fastsign import Key, Zone, ZoneFile, sign_zone, verify_zone
from inprocess import command

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = "@ 300 SOA ns h 1 1 1 1 300\n@ 300 NS ns\nns 300 A 192.0.2.1\nwww 300 A 192.0.2.2\n"


@pytest.fixture(scope="module")
def signed() -> Zone:
    keys = [Key.generate("example.", "ksk"), Key.generate("example.")]
    return sign_zone(Zone.from_text(TEXT, "example."), keys, now=NOW, nsec3=True).zone


def test_the_result_tells_what_was_verified(signed: Zone, tmp_path: Path) -> None:
    result = verify_zone(signed, now=NOW)
    assert (result.origin, result.algorithms, result.warnings) == ("example.", ("ECDSAP256SHA256",), ())
    assert (result.names, result.rrsets, result.signatures) == (3, 9, 10)
    signed.write(tmp_path / "signed")
    assert verify_zone(ZoneFile(tmp_path / "signed", "example."), now=NOW) == result
    signed.write(tmp_path / "raw", "raw")
    assert verify_zone(ZoneFile(tmp_path / "raw", "example.", "raw"), now=NOW) == result


SPOILED = {
    "data": ("192.0.2.2", "192.0.2.3"),
    "type": ("IN A\t\t192.0.2.2", "IN TXT\t\tx"),
    "serial": (" 1 1 1 1 300", " 2 1 1 1 300"),
    "flags": ("NSEC3\t1 0", "NSEC3\t1 2"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_wrong_is_raised_in_the_command_s_words(signed: Zone, tmp_path: Path, what: str) -> None:
    text = signed.to_text("full").replace(*SPOILED[what])
    (tmp_path / "signed").write_text(text)
    done = command("verify", "-o", "example.", tmp_path / "signed", now=int(NOW.timestamp()), check=False)
    if text == signed.to_text("full"):
        pytest.fail("nothing was spoiled")
    with pytest.raises(fastsign.VerificationError) as caught:
        verify_zone(Zone.from_text(text, "example."), now=NOW)
    assert done.code == 1
    assert caught.value.findings == tuple(done.stderr.splitlines())
    assert caught.value.findings[0] in str(caught.value)


def test_signatures_have_to_be_valid_now_and_for_as_long_as_asked(signed: Zone) -> None:
    verify_zone(signed, now=NOW + timedelta(days=29))
    verify_zone(signed, now=NOW, min_remaining=timedelta(days=29))
    for arguments in (
        {"now": NOW - timedelta(hours=2)},
        {"now": NOW + timedelta(days=31)},
        {"now": NOW, "min_remaining": timedelta(days=31)},
    ):
        with pytest.raises(fastsign.VerificationError):
            verify_zone(signed, **arguments)


def test_a_zone_that_is_not_signed_is_told_so() -> None:
    with pytest.raises(fastsign.VerificationError, match="Zone contains no DNSSEC keys") as caught:
        verify_zone(Zone.from_text(TEXT, "example."))
    assert caught.value.findings == ("Zone contains no DNSSEC keys",)


def test_roles_count_as_asked_for() -> None:
    zone, key = Zone.from_text(TEXT, "example."), Key.generate("example.", "csk")
    signed = sign_zone(zone, key).zone
    verify_zone(signed)
    with pytest.raises(fastsign.VerificationError, match="Missing ZSK"):
        verify_zone(signed, csk=False)
    keys = [Key.generate("example.", "ksk"), Key.generate("example.")]
    verify_zone(sign_zone(zone, keys, ksk_only=True).zone, ksk_only=True, one_by_one=True, workers=1)


def test_a_signed_zone_is_verified_as_it_was_signed() -> None:
    zone, times = Zone.from_text(TEXT, "example."), {"publish": NOW, "activate": NOW + timedelta(days=60)}
    keys = [Key.generate("example.", "ksk"), Key.generate("example.")]
    signed = sign_zone(zone, keys)
    assert verify_zone(signed) == verify_zone(signed.zone)
    assert verify_zone(sign_zone(zone, keys, ksk_only=True)).signatures == verify_zone(signed).signatures - 1
    beside = Key.generate("example.", "zsk", **times)
    by_csk = sign_zone(zone, [Key.generate("example.", "csk"), beside], now=NOW)
    assert verify_zone(by_csk, now=NOW).origin == "example."
    for options in ({"csk": False}, {"now": NOW + timedelta(days=40)}):
        with pytest.raises(fastsign.VerificationError):
            verify_zone(by_csk, **{"now": NOW, **options})


def test_progress_is_told() -> None:
    steps: list[tuple[int, int]] = []
    signed = sign_zone(Zone.from_text(TEXT, "example."), Key.generate("example.", "csk")).zone
    verify_zone(signed, watch=lambda done, total: steps.append((done, total)))
    assert steps == [(3, 3)]


def test_an_option_that_there_is_not_is_a_type_error(signed: Zone) -> None:
    with pytest.raises(TypeError, match=r"verify_zone\(\) got an unexpected keyword argument 'when'"):
        verify_zone(signed, when=NOW)
