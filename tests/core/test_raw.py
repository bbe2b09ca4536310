"""BIND's raw format is read as BIND reads it, and nothing that a file may hold does harm."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import tools
from bind_loader import IGNORE
from fastsign import _core
from fastsign._core import Column, read_raw
from fastsign.errors import RawFormatError, ZoneSyntaxError
from fastsign.zone.arena import Arena
from fastsign.zone.order import order_zone
from raw_files import APEX, GOOD, HEADER, SOA, STRICTER, WRONG, A, mutate, rrset
from scanning import rows
from zones import read_raw as reference

EVERY_TYPE = Path(__file__).parent.parent / "data" / "every_type.zone"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zone with every type, compiled by BIND, in both versions."""
    folder = tmp_path_factory.mktemp("raw")
    for version in "01":
        tools.run(
            "named-compilezone", "-q", "-i", "none", *IGNORE, "-F", f"raw={version}", "-L", "77", "-o", version,
            "example", EVERY_TYPE, cwd=folder,
        )  # fmt: skip
    return folder


def read(data: bytes, folder: Path, arena: Arena) -> tuple[int, int | None]:
    (folder / "file").write_bytes(data)
    return read_raw(folder / "file", APEX, arena)


@pytest.mark.parametrize(("version", "header", "serial"), [("0", 12, None), ("1", 24, 77)])
def test_every_record_that_bind_writes_is_read(compiled: Path, version: str, header: int, serial: int | None) -> None:
    arena = Arena.empty()
    data = (compiled / version).read_bytes()
    assert read_raw(compiled / version, APEX, arena) == (len(data), serial)
    assert rows(arena) == reference(data[:12] + data[header:])


def test_names_and_records_that_an_arena_has_stay(tmp_path: Path) -> None:
    arena = Arena.empty()
    _core.scan_text(b"a 60 TXT x\nns 60 TXT y\n", APEX, arena)
    before = rows(arena)
    read(GOOD, tmp_path, arena)
    assert rows(arena) == before + reference(GOOD)
    assert len(arena.name_offset) == 3


def test_an_rrset_larger_than_any_window(tmp_path: Path) -> None:
    texts = [b"\xfe" + b"%04d" % i * 63 + b"ab" for i in range(1000)]
    data = HEADER + SOA + rrset(b"\1t" + APEX, 16, texts) + A
    arena = Arena.empty()
    read(data, tmp_path, arena)
    assert rows(arena) == reference(data)


@pytest.mark.parametrize("case", [*WRONG, *STRICTER])
def test_a_wrong_file_leaves_the_arena_as_it_was(case: str, tmp_path: Path) -> None:
    data = WRONG.get(case) or STRICTER[case][0]
    arena = Arena.empty()
    read(GOOD, tmp_path, arena)
    before = rows(arena), len(arena.names), len(arena.rdata)
    with pytest.raises(RawFormatError) as wrong:
        read(data, tmp_path, arena)
    if case in STRICTER:
        assert str(wrong.value) == STRICTER[case][1]
    assert (rows(arena), len(arena.names), len(arena.rdata)) == before


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZoneSyntaxError, match="file not found"):
        read_raw(tmp_path / "missing", APEX, Arena.empty())
    with pytest.raises(ZoneSyntaxError, match="not a file"):
        read_raw(tmp_path, APEX, Arena.empty())


def test_spoiled_files_are_refused_or_read_as_they_are(compiled: Path, tmp_path: Path) -> None:
    draw, data = random.Random(1), (compiled / "0").read_bytes()
    accepted = 0
    for _ in range(3000):
        spoiled = mutate(data, draw)
        arena = Arena.empty()
        try:
            read(spoiled, tmp_path, arena)
        except RawFormatError:
            assert rows(arena) == []
            continue
        accepted += 1
        assert rows(arena) == reference(spoiled)
        order = order_zone(arena, APEX)
        for style in (1, 3):  # what was read can be written
            _core.render_nodes(arena, order, None, style, APEX, (), (), 0, len(order.node_name), Column("B"))
    assert 300 < accepted < 2700


def test_what_is_written_is_read_again(compiled: Path, tmp_path: Path) -> None:
    arena, out, again = Arena.empty(), Column("B"), Arena.empty()
    read_raw(compiled / "1", APEX, arena)
    order = order_zone(arena, APEX)
    _core.render_nodes(arena, order, None, 3, APEX, (), (), 0, len(order.node_name), out)
    read(HEADER + bytes(out.view()), tmp_path, again)
    unsigned = [row for row in rows(arena) if row[1] != 46]  # the render leaves out signatures of what it does not sign
    assert sorted(row for row in rows(again) if row[1] != 46) == sorted(unsigned)


def test_single_records_are_text_in_any_style_but_raw() -> None:
    with pytest.raises(ValueError, match="not one of text"):
        _core.render_rdata(1, b"1234", 3)
