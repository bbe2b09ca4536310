"""A zone of which the KSK is in a folder of its own, under policies with offline-ksk; and what becomes of a request.

What a request and a response must hold is worked out here from the key files, by the rules of BIND's manual and system
tests, without the code under test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fastsign.keys.files import KeyFile, read_key
from keyfile_scene import Outcome, run_ours

ZONE = "example.test"
NOW = 1_795_000_000  # 2026-11-18 11:06:40 UTC
MINUTE, HOUR, DAY = 60, 3600, 86400
YEAR = 365 * DAY

POLICIES = """
dnssec-policy "common" {
    offline-ksk yes;
    keys { ksk lifetime unlimited algorithm 13; zsk lifetime P186D algorithm 13; };
};
dnssec-policy "unlimited" {
    offline-ksk yes; cdnskey no; cds-digest-types { 2; 4; };
    keys { ksk lifetime unlimited algorithm 15; zsk lifetime unlimited algorithm 15; };
};
dnssec-policy "no-cds" {
    offline-ksk yes; cds-digest-types { };
    keys { ksk lifetime unlimited algorithm 13; zsk lifetime P186D algorithm 13; };
};
dnssec-policy "ksk-roll" {
    offline-ksk yes; dnskey-ttl 900; signatures-validity-dnskey P20D; signatures-refresh P3D;
    keys { ksk lifetime P186D algorithm 13; zsk lifetime unlimited algorithm 13; };
};
dnssec-policy "two-tone" {
    offline-ksk yes;
    keys {
        ksk lifetime unlimited algorithm 8 2048; ksk lifetime unlimited algorithm 15;
        zsk lifetime P93D algorithm 8 1024; zsk lifetime P155D algorithm 15;
    };
};
dnssec-policy "csk" { keys { csk lifetime unlimited algorithm 13; }; };
"""


@dataclass(frozen=True)
class Timing:
    """What of a policy the expected moments depend on."""

    ttl: int = HOUR
    validity: int = 14 * DAY
    refresh: int = 5 * DAY
    publish: int = HOUR  # publish-safety, and retire-safety
    propagation: int = 5 * MINUTE
    max_ttl: int = DAY
    parent: int = DAY + HOUR  # parent-ds-ttl and parent-propagation-delay
    signing_delay: int = 9 * DAY

    @property
    def prepublication(self) -> int:
        return self.ttl + self.publish + self.propagation


COMMON, KSK_ROLL = Timing(), Timing(ttl=900, validity=20 * DAY, refresh=3 * DAY, signing_delay=11 * DAY)


class Scene:
    """Two key folders and a configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("zsks", "offline"):
            (folder / name).mkdir()
        (folder / "named.conf").write_text(POLICIES)

    def run(self, policy: str, *arguments: str, now: int = NOW, zone: str = ZONE) -> Outcome:
        return run_ours(self.folder, "dnssec-ksr", "-l", "named.conf", "-k", policy, *arguments, zone, now=now)

    def good(self, policy: str, *arguments: str, now: int = NOW) -> str:
        done = self.run(policy, *arguments, now=now)
        assert (done.code, done.stderr) == (0, ""), done
        return done.stdout

    def keygen(self, policy: str, end: str = "+1y", *options: str, start: str = "now", now: int = NOW) -> list[KeyFile]:
        """Keys by dnssec-ksr keygen; with -o KSKs, in their own folder."""
        folder = "offline" if "-o" in options else "zsks"
        names = self.good(policy, "-K", folder, "-i", start, "-e", end, *options, "keygen", now=now).split()
        return [read_key(name, str(self.folder / folder)) for name in names]

    def request(self, policy: str, end: str = "+1y", start: str = "now") -> str:
        text = self.good(policy, "-K", "zsks", "-i", start, "-e", end, "request")
        (self.folder / "ksr").write_text(text)
        return text

    def sign(self, policy: str, end: str = "+1y", start: str = "now") -> str:
        return self.good(policy, "-K", "offline", "-f", "ksr", "-i", start, "-e", end, "sign")

    def all(self, policy: str, end: str = "+1y") -> tuple[list[KeyFile], list[KeyFile], str, str]:
        """(KSKs, ZSKs, request, response)"""
        ksks, zsks = self.keygen(policy, end, "-o"), self.keygen(policy, end)
        return ksks, zsks, self.request(policy, end), self.sign(policy, end)


@dataclass
class Block:
    """A bundle as it is printed: when it begins, and its records with single blanks."""

    inception: int
    records: list[str]

    def of(self, rrtype: str) -> list[str]:
        return [record.split(" ", 4)[4] for record in self.records if record.split()[3] == rrtype]


def blocks_of(text: str, kind: str) -> list[Block]:
    """The bundles of a request or response, which must be well formed."""
    lines = text.splitlines()
    assert re.fullmatch(
        rf";; {kind} 1\.0 generated at \w{{3}} \w{{3}} [ \d]\d \S+ \d{{4}} by fastsign-\S+", lines.pop()
    )
    blocks: list[Block] = []
    for line in lines:
        if match := re.fullmatch(rf";; {kind} 1\.0 (\d{{14}}) \(\w{{3}} \w{{3}} [ \d]\d \S+ \d{{4}}\)", line):
            blocks.append(Block(moment_of(match[1]), []))
        elif line:
            blocks[-1].records.append(" ".join(line.split()))
    return blocks


def moment_of(digits: str) -> int:
    from calendar import timegm
    from time import strptime

    return timegm(strptime(digits, "%Y%m%d%H%M%S"))


def digits_of(moment: int) -> str:
    from time import gmtime, strftime

    return strftime("%Y%m%d%H%M%S", gmtime(moment))


def in_zone(keys: list[KeyFile], moment: int) -> list[KeyFile]:
    """Those that are published at a moment, by their times."""
    return [
        key
        for key in keys
        if (key.times.publish or 0) <= moment and (key.times.delete is None or moment < key.times.delete)
    ]
