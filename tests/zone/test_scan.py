"""The master-file scanner: text in, records out."""

import pytest

from fastsign._core import name_from_text, name_to_text, rrtype_to_text, scan_text
from fastsign.errors import ZoneSyntaxError
from fastsign.zone.arena import Arena

ORIGIN = name_from_text("example.")
APEX = b"$TTL 300\n@ SOA a b 1 2 3 4 5\n@ NS ns\n"

Record = tuple[str, int, str, bytes]


def records(arena: Arena) -> list[Record]:
    owner, ttl, rrtype = arena.owner.view(), arena.ttl.view(), arena.rrtype.view()
    return [
        (name_to_text(arena.name(owner[r])), ttl[r], rrtype_to_text(rrtype[r]), arena.record_rdata(r))
        for r in range(len(arena.owner))
    ]


def scan(text: bytes) -> list[Record]:
    arena = Arena.empty()
    scan_text(APEX + text, ORIGIN, arena)
    return records(arena)[2:]


def test_reads_records_in_file_order() -> None:
    assert scan(b'w A 1.2.3.4\n 600 AAAA ::1 ; note\nv IN TXT ( "a b"\n c )\n') == [
        ("w.example.", 300, "A", bytes([1, 2, 3, 4])),
        ("w.example.", 600, "AAAA", bytes(15) + b"\1"),
        ("v.example.", 300, "TXT", b"\3a b\1c"),
    ]


def test_a_failed_scan_leaves_the_arena_as_it_was() -> None:
    arena = Arena.empty()
    scan_text(APEX, ORIGIN, arena)
    before = records(arena)
    with pytest.raises(ZoneSyntaxError) as caught:
        scan_text(b"$TTL 1\nw A 1.2.3.4\nv A 1.2.3\n", ORIGIN, arena)
    assert (caught.value.line, caught.value.message) == (3, "near '1.2.3': bad dotted quad")
    assert records(arena) == before
