"""When key-signing keys sign everything though nobody says so: never because a zone-signing key's secret is lost."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

import fastsign
import tools
from fastsign import Key, Keys, Zone, ZoneFile, sign_zone, verify_zone

TEXT = "@ 300 SOA ns h 1 1 1 1 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EARLIER, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def zone() -> Zone:
    return Zone.from_text(TEXT, "example.")


def lost_secret(folder: Path) -> str:
    """A folder with a key-signing key and a zone-signing key that has lost its secret: the path of that."""
    Key.generate("example.", "ksk").write(folder, now=EARLIER)
    base = Key.generate("example.", "zsk").write(folder, now=EARLIER)
    Path(base + ".private").unlink()
    return base


def test_a_zone_signing_key_without_its_secret_is_not_replaced_in_silence(zone: Zone, tmp_path: Path) -> None:
    lost_secret(tmp_path)
    (tmp_path / "zone").write_text(TEXT)
    theirs = tools.run("dnssec-signzone", "-S", "-o", "example.", "zone", cwd=tmp_path, check=False)
    assert "No non-KSK DNSKEY found" in theirs.stderr
    for keys in (tmp_path, Keys(tmp_path), [tmp_path, Key.generate("example.", "ksk")]):
        with pytest.raises(fastsign.SigningError, match="No non-KSK DNSKEY found"):
            sign_zone(zone, keys)
    assert verify_zone(sign_zone(zone, tmp_path, csk=True).zone).signatures == 6


def test_the_secret_may_get_lost_between_two_signings(zone: Zone, tmp_path: Path) -> None:
    for role in ("ksk", "zsk"):
        base = Key.generate("example.", role).write(tmp_path, now=EARLIER)
    os.utime(tmp_path, (0, 0))  # the folder was last changed long ago
    keys = Keys(tmp_path)
    signed = sign_zone(zone, keys).zone
    Path(base + ".private").unlink()
    with pytest.raises(fastsign.SigningError, match="No non-KSK DNSKEY found"):
        sign_zone(zone, keys)
    again = sign_zone(signed, keys)  # as with signzone -S: what is not due stays, and that is all there is
    assert (again.report.generated, len(again.warnings)) == (0, 1)


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_zone_signing_key_of_the_zone_that_is_not_known_is_not_replaced(
    zone: Zone, tmp_path: Path, in_memory: bool
) -> None:
    ksk, zsk = Key.generate("example.", "ksk"), Key.generate("example.", "zsk")
    signed = sign_zone(zone, [ksk, zsk])
    signed.write(tmp_path / "zone")
    again = signed.zone if in_memory else ZoneFile(tmp_path / "zone", "example.")
    with pytest.raises(
        fastsign.SigningError, match=f"zone-signing key example/ECDSAP256SHA256/{zsk.tag}, whose secret"
    ):
        sign_zone(again, ksk)
    assert sign_zone(again, ksk, csk=True).report.generated > 0
    assert sign_zone(again, ksk, csk=False).report.generated == 0


@pytest.mark.parametrize(
    "times", [{"publish": LATER}, {"publish": EARLIER, "activate": LATER}, {"inactive": EARLIER}, {"delete": EARLIER}]
)
def test_a_zone_signing_key_that_is_not_in_use_is_one_too(zone: Zone, times: dict[str, datetime]) -> None:
    keys = [Key.generate("example.", "ksk"), Key.generate("example.", "zsk", **times)]
    with pytest.raises((fastsign.SigningError, fastsign.VerificationError)):
        sign_zone(zone, keys, now=NOW)


def test_a_key_that_says_that_it_is_a_csk_stays_one(zone: Zone, tmp_path: Path) -> None:
    lost_secret(tmp_path)
    signed = sign_zone(zone, [tmp_path, Key.generate("example.", "csk")])
    assert verify_zone(signed.zone).signatures == 2 * 6


def test_keys_of_other_zones_in_the_folder_do_not_count(zone: Zone, tmp_path: Path) -> None:
    base = Key.generate("other.", "zsk").write(tmp_path)
    Path(base + ".private").unlink()
    Key.generate("example.", "ksk").write(tmp_path)
    assert verify_zone(sign_zone(zone, tmp_path).zone).signatures == 6
