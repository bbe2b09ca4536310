"""The agent beside named: what it writes of keys and what it publishes, at every event of a zone's life."""

from __future__ import annotations

import os
from pathlib import Path

from agent_twin import AgentTwin
from rollover_scenarios import SCENARIOS
from rollover_stage import Stage

EVERYTHING = bool(os.environ.get("FASTSIGN_MORE_ROLLOVERS"))  # make rollover-long
ENOUGH = {"default.example", "ed25519.example", "csk.example", "algorithm.example", "insecure.example", "pool.example"}
# Where TTLs are lowered the agent waits for those that it has seen, and the rules alone have seen none.
NOT_ALIKE = {"middle.example"}


def test_the_agent_keeps_zones_as_named_does(tmp_path: Path) -> None:
    names = {scenario.name for scenario in SCENARIOS} - NOT_ALIKE if EVERYTHING else ENOUGH
    scenarios = [scenario for scenario in SCENARIOS if scenario.name in names]
    with Stage(tmp_path, scenarios, kind=AgentTwin) as stage:
        stage.play()
    assert not stage.complaints, "\n".join(stage.complaints)
