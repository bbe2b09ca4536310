"""Key selection, compared with what dnssec-signzone really does: its DNSKEY RRset, its signers, its reports."""

from __future__ import annotations

import itertools
import random
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest

import tools
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names
from fastsign.keys.ds import ds_rdata
from fastsign.keys.files import find_keys, read_key
from fastsign.keys.load import ZoneKey, load_named_keys, load_zone_keys
from fastsign.keys.select import (
    SIGNS_CDS,
    SIGNS_DNSKEY,
    SIGNS_REST,
    Selection,
    select_plain,
    select_smart,
    ttl_conflict,
)
from fastsign.keys.sync import SyncChange, select_sync

ZONE = names.from_text("example")
SOA_TTL = 3600
HEAD = """\
$TTL 3600
@ SOA ns hm 1 7200 3600 1209600 900
@ NS ns
ns A 192.0.2.1
"""


@dataclass
class Scene:
    """A folder with keys of `example` and a zone that may have some of them as DNSKEYs."""

    folder: Path
    records: list[str] = field(default_factory=list)

    def keygen(self, *arguments: str, algorithm: str = "13") -> str:
        line = ["-q", "-K", self.folder, "-a", algorithm, *arguments, "example"]
        return tools.run("dnssec-keygen", *line).stdout.strip()

    def publish(self, name: str, ttl: int = SOA_TTL, flags: int = 0) -> None:
        """Put a key's DNSKEY into the zone, with flags added to its own."""
        rdata = read_key(name, str(self.folder)).rdata
        rdata = facts.with_flags(rdata, facts.dnskey(rdata).flags | flags)
        self.records.append(f"@ {ttl} IN DNSKEY \\# {len(rdata)} {rdata.hex()}")

    @property
    def dnskeys(self) -> list[bytes]:
        return [bytes.fromhex(record.split()[-1]) for record in self.records if " DNSKEY " in record]

    def sync_records(self, rrtype: str) -> list[bytes]:
        return [bytes.fromhex(record.split()[-1]) for record in self.records if f" {rrtype} " in record]

    def bind(self, *arguments: str) -> Signed:
        (self.folder / "zone").write_text(HEAD + "\n".join(self.records) + "\n")
        line = ["-P", "-v", "2", "-o", "example", "-O", "full", "-f", "signed", *arguments]
        done = tools.run("dnssec-signzone", *line[:-1], line[-1], cwd=self.folder, check=False)
        return Signed(self.folder / "signed", done.stdout, done.stderr, done.returncode)


@dataclass
class Signed:
    """What dnssec-signzone made."""

    path: Path
    stdout: str
    stderr: str
    code: int

    def __post_init__(self) -> None:
        if self.code == 0:
            self.zone = dns.zone.from_file(str(self.path), "example", relativize=False, check_origin=False)

    def rdatas(self, rrtype: str) -> tuple[set[bytes], int | None]:
        rdataset = self.zone.get_rdataset("example.", rrtype)
        if rdataset is None:
            return set(), None
        return {rdata.to_wire() for rdata in rdataset}, rdataset.ttl

    def signers(self, covered: str) -> set[tuple[int, int]]:
        rdataset = self.zone.get_rdataset("example.", "RRSIG", dns.rdatatype.from_text(covered))
        return {(rdata.algorithm, rdata.key_tag) for rdata in rdataset or ()}

    def reports(self) -> set[str]:
        return {line for line in self.stdout.splitlines() if line.startswith(("Fetching", "Key ", "Removing"))}

    def logs(self) -> set[str]:
        found = re.findall(r"^dnssec-signzone: info: (.* is now .*)$", self.stderr, re.MULTILINE)
        return set(found)


def signers(selection: Selection, role: int) -> set[tuple[int, int]]:
    return {(key.algorithm, key.tag) for key in selection.keys if key.roles & role}


def dnskeys_after(scene: Scene, selection: Selection) -> set[bytes]:
    return set(scene.dnskeys) - set(selection.removed) | set(selection.added)


