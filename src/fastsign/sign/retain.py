"""Re-signing: the signatures of the input, and of the last run's image, that stay.

One stays only if it verifies over the zone as it is now: here, or in the gate before anyone sees it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache

from fastsign import _core
from fastsign._core import Column, PublicKeys
from fastsign.pool.workers import Pool
from fastsign.sign.denial import NSEC3, Chain
from fastsign.sign.image import Image
from fastsign.sign.report import Report
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order

_NODES = 4096  # of a task: a few milliseconds of verifying
_RECORDS, _IMAGE_NODES, _IMAGE_ENTRIES = range(3)  # what a range is of


class Verdict(IntEnum):
    """What becomes of a signature, and why (retain.h)."""

    NONE = 0  # what it was made for has gone
    KEPT = 1
    KEPT_OFFLINE = 2
    PERIOD = 3
    UNKNOWN = 4
    FUTURE = 5
    INACTIVE = 6
    REMOVED = 7
    REFRESH = 8
    TTL = 9
    FAILED = 10


@dataclass(frozen=True, slots=True)
class Retained:
    """What follows from the signatures of the input. In each word bit s is about signer s."""

    rrset: Column  # Q [rrsets]: the signer has nothing to make there
    entry: Column  # Q [entries of the chain]: the same
    entry_node: Column  # I [entries], NSEC3: node that has the entry's kept RRSIGs; 2**32 - 1: there are none
    # Q [rrsets], Q [entries]: it makes a signature though that is not its part, or comes by and by and has made one
    # here before; empty if nobody does
    rrset_anew: Column = field(default_factory=lambda: Column("Q"))
    entry_anew: Column = field(default_factory=lambda: Column("Q"))
    # B [records]: the Verdict on each RRSIG; empty if nobody wants to know
    verdict: Column = field(default_factory=lambda: Column("B"))
    # I [rrsets], I [entries]: where the image has signatures of which some stay, or 0; B: its rows. Empty without one
    rrset_image: Column = field(default_factory=lambda: Column("I"))
    entry_image: Column = field(default_factory=lambda: Column("I"))
    image_rows: Column = field(default_factory=lambda: Column("B"))

    @classmethod
    def nothing(cls, arena: Arena, order: Order, chain: Chain, verdicts: bool, image: Image | None = None) -> Retained:
        """Nothing is kept."""
        rrsets, entries = len(order.rrset_type), len(chain.source)
        of_image = {}
        if image is not None and len(image.rows):
            of_image = {
                "rrset_image": Column("I", rrsets),
                "entry_image": Column("I", entries),
                "image_rows": image.rows,
            }
        retained = cls(
            rrset=Column("Q", rrsets),
            entry=Column("Q", entries),
            entry_node=Column("I", entries),
            rrset_anew=Column("Q", rrsets),
            entry_anew=Column("Q", entries),
            verdict=Column("B", len(arena.owner) if verdicts else 0),
            **of_image,
        )
        retained.entry_node.view().cast("B")[:] = b"\xff" * (4 * entries)
        return retained


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a key means for its signatures."""

    signer: int | None  # its number among the signers
    successor: int | None  # signer that follows it and makes nothing where this key's signature stands
    roles: int  # SIGNS_*: its part as a signer
    offline: bool  # its secret is not at hand: its signatures stay to their last second
    late: bool = False  # its signatures come by and by (fastsign.sign.spread)
    refused: Verdict = Verdict.NONE  # INACTIVE or REMOVED: none of its signatures stays


@dataclass(frozen=True, slots=True)
class Judge:
    """What a worker needs to tell which signatures stay."""

    arena: Arena
    order: Order
    chain: Chain
    apex: bytes  # wire, lower case
    keys: tuple[bytes, ...]  # DNSKEY RDATA of the keys that may have made them
    uses: tuple[KeyUse, ...]  # for each
    now: int
    cycle: int  # seconds: a signature that ends within so many is made anew
    one_by_one: bool = False  # by libcrypto, not in batches
    verdicts: bool = False  # note the verdict on each signature of the input
    is_signed: bool = True  # has the input any?
    image: Image | None = None  # signatures of the last run, which count where the input's don't stay
    gate: bool = False  # those of the image will be verified with all others: that once is enough


def retain_signatures(judge: Judge, workers: int, report: Report) -> Retained:
    """Keep what may be kept of the input's RRSIGs, take the others out of the arena, then look into the image.

    The checks run in batches.
    """
    retained = Retained.nothing(judge.arena, judge.order, judge.chain, judge.verdicts, judge.image)
    expected = () if judge.one_by_one else _expected(judge)
    _open_keys(judge.keys, expected)  # before the fork: the workers inherit the tables
    steps = list(_steps(judge))
    anew, total, done = 0, sum(map(len, steps)), 0
    with Pool(workers, (judge, retained, expected)) as pool:
        for tasks in steps:
            for counts in pool.map(_judge_range, tasks):
                report.retained += counts[0]
                report.dropped += counts[1]
                report.verified += counts[2]
                report.unverified += counts[3]
                anew += counts[4]
                done += 1
                report.progress("retain", done, total)
    _open_keys.cache_clear()
    if not anew and not any(use.late for use in judge.uses):
        for column in (retained.rrset_anew, retained.entry_anew):
            column.resize(0)
    return retained


def _steps(judge: Judge) -> Iterator[list[tuple[int, int, int]]]:
    """The ranges of each step; what the input keeps is known when the image is looked into."""
    nodes, entries = len(judge.order.node_name), len(judge.chain.source) if judge.chain.kind == NSEC3 else 0
    if judge.is_signed:
        yield list(_ranges(_RECORDS, nodes))
    if judge.image is not None and len(judge.image.rows):
        yield [*_ranges(_IMAGE_NODES, nodes), *_ranges(_IMAGE_ENTRIES, entries)]


def _ranges(what: int, count: int) -> Iterator[tuple[int, int, int]]:
    return ((what, first, min(first + _NODES, count)) for first in range(0, count, _NODES))


def _expected(judge: Judge) -> tuple[int, ...]:
    """About how many signatures by each key are to be verified."""
    counts = list(_core.verify_count_signatures(judge.arena, PublicKeys(judge.keys)))
    if judge.image is not None and not judge.gate:
        for maker in judge.image.makers:
            if maker is not None:
                counts[maker] += judge.image.count
    return tuple(counts)


def _judge_range(
    share: tuple[Judge, Retained, tuple[int, ...]], what: int, first: int, last: int
) -> tuple[int, int, int, int, int]:
    judge, retained, expected = share
    zone = (judge.arena, judge.order, judge.chain, retained, judge.apex)
    rules = (_open_keys(judge.keys, expected), judge.uses, judge.now % 2**32, judge.cycle)
    if what == _RECORDS:
        return _core.retain_range(*zone, *rules, first, last)
    assert judge.image is not None
    return _core.retain_of_image(*zone, *rules, judge.image, judge.gate, what == _IMAGE_ENTRIES, first, last)


@cache
def _open_keys(rdatas: tuple[bytes, ...], expected: tuple[int, ...]) -> PublicKeys:
    return PublicKeys(rdatas, expected)
