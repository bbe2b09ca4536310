"""What people and discs do to the agent's own files: it never costs more than the zone that it is about."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import prometheus_client
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_registry import NOW, Registry
from agent_scene import DAY, HOUR, PAIR, Scene
from fastsign.agent import cycle
from fastsign.agent.memory import Memory, load_memory, save_memory
from fastsign.agent.status import Outcome
from fastsign.cli.run_log import Log
from fastsign.errors import FileError, ZoneError

INTENTS = (
    "[]",
    "5",
    "{",
    "",
    '{"version": 1, "phase": "publish"}',
    '{"version": 1, "phase": "publish", "path": "x", "mark": [1, 2, 3], "keys": [7], "purged": [], "changes": []}',
    '{"version": 1, "phase": "publish", "path": "x", "mark": 9, "keys": [], "purged": [], "changes": []}',
    '{"version": 1, "phase": "place", "files": 7, "gone": []}',
    '{"version": 1, "phase": "place", "files": [["a"]], "gone": []}',
    '{"version": 1, "phase": "place", "files": [["a", null]], "gone": [1]}',
)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path, PAIR)
    scene.run()
    scene.now += HOUR
    return scene


def own(scene: Scene, suffix: str) -> Path:
    return scene.keys_folder / ".fastsign" / f"example.{suffix}"


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_that_is_none_is_told_with_what_to_do(scene: Scene, intent: str) -> None:
    own(scene, "intent").write_text(intent)
    before = scene.signed.read_bytes(), sorted(os.listdir(scene.keys_folder))
    with pytest.raises(FileError, match=r"example\.intent is not what fastsign has written.*then remove it"):
        scene.run()
    assert (scene.signed.read_bytes(), sorted(os.listdir(scene.keys_folder))) == before
    own(scene, "intent").unlink()
    assert scene.run().deed == "unchanged"


ANYTHING = (
    st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers() | st.lists(st.integers(), max_size=3))
)


@given(st.sampled_from([*Memory.__dataclass_fields__, "version"]), ANYTHING)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_memory_with_anything_in_it_is_none_or_does_no_harm(scene: Scene, field: str, value: object) -> None:
    content = json.loads(own(scene, "json").read_text())
    own(scene, "json").write_text(json.dumps({**content, field: value}))
    scene.run()
    scene.accept()


def test_a_good_memory_is_read_as_it_was_written(scene: Scene, tmp_path: Path) -> None:
    memory = load_memory(str(own(scene, "json")))
    assert memory.dnskeys
    save_memory(str(tmp_path / "m.json"), memory)
    assert load_memory(str(tmp_path / "m.json")) == memory


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda keys: make_folder(keys / ".fastsign" / "two.test.json"), "two.test.json: invalid file"),
        (lambda keys: (keys / ".fastsign" / "two.test.intent").write_text("[]"), "is not what fastsign has written"),
    ],
)
def test_a_damaged_zone_stops_no_other(tmp_path: Path, damage: Callable[[Path], object], complaint: str) -> None:
    registry = Registry(tmp_path, "one.test", "two.test", "three.test")
    registry.once()
    damage(registry.folder / "keys")
    for zone in registry.zones:
        with registry.file(zone).open("a") as file:
            file.write("new A 192.0.2.9\n")
    done = registry.once(check=False, now=NOW + HOUR)
    assert done.code == 1
    assert any(line.startswith("fastsign run: zone two.test: error: ") for line in done.stderr.splitlines())
    assert complaint in done.stderr
    assert [zone for zone in registry.zones if f"published {registry.signed(zone)}" in done.stderr] == [
        "one.test",
        "three.test",
    ]


def test_an_error_of_our_own_stops_no_other_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def content_of(name: bytes, *rest: object) -> object:
        return {}[name] if name.startswith(b"\3two") else real(name, *rest)

    real = cycle.content_of
    monkeypatch.setattr(cycle, "content_of", content_of)
    registry = Registry(tmp_path, "one.test", "two.test", "three.test")
    done = registry.once(check=False)
    assert done.code == 1
    assert "zone two.test: error: an error in fastsign, please report it: KeyError: " in done.stderr
    assert "test_damage.py:" in done.stderr, "and where it is"
    assert done.stderr.count(": published ") == 2


def test_a_changed_zone_that_can_be_read_but_not_be_signed_does_not_stop_renewal(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    scene.edit(lambda text: text + "www CNAME ns\n")
    scene.now += HOUR
    outcome = scene.run()
    assert outcome.deed == "unchanged"
    assert any("CNAME and other data" in problem for problem in outcome.problems)
    scene.now += 12 * DAY
    outcome = scene.run()
    assert outcome.deed == "signed"
    assert outcome.problems
    scene.accept()
    scene.edit(lambda text: text.replace("www CNAME ns\n", ""))
    assert scene.run().problems == ()
    assert scene.rdata("A", "www.example.") == ["192.0.2.2"]


def test_a_zone_that_a_new_policy_refuses_is_renewed_too(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    assert scene.policy is not None
    scene.policy = replace(scene.policy, max_zone_ttl=600)
    scene.now += 12 * DAY
    outcome = scene.run()
    assert outcome.deed == "signed"
    assert any("exceeds configured max-zone-ttl" in problem for problem in outcome.problems)
    scene.accept()


def test_a_device_that_metrics_go_to_is_not_replaced(tmp_path: Path) -> None:
    registry = Registry(tmp_path, "one.test")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    registry.once("--metrics-file", pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert b'fastsign_zone_serial{zone="one.test."} 1.0' in os.read(reader, 65536)
    os.close(reader)


def test_metrics_that_cannot_be_written_are_told_of_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(tmp_path, "one.test")
    before = sorted(os.listdir(tmp_path))

    def full(registry: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(prometheus_client, "generate_latest", full)
    done = registry.once("--metrics-file", tmp_path / "m.prom", check=False)
    assert (done.code, "m.prom: disc full" in done.stderr) == (1, True)
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "one.test.db.signed", "one.test.db.signed.fsi"])


def test_a_log_that_cannot_be_written_does_not_stop_the_signing() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    log = Log(Full(), "fastsign run", lambda: 0.0)
    log.passed(Outcome(b"\7example\0", "signed", "example.db.signed", 1))
    log.failed(b"\7example\0", FileError("x"), None)


def test_a_full_disc_is_told_with_the_file(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, octets: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    scene.edit(lambda text: text + "new A 192.0.2.9\n")
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left") as raised:
        scene.run()
    monkeypatch.undo()
    assert str(raised.value.filename).startswith(str(scene.folder))
    assert scene.leftovers() == []
    assert scene.run().deed == "signed"


def test_a_file_without_an_soa_record_is_named(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.write("www 3600 A 192.0.2.1\n")
    with pytest.raises(ZoneError, match=r"example\.db: failed to find an SOA"):
        scene.run()


def test_what_is_no_name_of_a_zone_is_said(tmp_path: Path) -> None:
    done = Registry(tmp_path, "one.test").once("bad..name", check=False)
    assert (done.code, done.stderr) == (1, "fastsign run: fatal: 'bad..name' is no name of a zone: empty label\n")


def test_what_is_to_be_done_names_a_zone_as_commands_take_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path, origin=r"a\.b.example.")
    outcomes = scene.run_until(scene.now + 2 * DAY)
    reasons = [wait.reason for outcome in outcomes for wait in outcome.waits if wait.rule == "parent"]
    assert reasons[0].endswith(r"published a\.b.example'")
