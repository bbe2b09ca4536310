"""Schedules in which validators would have found the zone bogus, as small as they could be made, and the reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY, HOUR, KeyRule, Policy
from fastsign.rollover import rules, timing, transitions
from rollover.schedule_cases import schedule
from rollover.schedule_world import Life, Schedule

CSK, KSK, ZSK = KeyRule(True, True, 13, 256), KeyRule(True, False, 13, 256), KeyRule(False, True, 13, 256)


def policy(*keys, **options):
    return Policy("mine", keys, **options)


LONG = {"signatures_validity": 30 * DAY, "signatures_refresh": 12 * DAY}
SHORT = {"signatures_validity": 3 * DAY, "signatures_refresh": 2 * DAY, "max_zone_ttl": HOUR}
WEEK = {"signatures_validity": 7 * DAY, "signatures_refresh": 4 * DAY, "max_zone_ttl": HOUR}

# The agent was down when the last signatures of the old ZSK were due: caches have them for a TTL from when it is back.
LATE = Schedule(
    ((0, policy(KSK, replace(ZSK, lifetime=30 * DAY), **WEEK)),),
    until=90 * DAY,
    late=(60 * HOUR, 0, 60, 0, 62 * HOUR, 60, 0, HOUR),
    ttls=((0, (300, HOUR)),),
    edits=(True,),
)

# Signatures made for thirty days are not due for long when the policy's new ones are for three.
SHORTER_VALIDITY = Schedule(
    ((0, policy(CSK, **LONG, max_zone_ttl=HOUR)), (30 * HOUR, policy(replace(CSK, lifetime=5 * DAY), **SHORT))),
    until=40 * DAY,
)

# The same when both keys have been signing for a while, so that none of them is on its way out.
BOTH_SIGN = Schedule(
    ((0, policy(KSK, ZSK, **WEEK)), (5 * HOUR, policy(CSK, **SHORT))), until=30 * DAY, ttls=((0, (300, HOUR)),)
)

# The parent has the DS of the first key while the second follows it and is followed by a third, unseen.
SLOW_PARENT = Schedule(
    (
        (0, policy(CSK, max_zone_ttl=HOUR, parent_propagation_delay=0)),
        (34 * HOUR, policy(replace(KSK, lifetime=156 * HOUR), ZSK, dnskey_ttl=DAY, parent_ds_ttl=300)),
    ),
    until=20 * DAY,
    parent=(DAY, 7 * DAY),
    poll=DAY,
)

# A pair of keys makes way for a CSK and that for a pair while the pair's ZSKs follow each other: what the CSK alone has
# signed is still about when rule 3 holds by the two ZSKs, of which one takes the other's place.
THREE_SIGNERS = 5799  # its number: five minutes that only random times have hit


@pytest.mark.parametrize("one", [LATE, SHORTER_VALIDITY, BOTH_SIGN], ids=["late", "validity", "both"])
def test_signatures_that_are_late_are_waited_for(one, monkeypatch):
    assert Life(one).play().world.bogus() == []
    monkeypatch.setattr(timing, "_is_late", lambda *_: False)
    monkeypatch.setattr(timing, "is_relied_on", lambda *_: False)
    assert Life(one).play().world.bogus()


def test_the_dnskey_of_a_third_signer_stays_while_caches_need_it(monkeypatch):
    assert Life(schedule(THREE_SIGNERS)).play().world.bogus() == []
    monkeypatch.setattr(timing, "is_relied_on", lambda *_: False)
    assert Life(schedule(THREE_SIGNERS)).play().world.bogus()


def test_a_ds_that_never_was_at_the_parent_is_no_base_for_anything(monkeypatch):
    assert Life(SLOW_PARENT).play().world.bogus() == []
    right = rules.View.swaps
    monkeypatch.setattr(rules.View, "swaps", lambda *args, had_ds=False: right(*args, had_ds=False))
    monkeypatch.setattr(transitions, "_is_relied_on", lambda *args: False)
    assert Life(SLOW_PARENT).play().world.bogus()
