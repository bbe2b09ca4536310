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

WARNINGS = (
    "old style DNSSEC", "signature has expired", "TTL set to prior TTL", "> MAXTTL", "file does not end with newline",
    "using RFC1035 TTL semantics", "record with inherited owner", "using SOA MINTTL instead",
)  # fmt: skip

IGNORE = [argument for check in "knmMrSTW" for argument in (f"-{check}", "ignore")]  # checks that are not the loader's
UNKNOWN_LINE = -1
FAILURE = re.compile(r"^zone .*: loading from master file .* failed: (.*)$")
MESSAGE = re.compile(r"^(?:dns_\w+: )?(?:\$GENERATE: )?(?P<file>[^ :]+):(?:(?P<line>\d+):)? (?P<what>.*)$")


def compile_zone(text: bytes, folder: Path, origin: str = "example.") -> tuple[list[Record] | None, list[Message]]:
    """Load *text* with named-compilezone: (records, messages), records None if it refuses the zone.

    A message is (line, what); line 0: of the file as a whole, UNKNOWN_LINE: why the zone did not load, the last one.
    Records come in the order of BIND's database, TTLs and duplicates settled.
    """
    zone, raw = folder / "zone", folder / "raw"
    zone.write_bytes(text)
    raw.unlink(missing_ok=True)
    command = [tools.find("named-compilezone"), "-i", "none", *IGNORE, "-F", "raw", "-o", raw.name, origin, zone.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300)
    said = (done.stdout + done.stderr).decode("utf-8", "surrogateescape").split("\n")
    messages = [(int(found["line"] or 0), found["what"]) for line in said if (found := MESSAGE.match(line)) is not None]
    messages = [message for message in messages if message[0] != 0 or is_warning(message[1])]
    if done.returncode == 0:
        return read_raw(raw.read_bytes()), messages
    messages = [message for message in messages if "ignoring out-of-zone data" not in message[1]]
    return None, messages + [(UNKNOWN_LINE, found[1]) for line in said if (found := FAILURE.match(line)) is not None]


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


def judge(cases: list[bytes], folder: Path) -> list[bytes | str]:
    """What BIND makes of each case, the text behind an owner: the RDATA in wire form, or what it says is wrong.

    Cases that might swallow the line after them are loaded alone, the others together.
    """
    alone = [any(c in case for c in b'"()') or case.endswith(b"\\") for case in cases]
    verdicts: dict[int, bytes | str] = {}
    together = [i for i, single in enumerate(alone) if not single]
    for batch in [together, *([i] for i, single in enumerate(alone) if single)]:
        verdicts |= _judge_batch(cases, batch, folder)
    return [verdicts[i] for i in range(len(cases))]


def _judge_batch(cases: list[bytes], batch: list[int], folder: Path) -> dict[int, bytes | str]:
    """Load the cases until those that are left load, taking out the wrong ones."""
    wrong: dict[int, bytes | str] = {}
    first = APEX.count(b"\n") + 1
    while True:
        left = [i for i in batch if i not in wrong]
        records, messages = compile_zone(APEX + b"".join(b"c%d %s\n" % (i, cases[i]) for i in left), folder)
        if records is not None:
            found = {owner: rdata for owner, _, _, rdata in records}
            return wrong | {i: found[_owner(i)] for i in left}
        found_wrong = [(line - first, what) for line, what in messages if line > 0 and not is_warning(what)]
        assert found_wrong, messages
        for at, what in found_wrong:
            wrong.setdefault(left[min(at, len(left) - 1)], what)


def _owner(case: int) -> bytes:
    label = b"c%d" % case
    return bytes([len(label)]) + label + b"\7example\0"


def is_warning(what: str) -> bool:
    return any(mark in what for mark in WARNINGS)
