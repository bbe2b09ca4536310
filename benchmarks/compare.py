"""Sign the same zones with fastsign, BIND, Knot and ldns, in turn, and say who took how long.

    python -m benchmarks.compare                     # everything, on zones of up to a million delegations
    python -m benchmarks.compare --scale 0.01 --row registry --row small

A number is the median of its runs, a ratio that of medians taken in turn in one run. No time makes it fail; a
program that fails does, and a signed zone that BIND, Knot or ldns does not accept.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks import peers, report
from benchmarks.generate import Zone, write_zone
from benchmarks.measure import Measured, measure
from benchmarks.peers import Work
from benchmarks.rows import ROWS, SMALL_ZONE, Row

HERE = Path(__file__).parent
ALL_VERIFY_UP_TO = 200_000  # delegations; larger zones are verified by BIND alone, the others take minutes
SMALL_RUNS = 11  # a ten-record zone takes a tenth of a second: more runs cost nothing


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run."""

    folder: Path
    scale: float
    repeats: int
    peer_repeats: int
    jobs: int
    check: bool


@dataclass(slots=True)
class Result:
    """What one program did in one row."""

    runs: list[Measured] = field(default_factory=list)
    peak: int | None = None  # octets
    signatures: int = 0
    size: int = 0  # octets of the signed zone

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)


def main() -> None:
    given = arguments()
    settings = Settings(
        given.output.resolve(), given.scale, given.repeats, given.peer_repeats or given.repeats, given.jobs, given.check
    )
    settings.folder.mkdir(parents=True, exist_ok=True)
    chosen = [row for row in ROWS if not given.row or row.name in given.row]
    results = [(row, compare(row, settings)) for row in (row.scaled(given.scale) for row in chosen)]
    document = report.document(
        report.environment(settings.jobs, peers.versions()),
        [report.line(row, {tool: summary(result) for tool, result in result_of.items()}) for row, result_of in results],
        scan_speed(zone_file(ROWS[0].scaled(given.scale), settings.folder / "zones")),
    )
    (settings.folder / "results.json").write_text(json.dumps(document, indent=1) + "\n")
    text = report.markdown(document)
    (settings.folder / "results.md").write_text(text)
    print(text)
    if given.write:
        report.replace_results(HERE / "README.md", text)


def compare(row: Row, settings: Settings) -> dict[str, Result]:
    """Run every program of a row in turn, then check what they wrote."""
    zone = zone_file(row, settings.folder / "zones")
    tools = ["fastsign", *row.peers]
    work = work_of(row, zone, settings.folder / row.name, settings.jobs)
    peers.prepare(work, tools)
    if row.again:
        work = signed_already(work)
    elif row.image:
        work = signed_with_image(work, row.changed)
    results = {tool: Result() for tool in tools}
    repeats, peer_repeats = (settings.repeats, settings.peer_repeats) if row.zone else (SMALL_RUNS, SMALL_RUNS)
    for turn in range(repeats):
        for tool in tools:
            if tool == "fastsign" or turn < peer_repeats:
                results[tool].runs.append(run(tool, work))
    for tool in tools:
        if row.memory:
            results[tool].peak = run(tool, work, memory=True).peak
        signed = peers.signed_file(tool, work)
        results[tool].size, results[tool].signatures = signed.stat().st_size, signature_count(signed)
    if settings.check:
        check(row, work)
    for tool in tools:
        peers.signed_file(tool, work).unlink()
    return results


def scan_speed(zone: Path) -> float:
    """Octets of master file that one core reads into the arena in a second: the median of a few runs."""
    from fastsign.zone.load import load_zone

    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        load_zone(zone, b"\4test\0")
        seconds.append(time.perf_counter() - started)
    return zone.stat().st_size / statistics.median(seconds)


def work_of(row: Row, zone: Path, folder: Path, jobs: int) -> Work:
    """The work that a row asks for. Ten records are signed by as many workers as each program thinks fit."""
    if row.zone is None:
        return Work(zone, "test.", folder, row.algorithm, row.denial, row.verify, jobs=0)
    return Work(zone, row.zone.origin, folder, row.algorithm, row.denial, row.verify, jobs)


def signed_already(work: Work) -> Work:
    """The same work on what fastsign has made of its zone."""
    run("fastsign", work)
    signed = peers.signed_file("fastsign", work).rename(work.folder / "signed.zone")
    return replace(work, zone=signed)


