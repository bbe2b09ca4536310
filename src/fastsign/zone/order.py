"""The canonical order of a zone: nodes, their RRsets, and what each node is."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign._core import Column

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
