"""RDATA from text: octet for octet what BIND reads, and its words for what it can't read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bind_loader import judge
from fastsign._core import rdata_from_text, rrtype_from_text, rrtype_to_text
from fastsign.errors import ZoneSyntaxError
from scanning import ORIGIN, Outcome, pick, scan, scan_every_way

CASES = (Path(__file__).parents[1] / "data" / "rdata_cases.txt").read_bytes().split(b"\n")[:-1]
BEFORE = b"$TTL 300\nx TYPE65500 \\# 0\n"


def verdict(outcome: Outcome) -> bytes | str:
    """As bind_loader.judge has it, of a text that stands behind BEFORE."""
    return outcome.records[1][3] if outcome.wrong is None else outcome.wrong[1]


def compare(cases: list[bytes], folder: Path) -> None:
    for case, expected in zip(cases, judge(cases, folder), strict=True):
        ours = verdict(scan_every_way(BEFORE + b"c " + case + b"\n"))
        assert shown(ours) == shown(expected), case


def shown(verdict: bytes | str) -> bytes | str:
    """A message as far as it can be compared: not all of a long text, and no octet that is no UTF-8."""
    if isinstance(verdict, bytes):
        return verdict
    return verdict.encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:400]


def test_cases_of_every_type(tmp_path: Path) -> None:
    compare(CASES, tmp_path)


TEXT = [
    b"a", b"\\", b"0", b"1", b"9", b"\\065", b"\\.", b".", b"@", b'"', b";", b" ", b"\\\\", b'\\"', b"\xff", b"\1",
    b"-", b"$",
    b"\\$",
]  # fmt: skip


@pytest.mark.parametrize(("start", "most", "count"), [(b"TXT ", 7, 120), (b"NS ", 6, 120)])
def test_texts_of_all_that_is_special(start: bytes, most: int, count: int, tmp_path: Path) -> None:
    compare(pick(7, TEXT, most, count, start), tmp_path)


def test_parentheses_within_a_line(tmp_path: Path) -> None:
    pieces = [b"(", b")", b" ", b"a", b";", b'"b"', b"()"]
    cases = pick(3, pieces, 8, 100, b"TXT ")
    compare([case for case in cases if case.count(b"(") == case.count(b")")], tmp_path)


# ----------- RFC 3597 form -----------------------------------------------------


def samples() -> dict[int, list[bytes]]:
    """RDATA of every type, from the cases that are right."""
    found: dict[int, list[bytes]] = {}
    for case in CASES:
        mnemonic, _, text = case.partition(b" ")
        try:
            rrtype = rrtype_from_text(mnemonic)
            rdata = rdata_from_text(rrtype, text, ORIGIN)
        except (ValueError, ZoneSyntaxError):
            continue
        if rrtype not in {3, 4, 6}:  # types that do not depend on who loads them
            found.setdefault(rrtype, []).append(rdata)
    return found


def spoil(r: random.Random, rdata: bytes) -> bytes:
    """Change, cut, lengthen or leave as it is."""
    at = r.randrange(len(rdata) + 1)
    octet = bytes([r.choice((0, 1, 2, 3, 4, 5, 63, 64, 128, 192, 253, 254, 255, r.randrange(256)))])
    return r.choice(
        (rdata, rdata[:at] + octet + rdata[at + 1 :], rdata[:at], rdata + octet, rdata[:at] + rdata[at + 1 :])
    )


def test_octets_of_known_types_are_checked_as_bind_checks_them(tmp_path: Path) -> None:
    r = random.Random(11)
    spoilt = {(rrtype, spoil(r, r.choice(good))) for rrtype, good in samples().items() for _ in range(12)}
    cases = [
        b"%s \\# %d %s" % (rrtype_to_text(t).encode(), len(rdata), rdata.hex().encode()) for t, rdata in sorted(spoilt)
    ]
    assert len(cases) > 500
    compare(cases, tmp_path)


@given(st.integers(1, 65279).filter(lambda t: not 128 <= t <= 255), st.binary(max_size=300))
def test_octets_of_unknown_types_are_taken_as_they_are(rrtype: int, rdata: bytes) -> None:
    if not rrtype_to_text(rrtype).startswith("TYPE"):
        return
    text = b"\\# %d %s" % (len(rdata), rdata.hex(" ", 5).encode())
    assert rdata_from_text(rrtype, text) == rdata
    assert scan(BEFORE + b"c TYPE%d %s\n" % (rrtype, text)).records[1][1:] == (rrtype, 300, rdata)


# ----------- Strings and names --------------------------------------------------


def escaped(octet: int, how: int) -> bytes:
    """An octet of a quoted string in one of the ways it may be written."""
    if how == 0 or (octet in b'\n"\\' and how == 1):
        return b"\\%03d" % octet
    return b"\\" + bytes([octet]) if how == 2 and octet not in b"0123456789" else bytes([octet])


octets = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2)), max_size=255)


@given(octets)
def test_a_quoted_string_holds_any_octets(written: list[tuple[int, int]]) -> None:
    text = b"".join(escaped(octet, how) for octet, how in written)
    value = bytes(octet for octet, _ in written)
    assert scan_every_way(BEFORE + b'c TXT "' + text + b'"\n').records[1][3] == bytes([len(value)]) + value


def test_rdata_holds_65535_octets() -> None:
    full = b" ".join([b"a" * 255] * 255 + [b"b" * 254])
    assert len(rdata_from_text(16, full)) == 65535
    with pytest.raises(ZoneSyntaxError, match="ran out of space"):
        rdata_from_text(16, full + b'""')
