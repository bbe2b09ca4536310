"""Mutants of good signed zones, and which of them a verifier may let pass."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import dns.name
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signed_zones import Record

NS, CNAME, SOA, DNAME, DS, RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM = 2, 5, 6, 39, 43, 46, 47, 48, 50, 51
Records = list[Record]
Mutation = Callable[[Records, random.Random], Records]


# ---- what is protected


def covered(r: Record) -> int:
    return int.from_bytes(r.wire[:2], "big")


def protected(records: Records, apex: dns.name.Name) -> frozenset[tuple[object, ...]]:
    """What a zone's signatures and chain vouch for; zones that are equal in this are equal to a validator.

    RFC 4035 section 2.2: neither glue nor the NS records of a delegation are signed, only that the delegation is there;
    with opt-out (RFC 5155 section 6) not even that, unless it has a DS.
    """
    opt_out = any(r.rrtype == NSEC3 and r.wire[1] & 1 for r in records)
    inside = [r for r in records if r.owner.is_subdomain(apex)]
    fences = {r.owner for r in inside if (r.rrtype == NS and r.owner != apex) or r.rrtype == DNAME}
    cuts = {r.owner for r in inside if r.rrtype == NS and r.owner != apex}
    secure = {r.owner for r in inside if r.rrtype == DS}
    seen: set[tuple[object, ...]] = set()
    for r in inside:
        hidden = any(r.owner != f and r.owner.is_subdomain(f) for f in fences)
        ours = r.rrtype == DS if r.owner in cuts else not hidden
        if ours or r.rrtype in (RRSIG, NSEC, NSEC3, CNAME):  # those belong to no glue
            seen.add(r.identity)
        elif r.rrtype == NS and not hidden and (r.owner in secure or not opt_out):
            seen.add((r.owner.canonicalize().to_wire(), "delegation"))
    return frozenset(seen)


# ---- mutations by one who has no key


def pick(records: Records, rng: random.Random, *types: int) -> int:
    """Row of a record of one of these types, or of any."""
    rows = [i for i, r in enumerate(records) if not types or r.rrtype in types]
    return rng.choice(rows) if rows else 0


def changed(records: Records, row: int, **fields: object) -> Records:
    return [*records[:row], replace(records[row], **fields), *records[row + 1 :]]


def flip(octets: bytes, rng: random.Random, first: int = 0) -> bytes:
    at = rng.randrange(first, len(octets)) if len(octets) > first else 0
    return octets[:at] + bytes([octets[at] ^ (1 << rng.randrange(8))]) + octets[at + 1 :] if octets else b"\0"


def belongs(o: Record, r: Record) -> bool:
    """Are both of one RRset?"""
    return o.owner == r.owner and o.rrtype == r.rrtype


def signs(o: Record, r: Record) -> bool:
    """Is o a signature over r's RRset?"""
    return o.owner == r.owner and o.rrtype == RRSIG and covered(o) == r.rrtype


def signer_end(wire: bytes) -> int:
    at = 18
    while wire[at]:
        at += 1 + wire[at]
    return at + 1


def drop_record(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng)
    return records[:row] + records[row + 1 :]


def drop_rrsig(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng, RRSIG)
    return records[:row] + records[row + 1 :]


def drop_rrset(records: Records, rng: random.Random) -> Records:
    """An RRset with its signatures."""
    r = records[pick(records, rng)]
    return [o for o in records if not (belongs(o, r) or signs(o, r))]


def drop_name(records: Records, rng: random.Random) -> Records:
    owner = records[pick(records, rng)].owner
    return [r for r in records if r.owner != owner]


def drop_chain_record(records: Records, rng: random.Random) -> Records:
    """An NSEC or NSEC3 record with its signature."""
    r = records[pick(records, rng, NSEC, NSEC3)]
    return [o for o in records if not (belongs(o, r) or signs(o, r))]


def flip_rdata(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng)
    return changed(records, row, wire=flip(records[row].wire, rng))


