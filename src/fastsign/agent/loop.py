"""Many zones over time: each when something is due, none stopped by another."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from fastsign.agent.cycle import World, remembered, run_zone
from fastsign.agent.marks import Marks, broken_file, marks_of
from fastsign.agent.status import Outcome
from fastsign.errors import FastsignError, PolicyError, system_reason
from fastsign.kasp.config import Config, KeyStore, Zone
from fastsign.keys.secret import closing_hsms

if TYPE_CHECKING:
    from fastsign.keys.pkcs11.settings import HsmSettings

_RETRY_FIRST, _RETRY_LAST = 60, 3600  # seconds: twice as long after each failure
_QUIET = 1  # seconds: a file that was written to since then may not be complete yet

AskAhead = Callable[[Sequence[Zone], Mapping[str, KeyStore], int], int]  # as fastsign.agent.parents.Parents.ask_ahead


class Listener(Protocol):
    """Who is told what happens."""

    def began(self, zone: bytes) -> None:
        """A zone is about to be looked after."""

    def passed(self, outcome: Outcome) -> None:
        """A zone has been looked after."""

    def failed(self, zone: bytes, error: Exception, retry_in: float | None) -> None:
        """A zone could not be brought up to date."""

    def configured(self, config: Config, again: bool) -> None:
        """A configuration is in force."""

    def refused(self, error: Exception) -> None:
        """A new configuration can't be used; the old one stays."""


class Waiting(Protocol):
    """What the outside can ask for while the agent runs."""

    def sleep(self, seconds: float) -> None:
        """Wait; not longer than until something is asked for."""

    @property
    def stopping(self) -> bool: ...

    def take_reload(self) -> bool:
        """Is the configuration to be read again? The question is forgotten once it has been answered."""


@dataclass(slots=True)
class Task:
    """A zone of the agent, and when it is to be looked after."""

    zone: Zone
    due: float = 0
    outcome: Outcome | None = None
    failures: int = 0  # in a row
    reread: bool = False
    seen: Marks = field(default_factory=dict)  # the files that the zone is read from, when they were looked at last
    attempts: int = 0
    last_attempt: float | None = None
    last_success: float | None = None

    @property
    def failed(self) -> bool:
        return self.failures > 0


