"""`fastsign dnssec`: what it takes, what it does to the key files, and what it leaves to the operator."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import parents
from fastsign.agent.commit import Ledger
from fastsign.agent.keyring import key_of
from fastsign.agent.marks import mark_of
from fastsign.agent.place import Place, locked
from fastsign.keys import names
from fastsign.keys.ds import ds_rdata, ds_text
from fastsign.keys.files import find_keys
from fastsign.rollover.outcome import Step
from policy_zone import ORIGIN, PolicyZone, states

NOW = 1_800_000_000  # 2027-01-15 08:00:00
WIRE = names.from_text(ORIGIN)


@pytest.fixture
def zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PolicyZone:
    monkeypatch.setenv("TZ", "UTC")
    made = PolicyZone(tmp_path)
    made.configure("checkds no;")
    return made


# ---- the command line


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["-status"], "unexpected end of input: no zone is named"),
        (["-status", "nowhere.test"], "nowhere.test"),
        (["-status", "bare.test"], "zone bare.test has no dnssec-policy"),
        (["-status", ORIGIN, "IN", "view"], "extraneous arguments"),
        (["-status", ORIGIN, "CH"], "extraneous arguments"),
        (["-status", "-key", "5", ORIGIN], "-status takes no -key"),
        (["-status", "-step", ORIGIN], "say one of -status, -checkds, -rollover, -step"),
        ([ORIGIN], "say one of -status, -checkds, -rollover, -step"),
        (["-rollover", ORIGIN], "Key id is required when scheduling rollover"),
        (["-rollover", "-key", "x", ORIGIN], "key id x: not a valid number"),
        (["-rollover", "-key", "65536", ORIGIN], "key id 65536: out of range"),
        (["-rollover", "-key", "5", "-alg", "nonsense", ORIGIN], "unknown algorithm nonsense"),
        (["-rollover", "-key", "5", "-when", "soon", ORIGIN], "time value soon is invalid"),
        (["-rollover", "-key", "5", "-when", "never", ORIGIN], "time value never is invalid"),
        (["-rollover", "-key"], "option -key needs a value"),
        (["-checkds", "-key", "5", ORIGIN], "-checkds with -key, -alg or -when needs the word published or withdrawn"),
        (["-checkds", "-alg", "13", "published", ORIGIN], "-alg needs -key"),
        (["-checkds", "published", ORIGIN], "Error executing checkds command: no matching key found"),
        (["-rollover", "-key", "5", ORIGIN], "Error executing rollover command: no matching key found"),
    ],
)
def test_what_is_not_understood_or_not_there_is_said(zone: PolicyZone, words: list[str], complaint: str) -> None:
    done = zone.run("dnssec", *words, check=False)
    assert (done.code, done.stdout) == (1, "")
    assert complaint in done.stderr


def test_an_unknown_option_is_refused(zone: PolicyZone) -> None:
    assert zone.run("dnssec", "-stat", ORIGIN, check=False).code == 1


def test_words_may_be_in_capitals_and_values_short(zone: PolicyZone) -> None:
    key = zone.add_key(states("RUMOURED"))
    done = zone.run("dnssec", "-CheckDS", "-K", str(key.tag), "-a", "13", "PUBLISHED", ORIGIN.upper(), "in", now=NOW)
    assert done.stdout == f"KSK {key.tag}: Marked DS as published since 15-Jan-2027 08:00:00.000\n"


# ---- what it does


def test_the_ds_is_marked_as_seen(zone: PolicyZone) -> None:
    key = zone.add_key(states("RUMOURED"))
    done = zone.run("dnssec", "-checkds", "published", ORIGIN, now=NOW)
    assert done.stdout == "Marked DS as published since 15-Jan-2027 08:00:00.000\n"
    after = zone.again(key)
    assert (after.times.ds_publish, after.state.ds) == (NOW, "rumoured")
    assert after.times._replace(ds_publish=None) == key.times


def test_the_ds_is_marked_as_gone_since_some_time(zone: PolicyZone) -> None:
    stays, goes = zone.add_key(states("OMNIPRESENT")), zone.add_key(states("UNRETENTIVE"))
    words = ("-checkds", "-key", str(goes.tag), "-when", "20270102030405", "withdrawn", ORIGIN)
    done = zone.run("dnssec", *words, now=NOW)
    assert done.stdout == f"KSK {goes.tag}: Marked DS as withdrawn since 02-Jan-2027 03:04:05.000\n"
    assert zone.again(goes).times.ds_delete == 1_798_859_045
    assert zone.again(stays) == stays


def test_which_of_several_keys_is_meant_must_be_said(zone: PolicyZone) -> None:
    keys = [zone.add_key(states("RUMOURED")) for _ in range(2)]
    done = zone.run("dnssec", "-checkds", "published", ORIGIN, check=False)
    assert (done.code, done.stdout) == (1, "")
    assert "multiple possible keys found, retry command with -key id" in done.stderr
    assert [zone.again(key) for key in keys] == keys


def test_a_key_is_rolled(zone: PolicyZone) -> None:
    key = zone.add_key(states("OMNIPRESENT"))
    done = zone.run("dnssec", "-rollover", "-key", str(key.tag), "-when", "now+1d", ORIGIN, now=key.times.created)
    assert done.stdout.startswith(f"Key {key.tag}: Rollover scheduled on ")
    assert zone.again(key).times.inactive == key.times.created + 86400 + 300 + 3600 + 300


def test_it_waits_until_nobody_works_on_the_zone(zone: PolicyZone) -> None:
    key = zone.add_key(states("RUMOURED"))
    with locked(Place(WIRE, str(zone.keys))):
        done = threading.Thread(target=zone.run, args=("dnssec", "-checkds", "published", ORIGIN), kwargs={"now": NOW})
        done.start()
        assert zone.again(key) == key
    done.join(60)
    assert zone.again(key).times.ds_publish == NOW


def test_an_interrupted_run_is_to_be_finished_first(zone: PolicyZone) -> None:
    """It has published the zone, and the states that go with it are not in the files yet."""
    key = zone.add_key(states("RUMOURED"))
    zone.signed.write_text("published")
    mark = mark_of(str(zone.signed))
    assert mark is not None
    ledger = Ledger(Place(WIRE, str(zone.keys)))
    with locked(ledger.place):
        name = Path(key.path).name
        ledger.announce({name: key}, Step((key_of(key),)), str(zone.signed), mark)
    done = zone.run("dnssec", "-checkds", "published", ORIGIN, check=False)
    assert (done.code, f"say `fastsign run --once {ORIGIN}` first" in done.stderr) == (1, True), done.stderr
    assert zone.again(key) == key


# ---- what is left to the operator


def todo(zone: PolicyZone) -> list[str]:
    _, _, text = zone.run("dnssec", "-status", ORIGIN, now=NOW).stdout.partition("What you have to do now:\n")
    return text.splitlines()


def test_nothing_is_left_where_all_is_well(zone: PolicyZone) -> None:
    zone.add_key(states("OMNIPRESENT"))
    zone.add_key(states("UNRETENTIVE", more="-D ds 20270102000000"))
    assert todo(zone) == []


def test_a_ds_is_to_be_brought_to_the_parent_and_another_taken_out(zone: PolicyZone) -> None:
    new, old = zone.add_key(states("RUMOURED")), zone.add_key(states("UNRETENTIVE"))
    say = f"`fastsign ds {ORIGIN}` prints it; once it is"
    assert todo(zone) == [
        f"  * bring the DS of key {new.tag} to the parent, since Fri Jan  1 00:00:00 2027: {say} there, "
        f"say `fastsign dnssec -checkds -key {new.tag} published {ORIGIN}`",
        f"  * have the parent take out the DS of key {old.tag}, since Fri Jan  1 00:00:00 2027: {say} gone, "
        f"say `fastsign dnssec -checkds -key {old.tag} withdrawn {ORIGIN}`",
    ]


def test_where_the_parent_is_asked_nobody_has_to_say_so(zone: PolicyZone) -> None:
    zone.configure("parental-agents { 127.0.0.1; };")
    zone.add_key(states("RUMOURED"))
    (task,) = todo(zone)
    assert task.endswith(
        f"that it is there is looked for with every run; `fastsign dnssec -checkds {ORIGIN}` looks now"
    )


def test_json_has_the_status(zone: PolicyZone) -> None:
    key = zone.add_key(states("RUMOURED"))
    facts = json.loads(zone.run("dnssec", "--json", "-status", ORIGIN, now=NOW).stdout)
    assert (facts["zone"], facts["policy"], facts["time"]) == (ORIGIN, "mine", "2027-01-15T08:00:00Z")
    (entry,) = facts["keys"]
    assert (entry["tag"], entry["role"], entry["zone_signing"]) == (key.tag, "KSK", None)
    assert entry["published"]["phase"] == "yes"
    assert entry["states"]["ds"] == "rumoured"
    assert [f"  * {task}" for task in facts["todo"]] == todo(zone)
    assert zone.run("dnssec", "--json", "-step", ORIGIN, check=False).stderr.endswith("--json is for -status\n")


# ---- asking the parent


@pytest.fixture
def parent(zone: PolicyZone) -> Iterator[list[str]]:
    """A parent with a list of DS records, which the zone's configuration names."""
    records: list[str] = []

    def behave(question: object, tcp: bool) -> object:
        answers = [("answer", text) for text in records]
        soa = ("authority", "parent.test. 60 SOA a. b. 1 2 3 4 5")
        return parents.answer_to(question, *(answers or [soa]))

    with parents.made_up(behave) as port:
        zone.configure(f"parental-agents {{ 127.0.0.1 port {port}; }};")
        yield records


