"""Sequences of random edits, each signed again with the old signatures: as a signing from scratch, times apart.

The old signatures are records of the input, or come from an image, which must make no difference at all.

FASTSIGN_EDIT_SEQUENCES says how many; `make check-long` runs a thousand.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from pathlib import Path

import pytest

from inprocess import command, signzone
from narration import counts
from zone_editor import ZoneEditor

SEQUENCES = int(os.environ.get("FASTSIGN_EDIT_SEQUENCES", "50"))
STEPS, SHARES = 6, 10
NOW, DAY = 1_800_000_000, 86400
LONG_AGO = "20200101000000"
CHAINS = [(), ("-3", "-"), ("-3", "AB"), ("-3", "-", "-A"), ("-3", "AB", "-H", "2", "-A")]
_OF_SIGNING = re.compile(r"\sIN (?:RRSIG|NSEC|NSEC3|NSEC3PARAM|DNSKEY)\t")
_VARIES = re.compile(r"(IN RRSIG\t\S+ \d+ \d+ \d+) \d{14} \d{14} (\d+ \S+) .*")


def keygen(folder: Path, *options: str) -> str:
    done = command("keygen", "-q", "-a", "15", "-L", "900", "-K", folder, *options, "example", now=NOW)
    return done.stdout.strip()


def records(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if not line.startswith(";")]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One pair of keys in use, and two of each role that wait."""
    folder = tmp_path_factory.mktemp("keys")
    for role in ((), ("-f", "KSK")):
        keygen(folder, "-P", LONG_AGO, "-A", LONG_AGO, *role)
        for _ in range(2):
            keygen(folder, "-P", "none", "-A", "none", *role)
    return folder


class Sequence:
    """One zone, its keys and its chain, over time."""

    def __init__(self, number: int, keys: Path, folder: Path) -> None:
        self.random, self.folder, self.now = random.Random(number), folder, NOW
        shutil.copytree(keys, folder / "keys")
        self.waiting, self.active = {}, {}
        for role, word in (("zsk", "zone-signing"), ("ksk", "key-signing")):
            names = sorted(path for path in (folder / "keys").glob("K*.key") if word in path.read_text())
            in_use = [path for path in names if LONG_AGO in path.read_text()]
            self.active[role] = in_use[0].stem
            self.waiting[role] = [path.stem for path in names if path not in in_use]
        self.editor = ZoneEditor(self.random)
        self.chain, self.options = self.random.choice(CHAINS), ()
        self.retained = 0
        (folder / "zone").write_text("\n".join(self.editor.lines()) + "\n")
        self.sign("signed", *self.chain)
        self.sign("of-image", *self.chain, "--image", folder / "image")

    def sign(self, output: str, *options: str | Path) -> list[str]:
        """Sign `zone`; what is in the result, its signatures less their times and themselves."""
        line = ("-S", "-t", "-O", "full", "-o", "example", "-K", self.folder / "keys", "-d", self.folder)
        done = signzone(*line, *options, "-f", self.folder / output, self.folder / "zone", now=self.now)
        self.retained += counts(done.stdout)[1]
        return [_VARIES.sub(r"\1 \2", line) for line in records(self.folder / output)]

    def step(self, number: int) -> None:
        """Edit, sign again, sign from scratch, compare."""
        for _ in range(self.random.randint(0, 4)):
            self.editor.edit()
        self.now += self.random.choice([0, 3600, DAY, 5 * DAY, 20 * DAY])
        if self.random.random() < 0.25:
            self.roll(self.random.choice(["zsk", "ksk"]))
        chain = self.change_chain() if self.random.random() < 0.15 else ()
        zone, old = self.editor.lines(), self.of_earlier_signing()
        self.random.shuffle(old)
        (self.folder / "zone").write_text("\n".join(zone + old) + "\n")
        again = self.sign("signed", *self.options, *chain)
        (self.folder / "zone").write_text("\n".join(zone) + "\n")
        scratch = self.sign("scratch", *self.chain)
        assert again == scratch, f"step {number}:\n" + "\n".join(sorted(set(again) ^ set(scratch)))
        verify = ("-P",) if self.random.random() < 0.3 else ()  # then what the image has is verified before it is used
        self.sign("of-image", *self.options, *self.chain, *verify, "--image", self.folder / "image")
        left, right = (records(self.folder / output) for output in ("signed", "of-image"))
        assert left == right, f"step {number}, of the image:\n" + "\n".join(sorted(set(left) ^ set(right)))

    def of_earlier_signing(self) -> list[str]:
        path = self.folder / "signed"
        return [line for line in path.read_text().splitlines() if _OF_SIGNING.search(line)] if path.exists() else []

    def change_chain(self) -> tuple[str, ...]:
        """Another chain; the options that make it in place of the old one."""
        self.chain = self.random.choice(CHAINS)
        if self.chain and "-A" not in self.chain:
            return ("-u", *self.chain, "-AA", *(() if "-H" in self.chain else ("-H", "0")))
        return ("-u", *self.chain, *(() if "-H" in self.chain or not self.chain else ("-H", "0")))

    def roll(self, role: str) -> None:
        """Another key signs from now on; the old one goes, or stays in the zone without signing."""
        if not self.waiting[role]:
            return
        old, new = self.active[role], self.waiting[role].pop()
        leaves = ("-D", str(self.now - 60)) if self.random.random() < 0.5 else ()
        self.settime("-I", str(self.now - 60), *leaves, old)
        self.settime("-P", str(self.now - 60), "-A", str(self.now - 60), new)
        self.active[role] = new
        self.options = ("-Q", "-R")  # what the old keys have signed would stay otherwise

    def settime(self, *options: str) -> None:
        command("settime", "-K", self.folder / "keys", *options, now=self.now)


@pytest.mark.parametrize("share", range(SHARES))
def test_edits_signed_again_are_as_signed_from_scratch(share, keys, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # thousands of files that nobody needs
    retained = 0
    for number in range(share, SEQUENCES, SHARES):
        folder = tmp_path / str(number)
        folder.mkdir()
        sequence = Sequence(number, keys, folder)
        for step in range(STEPS):
            sequence.step(step)
        retained += sequence.retained
        shutil.rmtree(folder)
    assert retained > 0
