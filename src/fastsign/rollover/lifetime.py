"""The times of a key's life: when it retires, is removed, and needs a successor."""

from __future__ import annotations

from fastsign.rollover.key import HIDDEN, Key
from fastsign.rollover.timing import Intervals, plus


def with_removal(key: Key, intervals: Intervals) -> Key:
    """The key to be removed Iret after it retires."""
    if key.times.inactive is None:
        return key
    return key.with_times(delete=plus(key.times.inactive, intervals.retire(key)))


def retiring_at(key: Key, moment: int, intervals: Intervals) -> Key:
    return with_removal(key.with_times(inactive=moment), intervals)


def with_lifetime(key: Key, lifetime: int, intervals: Intervals, now: int) -> Key:
    """The key with the lifetime that its policy gives it now; a key that is on its way out keeps what it had."""
    if key.state.lifetime is None:
        return key.with_state(lifetime=lifetime)
    if not key.is_wanted or key.state.lifetime == lifetime:
        return key
    key = key.with_state(lifetime=lifetime)
    if lifetime == 0:
        return key.with_times(inactive=None, delete=None)
    since = now if key.times.activate is None else key.times.activate
    return retiring_at(key, plus(since, lifetime), intervals)


def with_sync_publish(key: Key, intervals: Intervals, *, first: bool) -> Key:
    """The key with the time when its DS may go to the parent; with a zone's first key, only once all is signed."""
    if not key.ksk or key.times.publish is None:
        return key
    wait = intervals.publish(key)
    if first:
        wait = max(wait, intervals.first_signed())
    return key.with_times(sync_publish=plus(key.times.publish, wait))


def retired(key: Key, intervals: Intervals, now: int) -> Key:
    """The key on its way out, from now at the latest."""
    if key.times.inactive is None or key.times.inactive > now:
        key = key.with_times(inactive=now)
    return with_removal(key.with_state(goal=HIDDEN), intervals)


def scheduled(key: Key, lifetime: int, intervals: Intervals, now: int) -> tuple[Key, int | None]:
    """An active key with all its times, and when its successor is to be published; None if it needs none.

    keymgr_prepublication_time, which looks like a question and answers some by itself.
    """
    if key.times.activate is None:
        key = key.with_times(activate=now)
    if key.times.publish is None:
        key = key.with_times(publish=now)
    if key.times.sync_publish is None:
        key = with_sync_publish(key, intervals, first=key.predecessor is None)
    if key.times.inactive is None:
        if key.state.lifetime is None:
            key = key.with_state(lifetime=lifetime)
        if not key.state.lifetime:
            return key, None
        key = key.with_times(inactive=plus(key.times.activate or now, key.state.lifetime))
    key = with_removal(key, intervals)
    retires, lead = key.times.inactive or now, intervals.publish(key)
    return key, retires - lead if lead <= retires else now
