"""Keys that come under a policy with times alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY, HOUR, MINUTE
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.initial import with_states
from fastsign.rollover.key import NO_STATE, OMNIPRESENT
from fastsign.rollover.timing import Intervals
from rollover_scene import CSK, KSK, START, ZSK, key, letters, policy

INTERVALS = Intervals.of(policy())
DNSKEY_REACH, ZONE_REACH, DS_REACH = HOUR + 5 * MINUTE, DAY + 5 * MINUTE, DAY + HOUR


def initial(rule=CSK, *, alone=False, known=False, **ago):
    """The states of a key whose times were so long ago."""
    one = key(1, rule, goal=None, times=KeyTimes(created=START, **{field: START - age for field, age in ago.items()}))
    one = one if known else replace(one, state=NO_STATE)
    return with_states(one, INTERVALS, START, alone=alone)


@pytest.mark.parametrize(
    ("ago", "states"),
    [
        ({}, "H:HHHH"),
        ({"publish": -1, "activate": -1}, "H:HHHH"),
        ({"publish": 0}, "O:RHRH"),
        ({"publish": DNSKEY_REACH - 1}, "O:RHRH"),
        ({"publish": DNSKEY_REACH}, "O:OHOH"),
        ({"publish": DAY, "activate": ZONE_REACH - 1}, "O:OROH"),
        ({"publish": DAY, "activate": ZONE_REACH}, "O:OOOR"),  # there may be a DS that nobody has told of
        ({"publish": DAY, "activate": ZONE_REACH, "sync_publish": -1}, "O:OOOH"),
        ({"activate": ZONE_REACH}, "O:HOHH"),
        ({"publish": DAY, "activate": 9 * DAY, "sync_publish": DS_REACH - 1}, "O:OOOR"),
        ({"publish": DAY, "activate": 9 * DAY, "sync_publish": DS_REACH}, "O:OOOO"),
        ({"publish": DAY, "activate": 9 * DAY, "inactive": ZONE_REACH - 1}, "H:OUOU"),
        ({"publish": DAY, "activate": 9 * DAY, "sync_publish": 3 * DAY, "inactive": ZONE_REACH}, "H:OHOU"),
        ({"publish": 9 * DAY, "inactive": 3 * DAY, "delete": DNSKEY_REACH - 1}, "H:UHUH"),
        ({"publish": 9 * DAY, "inactive": 3 * DAY, "delete": DNSKEY_REACH}, "H:HHHH"),
    ],
)
def test_states_by_times(ago, states):
    assert letters(initial(**ago, known=True)) == states


@pytest.mark.parametrize(("rule", "states"), [(KSK, "O:R-RH"), (ZSK, "O:RH--")])
def test_only_what_belongs_to_the_role_has_a_state(rule, states):
    assert letters(initial(rule, publish=0)) == states


def test_changes_count_from_now():
    times = initial(publish=5 * DAY).times
    assert (times.dnskey_change, times.krrsig_change, times.ds_change) == (START, START, START)


def test_states_that_are_there_stay():
    one = key(1, CSK, "U-OO", goal="H", times=KeyTimes(publish=START, activate=START))
    assert letters(with_states(one, INTERVALS, START)) == "H:UROO"


def test_the_only_key_of_a_zone_is_a_csk_unless_it_says_otherwise():
    lone = replace(initial(KSK), state=NO_STATE)
    one = with_states(lone, INTERVALS, START, alone=True)
    assert (one.ksk, one.zsk, one.state.ksk, one.state.zsk) == (True, True, True, True)
    assert letters(initial(KSK, alone=True, known=True)) == "H:H-HH"
    assert letters(initial(ZSK, alone=True, known=True)) == "H:HH--"


def test_roles_are_written_down():
    one = initial(ZSK)
    assert (one.state.ksk, one.state.zsk) == (False, True)


def test_nothing_is_done_twice():
    one = initial(publish=0)
    assert with_states(one, INTERVALS, START + DAY) == one
    assert initial(publish=0).state.goal == OMNIPRESENT
