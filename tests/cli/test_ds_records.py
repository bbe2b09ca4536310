"""Which DS records belong at the parent, which are to go, and how the zone says so itself: by its keys' states."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dns.message
import dns.query
import pytest

import plain_named
import tools
from fastsign.cli.ds_records import KeyAtParent, at_parent
from fastsign.kasp.policy import KeyRule, Policy
from fastsign.keys import names
from fastsign.keys.ds import ds_rdata, ds_text
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import NO_TIMES, KeyState, KeyTimes, Metadata

ZONE = names.from_text("child.parent.test.")
RULES = (KeyRule(ksk=True, zsk=True, algorithm=13, bits=256),)
POLICY = Policy("mine", RULES, dnskey_ttl=300, parent_ds_ttl=7200)
INSECURE = Policy("insecure", ())
SIGNING = KeyState(ksk=True, zsk=False, dnskey="omnipresent", krrsig="omnipresent", goal="omnipresent")


def ksk(number: int, ds: str | None, times: KeyTimes = NO_TIMES, *, goal: str = "omnipresent") -> KeyFile:
    metadata = Metadata(state=SIGNING._replace(ds=ds, goal=goal), times=times)
    return KeyFile(ZONE, 257, 3, 13, bytes([number]) * 64, 300, f"K{number}", f"K{number}.private", metadata=metadata)


NEW, THERE = ksk(1, "rumoured", KeyTimes(ds_change=5)), ksk(2, "omnipresent", KeyTimes(ds_publish=6))
OLD, GONE = ksk(3, "unretentive", KeyTimes(ds_change=7)), ksk(4, "unretentive", KeyTimes(ds_delete=8))
LATER = ksk(5, "hidden", KeyTimes(sync_publish=9))


def line(key: KeyFile, digest: int = 2) -> str:
    return f"child.parent.test. 7200 IN DS {ds_text(ds_rdata(ZONE, key.rdata, digest))}"


@pytest.mark.parametrize(
    ("key", "action", "since"),
    [
        (NEW, "add", 5),
        (ksk(1, "rumoured", KeyTimes(ds_change=5, ds_publish=6)), "keep", 6),
        (THERE, "keep", 6),
        (OLD, "remove", 7),
        (GONE, "removed", 8),
        (LATER, "later", 9),
    ],
)
def test_the_state_of_the_ds_says_what_is_to_be_done(key: KeyFile, action: str, since: int) -> None:
    (found,) = at_parent(ZONE, [key], POLICY).keys
    assert (found.action, found.since, found.role) == (action, since, "KSK")


@pytest.mark.parametrize("goal", ["hidden", None])
def test_a_key_that_never_had_a_ds_and_will_have_none_is_left_out(goal: str) -> None:
    assert at_parent(ZONE, [ksk(6, "hidden", goal=goal)], POLICY).keys == ()


def test_a_zsk_has_nothing_to_do_with_the_parent() -> None:
    metadata = Metadata(state=SIGNING._replace(ksk=False, zsk=True, ds="rumoured"))
    zsk = KeyFile(ZONE, 256, 3, 13, bytes(64), 300, "", metadata=metadata)
    assert at_parent(ZONE, [zsk], POLICY).keys == ()


def test_ds_records_are_those_of_dsfromkey(tmp_path: Path) -> None:
    name = tools.run("dnssec-keygen", "-q", "-a", "13", "-f", "KSK", "child.parent.test", cwd=tmp_path).stdout.strip()
    from fastsign.keys.files import read_key

    policy = Policy("mine", RULES, cds_digest_types=(4, 2), parent_ds_ttl=7200)
    file = read_key(str(tmp_path / name))
    lines = at_parent(ZONE, [file], policy).ds_lines(KeyAtParent(file, "keep", None))
    theirs = tools.run("dnssec-dsfromkey", "-T", "7200", "-a", "SHA-256", "-a", "SHA-384", name, cwd=tmp_path).stdout
    assert lines == theirs.splitlines()


def test_the_zone_says_of_each_ds_that_belongs() -> None:
    parent = at_parent(ZONE, [NEW, THERE, OLD, GONE, LATER], POLICY)
    assert list(parent.cds) == sorted(ds_rdata(ZONE, key.rdata) for key in (NEW, THERE))
    assert list(parent.cdnskey) == sorted(key.rdata for key in (NEW, THERE))
    assert [text.split()[:4] for text in parent.child_lines] == [
        ["child.parent.test.", "300", "IN", rrtype] for rrtype in ("CDS", "CDS", "CDNSKEY", "CDNSKEY")
    ]


def test_no_cdnskey_where_the_policy_wants_none() -> None:
    parent = at_parent(ZONE, [THERE], Policy("mine", RULES, cdnskey=False, cds_digest_types=(2, 4)))
    assert (parent.cdnskey, [rdata[3] for rdata in parent.cds]) == ((), [2, 4])


def test_a_policy_without_cds_records_still_has_a_ds_to_hand_over() -> None:
    parent = at_parent(ZONE, [NEW], Policy("mine", RULES, cds_digest_types=(), parent_ds_ttl=7200))
    assert (parent.cds, parent.cdnskey, parent.ds_lines(parent.keys[0])) == ((), (NEW.rdata,), [line(NEW)])


def test_a_zone_that_leaves_dnssec_asks_for_the_removal_of_all() -> None:
    parent = at_parent(ZONE, [OLD], INSECURE)
    assert [text.partition(" IN ")[2] for text in parent.child_lines] == ["CDS 0 0 0 00", "CDNSKEY 0 3 0 AA=="]


def test_without_a_key_that_signs_nobody_would_believe_that() -> None:
    metadata = Metadata(state=SIGNING._replace(ds="unretentive", krrsig="unretentive"))
    quiet = KeyFile(ZONE, 257, 3, 13, bytes(64), 300, "K", "K.private", metadata=metadata)
    assert at_parent(ZONE, [quiet], INSECURE).child_lines == []


def test_nsupdate_takes_the_lines_and_swaps_the_records(tmp_path: Path) -> None:
    """Those to come and those to go change at once; what is right already stays."""
    before = [line(THERE), line(OLD), line(OLD, 4)]
    lines = at_parent(ZONE, [NEW, THERE, OLD, GONE, LATER], POLICY).nsupdate
    text = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.1\nchild 60 NS ns\n" + "\n".join(before) + "\n"
    with plain_named.serving(tmp_path, {"parent.test": text}, "allow-update { 127.0.0.1; };") as rndc:
        script = "\n".join([f"server 127.0.0.1 {rndc.port}", *lines]) + "\n"
        done = subprocess.run([tools.find("nsupdate")], input=script, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        answer = dns.query.udp(dns.message.make_query("child.parent.test.", "DS"), "127.0.0.1", 30, rndc.port)
    assert {record.to_wire() for record in answer.answer[0]} == {ds_rdata(ZONE, key.rdata) for key in (NEW, THERE)}


def test_where_nothing_changes_there_is_no_update() -> None:
    assert at_parent(ZONE, [THERE, GONE, LATER], POLICY).nsupdate == []
