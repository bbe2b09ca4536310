"""The three rules, an equation at a time, and the successor relation between them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.rollover import rules
from fastsign.rollover.key import HIDDEN, OMNIPRESENT, RECORDS, RUMOURED, UNRETENTIVE, Key
from fastsign.rollover.rules import View
from rollover_scene import CSK, KSK, ZSK, key

OTHER = replace(CSK, algorithm=8, bits=2048)


def row(*codes: str, rule=CSK) -> tuple[Key, ...]:
    """Keys in these states, each the successor of the one before it."""
    keys = [key(tag, rule, code) for tag, code in enumerate(codes, 1)]
    for tag in range(1, len(keys)):
        keys[tag - 1] = replace(keys[tag - 1], successor=tag + 1)
        keys[tag] = replace(keys[tag], predecessor=tag)
    return tuple(keys)


def apart(*codes: str) -> tuple[Key, ...]:
    """The same, strangers to each other."""
    return tuple(replace(one, predecessor=None, successor=None) for one in row(*codes))


@pytest.mark.parametrize(
    ("codes", "insecure", "holds"),
    [
        (["HHHO"], False, True),  # (3a)
        (["HHHR"], False, True),
        (["OOOU"], False, False),
        (["OOOH"], False, False),
        (["OOOU", "OOOR"], False, True),
        (["OOOU"], True, True),
        ([], False, False),
    ],
)
def test_rule_1(codes, insecure, holds):
    assert rules.have_ds(View(apart(*codes)), insecure) is holds


@pytest.mark.parametrize(
    ("codes", "related", "apart_too"),
    [
        (["OHOO"], True, True),  # (3b)
        (["OHOU", "OHOR"], True, True),  # (3c), and (3e) says the same of keys that are everywhere
        (["UHUO", "RHRO"], True, False),  # (3d), all nine
        (["UHUO", "OHRO"], True, False),
        (["UHUO", "RHOO"], True, False),
        (["OHUO", "RHRO"], True, False),
        (["OHUO", "OHRO"], True, False),
        (["OHUO", "RHOO"], True, False),
        (["UHOO", "RHRO"], True, False),
        (["UHOO", "OHRO"], True, False),
        (["UHOO", "RHOO"], True, False),
        (["RHRH", "HHHH"], True, True),  # (3e) nobody has a DS
        (["OHOU"], True, True),  # (3e) its own DNSKEY is everywhere
        (["RHRO"], False, False),
        (["RHRO", "OHOR"], False, False),
        (["RHRO", "UHUO"], False, False),  # the wrong way round
        (["HHHU", "OHOU"], False, False),
    ],
)
def test_rule_2(codes, related, apart_too):
    assert rules.have_dnskey(View(row(*codes)), 13) is related
    assert rules.have_dnskey(View(apart(*codes)), 13) is apart_too


@pytest.mark.parametrize(
    ("codes", "related", "apart_too"),
    [
        (["OOHO"], True, True),  # (3f)
        (["UOHO", "ROHH"], True, True),  # (3g), and (3i) says the same of signatures that are everywhere
        (["OUHO", "ORHH"], True, False),  # (3h)
        (["OUHO", "HRHH"], False, False),
        (["OHHH", "RHHH"], True, True),  # nobody has a DS
        (["HHHO"], True, True),  # (3i) nobody has a DNSKEY
        (["ROHO", "RHHH"], True, True),  # (3i)
        (["RRHO"], False, False),
        (["ORHO", "OUHH"], False, False),  # the wrong way round
        (["ROHO", "UHHH"], False, False),
    ],
)
def test_rule_3(codes, related, apart_too):
    assert rules.have_signatures(View(row(*codes)), 13) is related
    assert rules.have_signatures(View(apart(*codes)), 13) is apart_too


def test_rules_2_and_3_are_about_one_algorithm():
    keys = (*apart("OOOO"), key(7, OTHER, "RRRO"))
    assert rules.have_dnskey(View(keys), 13)
    assert not rules.have_dnskey(View(keys), 8)
    assert rules.have_signatures(View(keys), 13)
    assert not rules.have_signatures(View(keys), 8)


def test_successor_is_what_the_predecessor_depends_on():
    view = View(row("OOOO", "RHRH"))
    assert view.is_successor(0, 1)
    assert not view.is_successor(1, 0)
    assert not View(apart("OOOO", "RHRH")).is_successor(0, 1)
    half = list(row("OOOO", "RHRH"))
    half[1] = replace(half[1], predecessor=None)
    assert not View(half).is_successor(0, 1)


def test_successor_of_a_successor_in_the_same_states_is_one_too():
    assert View(row("UOOO", "RORO", "RORO")).is_successor(0, 2)
    assert not View(row("UOOO", "OORO", "RORO")).is_successor(0, 2)
    assert not View(row("UOOO", "RORO", "RORO")).is_successor(1, 2)  # the first still depends on it
    assert View(row("HHHH", "RORO", "RORO")).is_successor(1, 2)


def test_keys_that_follow_each_other_in_a_circle_end_the_search():
    a, b, c = row("OOOO", "OOOO", "OOOO")
    a, b = replace(a, predecessor=2), replace(b, successor=1)
    assert not View([a, b, c]).is_successor(2, 0)


def test_equal_tags_of_other_algorithms_are_other_keys():
    old, new = row("OUHO", "ORHH")
    assert not rules.follows(replace(new, algorithm=8), old)
    assert not rules.have_signatures(View([replace(old, algorithm=8), new]), 8)


@pytest.mark.parametrize(
    ("codes", "record", "state", "forbidding"),
    [
        (["OOOO"], "ds", UNRETENTIVE, 1),
        (["OOOO"], "dnskey", UNRETENTIVE, 2),
        (["OOOO"], "krrsig", UNRETENTIVE, 2),
        (["OOOO"], "zrrsig", UNRETENTIVE, 3),
        (["ORHH", "OUHO"], "ds", RUMOURED, None),
        (["RRRH"], "ds", RUMOURED, 2),
        (["OROH"], "ds", RUMOURED, 3),
        (["OOOH"], "ds", RUMOURED, None),
        (["OOOU", "OOOR"], "ds", HIDDEN, None),  # both DNSKEYs are everywhere
        (["UOOU", "OOOR"], "dnskey", HIDDEN, None),  # rule 2 does not hold
        (["OOOO", "OOOR"], "dnskey", UNRETENTIVE, 2),
        (["OOOU", "OOOO"], "ds", HIDDEN, None),
        (["OOOU"], "ds", HIDDEN, None),  # rule 1 does not hold, so it forbids nothing
        (["OOOH"], "dnskey", UNRETENTIVE, 1),  # but that something is taken away
        (["RRRO"], "dnskey", OMNIPRESENT, None),
    ],
)
def test_equation_1(codes, record, state, forbidding):
    assert rules.forbidding(View(row(*codes)), 0, record, state) == forbidding


def test_going_insecure_waives_the_ds_alone():
    view = View(apart("OOOO"))
    assert rules.forbidding(view, 0, "ds", UNRETENTIVE, insecure=True) is None
    assert rules.forbidding(view, 0, "dnskey", UNRETENTIVE, insecure=True) == 2
    assert rules.forbidding(view, 0, "zrrsig", UNRETENTIVE, insecure=True) == 3
    assert rules.forbidding(View(apart("OOOH")), 0, "dnskey", UNRETENTIVE, insecure=True) is None


@pytest.mark.parametrize(
    ("code", "record", "approved"),
    [
        ("HHHH", "dnskey", True),
        ("HHHH", "krrsig", False),
        ("RHHH", "krrsig", True),
        ("RHRH", "ds", False),
        ("OHOH", "ds", True),
        ("RHRH", "zrrsig", True),  # no chain of trust of this algorithm yet
        ("OHOH", "zrrsig", True),
    ],
)
def test_policy_approval_of_a_first_key(code, record, approved):
    view = View([key(1, CSK, code)])
    assert rules.approved(view, 0, record, RUMOURED) is approved
    assert all(rules.approved(view, 0, record, state) for state in (HIDDEN, OMNIPRESENT, UNRETENTIVE))


@pytest.mark.parametrize(
    ("ksks", "approved"),
    [
        (["O-OO"], False),
        (["O-OU", "O-OR"], False),  # its DS being swapped
        (["U-OO", "R-HO"], False),  # its DNSKEY being swapped
        (["O-OR"], True),
        (["R-RH"], True),
    ],
)
def test_signatures_wait_for_the_dnskey_where_there_is_a_chain_of_trust(ksks, approved):
    new = key(9, ZSK, "RH--")
    view = View([new, *row(*ksks, rule=KSK)])
    assert rules.approved(view, 0, "zrrsig", RUMOURED) is approved
    assert rules.approved(View([replace(new, algorithm=8), *view.keys[1:]]), 0, "zrrsig", RUMOURED)


def test_a_view_ahead_changes_one_record_of_one_key():
    view = View(row("OOOO", "RHRH"))
    for record in RECORDS:
        ahead = view.after(1, record, UNRETENTIVE)
        assert ahead.now == ["OOOO", "RHRH"]
        assert ahead.then[0] == "OOOO"
        assert sum(a != b for a, b in zip(ahead.then[1], "RHRH", strict=True)) == 1