def truncate_rdata(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng)
    return changed(records, row, wire=records[row].wire[: rng.randrange(len(records[row].wire) + 1)])


def flip_signature(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng, RRSIG)
    return changed(records, row, wire=flip(records[row].wire, rng, signer_end(records[row].wire)))


def cut_signature(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng, RRSIG)
    wire = records[row].wire
    return changed(records, row, wire=rng.choice([wire[:-1], wire + b"\0", wire[: signer_end(wire)] + b"\0" * 64]))


def change_rrsig_field(records: Records, rng: random.Random) -> Records:
    """Type covered, algorithm, labels, original TTL, expiration, inception or key tag."""
    row = pick(records, rng, RRSIG)
    wire = bytearray(records[row].wire)
    code, at = rng.choice([(">H", 0), (">B", 2), (">B", 3), (">I", 4), (">I", 8), (">I", 12), (">H", 16)])
    (value,) = struct.unpack_from(code, wire, at)
    value += rng.choice([-1, 1, 1 << rng.randrange(8 * struct.calcsize(code))])
    struct.pack_into(code, wire, at, value % (1 << 8 * struct.calcsize(code)))
    return changed(records, row, wire=bytes(wire))


def change_signer(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng, RRSIG)
    wire = records[row].wire
    signer = rng.choice([b"\0", b"\1x\0", b"\1x" + wire[18 : signer_end(wire)]])
    return changed(records, row, wire=wire[:18] + signer + wire[signer_end(wire) :])


def change_ttl(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng)
    return changed(records, row, ttl=rng.choice([0, records[row].ttl + 1, max(records[row].ttl - 1, 0)]))


def change_rrset_ttl(records: Records, rng: random.Random) -> Records:
    """Of an RRset and its signatures, original TTL too: as if it had been signed so."""
    r = records[pick(records, rng)]
    ttl = r.ttl + rng.choice([-1, 1, 60]) if r.ttl else 1

    def with_ttl(o: Record) -> Record:
        if signs(o, r):
            return replace(o, ttl=ttl, wire=o.wire[:4] + struct.pack(">I", ttl) + o.wire[8:])
        return replace(o, ttl=ttl) if belongs(o, r) else o

    return [with_ttl(o) for o in records]


def add_name(records: Records, rng: random.Random) -> Records:
    near = records[pick(records, rng)].owner
    try:
        owner = dns.name.Name((bytes([rng.randrange(97, 123)]), *near.labels))
    except dns.name.NameTooLong:
        owner = near
    return [*records, Record(owner, 1, 3600, bytes.fromhex("c0000201"))]


def add_type(records: Records, rng: random.Random) -> Records:
    digest = "0001080220" + 31 * "00"
    rdata = [
        (1, "c0000202"),
        (16, "0141"),
        (65401, "00"),
        (DS, digest),
        (NS, "014100"),
        (CNAME, "014100"),
        (DNAME, "014100"),
    ]
    rrtype, text = rng.choice(rdata)
    return [*records, Record(records[pick(records, rng)].owner, rrtype, 3600, bytes.fromhex(text))]


def add_to_rrset(records: Records, rng: random.Random) -> Records:
    r = records[pick(records, rng)]
    return [*records, replace(r, wire=flip(r.wire, rng))]


def copy_elsewhere(records: Records, rng: random.Random) -> Records:
    """A signature, or a chain record, under another owner: on glue, a cut, or some other name."""
    r = records[pick(records, rng, RRSIG, NSEC, NSEC3)]
    return [*records, replace(r, owner=records[pick(records, rng)].owner)]


def copy_to_other_type(records: Records, rng: random.Random) -> Records:
    r, o = records[pick(records, rng, RRSIG)], records[pick(records, rng)]
    return [*records, replace(r, owner=o.owner, wire=struct.pack(">H", o.rrtype) + r.wire[2:])]


