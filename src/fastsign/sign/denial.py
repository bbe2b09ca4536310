"""The denial chain: NSEC (RFC 4034 section 4) or NSEC3 (RFC 5155) records, as columns."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign._core import Column

NSEC, NSEC3 = 1, 2


@dataclass(frozen=True, slots=True)
class Chain:
    """The entries of a denial chain; entry i's next is entry i + 1, the last one's is the first.

    NSEC entries stand in the order of their nodes, NSEC3 entries in the order of their hashes.
    """

    kind: int  # NSEC or NSEC3
    flags: int  # NSEC3: 1 is opt-out
    iterations: int  # NSEC3
    salt: bytes  # NSEC3
    ttl: int  # seconds; RFC 9077: min(SOA TTL, SOA MINIMUM)
    source: Column  # I [entries]: node that the entry belongs to
    skip: Column  # B [entries], NSEC3: labels to leave off the node's name; above 0 for an empty non-terminal
    hash: Column  # B [entries * 20], NSEC3: ascending
    bitmap: Column  # I [entries]: id of the type bitmap
    bitmap_offset: Column  # I [bitmaps + 1]
    bitmaps: Column  # B: type bitmaps in wire form (RFC 4034 section 4.1.2)
