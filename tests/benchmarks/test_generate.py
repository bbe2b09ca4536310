"""The zones of the benchmarks: the same for the same seed, and like a real top-level domain's."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import tools
from benchmarks.generate import Counts, Zone, write_zone

SMALL = Zone(delegations=2_000, ds_share=0.5)


def made(zone: Zone) -> tuple[str, Counts]:
    out = io.StringIO()
    counts = write_zone(zone, out)
    return out.getvalue(), counts


def test_a_seed_gives_the_same_text_everywhere() -> None:
    text, _ = made(SMALL)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "d0526e805a4c9fd2"
    assert made(Zone(delegations=2_000, ds_share=0.5, seed=2))[0] != text


def test_what_is_counted_is_what_is_written() -> None:
    text, counts = made(SMALL)
    lines = text.splitlines()
    assert counts.octets == len(text.encode())
    assert counts.records == len(lines) == sum(counts.by_type.values())
    for rrtype, records in counts.by_type.items():
        assert sum(line.split("\t")[3] == rrtype for line in lines) == records


def test_there_are_as_many_delegations_as_asked_for() -> None:
    text, counts = made(SMALL)
    owners = {line.split("\t")[0] for line in text.splitlines() if "\tNS\t" in line}
    assert len(owners) == SMALL.delegations + 1
    assert abs(counts.by_type["DS"] / SMALL.delegations - SMALL.ds_share) < 0.05


def test_a_shuffled_zone_has_the_same_delegations_and_its_glue_at_the_end() -> None:
    ordered, shuffled = (made(Zone(300, shuffled=shuffled))[0].splitlines() for shuffled in (False, True))
    owners = [[line.split("\t")[0] for line in lines if "\tNS\t" in line] for lines in (ordered, shuffled)]
    assert owners[0] != owners[1]
    assert set(owners[0]) == set(owners[1])
    glue = ["\tA\t" in line or "\tAAAA\t" in line for line in shuffled]
    assert any(glue)
    assert glue == sorted(glue)


def test_a_sorted_zone_is_in_canonical_order() -> None:
    text, _ = made(SMALL)
    keys = [owner.split(".")[::-1] for owner in (line.split("\t")[0] for line in text.splitlines())]
    assert keys == sorted(keys)


def test_bind_loads_the_zone(tmp_path: Path) -> None:
    text, counts = made(SMALL)
    (tmp_path / "zone").write_text(text)
    tools.run("named-compilezone", "-i", "none", "-o", tmp_path / "out", "test.", tmp_path / "zone")
    assert len((tmp_path / "out").read_text().splitlines()) == counts.records
