"""Loading as a server does: BIND's messages, all of them and in its order, however the file is read."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

import tools
from fastsign import _core
from fastsign.zone.arena import Arena
from fastsign.zone.checks import find_refusals
from fastsign.zone.order import order_zone
from fastsign.zone.server_load import LoadRules, load_as_server
from scanning import ORIGIN, WAYS

HEAD = "$TTL 300\n@ SOA ns hostmaster 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"

# Lines that are right and lines that are wrong, each in another way.
PIECES = [
    "a A 192.0.2.1", "b 60 A 192.0.2.2", " A 192.0.2.3", "  TXT x", "a CNAME b", "a CNAME c", "c CNAME a", "c TXT x",
    " 5 MX 1 mx", "x A 1.2.3", "y A 1.2.3.4 junk", "z FOO x", "w.. A 1.2.3.4", "out.side. A 192.0.2.1",
    " A 192.0.2.9", "$FOO", "$FOO A 1.2.3.4", "$TTL x", "$TTL 5 x", "$TTL 60", "$TTL", "$ORIGIN", "$ORIGIN sub",
    "$ORIGIN example.", "$ORIGIN a b", "$INCLUDE nowhere", "$INCLUDE nowhere sub", "$INCLUDE", "$DATE x", '"',
    'q TXT "a', 'q TXT "a b" c', ")", "p A ( 1.2.3.4", ")", "m MX 1 192.0.2.1", "m MX 1 a_b", "m_m A 192.0.2.1",
    "n NS 192.0.2.7", "n NS a_b", "s SRV 1 1 1 a_b", "*.n NS x", "i.*.j A 192.0.2.1", "*.k TXT y",
    "@ SOA a b 1 2 3 4 5", "l SOA a b 1 2 3 4 5", "1.2.3.4 PTR a_b", "o CH A 1.2.3.4", "o MD a", "o ANY a",
    "o TYPE251 a", "$GENERATE 1-2 g$ A 192.0.2.$", "$GENERATE 1-x g$ A 192.0.2.$", "$GENERATE 1-2 g$ FOO x",
    "$GENERATE 1-2 g.other. A 192.0.2.$", "$GENERATE 1-2 g", "$GENERATE 1-2 g$ CH A 1", "; a comment", "", "\t",
    "d 99999999999 A 1.2.3.4", "e 4000000000 A 192.0.2.1",
    "f SIG A 8 2 3600 20300101000000 20200101000000 1 example. AwEA", "del NS ns.del", "ns.del A 192.0.2.5",
    "del NS 1.2.3.4.", "ns.del AAAA ::1", "A.a A 192.0.2.1", "B A 192.0.2.4", "_srv._tcp MX 1 a", "h\\", "t TXT \\",
    "d\\255 A 1.2.3.4",
]  # fmt: skip


def theirs(folder: Path, *arguments: str) -> list[str]:
    """What named-checkzone says of the file `zone`, but for what names an address in its memory."""
    done = tools.run("named-checkzone", "-i", "none", *arguments, "example", "zone", cwd=folder, check=False)
    lines = [line for line in done.stdout.split("\n")[:-1] if not line.startswith("dns_rdata_fromtext: buffer-")]
    failed = re.compile(r"^zone example/IN: loading from master file zone failed: (.*)$")
    loaded = [line for line in lines if not line.startswith("zone ") and line != "OK"]
    return loaded + [found[1] for line in lines if (found := failed.match(line))]


def ours(folder: Path, rules: LoadRules, way: dict[str, int]) -> list[str]:
    """The same of ours, read in one way."""
    path = folder / "zone"

    def load(refusals: list[tuple[int, bool]]) -> tuple[Arena, _core.Scan]:
        arena = Arena.empty()
        scan = _core.load_as_server(
            path, ORIGIN, arena, checks=rules.bits(), max_ttl=rules.max_ttl, refusals=refusals, **way
        )
        return arena, scan

    arena, scan = load([])
    if refusals := find_refusals(arena, order_zone(arena, ORIGIN), set(scan.breaks)):
        arena, scan = load(refusals)
    prefix = f"{path}:"
    messages = [message.replace(prefix, "zone:").replace(f"{path}: ", "zone: ") for message in scan.warnings]
    return messages + ([scan.reason] if scan.reason else [])


def draw(seed: int) -> str:
    r = random.Random(seed)
    return HEAD + "".join(piece + "\n" for piece in r.choices(PIECES, k=r.randint(1, 25)))


@pytest.mark.parametrize("seed", range(60))
def test_random_files(tmp_path: Path, seed: int) -> None:
    (tmp_path / "zone").write_text(draw(seed))
    fails = seed % 3 == 0
    mode = "fail" if fails else "warn"
    said = theirs(tmp_path, "-k", mode, "-n", mode, "-m", mode)
    for way in WAYS:
        assert ours(tmp_path, LoadRules(mode, mode, mode), way) == said, way


def test_records_that_refuse_each_other_over_blocks(tmp_path: Path) -> None:
    """What stands between two blocks of an owner may not be in the zone at all."""
    aliases = "".join(f"a CNAME {target}\nout.side. A 192.0.2.1\n" for target in "bccbd")
    others = "c A 192.0.2.1\nc CNAME a\nc CNAME b\nout.side. A 192.0.2.1\nc TXT x\nz FOO\nc CNAME b\n"
    (tmp_path / "zone").write_text(HEAD + aliases + others + "$GENERATE 1-3 g CNAME h$\n")
    assert ours(tmp_path, LoadRules(), {}) == theirs(tmp_path)


def test_no_ttl_may_be_above_the_limit(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text(HEAD + "a A 1.2.3\nb 301 A 192.0.2.1\nc A 1.2.3\n")
    said = theirs(tmp_path, "-l", "300")
    assert ours(tmp_path, LoadRules(max_ttl=300), {}) == said
    assert said[-1] == "out of range"


def test_lines_are_told_of_in_the_file_that_they_stand_in(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text(HEAD + f"$INCLUDE {tmp_path}/more\nb A 1\n")
    (tmp_path / "more").write_text("a A 1\na_a A 192.0.2.1\n")
    assert ours(tmp_path, LoadRules(), {}) == theirs(tmp_path)


def test_what_is_outside_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text(HEAD + "out.side. A 192.0.2.1\n TXT x\nin A 192.0.2.2\n")
    loaded = load_as_server(tmp_path / "zone", ORIGIN, LoadRules())
    assert len(loaded.arena.owner) == 4
    assert loaded.messages == [f"{tmp_path}/zone:5: ignoring out-of-zone data (out.side)"]
