"""Whole zones: as BIND reads them, whatever the window and wherever they are cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

import tools
from bind_loader import IGNORE, Record, compile_zone, read_raw
from fastsign._core import name_from_text
from scanning import ORIGIN, WAYS, Outcome, agree, in_zone, scan, scan_every_way, settled

HERE = Path(__file__).parents[1]
ZONES = {
    HERE / "data" / "every_type.zone": "example.",
    **{path: path.name.rpartition(".rfc")[0] + "." for path in sorted((HERE / "data" / "rfc").iterdir())},
}
REFUSED = {"example.rfc8976-multiple-digests"}  # BIND asks 12 octets of a digest

WHOLE = rb"""; a zone in which everything occurs
$ORIGIN example.
$TTL 1h30m
@	IN SOA ns\.1 host\046master (
		2024010101 ; serial ( "
		2h 15M ( 1w ) ;)
		300 )
	NS	ns ; "
	IN 60 MX 10 mx
ns  CLASS1 A 192.0.2.1
	AAAA 2001:db8::1
*.\032w 5 TXT "in; (quotes)" not\ in\;quotes "" ( "\"\\\065" )
$ORIGIN sub
deep.er TYPE65400 \# 6 ( 01 02
   0304 ) 0506
@ DS 1 8 2 0000000000000000 ( 000000000000000000000000000000000000000000000000 ) ; end
$GENERATE 1-3/2 host${10,4,x} PTR "target-$.example."
$ORIGIN example.
d NS ns.d
ns.d A 192.0.2.2
d NS ns
k DNSKEY 256 3 8 AwEA AaYL ( 5iwW
 I6Ug SQ== )
r RRSIG A 8 2 300 20300101000000 ( 20200101000000
	1 . AQ
	ID )
h 2H IN HTTPS 1 . alpn="h2,h3" port=8443 ( ipv4hint=192.0.2.3 )
e NSEC3 1 0 10 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG
"""


def bind_reads(path: Path, origin: str, folder: Path) -> list[Record]:
    raw = folder / "raw"
    tools.run("named-compilezone", "-i", "none", *IGNORE, "-F", "raw", "-o", raw, origin, path)
    return read_raw(raw.read_bytes())


@pytest.mark.parametrize("path", ZONES, ids=lambda path: path.name)
def test_a_zone_is_read_as_bind_reads_it(path: Path, tmp_path: Path) -> None:
    ours = agree(path.read_bytes(), tmp_path, ZONES[path])
    assert (ours.wrong is None) == (path.name not in REFUSED)


@pytest.mark.parametrize("style", ["text", "full"])
def test_what_bind_writes_of_it_is_the_same_zone(style: str, tmp_path: Path) -> None:
    written = tmp_path / "written"
    for path, origin in ZONES.items():
        if path.name in REFUSED:
            continue
        tools.run(
            "named-compilezone",
            "-i",
            "none",
            *IGNORE,
            "-s",
            style.replace("text", "relative"),
            "-o",
            written,
            origin,
            path,
        )
        ours = scan_every_way(written.read_bytes(), name_from_text(origin))
        original = scan(path.read_bytes(), name_from_text(origin)).records
        assert settled(ours.records) == settled(in_zone(original, name_from_text(origin))), path


def test_the_root_zone(tmp_path: Path) -> None:
    path = HERE.parent / "examples" / "root.zone"
    text = path.read_bytes()
    ours = scan(text, b"\0")
    assert len(ours.records) > 10000
    assert settled(ours.records) == settled(bind_reads(path, ".", tmp_path))
    for way in ({"ways": 1}, {"ways": 2}, {"window": 4099}):
        assert scan(text, b"\0", **way) == ours, way


# ----------- A zone cut off -----------------------------------------------------


def open_at_the_end(text: bytes) -> bool:
    """Does the text end within parentheses or quotes?"""
    depth, quoted, escaped, comment = 0, False, False, False
    for octet in text.decode("latin-1"):
        if comment:
            comment = octet != "\n"
        elif escaped:
            escaped = False
        elif octet == "\\":
            escaped = True
        elif quoted or octet == '"':
            quoted = quoted != (octet == '"')
        elif octet == ";":
            comment = True
        else:
            depth += {"(": 1, ")": -1}.get(octet, 0)
    return quoted or depth != 0


def test_the_torture_zone_is_as_bind_reads_it(tmp_path: Path) -> None:
    theirs, messages = compile_zone(WHOLE, tmp_path)
    assert theirs is not None, messages
    assert settled(scan_every_way(WHOLE).records) == settled(theirs)


def test_cut_off_anywhere_it_gives_the_records_before_or_an_error() -> None:
    whole = scan(WHOLE).records
    for size in range(len(WHOLE)):
        cut = WHOLE[:size]
        outcomes = [scan(cut, **WAYS[way]) for way in (0, 1, 2, 3 + size % 4)]
        assert outcomes.count(outcomes[0]) == len(outcomes), cut[-40:]
        if outcomes[0].wrong is None:
            assert not open_at_the_end(cut), cut[-40:]
            assert outcomes[0].records[:-1] == whole[: max(0, len(outcomes[0].records) - 1)]


@pytest.mark.parametrize("size", range(0, len(WHOLE), 97))
def test_cut_off_it_is_refused_where_bind_refuses_it(size: int, tmp_path: Path) -> None:
    apex = WHOLE.index(b"\tAAAA")
    cut = WHOLE[: max(apex, size)]
    theirs, _ = compile_zone(cut, tmp_path)
    outcome = scan(cut)
    assert (outcome.wrong is None) == (theirs is not None)
    assert theirs is None or settled(outcome.records) == settled(theirs)


# ----------- Windows ------------------------------------------------------------


def all_windows(text: bytes) -> Outcome:
    """The outcome, the same for each size of the window."""
    first = scan(text)
    for window in [*range(1, 130), 200, 255, 256, 257, 511, len(text) - 1, len(text), len(text) + 1]:
        for ways in (0, 2):
            assert scan(text, window=window, ways=ways) == first, window
    return first


def test_every_construct_may_lie_across_windows() -> None:
    assert all_windows(WHOLE).wrong is None


def test_so_may_errors() -> None:
    for wrong in (
        b"w A 1.2.3\n",
        b'w TXT "open\n',
        b"w TXT (open",
        b"w FOO x\n",
        b"$ORIGIN a..b\n",
        b"w TXT a\\25\n",
        b"w TXT \\",
    ):
        assert all_windows(WHOLE + b"ok A 192.0.2.4\n" * 3 + wrong).wrong is not None


def test_records_around_the_edges_of_the_default_window() -> None:
    line = b"%07d.delegated 3600 IN NS ns%d.provider.example.\n"
    text = b"$TTL 1\n" + b"".join(line % (i, i % 5) for i in range(20000))
    for ways in (0, 1, 2):
        outcome = scan(text, ways=ways)
        assert [record[0][1:8] for record in outcome.records] == [b"%07d" % i for i in range(20000)]
        assert {record[1:3] for record in outcome.records} == {(2, 3600)}
        assert [record[3][3:4] for record in outcome.records] == [b"%d" % (i % 5) for i in range(20000)]
        assert outcome.records[0][0].endswith(b"\x09delegated" + ORIGIN)
