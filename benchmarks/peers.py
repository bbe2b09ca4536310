"""How each program signs the same zone with the same kind of keys: fastsign, BIND, Knot and ldns."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

# Mnemonics of BIND and of Knot, and the size of the key where it is not fixed.
ALGORITHMS = {
    8: ("RSASHA256", "rsasha256", 2048),
    13: ("ECDSAP256SHA256", "ecdsap256sha256", 0),
    14: ("ECDSAP384SHA384", "ecdsap384sha384", 0),
    15: ("ED25519", "ed25519", 0),
}
PACKAGES = {"dnssec-signzone": "bind9-utils", "kzonesign": "knot-dnssecutils", "ldns-signzone": "ldnsutils"}


@dataclass(frozen=True, slots=True)
class Work:
    """One zone to sign, and how."""

    zone: Path
    origin: str
    folder: Path  # for keys, outputs and logs
    algorithm: int = 13
    denial: str = "nsec3"  # nsec, nsec3 or opt-out
    verify: bool = False  # each signer's own check of its result, where it has one
    jobs: int = 2  # processes or threads; 0: each program's default
    image: Path | None = None  # of an earlier run's signatures, for fastsign
    signed: Path | None = None  # the zone of that run with the same changes, for the others

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def output(self, tool: str) -> Path:
        return self.folder / tool / "signed"


def prepare(work: Work, tools: list[str]) -> None:
    """Make the folders, the keys and Knot's set-up."""
    shutil.rmtree(work.folder, ignore_errors=True)
    work.keys.mkdir(parents=True)
    for tool in tools:
        (work.folder / tool).mkdir()
    mnemonic, _, bits = ALGORITHMS[work.algorithm]
    size = ["-b", str(bits)] if bits else []
    for role in (["-f", "KSK"], []):
        run("dnssec-keygen", "-q", "-K", str(work.keys), "-a", mnemonic, *size, *role, work.origin)
    if "knot" in tools:
        prepare_knot(work)


def command(tool: str, work: Work) -> list[str]:
    """Command line with which *tool* signs *work*."""
    return {"fastsign": fastsign, "bind": bind, "knot": knot, "ldns": ldns}[tool](work)


def verify_command(tool: str, work: Work, signed: Path) -> list[str]:
    """Command line with which *tool* verifies a signed zone."""
    if tool == "fastsign":
        return [*FASTSIGN, "verify", "-q", "-o", work.origin, str(signed)]
    if tool == "bind":
        return [find("dnssec-verify"), "-q", "-o", work.origin, str(signed)]
    if tool == "knot":
        return [find("kzonecheck"), "-d", "on", "-o", work.origin, str(signed)]
    return [find("ldns-verify-zone"), str(signed)]


# ---- the signers

FASTSIGN = [sys.executable, "-m", "fastsign"]


def fastsign(work: Work) -> list[str]:
    image = ["--image", str(work.folder / "fastsign" / "image")] if work.image else []
    return [*FASTSIGN, "signzone", *image, *bind_options(work, "fastsign")]


def bind(work: Work) -> list[str]:
    return [find("dnssec-signzone"), *bind_options(replace(work, zone=work.signed or work.zone), "bind")]


def bind_options(work: Work, tool: str) -> list[str]:
    """What stands after the program's name: the same for both, which is the point."""
    options = ["-S", "-K", str(work.keys), "-o", work.origin, "-d", str(work.folder / tool)]
    if work.jobs:
        options += ["-n", str(work.jobs)]
    if work.denial != "nsec":
        options += ["-3", "-"]
    if work.denial == "opt-out":
        options += ["-A"]
    if not work.verify:
        options += ["-P"]
    return [*options, "-f", str(work.output(tool)), str(work.zone)]


def knot(work: Work) -> list[str]:
    """kzonesign writes a file of the zone file's name into the folder."""
    return [find("kzonesign"), "-c", str(work.folder / "knot.conf"), "-o", str(work.folder / "knot"), work.origin]


def prepare_knot(work: Work) -> None:
    """Write a policy, and let Knot make its keys by signing a zone of four records."""
    _, algorithm, bits = ALGORITHMS[work.algorithm]
    database = work.folder / "knot.db"
    database.mkdir()
    first = work.folder / "first.zone"
    first.write_text(
        f"{work.origin} 3600 IN SOA ns.{work.origin} h.{work.origin} 1 7200 3600 1209600 900\n"
        f"{work.origin} 3600 IN NS ns.{work.origin}\nns.{work.origin} 3600 IN A 192.0.2.1\n"
    )
    sizes = f"    ksk-size: {bits}\n    zsk-size: {bits}\n" if bits else ""
    text = f"""server:
    rundir: {database}
database:
    storage: {database}
policy:
  - id: bench
    algorithm: {algorithm}
{sizes}    signing-threads: {work.jobs or 1}
    cds-cdnskey-publish: none
    nsec3: {"off" if work.denial == "nsec" else "on"}
    nsec3-opt-out: {"on" if work.denial == "opt-out" else "off"}
    nsec3-iterations: 0
    nsec3-salt-length: 0
zone:
  - domain: {work.origin}
    file: {{file}}
    adjust-threads: {work.jobs or 1}
    dnssec-signing: on
    dnssec-policy: bench
"""
    (work.folder / "knot-first.conf").write_text(text.format(file=first))
    (work.folder / "knot.conf").write_text(text.format(file=work.zone))
    run("kzonesign", "-c", str(work.folder / "knot-first.conf"), "-o", str(database), work.origin)


def ldns(work: Work) -> list[str]:
    denial = {"nsec": [], "nsec3": ["-n", "-t", "0"], "opt-out": ["-n", "-t", "0", "-p"]}[work.denial]
    keys = [str(path.with_suffix("")) for path in sorted(work.keys.glob("K*.private"))]
    return [find("ldns-signzone"), *denial, "-o", work.origin, "-f", str(work.output("ldns")), str(work.zone), *keys]


def signed_file(tool: str, work: Work) -> Path:
    """Where *tool* has written the signed zone."""
    return work.folder / "knot" / work.zone.name if tool == "knot" else work.output(tool)


# ---- programs


def find(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        package = PACKAGES.get(program, "bind9-utils")
        raise SystemExit(f"{program} is not installed: apt-get install {package}")
    return path


def run(program: str, *arguments: str) -> str:
    done = subprocess.run([find(program), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{program} {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def versions() -> dict[str, str]:
    """Version of each program, as it says it."""
    ldns_says = run("ldns-signzone", "-v").split()
    return {
        "BIND": run("dnssec-signzone", "-V").split()[-1],
        "Knot": run("kzonesign", "-V").split()[-1],
        "ldns": next((word for word in ldns_says if word[0].isdigit()), "?").rstrip(")."),
    }


def cpu_count() -> int:
    return len(os.sched_getaffinity(0))
