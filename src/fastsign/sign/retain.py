"""Re-signing: the signatures of the input that stay. One stays only if it verifies over the zone as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fastsign import _core
from fastsign._core import Column, PublicKeys
from fastsign.pool.workers import Pool
from fastsign.sign.denial import Chain
from fastsign.sign.report import Report
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order

_NODES = 4096  # of a task: a few milliseconds of verifying


@dataclass(frozen=True, slots=True)
class Retained:
    """For each RRset and chain entry the signers that have nothing to make there: bit s is signer s."""

    rrset: Column  # Q [rrsets]
    entry: Column  # Q [entries]
    entry_node: Column  # I [entries], NSEC3: node that has the entry's kept RRSIGs; 2**32 - 1: there are none

    @classmethod
    def nothing(cls, order: Order, chain: Chain) -> Retained:
        """Nothing is kept."""
        retained = cls(Column("Q", len(order.rrset_type)), *(Column(code, len(chain.source)) for code in "QI"))
        retained.entry_node.view().cast("B")[:] = b"\xff" * (4 * len(chain.source))
        return retained


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a key of the zone means for its signatures."""

    signer: int | None  # its number among the signers
    successor: int | None  # signer that follows it and makes nothing where this key's signature stands
    offline: bool  # its secret is not at hand: its signatures stay to their last second


@dataclass(frozen=True, slots=True)
class Judge:
    """What a worker needs to tell which signatures stay."""

    arena: Arena
    order: Order
    chain: Chain
    apex: bytes  # wire, lower case
    dnskeys: tuple[bytes, ...]  # RDATA of the zone's keys
    uses: tuple[KeyUse, ...]  # for each
    now: int
    cycle: int  # seconds: a signature that ends within so many is made anew
    one_by_one: bool = False  # by libcrypto, not in batches


def retain_signatures(judge: Judge, workers: int, report: Report) -> Retained:
    """Keep what may be kept of the input's RRSIGs and take the others out of the arena. The checks run in batches."""
    retained = Retained.nothing(judge.order, judge.chain)
    nodes = len(judge.order.node_name)
    tasks = [(first, min(first + _NODES, nodes)) for first in range(0, nodes, _NODES)]
    expected = () if judge.one_by_one else tuple(_core.verify_count_signatures(judge.arena, PublicKeys(judge.dnskeys)))
    _open_keys(judge.dnskeys, expected)  # before the fork: the workers inherit the tables
    with Pool(workers, (judge, retained, expected)) as pool:
        for done, counts in enumerate(pool.map(_judge_range, tasks), 1):
            report.retained += counts[0]
            report.dropped += counts[1]
            report.verified += counts[2]
            report.unverified += counts[3]
            report.progress("retain", done, len(tasks))
    _open_keys.cache_clear()
    return retained


def _judge_range(share: tuple[Judge, Retained, tuple[int, ...]], first: int, last: int) -> tuple[int, int, int, int]:
    judge, retained, expected = share
    return _core.retain_range(
        judge.arena,
        judge.order,
        judge.chain,
        retained,
        judge.apex,
        _open_keys(judge.dnskeys, expected),
        judge.uses,
        judge.now % 2**32,
        judge.cycle,
        first,
        last,
    )


@cache
def _open_keys(dnskeys: tuple[bytes, ...], expected: tuple[int, ...]) -> PublicKeys:
    return PublicKeys(dnskeys, expected)
