"""The future of a zone's keys: what a forecast says is what happens."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from fastsign.kasp.policy import DAY, HOUR
from fastsign.rollover.forecast import forecast
from rollover_scene import CSK, KSK, START, ZSK, Zone, letters, policy

YEARLY, MONTHLY = replace(KSK, lifetime=365 * DAY), replace(ZSK, lifetime=90 * DAY)


def test_a_forecast_says_what_happens_to_a_zone():
    rules = policy(YEARLY, MONTHLY)
    timeline = forecast(rules, (), START, START + 800 * DAY, ds_delay=1, zone="example.")
    lived = Zone(rules)
    lived.run(800 * DAY)
    changes = [(done, change) for done in lived.steps for change in done.changes]
    told = [event for event in timeline.events if event.record in ("dnskey", "zrrsig", "krrsig", "ds")]
    assert len(told) == len(changes)
    assert [(event.record, event.before, event.after) for event in told] == [
        (change.record, change.before, change.after) for _, change in changes
    ]
    assert [letters(subject.key) for subject in timeline.subjects][-1] == letters(lived.keys[-1])


def test_the_keys_given_are_not_changed():
    zone = Zone(policy(YEARLY, MONTHLY)).settle()
    before = zone.keys
    timeline = forecast(zone.policy, before, zone.now, zone.now + 400 * DAY)
    assert zone.keys == before
    assert [subject.label for subject in timeline.subjects][:2] == [f"{key.role} {key.tag}" for key in before]


def test_keys_that_are_still_to_be_made_have_placeholders():
    timeline = forecast(policy(YEARLY, MONTHLY), (), START, START + 200 * DAY, zone="example.")
    assert [(subject.key.name, subject.label, subject.new) for subject in timeline.subjects[:3]] == [
        ("Kexample.+013+new1", "new KSK 1", True),
        ("Kexample.+013+new2", "new ZSK 1", True),
        ("Kexample.+013+new3", "new ZSK 2", True),
    ]
    assert all("KSK 0" not in wait.reason for wait in timeline.waits)


def test_a_slow_parent_holds_a_ksk_rollover_up():
    zone = Zone(policy(YEARLY, MONTHLY)).settle()
    done = {}
    for delay in (HOUR, 10 * DAY):
        timeline = forecast(zone.policy, zone.keys, zone.now, zone.now + 500 * DAY, ds_delay=delay)
        asked = next(event.moment for event in timeline.events if event.record == "ds" and event.after == "rumoured")
        done[delay] = next(one.since for one in timeline.delegations[1:]) - asked
    assert done == {HOUR: HOUR, 10 * DAY: 10 * DAY}


def test_the_ds_rrset_is_never_empty_once_it_is_there():
    timeline = forecast(policy(replace(CSK, lifetime=60 * DAY)), (), START, START + 700 * DAY, ds_delay=DAY)
    spans = timeline.delegations
    assert len(spans) > 5
    assert all(one.until == other.since for one, other in pairwise(spans))
    assert spans[-1].until == timeline.ends


def test_going_insecure_ends_without_ds_and_keys():
    zone = Zone(policy(CSK)).settle()
    insecure = replace(policy(CSK), name="insecure", keys=())
    timeline = forecast(insecure, zone.keys, zone.now, zone.now + 60 * DAY, ds_delay=DAY)
    assert timeline.delegations[-1].until == zone.now + DAY
    assert all(span.until < timeline.ends for span in timeline.spans)


def test_spans_of_a_record_follow_each_other():
    timeline = forecast(policy(YEARLY, MONTHLY), (), START, START + 400 * DAY)
    for subject in timeline.subjects:
        for record in ("dnskey", "zrrsig", "krrsig", "ds"):
            mine = [span for span in timeline.spans if (span.key, span.record) == (subject.key.name, record)]
            assert all(one.until == other.since for one, other in pairwise(mine))


def test_manual_mode_is_looked_ahead_of_as_if_the_operator_agreed():
    manual = replace(policy(CSK), manual_mode=True)
    assert forecast(manual, (), START, START + 30 * DAY).delegations
