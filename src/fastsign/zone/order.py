"""The canonical order of a zone: nodes, their RRsets, and what each node is."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign import _core
from fastsign._core import Column
from fastsign.zone.arena import Arena

# What a node is (zone.h). A node with neither OUTSIDE nor OCCLUDED is signed.
APEX, CUT, OCCLUDED, OUTSIDE, SECURE, EMPTY = 1, 2, 4, 8, 16, 32


@dataclass(frozen=True, slots=True)
class Order:
    """Nodes in canonical order (RFC 4034 section 6.1), each with its RRsets; RRsets with their members.

    A node is one owner name whatever its case. In a node the RRsets stand as SOA, NS, then by type.
    """

    node_name: Column  # I [nodes]: spelling that the node was first seen in
    node_flags: Column  # B [nodes]: APEX | CUT | ...
    node_rrset: Column  # I [nodes + 1]: first RRset of each node
    rrset_type: Column  # H [rrsets]
    rrset_ttl: Column  # I [rrsets], seconds
    rrset_owner: Column  # I [rrsets]: spelling of the owner as this RRset was first seen
    rrset_first: Column  # I [rrsets + 1]: first member in `record`
    record: Column  # I: rows of the arena, RDATA in canonical order (RFC 4034 section 6.3), duplicates left out
    apex: int | None = None  # the apex's node; None: the apex owns nothing

    def rrsets(self, node: int) -> dict[int, int]:
        """A node's RRsets by type: type -> number of the RRset."""
        first = self.node_rrset.view()
        types = self.rrset_type.view()
        return {types[i]: i for i in range(first[node], first[node + 1])}

    def rows(self, rrset: int) -> list[int]:
        """The arena rows of an RRset, in canonical order."""
        first = self.rrset_first.view()
        return self.record.view()[first[rrset] : first[rrset + 1]].tolist()


def order_zone(arena: Arena, apex: bytes) -> Order:
    """Sort an arena into nodes and RRsets; *apex* is a wire name. ZoneError if an RRset is too large."""
    return Order(*_core.order_zone(arena, apex))
