"""What the differential tests share: a zone with something of everything, and zones as normal records."""

from __future__ import annotations

import re
from pathlib import Path

import tools

ORIGIN = "Example"

ZONE = [
    "@ 600 SOA ns hostmaster 1 7200 3600 1209600 300", "@ 600 NS ns", "ns 60 A 192.0.2.1", "*.w 60 MX 10 ns",
    "a.b.ent 60 TXT x", "sec 60 NS ns.sec", "sec 60 DS 12345 13 2 " + "AB" * 32, "ns.sec 60 A 192.0.2.2",
    "ins 60 NS ns.ins", "ns.ins 60 A 192.0.2.3", "dn 60 DNAME elsewhere.",
]  # fmt: skip


def records(path: Path, origin: str = ORIGIN) -> list[str]:
    """The zone's records, one normal line each, sorted; normalised by BIND itself."""
    checks = (
        "-i",
        "none",
        "-k",
        "ignore",
        "-m",
        "ignore",
        "-n",
        "ignore",
        "-r",
        "ignore",
        "-M",
        "ignore",
        "-S",
        "ignore",
    )
    done = tools.run("named-compilezone", "-q", *checks, "-s", "full", "-o", "-", origin, path)
    return sorted(line for line in done.stdout.splitlines() if not line.startswith(";"))


def without_signatures(lines: list[str]) -> list[str]:
    """RRSIG records less their last field."""
    return [re.sub(r"(IN\s+RRSIG\s.*\.) [A-Za-z0-9+/= ]+$", r"\1", line) for line in lines]
