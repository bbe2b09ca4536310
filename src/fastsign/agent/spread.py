"""Changes of keys that are spread over several runs: what there is to know of one, and to write into the zone.

As with named, the zone itself says at its apex how far it is, in records of the private type. They are news, not
orders: what is left to do follows from the keys' states and from the signatures that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fastsign.agent.content import Content
from fastsign.agent.memory import Memory
from fastsign.kasp.config import Zone
from fastsign.kasp.policy import Policy
from fastsign.keys import facts
from fastsign.keys.files import KeyFile
from fastsign.keys.select import SIGNS_REST
from fastsign.rollover.outcome import Signing, Step
from fastsign.sign.private_type import KeyProgress, signed_by, unfinished
from fastsign.sign.spread import Held, Spread

Identity = tuple[int, int]  # (algorithm, tag)


def spread_of(zone: Zone, policy: Policy) -> Spread | None:
    """Are changes of keys to be spread, and how far? Where the KSK is offline, keys follow their times in any case."""
    if zone.sig_signing_signatures is None or policy.offline_ksk:
        return None
    return Spread(zone.sig_signing_signatures)


def signing_seen(memory: Memory, now: int) -> Signing:
    """How far the published zone is signed by keys that do not count yet. What is done is so once it is everywhere."""
    begun = frozenset((algorithm, tag) for algorithm, tag, _ in memory.coming)
    return Signing(begun, frozenset(_done(memory.coming, memory, now)))


def _done(keys: tuple[tuple[int, int, int], ...], memory: Memory, now: int) -> set[Identity]:
    if memory.goes_on is None or memory.goes_on > now:
        return set()
    return {(algorithm, tag) for algorithm, tag, left in keys if not left}


def unfinished_business(memory: Memory, now: int) -> Iterator[str]:
    """Why a zone is to be published again though its keys are as they were."""
    if memory.goes_on is None or memory.goes_on > now:
        return
    for keys, what in ((memory.coming, "signing with"), (memory.going, "removing signatures of")):
        tags = [str(tag) for _, tag, left in keys if left]
        if tags:
            yield f"{what} key {', '.join(tags)} goes on"


def with_notes(
    content: Content, zone: Zone, memory: Memory, step: Step, files: Mapping[str, KeyFile], now: int
) -> Content:
    """The content of a zone whose changes are spread: keys that come by and by sign, and the zone says so.

    The records are those that named would have: of each key that has signed, or is signing, a zone which it did not
    sign from the beginning; of the keys of a new algorithm, the first one's too; and of a key that has left the zone
    until its signatures have.
    """
    if content.is_unsigned:
        return replace(content, notes=(), private_type=zone.sig_signing_type)
    late = tuple(sorted(files[name].rdata for name in step.signing))
    roles = {**content.roles, **{rdata: content.roles.get(rdata, 0) | SIGNS_REST for rdata in late}}
    content = replace(content, late=late, roles=roles, private_type=zone.sig_signing_type)
    return replace(content, notes=tuple(sorted(note.rdata for note in _notes(content, memory, files, now))))


def _notes(content: Content, memory: Memory, files: Mapping[str, KeyFile], now: int) -> Iterator[KeyProgress]:
    late = {_identity(rdata) for rdata in content.late}
    in_zone = {_identity(rdata) for rdata in content.dnskeys}
    told = set(signed_by(map(bytes.fromhex, memory.notes)))
    told |= {(algorithm, tag) for algorithm, tag, _ in memory.coming}
    before = {algorithm for algorithm, _ in memory.dnskeys}
    for key in sorted(in_zone | late):
        if key in late:
            yield KeyProgress(*key)
        elif key in told or key[0] not in before:
            yield KeyProgress(*key, complete=True)
    ours = {_identity(file.rdata) for file in files.values()}
    for key in sorted((ours & set(memory.makers)) - in_zone - _signing(content) - _done(memory.going, memory, now)):
        yield KeyProgress(*key, removing=True)


def _signing(content: Content) -> set[Identity]:
    return {_identity(rdata) for rdata in content.roles}


def _identity(rdata: bytes) -> Identity:
    return rdata[3], facts.key_tag(rdata)


def remember(memory: Memory, content: Content, held: Held | None, policy: Policy, published_at: int) -> Memory:
    """What a run leaves to the next, which comes when this one's zone is everywhere.

    So no secondary has to fetch two changes at once, each of which is as large as it may be.
    """
    if content.notes is None:
        return replace(memory, makers=(), notes=(), coming=(), going=(), goes_on=None)
    to_make, to_remove = (held.to_make, held.to_remove) if held is not None else ({}, {})
    coming = tuple((*key, to_make.get(key, 0)) for key in sorted(map(_identity, content.late)))
    _, removed = unfinished(content.notes)
    going = tuple((*key, to_remove.get(key, 0)) for key in removed)
    makers = {*map(_identity, content.dnskeys), *_signing(content), *removed}
    pause = max(1, policy.zone_propagation_delay)
    return replace(
        memory,
        makers=tuple(sorted(makers)),
        notes=tuple(note.hex() for note in content.notes),
        coming=coming,
        going=going,
        goes_on=published_at + pause if coming or going else None,
    )
