"""What can be wrong with a signed zone, and the words for it: BIND's where BIND has any."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from fastsign import _core
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order

NSEC, NSEC3 = 47, 50


class Kind(IntEnum):
    """What is wrong (verify.h)."""

    NO_SIGNATURES = 1
    NO_CORRECT = 2
    TTL_MISMATCH = 3
    RRSIG_TTL = 4
    BAD_SIGNATURE = 5
    UNKNOWN_KEY = 6
    UNEXPECTED = 7
    RRSET_TTL = 8
    NSEC_MISSING = 9
    NSEC_NEXT = 10
    NSEC_BITMAP = 11
    NSEC_MULTIPLE = 12
    NSEC_UNEXPECTED = 13
    NSEC3_MISSING = 14
    NSEC3_BITMAP = 15
    NSEC3_MULTIPLE = 16
    CHAIN_TTL = 17
    NSEC3_FLAGS = 18
    NSEC3_STRAY = 19
    NSEC3_BREAK = 20
    ORDER = 21
    CNAME = 22
    SINGLETON = 23
    ZONEMD = 24  # from here on no finding of the core
    ZONEMD_BESIDE = 25


# The word in dnssec-verify's "DNSSEC completeness test failed (...)": that of the first finding about the chain.
RESULTS = {Kind.NSEC3_MISSING: "not found", Kind.NSEC3_MULTIPLE: "duplicate"}

# BIND's words where it has any.
WORDS = {
    Kind.NO_SIGNATURES: "No signatures for {name}/{rrtype}",
    Kind.NO_CORRECT: "No correct {algorithm} signature for {name} {rrtype}",
    Kind.TTL_MISMATCH: "TTL mismatch for {name} {rrtype} keytag {tag}",
    Kind.RRSIG_TTL: "TTL of RRSIG differs from its RRset's for {name} {rrtype} keytag {tag}",
    Kind.BAD_SIGNATURE: "Bad {algorithm} signature for {name} {rrtype} keytag {tag}: {reason}",
    Kind.UNKNOWN_KEY: "Found a signature by an unknown key for {name}/{rrtype} ({algorithm} keytag {tag})",
    Kind.UNEXPECTED: "Warning: Found unexpected signatures for {name}/{rrtype}",
    Kind.RRSET_TTL: "TTLs differ in the RRset {name}/{rrtype}",
    Kind.NSEC_MISSING: "Missing NSEC record for {name}",
    Kind.NSEC_BITMAP: "Bad NSEC record for {name}, bit map mismatch",
    Kind.NSEC_MULTIPLE: "Multiple NSEC records for {name}",
    Kind.NSEC_UNEXPECTED: "unexpected NSEC RRset at {name}",
    Kind.NSEC3_BITMAP: "Bad NSEC3 record for {name}, bit map mismatch",
    Kind.NSEC3_MULTIPLE: "Multiple NSEC3 records with the same parameter set for {name}",
    Kind.CHAIN_TTL: "TTL of {name}/{rrtype} is not the lesser of SOA TTL and SOA minimum",
    Kind.NSEC3_FLAGS: "Bad NSEC3 record {name}, unknown flags",
    Kind.NSEC3_STRAY: "Expected and found NSEC3 chains not equal",
    Kind.ORDER: "Records of {name} were read into a wrong order; this is a fault of fastsign",
    Kind.CNAME: "CNAME and other data at {name}",
    Kind.SINGLETON: "Multiple {rrtype} records for {name}",
}

# Why a signature does not count, with the rule that it breaks.
REASONS = {
    1: "the signature is wrong",
    2: "it has expired",
    3: "it is not yet valid",
    4: "it expires before it becomes valid",
    5: "its labels field is not the owner's (RFC 4034 section 3.1.3)",
    6: "its signer is not the apex (RFC 4035 section 5.3.1)",
    7: "its key may not sign this: revoked, no zone key or unusable (RFC 5011 section 2.1)",
    8: "its RDATA or signature has a wrong length",
    9: "this type does not belong here",
    11: "its key is not in the DNSKEY RRset",
    12: "too little validity is left",
}


class Finding(NamedTuple):
    """One thing that is wrong; what `other` means depends on the kind (verify.h)."""

    node: int
    other: int
    rrtype: int
    tag: int
    kind: Kind
    algorithm: int
    reason: int
    skip: int  # labels to leave off the node's name: an empty non-terminal


_ROW = struct.Struct("<IIHHBBBB")
_CHUNK = 4096 * _ROW.size


@dataclass(slots=True)
class Findings:
    """Findings as the core packs them, 16 octets each: a zone whose every signature has expired has millions."""

    _rows: bytearray = field(default_factory=bytearray)

    def add(self, rows: bytes) -> None:
        """Append packed findings."""
        self._rows += rows

    def sort(self) -> None:
        """Put them in dnssec-verify's order: the names, then the NSEC3 records, then the chains."""
        _core.sort_findings(self._rows)

    def tuples(self) -> Iterator[tuple[int, ...]]:
        """The fields of each, in the order of Finding's."""
        for at in range(0, len(self._rows), _CHUNK):
            yield from _ROW.iter_unpack(self._rows[at : at + _CHUNK])

    def __iter__(self) -> Iterator[Finding]:
        for node, other, rrtype, tag, kind, algorithm, reason, skip in self.tuples():
            yield Finding(node, other, rrtype, tag, Kind(kind), algorithm, reason, skip)

    def __len__(self) -> int:
        return len(self._rows) // _ROW.size


