"""The signed zone, shard by shard: workers digest, sign and render ranges of nodes, the parent writes them in order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from fastsign import _core
from fastsign._core import Column, PublicKeys
from fastsign.keys.secret import KeyReference, Secret, open_secret, take_warnings
from fastsign.pool.workers import Pool
from fastsign.sign.denial import NSEC3, Chain
from fastsign.sign.image import ImageFile, Recording
from fastsign.sign.plan import Signer
from fastsign.sign.report import Report
from fastsign.sign.retain import Retained
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order
from fastsign.zone.write import Output

NODES, ENTRIES = 0, 1  # what a shard is a range of: nodes of the main tree, or entries of the NSEC3 chain

# Rows of a shard: enough that the batch kernels run full and that handing out is cheap against signing; few enough that
# the last shards end together (RSA: a second a thousand) and that the output slots stay small (8,192 NSEC3 entries
# render to some 3 MB).
_SHARD_MAX, _SHARD_MIN, _SHARDS_PER_WORKER = 8192, 256, 24


@dataclass(frozen=True, slots=True)
class Work:
    """All that a worker needs; the columns are shared memory."""

    arena: Arena
    order: Order
    chain: Chain | None
    apex: bytes  # wire, as the user wrote it
    style: int  # 0: text, 1: full, 3: raw
    signers: tuple[Signer, ...]
    keys: tuple[KeyReference, ...]  # of the signers, one each
    engine: str  # "" for the fastest that fits the CPU
    retained: Retained | None = None  # signatures of the input that stay
    check: bool = False  # verify each signature once it is made
    only: tuple[int, ...] = ()  # types that are written, and RRSIGs; empty: all
    recording: Recording | None = None  # how the image of the signatures is written, if there is to be one


# What the workers share: the work, a slot of each task in flight for its output, and one for its part of the image.
Share = tuple[Work, tuple[Column, ...], tuple[Column, ...]]


class Shard(NamedTuple):
    """What came of a shard, beside the octets in its slots."""

    octets: int  # of the output
    signatures: int  # made
    good: int  # right ones of those checked
    recorded: tuple[int, int, int] | None  # with an image: octets and rows in its slot, seconds until their first end
    warnings: tuple[str, ...]


def write_signed_zone(
    work: Work,
    workers: int,
    file: Output,
    report: Report,
    image: ImageFile | None = None,
    warn: Callable[[str], None] = lambda text: None,
) -> None:
    """Sign and render the whole zone into *file*, behind what it holds already, the same for any number of workers.

    The signatures go into *image*, too. What there is to *warn* of is said once, whoever finds it.
    """
    slots = tuple(Column("B") for _ in range(2 * workers + 2))
    rows = tuple(Column("B") for _ in slots) if image is not None else ()
    ranges = list(_cut(work, workers))
    tasks = [(kind, first, last, i % len(slots)) for i, (kind, first, last) in enumerate(ranges)]
    report.workers = workers
    warned: set[str] = set()
    try:
        with Pool(workers, (work, slots, rows)) as pool:
            done = itertools.count(1)
            for (_, _, _, slot), shard in zip(tasks, pool.map(sign_shard, tasks), strict=True):
                file.append_from(slots[slot].fd, shard.octets)
                if image is not None and shard.recorded is not None:
                    image.append_rows(rows[slot], *shard.recorded)
                report.octets += shard.octets
                report.generated += shard.signatures
                if work.check:
                    report.verified += shard.good
                    report.unverified += shard.signatures - shard.good
                for text in shard.warnings:
                    if text not in warned:
                        warn(text)
                    warned.add(text)
                report.progress("sign", next(done), len(tasks))
    finally:
        forget_keys()


def forget_keys() -> None:
    """Wipe this process's copies of the keys."""
    open_key.cache_clear()
    _open_checker.cache_clear()


def sign_shard(share: Share, kind: int, first: int, last: int, slot: int) -> Shard:
    """Sign and render [first, last) into an output slot."""
    work, slots, records = share
    signed = [_sign_range(work, number, kind, first, last) for number in range(len(work.signers))]
    rows, good = [row for row, _ in signed], sum(count for _, count in signed)
    signatures = sum(len(row) // signer.signature_length for row, signer in zip(rows, work.signers, strict=True))
    render = _core.render_nodes if kind == NODES else _core.render_chain
    out = slots[slot]
    out.resize(0)
    zone = (work.arena, work.order, work.chain)
    octets = render(*zone, work.style, work.apex, work.signers, rows, first, last, out, work.retained, work.only)
    recorded = None
    if work.recording is not None:
        recorded = _record(work, work.recording, rows, kind, first, last, records[slot])
    warnings = [text for row, key in zip(rows, work.keys, strict=True) if len(row) for text in _warnings(work, key)]
    return Shard(octets, signatures, good, recorded, tuple(warnings))


def _warnings(work: Work, key: KeyReference) -> tuple[str, ...]:
    return () if key.hsm is None else take_warnings(open_key(key, work.engine))


def _record(
    work: Work, recording: Recording, rows: list[Column], kind: int, first: int, last: int, out: Column
) -> tuple[int, int, int]:
    """Write a range's part of the image."""
    out.resize(0)
    zone = (work.arena, work.order, work.chain, work.retained, work.apex.lower())
    keys = (recording.key_of_signer, recording.key_of_old)
    count, soonest = _core.write_image(
        *zone, work.signers, rows, *keys, recording.now % 2**32, kind == ENTRIES, first, last, out
    )
    return len(out), count, soonest


def _sign_range(work: Work, number: int, kind: int, first: int, last: int) -> tuple[Column, int]:
    """The signatures of signer *number* for a range, row by row; and how many were checked and found right."""
    signer = work.signers[number]
    rows, offsets, signatures = Column("B"), Column("Q"), Column("B")
    digest = _core.digest_nodes if kind == NODES else _core.digest_chain
    apex = work.apex.lower()  # RFC 4034 section 6.2 (2), and BIND's signer names
    zone = (work.arena, work.order, work.chain)
    count = digest(*zone, apex, signer, first, last, rows, offsets, work.retained, number)
    if count:
        key = open_key(work.keys[number], work.engine)
        signatures.resize(count * signer.signature_length)
        if key.digest_length:
            key.sign_digests(rows, count, signatures)
        else:
            key.sign_messages(rows, offsets, count, signatures)
    if not count or not work.check:
        return signatures, 0
    checker = _open_checker(work.keys[number], len(work.order.rrset_type))
    return signatures, _core.count_good(checker, 0, rows, offsets, count, signatures)


@cache
def open_key(reference: KeyReference, engine: str) -> Secret:
    """A key, opened once for all shards of this process."""
    return open_secret(reference, engine)


@cache
def _open_checker(reference: KeyReference, expected: int) -> PublicKeys:
    """The public half of a key, for about so many checks."""
    dnskey = b"\x01\x00\x03" + bytes([reference.algorithm]) + reference.public_key  # a zone key, RFC 4034 section 2.1
    return PublicKeys((dnskey,), (expected,))


def _cut(work: Work, workers: int) -> Iterator[tuple[int, int, int]]:
    """Cut the nodes, then the NSEC3 entries, into shards."""
    nodes = len(work.order.node_name)
    entries = len(work.chain.source) if work.chain is not None and work.chain.kind == NSEC3 else 0
    for kind, rows in ((NODES, nodes), (ENTRIES, entries)):
        step = max(_SHARD_MIN, min(_SHARD_MAX, rows // (workers * _SHARDS_PER_WORKER)))
        yield from ((kind, first, min(first + step, rows)) for first in range(0, rows, step))
