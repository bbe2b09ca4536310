"""The peers that the tests compare with, BIND, Knot, ldns and validns, and valgrind.

A missing one fails the test, never skips it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGES = {
    "cc": "build-essential",
    "dnssec-cds": "bind9-utils",
    "dnssec-dsfromkey": "bind9-utils",
    "dnssec-keygen": "bind9-utils",
    "dnssec-importkey": "bind9",
    "dnssec-revoke": "bind9-utils",
    "dnssec-settime": "bind9-utils",
    "dnssec-signzone": "bind9-utils",
    "dnssec-verify": "bind9-utils",
    "named-checkzone": "bind9-utils",
    "named-compilezone": "bind9-utils",
    "keymgr": "knot",
    "knsec3hash": "knot-dnssecutils",
    "kzonecheck": "knot-dnssecutils",
    "kzonesign": "knot-dnssecutils",
    "ldns-keygen": "ldnsutils",
    "ldns-signzone": "ldnsutils",
    "ldns-verify-zone": "ldnsutils",
    "pkcs11-tool": "opensc",
    "softhsm2-util": "softhsm2",
    "valgrind": "valgrind",
    "named": "bind9",
    "named-checkconf": "bind9-utils",
    "nsd": "nsd",
    "nsupdate": "bind9-dnsutils",
    "rndc": "bind9-utils",
    "nsec3hash": "bind9",
    "validns": "validns",
}


def find(tool: str) -> str:
    """Path of a peer's program."""
    path = shutil.which(tool) or shutil.which(tool, path="/usr/sbin")  # which only root has in its PATH
    if path is None:
        raise AssertionError(f"{tool} is not installed; the tests need it: apt-get install {PACKAGES[tool]}")
    return path


def run(
    tool: str,
    *arguments: str | Path,
    cwd: Path | None = None,
    stdin: str | None = None,
    check: bool = True,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run a peer's program; with *check* its failure fails the test and shows what it said."""
    return _run([find(tool), *map(str, arguments)], cwd, stdin, check, timeout)


def fastsign(
    *arguments: str | Path,
    cwd: Path | None = None,
    stdin: str | None = None,
    check: bool = True,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run fastsign's command line in a process of its own."""
    return _run([sys.executable, "-m", "fastsign", *map(str, arguments)], cwd, stdin, check, timeout)


def accept(signed: Path, origin: str) -> None:
    """Fail unless BIND, Knot and ldns all accept a signed zone."""
    run("dnssec-verify", "-q", "-o", origin, signed)
    run("kzonecheck", "-d", "on", "-o", origin, signed)
    run("ldns-verify-zone", signed)


def _run(
    command: Sequence[str], cwd: Path | None, stdin: str | None, check: bool, timeout: float
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, input=stdin or "", capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done
