"""What 'rndc dnssec -status' tells of a zone's keys, as facts (dns_keymgr_status)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fastsign.kasp.policy import Policy
from fastsign.rollover import lifetime
from fastsign.rollover.key import (
    DNSKEY,
    DS,
    HIDDEN,
    KRRSIG,
    OMNIPRESENT,
    RUMOURED,
    UNRETENTIVE,
    ZRRSIG,
    Key,
)
from fastsign.rollover.outcome import NOTHING_SEEN, Observations
from fastsign.rollover.timing import Intervals

Phase = Literal["yes", "scheduled", "no"]
_IN_USE = (RUMOURED, OMNIPRESENT)

# What comes next for a key, in BIND's words.
NEXT, RETIRES, DUE, UNSCHEDULED, RETIRED, REMOVED = (
    "Next rollover scheduled on",
    "Key will retire on",
    "Rollover is due since",
    "No rollover scheduled",
    "Key is retired, will be removed on",
    "Key has been removed from the zone",
)


@dataclass(frozen=True, slots=True)
class Use:
    """yes, since *when*; scheduled for *when*; or no."""

    phase: Phase
    when: int | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes next for a key: *what*, one of the phrases above, and *when* if it takes a time."""

    what: str
    when: int | None = None


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One key. None: that is not its job."""

    key: Key
    published: Use
    key_signing: Use | None
    zone_signing: Use | None
    outlook: Outlook | None  # None of a key that has never been active, or of whose removal nothing is known
    states: tuple[tuple[str, str], ...]  # label and state, in BIND's order; what the key has not is left out


def status(policy: Policy, keys: Sequence[Key], now: int, seen: Observations = NOTHING_SEEN) -> tuple[KeyStatus, ...]:
    """Every key that has been used or is going to be, in the order given. Keys in stock are left out."""
    intervals = Intervals.of(policy, seen)
    return tuple(_of_key(key, intervals, now) for key in keys if not key.is_unused)


def _of_key(key: Key, intervals: Intervals, now: int) -> KeyStatus:
    times = key.times
    return KeyStatus(
        key=key,
        published=_use(key.state.dnskey, times.publish, now),
        key_signing=_use(key.state.krrsig, times.publish, now) if key.ksk else None,
        zone_signing=_use(key.state.zrrsig, times.activate, now) if key.zsk else None,
        outlook=_outlook(key, intervals, now),
        states=_states(key),
    )


def _use(state: str | None, when: int | None, now: int) -> Use:
    if state in _IN_USE:
        return Use("yes", when)
    return Use("scheduled", when) if when is not None and now < when else Use("no")


def _outlook(key: Key, intervals: Intervals, now: int) -> Outlook | None:
    times = key.times
    since, ends = (times.activate, times.inactive) if key.zsk else (times.publish, times.delete)
    signing = key.state_of(ZRRSIG if key.zsk else KRRSIG)
    if not since:
        return None
    if key.state.goal == HIDDEN and signing in (UNRETENTIVE, HIDDEN):
        if key.state.dnskey not in _IN_USE:
            return Outlook(REMOVED)
        return None if times.delete is None else Outlook(RETIRED, times.delete)
    if ends is None:
        return Outlook(UNSCHEDULED)
    if now >= ends:
        return Outlook(DUE, ends)
    if key.state.goal != OMNIPRESENT:
        return Outlook(RETIRES, ends)
    _, publish = lifetime.scheduled(key, ends - since, intervals, now)
    return Outlook(NEXT, publish)


def _states(key: Key) -> tuple[tuple[str, str], ...]:
    labelled = (
        ("goal", key.state.goal),
        ("dnskey", key.state_of(DNSKEY)),
        ("ds", key.state_of(DS)),
        ("zone rrsig", key.state_of(ZRRSIG)),
        ("key rrsig", key.state_of(KRRSIG)),
    )
    return tuple((label, state) for label, state in labelled if state is not None)