def rename(records: Records, rng: random.Random) -> Records:
    """All records of one name."""
    r, o = records[pick(records, rng)], records[pick(records, rng)]
    owner = dns.name.Name((b"r" + r.owner.labels[0][:62], *o.owner.labels[1:])) if len(o.owner.labels) > 1 else o.owner
    return [replace(x, owner=owner) if x.owner == r.owner else x for x in records]


def swap_signatures(records: Records, rng: random.Random) -> Records:
    a, b = pick(records, rng, RRSIG), pick(records, rng, RRSIG)
    one, other = records[a].wire, records[b].wire
    mixed = changed(records, a, wire=one[: signer_end(one)] + other[signer_end(other) :])
    return changed(mixed, b, wire=other[: signer_end(other)] + one[signer_end(one) :])


def change_chain_record(records: Records, rng: random.Random) -> Records:
    """NSEC: next name or bitmap. NSEC3 and NSEC3PARAM: hash algorithm, flags, iterations, salt, next hash or bitmap."""
    row = pick(records, rng, NSEC, NSEC3, NSEC3PARAM)
    return changed(records, row, wire=flip(records[row].wire, rng))


def change_key(records: Records, rng: random.Random) -> Records:
    row = pick(records, rng, DNSKEY)
    return changed(records, row, wire=flip(records[row].wire, rng))


def shift_times(records: Records, rng: random.Random) -> Records:
    """Inception and expiration of every signature: the zone of another day."""
    by = rng.choice([-(1 << 31), -90 * 86400, 90 * 86400])

    def shifted(wire: bytes) -> bytes:
        times = [(t + by) % (1 << 32) for t in struct.unpack_from(">II", wire, 8)]
        return wire[:8] + struct.pack(">II", *times) + wire[16:]

    return [replace(r, wire=shifted(r.wire)) if r.rrtype == RRSIG else r for r in records]


def change_case(records: Records, rng: random.Random) -> Records:
    """No change at all, to DNS."""
    row = pick(records, rng)
    return changed(records, row, owner=dns.name.Name([label.swapcase() for label in records[row].owner.labels]))


def shuffle(records: Records, rng: random.Random) -> Records:
    return rng.sample(records, len(records))


def repeat_record(records: Records, rng: random.Random) -> Records:
    return [*records, records[pick(records, rng)]]


MUTATIONS: list[Mutation] = [
    drop_record, drop_rrsig, drop_rrset, drop_name, drop_chain_record, flip_rdata, truncate_rdata, flip_signature,
    cut_signature, change_rrsig_field, change_signer, change_ttl, change_rrset_ttl, add_name, add_type,
    add_to_rrset, copy_elsewhere, copy_to_other_type, rename, swap_signatures, change_chain_record, change_key,
    shift_times, change_case, shuffle, repeat_record,
]  # fmt: skip


# ---- mutations by one who has the key: every signature is right, only the content is wrong


@dataclass(frozen=True, slots=True)
class Pen:
    """Signs with an Ed25519 key file of BIND's."""

    key: Ed25519PrivateKey

    @classmethod
    def of(cls, folder: Path, name: str) -> Pen:
        from base64 import b64decode

        text = (folder / f"{name}.private").read_text()
        secret = next(line.split()[1] for line in text.splitlines() if line.startswith("PrivateKey:"))
        return cls(Ed25519PrivateKey.from_private_bytes(b64decode(secret)))

    def resign(self, records: Records, owner: dns.name.Name, rrtype: int) -> Records:
        """The same records with the RRset's signatures made anew (RFC 4034 section 3.1.8.1)."""
        members = sorted(r.identity for r in records if r.owner == owner and r.rrtype == rrtype)
        like = Record(owner, rrtype, 0, b"")
        return [self._signed(r, members) if members and signs(r, like) else r for r in records]

    def _signed(self, r: Record, members: list[tuple[bytes, int, int, bytes]]) -> Record:
        ttl, head = members[0][2], r.wire[: signer_end(r.wire)]
        head = head[:4] + struct.pack(">I", ttl) + head[8:18] + head[18:].lower()
        rows = (name + struct.pack(">HHIH", kind, 1, ttl, len(rdata)) + rdata for name, kind, _, rdata in members)
        return replace(r, ttl=ttl, wire=head + self.key.sign(head + b"".join(rows)))


