"""Random lives of a zone, and not one bogus second in any of them.

`make simulate-long` plays ten thousand (FASTSIGN_SCHEDULES); each has a number, and `schedule(number)` is it again.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY
from fastsign.rollover.key import HIDDEN, OMNIPRESENT, RUMOURED, UNRETENTIVE
from fastsign.rollover.step import step
from rollover.schedule_cases import schedule
from rollover.schedule_world import START, Life, settled
from rollover.validator_model import NONE

COUNT = int(os.environ.get("FASTSIGN_SCHEDULES", "200"))
PASSES = 150 if COUNT <= 200 else 500  # of each, at most
SHARES = 20  # among processes

EDGES = {
    (HIDDEN, RUMOURED),
    (RUMOURED, OMNIPRESENT),
    (OMNIPRESENT, UNRETENTIVE),
    (RUMOURED, UNRETENTIVE),
    (UNRETENTIVE, HIDDEN),
    (UNRETENTIVE, RUMOURED),
}


def watched(policy, keys, now, seen, **options):
    """A step that is looked at."""
    done = step(policy, keys, now, seen, **options)
    before = {key.name: key for key in keys}
    for change in done.changes:
        assert (change.before, change.after) in EDGES
    assert {key.name for key in (*done.keys, *done.purged)} == {*before, *(key.name for key in done.made)}
    assert not {key.name for key in done.made} & before.keys()
    tags = [(key.algorithm, tag) for key in done.keys for tag in (key.tag, key.revoked_tag)]
    assert len(tags) == len(set(tags))
    for key in done.purged:
        states = {key.state.dnskey, key.state.zrrsig, key.state.krrsig, key.state.ds}
        assert states <= {HIDDEN, None}
        assert key.identity not in seen.published
    assert done.next_event is None or done.next_event > now
    assert all(wait.reason and (wait.until is None or wait.until > now) for wait in done.waits)
    return done


def play(number, one):
    life = Life(one, watched).play()
    found = life.world.bogus()
    assert not found, f"schedule {number}: {found[0]} ({found[0].since - START} after the start)"
    return life


def always_secure(one):
    return all(policy.keys for _, policy in one.policies)


@pytest.mark.parametrize("share", range(SHARES))
def test_no_schedule_has_a_bogus_second(share):
    for number in range(share, COUNT, SHARES):
        one = replace(schedule(number), passes=PASSES)
        life = play(number, one)
        secured = False
        for _, ds, _ in life.world.delegations:
            assert not secured or ds != NONE or not always_secure(one), f"schedule {number} loses its DS"
            secured = secured or ds != NONE


@pytest.mark.parametrize("number", range(0, 240, 20))
def test_whatever_happened_the_zone_comes_to_rest(number):
    one = schedule(number)
    last = one.policies[-1][1]
    lines = tuple(replace(rule, lifetime=0) for rule in last.keys)
    calm = replace(last, name="calm", keys=lines, manual_mode=False)
    begins = min(one.until, 60 * DAY)
    policies = [entry for entry in one.policies if entry[0] < begins]
    rolls = tuple(entry for entry in one.rolls if entry[0] < begins)
    one = replace(
        one, policies=(*policies, (begins, calm)), rolls=rolls, until=begins + 200 * DAY, passes=3000, poll=DAY
    )
    life = play(number, one)
    assert settled(life), [wait.reason for wait in life.passes[-1][2].waits]
