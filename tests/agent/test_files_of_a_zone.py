"""A change of any file that a zone is read from is noticed: of its own, of those that it includes, of its journal."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import journals
from agent_scene import DAY, START, Scene
from fastsign.agent.cycle import World, preview
from fastsign.agent.loop import Agent
from fastsign.agent.status import Outcome
from fastsign.kasp.config import Config
from fastsign.keys import names

HEAD = "$TTL 300\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n"


def with_includes(folder: Path, **options: object) -> Scene:
    """A zone that includes a file, which includes another."""
    (folder / "outer").write_text(f"outer A 192.0.2.1\n$INCLUDE {folder}/inner\n")
    (folder / "inner").write_text("inner A 192.0.2.1\n")
    scene = Scene(folder, **options)
    scene.write(HEAD + f"$INCLUDE {folder}/outer\n")
    return scene


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


@pytest.mark.parametrize("name", ["outer", "inner"])
def test_a_change_in_an_included_file_is_signed_and_that_once(tmp_path: Path, name: str) -> None:
    scene = with_includes(tmp_path)
    assert (scene.run().deed, scene.run().deed) == ("signed", "unchanged")
    append(tmp_path / name, "new A 192.0.2.9\n")
    assert (scene.run().deed, scene.run().deed) == ("signed", "unchanged")
    assert scene.rdata("A", f"new.{scene.origin}") == ["192.0.2.9"]
    scene.accept()


def test_it_is_said_which_file_has_changed(tmp_path: Path) -> None:
    scene = with_includes(tmp_path)
    scene.run()
    append(tmp_path / "inner", "new A 192.0.2.9\n")
    plan = preview(scene.zone, World(lambda: float(scene.now), lambda: 0.0))
    assert plan.reasons[0] == f"{tmp_path}/inner has changed"


def test_an_included_file_that_is_replaced_by_one_as_large_and_as_old_is_noticed(tmp_path: Path) -> None:
    scene = with_includes(tmp_path)
    scene.run()
    before = (tmp_path / "inner").stat()
    (tmp_path / "other").write_text("inner A 192.0.2.8\n")
    os.utime(tmp_path / "other", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(tmp_path / "other", tmp_path / "inner")
    assert scene.run().deed == "signed"
    assert scene.rdata("A", f"inner.{scene.origin}") == ["192.0.2.8"]


def test_a_zone_whose_included_file_is_gone_stays_as_it_was(tmp_path: Path) -> None:
    scene = with_includes(tmp_path)
    scene.run()
    (tmp_path / "inner").unlink()
    outcome = scene.run()
    assert outcome.deed == "unchanged"
    assert "inner: file not found" in outcome.problems[0]
    scene.accept()


def test_what_a_zone_that_is_signed_in_place_has_included_is_part_of_it_then(tmp_path: Path) -> None:
    scene = with_includes(tmp_path, inline=False)
    assert (scene.run().deed, scene.run().deed) == ("signed", "unchanged")
    append(tmp_path / "inner", "new A 192.0.2.9\n")
    assert scene.run().deed == "unchanged"
    scene.accept()


def test_a_journal_that_appears_is_noticed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.write(HEAD)
    scene.run()
    origin = names.from_text(scene.origin)
    change = journals.transaction(1, 2, [], [("new", 300, "A", "192.0.2.9")], origin)
    Path(f"{scene.file}.jnl").write_bytes(journals.journal(1, 2, change))
    assert (scene.run().deed, scene.run().deed) == ("signed", "unchanged")
    assert scene.rdata("A", f"new.{scene.origin}") == ["192.0.2.9"]


def test_what_an_earlier_version_remembers_is_understood(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    (memory,) = scene.keys_folder.rglob("*.json")
    content = json.loads(memory.read_text())
    del content["beside"]
    memory.write_text(json.dumps(content))
    assert scene.run().deed == "unchanged"


# ---- by the agent that stays


class Days:
    """An agent with one zone. Between its looks at the files *happens* goes on, a step each time."""

    def __init__(self, scene: Scene, happens: Callable[[Days], Iterator[None]]) -> None:
        self.scene, self.now, self.stopping = scene, float(START), False
        self.deeds: list[str] = []
        self.failures: list[str] = []
        self.retry_at = 0.0
        self._steps = happens(self)
        world = World(lambda: self.now, lambda: 0.0)
        zone = scene.zone
        self.agent = Agent(lambda: Config({}, {}, {zone.name: zone}), world, self)
        self.agent.load()
        self.agent.run(self, poll=10)

    def changed(self, path: Path, text: str) -> None:
        """A file is written to, now."""
        path.write_text(text)
        os.utime(path, (self.now, self.now))

    # ---- what passes

    def take_reload(self) -> bool:
        return False

    def sleep(self, seconds: float) -> None:
        if next(self._steps, self) is self:
            self.stopping = True
        self.now += min(seconds, 10)

    # ---- a listener

    def began(self, zone: bytes) -> None: ...

    def passed(self, outcome: Outcome) -> None:
        self.deeds.append(outcome.deed)

    def failed(self, zone: bytes, error: Exception, retry_in: float | None) -> None:
        self.failures.append(str(error))
        self.retry_at = self.now + (retry_in or 0)

    def configured(self, config: Config, again: bool) -> None: ...

    def refused(self, error: Exception) -> None: ...


def aged(folder: Path) -> Scene:
    """The zone with its includes, all of which have been there for a day."""
    scene = with_includes(folder)
    for path in (scene.file, folder / "outer", folder / "inner"):
        os.utime(path, (START - DAY, START - DAY))
    return scene


def test_the_agent_notices_a_change_in_an_included_file(tmp_path: Path) -> None:
    def happens(days: Days) -> Iterator[None]:
        yield
        assert days.deeds == ["signed"]
        days.changed(tmp_path / "inner", "inner A 192.0.2.1\nnew A 192.0.2.9\n")
        yield
        yield

    days = Days(aged(tmp_path), happens)
    assert (days.deeds, days.failures) == (["signed", "signed"], [])
    assert days.scene.rdata("A", f"new.{days.scene.origin}") == ["192.0.2.9"]


def test_an_included_file_that_is_broken_is_told_of_once_and_noticed_once_it_is_mended(tmp_path: Path) -> None:
    def happens(days: Days) -> Iterator[None]:
        yield
        days.changed(tmp_path / "inner", "inner A nonsense\n")
        yield
        yield
        yield
        assert days.deeds == ["signed", "unchanged"]
        days.changed(tmp_path / "inner", "inner A 192.0.2.7\n")
        yield
        yield

    days = Days(aged(tmp_path), happens)
    assert days.deeds == ["signed", "unchanged", "signed"]
    assert len(days.failures) == 1
    assert "nonsense" in days.failures[0]
    assert days.scene.rdata("A", f"inner.{days.scene.origin}") == ["192.0.2.7"]


@pytest.mark.parametrize("signed_before", [True, False])
def test_a_file_that_is_broken_from_the_first_time_it_is_included_is_noticed_too(
    tmp_path: Path, signed_before: bool
) -> None:
    (tmp_path / "late").write_text("late A nonsense\n")
    os.utime(tmp_path / "late", (START - DAY, START - DAY))
    scene = aged(tmp_path)
    text = scene.file.read_text()
    broken = text + f"$INCLUDE {tmp_path}/late\n"

    def happens(days: Days) -> Iterator[None]:
        yield
        if signed_before:
            days.changed(scene.file, broken)
            yield
            yield
        assert days.failures
        days.changed(tmp_path / "late", "late A 192.0.2.9\n")
        yield
        yield

    if not signed_before:
        scene.write(broken)
        os.utime(scene.file, (START - DAY, START - DAY))
    days = Days(scene, happens)
    assert len(days.failures) == 1
    assert days.now < days.retry_at, "when it would be tried again in any case"
    assert days.deeds[-1] == "signed"
    assert days.scene.rdata("A", f"late.{days.scene.origin}") == ["192.0.2.9"]


def test_the_agent_does_not_take_what_it_has_published_for_a_change(tmp_path: Path) -> None:
    def happens(days: Days) -> Iterator[None]:
        yield
        yield
        yield

    days = Days(with_includes(tmp_path, inline=False), happens)
    assert (days.deeds, days.failures) == (["signed"], [])
