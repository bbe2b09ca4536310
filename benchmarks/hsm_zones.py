"""One zone signed with keys in SoftHSM by each signer that can: fastsign, Knot, and ldns through OpenSSL's engine."""

from __future__ import annotations

import shutil
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import measure

JOBS = 2


@dataclass(frozen=True, slots=True)
class HsmZone:
    """A zone, and where its keys are."""

    path: Path
    origin: str
    algorithm: int
    keys: Path  # folder of their files
    labels: tuple[str, ...]  # KSK, ZSK
    pin: str
    module: str  # path

    def uri(self, label: str) -> str:
        return f"pkcs11:token=bench;object={label};type=private;pin-value={self.pin}"


def sign_zones(folder: Path, name: str, zone: HsmZone, repeats: int) -> Iterator[str]:
    """What to tell of each signer: medians of runs in turn, and ratios of those."""
    options = ["-S", "-P", "-K", str(zone.keys), "-o", zone.origin, "-f", "signed", "-n", str(JOBS), str(zone.path)]
    prepare_knot(folder, zone)
    engine = prepare_engine(folder, zone)
    commands = {
        "fastsign": [*peers.FASTSIGN, "signzone", *options],
        "Knot": [peers.find("kzonesign"), "-c", str(folder / "knot.conf"), "-o", str(folder / "knot"), zone.origin],
        "ldns, by the engine": [*engine, *ldns(zone)],
    }
    runs: dict[str, list[float]] = {tool: [] for tool in commands}
    for _ in range(repeats):
        for tool, command in commands.items():
            runs[tool].append(measure(command, folder / "log", folder).wall)
    peers.run("dnssec-verify", "-q", "-o", zone.origin, str(folder / "signed"))
    ours = statistics.median(runs["fastsign"])
    count = (folder / "signed").read_text().count("RRSIG\t")
    for tool, walls in runs.items():
        wall = statistics.median(walls)
        times = "" if tool == "fastsign" else f"; fastsign is faster by {wall / ours:.1f}"
        yield f"{name}, a zone of {count:,} signatures, {tool}: {wall:.2f} s{times}"
    bind = [peers.find("dnssec-signzone"), "-E", "pkcs11", *options]
    yield f"dnssec-signzone -E pkcs11: {attempt(folder, [*engine, *bind])}"
    yield f"dnssec-signzone -E pkcs11, without OPENSSL_CONF: {attempt(folder, bind)}"


def attempt(folder: Path, command: Sequence[str]) -> str:
    """Its time, or what BIND says instead. Debian's is built without engines and without OpenSSL's stores of keys."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1]
    return f"{measure(command, folder / 'log', folder).wall:.2f} s"


def ldns(zone: HsmZone) -> list[str]:
    """One thread; it makes both keys sign all."""
    ksk, zsk = (f"{zone.algorithm},{zone.uri(label)}" for label in zone.labels)
    return [
        peers.find("ldns-signzone"),
        "-E",
        "pkcs11",
        "-K",
        ksk,
        "-k",
        zsk,
        "-o",
        zone.origin,
        "-f",
        "ldns",
        str(zone.path),
    ]


def prepare_engine(folder: Path, zone: HsmZone) -> list[str]:
    """What stands before a program that is to know of libp11's engine."""
    path = folder / "openssl.cnf"
    path.write_text(
        "openssl_conf = openssl_init\n[openssl_init]\nengines = engines\n[engines]\npkcs11 = pkcs11\n"
        f"[pkcs11]\nengine_id = pkcs11\nMODULE_PATH = {zone.module}\ninit = 0\n"
    )
    return ["env", f"OPENSSL_CONF={path}"]


def prepare_knot(folder: Path, zone: HsmZone) -> None:
    """Have Knot make keys of its own in the token. The run that makes them can't use them yet."""
    for part in ("knot-db", "knot"):
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir()
    _, algorithm, bits = peers.ALGORITHMS[zone.algorithm]
    sizes = f"    ksk-size: {bits}\n    zsk-size: {bits}\n" if bits else ""
    (folder / "knot.conf").write_text(f"""server:
    rundir: {folder}/knot-db
database:
    storage: {folder}/knot-db
keystore:
  - id: hsm
    backend: pkcs11
    config: "pkcs11:token=bench;pin-value={zone.pin} {zone.module}"
policy:
  - id: bench
    keystore: hsm
    algorithm: {algorithm}
{sizes}    signing-threads: {JOBS}
    cds-cdnskey-publish: none
zone:
  - domain: {zone.origin}
    file: {zone.path}
    dnssec-signing: on
    dnssec-policy: bench
""")
    command = [peers.find("kzonesign"), "-c", str(folder / "knot.conf"), "-o", str(folder / "knot"), zone.origin]
    subprocess.run(command, cwd=folder, capture_output=True, text=True)
