"""What the scanner puts into the arena, and single values from text."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastsign._core import (
    name_from_text,
    name_to_text,
    rdata_from_text,
    rrtype_from_text,
    rrtype_to_text,
    scan_text,
)  # fmt: skip
from fastsign.errors import ZoneSyntaxError
from fastsign.zone.arena import Arena
from scanning import ORIGIN, rows

SOA = b"$TTL 300\n@ SOA ns host 1 2 3 4 5\n"


def scanned(text: bytes, ways: int = 0) -> Arena:
    arena = Arena.empty()
    scan_text(SOA + text, ORIGIN, arena, ways=ways)
    return arena


# ----------- The arena ----------------------------------------------------------


@pytest.mark.parametrize("ways", [0, 1, 2])
def test_owners_are_interned_by_their_exact_spelling(ways: int) -> None:
    owner = scanned(
        b"a A 192.0.2.1\nb A 192.0.2.1\nA A 192.0.2.1\na AAAA ::1\n\\097 TXT x\n$ORIGIN .\nb.example TXT y\n", ways
    ).owner.view()
    assert list(owner) == [0, 1, 2, 3, 1, 1, 2]


def test_names_that_the_arena_holds_keep_their_ids() -> None:
    arena = scanned(b"a A 192.0.2.1\nb A 192.0.2.1\n")
    scan_text(
        b"b 5 TXT x\nc 5 TXT x\n" + b"".join(b"n%d 5 A 192.0.2.1\n" % i for i in range(5000)) + b"a 5 TXT x\n",
        ORIGIN,
        arena,
    )
    owner = arena.owner.view()
    assert (list(owner[:5]), owner[-1], len(set(owner))) == ([0, 1, 2, 2, 3], 1, 5004)


@pytest.mark.parametrize("ways", [0, 1, 2])
def test_many_names_are_told_apart(ways: int) -> None:
    arena = scanned(
        b"".join(b"%x A 192.0.2.1\n" % (i * 0x9E3779B1 % 2**32) for i in [*range(30000), *range(30000)]), ways
    )
    owner = arena.owner.view()
    assert list(owner[1:30001]) == list(range(1, 30001)) == list(owner[30001:])


@pytest.mark.parametrize("ways", [0, 1, 2])
def test_rdata_that_repeats_is_kept_once(ways: int) -> None:
    arena = scanned(b"".join(b"n%d NS ns%d.provider.test.\n" % (i, i % 3) for i in range(3000)), ways)
    assert len(set(arena.rdata_offset.view()[1:])) == 3
    assert [row[3][3:4] for row in rows(arena)[1:]] == [b"%d" % (i % 3) for i in range(3000)]


def test_names_relative_to_other_origins_are_other_rdata() -> None:
    arena = scanned(b"x NS nameserver\n$ORIGIN a\nx NS nameserver\nx NS nameserver.example.\n")
    assert [row[3] for row in rows(arena)[1:]] == [
        b"\x0anameserver" + ORIGIN, b"\x0anameserver\1a" + ORIGIN, b"\x0anameserver" + ORIGIN,
    ]  # fmt: skip


def test_an_arena_that_is_looked_at_is_not_scanned_into() -> None:
    arena = Arena.empty()
    with memoryview(arena.owner), pytest.raises(BufferError):
        scan_text(SOA, ORIGIN, arena)
    scan_text(SOA, ORIGIN, arena)
    assert len(arena.owner) == 1


@pytest.mark.parametrize(
    "origin", [b"", b"example", b"\7example", b"\7example\0\0", b"\x40" + b"a" * 64 + b"\0", b"\1a" * 130 + b"\0"]
)
def test_an_origin_that_is_no_name_is_refused(origin: bytes) -> None:
    with pytest.raises(ValueError, match=r"wire form|longer than 63"):
        scan_text(SOA, origin, Arena.empty())


# ----------- Names --------------------------------------------------------------

names = st.lists(st.binary(min_size=1, max_size=63), max_size=6).map(
    lambda labels: b"".join(bytes([len(x)]) + x for x in labels) + b"\0"
)


@given(names.filter(lambda wire: len(wire) <= 255))
def test_a_name_survives_its_text(wire: bytes) -> None:
    text = name_to_text(wire)
    assert name_from_text(text, None) == wire
    assert dns.name.from_text(text).to_wire() == wire


@given(st.binary(max_size=40), st.sampled_from([None, b"\0", ORIGIN]))
def test_any_octets_are_a_name_or_refused(text: bytes, origin: bytes | None) -> None:
    try:
        wire = name_from_text(text, origin)
    except ZoneSyntaxError:
        return
    assert wire.endswith(b"\0")
    assert name_from_text(name_to_text(wire), None) == wire


@pytest.mark.parametrize(
    ("text", "origin", "wire"),
    [
        ("a.b.", None, b"\1a\1b\0"), ("a.b", ORIGIN, b"\1a\1b" + ORIGIN), ("@", ORIGIN, ORIGIN), (".", ORIGIN, b"\0"),
        ("\\@", ORIGIN, b"\1@" + ORIGIN), ("a\\.b", ORIGIN, b"\3a.b" + ORIGIN), ("\\255\\000.", None, b"\2\xff\0\0"),
        ("a" * 63 + ".", None, b"\x3f" + b"a" * 63 + b"\0"), ("a." * 127, None, b"\1a" * 127 + b"\0"),
        ("\xfc.", None, b"\2\xc3\xbc\0"),
    ],
)  # fmt: skip
def test_names_from_text(text: str, origin: bytes | None, wire: bytes) -> None:
    assert name_from_text(text, origin) == wire


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "unexpected end of input"), ("a..b", "empty label"), (".a", "empty label"), ("a" * 64, "label too long"),
        ("a\\256", "bad escape"), ("a\\2", "unexpected end of input|bad escape"), ("a." * 128,
        "ran out of space|name too long"),
    ],
)  # fmt: skip
def test_names_that_are_none(text: str, what: str) -> None:
    with pytest.raises(ZoneSyntaxError, match=what):
        name_from_text(text)


def test_a_relative_name_without_an_origin_is_refused() -> None:
    for text in ("a", "@", "a.b"):
        with pytest.raises(ZoneSyntaxError):
            name_from_text(text, None)


# ----------- Types and RDATA ----------------------------------------------------


@given(st.integers(0, 65535))
def test_a_type_survives_its_text(rrtype: int) -> None:
    text = rrtype_to_text(rrtype)
    assert (
        rrtype_from_text(text) == rrtype_from_text(text.lower().encode()) == rrtype_from_text(f"TYPE{rrtype}") == rrtype
    )


@pytest.mark.parametrize(
    "text", ["", "TYPE", "TYPE65536", "TYPEx", "TYPE-1", "A ", " A", "A\0", "AA", "NSEC4", "NSE", "X" * 100]
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unknown RR type"):
        rrtype_from_text(text)


def test_rdata_from_text() -> None:
    assert rdata_from_text(15, b"10 mail", ORIGIN) == b"\0\x0a\4mail" + ORIGIN
    assert rdata_from_text(15, b"10 mail ; comment") == b"\0\x0a\4mail\0"
    with pytest.raises(ZoneSyntaxError, match="near '11': extra input text"):
        rdata_from_text(15, b"10 mail 11")
    with pytest.raises(ZoneSyntaxError, match="near eof: unexpected end of input"):
        rdata_from_text(15, b"10")