def name_text(wire: bytes) -> str:
    """A name as dnssec-verify writes it: without the final dot."""
    text = _core.name_to_text(wire)
    return text if text == "." else text[:-1]


@dataclass(frozen=True, slots=True)
class Wording:
    """Puts findings about one zone into words."""

    arena: Arena
    order: Order
    apex: bytes  # wire form
    chains: tuple[tuple[bytes, int], ...] = ()  # NSEC3: (salt, iterations) of each

    def line(self, finding: Finding) -> str:
        """The message, on one line or several."""
        name = self.name(finding)
        match finding.kind:
            case Kind.NSEC_NEXT:
                expected = name_text(self.arena.name(self.order.node_name.view()[finding.other]))
                found = self._nsec_next(finding.node)
                return f"Bad NSEC record for {name}, next name mismatch (expected:{expected}, found:{found})"
            case Kind.NSEC3_MISSING:
                return f"Missing NSEC3 record for {name} ({self._hashed(finding)})"
            case Kind.NSEC3_BREAK:
                return self._break(finding)
        return WORDS[finding.kind].format(
            name=name,
            rrtype=_core.rrtype_to_text(finding.rrtype),
            algorithm=algorithm_text(finding.algorithm),
            tag=finding.tag,
            reason=REASONS.get(finding.reason, ""),
        )

    def name(self, finding: Finding) -> str:
        """The name that a finding is about."""
        if finding.node >= len(self.order.node_name):
            return "an unknown name"
        return name_text(self._wire(finding))

    def _wire(self, finding: Finding) -> bytes:
        wire = self.arena.name(self.order.node_name.view()[finding.node])
        for _ in range(finding.skip):
            wire = wire[1 + wire[0] :]
        return wire

    def _nsec_next(self, node: int) -> str:
        rdata = self.arena.record_rdata(self.order.rows(self.order.rrsets(node)[NSEC])[0])
        at = 0
        while at < len(rdata) and rdata[at]:
            at += 1 + rdata[at]
        return name_text(rdata[: at + 1]) if at < min(len(rdata), 255) else "no name"

    def _hashed(self, finding: Finding) -> str:
        salt, iterations = self.chains[finding.other]
        label = base32hex(nsec3_hash(self._wire(finding), salt, iterations))
        return name_text(bytes([len(label)]) + label.encode("ascii") + self.apex)

    def _break(self, finding: Finding) -> str:
        """Where the hash order breaks: the record, its next hash, and the hash that does follow."""
        names = self.order.node_name.view()
        at, follows = (
            self.arena.name(names[node])[1:33].decode("ascii").upper() for node in (finding.node, finding.other)
        )
        for row in self.order.rows(self.order.rrsets(finding.node)[NSEC3]):
            rdata = self.arena.record_rdata(row)
            start = 6 + rdata[4]
            if (rdata[5 : 5 + rdata[4]], int.from_bytes(rdata[2:4], "big")) in self.chains:
                expected = base32hex(rdata[start : start + 20])
        return f"Break in NSEC3 chain at: {at}\nExpected: {expected}\nFound: {follows}"


def nsec3_hash(name: bytes, salt: bytes, iterations: int) -> bytes:
    """RFC 5155 section 5; apart from the core's, as everything here is."""
    from hashlib import sha1

    digest = sha1(name.lower() + salt).digest()  # length octets are no letters
    for _ in range(iterations):
        digest = sha1(digest + salt).digest()
    return digest


def base32hex(octets: bytes) -> str:
    """Base 32 with the extended hex alphabet, upper case, no padding (RFC 4648 section 7)."""
    import base64

    return base64.b32hexencode(octets).decode("ascii").rstrip("=")


def algorithm_text(algorithm: int) -> str:
    """The mnemonic of a DNSSEC algorithm, or its number."""
    return _core.algorithm_to_text(algorithm) or str(algorithm)
