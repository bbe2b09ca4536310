"""What the agent says: a line an event on standard error, as text or as a JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from fastsign.agent.loop import reason_of
from fastsign.agent.status import Outcome, is_for_operator
from fastsign.kasp.advice import without_effect
from fastsign.kasp.config import Config
from fastsign.keys import names
from fastsign.rollover.outcome import Wait


class Log:
    """The listener of an agent (fastsign.agent.loop.Listener), and of the signings that it does (sign.tell.Tell)."""

    def __init__(
        self, stream: TextIO, program: str, clock: Callable[[], float], verbosity: int = 0, as_json: bool = False
    ) -> None:
        self.stream, self.program, self.clock = stream, program, clock
        self.verbosity, self.as_json = verbosity, as_json
        self.troubled = False  # has something failed that concerns no zone?
        self._told: dict[bytes, frozenset[tuple[str, ...]]] = {}  # waits of each zone that have been told of
        self._zone = b""  # that is in work

    # ---- of the agent

    def began(self, zone: bytes) -> None:
        """What is told from now on is of this zone."""
        self._zone = zone

    def passed(self, outcome: Outcome) -> None:
        zone = outcome.zone
        for line in outcome.log:
            self._say("key", line, zone)
        for change in outcome.changes:
            what = {"key": change.key, "record": change.record, "before": change.before, "after": change.after}
            self._say("state", f"{change.key}: {change.record} is {change.after}, was {change.before}", zone, **what)
        if outcome.deed in ("signed", "unsigned"):
            self._published(outcome)
        elif self.verbosity:
            self._say(outcome.deed, "nothing to do" if outcome.deed == "unchanged" else "dnssec-policy none", zone)
        self._waits(zone, outcome.waits)

    def _published(self, outcome: Outcome) -> None:
        text = f"published {outcome.path}, serial {outcome.serial}"
        text += (
            f", {outcome.generated} signatures made, {outcome.retained} kept"
            if outcome.deed == "signed"
            else ", unsigned: nobody relies on its keys any more"
        )
        facts = {"path": outcome.path, "serial": outcome.serial}
        counts = {"generated": outcome.generated, "retained": outcome.retained, "expires": outcome.expires}
        self._say(outcome.deed, text, outcome.zone, **facts, **counts)

    def _waits(self, zone: bytes, waits: tuple[Wait, ...]) -> None:
        """What somebody has to do is told once; why nothing else happens, to those who ask for more."""
        known, now = self._told.get(zone, frozenset()), set()
        for wait in waits:
            mark = (wait.key, wait.record, wait.after, wait.rule)
            now.add(mark)
            if mark not in known and (is_for_operator(wait) or self.verbosity):
                self._say("waits", f"{wait.key}: {wait.reason}", zone, key=wait.key, rule=wait.rule, until=wait.until)
        self._told[zone] = frozenset(now)

    def failed(self, zone: bytes, error: Exception, retry_in: float | None) -> None:
        later = "" if retry_in is None else f"; trying again in {retry_in:.0f} s"
        self._say("failed", reason_of(error) + later, zone, retry_in=retry_in)

    def configured(self, config: Config, again: bool) -> None:
        for warning in config.warnings:
            self._say("warning", warning)
        for zone in config.zones.values():
            for warning in without_effect(zone):
                self._say("warning", warning, zone.name)
        if again or self.verbosity:
            self._say("configured", f"configuration {'reloaded' if again else 'loaded'}, {len(config.zones)} zones")

    def refused(self, error: Exception) -> None:
        self._say("refused", f"the configuration can't be used, the one before stays: {reason_of(error)}")

    def trouble(self, error: Exception) -> None:
        """Something that concerns no zone has failed, and is tried again."""
        self.troubled = True
        self._say("failed", reason_of(error))

    # ---- of a signing

    def report(self, line: str) -> None:
        self.detail(2, line)

    def warn(self, text: str) -> None:
        self._say("warning", text.strip(), self._zone)

    remark = warn

    def note(self, text: str) -> None:
        for line in text.splitlines():
            if line.strip():
                self._say("warning", line.strip(), self._zone)

    def detail(self, level: int, line: str) -> None:
        if level <= self.verbosity:
            self._say("detail", line.strip(), self._zone)

    def _say(self, event: str, text: str, zone: bytes = b"", **facts: Any) -> None:
        name = names.to_message(zone) if zone else None
        if self.as_json:
            told = {"time": round(self.clock(), 3), "event": event, "zone": name, "message": text, **facts}
            line = json.dumps({key: value for key, value in told.items() if value is not None})
        else:
            line = f"{self.program}: {f'zone {name}: ' if name else ''}{_word(event)}{text}"
        with suppress(OSError):  # a log that can't be written is no reason to let zones expire
            self.stream.write(line + "\n")
            self.stream.flush()


def _word(event: str) -> str:
    """What a line of text begins with where that is not clear from the rest."""
    return {"failed": "error: ", "warning": "warning: ", "refused": "error: ", "waits": "waiting: "}.get(event, "")
