"""Which keys a policy's lines have: active and excess keys, stock, tags, lost and absent keys, manual mode."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.errors import RolloverError
from fastsign.kasp.policy import DAY, HOUR, MINUTE
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.outcome import Observations
from fastsign.rollover.step import step
from fastsign.rollover.succession import matches
from rollover_scene import CSK, KSK, START, ZSK, Zone, key, letters, policy

IPUB = 2 * HOUR + 5 * MINUTE
USED = KeyTimes(created=START - DAY, publish=START - DAY, activate=START - DAY)
ROLLED = replace(ZSK, lifetime=60 * DAY)


@pytest.mark.parametrize(
    "other",
    [
        {"algorithm": 14},
        {"bits": 384},
        {"ksk": False},
        {"zsk": False},
        {"store": "hsm"},
        {"tag_min": 101},
        {"tag_max": 227},  # it may be revoked one day
    ],
)
def test_a_key_matches_in_all_respects(other):
    one = key(100, CSK)
    assert matches(CSK, one)
    assert matches(replace(CSK, tag_min=100, tag_max=228), one)
    assert not matches(replace(CSK, **other), one)


def test_a_key_of_no_use_retires():
    zone = Zone(policy(KSK, ZSK)).settle()
    odd = key(7, replace(ZSK, algorithm=14, bits=384), "OO--", times=USED)
    zone.keys += (odd,)
    done = zone.step()
    assert letters(zone.key(7)) == "H:UU--"  # nobody has a DS of its algorithm
    assert zone.key(7).times.inactive == zone.now
    assert f"keymgr: retire DNSKEY {odd.label} (ZSK)" in done.log


def test_the_first_of_two_keys_that_serve_the_same_end_stays():
    zone = Zone(policy(KSK, ZSK)).settle()
    extra = key(7, ZSK, "OO--", times=USED)
    serving = next(one for one in zone.keys if one.zsk)
    zone.keys += (extra,)
    zone.step()
    assert zone.key(serving.tag).state.goal == "omnipresent"
    assert letters(zone.key(7)) == "H:UU--"  # all is signed by the other one too
    zone.run(30 * DAY)
    assert letters(zone.key(7)) == "H:HH--"


def test_keys_in_a_rollover_are_no_excess():
    zone = Zone(policy(KSK, ROLLED)).settle()
    zone.now = START + 60 * DAY - IPUB
    zone.step()
    before = zone.keys
    zone.now += MINUTE
    zone.step()
    assert zone.keys == before


def test_excess_keys_stay_until_a_rollover_is_over():
    zone = Zone(policy(KSK, ROLLED)).settle()
    zone.now = START + 60 * DAY - IPUB
    zone.step()
    zone.keys += (key(7, ZSK, "OO--", times=USED),)
    zone.step()
    assert letters(zone.key(7)) == "O:OO--"
    zone.run(20 * DAY)
    assert zone.key(7).state.goal == "hidden"


def test_two_lines_alike_keep_two_keys():
    zone = Zone(policy(KSK, ZSK, replace(ZSK, lifetime=0))).settle()
    zone.keys += (key(7, ZSK, "OO--", times=USED),)
    zone.step()
    assert zone.key(7).state.goal == "omnipresent"


def test_a_key_from_stock_is_taken_before_one_is_made():
    zone = Zone(policy(KSK, ROLLED)).settle()
    stock = replace(key(7, ZSK, goal=None, times=KeyTimes(created=START)), ttl=0)
    other = key(8, KSK, goal=None, times=KeyTimes(created=START))
    zone.keys = (*zone.keys, other, stock)
    zone.step()
    assert (letters(zone.key(7)), letters(zone.key(8))) == ("H:HH--", "H:H-HH")
    assert zone.key(7).is_unused
    zone.now = START + 60 * DAY - IPUB
    done = zone.step()
    assert done.made == ()
    assert letters(zone.key(7)) == "O:RH--"
    assert (zone.key(7).ttl, zone.key(7).state.lifetime) == (3600, 60 * DAY)
    assert f"keymgr: DNSKEY {stock.label} (ZSK) selected for policy mine" in done.log


def test_a_key_in_stock_for_another_policy_stays_there():
    zone = Zone(policy(KSK, ZSK, purge_keys=DAY)).settle()
    zone.keys += (key(7, replace(ZSK, algorithm=14, bits=384), goal=None, times=KeyTimes(created=START)),)
    zone.step()
    zone.run(30 * DAY)
    assert zone.key(7).is_unused


def test_a_late_successor_gets_its_full_lead():
    zone = Zone(policy(KSK, ROLLED)).settle()
    zone.now = START + 70 * DAY
    (new,) = zone.step().made
    assert (new.times.publish, new.times.activate) == (zone.now, zone.now + IPUB)
    assert new.times.inactive == zone.now + IPUB + 60 * DAY


def test_a_taken_tag_is_tried_again():
    tags = iter([7, 135, 7 - 128 + 65536, 500])  # a tag, a revoked one, one that would be it once revoked
    here = key(7, KSK, "O-OO", times=USED)

    def make(rule, now):
        return key(next(tags), rule, goal=None)

    done = step(policy(KSK, ZSK), [here], START, make_key=make)
    assert [one.tag for one in done.made] == [500]
    assert [line for line in done.log if "collision" in line] == [
        f"keymgr: key collision id {tag}" for tag in (7, 135, 65415)
    ]


def test_no_tag_is_taken_that_another_signer_has():
    tags = iter([600, 601])
    seen = Observations(published=frozenset({(13, 600)}), foreign=frozenset({(13, 600)}))
    done = step(policy(), [], START, seen, make_key=lambda rule, now: key(next(tags), rule, goal=None))
    assert [one.tag for one in done.made] == [601]


def test_tags_stay_in_their_range():
    tags = iter([50, 1999, 1900, 1500])
    rule = replace(CSK, tag_min=1000, tag_max=2000)
    done = step(policy(rule), [], START, make_key=lambda rule, now: key(next(tags), rule, goal=None))
    assert [one.tag for one in done.made] == [1500]


def test_a_range_without_a_free_tag_is_an_error():
    rule = replace(CSK, tag_min=1000, tag_max=1100)
    with pytest.raises(RolloverError, match="no CSK with a free tag between 1000 and 1100"):
        step(policy(rule), [], START, make_key=lambda rule, now: key(1050, rule, goal=None))


# ---- keys that are not where they should be


def test_no_key_is_made_in_place_of_one_whose_files_are_missing():
    zone = Zone(policy()).settle()
    (lost,) = zone.keys
    zone.keys, zone.seen = (), Observations(published=frozenset({lost.identity}))
    done = zone.step()
    assert (done.keys, done.made) == ((), ())
    assert "some key files are missing" in done.log[0]
    assert f"the zone has DNSKEY {lost.tag} of algorithm 13" in done.refusals[0]
    assert len(zone.step(force=True).made) == 1  # the operator has been asked


def test_a_lost_key_keeps_stock_from_use_and_keys_from_being_rolled():
    zone = Zone(policy(KSK, ROLLED)).settle()
    zone.seen = Observations(published=frozenset({one.identity for one in zone.keys} | {(13, 9)}))
    zone.keys += (key(7, ZSK, goal=None, times=KeyTimes(created=START)),)
    zone.now = START + 60 * DAY
    done = zone.step()
    assert (done.made, len(done.refusals)) == ((), 1)
    assert zone.key(7).is_unused
    assert not [one for one in zone.keys if one.successor]


@pytest.mark.parametrize(
    "seen",
    [
        Observations(published=frozenset({(8, 9)})),  # of another algorithm
        Observations(published=frozenset({(13, 9)}), foreign=frozenset({(13, 9)})),  # another signer's
        Observations(published=frozenset({(13, 50000)})),  # out of range
    ],
)
def test_other_dnskeys_of_the_zone_keep_nothing_from_being_made(seen):
    zone = Zone(policy(replace(CSK, tag_max=32767)), seen=seen)
    assert len(zone.step().made) == 1


def test_an_absent_secret_stays_as_it_is_and_is_not_rolled():
    zone = Zone(policy(replace(KSK, lifetime=60 * DAY), ZSK)).settle()
    ksk = next(one for one in zone.keys if one.ksk)
    zone.keys = tuple(replace(one, has_secret=not one.ksk) for one in zone.keys)
    zone.now = START + 60 * DAY
    done = zone.step()
    assert done.made == ()
    assert zone.key(ksk.tag) == replace(ksk, has_secret=False)
    assert f"keymgr: DNSKEY {ksk.label} (KSK) is offline in policy mine, cannot start rollover" in done.log


def test_a_retired_key_without_its_secret_waits_for_it():
    zone = Zone(policy(KSK, ZSK)).settle()
    zone.keys += (key(7, ZSK, "OU--", goal="H", times=USED, has_secret=False),)
    done = zone.step()
    assert letters(zone.key(7)) == "H:OU--"
    assert {(wait.rule, wait.asks_operator) for wait in done.waits} == {("offline", True)}


# ---- manual mode


def manual(*rules):
    return Zone(policy(*rules, manual_mode=True))


def test_manual_mode_makes_no_key_unasked():
    zone = manual(CSK)
    done = zone.step()
    assert (done.keys, done.next_event) == ((), None)
    assert done.refusals == ("policy mine is in manual mode: run 'dnssec -step' to have a CSK made",)
    assert len(zone.step(force=True).made) == 1


def test_manual_mode_goes_on_only_with_what_has_begun():
    zone = manual(CSK)
    zone.step(force=True)
    zone.run(3 * DAY)
    assert letters(zone.keys[0]) == "O:OOOH"
    done = zone.step()
    (wait,) = done.waits
    assert (wait.record, wait.rule) == ("ds", "manual")
    label = zone.keys[0].label
    assert done.log == (
        f"keymgr-manual-mode: block transition CSK {label} type DS state HIDDEN to state RUMOURED",
    )  # fmt: skip
    zone.step(force=True)
    assert letters(zone.keys[0]) == "O:OOOR"
    zone.run(3 * DAY)
    assert letters(zone.keys[0]) == "O:OOOO"


def test_manual_mode_rolls_no_key_unasked():
    zone = Zone(policy(KSK, ROLLED)).settle()
    zone.policy = replace(zone.policy, manual_mode=True)
    zone.now = START + 60 * DAY
    old = next(one for one in zone.keys if one.zsk)
    done = zone.step()
    assert done.log == (f"keymgr-manual-mode: block ZSK rollover for key {old.label} (policy mine)",)
    assert len(zone.step(force=True).made) == 1


def test_manual_mode_retires_no_key_unasked():
    zone = Zone(policy()).settle()
    (old,) = zone.keys
    zone.policy = replace(zone.policy, keys=(replace(CSK, algorithm=14, bits=384),), manual_mode=True)
    done = zone.step()
    assert letters(zone.key(old.tag)) == "O:OOOO"
    assert done.log == (
        f"keymgr-manual-mode: block retire DNSKEY {old.label} (CSK)",
        "keymgr-manual-mode: block new key generation for zone example (policy mine)",
    )
    zone.step(force=True)
    assert sorted(zone.states().values()) == ["H:OOOO", "O:RRRH"]