def test_the_parent_is_asked_and_what_it_says_is_marked(zone: PolicyZone, parent: list[str]) -> None:
    new, old = zone.add_key(states("RUMOURED")), zone.add_key(states("UNRETENTIVE"))
    parent.append(f"{ORIGIN} 60 DS {ds_text(ds_rdata(WIRE, new.rdata))}")
    said = zone.run("dnssec", "-checkds", ORIGIN, now=NOW).stdout
    assert f"DS of key {new.tag}: published\n" in said
    assert f"DS of key {old.tag}: withdrawn\n" in said
    assert f"KSK {old.tag}: Marked DS as withdrawn since 15-Jan-2027 08:00:00.000\n" in said
    assert (zone.again(new).times.ds_publish, zone.again(new).state.ds_published_count) == (NOW, 1)
    assert (zone.again(old).times.ds_delete, zone.again(old).state.ds_removed_count) == (NOW, 1)


def test_what_the_parent_has_not_done_is_not_marked(zone: PolicyZone, parent: list[str]) -> None:
    new = zone.add_key(states("RUMOURED"))
    said = zone.run("dnssec", "-checkds", ORIGIN, now=NOW).stdout
    assert f"DS of key {new.tag}: withdrawn, waiting until it is published\n" in said
    assert zone.again(new).times.ds_publish is None


