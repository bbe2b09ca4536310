"""kill -9 between any two system calls of a pass: nothing is lost, nothing is doubled, nothing is left lying about."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent_scene import DAY, HOUR, PAIR, START, Scene
from fastsign.keys.metadata import KeyTimes

# What changes something outside of the process.
_CALLS = ["open", "write", "sendfile", "fsync", "fchmod", "fchown", "rename", "link", "unlink", "mkdir", "rmdir"]

_MADE_LATER = 60  # seconds until the agent runs again


def _run_until_call(scene: Scene, number: int) -> bool:
    """A pass in a process that is killed before its call *number*; False if it came to its end before."""
    child = os.fork()
    if child == 0:
        _kill_at(number)
        try:
            scene.run()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _kill_at(number: int) -> None:
    left = number

    def wrapped(call: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **options: object) -> object:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return call(*arguments, **options)

        return counted

    for name in _CALLS:
        setattr(os, name, wrapped(getattr(os, name)))


def _copy(scene: Scene, name: str) -> Scene:
    folder = scene.folder.parent / name
    shutil.copytree(scene.folder, folder)
    return replace(scene, folder=folder, said=[])


def _prepared(folder: Path, policy: object, now: int) -> Scene:
    """A zone as it stands right before a moment."""
    folder.mkdir()
    scene = Scene(folder, policy)
    for _ in scene.run_until(now - 1):
        scene.hand_ds_over()
    scene.now = now
    return scene


_SHORT = replace(PAIR, keys=(PAIR.keys[0], replace(PAIR.keys[1], lifetime=12 * DAY)), purge_keys=DAY)
_PREPUBLICATION = START + 12 * DAY - (2 * HOUR + 300)

_MOMENTS = {
    "from nothing": (PAIR, START),
    "CDS records come": (PAIR, START + 25 * HOUR + 300),
    "a successor is made": (_SHORT, _PREPUBLICATION),
    "a key is purged": (_SHORT, START + 24 * DAY),
}


@pytest.mark.parametrize("what", _MOMENTS)
def test_pass_is_all_or_nothing_wherever_it_is_killed(tmp_path: Path, what: str) -> None:
    policy, moment = _MOMENTS[what]
    template = _prepared(tmp_path / "template", policy, moment) if moment > START else Scene(_made(tmp_path), policy)
    reference = _copy(template, "reference")
    assert reference.run().deed in ("signed", "unchanged")
    expected, calls = _told(reference), 0
    while _killed_and_run_again(template, reference, expected, calls):
        calls += 1
    assert calls > 15


def test_run_that_goes_on_with_a_spread_change_is_all_or_nothing_too(tmp_path: Path) -> None:
    template = _prepared(tmp_path / "template", PAIR, START + 2 * DAY)
    template.options["sig_signing_signatures"] = 4
    template.policy = replace(PAIR, keys=tuple(replace(rule, algorithm=15) for rule in PAIR.keys))
    template.now = template.run().due or 0
    reference = _copy(template, "reference")
    assert reference.run().deed == "signed"
    expected, calls = _told(reference), 0
    assert "TYPE65534" in expected
    while _killed_and_run_again(template, reference, expected, calls):
        calls += 1
    assert calls > 15


def _made(tmp_path: Path) -> Path:
    folder = tmp_path / "template"
    folder.mkdir()
    return folder


def _killed_and_run_again(template: Scene, reference: Scene, expected: list[object], number: int) -> bool:
    scene = _copy(template, "killed")
    before = scene.signed.read_bytes() if scene.signed.exists() else None
    killed = _run_until_call(scene, number)
    between = scene.signed.read_bytes() if scene.signed.exists() else None
    scene.now += _MADE_LATER
    outcome = scene.run()
    assert _told(scene) == expected, f"killed before call {number}"
    assert scene.leftovers() == [], f"killed before call {number}"
    assert scene.run().deed == "unchanged"
    assert _no_earlier(scene, reference)
    if outcome.deed == "signed" and number % 3 == 0:
        scene.accept()
    if between not in (before, scene.signed.read_bytes()) and number % 3 == 0:
        scene.signed.write_bytes(between or b"")
        scene.accept()
    shutil.rmtree(scene.folder)
    return killed


def _told(scene: Scene) -> list[object]:
    """Roles and states of all keys, and how many of their records are in the zone."""
    keys = [(key.role, *key.state, key.predecessor is None, key.successor is None) for key in scene.keys]
    at_apex = [line.split()[3] for line in scene.records() if line.startswith(scene.origin)]
    return [*sorted(keys, key=str), *sorted(rrtype for rrtype in at_apex if rrtype != "RRSIG")]


def _no_earlier(scene: Scene, reference: Scene) -> bool:
    """No state may count from before the zone was in place. New keys have other tags: states are compared by role."""

    def changes(times: KeyTimes) -> list[int]:
        return [moment or 0 for name, moment in times._asdict().items() if name.endswith("_change")]

    ours, theirs = (sorted(changes(key.times) for key in each.keys) for each in (scene, reference))
    return all(mine >= other for a, b in zip(ours, theirs, strict=True) for mine, other in zip(a, b, strict=True))


def test_publication_that_was_not_committed_counts_from_when_it_is_found(tmp_path: Path) -> None:
    scene = _prepared(tmp_path / "zone", PAIR, START + 25 * HOUR + 300)
    place = 0
    before = scene.signed.read_bytes()
    while scene.signed.read_bytes() == before:  # up to the first call after the zone got its name
        shutil.rmtree(tmp_path / "killed", ignore_errors=True)
        killed = _copy(scene, "killed")
        assert _run_until_call(killed, place)
        if killed.signed.read_bytes() != before:
            break
        place += 1
    assert killed.key("KSK").state.ds == "hidden", "not committed yet"
    killed.now += 1000
    killed.run()
    key = killed.key("KSK")
    assert (key.state.ds, key.times.ds_change) == ("rumoured", scene.now + 1000)
