"""One pass of the key manager over the keys of a zone (dns_keymgr_run). Nothing is read or written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fastsign.kasp.policy import Policy
from fastsign.rollover import initial, succession
from fastsign.rollover.key import HIDDEN, RECORDS, Key
from fastsign.rollover.offline import follow_times
from fastsign.rollover.outcome import NOTHING_SEEN, Observations, Step
from fastsign.rollover.timing import Intervals
from fastsign.rollover.transitions import advance, signed_by_and_by
from fastsign.rollover.waits import waiting
from fastsign.rollover.work import MakeKey, Work


def step(
    policy: Policy,
    keys: Sequence[Key],
    now: int,
    seen: Observations = NOTHING_SEEN,
    *,
    make_key: MakeKey,
    force: bool = False,
) -> Step:
    """What is to become of a zone's keys at *now*, in seconds since 1970.

    Keys are looked at in the order given, which decides between two that the policy has use for one of. *make_key*
    (rule, now) gives a fresh key, with no time but when it was made; it is asked again if the key's tag is taken.
    *force*: the operator has asked for this step, so a policy in manual mode goes on, and keys are made even where the
    files of a DNSKEY in the zone are missing. With offline-ksk no key is made or rolled: ZSKs follow their times, and
    KSKs are left alone. RolloverError if no key of a tag range can be made.
    """
    work = Work(policy, seen, now, make_key, force, Intervals.of(policy, seen), list(keys))
    if policy.offline_ksk:
        follow_times(work)
        return _outcome(work)
    _take_in(work)
    for rule in policy.keys:
        succession.provide(work, rule)
    advance(work)
    for at, key in enumerate(work.keys):
        if key.has_secret and key.ttl != policy.dnskey_ttl:
            work.keys[at] = replace(key, ttl=policy.dnskey_ttl)
    return _outcome(work)


def _take_in(work: Work) -> None:
    """Each key gets its states; those of no use to the policy retire, and those long gone are purged."""
    alone = len(work.seen.published) == 1
    for at, key in enumerate(work.keys):
        if not key.has_secret:
            continue
        work.keys[at] = initial.with_states(key, work.intervals, work.now, alone=alone)
        if not key.is_unused and not any(succession.matches(rule, work.keys[at]) for rule in work.policy.keys):
            succession.retire(work, at)
        if _may_be_purged(work, work.keys[at]):
            work.purged.append(key.name)
            work.say(f"keymgr: purge DNSKEY {key.label} ({key.role}) according to policy {work.policy.name}")


def _may_be_purged(work: Work, key: Key) -> bool:
    """Has the key been used, and been hidden for long enough? Not while its DNSKEY is there whatever its state says."""
    if not work.policy.purge_keys or key.is_wanted or key.is_unused or key.identity in work.seen.published:
        return False
    if any(key.state_of(record) not in (HIDDEN, None) for record in RECORDS):
        return False
    hidden_since = max(key.changed_at(record) or 0 for record in RECORDS)
    return hidden_since + work.policy.purge_keys < work.now


def _outcome(work: Work) -> Step:
    return Step(
        keys=tuple(key for key in work.keys if key.name not in work.purged),
        made=tuple(key for key in work.keys if key.name in work.made),
        purged=tuple(key for key in work.keys if key.name in work.purged),
        changes=tuple(work.changes),
        waits=() if work.policy.offline_ksk else waiting(work),
        signing=() if work.policy.offline_ksk else signed_by_and_by(work),
        refusals=tuple(work.refusals),
        next_event=min(work.events, default=None),
        log=tuple(work.log),
    )
