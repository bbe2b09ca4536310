"""The facts of 'rndc dnssec -status', and the sentences about what has to wait."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.policy import DAY, HOUR, MINUTE
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.outcome import Observations
from fastsign.rollover.status import (
    DUE,
    NEXT,
    REMOVED,
    RETIRED,
    RETIRES,
    UNSCHEDULED,
    KeyStatus,
    Outlook,
    Use,
    status,
)
from fastsign.rollover.waits import waits
from rollover_scene import CSK, KSK, START, ZSK, Zone, key, policy

ENDS = KeyTimes(created=START, publish=START, activate=START, inactive=START + DAY, delete=START + 9 * DAY)


def of(rule=ZSK, states="OO--", goal="O", now=START + HOUR, **times) -> KeyStatus:
    one = key(1, rule, states, goal, times=ENDS._replace(**times))
    (facts,) = status(policy(KSK, ZSK), [one], now)
    return facts


def test_a_new_key():
    zone = Zone(policy(KSK, ZSK))
    zone.step()
    ksk, zsk = status(zone.policy, zone.keys, START)
    since = Use("yes", START)
    assert (ksk.published, ksk.key_signing, ksk.zone_signing) == (since, since, None)
    assert (zsk.published, zsk.key_signing, zsk.zone_signing) == (since, None, since)
    assert ksk.outlook == zsk.outlook == Outlook(UNSCHEDULED)
    assert ksk.states == (
        ("goal", "omnipresent"),
        ("dnskey", "rumoured"),
        ("ds", "hidden"),
        ("key rrsig", "rumoured"),
    )
    assert [label for label, _ in zsk.states] == ["goal", "dnskey", "zone rrsig"]


def test_a_key_in_stock_is_left_out():
    assert status(policy(), [key(1, goal=None, times=KeyTimes(created=START))], START) == ()


@pytest.mark.parametrize(
    ("facts", "outlook"),
    [
        (of(), Outlook(NEXT, START + DAY - 2 * HOUR - 5 * MINUTE)),
        (of(goal="H"), Outlook(RETIRES, START + DAY)),
        (of(now=START + DAY), Outlook(DUE, START + DAY)),
        (of(inactive=None), Outlook(UNSCHEDULED)),
        (of(states="OU--", goal="H"), Outlook(RETIRED, START + 9 * DAY)),
        (of(states="OU--", goal="H", delete=None), None),
        (of(states="UH--", goal="H"), Outlook(REMOVED)),
        (of(activate=None), None),
        (of(KSK, "O-OO", delete=None), Outlook(UNSCHEDULED)),  # a KSK ends when it is removed
        (of(KSK, "O-OO", goal="H"), Outlook(RETIRES, START + 9 * DAY)),
    ],
)
def test_what_comes_next(facts, outlook):
    assert facts.outlook == outlook


def test_what_is_scheduled():
    later = of(states="HH--", now=START - HOUR)
    assert (later.published, later.zone_signing) == (Use("scheduled", START), Use("scheduled", START))
    assert of(states="HH--").published == Use("no")


def test_a_parent_is_waited_for_in_words_to_act_on():
    zone = Zone(policy(), parent_follows=False).settle()
    (one,) = zone.keys
    (wait,) = waits(zone.policy, zone.keys, zone.now)
    assert (wait.key, wait.record, wait.before, wait.after) == (one.name, "ds", "rumoured", "omnipresent")
    assert wait.asks_operator
    assert wait.reason == (
        f"the DS of CSK {one.tag} has not been seen at the parent: "
        f"once it is there, run 'fastsign dnssec -checkds -key {one.tag} published example'"
    )


def test_every_wait_has_its_rule_and_its_date():
    zone = Zone(policy(KSK, replace(ZSK, lifetime=60 * DAY)))
    zone.step()
    found = {(wait.record, wait.rule, wait.until and wait.until - START) for wait in zone.steps[-1].waits}
    ipub, signed = 2 * HOUR + 5 * MINUTE, DAY + HOUR + 5 * MINUTE
    assert found == {
        ("dnskey", "time", ipub),
        ("krrsig", "time", ipub),
        ("zrrsig", "time", signed),
        ("ds", "policy", None),
    }
    assert not any(wait.asks_operator for wait in zone.steps[-1].waits)
    zone.now += ipub
    (ds,) = [wait for wait in zone.step().waits if wait.record == "ds"]
    assert (ds.rule, ds.until) == ("rule 3 (3f-3i)", None)
    assert "algorithm 13" in ds.reason


def test_a_dnskey_that_signatures_need_says_so_and_when_it_is_looked_at_again():
    gone, heir = key(1, ZSK, "OH--", "H"), key(2, ZSK, "OO--")
    ksk = key(3, KSK, "O-OO")
    seen = Observations(signers=frozenset({frozenset({gone.identity}), frozenset({heir.identity})}))
    (wait,) = waits(policy(KSK, ZSK), [ksk, gone, heir], START, seen)
    assert (wait.key, wait.record, wait.after) == (gone.name, "dnskey", "unretentive")
    assert (wait.rule, wait.until) == ("rule 3 (3f-3i)", START + HOUR)
    assert wait.reason == "caches may still hold RRsets that nobody could validate without ZSK 1"
    assert waits(policy(KSK, ZSK), [ksk, gone, heir], START) == ()


def test_each_rule_says_what_it_fears():
    def reasons(*keys):
        return {wait.rule[:6]: wait.reason for wait in waits(policy(), keys, START)}

    alone = reasons(key(1, CSK, "OOOO", "H"))
    assert set(alone) == {"rule 1", "rule 2", "rule 3"}
    assert alone["rule 1"] == "without the DS of CSK 1 there would be none at the parent, and no other is on its way"
    broken = reasons(key(1, CSK, "OOOH", "H"))
    assert broken["rule 1"] == "no DS is at the parent or on its way to it: nothing of CSK 1 is taken away until one is"