def signed_with_image(work: Work, changes: int) -> Work:
    """The same work on an edited zone, of which there is an image; and on the signed zone with the same edits."""
    image = work.folder / "image"
    run("fastsign", replace(work, image=image))
    (work.folder / "fastsign" / "image").rename(image)
    signed = peers.signed_file("fastsign", work).rename(work.folder / "signed.zone")
    edited = Path(shutil.copy(work.zone, work.folder / "edited.zone"))
    records = list(new_ds_records(work.zone, changes))
    for path in (signed, edited):
        with path.open("a") as out:
            out.writelines(records)
    return replace(work, zone=edited, signed=signed, image=image)


def new_ds_records(zone: Path, count: int) -> Iterator[str]:
    """DS records for delegations that have none, spread over the zone."""
    with zone.open() as lines:
        fields = [line.split("\t") for line in lines]
    secure = {owner for owner, _, _, rrtype, *_ in fields if rrtype == "DS"}
    owners = sorted({owner for owner, _, _, rrtype, *_ in fields if rrtype == "NS"} - secure)[1:]
    for owner in owners[:: max(1, len(owners) // max(1, count))][:count]:
        yield f"{owner}\t3600\tIN\tDS\t1 13 2 {64 * 'A'}\n"


def run(tool: str, work: Work, memory: bool = False) -> Measured:
    folder = work.folder / tool
    if work.image is not None and tool == "fastsign" and work.image.exists():
        shutil.copy(work.image, folder / "image")
    measured = measure(peers.command(tool, work), folder / "log", folder, memory)
    if measured.peak is None:
        say(f"{work.folder.name}: {tool} signed in {measured.wall:.2f} s")
    else:
        say(f"{work.folder.name}: {tool} took {measured.peak / 1e6:.0f} MB at most")
    return measured


def check(row: Row, work: Work) -> None:
    """Let the peers verify what fastsign has signed, and fastsign what they have."""
    signed = peers.signed_file("fastsign", work)
    large = row.zone is not None and row.zone.delegations > ALL_VERIFY_UP_TO
    for tool in ("bind",) if large else ("bind", "knot", "ldns"):
        verify(tool, work, signed)
    for tool in row.peers:
        verify("fastsign", work, peers.signed_file(tool, work))


def verify(tool: str, work: Work, signed: Path) -> None:
    say(f"{work.folder.name}: {tool} verifies {signed.parent.name}'s zone")
    measure(peers.verify_command(tool, work, signed), work.folder / "verify.log", work.folder)


def zone_file(row: Row, folder: Path) -> Path:
    """The row's zone, made anew unless the same generator has left it there."""
    folder.mkdir(exist_ok=True)
    if row.zone is None:
        path = folder / "small.zone"
        path.write_text(SMALL_ZONE)
        return path
    maker = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in ("generate.py", "words.txt"))).hexdigest()
    path = folder / f"{row.zone.delegations}-{row.zone.ds_share}-{row.zone.seed}-{maker[:8]}.zone"
    if not path.exists():
        write_new(row.zone, path)
    return path


def write_new(zone: Zone, path: Path) -> None:
    say(f"making a zone of {zone.delegations:,} delegations")
    unfinished = path.with_suffix(".new")
    with unfinished.open("w") as out:
        write_zone(zone, out)
    unfinished.rename(path)


def signature_count(signed: Path) -> int:
    """Number of RRSIG records in a signed zone, whoever wrote it."""
    with signed.open("rb") as lines:
        return sum(b"\tRRSIG\t" in line or b" RRSIG\t" in line for line in lines if not line.startswith(b";"))


def summary(result: Result) -> dict[str, object]:
    """A result as it is stored."""
    return {
        "wall": result.wall, "cpu": result.cpu, "peak": result.peak, "signatures": result.signatures,
        "size": result.size, "runs": [asdict(run) for run in result.runs],
    }  # fmt: skip


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare fastsign with BIND, Knot and ldns.")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the zones; 0.01 for a quick look")
    parser.add_argument("--row", action="append", choices=[row.name for row in ROWS], help="only this one; repeatable")
    parser.add_argument("--repeats", type=int, default=3, help="timed runs of fastsign")
    parser.add_argument("--peer-repeats", type=int, help="timed runs of each peer (default: the same)")
    parser.add_argument("--jobs", type=int, default=peers.cpu_count(), help="processes or threads of each program")
    parser.add_argument("--no-check", dest="check", action="store_false", help="do not verify the signed zones")
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="zones, keys, logs, results")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
