"""A working directory in which fastsign signzone and dnssec-signzone sign the same zones with the same keys."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import pytest

import tools
from differential_zones import ORIGIN, ZONE, records
from inprocess import Done, signzone

VALIDITY = ("-s", "20261101000000", "-e", "20391201000000")
_EQUAL_BYTES = {"5", "7", "8", "10", "15", "16"}
_OF_KEYS = ("Fetching ", "Removing ")


@dataclass
class Scene:
    """The current directory: key files and zones; what is signed goes to `ours` and `theirs`."""

    folder: Path
    origin: str = ORIGIN

    @classmethod
    def begin(
        cls, folder: Path, monkeypatch: pytest.MonkeyPatch, zone: Sequence[str] = ZONE, keys: bool = False
    ) -> Scene:
        """Make a folder the current directory and write the zone; *keys*: a ZSK and a KSK, too."""
        monkeypatch.chdir(folder)
        made = cls(folder)
        made.write(*zone)
        if keys:
            made.keygen()
            made.keygen("-f", "KSK")
        return made

    def keygen(self, *options: str, algorithm: str = "15") -> str:
        """Make a key with a deterministic signature; the name of its files."""
        assert algorithm in _EQUAL_BYTES, "the records are to be equal octet by octet"
        bits = ("-b", "1024") if int(algorithm) < 11 else ()
        done = tools.run("dnssec-keygen", "-q", "-a", algorithm, *bits, *options, self.origin, cwd=self.folder)
        return done.stdout.strip()

    def settime(self, name: str, *options: str) -> str:
        """Change a key's timing metadata; the name of its files, which -R changes."""
        done = tools.run("dnssec-settime", *options, name, cwd=self.folder)
        return Path(done.stdout.split()[-1]).stem

    def write(self, *lines: str, name: str = "zone") -> None:
        (self.folder / name).write_text("\n".join(lines) + "\n")

    def sign(self, *options: str, zone: str = "zone", keys: Sequence[str] = ()) -> tuple[Done, Done]:
        """Sign by both, at the same second or the next: with metadata that is not about to change."""
        for output in ("ours", "theirs"):
            (self.folder / output).unlink(missing_ok=True)
        common = ("-o", self.origin, *VALIDITY, *options)
        ours = signzone(*common, "-f", "ours", zone, *keys, check=False)
        line = (*common, "-f", "theirs", zone, *keys)
        theirs = tools.run("dnssec-signzone", *line, cwd=self.folder, check=False)
        return ours, Done(theirs.returncode, theirs.stdout, theirs.stderr)

    def sign_alike(
        self,
        *options: str,
        zone: str = "zone",
        keys: Sequence[str] = (),
    ) -> list[str]:
        """Sign by both, which has to end alike; the records, none where both failed."""
        ours, theirs = self.sign(*options, zone=zone, keys=keys)
        assert _comparable(ours) == _comparable(theirs), f"{_comparable(ours)}\n{_comparable(theirs)}"
        written = [(self.folder / name).exists() for name in ("ours", "theirs")]
        assert written == [ours.code == 0] * 2
        if ours.code != 0:
            return []
        mine, bind = (records(self.folder / name, self.origin) for name in ("ours", "theirs"))
        assert mine == bind, "\n".join(unified_diff(bind, mine, "BIND", "fastsign", n=0))
        return mine

    def keep(self, name: str) -> None:
        """Name the zone that both have signed, as a later input."""
        shutil.copy(self.folder / "theirs", self.folder / name)


def _comparable(done: Done) -> tuple[int, list[str], str]:
    """Code and output less the output's name; BIND takes keys in the order of its directory reads and hash tables."""
    lines = done.stdout.splitlines()
    of_keys = sorted(line for line in lines if line.startswith(_OF_KEYS))
    others = [line for line in lines if not line.startswith(_OF_KEYS) and line not in ("ours", "theirs")]
    return done.code, of_keys + others, done.stderr
