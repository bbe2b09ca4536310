"""`fastsign ds`: what is to be handed to the parent, by the states of the key files."""

from __future__ import annotations

import json
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest

import tools
from policy_zone import ORIGIN, PolicyZone, states


@pytest.fixture
def zone(tmp_path: Path) -> PolicyZone:
    made = PolicyZone(tmp_path)
    made.configure()
    return made


def theirs(key_path: str, *options: str) -> list[str]:
    return tools.run("dnssec-dsfromkey", *options, key_path).stdout.splitlines()


def test_all_of_it_is_printed(zone: PolicyZone) -> None:
    new, old = zone.add_key(states("RUMOURED")), zone.add_key(states("UNRETENTIVE"))
    text = zone.run("ds", ORIGIN, now=1_800_000_000).stdout
    assert text.startswith(f"; zone {ORIGIN}, dnssec-policy mine, ")
    lines = text.splitlines()
    (new_ds,), (old_ds,) = theirs(new.path, "-T", "7200"), theirs(old.path, "-T", "7200")
    assert (lines.index(new_ds), lines.count(f";{old_ds}")) == (lines.index(new_ds), 1)
    assert f"; key {new.tag} (ECDSAP256SHA256), KSK: hand this to the parent, since Fri Jan  1 " in text
    assert f"; key {old.tag} (ECDSAP256SHA256), KSK: have the parent take this out, since Fri Jan  1 " in text
    assert theirs(new.path, "-C", "-T", "300")[0] in lines
    update = lines[lines.index("; For nsupdate at the parent, all at once (-u prints these lines alone):") + 1 :]
    assert update == zone.run("ds", "-u", ORIGIN).stdout.splitlines()


def test_what_is_printed_is_a_master_file_with_what_belongs(zone: PolicyZone) -> None:
    keys = [zone.add_key(states(ds)) for ds in ("RUMOURED", "OMNIPRESENT", "UNRETENTIVE", "HIDDEN")]
    text = zone.run("ds", ORIGIN).stdout.partition("; For nsupdate")[0]
    read = dns.zone.from_text(text, ORIGIN, relativize=False, check_origin=False)
    found = {rdataset.rdtype: {rdata.to_text() for rdata in rdataset} for rdataset in read[ORIGIN]}
    belong = [theirs(key.path)[0].partition(" DS ")[2].lower() for key in keys[:2]]
    assert found[dns.rdatatype.DS] == found[dns.rdatatype.CDS] == set(belong)
    assert len(found[dns.rdatatype.CDNSKEY]) == 2


def test_a_zone_without_keys_has_nothing_to_hand_over(zone: PolicyZone) -> None:
    text = zone.run("ds", ORIGIN).stdout
    assert text.splitlines()[2:] == ["; These DS records belong at the parent.", "; none"]
    assert zone.run("ds", "--nsupdate", ORIGIN).stdout == ""


def test_json_has_the_facts(zone: PolicyZone) -> None:
    key = zone.add_key(states("RUMOURED"))
    facts = json.loads(zone.run("ds", "--json", ORIGIN).stdout)
    assert (facts["zone"], facts["policy"]) == (ORIGIN, "mine")
    (entry,) = facts["keys"]
    assert (entry["tag"], entry["action"], entry["since"]) == (key.tag, "add", "2027-01-01T00:00:00Z")
    assert entry["ds"][0] == theirs(key.path)[0].partition(" DS ")[2]
    assert facts["nsupdate"] == zone.run("ds", "-u", ORIGIN).stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "one zone is to be named"),
        ([ORIGIN, "x"], "extraneous arguments"),
        (["nowhere.test"], "nowhere.test"),
        (["bare.test"], "zone bare.test has no dnssec-policy"),
    ],
)
def test_what_can_not_be_printed_is_said(zone: PolicyZone, words: list[str], complaint: str) -> None:
    done = zone.run("ds", *words, check=False)
    assert (done.code, done.stdout, complaint in done.stderr) == (1, "", True), done.stderr


def test_a_key_that_can_not_be_read_is_not_passed_over(zone: PolicyZone) -> None:
    key = zone.add_key(states("OMNIPRESENT"))
    Path(key.path + ".state").write_text("nonsense\n")
    done = zone.run("ds", ORIGIN, check=False)
    assert (done.code, done.stdout, ".state" in done.stderr) == (1, "", True)