def smart(scene: Scene, now: int, *, ttl: int = SOA_TTL, **options: bool) -> tuple[Selection, SyncChange]:
    folder = str(scene.folder)
    zone_keys, _ = load_zone_keys(ZONE, scene.dnskeys, folder)
    rrset_ttl = int(scene.records[0].split()[1]) if scene.dnskeys else None
    repository = find_keys(ZONE, folder)
    selection = select_smart(ZONE, zone_keys, repository, now, rrset_ttl=rrset_ttl, default_ttl=ttl, **options)
    change = select_sync(ZONE, selection, scene.sync_records("CDS"), scene.sync_records("CDNSKEY"), now)
    return selection, change


def assert_same(scene: Scene, selection: Selection, signed: Signed) -> None:
    assert (dnskeys_after(scene, selection), selection.dnskey_ttl) == signed.rdatas("DNSKEY")
    assert signers(selection, SIGNS_DNSKEY) == signed.signers("DNSKEY")
    assert signers(selection, SIGNS_REST) == signed.signers("SOA")
    assert set(selection.reports) == signed.reports()


def assert_same_sync(scene: Scene, change: SyncChange, selection: Selection, signed: Signed) -> None:
    for rrtype, add, remove in (
        ("CDS", change.add_cds, change.remove_cds),
        ("CDNSKEY", change.add_cdnskey, change.remove_cdnskey),
    ):
        before = set(scene.sync_records(rrtype))
        after, _ = signed.rdatas(rrtype)
        assert before - set(remove) | set(add) == after
        if after:
            assert signers(selection, SIGNS_CDS) == signed.signers(rrtype)
    # dnssec-signzone words CDS lines without the digest's name when it publishes, with it when it deletes.
    assert set(selection.logs) | set(change.logs) == signed.logs()


MOMENTS = ("now-2h", "now-1h", "now+50mi", "now+3h", "now+1w", "none")


def random_times(source: random.Random) -> list[str]:
    options: list[str] = []
    if source.random() < 0.1:
        return ["-G"]
    if source.random() < 0.1:
        return ["-C"]
    for letter, chance in (("P", 0.5), ("A", 0.5), ("I", 0.3), ("D", 0.25), ("R", 0.25)):
        if source.random() < chance:
            options += [f"-{letter}", source.choice(MOMENTS)]
    if "-D" in options and options[options.index("-D") + 1] in MOMENTS[:2]:
        return options  # BIND would make CDS records for a key that is gone
    for letter in "PD":
        if source.random() < 0.3:
            options += [f"-{letter}", "sync", source.choice(MOMENTS[:-1])]
    return options


def random_scene(folder: Path, seed: int) -> Scene:
    source = random.Random(seed)
    scene = Scene(folder)
    for _ in range(12):
        role = ["-f", "KSK"] if source.random() < 0.4 else []
        ttl = ["-L", source.choice(("0", "300", "7200"))] if source.random() < 0.3 else []
        name = scene.keygen(*role, *ttl, *random_times(source), algorithm=source.choice(("13", "14", "15")))
        if seed % 2 and source.random() < 0.5:
            scene.publish(name, 1800, facts.REVOKE if source.random() < 0.2 else 0)
            if source.random() < 0.3:
                # Both files go: of a .key file left alone BIND takes the TTL for that of the DNSKEY RRset, and fails.
                (folder / f"{name}.private").unlink()
                (folder / f"{name}.key").unlink()
    return scene


