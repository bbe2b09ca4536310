"""Key files that are lost: nothing leaves the zone for that, and whoever restores them finds all as it was."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from agent_scene import DAY, HOUR, PAIR, Scene
from fastsign.agent.cycle import World, preview
from fastsign.errors import SigningError
from fastsign.rollover.key import Key


def two_of_a_role(scene: Scene, role: str) -> Key:
    """Go on until a rollover is under way in which both keys count; the older one of the two."""
    outcomes = scene.run_until(scene.now + 400 * DAY)
    record = {"ZSK": "zrrsig", "KSK": "ds"}[role]
    while True:
        next(outcomes)
        keys = [key for key in scene.keys if key.role == role and key.state_of(record) not in (None, "hidden")]
        if len(keys) == 2:
            return next(key for key in keys if not key.is_wanted)
        scene.hand_ds_over()


def take_away(scene: Scene, key: Key) -> dict[Path, bytes]:
    """Lose a key's files; what they held."""
    paths = [*scene.keys_folder.glob(f"{key.name}.*")]
    contents = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    assert len(paths) == 3
    return contents


@pytest.mark.parametrize("role", ["ZSK", "KSK"])
@pytest.mark.parametrize("inline", [True, False])
def test_no_key_leaves_the_zone_in_a_rollover_because_its_files_are_lost(
    tmp_path: Path, role: str, inline: bool
) -> None:
    """Caches may have signatures by the old ZSK, and the parent the DS of the old KSK."""
    policy = PAIR if role == "ZSK" else replace(PAIR, keys=(replace(PAIR.keys[0], lifetime=100 * DAY), PAIR.keys[1]))
    scene = Scene(tmp_path, policy, inline=inline)
    old = two_of_a_role(scene, role)
    before, dnskeys = scene.signed.read_bytes(), scene.rdata("DNSKEY")
    contents = take_away(scene, old)
    scene.now += HOUR
    with pytest.raises(SigningError, match=rf"DNSKEY {old.tag} \(algorithm 13\) of zone example are missing.*Restore"):
        scene.run()
    assert scene.signed.read_bytes() == before
    seen = preview(scene.zone, World(lambda: float(scene.now), lambda: 0.0))
    assert any("are missing" in problem for problem in seen.problems), "and the plan tells"
    for path, content in contents.items():
        path.write_bytes(content)
    scene.run()
    assert scene.rdata("DNSKEY") == dnskeys
    scene.accept()


def test_the_operator_can_go_on_without_a_lost_key(tmp_path: Path) -> None:
    scene = Scene(tmp_path, PAIR)
    take_away(scene, two_of_a_role(scene, "ZSK"))
    scene.run(force=True)
    assert len(scene.rdata("DNSKEY")) == 2
    scene.accept()


@pytest.mark.parametrize("inline", [True, False])
def test_another_signers_key_may_go(tmp_path: Path, inline: bool) -> None:
    theirs = "example. 3600 IN DNSKEY 256 3 13 " + base64.b64encode(bytes(range(64))).decode() + "\n"
    scene = Scene(tmp_path, PAIR, inline=inline)
    scene.run()
    scene.now += HOUR
    scene.edit(lambda text: text + theirs)
    scene.run()
    assert len(scene.rdata("DNSKEY")) == 3
    scene.now += HOUR
    if inline:
        scene.edit(lambda text: text.replace(theirs, ""))
    else:
        left = [line for line in scene.records() if "DNSKEY" not in line or "AAECAwQ" not in line]
        scene.write("\n".join(left) + "\n")
    assert scene.run().deed == "signed"
    assert len(scene.rdata("DNSKEY")) == 2
    scene.accept()
