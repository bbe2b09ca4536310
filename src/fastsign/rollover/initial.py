"""States of a key that has none yet, from its times: how a key comes under a policy (keymgr_key_init)."""

from __future__ import annotations

from dataclasses import replace

from fastsign.rollover.key import (
    DNSKEY,
    DS,
    HIDDEN,
    KRRSIG,
    OMNIPRESENT,
    RECORDS,
    RUMOURED,
    UNRETENTIVE,
    ZRRSIG,
    Key,
)
from fastsign.rollover.timing import Intervals


def with_states(key: Key, intervals: Intervals, now: int, *, alone: bool = False) -> Key:
    """The key with a role, a goal and a state for each of its records; none that it has is overwritten.

    *alone*: it is the only DNSKEY of its zone, so it signs everything, unless its state file says otherwise.
    """
    key = _with_roles(key, alone)
    if key.state.goal and all(key.state_of(record) or not _has(key, record) for record in RECORDS):
        return key
    guessed = by_times(key, intervals, now)
    if key.state.goal is None:
        key = key.with_state(goal=guessed["goal"])
    for record in RECORDS:
        if key.state_of(record) is None and _has(key, record):
            key = key.moved(record, guessed[record], now)
    return key


def _with_roles(key: Key, alone: bool) -> Key:
    ksk = key.ksk or (alone and key.state.ksk is None)
    zsk = key.zsk or (alone and key.state.zsk is None)
    if (key.state.ksk, key.state.zsk) == (ksk, zsk):
        return key
    return replace(key, ksk=ksk, zsk=zsk).with_state(ksk=ksk, zsk=zsk)


def _has(key: Key, record: str) -> bool:
    return {DNSKEY: True, ZRRSIG: key.zsk, KRRSIG: key.ksk, DS: key.ksk}[record]


def by_times(key: Key, intervals: Intervals, now: int) -> dict[str, str]:
    """Goal and states of a key by its times alone, the later ones overriding the earlier."""
    times = key.times
    dnskey_reach, zone_reach, ds_reach = intervals.dnskey_reach(key), intervals.zone_reach(), intervals.ds_reach()
    guessed = dict.fromkeys(("goal", *RECORDS), HIDDEN)

    def by(moment: int | None, reach: int, during: str, after: str) -> str | None:
        """The state that something is in since *moment*; None if that is still to come."""
        if moment is None or moment > now:
            return None
        return after if moment + reach <= now else during

    if signing := by(times.activate, zone_reach, RUMOURED, OMNIPRESENT):
        guessed |= {ZRRSIG: signing, "goal": OMNIPRESENT}
    if published := by(times.publish, dnskey_reach, RUMOURED, OMNIPRESENT):
        guessed |= {DNSKEY: published, KRRSIG: published, "goal": OMNIPRESENT}
    if announced := by(times.sync_publish, ds_reach, RUMOURED, OMNIPRESENT):
        guessed |= {DS: announced, "goal": OMNIPRESENT}
    elif times.sync_publish is None and guessed[DNSKEY] == guessed[ZRRSIG] == OMNIPRESENT:
        guessed[DS] = RUMOURED  # a key so long in use is likely to have one: it may not be taken for none
    if retired := by(times.inactive, zone_reach, UNRETENTIVE, HIDDEN):
        guessed |= {ZRRSIG: retired, DS: UNRETENTIVE, "goal": HIDDEN}
    if removed := by(times.delete, dnskey_reach, UNRETENTIVE, HIDDEN):
        guessed |= {DNSKEY: removed, KRRSIG: removed, ZRRSIG: HIDDEN, DS: HIDDEN, "goal": HIDDEN}
    return guessed
