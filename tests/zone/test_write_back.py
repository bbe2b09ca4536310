"""A master file read, ordered, signed and written: the octets that dnssec-signzone writes for the same file."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastsign.sign.denial import NSEC3, Denial, make_chain
from fastsign.zone.load import load_zone
from fastsign.zone.order import order_zone
from rendering import KSK, STYLES, ZSK, Key, Zone, bind_sign, by_owner
from zones import wire

APEX = wire("example.")
EVERY_TYPE = (Path(__file__).parents[1] / "data" / "every_type.zone").read_text()
DENIALS = {"nsec": Denial(), "nsec3": Denial(NSEC3, False, 5, b"\xaa\xbb\xcc")}
ROOT = (Path(__file__).parents[2] / "examples" / "root.zone").read_text()
OPTIONS = {"nsec": ["-u"], "nsec3": ["-3", "AABBCC", "-H", "5"]}


def read(path: Path, apex: bytes, denial: Denial | None, ttl: int) -> Zone:
    arena = load_zone(path, apex).arena
    order = order_zone(arena, apex)
    return Zone(apex, arena, order, make_chain(arena, order, denial, ttl) if denial else None)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("chain", OPTIONS)
def test_a_file_with_every_type_is_written_as_bind_writes_it(tmp_path: Path, chain: str, style: str) -> None:
    keys = [Key.make(tmp_path, KSK), Key.make(tmp_path, ZSK)]
    zone = EVERY_TYPE + "".join(key.record() for key in keys)
    if chain == "nsec":  # BIND takes out the announcement of an NSEC3 chain that it does not make
        zone = "".join(line for line in zone.splitlines(keepends=True) if "NSEC3PARAM" not in line)
    made = bind_sign(tmp_path, keys, zone, *OPTIONS[chain])
    text = read(tmp_path / "zone", APEX, DENIALS[chain], 900).write(keys, style)
    assert by_owner(text) == by_owner(made.text[style])


@pytest.mark.parametrize("style", STYLES)
def test_what_was_written_reads_back_as_it_was(tmp_path: Path, style: str) -> None:
    (tmp_path / "zone").write_text(EVERY_TYPE)
    text = read(tmp_path / "zone", APEX, None, 0).write([], style)
    (tmp_path / "again").write_text(text)
    assert read(tmp_path / "again", APEX, None, 0).write([], style) == text


@pytest.mark.parametrize("chain", OPTIONS)
def test_the_real_root_zone_is_written_as_bind_writes_it(tmp_path: Path, chain: str) -> None:
    keys = [Key.make(tmp_path, KSK, "."), Key.make(tmp_path, ZSK, ".")]
    announced = ". 0 IN NSEC3PARAM 1 0 5 AABBCC\n" if chain == "nsec3" else ""
    made = bind_sign(
        tmp_path, keys, ROOT + announced + "".join(key.record() for key in keys), *OPTIONS[chain], origin="."
    )
    mine = read(tmp_path / "zone", b"\0", DENIALS[chain], 86400)
    for style in STYLES:
        assert mine.write(keys, style) == made.text[style]
