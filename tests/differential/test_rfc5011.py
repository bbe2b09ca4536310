"""A trust anchor is rolled as BIND's manual tells it for RFC 5011: stand-by key, revocation, removal.

Each change of the keys is made by fastsign and by BIND on copies of the same files, which have to become equal; and
each zone that comes of it is signed by both.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import dns.dnssec
import dns.zone
import pytest

from differential_zones import ORIGIN, ZONE
from fastsign.keys import facts
from fastsign.keys.files import read_key
from keyfile_scene import run_both
from signing_scene import Scene

PAST = ("-P", "20260101", "-A", "20260101")
REVOKED = facts.ZONE | facts.SEP | facts.REVOKE
BY_TIME, BY_FILES = "settime -R", "revoke -r"
CHAINS = {"nsec": (), "nsec3": ("-3", "AB")}


@dataclass
class Anchor(Scene):
    """A zone with a ZSK, an active KSK and a stand-by KSK."""

    zsk: str = ""
    active: str = ""
    standby: str = ""
    step: int = 0

    def change(self, program: str, *arguments: str) -> str:
        """Run fastsign's tool and BIND's on copies of the keys, and take what both have made; the last word of it."""
        self.step += 1
        scratch = self.folder.parent / f"step{self.step}"
        ours, theirs = run_both(self.folder, scratch, program, *arguments)
        assert ours == theirs
        assert ours.code == 0, ours.stderr
        for path in self.folder.glob("K*"):
            path.unlink()
        for path in (scratch / "ours").glob("K*"):
            shutil.copy(path, self.folder)
        return ours.stdout.split()[-1]

    def settime(self, name: str, *options: str) -> str:
        """Change a key's times by both."""
        return self.change("dnssec-settime", *options, name)

    def revoke(self, name: str, way: str) -> int:
        """Revoke a key and return its new tag."""
        key = read_key(name, str(self.folder))
        if way == BY_TIME:
            self.settime(name, "-R", "20260601")
        else:
            assert read_key(self.change("dnssec-revoke", "-r", name), str(self.folder)).flags == REVOKED
        return facts.revoked_tag(key.rdata)

    def tag(self, name: str) -> int:
        return read_key(name, str(self.folder)).tag

    def apex(self, zone: str = "ours") -> tuple[dict[int, int], set[int]]:
        """({tag: flags} of the DNSKEYs, tags of the KSKs that sign them), where all signatures of them verify."""
        signed = dns.zone.from_file(str(self.folder / zone), ORIGIN, relativize=False)
        keys = signed.get_rrset(signed.origin, "DNSKEY")
        assert keys is not None
        signatures = signed.get_rdataset(signed.origin, "RRSIG", "DNSKEY")
        for signature in signatures:
            dns.dnssec.validate_rrsig(keys, signature, {signed.origin: keys})
        flags = {facts.key_tag(key.to_wire()): int(key.flags) for key in keys}
        return flags, {signature.key_tag for signature in signatures if flags[signature.key_tag] & facts.SEP}


@pytest.fixture(params=["8", "15"])
def anchor(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Anchor:
    folder = tmp_path / "keys"
    folder.mkdir()
    monkeypatch.chdir(folder)
    made = Anchor(folder)
    made.write(*ZONE)
    made.zsk = made.keygen(*PAST, algorithm=request.param)
    made.active = made.keygen("-f", "KSK", *PAST, algorithm=request.param)
    made.standby = made.keygen("-f", "KSK", "-P", "now", "-A", "now+2y", algorithm=request.param)
    return made


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("way", [BY_TIME, BY_FILES])
def test_a_trust_anchor_is_rolled(way: str, chain: str, anchor: Anchor) -> None:
    """Each stage is signed from the unsigned zone, and again over the zone of the stage before."""
    smart = ("-S", *CHAINS[chain])
    active, standby, zsk = anchor.tag(anchor.active), anchor.tag(anchor.standby), anchor.tag(anchor.zsk)
    assert anchor.sign_alike(*smart)
    assert anchor.apex() == ({zsk: 256, active: 257, standby: 257}, {active})
    anchor.keep("signed")

    revoked = anchor.revoke(anchor.active, way)
    anchor.settime(anchor.standby, "-A", "20260601")
    for zone in ("zone", "signed"):
        assert anchor.sign_alike(*smart, zone=zone)
        flags, signers = anchor.apex()
        # RFC 5011 section 2.1: the revoked key signs the DNSKEYs, the new one beside it.
        assert (flags[revoked], flags[standby], signers) == (REVOKED, 257, {revoked, standby})
        assert active not in flags
    anchor.keep("signed")

    name = anchor.active if way == BY_TIME else f"K{ORIGIN.lower()}.+{anchor.active.split('+')[1]}+{revoked:05d}"
    anchor.settime(name, "-D", "20260801")
    assert anchor.sign_alike(*smart)
    assert anchor.apex() == ({zsk: 256, standby: 257}, {standby})


@pytest.mark.parametrize("options", [("-x",), ("-z",), ("-P",), ("-x", "-u")])
def test_a_revoked_key_signs_the_dnskeys_alone_whatever_the_roles(options: tuple[str, ...], anchor: Anchor) -> None:
    revoked = anchor.revoke(anchor.active, BY_FILES)
    anchor.settime(anchor.standby, "-A", "20260601")
    if not anchor.sign_alike("-S", *options):
        return  # both refuse
    assert revoked in anchor.apex()[1]
    others = [line for line in (anchor.folder / "ours").read_text().split("RRSIG")[1:] if f" {revoked} " in line[:200]]
    assert [line.split()[0] for line in others] == ["DNSKEY"]


def test_a_stand_by_key_is_revoked_without_ever_having_signed(anchor: Anchor) -> None:
    active = anchor.tag(anchor.active)
    revoked = anchor.revoke(anchor.standby, BY_FILES)
    assert anchor.sign_alike("-S")
    flags, signers = anchor.apex()
    assert (flags[revoked], signers) == (REVOKED, {active, revoked})


def test_a_zone_whose_only_anchor_is_revoked_is_signed_or_refused_as_by_bind(anchor: Anchor) -> None:
    anchor.revoke(anchor.active, BY_FILES)
    for options in ((), ("-P",), ("-x",), ("-z",)):
        anchor.sign_alike("-S", *options)


def test_two_keys_are_revoked_at_once(anchor: Anchor) -> None:
    third = anchor.keygen("-f", "KSK", *PAST, algorithm=str(read_key(anchor.zsk).algorithm))
    revoked = {anchor.revoke(anchor.active, BY_FILES), anchor.revoke(anchor.standby, BY_TIME)}
    assert anchor.sign_alike("-S")
    flags, signers = anchor.apex()
    assert {tag for tag, bits in flags.items() if bits == REVOKED} == revoked
    assert signers == revoked | {anchor.tag(third)}


def test_revoked_keys_are_named_without_smart_signing_too(anchor: Anchor) -> None:
    revoked = anchor.revoke(anchor.active, BY_FILES)
    algorithm = anchor.active.split("+")[1]
    name = f"K{ORIGIN.lower()}.+{algorithm}+{revoked:05d}"
    text = "".join((anchor.folder / f"{key}.key").read_text() for key in (name, anchor.standby, anchor.zsk))
    anchor.write(*ZONE, *(line for line in text.splitlines() if not line.startswith(";")))
    assert anchor.sign_alike("-k", name, "-k", anchor.standby, keys=[anchor.zsk])
    assert anchor.sign_alike()
