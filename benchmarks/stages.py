"""The stages of a signing one by one, on one core and in this process, as the workers do them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import Work
from fastsign import _core
from fastsign._core import Column, PrivateKey
from fastsign.keys import facts, names
from fastsign.keys.files import KeyFile, find_keys
from fastsign.sign.denial import NSEC, NSEC3, Chain, Denial, make_chain
from fastsign.sign.plan import SIGNS_REST, Signer
from fastsign.zone.arena import Arena
from fastsign.zone.load import load_zone
from fastsign.zone.order import Order, order_zone

SHARD = 8192  # rows that a worker takes at a time
DENIAL_TTL = 900
TEXT = 0  # style of the output

Shard = tuple[str, int, int]  # "nodes" or "chain", first row, behind the last


@dataclass(frozen=True, slots=True)
class Digests:
    """What is to be signed of one shard."""

    shard: Shard
    rows: Column
    offsets: Column
    count: int


class Stages:
    """One zone and its zone-signing key. Call the stages in their order: each takes what the one before gave."""

    def __init__(self, work: Work) -> None:
        self.apex = names.from_text(work.origin)
        self.zone = work.zone
        self.denial = Denial(NSEC) if work.denial == "nsec" else Denial(NSEC3, opt_out=work.denial == "opt-out")
        self._file = zone_signing_key(self.apex, work.keys)
        now = int(time.time())
        self.signer = Signer(
            self._file.algorithm, self._file.tag, SIGNS_REST,
            facts.signature_length(self._file.algorithm, self._file.rdata[4:]), now - 3600, now + 86400, now + 86400,
        )  # fmt: skip
        assert self._file.private_path is not None
        self.key = PrivateKey.load(self._file.private_path, self._file.algorithm, self._file.rdata[4:])

    def scan(self) -> Arena:
        """Master-file text to the arena."""
        return load_zone(str(self.zone), self.apex).arena

    def order(self, arena: Arena) -> Order:
        """The arena to nodes and RRsets in canonical order."""
        return order_zone(arena, self.apex)

    def chain(self, arena: Arena, order: Order) -> Chain:
        """Nodes to the denial chain: hash, sort, bitmaps."""
        return make_chain(arena, order, self.denial, DENIAL_TTL)

    def shards(self, order: Order, chain: Chain) -> Iterator[Shard]:
        """The ranges that workers take."""
        entries = len(chain.source) if chain.kind == NSEC3 else 0
        for kind, rows in (("nodes", len(order.node_name)), ("chain", entries)):
            yield from ((kind, first, min(first + SHARD, rows)) for first in range(0, rows, SHARD))

    def digest(self, arena: Arena, order: Order, chain: Chain, shard: Shard) -> Digests:
        """A shard to digests (EdDSA: to messages)."""
        rows, offsets = Column("B"), Column("Q")
        kind, first, last = shard
        if kind == "nodes":
            count = _core.digest_nodes(arena, order, chain, self.apex, self.signer, first, last, rows, offsets)
        else:
            count = _core.digest_chain(arena, order, chain, self.apex, self.signer, first, last, rows, offsets)
        return Digests(shard, rows, offsets, count)

    def sign(self, digests: Digests) -> Column:
        """Digests to signatures."""
        signatures = Column("B", digests.count * self.signer.signature_length)
        if self.key.digest_length:
            self.key.sign_digests(digests.rows, digests.count, signatures)
        else:
            self.key.sign_messages(digests.rows, digests.offsets, digests.count, signatures)
        return signatures

    def render(self, arena: Arena, order: Order, chain: Chain, shard: Shard, signatures: Column, out: Column) -> int:
        """A shard's records and signatures to text."""
        kind, first, last = shard
        out.resize(0)
        render = _core.render_nodes if kind == "nodes" else _core.render_chain
        return render(arena, order, chain, TEXT, self.apex, (self.signer,), [signatures], first, last, out)


def zone_signing_key(apex: bytes, directory: Path) -> KeyFile:
    """The ZSK among the keys of a directory."""
    return next(key for key in find_keys(apex, str(directory)) if not key.rdata[1] & facts.SEP)
