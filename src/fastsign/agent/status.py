"""What there is to tell of a zone after a pass: one object that feeds the log, the metrics and the exit code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fastsign.agent.marks import Marks
from fastsign.rollover.key import Key
from fastsign.rollover.outcome import Change, Step, Wait

Deed = Literal["signed", "unsigned", "unchanged", "none", "failed"]

_OPERATOR = ("parent", "manual")  # rules of a Wait that somebody has to do something about


@dataclass(frozen=True, slots=True)
class Outcome:
    """One pass over one zone. Moments are seconds since 1970."""

    zone: bytes  # wire form
    deed: Deed
    path: str = ""  # of the signed zone
    serial: int | None = None
    keys: tuple[Key, ...] = ()
    changes: tuple[Change, ...] = ()  # of the keys' states
    waits: tuple[Wait, ...] = ()
    generated: int = 0  # signatures made
    retained: int = 0  # signatures kept
    expires: int | None = None  # when the first signature ends
    next_event: int | None = None  # of the keys
    due: int | None = None  # when there is something to do again: a key's event or a signature's end
    last_success: int | None = None
    read: Marks = field(default_factory=dict)  # the files that the zone was read from, as they were
    problems: tuple[str, ...] = ()  # what went wrong, though the zone is as good as it can be
    log: tuple[str, ...] = ()  # what happened to the keys, in BIND's words

    @property
    def actions_waiting(self) -> int:
        """What waits for a person: a DS to be handed to the parent, a step to be allowed."""
        return sum(map(is_for_operator, self.waits))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a pass would do."""

    before: tuple[Key, ...]  # the keys as they are
    step: Step  # that would be taken; the keys that it makes are none
    path: str  # of the signed zone
    reasons: tuple[str, ...]  # why the zone would be published again; none: it would not
    due: int | None  # when it is to be signed again, with nothing changed
    problems: tuple[str, ...]
    interrupted: bool  # the last pass was, and the next one finishes it first


def is_for_operator(wait: Wait) -> bool:
    return wait.rule in _OPERATOR
