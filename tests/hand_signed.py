"""Zones signed by hand, in a few lines of Python: for what dnssec-signzone refuses to do."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field

import dns.name
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signed_zones import Record

A, NS, SOA, TXT, RRSIG, NSEC, DNSKEY = 1, 2, 6, 16, 46, 47, 48
APEX = dns.name.from_text("example.")
NOW = 1_700_000_000
ZSK, KSK, REVOKED_KSK = 256, 257, 385


@dataclass(frozen=True, slots=True)
class Key:
    """An Ed25519 key made from a number."""

    flags: int
    number: int

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(str(self.number).encode()).digest())

    @property
    def rdata(self) -> bytes:
        return struct.pack(">HBB", self.flags, 3, 15) + self.private.public_key().public_bytes_raw()

    @property
    def tag(self) -> int:
        """RFC 4034 appendix B"""
        total = sum(octet << 8 if at % 2 == 0 else octet for at, octet in enumerate(self.rdata))
        return (total + (total >> 16)) & 0xFFFF


@dataclass(frozen=True, slots=True)
class Hand:
    """How to sign: by which keys, between which moments."""

    ksks: list[Key]  # sign the DNSKEY RRset
    zsks: list[Key]  # sign all the rest
    idle: list[Key] = field(default_factory=list)  # only published
    inception: int = NOW - 3600
    expiration: int = NOW + 3600
    ttl: int = 300

    def sign(self, names: dict[str, list[tuple[int, bytes]]]) -> list[Record]:
        """Sign RRsets by owner, relative to the apex; the NSEC chain is added, cuts are not known."""
        records = [Record(self.owner(name), t, self.ttl, rdata) for name, data in names.items() for t, rdata in data]
        records.append(Record(APEX, SOA, self.ttl, b"\0\0" + struct.pack(">5I", 1, 2, 3, 4, self.ttl)))
        keys = {key.rdata for key in (*self.ksks, *self.zsks, *self.idle)}
        records += [Record(APEX, DNSKEY, self.ttl, rdata) for rdata in keys]
        records += self._chain(records)
        sets = {(r.owner, r.rrtype) for r in records}
        return records + [sig for owner, t in sorted(sets) for sig in self.signatures(records, owner, t)]

    @staticmethod
    def owner(name: str) -> dns.name.Name:
        return dns.name.from_text(name, APEX) if name else APEX

    def _chain(self, records: list[Record]) -> list[Record]:
        owners = sorted({r.owner for r in records})
        chain = []
        for owner, following in zip(owners, owners[1:] + owners[:1], strict=True):
            bits = bytearray(32)
            for rrtype in {r.rrtype for r in records if r.owner == owner} | {RRSIG, NSEC}:
                bits[rrtype // 8] |= 0x80 >> rrtype % 8
            bitmap = bytes(bits).rstrip(b"\0")
            chain.append(Record(owner, NSEC, self.ttl, following.to_wire() + bytes([0, len(bitmap)]) + bitmap))
        return chain

    def signatures(self, records: list[Record], owner: dns.name.Name, rrtype: int) -> list[Record]:
        """RFC 4034 section 3.1.8.1"""
        rows = sorted(r.wire for r in records if r.owner == owner and r.rrtype == rrtype)
        labels = len(owner.labels) - 1 - (owner.labels[0] == b"*")
        signed = []
        for key in self.ksks if rrtype == DNSKEY else self.zsks:
            head = struct.pack(">HBBIIIH", rrtype, 15, labels, self.ttl, self.expiration, self.inception, key.tag)
            signed.append(self.signature(key, owner, rrtype, head + APEX.to_wire(), rows))
        return signed

    def signature(self, key: Key, owner: dns.name.Name, rrtype: int, head: bytes, rows: list[bytes]) -> Record:
        """An RRSIG that is right for this head, whatever the head says."""
        before = owner.canonicalize().to_wire() + struct.pack(">HHI", rrtype, 1, self.ttl)
        message = head + b"".join(before + struct.pack(">H", len(row)) + row for row in rows)
        return Record(owner, RRSIG, self.ttl, head + key.private.sign(message))


PLAIN = {"": [(NS, b"\2ns\7example\0")], "ns": [(A, b"\1\2\3\4")], "*.wild": [(TXT, b"\1x")]}
