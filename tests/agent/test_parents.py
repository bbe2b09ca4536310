"""The parents of many zones are asked side by side, and the zones looked after one by one."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import dns.message
import pytest

import checkds_scene
import parents
from agent_scene import START, Scene
from checkds_scene import IMPATIENT, PATIENT
from fastsign.agent import parents as subject
from fastsign.agent.checkds import check_parent
from fastsign.agent.cycle import World
from fastsign.agent.loop import Agent
from fastsign.agent.parents import Parents
from fastsign.agent.status import Outcome
from fastsign.kasp.config import Config, Server, Zone
from fastsign.keys import names
from fastsign.keys.ds import ds_rdata, ds_text

NOW = START + 40 * 86400
_PATIENCE = 60.0  # seconds, for what takes a fraction of one


class Family:
    """Zones whose keys wait for their DS, an agent that looks after them, and what happens, in order."""

    def __init__(self, folder: Path, count: int, port: int, **parents: object) -> None:
        self.events: list[tuple[str, str]] = []
        self.failures: list[tuple[str, str]] = []
        self.scenes = [Scene(folder, origin=f"zone{number:02}.parent.test.") for number in range(count)]
        self.parents = Parents(**parents)
        options = {"checkds": "explicit", "parental_agents": (Server("127.0.0.1", port),)}
        zones: dict[bytes, Zone] = {}
        for scene in self.scenes:
            scene.run()
            (key,) = scene.keys
            omnipresent = dict.fromkeys(("dnskey", "krrsig", "zrrsig"), "omnipresent")
            scene.set_key(key.name, {"ds_change": START}, {**omnipresent, "ds": "rumoured"})
            scene.now = NOW
            zones[names.from_text(scene.origin)] = replace(scene.zone, **options)
        world = World(lambda: float(NOW), lambda: 0.0, ask_parent=self.parents.look)
        self.agent = Agent(lambda: Config({}, {}, zones), world, self, ahead=self.parents.ask_ahead)
        self.agent.load()

    def seen(self) -> dict[str, int | None]:
        """When the DS of each zone was seen."""
        return {scene.origin: scene.keys[0].times.ds_publish for scene in self.scenes}

    def ds(self, origin: str) -> str:
        (file,) = next(scene.files.values() for scene in self.scenes if scene.origin == origin)
        return ds_text(ds_rdata(file.name, file.rdata, 2))

    # ---- a listener

    def began(self, zone: bytes) -> None:
        self.events.append(("began", names.to_text(zone)))

    def passed(self, outcome: Outcome) -> None: ...

    def failed(self, zone: bytes, error: Exception, retry_in: float | None) -> None:
        self.failures.append((names.to_text(zone), str(error)))

    def configured(self, config: Config, again: bool) -> None: ...

    def refused(self, error: Exception) -> None: ...


def name_in(question: dns.message.Message) -> str:
    return question.question[0].name.to_text()


def absent(question: dns.message.Message) -> dns.message.Message:
    return parents.answer_to(question, ("authority", checkds_scene.SOA))


def test_twenty_parents_are_asked_at_once(tmp_path: Path) -> None:
    """None answers before all have been asked."""
    all_are_there = threading.Barrier(20)

    def behave(question: dns.message.Message, tcp: bool) -> dns.message.Message:
        all_are_there.wait(_PATIENCE)
        origin = name_in(question)
        return parents.answer_to(question, ("answer", f"{origin} 60 DS {family.ds(origin)}"))

    with parents.made_up(behave) as port:
        family = Family(tmp_path, 20, port, asking=replace(PATIENT, deadline=_PATIENCE, timeout=_PATIENCE))
        assert family.agent.run_once() == 0
    assert not all_are_there.broken
    assert set(family.seen().values()) == {NOW}
    assert [zone for _, zone in family.events] == [scene.origin for scene in family.scenes]


def test_silent_parents_are_all_asked_before_the_first_zone_is_looked_after(tmp_path: Path) -> None:
    def silent(question: dns.message.Message, tcp: bool) -> None:
        family.events.append(("asked", name_in(question)))

    with parents.made_up(silent) as port:
        family = Family(tmp_path, 20, port, asking=IMPATIENT)
        assert family.agent.run_once() == 0
    first = [what for what, _ in family.events].index("began")
    origins = [scene.origin for scene in family.scenes]
    assert {zone for _, zone in family.events[:first]} == set(origins)
    assert family.events[first:] == [("began", origin) for origin in origins]
    assert set(family.seen().values()) == {None}


def test_no_more_are_asked_at_once_than_may_be_and_those_are_looked_after_first(tmp_path: Path) -> None:
    guard, under_way, most = threading.Lock(), 0, 0

    def behave(question: dns.message.Message, tcp: bool) -> dns.message.Message:
        nonlocal under_way, most
        with guard:
            under_way += 1
            most = max(most, under_way)
            family.events.append(("asked", name_in(question)))
        answer = absent(question)
        with guard:
            under_way -= 1
        return answer

    with parents.made_up(behave) as port:
        family = Family(tmp_path, 7, port, asking=PATIENT, together=3)
        family.scenes[1].hand_ds_over()  # waits for nothing
        assert family.agent.run_once() == 0
    assert most <= 3
    numbers = [(what, int(zone[4:6])) for what, zone in family.events]
    rounds = ([0, 1, 2, 3], [4, 5, 6])
    for zones in rounds:
        asked, begun = [zone for zone in zones if zone != 1], len(zones)
        here, numbers = numbers[: len(asked) + begun], numbers[len(asked) + begun :]
        assert sorted(here[: len(asked)]) == [("asked", zone) for zone in asked]
        assert here[len(asked) :] == [("began", zone) for zone in zones]
    assert numbers == []


def test_what_is_wrong_with_one_zone_stays_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def behave(question: dns.message.Message, tcp: bool) -> dns.message.Message:
        origin = name_in(question)
        return parents.answer_to(question, ("answer", f"{origin} 60 DS {family.ds(origin)}"))

    def check(zone: Zone, *arguments: object, **options: object) -> object:
        if zone.name == names.from_text(family.scenes[2].origin):
            raise ValueError("nobody has thought of this")
        return check_parent(zone, *arguments, **options)

    monkeypatch.setattr(subject, "check_parent", check)
    with parents.made_up(behave) as port:
        family = Family(tmp_path, 4, port, asking=PATIENT)
        (path,) = family.scenes[0].keys_folder.glob(f"K{family.scenes[0].origin}*.state")
        path.write_text("Length: none\n")
        assert family.agent.run_once() == 1
    failures = dict(family.failures)
    assert set(failures) == {family.scenes[0].origin, family.scenes[2].origin}
    assert failures[family.scenes[2].origin] == "nobody has thought of this"
    assert [family.scenes[number].keys[0].times.ds_publish for number in (1, 3)] == [NOW, NOW]


def test_parent_is_asked_in_the_pass_if_a_key_has_begun_to_wait_since(tmp_path: Path) -> None:
    def behave(question: dns.message.Message, tcp: bool) -> dns.message.Message:
        origin = name_in(question)
        return parents.answer_to(question, ("answer", f"{origin} 60 DS {family.ds(origin)}"))

    with parents.made_up(behave) as port:
        family = Family(tmp_path, 1, port, asking=PATIENT)
        (scene,) = family.scenes
        (zone,) = [task.zone for task in family.agent.tasks.values()]
        (key,) = scene.keys
        scene.set_key(key.name, state={"ds": "hidden"})
        assert family.parents.ask_ahead([zone], {}, NOW) == 1
        scene.set_key(key.name, state={"ds": "rumoured"})
        (after,), ttl = family.parents.look(zone, tuple(scene.files.values()), tuple(scene.keys), NOW)
    assert (after.times.ds_publish, ttl) == (NOW, 60)
