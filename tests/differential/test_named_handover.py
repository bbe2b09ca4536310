"""A zone goes from named to fastsign and back in the middle of its rollovers, and neither makes anything of it."""

from __future__ import annotations

from pathlib import Path

from fastsign.kasp.policy import DAY, HOUR, MINUTE
from rollover_scenarios import SCENARIOS
from rollover_stage import START, Stage

CHANGES_HANDS = (
    "default.example",
    "split.example",
    "ed25519.example",
    "csk.example",
    "algorithm.example",
    "algorithm-csk.example",
    "lifetimes.example",
    "pool.example",
)


def test_a_zone_changes_hands_in_the_middle_of_its_rollovers(tmp_path: Path) -> None:
    with Stage(tmp_path, [scenario for scenario in SCENARIOS if scenario.name in CHANGES_HANDS]) as stage:
        stage.play(until=START + 3 * HOUR)  # the first keys are on their way
        stage.play_alone(until=START + 2 * DAY)
        stage.play(until=START + 3 * DAY + 30 * MINUTE)  # algorithms have begun to change
        stage.play_alone(until=START + 3 * DAY + 4 * HOUR)
        stage.play(until=START + 5 * DAY)
        stage.play_alone(until=START + 10 * DAY)  # rolls begin and end without named
        stage.play(until=START + 13 * DAY)
    assert not stage.complaints, "\n".join(stage.complaints)
