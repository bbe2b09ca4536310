"""A policy that changes, also in the middle of a rollover: lifetimes, algorithms, roles, TTLs, and no DNSSEC at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY, HOUR, MINUTE
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.key import NO_STATE
from fastsign.rollover.outcome import Observations
from rollover_scene import CSK, KSK, START, ZSK, Zone, key, letters, policy

IPUB = 2 * HOUR + 5 * MINUTE
NEW_CSK = replace(CSK, algorithm=14, bits=384)


def test_a_lifetime_that_is_given_changed_and_taken_away():
    zone = Zone(policy()).settle()
    for lifetime, inactive in ((365 * DAY, START + 365 * DAY), (90 * DAY, START + 90 * DAY), (0, None)):
        zone.policy = policy(replace(CSK, lifetime=lifetime))
        done = zone.step()
        (one,) = zone.keys
        assert (one.state.lifetime, one.times.inactive, one.times.delete is None) == (lifetime, inactive, not inactive)
        assert done.next_event == (None if inactive is None else inactive - IPUB)


def test_a_lifetime_that_is_over_already_starts_a_rollover():
    zone = Zone(policy()).settle()
    zone.policy = policy(replace(CSK, lifetime=20 * DAY))
    (new,) = zone.step().made
    assert (new.times.publish, new.times.activate) == (zone.now, zone.now + IPUB)


def test_a_key_on_its_way_out_keeps_its_times():
    zone = Zone(policy(replace(CSK, lifetime=60 * DAY))).run(60 * DAY)
    old = next(one for one in zone.keys if not one.is_wanted)
    zone.policy = policy(replace(CSK, lifetime=365 * DAY))
    zone.step()
    assert (zone.key(old.tag).state.lifetime, zone.key(old.tag).times.inactive) == (60 * DAY, old.times.inactive)


def test_algorithm_rollover_step_by_step():
    """Both algorithms sign until the DS has been swapped (RFC 6781 section 4.1.4)."""
    zone = Zone(policy()).settle()
    (old,) = zone.keys
    zone.policy, changed, seen = policy(NEW_CSK), zone.now, []
    zone.step()
    (new,) = zone.steps[-1].made
    assert (new.predecessor, zone.key(old.tag).successor) == (None, None)
    for _ in range(20):
        row = (letters(zone.key(old.tag)), letters(zone.key(new.tag)))
        if not seen or seen[-1][1:] != row:
            seen.append((zone.now - changed, *row))
        if zone.steps[-1].next_event is None:
            break
        zone.now = zone.steps[-1].next_event
        zone.step()
    swapped = DAY + HOUR + 5 * MINUTE
    done = swapped + DAY + 2 * HOUR + HOUR  # the parent is asked again after an hour
    assert seen == [
        (0, "H:OOOO", "O:RRRH"),
        (IPUB, "H:OOOO", "O:OROH"),
        (swapped, "H:OOOU", "O:OOOR"),
        (done - HOUR, "H:UUUH", "O:OOOO"),
        (done - HOUR + HOUR + 5 * MINUTE, "H:HUHH", "O:OOOO"),
        (done - HOUR + swapped, "H:HHHH", "O:OOOO"),
    ]


def test_from_csk_to_ksk_and_zsk_old_signatures_may_stay_until_it_is_their_turn():
    zone = Zone(policy()).settle()
    (old,) = zone.keys
    zone.policy, changed = policy(KSK, ZSK), zone.now
    zone.step()
    ksk, zsk = zone.steps[-1].made
    zone.run(IPUB)
    assert (letters(zone.key(ksk.tag)), letters(zone.key(zsk.tag))) == ("O:O-OR", "O:OR--")
    zone.run(10 * DAY + HOUR + 5 * MINUTE - 1)  # Dsgn, though neither key is the other's successor
    assert letters(zone.key(zsk.tag)) == "O:OR--"
    zone.run(1)
    assert letters(zone.key(zsk.tag)) == "O:OO--"
    zone.run(30 * DAY)
    assert letters(zone.key(old.tag)) == "H:HHHH"
    assert zone.key(old.tag).times.inactive == changed


def test_going_insecure_takes_the_ds_away_first():
    zone = Zone(policy(KSK, ZSK), parent_follows=False).settle()
    zone.parent_follows = True
    zone.run(5 * DAY)
    zone.policy, zone.parent_follows = replace(policy(), keys=(), max_zone_ttl=0), False
    zone.step()
    assert sorted(zone.states().values()) == ["H:O-OU", "H:OO--"]
    zone.run(30 * DAY)
    assert sorted(zone.states().values()) == ["H:O-OU", "H:OO--"]  # the parent has not said that it is gone
    zone.follow()
    zone.run(DAY + 2 * HOUR)
    assert sorted(zone.states().values()) == ["H:U-UH", "H:UU--"]
    zone.run(20 * DAY)
    assert sorted(zone.states().values()) == ["H:H-HH", "H:HH--"]


def test_back_to_secure_before_the_ds_is_gone():
    zone = Zone(policy(), parent_follows=False).settle()
    zone.follow()
    zone.run(5 * DAY)
    secure, (old,) = zone.policy, zone.keys
    zone.policy = replace(secure, keys=())
    zone.step()
    zone.policy = secure
    zone.step()
    (new,) = zone.steps[-1].made
    assert (letters(zone.key(old.tag)), letters(new)) == ("H:OOOU", "O:RRRH")
    zone.parent_follows = True
    zone.run(60 * DAY)
    assert sorted(zone.states().values()) == ["H:HHHH", "O:OOOO"]


def test_keys_from_before_the_policy_stay_until_the_parent_has_let_go_of_their_ds():
    """Keys of dnssec-keygen have no time for their DS, and the policy wants another algorithm."""
    long_ago = KeyTimes(created=START - 90 * DAY, publish=START - 90 * DAY, activate=START - 90 * DAY)
    ksk, zsk = (replace(key(tag, rule, times=long_ago), state=NO_STATE) for tag, rule in ((1, KSK), (2, ZSK)))
    zone = Zone(policy(NEW_CSK), (ksk, zsk), parent_follows=False)
    zone.run(60 * DAY)
    assert (letters(zone.key(1)), letters(zone.key(2))) == ("H:O-OU", "H:OO--")
    assert {wait.key for wait in zone.steps[-1].waits if wait.rule == "parent"} >= {ksk.name}
    zone.parent_follows = True
    zone.run(60 * DAY)
    assert sorted(zone.states().values()) == ["H:H-HH", "H:HH--", "O:OOOO"]


@pytest.mark.parametrize("day", range(0, 14, 2))
def test_another_algorithm_in_the_middle_of_a_rollover_ends_with_one_key(day):
    zone = Zone(policy(replace(CSK, lifetime=60 * DAY))).settle()
    zone.run(29 * DAY + day * DAY)
    zone.policy = policy(NEW_CSK)
    zone.run(80 * DAY)
    (last,) = [one for one in zone.keys if letters(one) == "O:OOOO"]
    assert last.algorithm == 14
    assert {letters(one) for one in zone.keys if one is not last} == {"H:HHHH"}


def test_lowered_ttls_are_waited_for():
    zone = Zone(policy(KSK, replace(ZSK, lifetime=60 * DAY), dnskey_ttl=2 * DAY)).settle()
    zone.policy = replace(zone.policy, dnskey_ttl=300)
    zone.seen = Observations(dnskey_ttl=2 * DAY)
    zone.step()
    assert {one.ttl for one in zone.keys} == {300}
    lead = 2 * DAY + HOUR + 5 * MINUTE
    assert zone.steps[-1].next_event == START + 60 * DAY - lead
    zone.now = zone.steps[-1].next_event
    assert len(zone.step().made) == 1
    assert zone.steps[-1].next_event == zone.now + lead


def test_a_line_whose_keys_all_retire_before_they_were_of_use_gets_another():
    """No DS has been seen yet, so nothing is taken away; the policy turns away from a roll, and back."""
    pair, rolled = policy(KSK, replace(ZSK, lifetime=0)), policy(KSK, replace(ZSK, lifetime=12 * DAY))
    zone = Zone(pair, parent_follows=False)
    zone.step()
    zone.now += 12 * DAY
    for one in (rolled, policy(CSK), pair):
        zone.policy = one
        zone.step()
        zone.now += HOUR
    zone.parent_follows = True
    zone.run(120 * DAY)
    assert sorted(key.role for key in zone.keys if key.is_wanted) == ["KSK", "ZSK"]
    assert zone.steps[-1].waits == ()
