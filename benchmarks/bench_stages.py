"""Each stage by itself, on one core: `make bench-stages`."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import peers, phases
from benchmarks.generate import Zone, write_zone
from benchmarks.peers import Work
from benchmarks.stages import Digests, Stages
from fastsign._core import Column, nsec3_hash
from fastsign.sign.denial import Chain
from fastsign.sign.report import Report
from fastsign.sign.tell import SILENT
from fastsign.sign.verify import gate
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order

ZONE = Zone(delegations=20_000, ds_share=0.3)
ALGORITHMS = {13: "P-256", 14: "P-384", 15: "Ed25519", 8: "RSA-2048"}


@dataclass(frozen=True, slots=True)
class Bench:
    """A zone with everything before signing done."""

    work: Work
    stages: Stages
    arena: Arena
    order: Order
    chain: Chain
    digests: list[Digests]


def set_up(folder: Path, algorithm: int, zone: Path) -> Bench:
    work = Work(zone, ZONE.origin, folder / str(algorithm), algorithm)
    peers.prepare(work, ["fastsign"])
    stages = Stages(work)
    arena = stages.scan()
    order = stages.order(arena)
    chain = stages.chain(arena, order)
    digests = [stages.digest(arena, order, chain, shard) for shard in stages.shards(order, chain)]
    return Bench(work, stages, arena, order, chain, digests)


@pytest.fixture(scope="session")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zone") / "zone"
    with path.open("w") as out:
        write_zone(ZONE, out)
    return path


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, zone: Path) -> Bench:
    return set_up(tmp_path_factory.mktemp("bench"), 13, zone)


def test_scan(benchmark: BenchmarkFixture, bench: Bench) -> None:
    arena = benchmark(bench.stages.scan)
    benchmark.extra_info |= {"octets": bench.work.zone.stat().st_size, "records": len(arena.owner)}


def test_order(benchmark: BenchmarkFixture, bench: Bench) -> None:
    benchmark(bench.stages.order, bench.arena)
    benchmark.extra_info["records"] = len(bench.arena.owner)


def test_order_shuffled(benchmark: BenchmarkFixture, bench: Bench, tmp_path: Path) -> None:
    shuffled = tmp_path / "zone"
    with shuffled.open("w") as out:
        write_zone(replace(ZONE, shuffled=True), out)
    stages = Stages(replace(bench.work, zone=shuffled))
    benchmark(stages.order, stages.scan())
    benchmark.extra_info["records"] = len(bench.arena.owner)


def test_chain(benchmark: BenchmarkFixture, bench: Bench) -> None:
    benchmark(bench.stages.chain, bench.arena, bench.order)
    benchmark.extra_info["entries"] = len(bench.chain.source)


def test_nsec3_hash(benchmark: BenchmarkFixture) -> None:
    benchmark(nsec3_hash, b"\7example\4test\0")
    benchmark.extra_info["hashes, each with a call from Python"] = 1


def test_digest(benchmark: BenchmarkFixture, bench: Bench) -> None:
    shards = [digests.shard for digests in bench.digests]

    def digest_all() -> int:
        return sum(bench.stages.digest(bench.arena, bench.order, bench.chain, shard).count for shard in shards)

    benchmark.extra_info["digests"] = benchmark(digest_all)


@pytest.mark.benchmark(min_rounds=3)
@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=ALGORITHMS.get)
def test_sign(
    benchmark: BenchmarkFixture, tmp_path_factory: pytest.TempPathFactory, zone: Path, algorithm: int
) -> None:
    bench = set_up(tmp_path_factory.mktemp("sign"), algorithm, zone)
    digests = min(bench.digests, key=lambda digests: digests.count)
    benchmark.group = f"sign with {bench.stages.key.engine}"
    benchmark(bench.stages.sign, digests)
    benchmark.extra_info["signatures"] = digests.count


def test_render(benchmark: BenchmarkFixture, bench: Bench) -> None:
    signed = [(digests.shard, bench.stages.sign(digests)) for digests in bench.digests]
    out = Column("B")

    def render_all() -> int:
        stages = bench.stages
        return sum(stages.render(bench.arena, bench.order, bench.chain, *shard, out) for shard in signed)

    benchmark.extra_info["octets"] = benchmark(render_all)


def test_verify(benchmark: BenchmarkFixture, bench: Bench) -> None:
    """Read a signed zone, order it, verify all of it."""
    report = phases.whole_run(bench.work)
    job = phases.job_of(replace(bench.work, jobs=1))
    benchmark(lambda: gate(job, str(bench.work.output("fastsign")), Report(time.perf_counter), SILENT))
    benchmark.extra_info["signatures"] = report.generated
