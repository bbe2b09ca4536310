"""Sign many small zones with `fastsign signzone --batch`, and with dnssec-signzone in a shell's loop, in turn.

    python -m benchmarks.many                # 1,000 zones of 20 records, three times each
    python -m benchmarks.many --zones 50 --repeats 1

Both verify what they sign, with keys from one folder; the ratio is that of medians. A program that fails makes it fail.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import measure

BAR = 20.0  # how many times faster than the loop we mean to be
RECORDS = 20
APEX = "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 900\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n"


def main(argv: Sequence[str] | None = None) -> None:
    given = arguments(argv)
    folder = given.output.resolve()
    names = prepare(folder, given.zones)
    fastsign = [sys.executable, "-m", "fastsign", "signzone", "-q", "-S", "-K", "../keys", "-n", str(given.jobs)]
    bind = 'dnssec-signzone -q -S -K ../keys -o "$zone" -f "$zone.signed" "../zones/$zone"'
    loop = f"while read -r zone; do {bind} || exit 1; done < ../names"
    commands = {"fastsign": [*fastsign, "--batch", "../batch"], "bind": ["sh", "-c", loop]}
    runs: dict[str, list[float]] = {tool: [] for tool in commands}
    for number in range(given.repeats):
        for tool, command in commands.items():
            output = folder / f"{tool}-{number}"  # a new folder each time: file systems differ in what replacing costs
            output.mkdir()
            runs[tool].append(measure(command, folder / f"{tool}.log", output).wall)
    for name in names[:: max(1, len(names) // 10)]:
        peers.run("dnssec-verify", "-q", "-o", name, str(folder / "fastsign-0" / f"{name}.signed"))
    ours, theirs = statistics.median(runs["fastsign"]), statistics.median(runs["bind"])
    print(f"{len(names):,} zones of {RECORDS} records, P-256, NSEC, with verification, {given.jobs} processes:")
    for tool, seconds in runs.items():
        print(f"{tool}: {', '.join(f'{each:.2f}' for each in seconds)} s")
    print(f"fastsign {ours:.2f} s, BIND in a loop {theirs:.2f} s: {theirs / ours:.1f} times (bar: {BAR:.0f})")


def prepare(folder: Path, zones: int) -> list[str]:
    """Write the zones, their keys and the two lists of them; the zones' names."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("keys", "zones"):
        (folder / part).mkdir(parents=True)
    names = [f"zone{i}.test" for i in range(zones)]
    hosts = "".join(f"host{i} A 192.0.2.{i}\n" for i in range(RECORDS - APEX.count("\n") + 1))
    for name in names:
        (folder / "zones" / name).write_text(APEX + hosts)
        for role in ((), ("-f", "KSK")):
            peers.run("dnssec-keygen", "-q", "-K", str(folder / "keys"), "-a", "13", *role, name)
    (folder / "names").write_text("".join(f"{name}\n" for name in names))
    (folder / "batch").write_text("".join(f"-o {name} -f {name}.signed ../zones/{name}\n" for name in names))
    return names


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, in turn")
    parser.add_argument("--jobs", type=int, default=2, help="processes of fastsign")
    parser.add_argument("--output", type=Path, default=Path("build/bench-many"))
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
