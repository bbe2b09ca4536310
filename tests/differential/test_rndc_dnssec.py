"""`fastsign dnssec` beside `rndc dnssec`, over the same key files at the same time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fastsign.cli.ds_records import at_parent
from fastsign.kasp.policy import DAY, KeyRule, Policy
from fastsign.keys import names
from fastsign.keys.files import KeyFile, find_keys
from fastsign.rollover import status
from inprocess import Done, command
from named_server import NamedServer

START = 1_800_000_000
EVENTS = 40  # of all zones: over a rollover of a KSK, some of ZSKs, and one of a CSK

SPLIT = Policy("split", (KeyRule(True, False, 13, 256, 60 * DAY), KeyRule(False, True, 13, 256, 30 * DAY)))
COMBINED = Policy("combined", (KeyRule(True, True, 15, 256, 45 * DAY),), dnskey_ttl=7200)
ZONES = {"split.test": SPLIT, "combined.test": COMBINED}


@pytest.fixture(scope="module", autouse=True)
def _utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        yield


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NamedServer]:
    with NamedServer(tmp_path, START) as server:
        for name, policy in ZONES.items():
            server.add_zone(name, policy)
        server.start()
        yield server


def keys_of(server: NamedServer, zone: str) -> list[KeyFile]:
    return find_keys(names.from_text(zone), str(server.zones[zone].keys))


def blocks(text: str) -> tuple[str, list[str]]:
    """(head, the keys' parts in some order) of a status: the order of keys is that of a folder with named."""
    head, *keys = re.split(r"(?m)^(?=key: )", text.partition("What you have to do now:")[0])
    return head, sorted(keys)


def ours(server: NamedServer, *words: str, conf: Path | None = None) -> Done:
    return command("dnssec", "-c", conf or server.folder / "named.conf", *words, now=server.now, check=False)


def follow(server: NamedServer, zone: str) -> None:
    """Do as an operator does: what is asked for at the parent is done there, an hour later."""
    for key in keys_of(server, zone):
        assert key.state
        if key.state.ds == "rumoured" and not key.times.ds_publish:
            server.checkds(zone, key.tag, True)
        elif key.state.ds == "unretentive" and not key.times.ds_delete:
            server.checkds(zone, key.tag, False)


def test_the_status_is_named_s_at_every_event(server: NamedServer) -> None:
    seen = set()
    for _ in range(EVENTS):
        for zone in ZONES:
            theirs = server.status(zone)
            assert blocks(ours(server, "-status", zone).stdout) == blocks(theirs)
            seen |= set(re.findall(r"(?m)^  ([A-Z][a-z, ]+[a-z])(?: \w{3} \w{3} .*)?$", theirs))
            follow(server, zone)
        server.jump(min(server.next_key_event(zone) for zone in ZONES))
    assert seen >= {status.NEXT, status.RETIRED, status.REMOVED}


def test_the_cds_records_are_named_s_at_every_event(server: NamedServer) -> None:
    for _ in range(EVENTS // 2):
        for zone, policy in ZONES.items():
            parent = at_parent(names.from_text(zone), keys_of(server, zone), policy)
            for rrtype, expected in (("CDS", parent.cds), ("CDNSKEY", parent.cdnskey)):
                rrset, _ = server.query(zone, rrtype)
                assert sorted(record.to_wire() for record in rrset or ()) == list(expected)
            follow(server, zone)
        server.jump(min(server.next_key_event(zone) for zone in ZONES))


# ---- commands


@dataclass(frozen=True)
class Twin:
    """A zone that named has, and a copy of its key files for us."""

    server: NamedServer
    zone: str
    conf: Path
    copy: Path

    def run(self, *words: str) -> tuple[str, str]:
        """What each of the two says; ours on standard output or, if it has failed, on standard error."""
        done = ours(self.server, *words, self.zone, conf=self.conf)
        complaint = done.stderr.removeprefix("fastsign dnssec: fatal: ")
        return self.server.rndc("dnssec", *words, self.zone), done.stdout or complaint

    def key(self, *, ksk: bool) -> KeyFile:
        return next(key for key in find_keys(names.from_text(self.zone), str(self.copy)) if key.state.ksk == ksk)

    def fields(self, key: KeyFile, *tags: str) -> tuple[dict[str, str], dict[str, str]]:
        """These lines of the key's state file, theirs and ours."""
        state = Path(key.path).name + ".state"
        texts = [(folder / state).read_text() for folder in (self.server.zones[self.zone].keys, self.copy)]
        found = [
            dict(line.split(": ", 1) for line in text.splitlines() if line.split(":")[0] in tags) for text in texts
        ]
        return found[0], found[1]


@pytest.fixture
def twin(server: NamedServer, tmp_path: Path) -> Twin:
    zone = "split.test"
    keys, copy = server.zones[zone].keys, tmp_path / "ours"
    shutil.copytree(keys, copy)
    conf = tmp_path / "ours.conf"
    conf.write_text((server.folder / "named.conf").read_text().replace(str(keys), str(copy)))
    return Twin(server, zone, conf, copy)


@pytest.mark.parametrize("word", ["published", "withdrawn"])
@pytest.mark.parametrize("when", [(), ("-when", "20270116120000")], ids=["now", "later"])
@pytest.mark.parametrize("named_key", [True, False], ids=["key", "no-key"])
def test_checkds_says_and_does_the_same(twin: Twin, word: str, when: tuple[str, ...], named_key: bool) -> None:
    key = twin.key(ksk=True)
    which = ("-key", str(key.tag)) if named_key else ()
    theirs, said = twin.run("-checkds", *which, *when, word)
    assert said == theirs
    expected, found = twin.fields(key, "DSPublish", "DSRemoved", "DSState", "GoalState")
    assert found == expected
    assert ("DSPublish" in found, "DSRemoved" in found) == (word == "published", word == "withdrawn")


@pytest.mark.parametrize("ksk", [True, False], ids=["KSK", "ZSK"])
@pytest.mark.parametrize("when", [(), ("-when", "20270201000000")], ids=["now", "later"])
def test_rollover_says_and_does_the_same(twin: Twin, ksk: bool, when: tuple[str, ...]) -> None:
    key = twin.key(ksk=ksk)
    theirs, said = twin.run("-rollover", "-key", str(key.tag), "-alg", "13", *when)
    assert said == theirs
    expected, found = twin.fields(key, "Retired")
    assert found == expected != {}


@pytest.mark.parametrize(
    "words",
    [
        ("-checkds", "-key", "{zsk}", "published"),
        ("-checkds", "-key", "{ksk}", "-alg", "8", "published"),
        ("-rollover", "-key", "{none}"),
        ("-rollover", "-key", "{ksk}", "-alg", "RSASHA256"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_said_alike(twin: Twin, words: tuple[str, ...]) -> None:
    tags = {"ksk": twin.key(ksk=True).tag, "zsk": twin.key(ksk=False).tag}
    none = next(tag for tag in range(1, 9) if tag not in tags.values())
    theirs, said = twin.run(*(word.format(**tags, none=none) for word in words))
    assert said == theirs
    assert said.startswith("Error executing ")


def test_a_key_that_is_not_yet_active_is_not_rolled(twin: Twin) -> None:
    """The successor of a ZSK is published before it signs."""
    old = twin.key(ksk=False)
    twin.server.rollover(twin.zone, old.tag)
    new = next(key for key in keys_of(twin.server, twin.zone) if key.predecessor == old.tag)
    for path in twin.server.zones[twin.zone].keys.iterdir():
        shutil.copy(path, twin.copy)
    theirs, said = twin.run("-rollover", "-key", str(new.tag))
    assert said == theirs == "Error executing rollover command: key is not actively signing\n"
