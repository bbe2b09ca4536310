"""What an operator can say of a zone's keys: that a DS is there or gone, and that a key is to be rolled."""

from __future__ import annotations

from collections.abc import Sequence

from fastsign.errors import RolloverError
from fastsign.kasp.policy import Policy
from fastsign.rollover.key import RUMOURED, UNRETENTIVE, Key
from fastsign.rollover.timing import Intervals, plus

# BIND's words (isc_result_totext).
NO_MATCH, TOO_MANY, NOT_ACTIVE = "no matching key found", "too many keys matching", "key is not actively signing"


def checkds(
    keys: Sequence[Key],
    policy: Policy,
    when: int,
    published: bool,
    tag: int | None = None,
    algorithm: int | None = None,
) -> tuple[Key, ...]:
    """The keys, one of which has had its DS seen at the parent since *when*, or seen to be gone.

    RolloverError unless exactly one KSK is meant: NO_MATCH, TOO_MANY. *policy* is not asked, as with BIND.
    """
    chosen = _the_one([key for key in keys if key.ksk], tag, algorithm, "-key id")
    changed = (
        chosen.with_times(ds_publish=when).with_state(ds=RUMOURED)
        if published
        else chosen.with_times(ds_delete=when).with_state(ds=UNRETENTIVE)
    )
    return _replaced(keys, chosen, changed)


def rollover_now(
    keys: Sequence[Key], policy: Policy, tag: int, algorithm: int | None, when: int, now: int
) -> tuple[Key, ...]:
    """The keys, one of which retires so that its successor is published at *when*.

    RolloverError unless exactly one key is meant, and that is in use: NO_MATCH, TOO_MANY, NOT_ACTIVE.
    """
    chosen = _the_one(keys, tag, algorithm, "-alg algorithm")
    if chosen.times.activate is None or chosen.times.activate > now:
        raise RolloverError(f"key {tag}: {NOT_ACTIVE}", NOT_ACTIVE)
    retires = plus(when, Intervals.of(policy).publish(chosen))
    return _replaced(keys, chosen, chosen.with_times(inactive=retires))


def _the_one(keys: Sequence[Key], tag: int | None, algorithm: int | None, hint: str) -> Key:
    chosen = [
        key
        for key in keys
        if (tag is None or key.tag == tag) and (algorithm is None or key.algorithm == algorithm)
    ]  # fmt: skip
    if not chosen:
        raise RolloverError(NO_MATCH if tag is None else f"key {tag}: {NO_MATCH}", NO_MATCH)
    if len(chosen) > 1:
        raise RolloverError(f"multiple possible keys found, retry command with {hint}", TOO_MANY)
    return chosen[0]


def _replaced(keys: Sequence[Key], chosen: Key, changed: Key) -> tuple[Key, ...]:
    return tuple(changed if key is chosen else key for key in keys)
