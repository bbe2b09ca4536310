"""$GENERATE: the records that BIND makes, or its complaint."""

from __future__ import annotations

from pathlib import Path

import pytest

from bind_loader import APEX, compile_zone, is_warning
from scanning import ORIGIN, bare, in_zone, scan_every_way, settled

RANGES = """
1-3 h$ A 10.0.0.$
1-10/3 h$ A 10.0.0.$
0-0 h$ A 10.0.0.$
3-1 h$ A 10.0.0.$
1-3/0 h$ A 10.0.0.$
1-3/-1 h$ A 10.0.0.$
-1-3 h$ A 10.0.0.$
1 h$ A 10.0.0.$
1- h$ A 10.0.0.$
a-b h$ A 10.0.0.$
1-3x h$ A 10.0.0.$
1-3/ h$ A 10.0.0.$
1-3/1x h$ A 10.0.0.$
1-3/1/1 h$ A 10.0.0.$
2147483646-2147483647 $ A 10.0.0.1
2147483647-2147483647 ${1} A 10.0.0.1
2147483648-2147483649 $ A 10.0.0.1
4294967297-4294967298 $ A 10.0.0.1
"""

MODIFIERS = r"""
1-3 h A 10.0.0.$
1-3 h${0} A 10.0.0.$
1-3 h${1} A 10.0.0.$
1-3 h${-1} A 10.0.0.$
1-3 h${-5} A 10.0.0.$
1-3 h${0,3} A 10.0.0.$
1-3 h${0,3,d} A 10.0.0.$
8-20 h${0,3,o} A 10.0.0.$
8-20 h${0,3,x} A 10.0.0.$
8-20 h${0,3,X} A 10.0.0.$
8-20 h${0,3,n} A 10.0.0.$
8-20 h${0,8,N} A 10.0.0.$
8-20 h${0,0,n} A 10.0.0.$
255-257 ${0,1,n} A 10.0.0.1
255-257 ${0,2,n}. A 10.0.0.1
1-3 h${0,3,z} A 10.0.0.$
1-3 h${0,3 A 10.0.0.$
1-3 h${ A 10.0.0.$
1-3 h${} A 10.0.0.$
1-3 h${0,} A 10.0.0.$
1-3 h${,3} A 10.0.0.$
1-3 h${0,,d} A 10.0.0.$
1-3 h${0,3,} A 10.0.0.$
1-3 h${0,3,d}x${1} A 10.0.0.$
1-3 h${1}-$ A 10.0.0.$
1-3 h${0,128} A 10.0.0.$
1-3 h${0,127} A 10.0.0.$
1-3 h${0,63} A 10.0.0.$
1-3 h${0,64} A 10.0.0.$
1-3 h$$ A 10.0.0.$
1-3 h\$ A 10.0.0.$
1-3 h\\$ A 10.0.0.$
1-3 $ A 10.0.0.${0,0,d}
1-3 $ A 10.0.0.${+1,+1,d}
1-3 $ TXT "${-5,4,d} ${-5,4,x}"
"""

SIDES = r"""
1-3 $ TKEY 10.0.0.$
1-3 $ CNAME h$.foo
1-3 $ PTR h$.foo.
1-3 $ NS n$
1-3 $ TXT "a $ b"
1-3 $ TXT a$
1-3 $ TXT "a
1-3 $ TXT a b
1-3 $ MX "10 m$"
1-3 $ DS "$ 8 1 0000000000000000000000000000000000000000"
1-3 $ AAAA 2001:db8::$
1-3 $ IN A 10.0.0.$
1-3 $ 600 A 10.0.0.$
1-3 $ 600 IN A 10.0.0.$
1-3 $ IN 600 A 10.0.0.$
1-3 $ CH A 10.0.0.$
1-3 $ FOO 10.0.0.$
1-3 $ ANY 10.0.0.$
1-3 $ A 10.0.0.$ x
1-3 $ A
1-3 $
1-3

1-300 $ A 10.0.0.$
1-3 $.. A 10.0.0.$
1-3 $ TYPE65400 "\# 1 0$"
1-3 $ SOA "a b $ 1 1 1 1"
1-3 @ A 10.0.0.$
1-3 $.out. A 10.0.0.$
1-3 "$" A 10.0.0.$
"1-3" $ A 10.0.0.$
1-3 $ "A" 10.0.0.$
1-3 ( $ A 10.0.0.$ )
1-3 $ A "10.0.0.$"
1-3 $ TXT \"a$\"
1-3 $ TXT "\"a$\" \"b\""
1-3 $ TXT "(a$ b)"
1-3 $ TXT "(a$ b"
1-3 $ TXT "a$ ; c"
"""

OTHERWISE = {  # both refuse it, for reasons of their own
    "1-3 $ MX 10 m$": "extra input text",
    "1-3 $ A 10.0.0.${ 1,0,d}": "extra input text",
    '1-3 $ SOA "a b $ 1 1 1 1"': "1.example: not at top of zone",
}


def compare(case: str, folder: Path) -> None:
    text = APEX + b"w A 9.9.9.9\n$GENERATE " + case.encode() + b"\n  A 8.8.8.8\n"
    theirs, messages = compile_zone(text, folder)
    ours = scan_every_way(text)
    if theirs is not None:
        assert (ours.wrong, settled(in_zone(ours.records))) == (None, settled(theirs)), case
        return
    assert ours.wrong is not None, case
    assert ours.wrong[0] == 6, case
    assert bare(ours.wrong[1]) == OTHERWISE.get(case, bare(next(w for _, w in messages if not is_warning(w)))), case


@pytest.mark.parametrize(
    "cases", [RANGES, MODIFIERS, SIDES, "\n".join(OTHERWISE)], ids=["ranges", "modifiers", "sides", "otherwise"]
)
def test_the_records_are_as_binds(cases: str, tmp_path: Path) -> None:
    for case in cases.strip("\n").split("\n"):
        compare(case, tmp_path)


def test_it_makes_at_most_two_to_the_24_records() -> None:
    outcome = scan_every_way(APEX + b"$GENERATE 0-16777216 h$ A 10.0.0.1\n")
    assert outcome.wrong == (5, "range '0-16777216' makes more than 16777216 records")
    assert scan_every_way(APEX + b"$GENERATE 0-16777216/16777216 h$ A 10.0.0.1\n").wrong is None


def test_the_records_stand_in_order_where_the_directive_stands() -> None:
    records = scan_every_way(APEX + b"a A 1.1.1.1\n$GENERATE 1-300 $.rev PTR host-${100,3,d}\nb A 1.1.1.2\n").records
    owners = [record[0] for record in records[3:]]
    assert owners[0] == b"\1a" + ORIGIN
    assert owners[1:-1] == [bytes([len(str(i))]) + str(i).encode() + b"\3rev" + ORIGIN for i in range(1, 301)]
    assert owners[-1] == b"\1b" + ORIGIN
