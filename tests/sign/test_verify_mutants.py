"""No mutant of a good signed zone passes: those made without the keys, and those whose signatures are right."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice
from pathlib import Path

import dns.name
import pytest

from fastsign.sign.verify_findings import Kind
from mutants import MUTATIONS, Mutation, Pen, protected, signed_mutants
from signed_zones import ZONE, Record, bind_verify, make_key, sign, verify, write_records

APEX = dns.name.from_text("example.")
CHAINS = {"nsec": (), "nsec3": ("-3", "aabb", "-H", "1"), "opt-out": ("-3", "-", "-A")}


@pytest.fixture(scope="module", params=CHAINS)
def zone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Record], Pen]:
    """A signed zone in which no signature can be spared, and its ZSK."""
    folder = tmp_path_factory.mktemp(request.param)
    make_key(folder, 15, "-f", "KSK")
    zsk = make_key(folder, 15)
    return folder, sign(folder, ZONE, "-x", *CHAINS[request.param]), Pen.of(folder, zsk)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_mutant_is_caught_unless_it_is_the_same_zone(
    zone: tuple[Path, list[Record], Pen], mutation: Mutation
) -> None:
    _, records, _ = zone
    rng = random.Random(f"{mutation.__name__} {len(records)}")
    original = protected(records, APEX)
    for _ in range(12):
        mutant = mutation(records, rng)
        same = protected(mutant, APEX) == original
        report = verify(mutant)
        warned = {finding.kind for finding in report.findings} == {Kind.UNKNOWN_KEY}  # one signature too many
        assert (report.failed or warned) is not same, describe(records, mutant, list(report.messages()))


def test_a_mutant_with_right_signatures_is_caught(zone: tuple[Path, list[Record], Pen]) -> None:
    _, records, pen = zone
    rng = random.Random(len(records))
    assert not verify(pen.resign(records, APEX, 15)).failed
    for name, mutant in islice(signed_mutants(records, pen, rng), 120):
        report = verify(mutant)
        tolerated = name == "TTL"  # a warning, and a failure at the gate
        assert list(report.messages()), (name, describe(records, mutant, []))
        assert report.failed is not tolerated, (name, describe(records, mutant, list(report.messages())))


def test_dnssec_verify_catches_no_mutant_that_passes_here(zone: tuple[Path, list[Record], Pen]) -> None:
    folder, records, pen = zone
    rng = random.Random(1)
    score: Counter[tuple[bool, bool]] = Counter()
    mutants = [rng.choice(MUTATIONS)(records, rng) for _ in range(60)]
    mutants += [mutant for _, mutant in islice(signed_mutants(records, pen, rng), 30)]
    for mutant in mutants:
        bind = bind_verify(write_records(folder / "mutant", mutant), "-x")
        report = verify(mutant)
        score[bool(list(report.messages())), bind.code != 0] += 1
        assert report.failed or bind.code == 0, describe(records, mutant, bind.messages)
    assert score[True, False] > 0  # it lets some pass that are caught here


def describe(records: list[Record], mutant: list[Record], messages: list[str]) -> str:
    """What was changed, for a person."""
    before, after = {r.text() for r in records}, {r.text() for r in mutant}
    return "".join([*(f"- {t}" for t in before - after), *(f"+ {t}" for t in after - before), *messages])