@dataclass(slots=True)
class Agent:
    """The zones of a configuration, and how they are looked after."""

    read: Callable[[], Config]
    world: World
    listener: Listener
    wanted: Collection[bytes] = ()  # zones, wire form in lower case; none: all that have a policy
    tasks: dict[bytes, Task] = field(default_factory=dict)
    known: Collection[bytes] = ()  # all zones of the configuration
    after: Callable[[Mapping[bytes, Task]], None] | None = None  # called whenever zones have been looked after
    ahead: AskAhead | None = None  # asks the parents of several zones before they are looked after

    def load(self, again: bool = False) -> None:
        """Read the configuration. Zones that stay keep what is known of them, but are looked at anew."""
        config = self.read()
        zones = {name: zone for name, zone in config.zones.items() if zone.policy is not None}
        if self.wanted:
            zones = {name: zone for name, zone in config.zones.items() if name in self.wanted}
        self.world = replace(self.world, stores=config.stores, hsm=_hsm_of(self.world.hsm, config.stores))
        self.known = list(config.zones)
        self.tasks = {
            name: replace(self.tasks[name], zone=zone, due=0, reread=again) if name in self.tasks else Task(zone)
            for name, zone in zones.items()
        }
        self.listener.configured(config, again)

    # ---- once

    def run_once(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Look after every zone once. 0 if all are as they should be, else 1."""
        self._look_after_all(list(self.tasks.values()), stopping, once=True)
        self._tell_all()
        return 1 if any(task.failed or task.attempts == 0 for task in self.tasks.values()) else 0

    # ---- for good

    def run(self, waiting: Waiting, poll: float) -> None:
        """Look after every zone whenever it is due, until somebody wants it to stop.

        Every *poll* seconds the zones' files are looked at: one that has changed makes its zone due.
        """
        while not waiting.stopping:
            if waiting.take_reload():
                self._reload()
            now = self.world.clock()
            self._notice_changes(now)
            due = self._due(now)
            self._look_after_all(due, lambda: waiting.stopping, once=False)
            if due:
                self._tell_all()
            if not waiting.stopping:
                waiting.sleep(max(0.0, min(poll, self._next() - self.world.clock())))

    def _tell_all(self) -> None:
        if self.after is not None:
            self.after(self.tasks)

    def _reload(self) -> None:
        try:
            self.load(again=True)
        except (PolicyError, OSError) as error:
            self.listener.refused(error)

    def _due(self, now: float) -> list[Task]:
        return sorted((task for task in self.tasks.values() if task.due <= now), key=lambda task: task.due)

    def _next(self) -> float:
        return min((task.due for task in self.tasks.values()), default=float("inf"))

    def _notice_changes(self, now: float) -> None:
        for task in self.tasks.values():
            if task.due > now and task.outcome is not None:
                for path, mark in marks_of(task.seen).items():
                    if mark is not None and mark != task.seen[path] and mark.modified <= (now - _QUIET) * 1e9:
                        task.due = now

    # ---- one zone after the other

    def _look_after_all(self, tasks: list[Task], stopping: Callable[[], bool], once: bool) -> None:
        """Each in its turn. Before that, as many parents as possible are asked at once: no zone waits for another's."""
        with closing_hsms():
            self._look_after_some(tasks, stopping, once)

    def _look_after_some(self, tasks: list[Task], stopping: Callable[[], bool], once: bool) -> None:
        left = tasks
        while left and not stopping():
            zones = [task.zone for task in left]
            count = self.ahead(zones, self.world.stores, int(self.world.clock())) if self.ahead else len(left)
            for task in left[:count]:
                if stopping():
                    return
                self._look_after(task, once)
            left = left[count:]

    def _look_after(self, task: Task, once: bool) -> None:
        """A pass over a zone; whatever goes wrong stays with it."""
        now = task.last_attempt = self.world.clock()
        task.attempts += 1
        self.listener.began(task.zone.name)
        task.seen = marks_of({task.zone.file or "", *task.seen})
        try:
            outcome = run_zone(task.zone, self.world, reread=task.reread)
        except Exception as error:  # an error of ours, too, is to stop no other zone
            task.outcome = task.outcome or remembered(task.zone)
            task.seen = {**marks_of(task.outcome.read), **broken_file(error), **task.seen}
            self._note_failure(task, error, now, once)
        else:
            task.reread = False
            self._note_outcome(task, outcome, now, once)

    def _note_outcome(self, task: Task, outcome: Outcome, now: float, once: bool) -> None:
        task.outcome = outcome
        # A file that has changed since is noticed; one that is broken not before it is another.
        task.seen = {**outcome.read, **task.seen} if outcome.problems else outcome.read
        self.listener.passed(outcome)
        if outcome.problems:
            for problem in outcome.problems:
                self._note_failure(task, FastsignError(problem), now, once)
            return
        task.failures, task.last_success = 0, now
        due = now + task.zone.loadkeys_interval
        if outcome.due is not None:
            due = min(due, max(outcome.due, now + 1))
        task.due = due if outcome.deed != "none" else float("inf")

    def _note_failure(self, task: Task, error: Exception, now: float, once: bool) -> None:
        task.failures += 1
        wait = min(_RETRY_FIRST * 2 ** min(task.failures - 1, 10), _RETRY_LAST)
        task.due = now + wait
        self.listener.failed(task.zone.name, error, None if once else wait)


def reason_of(error: Exception) -> str:
    """What went wrong, in a line."""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename is not None else ""
        return where + system_reason(error)
    text = " ".join(str(error).split())
    if isinstance(error, FastsignError | ValueError):
        return text
    return f"an error in fastsign, please report it: {type(error).__name__}: {text} ({_where(error)})"


def _where(error: Exception) -> str:
    """The place in the program."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "nobody knows where"
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"


def _hsm_of(settings: HsmSettings | None, stores: Mapping[str, KeyStore]) -> HsmSettings | None:
    """How HSMs are used where the tokens of a key-store stand in for each other."""
    groups = [store.pkcs11_uris for store in stores.values() if len(store.pkcs11_uris) > 1]
    if not groups and (settings is None or not settings.groups):
        return settings
    from fastsign.keys.pkcs11.settings import HsmSettings

    return (settings or HsmSettings()).with_groups(groups)
