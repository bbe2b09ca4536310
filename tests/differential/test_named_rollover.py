"""Rollovers as named does them: every file, record and event of a zone, from its first key on."""

from __future__ import annotations

import os
from pathlib import Path

from rollover_scenarios import MORE_SCENARIOS, PARTING_SCENARIOS, SCENARIOS
from rollover_stage import Scenario, Stage

EVERYTHING = bool(os.environ.get("FASTSIGN_MORE_ROLLOVERS"))  # make rollover-long


def play(folder: Path, scenarios: tuple[Scenario, ...]) -> None:
    with Stage(folder, scenarios) as stage:
        stage.play()
    assert not stage.complaints, "\n".join(stage.complaints)


def test_zones_live_as_they_do_under_named(tmp_path: Path) -> None:
    play(tmp_path, SCENARIOS + (MORE_SCENARIOS if EVERYTHING else ()))


def test_zones_live_otherwise_only_where_that_is_meant(tmp_path: Path) -> None:
    play(tmp_path, PARTING_SCENARIOS)
