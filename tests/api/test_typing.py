"""What a type checker knows of the API: a right program passes, each wrong line of another is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import fastsign

RIGHT = """\
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import assert_type

import dns.zone
import fastsign
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastsign import NSEC3, Key, Keys, Record, SignedZone, SigningReport, Verification, Zone, ZoneFile

def main(pem: bytes) -> None:
    zone = Zone.load(Path("zone"), "example.", journal="zone.jnl")
    assert_type([record for record in zone], list[Record])
    key = Key(load_pem_private_key(pem, None), "example.", "csk", publish=datetime.now(timezone.utc), inactive=None)
    options: fastsign.SigningOptions = {"nsec3": NSEC3(opt_out=True), "expiration": timedelta(days=7)}
    signed = fastsign.sign_zone(zone, [key, "keys", Path("other")], serial="date", workers=2)
    assert_type(fastsign.sign_zone(ZoneFile("zone", "example."), Keys("keys", key), **options), SignedZone)
    assert_type(signed.report, SigningReport)
    assert_type(signed.to_dnspython(), dns.zone.Zone)
    assert_type(fastsign.verify_zone(signed.zone, min_remaining=60), Verification)
    fastsign.verify_zone(signed)
    try:
        fastsign.verify_zone(zone)
    except fastsign.VerificationError as error:
        assert_type(error.findings, tuple[str, ...])
"""

WRONG = """\
import fastsign
zone = fastsign.Zone.load("zone")
zone = fastsign.Zone.from_text("", "example.", klass="IN")
fastsign.sign_zone("zone", "keys")
fastsign.sign_zone(zone, "keys", serial="random")
fastsign.sign_zone(zone, "keys", nsec4=True)
fastsign.Key(b"secret", "example.")
fastsign.Key.generate("example.", "master")
fastsign.nonsense
"""


def check(folder: Path, program: str) -> list[int]:
    """The lines in which mypy finds an error."""
    path = folder / "program.py"
    path.write_text(program)
    source = Path(fastsign.__file__).parents[1]
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file=", path.name]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={"MYPYPATH": str(source), "PATH": ""}
    )
    assert done.returncode in (0, 1), done.stderr
    assert all(line.startswith(path.name) for line in done.stdout.splitlines()), done.stdout
    return [int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line]


def test_a_typed_program_is_checked_through_and_through(tmp_path: Path) -> None:
    assert check(tmp_path, RIGHT) == []
    assert sorted(set(check(tmp_path, WRONG))) == list(range(2, 2 + 8))


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(fastsign.__file__).parent / "py.typed").exists()
