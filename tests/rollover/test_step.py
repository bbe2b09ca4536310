"""One zone under the default policy and under KSK and ZSK, with BIND's own formulas."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY, HOUR, MINUTE
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.commands import checkds, rollover_now
from fastsign.rollover.outcome import Observations
from rollover_scene import CSK, KSK, START, ZSK, Zone, key, letters, policy

IPUB = 2 * HOUR + 5 * MINUTE
IRET_ZSK = 10 * DAY + HOUR + 5 * MINUTE
FIRST_SIGNED = DAY + 5 * MINUTE + HOUR  # max-zone-ttl, zone-propagation-delay, retire-safety
DS_KNOWN = DAY + 2 * HOUR  # parent-ds-ttl, parent-propagation-delay, retire-safety


def test_first_key_of_the_default_policy():
    zone = Zone(policy(), parent_follows=False)
    first = zone.step()
    (key,) = first.made
    assert (key.role, letters(key), key.ttl) == ("CSK", "O:RRRH", 3600)
    times = key.times
    assert (times.publish, times.activate, times.inactive, times.delete) == (START, START, None, None)
    assert times.sync_publish == START + FIRST_SIGNED
    assert first.next_event == START + IPUB
    assert first.log == (f"keymgr: DNSKEY example/ECDSAP256SHA256/{key.tag} (CSK) created for policy mine",)


def test_first_key_becomes_known_and_waits_for_its_ds():
    zone = Zone(policy(), parent_follows=False)
    seen = []
    for _ in range(3):
        done = zone.step()
        seen.append((zone.now - START, letters(zone.keys[0])))
        zone.now = done.next_event
    assert seen == [(0, "O:RRRH"), (IPUB, "O:OROH"), (FIRST_SIGNED, "O:OOOR")]
    assert done.next_event == START + FIRST_SIGNED + HOUR  # it looks again
    (wait,) = done.waits
    assert (wait.record, wait.rule, wait.until) == ("ds", "parent", None)
    zone.keys = checkds(zone.keys, zone.policy, zone.now, True)
    done = zone.step()
    assert (letters(zone.keys[0]), done.next_event) == ("O:OOOR", zone.now + DS_KNOWN)
    zone.now += DS_KNOWN
    done = zone.step()
    assert (letters(zone.keys[0]), done.next_event, done.waits) == ("O:OOOO", None, ())


def test_zsk_rollover_takes_what_bind_says():
    zone = Zone(policy(KSK, replace(ZSK, lifetime=60 * DAY))).settle()
    old = next(key for key in zone.keys if key.zsk)
    assert old.times.inactive == START + 60 * DAY
    assert old.times.delete == old.times.inactive + IRET_ZSK
    zone.now = old.times.inactive - IPUB
    published = zone.step()
    (new,) = published.made
    assert (new.predecessor, zone.key(old.tag).successor) == (old.tag, new.tag)
    assert (new.times.publish, new.times.activate) == (zone.now, old.times.inactive)
    assert (letters(zone.key(old.tag)), letters(new)) == ("H:OO--", "O:RH--")
    events = []
    for _ in range(3):
        zone.now = zone.steps[-1].next_event
        zone.step()
        events.append((zone.now - old.times.inactive, letters(zone.key(old.tag)), letters(zone.key(new.tag))))
    assert events == [
        (0, "H:OU--", "O:OR--"),
        (IRET_ZSK, "H:UH--", "O:OO--"),
        (IRET_ZSK + HOUR + 5 * MINUTE, "H:HH--", "O:OO--"),
    ]
    assert zone.steps[-1].next_event == new.times.activate + 60 * DAY - IPUB


def test_ksk_rollover_waits_for_both_ds():
    zone = Zone(policy(replace(KSK, lifetime=60 * DAY), ZSK)).settle()
    old = next(key for key in zone.keys if key.ksk)
    zone.now = old.times.inactive - IPUB
    zone.parent_follows = False
    (new,) = zone.step().made
    assert (letters(zone.key(old.tag)), letters(new)) == ("H:O-OO", "O:R-RH")
    zone.now = old.times.inactive
    done = zone.step()
    assert (letters(zone.key(old.tag)), letters(zone.key(new.tag))) == ("H:O-OU", "O:O-OR")
    assert {(wait.key, wait.rule) for wait in done.waits if wait.record == "ds"} == {
        (old.name, "parent"),
        (new.name, "parent"),
    }
    zone.keys = checkds(zone.keys, zone.policy, zone.now, True, new.tag)
    zone.keys = checkds(zone.keys, zone.policy, zone.now, False, old.tag)
    zone.now += DS_KNOWN
    zone.step()
    assert (letters(zone.key(old.tag)), letters(zone.key(new.tag))) == ("H:U-UH", "O:O-OO")
    zone.now += HOUR + 5 * MINUTE
    zone.step()
    assert (letters(zone.key(old.tag)), letters(zone.key(new.tag))) == ("H:H-HH", "O:O-OO")


def test_csk_rollover_ends_with_one_csk():
    zone = Zone(policy(replace(CSK, lifetime=90 * DAY))).settle()
    old = zone.keys[0]
    zone.run(80 * DAY)
    assert set(zone.states().values()) == {"H:HHHH", "O:OOOO"}
    assert zone.key(old.tag).state.goal == "hidden"


def test_rollover_by_hand():
    zone = Zone(policy()).settle()
    (old,) = zone.keys
    zone.keys = rollover_now(zone.keys, zone.policy, old.tag, None, zone.now, zone.now)
    assert zone.keys[0].times.inactive == zone.now + IPUB
    (new,) = zone.step().made
    assert (new.times.publish, new.times.activate) == (zone.now, zone.now + IPUB)
    assert (letters(zone.key(old.tag)), letters(new)) == ("H:OOOO", "O:RHRH")


@pytest.mark.parametrize("rules", [(CSK,), (KSK, ZSK)])
def test_keys_are_purged_long_after_they_are_hidden(rules):
    zone = Zone(policy(*[replace(rule, lifetime=60 * DAY) for rule in rules], purge_keys=20 * DAY)).run(400 * DAY)
    assert len(zone.keys) <= 2 * len(rules)
    purged = [key for done in zone.steps for key in done.purged]
    assert purged
    assert {letters(key) for key in purged} <= {"H:HHHH", "H:H-HH", "H:HH--"}


def test_no_key_is_purged_whose_dnskey_is_still_there():
    zone = Zone(policy(purge_keys=DAY)).settle()
    gone = key(7, CSK, "HHHH", goal="H", times=KeyTimes(publish=START, dnskey_change=START))
    zone.keys += (gone,)
    zone.seen = Observations(published=frozenset({gone.identity}))
    assert zone.step().purged == ()
    zone.seen = Observations()
    assert [one.tag for one in zone.step().purged] == [7]


def test_the_next_event_may_be_the_rollover_of_a_key_just_made():
    zone = Zone(policy(replace(CSK, lifetime=3 * HOUR), zone_propagation_delay=0))
    assert zone.step().next_event == START + HOUR
    zone = Zone(policy(KSK, replace(ZSK, lifetime=60 * DAY), KSK))
    zone.run(5 * DAY)
    assert zone.steps[-1].next_event == START + 60 * DAY - IPUB  # whatever the lines below it want


def test_changes_count_from_when_the_zone_is_in_place():
    zone = Zone(policy())
    done = zone.step()
    (settled,) = done.settled(START + 100)
    assert settled.times.dnskey_change == settled.times.krrsig_change == settled.times.zrrsig_change == START + 100
    assert settled.times.ds_change == START  # nothing has happened to it
    zone.keys, zone.now = (settled,), START + IPUB
    assert zone.step().next_event == START + IPUB + 100
