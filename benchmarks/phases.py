"""Where the time of a run goes: `python -m benchmarks.phases --row registry`.

The first table is one whole run as `fastsign signzone` does it: wall seconds of each step. Its step "sign" is where the
workers digest, sign and render; the second table says what these cost on one core, and the others for comparison.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks import compare, peers
from benchmarks.peers import Work
from benchmarks.rows import ROWS, Row
from benchmarks.stages import Digests, Shard, Stages
from fastsign._core import Column
from fastsign.keys import names
from fastsign.sign.denial import Wanted
from fastsign.sign.job import Job
from fastsign.sign.report import Report
from fastsign.sign.run import open_output, run
from fastsign.sign.tell import SILENT

Seconds = dict[str, float]
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description="Say where the time of a run goes.")
    parser.add_argument("--row", choices=[row.name for row in ROWS], default="registry")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=peers.cpu_count())
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    given = parser.parse_args()
    row = next(row for row in ROWS if row.name == given.row).scaled(given.scale)
    folder = given.output.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    work = work_of(row, folder, given.jobs)
    print(row.title())
    report = whole_run(work)
    print(table(f"whole run, {report.workers} workers, {report.generated:,} signatures", report.phases))
    print(table("one core, stage by stage", stage_seconds(Stages(work))))


def work_of(row: Row, folder: Path, jobs: int) -> Work:
    zone = compare.zone_file(row, folder / "zones")
    work = compare.work_of(row, zone, folder / "phases", jobs)
    peers.prepare(work, ["fastsign"])
    return compare.signed_already(work) if row.again else work


def whole_run(work: Work) -> Report:
    """Sign, verify if the row does, publish."""
    job, report = job_of(work), Report(time.perf_counter)
    run(job, open_output(job), report, SILENT)
    return report


def job_of(work: Work) -> Job:
    """The job that `fastsign signzone` makes of the same options."""
    now = int(time.time())
    wanted = Wanted() if work.denial == "nsec" else Wanted(salt=b"", opt_out=work.denial == "opt-out")
    return Job(
        zone_file=str(work.zone), origin=names.from_text(work.origin), now=now, inception=now - 3600,
        expiration=now + 30 * 86400, expiration_dnskey=now + 30 * 86400, output=str(work.output("fastsign")),
        key_directory=str(work.keys), smart=True, denial=wanted, verify=work.verify, workers=work.jobs,
        dsset_directory=None,
    )  # fmt: skip


def stage_seconds(stages: Stages) -> Seconds:
    """Seconds of each stage on one core, in this process."""
    clock = Clock()
    arena = clock.time("scan", stages.scan)
    order = clock.time("order", lambda: stages.order(arena))
    chain = clock.time("chain", lambda: stages.chain(arena, order))
    out = Column("B")

    def digest(shard: Shard) -> Digests:
        return stages.digest(arena, order, chain, shard)

    def render(shard: Shard, signatures: Column) -> int:
        return stages.render(arena, order, chain, shard, signatures, out)

    for shard in stages.shards(order, chain):
        digests = clock.time("digest", partial(digest, shard))
        signatures = clock.time("sign", partial(stages.sign, digests))
        clock.time("render", partial(render, shard, signatures))
    return clock.seconds


class Clock:
    """Adds up seconds by name."""

    def __init__(self) -> None:
        self.seconds: Seconds = {}

    def time(self, name: str, stage: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = stage()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started
        return result


def table(title: str, seconds: Seconds) -> str:
    total = sum(seconds.values())
    lines = [f"| {title} | s | % |", "|---|--:|--:|"]
    lines += [f"| {name} | {value:.3f} | {100 * value / total:.0f} |" for name, value in seconds.items()]
    return "\n".join([*lines, f"| **all** | {total:.3f} | |", ""])


if __name__ == "__main__":
    main()
