"""Content that no zone may have: a CNAME with other data, several records of a type that stands alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator

from fastsign import _core
from fastsign.errors import RawFormatError, ZoneSyntaxError
from fastsign.zone.arena import Arena
from fastsign.zone.names import name_for_message
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
        owner = name_for_message(arena.name(arena.owner.view()[row]))
        file, line = locate(row)
        raise ZoneSyntaxError(f"{owner}: {what}", file, line) if line else RawFormatError(f"{owner}: {what}")


def find_refusals(arena: Arena, order: Order, breaks: Collection[int] = ()) -> list[tuple[int, bool]]:
    """(row, is it for a CNAME's sake?) of all records that BIND refuses when it adds their blocks, in its order.

    A set that would have several members of a type that stands alone is left out. A CNAME beside others stays, so that
    whatever comes to its name from then on is refused as well. *breaks*: rows that begin a block of records though the
    row before has the same owner.
    """
    found: list[tuple[int, bool]] = []
    for node in _core.find_conflicts(order):
        found += _refusals(arena, order, node, breaks)
    return sorted(found, key=lambda refusal: refusal[0])


def _refusals(arena: Arena, order: Order, node: int, breaks: Collection[int]) -> Iterator[tuple[int, bool]]:
    types, ttls = arena.rrtype.view(), arena.ttl.view()
    members: dict[int, set[bytes]] = {}
    ttl_of: dict[int, int] = {}
    rows = _core.find_rows(arena, arena.name(order.node_name.view()[node]))  # duplicates too
    for block in _cut(arena, rows, breaks):
        added: dict[int, set[bytes]] = {}
        for row in block:
            added.setdefault(types[row], set()).add(_core.canonical_rdata(types[row], arena.record_rdata(row)))
        for rrtype, rdatas in reversed(added.items()):  # BIND adds the sets of a block from the last to the first
            before = members.get(rrtype, set())
            ttl = ttls[[row for row in block if types[row] == rrtype][-1]]
            if rdatas <= before and ttl == ttl_of[rrtype]:
                continue
            if rrtype in _SINGLETONS and len(before | rdatas) > 1:
                yield block[-1], False
                continue
            members[rrtype], ttl_of[rrtype] = before | rdatas, ttl
            if CNAME in members and members.keys() - _BESIDE_CNAME - {CNAME}:
                yield block[-1], True


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
    return _cut(arena, sorted(row for rrset in order.rrsets(node).values() for row in order.rows(rrset)))


def _cut(arena: Arena, rows: list[int], breaks: Collection[int] = ()) -> Iterator[list[int]]:
    owners = arena.owner.view()
    block: list[int] = []
    for row in rows:
        if block and (row in breaks or any(owners[between] != owners[row] for between in range(block[-1], row))):
            yield block
            block = []
        block.append(row)
    if block:
        yield block
