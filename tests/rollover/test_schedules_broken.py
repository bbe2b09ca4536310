"""The judge can fail: with a rule switched off or an interval cut short, some schedule has a bogus second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY, KeyRule, Policy
from fastsign.rollover import rules, timing
from fastsign.rollover.timing import Intervals
from rollover.schedule_world import Life, Schedule

KSK, ZSK = KeyRule(True, False, 13, 256), KeyRule(False, True, 13, 256)
CSK, OTHER_CSK = KeyRule(True, True, 13, 256), KeyRule(True, True, 8, 2048)


def one(*policies, **options):
    """Changes and rollovers of one zone, with all that takes long in the world taking as long as the policy says."""
    settings = {
        "until": 250 * DAY, "ttls": ((0, (300, DAY)),), "ds_ttl": DAY, "edits": (True,), "report": (0,), "passes": 400,
    }  # fmt: skip
    return Schedule(tuple(policies), **{**settings, **options})


def policy(*keys, **options):
    return Policy("mine", keys, **{"publish_safety": 0, "retire_safety": 0, **options})


ROLLS = one((0, policy(replace(KSK, lifetime=60 * DAY), replace(ZSK, lifetime=40 * DAY))))
CSK_ROLLS = one((0, policy(replace(CSK, lifetime=60 * DAY))))
ALGORITHM = one((0, policy(CSK)), (20 * DAY, policy(OTHER_CSK)))
INSECURE = one((0, policy(CSK)), (20 * DAY, Policy("insecure", ())))
SCENES = [ROLLS, CSK_ROLLS, ALGORITHM, INSECURE]


def bogus(*schedules):
    return [found for scene in schedules for found in Life(scene).play().world.bogus()]


def test_nothing_is_bogus_as_it_is():
    assert bogus(*SCENES) == []


def short(name):
    """An interval of nothing."""
    return lambda monkeypatch: monkeypatch.setattr(Intervals, name, lambda *_: 0)


def without_rule(number):
    right = rules.holds
    return lambda monkeypatch: monkeypatch.setattr(
        rules, "holds", lambda rule, *rest: rule == number or right(rule, *rest)
    )


def without_signing_delay(monkeypatch):
    monkeypatch.setattr(timing, "_shares_signing", lambda *_: False)
    monkeypatch.setattr(timing, "_is_late", lambda *_: False)
    monkeypatch.setattr(timing, "is_relied_on", lambda *_: False)


BREAKS = {
    "the DNSKEY RRset is waited for too shortly": short("dnskey_reach"),
    "the zone's RRsets are waited for too shortly": short("zone_reach"),
    "the DS RRset is waited for too shortly": short("ds_reach"),
    "signatures are supposed to be made anew at once": without_signing_delay,
    "rule 2 is off": without_rule(2),
    "rule 3 is off": without_rule(3),
}


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_step_is_found(how, monkeypatch):
    BREAKS[how](monkeypatch)
    assert bogus(*SCENES)
