"""The comparison on many small zones runs, and says what it has measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import many


def test_both_sign_all_zones_and_the_ratio_is_that_of_the_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    many.main(["--zones", "4", "--repeats", "1", "--output", str(tmp_path / "many")])
    zones = list((tmp_path / "many" / "zones").iterdir())
    assert len(zones) == 4
    assert {len(path.read_text().splitlines()) - 1 for path in zones} == {many.RECORDS}, "and a line with the TTL"
    for output in ("fastsign-0", "bind-0"):
        assert all((tmp_path / "many" / output / f"{path.name}.signed").exists() for path in zones)
    shown = re.search(r"fastsign ([\d.]+) s, BIND in a loop ([\d.]+) s: ([\d.]+) times", capsys.readouterr().out)
    assert shown
    ours, theirs, ratio = map(float, shown.groups())
    assert (theirs - 0.01) / (ours + 0.01) <= ratio + 0.06 <= (theirs + 0.01) / max(ours - 0.01, 1e-9) + 0.12