@pytest.mark.parametrize("seed", range(16))
def test_smart_signing_chooses_as_bind_does(seed: int, tmp_path: Path) -> None:
    scene = random_scene(tmp_path, seed)
    flags = [[], ["-x"], ["-z"], ["-x", "-z"]][seed // 2 % 4]
    signed = scene.bind("-S", *flags, "zone")
    selection, change = smart(scene, int(time.time()), ksk_only="-x" in flags, ignore_ksk_flag="-z" in flags)
    assert signed.code == 0, signed.stderr
    assert_same(scene, selection, signed)
    assert_same_sync(scene, change, selection, signed)


def publish_sync(scene: Scene, name: str, digests: tuple[int, ...] = (2,)) -> None:
    key = read_key(name, str(scene.folder))
    scene.records.append(f"@ 3600 IN CDNSKEY \\# {len(key.rdata)} {key.rdata.hex()}")
    for digest in digests:
        rdata = ds_rdata(ZONE, key.rdata, digest)
        scene.records.append(f"@ 3600 IN CDS \\# {len(rdata)} {rdata.hex()}")


def test_cds_records_come_and_go_with_their_times(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for moments in ("", "-P sync now-1h", "-P sync now-2h -D sync now-1h", "-D sync now+1h", "-D sync now-1h"):
        for published in (False, True):
            name = scene.keygen("-f", "KSK", *moments.split())
            scene.publish(name)
            if published:
                publish_sync(scene, name)
    scene.keygen()
    signed = scene.bind("-S", "zone")
    selection, change = smart(scene, int(time.time()))
    assert_same(scene, selection, signed)
    assert_same_sync(scene, change, selection, signed)


def test_a_key_that_is_gone_gets_no_cds_records(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.keygen("-f", "KSK", "-P", "sync", "now-1h", "-D", "now-1h")
    _, change = smart(scene, int(time.time()))
    assert not change.add_cds
    assert not change.add_cdnskey


def test_cds_records_of_other_digests_and_of_keys_that_leave_are_taken_out(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for moments in ("-P sync now-1h", "-P sync now-1h -D now-1h"):
        name = scene.keygen("-f", "KSK", *moments.split())
        scene.publish(name)
        publish_sync(scene, name, (1, 2, 4))
    _, change = smart(scene, int(time.time()))
    stays, leaves = scene.sync_records("CDS")[:3], scene.sync_records("CDS")[3:]
    assert set(change.remove_cds) == {stays[0], stays[2], *leaves}
    assert set(change.remove_cdnskey) == {scene.sync_records("CDNSKEY")[1]}
    assert not change.add_cds
    assert not change.add_cdnskey


STATES = ("hidden", "rumoured", "omnipresent", "unretentive")


@pytest.mark.parametrize("dnskey", STATES)
def test_states_beat_times(dnskey: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for zrrsig in STATES:
        for past in ("now-1h", "now+3h"):
            name = scene.keygen("-P", past, "-A", past)
            line = ["-s", "-K", tmp_path, "-k", dnskey, "now-1h", "-z", zrrsig, "now-1h", "-d", zrrsig, "now-1h", name]
            tools.run("dnssec-settime", *line)
    scene.keygen("-f", "KSK")
    signed = scene.bind("-S", "zone")
    selection, change = smart(scene, int(time.time()))
    assert signed.code == 0, signed.stderr
    assert_same(scene, selection, signed)
    if dnskey in ("rumoured", "omnipresent"):  # of a key that is to go BIND would still make CDS records
        assert_same_sync(scene, change, selection, signed)


def test_a_hidden_key_that_was_never_used_is_left_alone(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for moments in ("-G", "-P now-1h"):
        name = scene.keygen(*moments.split())
        scene.publish(name)
        tools.run("dnssec-settime", "-s", "-K", tmp_path, "-k", "hidden", "now-1h", "-z", "hidden", "now-1h", name)
    for role in (["-f", "KSK"], []):
        scene.keygen(*role)
    signed = scene.bind("-S", "zone")
    selection, _ = smart(scene, int(time.time()))
    assert_same(scene, selection, signed)
    assert len(selection.removed) == 1


def test_other_keys_stand_in_for_a_ksk_that_is_revoked(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for algorithm, revoked in (("13", "-Rnow-1h"), ("15", "-Rnone")):
        scene.keygen("-f", "KSK", revoked, algorithm=algorithm)
        scene.keygen(algorithm=algorithm)
    signed = scene.bind("-S", "-x", "zone")
    selection, _ = smart(scene, int(time.time()), ksk_only=True)
    assert_same(scene, selection, signed)
    assert len(signers(selection, SIGNS_DNSKEY)) == 3


def test_a_key_is_revoked_in_place(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    ksk, zsk = scene.keygen("-f", "KSK", "-R", "now-1h"), scene.keygen("-R", "now-1h")
    scene.publish(ksk)
    scene.publish(zsk)
    scene.publish(scene.keygen("-f", "KSK"))
    scene.publish(scene.keygen())
    signed = scene.bind("-S", "-x", "zone")
    selection, _ = smart(scene, int(time.time()), ksk_only=True)
    assert_same(scene, selection, signed)
    assert {key.roles for key in selection.keys if key.revoked} == {SIGNS_DNSKEY}
    assert len(selection.removed) == 2


def test_a_revoked_dnskey_finds_the_files_of_its_old_name(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    name = scene.keygen("-f", "KSK")
    scene.publish(name, flags=facts.REVOKE)
    (key,), warnings = load_zone_keys(ZONE, scene.dnskeys, str(tmp_path))
    assert not warnings
    assert key.file is not None
    assert key.file.can_sign
    assert key.file.rdata == key.rdata == scene.dnskeys[0]


def plain(scene: Scene, named: list[str], ksks: list[str], **options: bool) -> Selection:
    zone_keys, _ = load_zone_keys(ZONE, scene.dnskeys, str(scene.folder))
    return select_plain(
        ZONE,
        zone_keys,
        dnskey_ttl=SOA_TTL,
        named=load_named_keys(ZONE, named, str(scene.folder)),
        named_ksks=load_named_keys(ZONE, ksks, str(scene.folder)),
        **options,
    )


@pytest.mark.parametrize("flags", [[], ["-x"], ["-z"]])
@pytest.mark.parametrize("arguments", ["", "0", "1", "0 1", "-k 0", "-k 1", "-k 0 1", "-k 2 0", "2", "-k 0 -k 1 2 3"])
def test_plain_signing_chooses_as_bind_does(arguments: str, flags: list[str], tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    keys = [
        scene.keygen("-f", "KSK"),
        scene.keygen(),
        scene.keygen("-I", "now-1h", "-D", "now-1h"),  # without -S times are nothing
        scene.keygen(algorithm="15"),
        scene.keygen("-C"),
        scene.keygen("-f", "KSK", "-n", "other"),  # no zone key
    ]
    for name in keys[:1] + keys[2:]:
        scene.publish(name)  # key 1 is not in the zone
    words = [keys[int(word)] if word.isdigit() else word for word in arguments.split()]
    ksks = [word for before, word in itertools.pairwise(words) if before == "-k"]
    named = [word for before, word in itertools.pairwise(["", *words]) if before != "-k" and word != "-k"]
    options = [word for ksk in ksks for word in ("-k", ksk)]
    signed = scene.bind(*flags, *options, "zone", *named)
    assert signed.code == 0, signed.stderr
    selection = plain(scene, named, ksks, ksk_only="-x" in flags, ignore_ksk_flag="-z" in flags)
    assert_same(scene, selection, signed)


@pytest.mark.parametrize("option", [[], ["-S"]])
def test_keys_named_on_the_command_line_of_smart_signing(option: list[str], tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    line = ["-q", "-K", elsewhere, "-a", "13", "-A", "none", "example"]
    named = str(elsewhere / tools.run("dnssec-keygen", *line).stdout.strip())
    scene.keygen("-f", "KSK")
    scene.publish(scene.keygen())
    signed = scene.bind(*option, "zone", named)
    files = load_named_keys(ZONE, [named])
    zone_keys, _ = load_zone_keys(ZONE, scene.dnskeys, str(tmp_path))
    if option:
        repository, now = find_keys(ZONE, str(tmp_path)), int(time.time())
        selection = select_smart(ZONE, zone_keys, repository, now, rrset_ttl=3600, default_ttl=3600, named=files)
    else:
        selection = select_plain(ZONE, zone_keys, dnskey_ttl=3600, named=files)
    assert_same(scene, selection, signed)


def test_the_ttl_of_dnskeys_follows_binds_rule(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.keygen("-f", "KSK")
    scene.keygen()
    selection, _ = smart(scene, int(time.time()), ttl=120)
    assert_same(scene, selection, scene.bind("-S", "-T", "120", "zone"))
    scene.keygen("-L", "600")
    scene.keygen("-L", "300", "-P", "none", "-A", "none")
    selection, _ = smart(scene, int(time.time()), ttl=120)
    assert selection.dnskey_ttl == 300
    assert_same(scene, selection, scene.bind("-S", "-T", "120", "zone"))
    scene.publish(scene.keygen(), 90)
    signed = scene.bind("-S", "-T", "120", "zone")
    selection, _ = smart(scene, int(time.time()), ttl=120)
    assert_same(scene, selection, signed)
    assert ttl_conflict(120, 90) in signed.stderr


@pytest.mark.parametrize("case", ["missing", "other zone", "external"])
def test_a_named_key_that_cannot_sign_is_refused_in_binds_words(case: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    name = scene.keygen()
    scene.publish(name)
    if case == "missing":
        (tmp_path / f"{name}.private").unlink()
    elif case == "other zone":
        name = tools.run("dnssec-keygen", "-q", "-K", tmp_path, "-a", "13", "other").stdout.strip()
    else:
        private = tmp_path / f"{name}.private"
        private.write_text(re.sub("PrivateKey:.*", "External:", private.read_text()))
    signed = scene.bind("zone", name)
    with pytest.raises(KeyFileError) as raised:
        load_named_keys(ZONE, [name], str(tmp_path))
    assert f"dnssec-signzone: fatal: {raised.value}\n" in signed.stderr


def test_an_external_key_that_should_sign_is_an_error(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    private = tmp_path / f"{scene.keygen()}.private"
    private.write_text(re.sub("PrivateKey:.*", "External:", private.read_text()))
    signed = scene.bind("-S", "-z", "zone")
    with pytest.raises(KeyFileError) as raised:
        smart(scene, int(time.time()))
    assert f"dnssec-signzone: fatal: {raised.value}\n" in signed.stderr


def test_an_offline_key_is_warned_of_and_does_not_sign(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    name = scene.keygen("-f", "KSK")
    scene.publish(name)
    scene.publish(scene.keygen())
    (tmp_path / f"{name}.private").unlink()
    signed = scene.bind("zone")
    _, warnings = load_zone_keys(ZONE, scene.dnskeys, str(tmp_path))
    theirs = re.findall("warning: (dns_dnssec.*)", signed.stderr)
    assert [line.replace(str(tmp_path), ".") for line in warnings] == theirs
    assert_same(scene, plain(scene, [], []), signed)


def test_a_file_with_the_tag_of_another_key_is_never_used(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    name, other = scene.keygen(), scene.keygen()
    scene.publish(name)
    for suffix in (".key", ".private"):
        (tmp_path / (name + suffix)).write_text((tmp_path / (other + suffix)).read_text())
    with pytest.raises(KeyFileError, match="is another key than the DNSKEY"):
        load_zone_keys(ZONE, scene.dnskeys, str(tmp_path))


def test_a_revoked_key_signs_nothing_but_the_dnskey_rrset(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.publish(scene.keygen("-f", "KSK"), flags=facts.REVOKE)
    file = read_key(next(scene.folder.glob("K*.key")).stem, str(tmp_path))
    zone_keys = [ZoneKey(rdata, file) for rdata in scene.dnskeys]
    for ignore_ksk_flag in (False, True):
        selection = select_plain(ZONE, zone_keys, dnskey_ttl=60, ignore_ksk_flag=ignore_ksk_flag)
        assert [key.roles for key in selection.keys] == [SIGNS_DNSKEY]