def signed_mutants(records: Records, pen: Pen, rng: random.Random) -> Iterator[tuple[str, Records]]:
    """Endless mutants whose signatures are all right."""
    while True:
        row = pick(records, rng, NSEC, NSEC3)
        r = records[row]
        name, wire = rng.choice(list(_rewrites(r, records, rng)))
        yield name, pen.resign(changed(records, row, wire=wire), r.owner, r.rrtype)
        yield "TTL", pen.resign(changed(records, row, ttl=r.ttl + rng.choice([-1, 1])), r.owner, r.rrtype)
        row = pick(records, rng)
        r = records[row]
        if r.rrtype not in (RRSIG, NS, NSEC, NSEC3, SOA, DNSKEY, NSEC3PARAM, CNAME):
            like = next(
                (o for o in records if o.rrtype == RRSIG and o.owner == r.owner and covered(o) == r.rrtype), None
            )
            if like is not None:
                new = [replace(r, rrtype=65402), replace(like, wire=struct.pack(">H", 65402) + like.wire[2:])]
                yield "type the bitmap lacks", pen.resign([*records, *new], r.owner, 65402)
                yield "labels", pen.resign(_with_labels(records, like, rng), r.owner, r.rrtype)


def _with_labels(records: Records, like: Record, rng: random.Random) -> Records:
    labels = rng.choice([n for n in range(5) if n != like.wire[3]])
    return [replace(r, wire=r.wire[:3] + bytes([labels]) + r.wire[4:]) if r is like else r for r in records]


def _rewrites(r: Record, records: Records, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Other RDATA for an NSEC or NSEC3 record."""
    if r.rrtype == NSEC:
        end = r.wire.index(0) + 1
        while True:
            try:
                _, end = dns.name.from_wire(r.wire, 0)
                break
            except dns.exception.DNSException:
                end += 1
        other = rng.choice([o.owner for o in records if o.owner.canonicalize().to_wire() != r.wire[:end].lower()])
        yield "next name", other.to_wire() + r.wire[end:]
        yield "bitmap", r.wire[:end] + flip_bitmap(r.wire[end:], rng)
        return
    start = 6 + r.wire[4]
    yield "next hash", r.wire[:start] + flip(r.wire[start : start + 20], rng) + r.wire[start + 20 :]
    yield "bitmap", r.wire[: start + 20] + flip_bitmap(r.wire[start + 20 :], rng)
    yield "flags", r.wire[:1] + bytes([r.wire[1] ^ 1 << rng.randrange(1, 8)]) + r.wire[2:]
    yield "iterations", r.wire[:2] + struct.pack(">H", 1 + int.from_bytes(r.wire[2:4], "big")) + r.wire[4:]
    yield "salt", r.wire[:4] + bytes([r.wire[4] + 1]) + b"\x55" + r.wire[5:]
    yield "hash algorithm", b"\2" + r.wire[1:]


def flip_bitmap(octets: bytes, rng: random.Random) -> bytes:
    """Set or clear one type of window 0 (RFC 4034 section 4.1.2)."""
    window0 = bytearray(32)
    if octets[:1] == b"\0":
        window0[: octets[1]] = octets[2 : 2 + octets[1]]
        octets = octets[2 + octets[1] :]
    rrtype = rng.choice([1, 2, 5, 6, 15, 16, 28, 43, 46, 47, 48, 99])
    window0[rrtype // 8] ^= 0x80 >> rrtype % 8
    bits = bytes(window0).rstrip(b"\0")
    return (bytes([0, len(bits)]) + bits if bits else b"") + octets
