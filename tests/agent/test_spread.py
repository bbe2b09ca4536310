"""Changes of keys over several runs: no published change is larger than asked for, and none is bogus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_scene import CSK, HOUR, PAIR, START, ZONE, Scene
from fastsign.kasp.policy import DAY, KeyRule, Nsec3Rule, Policy
from spread_scene import Watch, large, signatures, tags

LIMIT = 60
# No signature is due while keys change: what comes and goes is the change's alone, in as few runs as may be.
_LONG = {"signatures_validity": 60 * DAY, "signatures_validity_dnskey": 60 * DAY, "signatures_jitter": 0}
_PAIR, _CSK = replace(PAIR, keys=tuple(replace(rule, lifetime=0) for rule in PAIR.keys), **_LONG), replace(CSK, **_LONG)
_P384 = replace(_PAIR, name="p384", keys=(KeyRule(True, False, 14, 384), KeyRule(False, True, 14, 384)))
# From what to what, and the day by which nothing is left of the old keys.
_CHANGES = {"algorithm": (_PAIR, _P384, 10), "split": (_CSK, _PAIR, 70), "join": (_PAIR, _CSK, 70)}


def watched(folder: Path, policy: Policy, **options: object) -> Watch:
    scene = Scene(folder, policy, options={"sig_signing_signatures": LIMIT, **options})
    scene.write(large(ZONE))
    return Watch(scene, LIMIT)


def begin(watch: Watch, policy: Policy, until: float = 5) -> None:
    """Let a settled zone begin to change its keys: to the first run that leaves something to the next."""
    watch.go(until)
    watch.scene.policy, watch.scene.now = policy, int(START + until * DAY)
    for _ in watch.until(until + 10):
        if any(not note.complete and not note.removing for note in watch.progress()):
            return
    raise AssertionError("nothing has begun")


@pytest.mark.parametrize(("before", "after", "days"), _CHANGES.values(), ids=_CHANGES)
def test_change_is_spread_and_every_zone_is_whole(tmp_path: Path, before: Policy, after: Policy, days: int) -> None:
    watch = watched(tmp_path, before)
    begin(watch, after)
    (new,) = (note.tag for note in watch.progress() if not note.complete)
    watch.go(days)
    assert watch.largest == LIMIT
    assert {(key.role, key.algorithm) for key in watch.scene.keys if key.in_zone} == {
        (rule.role, rule.algorithm) for rule in after.keys
    }
    assert {tuple(tags(rrsigs)) for rrsigs in signatures(watch.before).values() if rrsigs} == {(new,)}
    assert {(note.complete, note.removing) for note in watch.progress()} == {(True, False)}
    assert watch.scene.leftovers() == []


def test_records_tell_how_far_an_algorithm_roll_is(tmp_path: Path) -> None:
    watch = watched(tmp_path, _PAIR, sig_signing_type=65300)
    begin(watch, _P384)
    watch.go(9)
    zsk = {key.algorithm: key.tag for key in watch.scene.keys if key.zsk}
    ksk = {key.algorithm: key.tag for key in watch.scene.keys if key.ksk}
    old = {f"Done signing with key {tag}/ECDSAP256SHA256" for tag in (zsk[13], ksk[13])}
    new = {f"Done signing with key {tag}/ECDSAP384SHA384" for tag in (zsk[14], ksk[14])}
    begun = f"Signing with key {zsk[14]}/ECDSAP384SHA384"
    going = [f"Removing signatures for key {tag}/ECDSAP256SHA256" for tag in (zsk[13], ksk[13])]
    assert list(map(set, watch.notes)) == [old, {*old, begun}, {*old, *new}, {*new, *going}, {*new, going[0]}, new]
    assert watch.scene.rdata("TYPE65534") == []


def test_nsec3_records_are_signed_by_and_by_too(tmp_path: Path) -> None:
    chain = Nsec3Rule(iterations=0, opt_out=False, salt_length=0)
    watch = watched(tmp_path, replace(_PAIR, nsec3=chain))
    begin(watch, replace(_P384, nsec3=chain))
    watch.go(12)
    assert watch.largest == LIMIT
    assert {note.complete for note in watch.progress()} == {True}


def test_next_run_comes_when_the_last_one_is_everywhere(tmp_path: Path) -> None:
    watch = watched(tmp_path, replace(_PAIR, zone_propagation_delay=HOUR))
    begin(watch, replace(_P384, zone_propagation_delay=HOUR))
    moment = watch.scene.now
    outcome = watch.scene.run()
    assert (outcome.deed, outcome.due) == ("unchanged", moment + HOUR)
    watch.scene.now = moment + HOUR
    assert watch.scene.run().deed == "signed"


def test_what_changes_is_signed_by_both_at_once(tmp_path: Path) -> None:
    watch = watched(tmp_path, _PAIR)
    begin(watch, _P384)
    scene = watch.scene
    scene.edit(lambda text: text.replace("h90 A 192.0.2.90", "h90 A 192.0.2.91") + "new A 192.0.2.1\n")
    scene.now += 1
    scene.run()
    assert len(scene.signers("A", "h90.example.")) == len(scene.signers("A", "new.example.")) == 2
    assert len(scene.signers("A", "h96.example.")) == 1


@pytest.mark.parametrize("lost", ["memory", "image", "both"])
def test_what_is_lost_between_runs_costs_nothing(tmp_path: Path, lost: str) -> None:
    """The zone says how far it is, and the keys' states what for."""
    watch = watched(tmp_path, _PAIR)
    begin(watch, _P384)
    (tag,) = (note.tag for note in watch.progress() if not note.complete)
    for number, _ in enumerate(watch.until(15)):
        if number > 3:
            lost = ""
        if lost in ("memory", "both"):
            for path in (watch.scene.keys_folder / ".fastsign").glob("*.json"):
                path.unlink()
        if lost in ("image", "both"):
            Path(f"{watch.scene.signed}.fsi").unlink(missing_ok=True)
        if any(note.tag == tag and note.complete for note in watch.progress()):
            break
    assert watch.largest == LIMIT
    assert all(tag in tags(rrsigs) for rrsigs in signatures(watch.before).values() if rrsigs)


def test_option_taken_back_in_the_middle_ends_it_in_one_run(tmp_path: Path) -> None:
    watch = watched(tmp_path, _PAIR)
    begin(watch, _P384)
    scene = watch.scene
    scene.options = {}
    scene.now += 1
    assert scene.run().deed == "signed"
    scene.accept()
    assert {key.state.zrrsig for key in scene.keys if key.zsk} == {"rumoured", "omnipresent"}
    assert {len(rrsigs) for rrsigs in signatures(scene.records()).values() if rrsigs} == {2}


def test_policy_taken_back_in_the_middle_removes_what_was_made(tmp_path: Path) -> None:
    watch = watched(tmp_path, _PAIR)
    begin(watch, _P384)
    watch.scene.policy = _PAIR
    watch.go((watch.scene.now - START) / DAY + 1)
    assert {len(rrsigs) for rrsigs in signatures(watch.before).values() if rrsigs} == {1}
    assert not any(note.removing for note in watch.progress())


def test_without_the_option_nothing_is_written(tmp_path: Path) -> None:
    scene = Scene(tmp_path, _PAIR)
    scene.run()
    assert scene.rdata("TYPE65534") == []
