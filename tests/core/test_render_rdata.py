"""RDATA as text: each type's octets go to BIND as RFC 3597 text, and come back as BIND writes the type."""

from __future__ import annotations

import base64
import contextlib
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tools
from fastsign import _core
from private_keys import keygen
from random_rdata import CHAIN_AND_SIGNATURES, RDATA, Make, name
from zones import wire

STYLES = {"text": 0, "full": 1}
PER_TYPE = 25

Written = list[tuple[int, bytes, str]]  # type, RDATA, what BIND writes of it from the class on


def records_of(makers: dict[int, Make], owner: str) -> tuple[list[tuple[int, bytes]], str]:
    """Records of every type, and the same as lines in the form of RFC 3597."""
    generator = random.Random(20240229)
    records = [(rrtype, make(generator)) for rrtype, make in makers.items() for _ in range(PER_TYPE)]
    lines = [f"n{i}.{owner} 0 TYPE{t} \\# {len(rdata)} {rdata.hex()}\n" for i, (t, rdata) in enumerate(records)]
    return records, "$TTL 0\nexample. SOA . . 0 0 0 0 0\nexample. NS .\n" + "".join(lines)


def match(records: list[tuple[int, bytes]], text: str) -> Written:
    """Find each record in what BIND wrote, by the number in its owner."""
    parts = re.split(r"^n(\d+)\..*?\tIN ", re.sub(r"; resign=\d+\n", "", text), flags=re.MULTILINE)
    texts = {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}
    return [(t, rdata, texts[i]) for i, (t, rdata) in enumerate(records)]


@pytest.fixture(scope="module", params=STYLES)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Written]:
    """By dnssec-signzone, out of the zone, where it checks nothing."""
    folder = tmp_path_factory.mktemp("rdata")
    records, zone = records_of(RDATA, "other.")
    (folder / "zone").write_text(zone + keygen(folder, 15).path.with_suffix(".key").read_text())
    style = request.param
    tools.run("dnssec-signzone", "-P", "-z", "-o", "example", "-O", style, "-f", "out", "zone", cwd=folder)
    return STYLES[style], match(records, (folder / "out").read_text("latin-1"))


def line_of(rrtype: int, rdata: bytes, style: int) -> str:
    return _core.render_record(wire("n0.other."), rrtype, 0, rdata, style).decode("latin-1").partition("\tIN ")[2]


@pytest.mark.parametrize("rrtype", RDATA)
def test_rdata_is_as_bind_writes_it(written: tuple[int, Written], rrtype: int) -> None:
    style, records = written
    for number, rdata, text in records:
        if number == rrtype:
            assert line_of(rrtype, rdata, style) == text, rdata.hex()


def test_signatures_and_chains_are_as_bind_writes_them(tmp_path: Path) -> None:
    records, zone = records_of(CHAIN_AND_SIGNATURES, "example.")
    (tmp_path / "zone").write_text(zone)
    tools.run(
        "named-compilezone", "-i", "none", "-k", "ignore", "-s", "full", "-o", "out", "example", "zone", cwd=tmp_path
    )
    for rrtype, rdata, text in match(records, (tmp_path / "out").read_text("latin-1")):
        assert line_of(rrtype, rdata, STYLES["full"]) == text, rdata.hex()


@pytest.mark.parametrize("rrtype", [t for t in RDATA if t not in (10, 16, 22, 31, 32, 42)])
def test_rdata_cut_short_is_refused_or_written_but_never_read_past_its_end(rrtype: int) -> None:
    rdata = RDATA[rrtype](random.Random(7))
    for length in range(len(rdata)):
        with contextlib.suppress(ValueError):
            _core.render_rdata(rrtype, rdata[:length], 0)


@pytest.mark.parametrize(
    ("rrtype", "rdata"),
    [
        (1, b"abc"),
        (1, b"abcde"),
        (2, b"\7example"),
        (2, b"\x40" + b"a" * 64 + b"\0"),
        (15, b"\0"),
        (16, b"\5abc"),
        (28, b"\0" * 15),
        (43, b"\0\1\15"),
        (46, b"\0" * 18),
        (47, b"\0\0\x21" + b"\1" * 33),
        (48, b"\1\1\3"),
        (50, b"\1\0\0\0\5ab"),
        (64, b"\0\1\0\0\3\0\1\1"),
    ],
)
def test_malformed_rdata_is_an_error(rrtype: int, rdata: bytes) -> None:
    with pytest.raises(ValueError, match="malformed"):
        _core.render_rdata(rrtype, rdata)


def test_the_largest_bitmap_has_room() -> None:
    text = _core.render_rdata(47, b"\0" + _core.type_bitmap(range(65536)))
    assert len(text.split()) == 1 + 65536


@given(st.binary(max_size=400))
def test_every_base64_encoder_agrees_with_the_standard_library(data: bytes) -> None:
    for variant in _core.base64_variants():
        assert _core.base64_encode(data, variant) == base64.b64encode(data)


@given(st.integers(0, 2**32))
def test_a_name_is_the_same_whichever_way_its_labels_are_copied(seed: int) -> None:
    owner = name(random.Random(seed))
    line = _core.render_record(owner, 1, 0, b"\1\2\3\4", 1)
    assert line.split()[0] == _core.render_name(owner)
