"""One zone signed twice: by BIND, as text and as records, and by fastsign from those records."""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tools
from fastsign import _core
from fastsign._core import Column, PrivateKey
from fastsign.sign.denial import NSEC3, Chain, Denial, make_chain
from fastsign.sign.plan import SIGNS_CDS, SIGNS_DNSKEY, SIGNS_REST, Signer
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order, order_zone
from private_keys import KeyPair, keygen
from zones import Record, arena_of, read_raw, wire

STYLES = {"text": 0, "full": 1}
SOA, RRSIG, NSEC_TYPE, NSEC3_TYPE, NSEC3PARAM = 6, 46, 47, 50, 51
KSK, ZSK = SIGNS_DNSKEY | SIGNS_CDS, SIGNS_REST
START, END = "20200101000000", "20860101000000"  # RRSIG times must be less than 68 years apart (RFC 4034 section 3.1.5)
HEADER = re.compile(r"; File written on .*\n; dnssec.signzone version .*\n")


def seconds(text: str) -> int:
    """Seconds since 1970 of YYYYMMDDHHMMSS."""
    return calendar.timegm(time.strptime(text, "%Y%m%d%H%M%S"))


@dataclass(frozen=True)
class Key:
    """An Ed25519 key: it makes the same signatures each time (RFC 8032)."""

    pair: KeyPair
    private: PrivateKey
    signer: Signer

    @classmethod
    def make(cls, folder: Path, roles: int, name: str = "example") -> Key:
        pair = keygen(folder, 15, *(["-f", "KSK"] if roles & SIGNS_DNSKEY else []), name=name)
        tag, end = int(pair.path.stem[-5:]), seconds(END)
        return cls(pair, pair.load(), Signer(15, tag, roles, 64, seconds(START), end, end))

    def during(self, start: str, end: str, **fields: int) -> Key:
        """The same key with other times in its signatures."""
        begin, until = seconds(start), seconds(end)
        return replace(
            self, signer=replace(self.signer, inception=begin, expiration=until, expiration_dnskey=until, **fields)
        )

    def record(self) -> str:
        return self.pair.path.with_suffix(".key").read_text()


@dataclass(frozen=True)
class Signed:
    """A zone that BIND signed: its text by style, and the same as records (BIND's raw format)."""

    apex: bytes
    text: dict[str, str]
    records: list[Record]

    def unsigned(self, keep: Sequence[int] = ()) -> list[Record]:
        """Without what signing added; each node's first record has the spelling that BIND gives the node."""
        spelling = {owner.lower(): owner for owner, rrtype, _, _ in self.records if rrtype == RRSIG}
        added = {RRSIG, NSEC_TYPE, NSEC3_TYPE} - set(keep)
        kept = [record for record in self.records if record[1] not in added]
        return sorted(kept, key=lambda record: record[0] != spelling.get(record[0].lower(), record[0]))


def bind_sign(
    folder: Path,
    keys: Sequence[Key],
    zone: str,
    *options: str,
    origin: str = "example.",
    times: tuple[str, str] = (START, END),
) -> Signed:
    """Sign with dnssec-signzone; one thread keeps 9.18 from writing nodes in a random order."""
    (folder / "zone").write_text(zone)
    fixed = ["-s", times[0], "-e", times[1], "-K", str(keys[0].pair.path.parent), "-o", origin, "-n", "1", "-P", "-x"]
    files = [key.pair.path.name for key in keys]
    text = {}
    for style in (*STYLES, "raw=0"):
        tools.run("dnssec-signzone", *fixed, *options, "-O", style, "-f", style, "zone", *files, cwd=folder)
        text[style] = HEADER.sub("", (folder / style).read_text("latin-1"), count=1)
    return Signed(wire(origin), text, read_raw((folder / "raw=0").read_bytes()))


@dataclass(frozen=True)
class Zone:
    """A zone ready to be signed and written."""

    apex: bytes
    arena: Arena
    order: Order
    chain: Chain | None

    @classmethod
    def of(cls, apex: bytes, records: list[Record], denial: Denial | None) -> Zone:
        arena = arena_of(records)
        order = order_zone(arena, apex)
        ttl = min(min(ttl, int.from_bytes(rdata[-4:], "big")) for _, rrtype, ttl, rdata in records if rrtype == SOA)
        return cls(apex, arena, order, make_chain(arena, order, denial, ttl) if denial else None)

    def digest_nodes(self, signer: Signer, first: int, last: int, rows: Column, offsets: Column) -> int:
        apex = self.apex.lower()
        return _core.digest_nodes(self.arena, self.order, self.chain, apex, signer, first, last, rows, offsets)

    def digest_chain(self, signer: Signer, first: int, last: int, rows: Column, offsets: Column) -> int:
        return _core.digest_chain(
            self.arena, self.order, self.chain, self.apex.lower(), signer, first, last, rows, offsets
        )

    def write(self, keys: Sequence[Key], style: str, step: int = 1 << 30) -> str:
        """Sign the zone and write it in pieces of *step* nodes or chain entries."""
        signers, out, text = [key.signer for key in keys], Column("B"), b""
        stages = [(self.digest_nodes, _core.render_nodes, len(self.order.node_name))]
        if self.chain is not None and self.chain.kind == NSEC3:
            stages.append((self.digest_chain, _core.render_chain, len(self.chain.source)))
        fixed = (self.arena, self.order, self.chain, STYLES[style], self.apex, signers)
        for digest, write, end in stages:
            for first in range(0, end, step):
                last = min(first + step, end)
                rows = [sign_range(key, digest, first, last) for key in keys]
                length = write(*fixed, rows, first, last, out)
                assert length == len(out)
                text += bytes(out.view())
        return text.decode("latin-1")


def sign_range(key: Key, digest: Callable[[Signer, int, int, Column, Column], int], first: int, last: int) -> Column:
    """The signatures of one key for a range of nodes or of chain entries."""
    rows, offsets = Column("B"), Column("Q")
    count = digest(key.signer, first, last, rows, offsets)
    signatures = Column("B", 64 * count)
    if count:
        key.private.sign_messages(rows, offsets, count, signatures)
    return signatures


def by_owner(text: str) -> list[str]:
    """The lines of each owner together, sorted by owner: 9.18 writes nodes in the order that its threads end in."""
    blocks = re.split(r"\n(?=[^\s;])", text.rstrip("\n"))
    return sorted(blocks, key=lambda block: block.split(maxsplit=1)[0])
