"""What BIND makes of a master file: its records from the raw format, or what it says is wrong."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import tools

APEX = b"$TTL 300\n@ SOA ns hostmaster 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"  # what named-compilezone asks of a zone

Record = tuple[bytes, int, int, bytes]  # owner in wire form, type, TTL, RDATA
Message = tuple[int, str]  # line, what

IGNORE = [argument for check in "knmMrSTW" for argument in (f"-{check}", "ignore")]  # checks that are not the loader's
MESSAGE = re.compile(r"^(?:dns_\w+: )?(?:\$GENERATE: )?(?P<file>[^ :]+):(?P<line>\d+): (?P<what>.*)$")


def compile_zone(text: bytes, folder: Path, origin: str = "example.") -> tuple[list[Record] | None, list[Message]]:
    """Load *text* with named-compilezone: (records, messages), records None if it refuses the zone.

    A message is (line, what). Records come in the order of BIND's database, TTLs and duplicates settled.
    """
    zone, raw = folder / "zone", folder / "raw"
    zone.write_bytes(text)
    raw.unlink(missing_ok=True)
    command = [tools.find("named-compilezone"), "-i", "none", *IGNORE, "-F", "raw", "-o", raw.name, origin, zone.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300)
    said = (done.stdout + done.stderr).decode("utf-8", "surrogateescape").split("\n")
    messages = [(int(found["line"]), found["what"]) for line in said if (found := MESSAGE.match(line)) is not None]
    return (read_raw(raw.read_bytes()) if done.returncode == 0 else None), messages


def read_raw(raw: bytes) -> list[Record]:
    """Records of a zone in BIND's raw format (signzone.md section 11)."""
    form, version = struct.unpack_from("!II", raw)
    assert (form, version) in {(2, 0), (2, 1)}
    at, records = 12 if version == 0 else 24, []
    while at < len(raw):
        total, _, rrtype, _, ttl, count, name_length = struct.unpack_from("!IHHHIIH", raw, at)
        end, at = at + total, at + 20
        owner, at = raw[at : at + name_length], at + name_length
        for _ in range(count):
            (length,) = struct.unpack_from("!H", raw, at)
            records.append((owner, rrtype, ttl, raw[at + 2 : at + 2 + length]))
            at += 2 + length
        assert at == end
    return records
