"""Rollovers through the agent: every zone that is published verifies, and the keys end where they should."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_scene import CSK, DAY, PAIR, START, Scene
from fastsign.kasp.policy import KeyRule, Policy

_ROLLING_CSK = replace(CSK, keys=(replace(CSK.keys[0], lifetime=20 * DAY),))
_P384 = replace(PAIR, name="p384", keys=(KeyRule(True, False, 14, 384), KeyRule(False, True, 14, 384)))


def _run(scene: Scene, day: int) -> list[set[int]]:
    """Look after the zone until a day; who has signed its SOA record after each publication."""
    signers = []
    for outcome in scene.run_until(START + day * DAY):
        scene.hand_ds_over()
        if outcome.deed == "signed":
            scene.accept()
            signers.append(scene.signers("SOA"))
    return signers


def _in_use(scene: Scene) -> list[tuple[str, int]]:
    return sorted((key.role, key.algorithm) for key in scene.keys if key.in_zone)


def test_csk_roll_verifies_at_every_event(tmp_path: Path) -> None:
    scene = Scene(tmp_path, _ROLLING_CSK)
    _run(scene, 10)
    (first,) = (key.tag for key in scene.keys)
    _run(scene, 35)
    assert _in_use(scene) == [("CSK", 13)]
    assert first not in {key.tag for key in scene.keys if key.in_zone}
    assert scene.leftovers() == []


_CHANGES = {"algorithm": (PAIR, _P384), "split": (CSK, PAIR), "join": (PAIR, CSK)}


@pytest.mark.parametrize(("before", "after"), _CHANGES.values(), ids=_CHANGES)
def test_change_of_policy_verifies_at_every_event(tmp_path: Path, before: Policy, after: Policy) -> None:
    scene = Scene(tmp_path, before)
    _run(scene, 5)
    scene.policy = after
    _run(scene, 35)
    assert _in_use(scene) == sorted((rule.role, rule.algorithm) for rule in after.keys)
    assert scene.now > START


def test_late_agent_does_not_take_old_signatures_for_replaced(tmp_path: Path) -> None:
    rolling = replace(PAIR, keys=(PAIR.keys[0], replace(PAIR.keys[1], lifetime=12 * DAY)))
    scene = Scene(tmp_path, rolling)
    _run(scene, 12)
    (old,) = (key for key in scene.keys if key.zsk and key.state.zrrsig == "unretentive")
    scene.now += 13 * DAY
    scene.run()
    scene.accept()
    late = {key.name: key for key in scene.keys}[old.name]
    assert late.state.zrrsig == "unretentive", "caches may have its signatures until now"
    assert late.in_zone
