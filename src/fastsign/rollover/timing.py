"""When a change is safe: the intervals of RFC 7583, from the policy and from what has been seen.

Wherever a TTL counts, it is the largest of the policy's and those that caches may still hold: a zone whose TTLs have
just been lowered has to wait for the old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastsign.kasp.policy import HOUR, Policy
from fastsign.rollover.key import DNSKEY, DS, HIDDEN, KRRSIG, OMNIPRESENT, RUMOURED, UNRETENTIVE, Key
from fastsign.rollover.outcome import NOTHING_SEEN, Observations

LAST_MOMENT = 2**32 - 1  # that a key file can name


@dataclass(frozen=True, slots=True)
class Intervals:
    """The intervals of one zone."""

    policy: Policy
    seen: Observations = NOTHING_SEEN

    @classmethod
    def of(cls, policy: Policy, seen: Observations = NOTHING_SEEN) -> Intervals:
        """The policy's intervals, lengthened by what has been seen."""
        longer = replace(
            policy,
            max_zone_ttl=max(policy.zone_ttl, seen.zone_ttl or 0),
            parent_ds_ttl=max(policy.parent_ds_ttl, seen.ds_ttl or 0),
            signatures_validity=max(policy.signatures_validity, seen.signatures_validity or 0),
        )
        return cls(longer, seen)

    def dnskey_ttl(self, key: Key) -> int:
        return max(key.ttl, self.policy.dnskey_ttl, self.seen.dnskey_ttl or 0)

    def dnskey_reach(self, key: Key) -> int:
        """After so long no cache has the DNSKEY RRset of before a change."""
        return self.dnskey_ttl(key) + self.policy.zone_propagation_delay

    def zone_reach(self) -> int:
        """After so long no cache has an RRset of the zone of before a change."""
        return self.policy.zone_ttl + self.policy.zone_propagation_delay

    def ds_reach(self) -> int:
        """After so long no cache has the DS RRset of before a change at the parent."""
        return self.policy.parent_ds_ttl + self.policy.parent_propagation_delay

    def publish(self, key: Key) -> int:
        """Ipub (RFC 7583 section 3.2.1): so long before it is needed, a successor has to be in the zone."""
        return self.policy.publish_interval(self.dnskey_ttl(key))

    def retire(self, key: Key) -> int:
        """Iret: so long after it was last needed a key may go."""
        return self.policy.retire_interval(key.ksk, key.zsk)

    def first_signed(self) -> int:
        """From the first publication of a zone that is signed until a DS may point to it."""
        return self.zone_reach() + self.policy.publish_safety


def plus(moment: int, interval: int) -> int:
    """A moment later, as far as key files can tell."""
    return min(moment + interval, LAST_MOMENT)


def due(intervals: Intervals, keys: Sequence[Key], at: int, record: str, state: str, now: int) -> int:
    """When that record of the key at *at* may enter *state* (keymgr_transition_time).

    At once where the new state is an uncertain one, but for a DNSKEY that is needed for signatures which caches have.
    A DS that has not yet been seen at the parent, or is still seen there, is looked for again in an hour.
    """
    if state in (RUMOURED, UNRETENTIVE):
        needed = record == DNSKEY and state == UNRETENTIVE and is_relied_on(intervals, keys, at)
        return now + HOUR if needed else now
    key = keys[at]
    if record == DS:
        seen_at = key.times.ds_publish if state == OMNIPRESENT else key.times.ds_delete
        if seen_at is None or seen_at > now:
            return now + HOUR
        return seen_at + intervals.ds_reach() + intervals.policy.retire_safety
    changed_at = key.changed_at(record)
    since = now if changed_at is None else changed_at
    if record in (DNSKEY, KRRSIG):
        safety = intervals.policy.publish_safety if state == OMNIPRESENT else 0
        wait = intervals.dnskey_reach(key) + safety
    else:
        since, wait = _signatures_due(intervals, keys, at, state, since, now)
        if since + wait <= now and _is_late(intervals, key, state):
            return now + HOUR
    return since + max(wait, 1)  # what this step changes is out there only after it


def _is_late(intervals: Intervals, key: Key, state: str) -> bool:
    """Do caches have RRsets without a signature by a key that comes, or with one by a key that goes?

    After Dsgn there should be none. There are if no run came when signatures were due, if they were made for longer
    than the policy has them made now, or if another program has made them.
    """
    sets = intervals.seen.signers or ()
    if state == OMNIPRESENT:
        return any(key.identity not in signers for signers in sets)
    return any(key.identity in signers for signers in sets)


def is_relied_on(intervals: Intervals, keys: Sequence[Key], at: int) -> bool:
    """Do caches have RRsets for which the DNSKEY of the key at *at* is the only one that every validator can have?

    Rule 3 holds by two keys of which one takes the other's place (3h), and knows of no third one that has signed too.
    It matters only while a validator may look for signatures of the algorithm.
    """
    key = keys[at]
    others = [other for index, other in enumerate(keys) if index != at and other.algorithm == key.algorithm]
    if all(one.state.ds in (HIDDEN, None) for one in (key, *others)):
        return False
    known = {other.identity for other in others if other.state.dnskey == OMNIPRESENT}
    return any(key.identity in signers and not signers & known for signers in intervals.seen.signers or ())


def _signatures_due(
    intervals: Intervals, keys: Sequence[Key], at: int, state: str, since: int, now: int
) -> tuple[int, int]:
    """From when, and for how long, to wait until all of a zone's signatures are, or are no longer, by this key."""
    key, wait = keys[at], intervals.zone_reach() + intervals.policy.retire_safety
    all_at_once = key.times.signature_publish if state == OMNIPRESENT else key.times.signature_delete
    if all_at_once is not None and since <= all_at_once <= now:
        return all_at_once, wait
    return since, wait + (intervals.policy.signing_delay if _shares_signing(keys, at) else 0)


def _shares_signing(keys: Sequence[Key], at: int) -> bool:
    """Are there signatures by another key that stand until it is their turn? They are replaced one by one."""
    key = keys[at]
    return (
        key.predecessor is not None
        or key.successor is not None
        or any(
            other.algorithm == key.algorithm and other.state.zrrsig not in (HIDDEN, None)
            for index, other in enumerate(keys)
            if index != at
        )
    )
