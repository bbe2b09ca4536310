"""Why a change has to wait, in sentences for whoever runs the zone."""

from __future__ import annotations

from collections.abc import Sequence

from fastsign.kasp.policy import KeyRule, Policy
from fastsign.rollover.key import DNSKEY, DS, HIDDEN, KRRSIG, OMNIPRESENT, UNRETENTIVE, ZRRSIG, Key
from fastsign.rollover.outcome import NOTHING_SEEN, Observations, Wait
from fastsign.rollover.rules import RULES
from fastsign.rollover.timing import Intervals
from fastsign.rollover.transitions import MANUAL, OFFLINE, POLICY, RULE, SIGNING, TIME, Veto, Wish, veto, wishes
from fastsign.rollover.work import Work

PARENT = "parent"

_BY_POLICY = {
    ZRRSIG: "{key} signs the zone once every validator can have its DNSKEY",
    KRRSIG: "{key} signs the DNSKEY RRset once its DNSKEY is in the zone",
    DS: "the DS of {key} can be asked for once every validator can have its DNSKEY",
}
_BY_RULE = {
    1: "without the DS of {key} there would be none at the parent, and no other is on its way",
    2: "validators with a DS of algorithm {key.algorithm} would find no DNSKEY that it names and that signs itself",
    3: "validators with a DNSKEY of algorithm {key.algorithm} would find RRsets without a signature by a key they know",
}
_BROKEN = {
    1: "no DS is at the parent or on its way to it: nothing of {key} is taken away until one is",
    2: "no DNSKEY fits the DS of algorithm {key.algorithm}: nothing of {key} is taken away until one does",
    3: "not all RRsets have a signature of algorithm {key.algorithm}: nothing of {key} is taken away until they have",
}
_BY_SIGNING = {
    ZRRSIG: "not all RRsets have a signature by {key} yet: each run makes sig-signing-signatures of them",
    DNSKEY: "the DNSKEY of {key} follows when every RRset has a signature of algorithm {key.algorithm}",
}
_BY_TIME = {
    (DNSKEY, OMNIPRESENT): "caches may still hold the DNSKEY RRset without {key}",
    (DNSKEY, UNRETENTIVE): "caches may still hold RRsets that nobody could validate without {key}",
    (DNSKEY, HIDDEN): "caches may still hold the DNSKEY RRset with {key}",
    (KRRSIG, OMNIPRESENT): "caches may still hold the DNSKEY RRset without a signature by {key}",
    (KRRSIG, HIDDEN): "caches may still hold the DNSKEY RRset with a signature by {key}",
    (ZRRSIG, OMNIPRESENT): "the zone and caches may still have RRsets without a signature by {key}",
    (ZRRSIG, HIDDEN): "the zone and caches may still have signatures by {key}",
    (DS, OMNIPRESENT): "caches may still hold the DS RRset without {key}",
    (DS, HIDDEN): "caches may still hold the DS RRset with {key}",
}
_BY_PARENT = {
    OMNIPRESENT: "the DS of {key} has not been seen at the parent: "
    "once it is there, run 'fastsign dnssec -checkds -key {key.tag} published {key.zone}'",
    HIDDEN: "the DS of {key} may still be at the parent: "
    "once it is gone, run 'fastsign dnssec -checkds -key {key.tag} withdrawn {key.zone}'",
}


def waits(policy: Policy, keys: Sequence[Key], now: int, seen: Observations = NOTHING_SEEN) -> tuple[Wait, ...]:
    """What a zone's keys wait for at *now*, as they are: no step is taken. What could change now is not among it."""
    return waiting(Work(policy, seen, now, _no_key, False, Intervals.of(policy, seen), list(keys)))


def _no_key(rule: KeyRule, now: int) -> Key:
    raise AssertionError("nothing is made by looking")


def waiting(work: Work) -> tuple[Wait, ...]:
    """All changes that are wanted and not allowed yet, in the order of keys and records."""
    return tuple(_wait(work, wish, against) for wish in wishes(work) if (against := veto(work, wish)) is not None)


def _wait(work: Work, wish: Wish, against: Veto) -> Wait:
    key = work.keys[wish.at]
    rule, reason, until = _explain(work, wish, against, key)
    text = reason.format(key=_Named(key), policy=work.policy.name)
    return Wait(key.name, wish.record, wish.before, wish.after, rule, text, until)


def _explain(work: Work, wish: Wish, against: Veto, key: Key) -> tuple[str, str, int | None]:
    if against.by == OFFLINE:
        return OFFLINE, "the private key of {key} is not here, so it stays as it is", None
    if against.by == POLICY:
        return POLICY, _BY_POLICY[wish.record], None
    if against.by == RULE:
        return RULES[against.rule], (_BROKEN if against.broken else _BY_RULE)[against.rule], None
    if against.by == SIGNING:
        return SIGNING, _BY_SIGNING[wish.record], None
    if against.by == MANUAL:
        return MANUAL, "policy {policy} is in manual mode: run 'dnssec -step' to go on with {key}", None
    seen_at = key.times.ds_publish if wish.after == OMNIPRESENT else key.times.ds_delete
    if wish.record == DS and (seen_at is None or seen_at > work.now):
        return PARENT, _BY_PARENT[wish.after], None
    rule = RULES[3] if wish.after == UNRETENTIVE else TIME  # by time only where signatures stand against it
    return rule, _BY_TIME[wish.record, wish.after], against.until


class _Named:
    """A key in a sentence."""

    def __init__(self, key: Key) -> None:
        self.tag, self.algorithm, self._role = key.tag, key.algorithm, key.role
        self.zone = key.zone

    def __str__(self) -> str:
        return f"{self._role} {self.tag}"
