"""Entries, blocks and directives: the records that BIND reads, its warnings, or its first complaint."""

from __future__ import annotations

from pathlib import Path

import pytest

from bind_loader import APEX
from scanning import agree

PLAIN = [
    APEX, APEX[:-1], APEX + b"\n", APEX + b" \n", APEX + b"   ; x\n", APEX + b"\t\t\n", APEX + b" ", APEX + b";x",
    APEX.replace(b"\n", b"\r\n"), APEX.replace(b"\n", b"\r"), b"\xef\xbb\xbf" + APEX,
]  # fmt: skip

LINE_ENDS = [
    b"w A 1.2.3.4", b"w A 1.2.3.4 ", b"w A 1.2.3.4;x", b"w A 1.2.3.4\r\n", b"w A 1.2.3.4\r", b"w A 1.2.3.4\r\r\n",
    b"w A 1.2.3.4\r  A 1.2.3.5\n", b"w\0 A 1.2.3.4\n", b"w A 1.2.3.4\0\n", b'w TXT "a\0b"\n', b"w TXT a\\\0b\n",
    b"\0\n",
    b"w\xff A 1.2.3.4\n", b"w A 1.1.1.1 " + b" " * 70000 + b"\n", b"w" + b" " * 70000 + b"A 1.1.1.1\n",
]  # fmt: skip

PARENTHESES = [
    b"w TXT (\na\n;x\n\nb)\n", b"w TXT ( a ) b ( c )\n", b"w ( TXT a )\n", b"( w TXT a )\n", b"(\nw TXT a )\n",
    b"w (\n) TXT a\n", b"w TXT a (\n)\n", b"w TXT a ( )\n", b"w TXT ((a)\n)\n", b"w TXT (a))\n", b"w TXT (a\n",
    b"w TXT (a",
    b"(", b")\n", b"() w TXT a\n", b" ( A 1.2.3.4 )\n", b"w 300 ( IN\n TXT a )\n", b"w (300) (IN) (TXT) (a)\n",
    b"w(300)IN TXT a\n", b"w TXT (a\n  b\n)\n  TXT c\n", b"w TXT (a\n)  \n  TXT c\n", b"w TXT a\n(\n) TXT b\n",
    b"w TXT a\n (\n) TXT b\n", b"w TXT a\n(  \n  ) x TXT b\n",
]  # fmt: skip

QUOTES = [
    b'w TXT "a\nb"\n', b'w TXT "a\\\nb"\n', b"w TXT a\\\nb\n", b"w TXT a\\\r\nb\n", b'w TXT "a', b'w TXT "',
    b"w TXT a\\",
    b'w TXT "a\\', b'w TXT "a\\"', b'w TXT "a\r\nb"\n', b'w TXT "a\rb"\n', b'"w" TXT a\n', b'"w x" TXT a\n',
    b'"" TXT a\n',
    b'w "TXT" a\n', b'w "IN" TXT a\n', b'"w TXT a\n', b'w"x" TXT a\n',
]  # fmt: skip

HEADERS = [
    b"w\n", b"w IN\n", b"w IN 300\n", b"w 300\n", b"w A\n", b"w A", b"w", b"w IN", b" IN\n", b" A\n",
    b"in A 1.1.1.1\na A 1.1.1.2\n3600 A 1.1.1.3\nNS NS ns\n", b"IN IN A 1.1.1.1\n", b"300 300 A 1.1.1.1\n",
    b"w IN CH A 1.1.1.1\n", b"w CH\n", b"w CLASS4 A 1.1.1.1\n", b"w CLASS1234 A 1.1.1.1\n", b"w ANY A 1.1.1.1\n",
]  # fmt: skip

OWNERS = [
    b"*.*.x A 1.1.1.1\n", b"a.*.x A 1.1.1.1\n", b"\\046 A 1.1.1.1\n", b"\\. A 1.1.1.1\n", b". A 1.1.1.1\n",
    b"@ A 1.1.1.1\n",
    b"\\@ A 1.1.1.1\n", b"@. A 1.1.1.1\n", b"\\$x A 1.1.1.1\n", b"\\# A 1.1.1.1\n", b"out.of.zone. A 1.1.1.1\n",
    b"*.d A 1.1.1.1\nx NS *.y\n", b"*.d NS ns\n", b"* NSEC3 1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR\n",
    b"a" * 63 + b" A 1.1.1.1\n", b"a" * 64 + b" A 1.1.1.1\n", (b"a" * 60 + b".") * 4 + b"\n", b"a..b A 1.1.1.1\n",
    b".a A 1.1.1.1\n",
]  # fmt: skip

