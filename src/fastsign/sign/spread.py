"""A change of keys that is spread over several runs, so that no published change is larger than was asked for.

Where an RRset stays as it is, the signature by a key that comes may wait, and so may the end of one by a key that has
gone. How far that has come is told by the signatures themselves: a run begins where it finds the first one missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastsign import _core
from fastsign.keys.select import SelectedKey
from fastsign.sign.denial import Chain
from fastsign.sign.makers import Makers
from fastsign.sign.plan import Signer
from fastsign.sign.report import Report
from fastsign.sign.retain import Retained
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order


@dataclass(frozen=True, slots=True)
class Spread:
    """What a run may make of a change of keys."""

    limit: int  # signatures that come or go beyond what must: RRsets that are new, changed or soon due never wait
    late: tuple[bytes, ...] = ()  # DNSKEY RDATA of keys that count for nothing yet: their signatures may wait


@dataclass(frozen=True, slots=True)
class Held:
    """What waits for the next run: signatures by (algorithm, tag) of their key."""

    to_make: dict[tuple[int, int], int]
    to_remove: dict[tuple[int, int], int]


def hold_back(
    spread: Spread,
    zone: tuple[Arena, Order, Chain],
    apex: bytes,
    signers: Sequence[Signer],
    keys: Sequence[SelectedKey],
    makers: Makers,
    retained: Retained,
    report: Report,
) -> Held:
    """Put off what goes beyond the limit, in canonical order. *apex*: wire, lower case; *keys*: of the signers."""
    late = [number for number, key in enumerate(keys) if key.rdata in spread.late]
    if not late and not makers.leaving:
        return Held({}, {})
    counts = _core.spread_change(*zone, retained, apex, signers, late, makers.leaving, spread.limit)
    _, removed, to_make, to_remove = counts
    report.retained -= removed
    report.dropped += removed
    names = [(keys[number].algorithm, keys[number].tag) for number in late]
    return Held(dict(zip(names, to_make, strict=True)), dict(zip(makers.leaving, to_remove, strict=True)))
