"""offline-ksk: the ZSKs go by their times, for which the KSK, elsewhere, has signed ahead (dns_keymgr_offline)."""

from __future__ import annotations

from fastsign.rollover import initial
from fastsign.rollover.key import DNSKEY, ZRRSIG, Key
from fastsign.rollover.outcome import Change
from fastsign.rollover.work import Work


def follow_times(work: Work) -> None:
    """Each ZSK in the state that its times ask for now. Nothing is made, rolled or purged, and no KSK is looked at."""
    for at, key in enumerate(work.keys):
        if key.zsk and not key.ksk and key.has_secret and not key.is_unused:
            work.keys[at] = _followed(work, key)
            _expect_changes(work, key)


def _followed(work: Work, key: Key) -> Key:
    key = initial.with_states(key, work.intervals, work.now)
    wanted = initial.by_times(key, work.intervals, work.now)
    key = key.with_state(goal=wanted["goal"])
    for record in (DNSKEY, ZRRSIG):
        before = key.state_of(record) or ""
        if before != wanted[record]:
            work.changes.append(Change(key.name, record, before, wanted[record]))
            key = key.moved(record, wanted[record], work.now)
    return key


def _expect_changes(work: Work, key: Key) -> None:
    """Every moment to come at which a time passes or has reached all caches."""
    dnskey_reach, zone_reach = work.intervals.dnskey_reach(key), work.intervals.zone_reach()
    times = key.times
    for moment, reach in (
        (times.publish, dnskey_reach),
        (times.activate, zone_reach),
        (times.inactive, zone_reach),
        (times.delete, dnskey_reach),
    ):
        if moment is not None:
            for event in (moment, moment + reach):
                if event > work.now:
                    work.expect(event)
