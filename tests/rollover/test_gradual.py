"""Keys by which a zone is signed by and by: what they wait for, and what waits for them."""

from __future__ import annotations

from dataclasses import replace

from fastsign.kasp.policy import DAY, KeyRule
from fastsign.rollover.key import Key
from fastsign.rollover.outcome import NOTHING_SEEN, Observations, Signing, Step
from rollover_scene import CSK, KSK, ZSK, Zone, key, letters, policy

_P384 = (KeyRule(True, False, 14, 384), KeyRule(False, True, 14, 384))
SPREAD = replace(NOTHING_SEEN, signing=Signing())


def signed_with(keys: tuple[Key, ...], *, done: bool) -> Observations:
    """The zone is being signed by these keys, or has been."""
    identities = frozenset(key.identity for key in keys)
    return replace(NOTHING_SEEN, signing=Signing(identities, identities if done else frozenset()))


def late(zone: Zone, step: Step) -> tuple[Key, ...]:
    return tuple(one for one in zone.keys if one.name in step.signing)


def algorithm_roll(**options: object) -> tuple[Zone, Step]:
    """A pair of keys has been in use for long, and now the policy asks for another algorithm."""
    zone = Zone(policy(KSK, ZSK), seen=SPREAD).settle()
    zone.policy = policy(*_P384, **options)
    return zone, zone.step()


def of(zone: Zone, rule: KeyRule) -> Key:
    (found,) = [one for one in zone.keys if (one.algorithm, one.ksk, one.zsk) == (rule.algorithm, rule.ksk, rule.zsk)]
    return found


def test_first_signing_is_not_spread() -> None:
    zone = Zone(policy(KSK, ZSK), seen=SPREAD)
    assert zone.step().signing == ()
    assert {letters(one) for one in zone.keys} == {"O:RR--", "O:R-RH"}


def test_new_algorithm_shows_no_dnskey_before_the_zone_is_signed_by_it() -> None:
    zone, step = algorithm_roll()
    assert late(zone, step) == (of(zone, _P384[1]),)
    for seen in (SPREAD, signed_with(late(zone, step), done=False)):
        zone.seen, zone.now = seen, zone.now + DAY
        assert zone.step().signing == step.signing
        assert [letters(of(zone, rule)) for rule in _P384] == ["O:H-HH", "O:HH--"]
    zone.seen = signed_with(late(zone, step), done=True)
    assert zone.step().signing == ()
    assert [letters(of(zone, rule)) for rule in _P384] == ["O:R-RH", "O:RR--"]
    assert of(zone, _P384[1]).times.zrrsig_change == zone.now, "it counts from now, not from when it began"


def test_what_is_waited_for_is_said() -> None:
    zone, step = algorithm_roll()
    tag = of(zone, _P384[1]).tag
    reasons = {(wait.record, wait.reason) for wait in step.waits if wait.rule == "signing"}
    assert (
        "zrrsig",
        f"not all RRsets have a signature by ZSK {tag} yet: each run makes sig-signing-signatures of them",
    ) in (reasons)
    assert {record for record, _ in reasons} == {"dnskey", "zrrsig"}
    assert not any(wait.asks_operator for wait in step.waits if wait.rule == "signing")


def test_without_the_option_all_is_signed_in_one_run() -> None:
    zone, _ = algorithm_roll()
    zone.seen = NOTHING_SEEN
    assert zone.step().signing == ()
    assert letters(of(zone, _P384[1])) == "O:RR--"


def test_key_without_predecessor_signs_by_and_by_once_its_dnskey_is_known() -> None:
    zone = Zone(policy(CSK), seen=SPREAD).settle()
    zone.policy = policy(KSK, ZSK)
    assert zone.step().signing == ()
    assert letters(of(zone, ZSK)) == "O:RH--"
    zone.now += DAY
    step = zone.step()
    assert late(zone, step) == (of(zone, ZSK),)
    zone.seen = signed_with(late(zone, step), done=True)
    zone.step()
    assert letters(of(zone, ZSK)) == "O:OR--"


def test_successor_takes_the_place_of_signatures_that_are_due_and_needs_no_spreading() -> None:
    zone = Zone(policy(KSK, replace(ZSK, lifetime=60 * DAY)), seen=SPREAD)
    zone.run(100 * DAY)
    assert not any(step.signing for step in zone.steps)
    assert len([one for one in zone.keys if one.zsk]) == 2


def test_manual_mode_asks_once() -> None:
    zone, step = algorithm_roll(manual_mode=True)
    assert step.signing == ()
    step = zone.step(force=True)
    assert late(zone, step) == (of(zone, _P384[1]),)
    zone.seen = signed_with(late(zone, step), done=False)
    assert zone.step().signing == step.signing, "what has begun goes on"
    zone.seen = signed_with(late(zone, step), done=True)
    zone.step()
    assert letters(of(zone, _P384[1])) == "O:HR--"


def test_zone_signed_by_no_other_key_is_signed_at_once() -> None:
    lost = key(77, ZSK, "OU--", goal="H", has_secret=False)
    zone = Zone(policy(KSK, ZSK), (key(76, KSK, "O-OO"), lost, key(78, ZSK, "OH--")), seen=SPREAD)
    assert zone.step(force=True).signing == ()