RRSIG = b" 8 2 300 20300101000000 20200101000000 1 . AQID\n"
TTLS = [
    b"w 300 A 1.1.1.1\nw 400 A 1.1.1.2\n", b"w 300 A 1.1.1.1\nw 400 AAAA ::1\nw A 1.1.1.3\n",
    b"W 300 A 1.1.1.1\nw 600 A 1.1.1.2\n", b"w 300 A 1.1.1.1\nx A 1.1.1.1\nw 600 A 1.1.1.2\n",
    b"w 300 A 1.1.1.1\nx A 1.1.1.1\nw 600 A 1.1.1.1\n", b"w 300 A 1.1.1.1\nw 300 A 1.1.1.1\n",
    b"w 3000000000 A 1.1.1.1\n", b"w 2147483647 A 1.1.1.1\n", b"w 2147483648 A 1.1.1.1\n", b"w 4294967295 A 1.1.1.1\n",
    b"w 0 A 1.1.1.1\n", b"w 1h30m A 1.1.1.1\n", b"w 1W2D3h4m5s A 1.1.1.1\n", b"w 4294967296 A 1.1.1.1\n",
    b"w RRSIG A" + RRSIG + b"w 400 RRSIG AAAA" + RRSIG + b"w 500 RRSIG A" + RRSIG.replace(b" 1 ", b" 2 "),
]  # fmt: skip

GLUE = [  # glue behind NS records does not end the block
    b"d 300 NS ns.d\nns.d A 1.1.1.1\nd 400 NS ns2.d\nns2.d A 1.1.1.1\n  400 A 1.1.1.2\nd 500 NS ns3.d\n",
    b"d 300 NS NS.d\nns.d A 1.1.1.1\nd 400 NS ns2.d\n", b"d 300 NS ns.d\nNS.d A 1.1.1.1\nd 400 NS ns2.d\n",
    b"d 300 NS ns.d\nns.d A 1.1.1.1\n 400 NS x\nq A 1.1.1.1\nd 400 NS ns2.d\n",
    b"d 300 NS ns.d\nns.d A 1.1.1.1\nx A 1.1.1.1\nd 400 NS ns2.d\n",
    b"d 300 NS ns.d\nns.d 300 A 1.1.1.1\nns.d 400 A 1.1.1.2\nd 400 NS ns2.d\nns.d 500 A 1.1.1.3\n",
    b"d 300 NS ns.d\nns.d NS d\nd 400 NS ns2.d\n", b"d 300 NS ns.d\n$ORIGIN d\nns A 1.1.1.1\n@ 400 NS ns2\n",
    b"d 300 NS ns.d\n$INCLUDE inc\nd 400 NS ns2.d\n", b"d NS ns.d\n$GENERATE 1-2 ns$.d A 1.1.1.$\n 400 NS x\n",
]  # fmt: skip

REST = b"@ NS ns\nns A 1.2.3.4\n"
DEFAULTS = [  # the zone without $TTL
    b" A 1.2.3.4\n", b"$TTL 1\n A 1.2.3.4\n", b"w A 1.2.3.4\n", b"@ SOA ns h 1 2 3 4 5\n" + REST,
    b"@ 10 SOA ns h 1 2 3 4 5\n" + REST, b"@ 10 SOA ns h 1 2 3 4 5\n@ NS ns\nns 20 A 1.2.3.4\nw A 1.1.1.1\n",
    b"@ SOA ns h 1 2 3 4 3000000000\n" + REST, b"@ SOA ns h 1 2 3 4 5\n" + REST + b"$TTL 99\nw A 1.1.1.1\n",
    b"$TTL 50\n@ SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns A 1.2.3.4\n$TTL 99\nw A 1.1.1.1\n",
    b"@ SOA ns h 1 1w 1d 1h 1m\n" + REST, b"$TTL 50\n@ SOA ns h 0001 2 3 4 0h30\n" + REST,
    b"@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 1.1.1.1\n$GENERATE 1-2 a$ A 1.1.1.$\n",
    b"$generate 1-2 a$ 5 A 1.1.1.$\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 1.1.1.1\n",
]  # fmt: skip

