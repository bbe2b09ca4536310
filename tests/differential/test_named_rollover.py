"""Rollovers as named does them: every file, record and event, from a zone's first key on."""

from __future__ import annotations

from pathlib import Path

from rollover_scenarios import SCENARIOS
from rollover_stage import Stage


def test_zones_live_as_they_do_under_named(tmp_path: Path) -> None:
    with Stage(tmp_path, SCENARIOS) as stage:
        stage.play()
    assert not stage.complaints, "\n".join(stage.complaints)
