"""`fastsign nsec3hash` says what nsec3hash says."""

from __future__ import annotations

from pathlib import Path

import pytest

import tools
from inprocess import Done
from peer_tool import ours, theirs

LONG = "ab" * 255


@pytest.mark.parametrize(
    "arguments",
    [
        ("-", "1", "0", "example"), ("aabb", "1", "12", "Ex.COM."), ("", "1", "0", "example"), ("aA", "1", "0", "."),
        (LONG, "1", "0", "a"), (LONG + "ab", "1", "0", "a"), ("xx", "1", "0", "a"), ("abc", "1", "0", "a"),
        ("aa bb\tcc", "1", "0", "a"), ("aa", "256", "0", "a"), ("aa", "2", "0", "a"), ("aa", "0", "0", "a"),
        ("aa", "1", "65536", "a"), ("aa", "1", "-1", "a"), ("aa", "1", "65535", "a"), ("aa", "1", "5x", "a"),
        ("aa", " 1", "x", "a"), ("aa", "1", "0", "a..b"), ("aa", "1", "0", ""), ("aa", "1", "0", "a\\.b\\000"),
        ("aa", "1", "0", "*.a"), ("aa", "1", "0", "a" * 64), ("-", "1", "0", "-r"), ("-", "1", "0", "--", "a"),
        ("--", "-", "1", "0", "a"), ("--", "1", "0", "a"), ("-r", "1", "0", "5", "aA", "Example"),
        ("-r", "1", "1", "5", "-", "example"), ("-r", "1", "1", "0", "", "A.B"), ("-r", "1", "256", "0", "aa", "a"),
        ("-r", "1", "-1", "0", "aa", "a"), ("-rr", "1", "0", "0", "-", "a"), ("-r", "--", "1", "0", "1", "-", "a"),
        ("-r",), ("-",), (), ("1", "0", "a", "-r"),
    ],
)  # fmt: skip
def test_command_lines(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert ours("nsec3hash", *arguments) == theirs("nsec3hash", *arguments, cwd=tmp_path)


def test_an_unknown_option_ends_the_run(tmp_path: Path) -> None:
    usage = theirs("nsec3hash", cwd=tmp_path).stderr
    assert theirs("nsec3hash", "-x", "-", "1", "0", "a", cwd=tmp_path).code == 0
    assert ours("nsec3hash", "-x", "-", "1", "0", "a") == Done(1, "", "nsec3hash: invalid argument -x\n" + usage)
    assert ours("nsec3hash", "-h") == Done(0, "", usage)


def test_it_hashes_as_knot_does() -> None:
    theirs = tools.run("knsec3hash", "aabb", "1", "12", "a.example").stdout
    assert ours("nsec3hash", "aabb", "1", "12", "a.example").stdout.split()[0] == theirs.split()[0].upper()
