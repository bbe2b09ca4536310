"""When a change is due, by the policy's intervals and by what has been seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY, HOUR, MINUTE
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.key import DNSKEY, DS, HIDDEN, KRRSIG, OMNIPRESENT, RECORDS, RUMOURED, UNRETENTIVE, ZRRSIG
from fastsign.rollover.outcome import NOTHING_SEEN, Observations
from fastsign.rollover.timing import Intervals, due
from rollover_scene import CSK, KSK, START, ZSK, key, policy

POLICY = policy(
    dnskey_ttl=HOUR // 2,
    max_zone_ttl=3 * HOUR,
    parent_ds_ttl=5 * HOUR,
    parent_propagation_delay=7 * MINUTE,
    publish_safety=11 * MINUTE,
    retire_safety=13 * MINUTE,
    zone_propagation_delay=17 * MINUTE,
    signatures_validity=10 * DAY,
    signatures_refresh=3 * DAY,
)
CHANGED = KeyTimes(dnskey_change=START, zrrsig_change=START, krrsig_change=START, ds_change=START)
DSGN = 7 * DAY


def when(record, state, seen=NOTHING_SEEN, now=START + 10, *others, **fields):
    one = key(1, CSK, "OOOO", times=CHANGED, **fields)
    return due(Intervals.of(POLICY, seen), (one, *others), 0, record, state, now) - START


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("state", [RUMOURED, UNRETENTIVE])
def test_uncertain_states_are_entered_at_once(record, state):
    assert when(record, state) == 10


@pytest.mark.parametrize(
    ("record", "state", "wait"),
    [
        (DNSKEY, OMNIPRESENT, HOUR + 28 * MINUTE),  # the TTL of the key's file
        (KRRSIG, OMNIPRESENT, HOUR + 28 * MINUTE),
        (DNSKEY, HIDDEN, HOUR + 17 * MINUTE),
        (KRRSIG, HIDDEN, HOUR + 17 * MINUTE),
        (ZRRSIG, OMNIPRESENT, 3 * HOUR + 30 * MINUTE),
        (ZRRSIG, HIDDEN, 3 * HOUR + 30 * MINUTE),
    ],
)
def test_the_policys_intervals(record, state, wait):
    assert when(record, state) == wait


@pytest.mark.parametrize("relation", [{"predecessor": 2}, {"successor": 2}])
def test_signatures_that_are_replaced_bit_by_bit_take_longer(relation):
    assert when(ZRRSIG, OMNIPRESENT, **relation) == DSGN + 3 * HOUR + 30 * MINUTE
    assert when(ZRRSIG, HIDDEN, **relation) == DSGN + 3 * HOUR + 30 * MINUTE


def test_signatures_of_a_stranger_are_replaced_bit_by_bit_too():
    def wait(other):
        return when(ZRRSIG, OMNIPRESENT, NOTHING_SEEN, START, other)

    assert wait(key(2, ZSK, "OO--")) == wait(key(2, ZSK, "OU--")) == DSGN + 3 * HOUR + 30 * MINUTE
    assert wait(key(2, ZSK, "OH--")) == wait(key(2, KSK, "O-OO")) == 3 * HOUR + 30 * MINUTE
    assert wait(key(2, replace(ZSK, algorithm=8), "OO--")) == 3 * HOUR + 30 * MINUTE


def test_a_zone_signed_anew_at_once_need_not_wait_for_its_signatures_to_run_out():
    one = key(1, CSK, "OROO", times=CHANGED._replace(signature_publish=START + 5), predecessor=2)
    intervals = Intervals.of(POLICY)
    assert due(intervals, [one], 0, ZRRSIG, OMNIPRESENT, START + 10) == START + 5 + 3 * HOUR + 30 * MINUTE
    for moment in (START - 1, START + 11):  # of an earlier change, or still to come
        other = one.with_times(signature_publish=moment)
        assert due(intervals, [other], 0, ZRRSIG, OMNIPRESENT, START + 10) == START + DSGN + 3 * HOUR + 30 * MINUTE


@pytest.mark.parametrize(("state", "field"), [(OMNIPRESENT, "ds_publish"), (HIDDEN, "ds_delete")])
def test_a_ds_waits_for_the_parent(state, field):
    one = key(1, CSK, "OOOR", times=CHANGED)
    intervals, now = Intervals.of(POLICY), START + 10
    assert due(intervals, [one], 0, DS, state, now) == now + HOUR
    assert due(intervals, [one.with_times(**{field: now + 1})], 0, DS, state, now) == now + HOUR
    seen = one.with_times(**{field: now - 5})
    assert due(intervals, [seen], 0, DS, state, now) == now - 5 + 5 * HOUR + 20 * MINUTE


def test_the_largest_ttl_that_caches_may_hold_counts():
    seen = Observations(zone_ttl=2 * DAY, dnskey_ttl=6 * HOUR, ds_ttl=9 * HOUR)
    assert when(DNSKEY, OMNIPRESENT, seen) == 6 * HOUR + 28 * MINUTE
    assert when(ZRRSIG, HIDDEN, seen) == 2 * DAY + 30 * MINUTE
    assert Intervals.of(POLICY, seen).ds_reach() == 9 * HOUR + 7 * MINUTE
    smaller = Observations(zone_ttl=60, dnskey_ttl=60, ds_ttl=60)
    for record in (DNSKEY, KRRSIG, ZRRSIG):
        assert when(record, OMNIPRESENT, smaller) == when(record, OMNIPRESENT)
    assert Intervals.of(POLICY, smaller).ds_reach() == Intervals.of(POLICY).ds_reach()


def test_a_zone_without_a_highest_ttl_is_taken_to_have_a_week():
    assert Intervals.of(replace(POLICY, max_zone_ttl=0)).zone_reach() == 7 * DAY + 17 * MINUTE


def test_a_change_without_a_time_counts_from_now():
    one = key(1, CSK, "ROOO")
    assert due(Intervals.of(POLICY), [one], 0, DNSKEY, OMNIPRESENT, START) == START + HOUR + 28 * MINUTE


def test_what_changes_now_is_everywhere_after_now_even_without_delays():
    none = replace(POLICY, dnskey_ttl=0, zone_propagation_delay=0, publish_safety=0)
    one = key(1, CSK, "ROOO", times=CHANGED)
    assert due(Intervals.of(none), [replace(one, ttl=0)], 0, DNSKEY, OMNIPRESENT, START) == START + 1


def test_a_raised_ttl_counts_before_the_key_has_it():
    raised = Intervals.of(replace(POLICY, dnskey_ttl=DAY))
    assert raised.publish(key(1)) == DAY + 28 * MINUTE


def test_signatures_made_under_a_longer_validity_are_waited_for() -> None:
    before = Intervals.of(POLICY).policy.signing_delay
    seen = Observations(signatures_validity=POLICY.signatures_validity + 5 * DAY)
    assert Intervals.of(POLICY, seen).policy.signing_delay == before + 5 * DAY
    assert Intervals.of(POLICY, Observations(signatures_validity=1)).policy.signing_delay == before


def leaving(*signers, ds="O", others=("OO--",)):
    """When the DNSKEY of a CSK may go, of a zone with RRsets that are signed by these sets of tags."""
    gone = key(1, CSK, f"OHO{ds}", times=CHANGED)
    rest = [key(number, ZSK, states) for number, states in enumerate(others, start=2)]
    sets = frozenset(frozenset((13, tag) for tag in tags) for tags in signers)
    return due(Intervals.of(POLICY, Observations(signers=sets)), [gone, *rest], 0, DNSKEY, UNRETENTIVE, START) - START


def test_a_dnskey_stays_while_it_alone_has_signed_what_caches_may_have() -> None:
    assert leaving({1}) == leaving({2}, {1}) == HOUR
    assert leaving() == leaving({2}) == leaving({1, 2}) == leaving({1, 2}, {2}) == 0


def test_another_signer_counts_once_every_validator_can_have_its_dnskey() -> None:
    assert [leaving({1, 2}, others=(states,)) for states in ("RO--", "UU--", "HU--")] == [HOUR] * 3
    assert leaving({1, 2}, others=("OU--",)) == 0
    assert leaving({1, 3}, others=("OO--", "UH--")) == HOUR


def test_nobody_needs_a_dnskey_of_a_zone_that_no_ds_points_to() -> None:
    assert leaving({1}, ds="H") == 0
