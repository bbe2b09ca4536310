"""A step under way: what it knows, and what it has done so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fastsign.kasp.policy import KeyRule, Policy
from fastsign.rollover.key import Key
from fastsign.rollover.outcome import Change, Observations
from fastsign.rollover.timing import Intervals

MakeKey = Callable[[KeyRule, int], Key]


@dataclass(slots=True)
class Work:
    """The keys in the order in which they are looked at, and what is to be told of them."""

    policy: Policy
    seen: Observations
    now: int
    make_key: MakeKey
    force: bool
    intervals: Intervals
    keys: list[Key]
    made: list[str] = field(default_factory=list)  # names
    purged: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    events: list[int] = field(default_factory=list)  # moments at which there is something to do
    refusals: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @property
    def must_ask(self) -> bool:
        """manual-mode: nothing new begins before the operator says so (dnssec -step)."""
        return self.policy.manual_mode and not self.force

    @property
    def goes_insecure(self) -> bool:
        """A policy without keys: the zone is to be unsigned in the end."""
        return not self.policy.keys

    def say(self, line: str) -> None:
        """A line for the log, once."""
        if line not in self.log:
            self.log.append(line)

    def refuse(self, line: str, sentence: str) -> None:
        """What is not done, for the log and for the operator."""
        self.say(line)
        if sentence not in self.refusals:
            self.refusals.append(sentence)

    def expect(self, moment: int) -> None:
        self.events.append(moment)
