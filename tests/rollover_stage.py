"""Plays rollovers on named and on fastsign's rules side by side: many zones, one clock, a parent that takes its time.

The clock goes from event to event: what a zone's key manager awaits, what its parent does, what its scenario says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fastsign.kasp.policy import HOUR, Policy
from fastsign.rollover.key import RUMOURED, UNRETENTIVE, Key
from named_server import NamedServer, Run
from rollover_twin import Twin

START = 1893456000  # 2030-01-01; nothing depends on it
END = 2**32 - 1  # of all time


@dataclass(frozen=True)
class Act:
    """Something that is done to a zone so many seconds after its start."""

    after: int
    do: Callable[[Actor], None]


@dataclass(frozen=True)
class Scenario:
    """A zone's life: its policy, how long it is watched, and what is done to it."""

    name: str
    policy: Policy
    duration: int
    acts: tuple[Act, ...] = ()
    parent_delay: int | None = 2 * HOUR  # until the parent follows a CDS; None: it never does
    ttl: int = 300
    prepare: Callable[[NamedServer, str], None] | None = None  # makes the keys that are there before all begins
    parts: str = (
        ""  # what all is like, as a regular expression, that sets us apart at the moment where we mean to differ
    )
    tolerated: str = ""  # lines of key files that may differ, as a regular expression


@dataclass
class Actor:
    """A zone on the stage."""

    scenario: Scenario
    server: NamedServer
    twin: Twin
    start: int
    acts: list[Act] = field(default_factory=list)  # still to come
    told: set[tuple[int, bool]] = field(default_factory=set)  # (tag, published) that the parent knows of
    complaints: list[str] = field(default_factory=list)
    steps: int = 0
    alone_at: int | None = None  # what time it is while named is not there

    @property
    def now(self) -> int:
        return self.server.now if self.alone_at is None else self.alone_at

    @property
    def zone(self) -> str:
        return self.twin.zone

    @property
    def end(self) -> int:
        return self.start + self.scenario.duration

    def next_moment(self) -> int | None:
        """When to look at this zone again, None once its time is over."""
        if self.complaints:
            return None
        moments = [self.start + act.after for act in self.acts]
        if self.twin.last is None or self.twin.last.next_event is not None:
            moments.append(self.server.next_key_event(self.zone))
        return min((moment for moment in moments if moment <= self.end), default=None)

    def act_due(self, moment: int) -> Act | None:
        """The next act whose time has come, if any; it is no longer to come."""
        due = [act for act in self.acts if not self.complaints and self.start + act.after <= min(moment, self.end)]
        if due:
            self.acts.remove(due[0])
        return due[0] if due else None

    def key(self, role: str, nth: int = -1) -> Key:
        """Of the zone's keys of a role that are wanted, the last one made."""
        keys = [key for key in self.twin.all_keys() if key.role == role and key.state.goal == "omnipresent"]
        return sorted(keys, key=lambda key: (key.times.activate or 0, key.tag))[nth]

    # ---- acts

    def checkds(self, tag: int, published: bool, when: int | None = None) -> None:
        if self.server.alive:
            self.server.checkds(self.zone, tag, published, when)
        self.twin.checkds(tag, published, self.now if when is None else when)

    def rollover(self, tag: int, when: int | None = None) -> None:
        if self.server.alive:
            self.server.rollover(self.zone, tag, when)
        self.twin.rollover(tag, self.now if when is None else when, self.now)

    def change(self, policy: Policy) -> None:
        if self.server.alive:
            self.server.reconfig({self.zone: policy})
        self.server.zones[self.zone].policy = policy

    # ---- without named

    def live_alone(self, until: int) -> None:
        """Do all that is due before a moment, with named away."""
        while (moment := self._next_moment_alone()) < until:
            self.alone_at = moment
            if act := self.act_due(moment):
                act.do(self)
            self.twin.run_alone(moment)
            self.steps += 1
            self.heed()
        self.alone_at = None

    def _next_moment_alone(self) -> int:
        assert self.twin.last is not None
        moments = [self.start + act.after for act in self.acts if self.start + act.after <= self.end]
        return max(self.now, min([*moments, self.twin.last.next_event or self.end]))

    def heed(self) -> None:
        """The parent sees the CDS records, and some time later has what they ask for."""
        if self.scenario.parent_delay is None:
            return
        for key in self.twin.all_keys():
            published = {RUMOURED: True, UNRETENTIVE: False}.get(key.state.ds or "")
            if published is not None and (key.tag, published) not in self.told:
                self.told.add((key.tag, published))
                after = self.now - self.start + self.scenario.parent_delay
                self.acts.append(Act(after, _tell(key.tag, published)))


