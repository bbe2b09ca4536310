"""An agent over many zones for weeks: it keeps nothing open, nothing lying about, and every published zone verifies.

`make agent-long` has 200 zones for 30 days.
"""

from __future__ import annotations

import gc
import os
import subprocess
import tracemalloc
from dataclasses import replace
from pathlib import Path

import tools
from agent_scene import DAY, PAIR, START, ZONE, clock
from agent_scene import Scene as OneZone
from fastsign.agent.cycle import World
from fastsign.agent.loop import Agent
from fastsign.agent.status import Outcome
from fastsign.kasp.builtin import DEFAULT
from fastsign.kasp.config import Config, Zone
from fastsign.keys import names
from fastsign.rollover.key import Key

ZONES = int(os.environ.get("FASTSIGN_AGENT_ZONES", "6"))
DAYS = int(os.environ.get("FASTSIGN_AGENT_DAYS", "30"))
_ROLLING = replace(PAIR, keys=(PAIR.keys[0], replace(PAIR.keys[1], lifetime=12 * DAY)))
_POLICIES = (DEFAULT, _ROLLING, replace(PAIR, max_zone_ttl=7200))
_LARGEST = 256 * 1024  # octets of a block that counts as kept for a zone
_VERIFIED_EACH = 7  # publications of a zone: BIND looks at one of so many, the gate at all


class Weeks:
    """The time that passes, and what the agent says meanwhile."""

    def __init__(self, folder: Path, end: int) -> None:
        self.folder, self.now, self.end = folder, float(START), end
        self.published: dict[bytes, int] = {}
        self.failures: list[str] = []
        self.agent: Agent | None = None
        self.memory: list[int] = []
        self.descriptors: list[int] = []

    # ---- time

    stopping_now = False

    @property
    def stopping(self) -> bool:
        return self.now >= self.end

    def take_reload(self) -> bool:
        return False

    def sleep(self, seconds: float) -> None:
        """Until somebody is due: nothing changes meanwhile but once a day a zone."""
        assert self.agent is not None
        day = int(self.now - START) // DAY
        self.now = max(self.now + 1, min(task.due for task in self.agent.tasks.values()))
        if int(self.now - START) // DAY > day:
            self._a_day_later(day)

    def _a_day_later(self, day: int) -> None:
        zone = list(self.agent.tasks)[day % ZONES] if self.agent else b""
        path = self.folder / f"{names.to_text(zone)}db"
        path.write_text(ZONE + f"day{day} A 192.0.2.9\n")
        self.memory.append(kept())
        self.descriptors.append(len(os.listdir("/proc/self/fd")))

    # ---- a listener

    def began(self, zone: bytes) -> None: ...

    def passed(self, outcome: Outcome) -> None:
        if outcome.deed not in ("signed", "unsigned"):
            return
        number = self.published[outcome.zone] = self.published.get(outcome.zone, 0) + 1
        if number % _VERIFIED_EACH == 1:
            csk = any(key.role == "CSK" for key in outcome.keys)
            verify(outcome.path, names.to_text(outcome.zone), int(self.now), csk)

    def failed(self, zone: bytes, error: Exception, retry_in: float | None) -> None:
        self.failures.append(f"{names.to_text(zone)}: {error}")

    def configured(self, config: Config, again: bool) -> None: ...

    def refused(self, error: Exception) -> None:
        self.failures.append(str(error))


def kept() -> int:
    """Octets of all that is alive, but for what no zone of this test could fill.

    That is the interpreter's table of interned strings: one block, which it makes anew, and larger, at some moment that
    depends on all that the process has done before. pathlib interns the parts of every path.
    """
    gc.collect()
    return sum(trace.size for trace in tracemalloc.take_snapshot().traces if trace.size <= _LARGEST)


def verify(path: str, origin: str, now: int, csk: bool) -> None:
    clock().stand_at(now)
    command = [tools.find("dnssec-verify"), "-q", *(["-z"] if csk else []), "-o", origin, path]
    done = subprocess.run(command, env=clock().environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{path} at {now}: {done.stdout}{done.stderr}"


def hand_over(zone: Zone, files: object, keys: tuple[Key, ...], now: int) -> tuple[tuple[Key, ...], None]:
    """A parent that does at once what the states of the keys ask for."""

    def seen(key: Key) -> Key:
        if key.state.ds == "rumoured" and key.times.ds_publish is None:
            return key.with_times(ds_publish=now)
        return key

    return tuple(map(seen, keys)), None


def configuration(folder: Path) -> Config:
    zones = {}
    for number in range(ZONES):
        name = names.from_text(f"zone{number}.test.")
        path = folder / f"zone{number}.test.db"
        path.write_text(ZONE)
        policy = _POLICIES[number % len(_POLICIES)]
        options = {"inline_signing": True, "checkds": "yes", "loadkeys_interval": DAY}
        zones[name] = Zone(name, policy, str(path), str(folder / "keys"), **options)
    return Config({}, {}, zones)


def test_many_zones_for_weeks(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    config, weeks = configuration(tmp_path), Weeks(tmp_path, START + DAYS * DAY)
    world = World(lambda: weeks.now, lambda: 0.0, ask_parent=hand_over)
    agent = weeks.agent = Agent(lambda: config, world, weeks)
    agent.load()
    tracemalloc.start()
    try:
        agent.run(weeks, poll=DAY)
    finally:
        tracemalloc.stop()
    assert weeks.failures == []
    assert len(weeks.published) == ZONES
    assert min(weeks.published.values()) >= 3
    half = len(weeks.descriptors) // 2
    assert max(weeks.descriptors[half:]) <= max(weeks.descriptors[:half]), "descriptors stay open"
    settled = weeks.memory[DAYS // 3 :]
    assert max(settled) - min(settled) < 300_000 + 2_000 * ZONES, "memory grows"
    left = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {".db", ".signed", ".fsi", ".key", ".private", ".state", ".json", ".lock"}


def test_zsk_roll_verifies_at_every_event_and_is_gradual(tmp_path: Path) -> None:
    scene = OneZone(tmp_path, _ROLLING)
    states, signers = [], []
    for outcome in scene.run_until(START + 26 * DAY):
        scene.hand_ds_over()
        if outcome.deed == "signed":
            scene.accept()
            signers.append((len(scene.signers("SOA")), len(scene.signers("DNSKEY"))))
        zsks = sorted((key.times.activate or 0, key.state.dnskey, key.state.zrrsig) for key in scene.keys if key.zsk)
        told = [state[1:] for state in zsks]
        if told not in states[-1:]:
            states.append(told)
    first = [("rumoured", "rumoured")], [("omnipresent", "rumoured")], [("omnipresent", "omnipresent")]
    assert tuple(states[:3]) == first
    old = [each[0] for each in states if len(each) == 2]
    new = [each[1] for each in states if len(each) == 2]
    assert old[0] == ("omnipresent", "omnipresent")
    assert new[:2] == [("rumoured", "hidden"), ("omnipresent", "rumoured")]
    assert ("omnipresent", "unretentive") in old
    assert old[-1] == ("hidden", "hidden") or len(states[-1]) > 2
    assert set(signers) == {(1, 1)}, "a name is never signed by both keys"
