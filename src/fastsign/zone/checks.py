"""Content that no zone may have: a CNAME with other data, several records of a type that stands alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby

from fastsign import _core
from fastsign.errors import RawFormatError, ZoneSyntaxError
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order

CNAME = 5
_SINGLETONS = frozenset({CNAME, 6, 39})  # CNAME, SOA, DNAME
_BESIDE_CNAME = frozenset({24, 25, 30, 46, 47})  # SIG, KEY, NXT, RRSIG, NSEC (RFC 4035 section 2.5)


def check_rrsets(arena: Arena, order: Order, locate: Callable[[int], tuple[str, int]]) -> None:
    """ZoneSyntaxError, in BIND's words, for the first record in the file that brings such a conflict.

    *locate* gives file and line of a row of the arena, line 0 where there are no lines; it is called only when there
    is something to report.
    """
    found = [conflict for node in _core.find_conflicts(order) if (conflict := _first_conflict(arena, order, node))]
    if found:
        row, what = min(found)
        owner = _core.name_to_text(arena.name(arena.owner.view()[row])).removesuffix(".") or "."
        file, line = locate(row)
        raise ZoneSyntaxError(f"{owner}: {what}", file, line) if line else RawFormatError(f"{owner}: {what}")


def _first_conflict(arena: Arena, order: Order, node: int) -> tuple[int, str] | None:
    """(row at which BIND notices, what) for one node. BIND looks at the end of each block of records with one owner."""
    types = arena.rrtype.view()
    members: Counter[int] = Counter()  # by type, without duplicates
    for block in _blocks(arena, order, node):
        for rrtype in dict.fromkeys(types[row] for row in block):
            members[rrtype] += sum(types[row] == rrtype for row in block)
            if rrtype in _SINGLETONS and members[rrtype] > 1:
                return block[-1], "multiple RRs of singleton type"
            if CNAME in members and members.keys() - _BESIDE_CNAME - {CNAME}:
                return block[-1], "CNAME and other data"
    return None


def _blocks(arena: Arena, order: Order, node: int) -> Iterator[list[int]]:
    """The node's rows in the order of the file, cut where another owner or another spelling stands between them."""
    owners = arena.owner.view()
    rows = sorted(row for rrset in order.rrsets(node).values() for row in order.rows(rrset))
    for _, block in groupby(enumerate(rows), lambda item: (item[1] - item[0], owners[item[1]])):
        yield [row for _, row in block]
