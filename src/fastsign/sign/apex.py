"""The apex of a zone before it is ordered: its SOA, DNSKEY and NSEC3PARAM records, read and replaced."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign import _core
from fastsign.errors import ZoneError
from fastsign.zone.arena import Arena
from fastsign.zone.order import OUTSIDE, order_zone

SOA, RRSIG, DNSKEY, NSEC3PARAM, CDS, CDNSKEY, ZONEMD = 6, 46, 48, 51, 59, 60, 63
_SOA_NUMBERS = 20  # octets of serial, refresh, retry, expire, minimum (RFC 1035 section 3.3.13)


@dataclass(slots=True)
class Apex:
    """The records at a zone's apex: rows of the arena, changed in place before the zone is ordered."""

    arena: Arena
    name: bytes  # wire, as the user wrote it
    rows: list[int]

    @classmethod
    def of(cls, arena: Arena, name: bytes) -> Apex:
        """Find the apex. ZoneError in BIND's words if there is no SOA."""
        apex = cls(arena, name, _core.find_rows(arena, name))
        if not apex.rows_of(SOA):
            raise ZoneError(f"failed to find an SOA at the zone apex: {apex._what_is_there()}")
        return apex

    def _what_is_there(self) -> str:
        """BIND's word for a name without the type that was looked for."""
        if self.rows:
            return "NXRRSET"
        inside = any(not flags & OUTSIDE for flags in order_zone(self.arena, self.name).node_flags.view())
        return "empty name" if inside else "NXDOMAIN"

    def rows_of(self, rrtype: int) -> list[int]:
        """Rows of one type, in file order."""
        types = self.arena.rrtype.view()
        return [row for row in self.rows if types[row] == rrtype]

    def rdata_of(self, rrtype: int) -> list[bytes]:
        """RDATA of one type, each value once, in file order."""
        return list(dict.fromkeys(self.arena.record_rdata(row) for row in self.rows_of(rrtype)))

    def signatures_over(self, *types: int) -> list[bytes]:
        """RDATA of the RRSIGs that cover one of these types."""
        return [rdata for rdata in self.rdata_of(RRSIG) if int.from_bytes(rdata[:2], "big") in types]

    def ttl_of(self, rrtype: int) -> int | None:
        """TTL of an RRset: that of the record read last (BIND's rule); None if there is no such RRset."""
        rows = self.rows_of(rrtype)
        return self.arena.ttl.view()[rows[-1]] if rows else None

    @property
    def soa(self) -> bytes:
        """SOA RDATA."""
        return self.arena.record_rdata(self.rows_of(SOA)[0])

    @property
    def soa_ttl(self) -> int:
        ttl = self.ttl_of(SOA)
        assert ttl is not None  # `of` has seen one
        return ttl

    @property
    def serial(self) -> int:
        at = len(self.soa) - _SOA_NUMBERS
        return int.from_bytes(self.soa[at : at + 4], "big")

    @property
    def minimum(self) -> int:
        """The negative caching TTL, last number of the SOA (RFC 2308 section 4)."""
        return int.from_bytes(self.soa[-4:], "big")

    def set_serial(self, serial: int) -> None:
        """Replace the SOA's serial."""
        soa = self.soa
        at = len(soa) - _SOA_NUMBERS
        self.replace(SOA, self.soa_ttl, [soa[:at] + serial.to_bytes(4, "big") + soa[at + 4 :]])

    def origin_id(self) -> int:
        """The spelling of the apex as the user wrote it: that of the records which are added."""
        owners = self.arena.owner.view()
        for name_id in {owners[row] for row in self.rows}:
            if self.arena.name(name_id) == self.name:
                return name_id
        return self.arena.add_name(self.name)

    def replace(self, rrtype: int, ttl: int, rdata: list[bytes]) -> None:
        """Make *rdata* the RRset of a type; an empty list removes it."""
        old = self.rows_of(rrtype)
        owner = self.arena.owner.view()[old[0]] if old else self.origin_id()
        types = self.arena.rrtype.view()
        for row in old:
            types[row] = 0
        types.release()
        self.rows += [self.arena.add_record(owner, rrtype, ttl, octets) for octets in rdata]
