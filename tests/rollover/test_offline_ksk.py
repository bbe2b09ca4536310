"""offline-ksk: ZSKs that follow their times, and KSKs that nobody looks at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY, HOUR, MINUTE
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.key import NO_STATE
from fastsign.rollover.step import step
from rollover_scene import KSK, START, ZSK, key, letters, policy

POLICY = policy(KSK, replace(ZSK, lifetime=60 * DAY), offline_ksk=True)
DNSKEY_REACH, ZONE_REACH = HOUR + 5 * MINUTE, DAY + 5 * MINUTE
TIMES = KeyTimes(
    created=START - DAY,
    publish=START,
    activate=START + 2 * DAY,
    inactive=START + 60 * DAY,
    delete=START + 70 * DAY,
)


def no_key(rule, now):
    raise AssertionError("no key is made")


@pytest.mark.parametrize(
    ("now", "states", "following"),
    [
        (-1, "H:HH--", 0),
        (0, "O:RH--", DNSKEY_REACH),
        (DNSKEY_REACH, "O:OH--", 2 * DAY),
        (2 * DAY, "O:OR--", 2 * DAY + ZONE_REACH),
        (2 * DAY + ZONE_REACH, "O:OO--", 60 * DAY),
        (60 * DAY, "H:OU--", 60 * DAY + ZONE_REACH),
        (60 * DAY + ZONE_REACH, "H:OH--", 70 * DAY),
        (70 * DAY, "H:UH--", 70 * DAY + DNSKEY_REACH),
        (70 * DAY + DNSKEY_REACH, "H:HH--", None),
    ],
)
def test_a_zsk_follows_its_times(now, states, following):
    one = replace(key(1, ZSK, goal=None, times=TIMES), state=NO_STATE)
    done = step(POLICY, [one], START + now, make_key=no_key)
    (after,) = done.keys
    assert letters(after) == states
    assert done.next_event == (None if following is None else START + following)
    assert step(POLICY, [after], START + now, make_key=no_key).keys == (after,)


def test_changes_have_their_time():
    one = key(1, ZSK, "OH--", times=TIMES._replace(dnskey_change=START, zrrsig_change=START))
    done = step(POLICY, [one], START + 4 * DAY, make_key=no_key)
    assert [(change.record, change.before, change.after) for change in done.changes] == [
        ("zrrsig", "hidden", "omnipresent")
    ]
    assert (done.keys[0].times.dnskey_change, done.keys[0].times.zrrsig_change) == (START, START + 4 * DAY)


def test_a_ksk_and_a_key_in_stock_are_left_alone():
    ksk, stock = key(1, KSK, "H-HH", times=TIMES), key(2, ZSK, goal=None, times=KeyTimes(created=START))
    done = step(POLICY, [ksk, stock], START + 3 * DAY, make_key=no_key)
    assert done.keys == (ksk, stock)
    assert (done.changes, done.waits, done.next_event) == ((), (), None)
