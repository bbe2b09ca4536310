"""Signatures in a second that SoftHSM makes for fastsign, beside a bare loop over C_Sign in C, and for other signers.

    python -m benchmarks.hsm                                     # P-256 and RSA-2048, one and two sessions
    python -m benchmarks.hsm --signatures 500 --repeats 1        # to see that it works

The loop and fastsign's workers have as many sessions, and take turns; a ratio is the median of those of such pairs.
Then a whole zone is signed by each signer that can do it, in turn. No time makes it fail; a program that fails does.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers
from benchmarks.hsm_zones import HsmZone, sign_zones

BAR = 0.9  # of the bare loop's signatures
HERE = Path(__file__).parent
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "mellon-1"
KINDS = {13: ("P-256", "EC:prime256v1", "ecdsa"), 8: ("RSA-2048", "rsa:2048", "rsa")}
ZONE = "test."


@dataclass(frozen=True, slots=True)
class Pair:
    """Signatures in a second: of the loop, and of fastsign right after it."""

    loop: float
    fastsign: float


def main(argv: Sequence[str] | None = None) -> None:
    given = arguments(argv)
    folder = given.output.resolve()
    prepare(folder)
    for algorithm in given.algorithm or KINDS:
        count = given.signatures or (20_000 if algorithm == 13 else 5_000)
        key = add_keys(folder, algorithm)
        for sessions in given.sessions or (1, 2):
            tell(algorithm, sessions, [pair(folder, algorithm, key, sessions, count) for _ in range(given.repeats)])
        print(
            "\n".join(sign_zones(folder, KINDS[algorithm][0], zone_of(folder, algorithm, count), given.repeats)),
            flush=True,
        )


# ---- a token and its keys


def prepare(folder: Path) -> None:
    """A new token, its PIN in a file; the loop; and the environment in which all programs run."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tokens").mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    (folder / "pin").write_text(f"{PIN}\n")
    os.environ |= {"SOFTHSM2_CONF": str(folder / "softhsm2.conf"), "PKCS11_MODULE_PATH": MODULE}
    peers.run("softhsm2-util", "--init-token", "--free", "--label", "bench", "--pin", PIN, "--so-pin", PIN)
    peers.run("cc", "-O2", "-pthread", "-o", str(folder / "hsm_loop"), str(HERE / "hsm_loop.c"), "-ldl")


def add_keys(folder: Path, algorithm: int) -> str:
    """A key-signing and a zone-signing key, and their files; the latter's name."""
    names = []
    for number, role in enumerate((["-f", "KSK"], [])):
        label = f"key-{algorithm}-{number}"
        where = ["--module", MODULE, "--token-label", "bench", "-l", "--pin", PIN]
        peers.run(
            "pkcs11-tool",
            *where,
            "-k",
            "--key-type",
            KINDS[algorithm][1],
            "--label",
            label,
            "--id",
            label.encode().hex(),
        )
        uri = f"pkcs11:token=bench;object={label};pin-source={folder}/pin"
        keys = folder / f"keys-{algorithm}"
        keys.mkdir(exist_ok=True)
        command = [*peers.FASTSIGN, "keyfromlabel", "-K", str(keys), "-a", str(algorithm), "-l", uri, *role, ZONE]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        names.append(f"{keys}/{done.stdout.strip()}")
    return names[1]


def zone_of(folder: Path, algorithm: int, signatures: int) -> HsmZone:
    """A zone that takes about so many signatures."""
    path = folder / f"zone-{algorithm}"
    hosts = "".join(f"host{i}.{ZONE} A 192.0.2.{i % 250}\n" for i in range(signatures // 2))
    head = f"$TTL 3600\n{ZONE} SOA ns1.{ZONE} h.{ZONE} 1 7200 3600 1209600 900\n{ZONE} NS ns1.{ZONE}\n"
    path.write_text(f"{head}ns1.{ZONE} A 192.0.2.1\n{hosts}")
    labels = tuple(f"key-{algorithm}-{number}" for number in range(2))
    return HsmZone(path, ZONE, algorithm, folder / f"keys-{algorithm}", labels, PIN, MODULE)


# ---- signatures alone


def pair(folder: Path, algorithm: int, key: str, sessions: int, count: int) -> Pair:
    """Let the loop sign, then fastsign."""
    label, kind = f"key-{algorithm}-1", KINDS[algorithm][2]
    loop = [str(folder / "hsm_loop"), MODULE, "bench", str(folder / "pin"), label, kind]
    signer = [sys.executable, "-m", "benchmarks.hsm_signer", key]
    return Pair(*(count / seconds([*command, str(sessions), str(count)]) for command in (loop, signer)))


def seconds(command: Sequence[str]) -> float:
    """What a program says that it took."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600)
    return float(done.stdout)


def tell(algorithm: int, sessions: int, pairs: Sequence[Pair]) -> None:
    loop, ours = (statistics.median(getattr(each, name) for each in pairs) for name in ("loop", "fastsign"))
    ratio = statistics.median(each.fastsign / each.loop for each in pairs)
    name = f"{KINDS[algorithm][0]}, {sessions} session{'s' if sessions > 1 else ''}"
    print(f"{name}: loop {loop:,.0f}/s, fastsign {ours:,.0f}/s: {ratio:.3f} of it (bar: {BAR})", flush=True)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algorithm", type=int, action="append", choices=KINDS, help="both unless given")
    parser.add_argument("--sessions", type=int, action="append", help="1 and 2 unless given")
    parser.add_argument("--signatures", type=int, help="of each run; 20,000 on P-256 and 5,000 with RSA unless given")
    parser.add_argument("--repeats", type=int, default=5, help="pairs, and runs of each signer, in turn")
    parser.add_argument("--output", type=Path, default=Path("build/bench-hsm"))
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