def _tell(tag: int, published: bool) -> Callable[[Actor], None]:
    return lambda actor: actor.checkds(tag, published)


class Stage:
    """All scenarios at once. Leaving its context ends named."""

    def __init__(
        self, folder: Path, scenarios: Iterable[Scenario], start: int = START, kind: type[Twin] = Twin
    ) -> None:
        (folder / "named").mkdir()
        self.folder, self.kind = folder, kind
        self.server = NamedServer(folder / "named", start)
        self.actors = {scenario.name: self._cast(scenario, start) for scenario in scenarios}

    def _cast(self, scenario: Scenario, start: int) -> Actor:
        self.server.add_zone(scenario.name, scenario.policy, scenario.ttl)
        if scenario.prepare:
            scenario.prepare(self.server, scenario.name)
        twin = self.kind(self.server, scenario.name, self.folder / "ours" / scenario.name)
        twin.adopt()
        return Actor(scenario, self.server, twin, start, sorted(scenario.acts, key=lambda act: act.after))

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__(None, None, None)

    @property
    def complaints(self) -> list[str]:
        """What sets us apart from named, other than what is meant."""
        found = []
        for actor in self.actors.values():
            parts = actor.scenario.parts
            found += [text for text in actor.complaints if not (parts and re.search(parts, text))]
            if parts and not actor.complaints:
                found.append(f"{actor.zone} lives as under named; it was to part at: {parts}")
        return found

    def play(self, until: int = END) -> None:
        """Start named, and go on until a moment, at most to the end of all scenarios."""
        self.server.start()
        self.follow()
        while (moment := self._next_moment()) is not None and moment < until:
            for actor in self.actors.values():
                if not actor.complaints:
                    actor.twin.catch_up(moment)
            self.server.jump(moment)
            self.follow()
            for actor in self.actors.values():
                while act := actor.act_due(moment):
                    self._wait_for_a_quiet_second()
                    act.do(actor)
                    self.follow()

    def play_alone(self, until: int) -> None:
        """Stop named, go on without it, and then leave our key files to it."""
        self.server.stop()
        for actor in self.actors.values():
            actor.live_alone(until)
            actor.twin.hand_over()
        self.server.clock.stand_at(until)

    def _wait_for_a_quiet_second(self) -> None:
        """An act takes the next second, in which no key manager may have something of its own to do."""
        while min(map(self.server.next_key_event, self.actors)) <= self.server.now + 1:
            self.server.jump(self.server.now + 1)
            self.follow()

    def _next_moment(self) -> int | None:
        moments = [actor.next_moment() for actor in self.actors.values()]
        return min((moment for moment in moments if moment is not None), default=None)

    def follow(self) -> None:
        """Do what named has done, and say where the outcome is another."""
        for run in self.server.take_runs():
            self._follow_run(self.actors[run.zone], run)
            self.actors[run.zone].heed()

    def _follow_run(self, actor: Actor, run: Run) -> None:
        """Step along with a zone, until the first moment at which we are not as named is."""
        if actor.complaints or run.at > actor.end:
            return
        actor.steps += 1
        try:
            actor.twin.run(run)
            found = actor.twin.differences(run, actor.scenario.tolerated)
        except AssertionError as unmade:
            found = [str(unmade)]
        elapsed = run.at - actor.start
        place = f"{actor.zone}, step {actor.steps}, {elapsed // 86400} d {elapsed % 86400} s"
        actor.complaints += [f"{place}: {difference}" for difference in found]
