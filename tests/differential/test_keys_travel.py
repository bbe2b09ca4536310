"""Keys travel both ways: those that fastsign makes sign with BIND, ldns and Knot, and those of theirs with fastsign."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dns.rdata
import pytest

import tools
from inprocess import command, signzone
from knot_keys import KnotKeys, private_file
from signed_zones import read_raw

ZONE = "Travel.example."
ALGORITHMS = (5, 7, 8, 10, 13, 14, 15, 16)
RECORDS = """\
$TTL 300
@ SOA ns host 1 7200 3600 1209600 300
  NS ns
ns A 192.0.2.1
  AAAA 2001:db8::1
secure NS ns
  DS 12345 13 2 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE000000000000000000000000
insecure NS ns
*.wild TXT "x"
"""
_LDNS = {5: "RSASHA1", 7: "RSASHA1-NSEC3-SHA1", 8: "RSASHA256", 10: "RSASHA512", 13: "ECDSAP256SHA256",
         14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448"}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zone").write_text(f"$ORIGIN {ZONE}\n{RECORDS}")
    return tmp_path


def bits(algorithm: int) -> tuple[str, ...]:
    return ("-b", "1024") if algorithm < 13 else ()


# ---- who makes keys: a KSK and a ZSK, the names of their files


def keys_of_fastsign(folder: Path, algorithm: int) -> list[str]:
    options = ("-q", "-a", str(algorithm), *bits(algorithm))
    return [command("keygen", *options, *flag, ZONE).stdout.strip() for flag in (("-f", "KSK"), ())]


def keys_of_bind(folder: Path, algorithm: int) -> list[str]:
    options = ("-q", "-a", str(algorithm), *bits(algorithm))
    made = [tools.run("dnssec-keygen", *options, *flag, ZONE, cwd=folder) for flag in (("-f", "KSK"), ())]
    return [done.stdout.strip() for done in made]


def keys_of_ldns(folder: Path, algorithm: int) -> list[str]:
    options = ("-a", _LDNS[algorithm], "-b", "1024", "-r", "/dev/urandom")
    made = [tools.run("ldns-keygen", *options, *flag, ZONE, cwd=folder) for flag in (("-k",), ())]
    return [done.stdout.strip() for done in made]


def keys_of_knot(folder: Path, algorithm: int) -> list[str]:
    store = KnotKeys(folder, ZONE.lower())
    return [store.make(algorithm, ksk=ksk) for ksk in (True, False)]


# ---- who signs: the file with the signed zone


def sign_with_fastsign(folder: Path, keys: list[str]) -> Path:
    """Both kinds of keys, with times and without: those without are used when they are named."""
    smart = any("v1.3" in (folder / f"{key}.private").read_text() for key in keys)
    if not smart:
        with (folder / "zone").open("a") as file:
            file.writelines((folder / f"{key}.key").read_text() + "\n" for key in keys)
    signzone(*(("-S",) if smart else ()), "-o", ZONE, "-f", "signed", "zone", *(() if smart else keys))
    return folder / "signed"


def sign_with_bind(folder: Path, keys: list[str]) -> Path:
    tools.run("dnssec-signzone", "-S", "-o", ZONE, "-f", "signed", "zone", cwd=folder)
    return folder / "signed"


def sign_with_ldns(folder: Path, keys: list[str]) -> Path:
    tools.run("ldns-signzone", "-f", "signed", "zone", *keys, cwd=folder)
    return folder / "signed"


def sign_with_knot(folder: Path, keys: list[str]) -> Path:
    store = KnotKeys(folder, ZONE.lower())
    for key in keys:
        store.take(key)
    store.sign(folder / "out")
    return folder / "out/zone"


# ---- the zone is as it should be


def check(folder: Path, signed: Path, keys: list[str]) -> None:
    """All verifiers accept the zone, and it has those keys and no others."""
    tools.accept(signed, ZONE)
    command("verify", "-q", "-o", ZONE, signed)
    tools.run("named-compilezone", "-q", "-F", "raw", "-o", "raw", ZONE, signed, cwd=folder)
    found = sorted(record.wire for record in read_raw(folder / "raw") if record.rrtype == 48)
    assert found == sorted(dnskey(folder / f"{key}.key") for key in keys)


def dnskey(path: Path) -> bytes:
    record = next(line for line in path.read_text().splitlines() if not line.startswith(";"))
    return dns.rdata.from_text("IN", "DNSKEY", record.partition(";")[0].partition("DNSKEY")[2]).to_wire()


Sign = Callable[[Path, list[str]], Path]
Make = Callable[[Path, int], list[str]]


@pytest.mark.parametrize("sign", [sign_with_bind, sign_with_ldns, sign_with_knot])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_our_keys_sign_elsewhere(algorithm: int, sign: Sign, folder: Path) -> None:
    keys = keys_of_fastsign(folder, algorithm)
    check(folder, sign(folder, keys), keys)


@pytest.mark.parametrize("make", [keys_of_bind, keys_of_ldns, keys_of_knot])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_their_keys_sign_here(algorithm: int, make: Make, folder: Path) -> None:
    keys = make(folder, algorithm)
    check(folder, sign_with_fastsign(folder, keys), keys)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_the_same_key_after_a_journey(algorithm: int, folder: Path) -> None:
    """fastsign -> Knot's store -> BIND's files: the same files but for their times and comments."""
    (key, _) = keys_of_fastsign(folder, algorithm)
    store = KnotKeys(folder, ZONE.lower())
    store.take(key)
    (pem,) = (folder / "knot/keys/keys").iterdir()
    secret = [line for line in (folder / f"{key}.private").read_text().splitlines() if line.endswith("=")]
    assert [line for line in private_file(algorithm, pem.read_bytes()).splitlines() if line.endswith("=")] == secret