DIRECTIVES = [
    b"$TTL\n", b"$TTL 1 2\n", b"$TTL x\n", b"$TTL 1h\nw A 1.2.3.4\n", b"$TTL -1\n", b"$TTL 3000000000\nw A 1.2.3.4\n",
    b"$TTL 4294967296\n", b"$ttl 7\nw A 1.2.3.4\n", b'$TTL "7"\n', b'"$TTL" 7\nw A 1.2.3.4\n', b"$TTL 7",
    b"$TTL ( 7 )\nw A 1.2.3.4\n", b" $TTL 7\n", b"$TTL 7 ; c\nw A 1.1.1.1\n", b"$FOO\n", b"$\n", b"$ORIGIN\n",
    b"$ORIGIN a\nw A 1.2.3.4\n$ORIGIN b\nw A 1.2.3.4\n", b"$ORIGIN .\nw.example A 1.2.3.4\n", b"$ORIGIN a b\n",
    b"$ORIGIN a..b\n",
    b'$ORIGIN "a"\n', b"$ORIGIN a\n  A 1.2.3.4\n", b"w A 1.1.1.1\n$ORIGIN a\n  A 1.2.3.4\n  A 1.2.3.5\n", b"$ORIGIN a",
    b"$ORIGIN a\n$ORIGIN @\nw A 1.1.1.1\n",
    b"$ORIGIN " + b"a" * 60 + b"." + b"b" * 60 + b"." + b"c" * 60 + b"." + b"d" * 60 + b".\n",
    b"$ORIGIN " + b"a" * 60 + b"." + b"b" * 60 + b"." + b"c" * 60 + b"\n" + b"d" * 62 + b" A 1.2.3.4\n",
    b"$ORIGIN " + b"a" * 60 + b"." + b"b" * 60 + b"." + b"c" * 60 + b"\n" + b"d" * 59 + b" A 1.2.3.4\n",
    b"$DATE 20200101000000\nw A 1.1.1.1\n", b"$DATE x\n", b"$DATE 20200101000000\n$INCLUDE inc\n", b"$DATE\n",
]  # fmt: skip

FILES = {
    "inc": b"i A 9.9.9.9\n", "inc_nonl": b"i A 9.9.9.9", "inc_origin": b"$ORIGIN foo.example.\ni A 9.9.9.9\n",
    "inc_ttl": b"$TTL 777\ni A 9.9.9.9\n", "inc_blank": b"  A 9.9.9.9\n", "inc_bad": b"a A 1.2.3.4\nb A 1.2.3\n",
    "inc_open": b"a A ( 1.2.3.4\n", "inc_nest": b"$INCLUDE inc sub\n A 7.7.7.7\n", "inc_self": b"$INCLUDE inc_self\n",
    'a"b': b"q A 9.9.9.9\n", "-": b"minus A 9.9.9.9\n",
}  # fmt: skip

INCLUDES = [
    b"w A 1.1.1.1\n$INCLUDE inc\n  A 1.2.3.5\n", b"w A 1.1.1.1\n$INCLUDE inc sub\n  A 1.2.3.5\n",
    b"$INCLUDE inc_nonl\nx A 1.1.1.1\n", b"$INCLUDE inc_origin\nx A 1.1.1.1\n", b"$INCLUDE inc_ttl\nx A 1.1.1.1\n",
    b"x A 1.1.1.1\n$INCLUDE inc_blank\n A 1.1.1.2\n", b"x A 1.1.1.1\n$INCLUDE inc_blank sub\n A 1.1.1.2\n",
    b"$INCLUDE inc_bad\n",
    b"$INCLUDE inc_open\nx )\n", b"w A 1.1.1.1\n$INCLUDE inc_nest\n A 8.8.8.8\n", b"$INCLUDE inc_self\n", b"$INCLUDE\n",
    b"$INCLUDE inc a b\n", b"$INCLUDE nope\n", b"$INCLUDE nope sub\n", b'$INCLUDE "inc"\n', b'$INCLUDE "a\\"b"\n',
    b"$INCLUDE inc a..b\n", b"$INCLUDE inc", b"$INCLUDE inc sub", b"$INCLUDE inc ; c\nz A 1.1.1.1\n", b"$INCLUDE -\n",
]  # fmt: skip

LARGE = [
    b"w TXT " + b" ".join([b"a" * 200] * 330) + b"\n", b"w TXT " + b" ".join([b"a" * 200] * 325) + b"\n",
    b"w TXT " + b"a" * 70000 + b"\n",
    *(
        b"w 300 TXT %s\nw 400 AAAA ::1\nw 400 TXT %s\nw 500 AAAA ::2\n" % (b" ".join([b"a" * 255] * 200),
        b" ".join([b"b" * 255] * n))
        for n in (50, 54,
        55)  # the block is added to the zone when it grows over its limit, and the TTL may change after that
    ),
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


BEHIND_APEX = {
    "line ends": LINE_ENDS, "parentheses": PARENTHESES, "quotes": QUOTES, "headers": HEADERS, "owners": OWNERS,
    "TTLs": TTLS,
    "glue": GLUE, "directives": DIRECTIVES, "includes": INCLUDES, "large": LARGE,
}  # fmt: skip


@pytest.mark.parametrize("group", BEHIND_APEX)
def test_what_stands_behind_the_apex(group: str, folder: Path) -> None:
    for text in BEHIND_APEX[group]:
        agree(APEX + text, folder)


@pytest.mark.parametrize("texts", [PLAIN, DEFAULTS], ids=["plain", "defaults"])
def test_whole_zones(texts: list[bytes], folder: Path) -> None:
    for text in texts:
        agree(text, folder)