def test_a_look_at_the_parent_changes_nothing_where_no_key_waits(zone: PolicyZone, parent: list[str]) -> None:
    key = zone.add_key(states("OMNIPRESENT"))
    assert f"DS of key {key.tag}: withdrawn\n" in zone.run("dnssec", "-checkds", ORIGIN, now=NOW).stdout
    assert zone.again(key) == key


# ---- manual-mode


@pytest.fixture
def by_hand(zone: PolicyZone) -> PolicyZone:
    zone.configure("checkds no;", policy="manual-mode yes;")
    (zone.folder / "child.db").write_text("$TTL 300\n@ SOA ns host 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n")
    return zone


def test_what_manual_mode_holds_back_begins_with_a_step(by_hand: PolicyZone) -> None:
    assert todo(by_hand) == [
        f"  * policy mine is in manual mode: run 'dnssec -step' to have a {role} made" for role in ("KSK", "ZSK")
    ]
    said = by_hand.run("dnssec", "-step", ORIGIN, now=NOW).stdout
    assert f"\nsigned: {by_hand.signed}, serial " in said
    keys = find_keys(WIRE, str(by_hand.keys))
    assert sorted(key.state.ksk for key in keys if key.state) == [False, True]
    assert {key.state.dnskey for key in keys if key.state} == {"rumoured"}
    assert todo(by_hand) == []


def test_a_step_that_fails_changes_nothing(by_hand: PolicyZone) -> None:
    (by_hand.folder / "child.db").write_text("@ nonsense\n")
    done = by_hand.run("dnssec", "-step", ORIGIN, now=NOW, check=False)
    assert (done.code, done.stdout, "child.db" in done.stderr) == (1, "", True)
    assert find_keys(WIRE, str(by_hand.keys)) == []
