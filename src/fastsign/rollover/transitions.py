"""From state to state: algorithm 1 of "Flexible and Robust Key Rollover" (keymgr_update)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastsign.rollover import gradual, rules
from fastsign.rollover.key import CHANGE_OF, DS, HIDDEN, OMNIPRESENT, RECORDS, RUMOURED, UNRETENTIVE, ZRRSIG, Key
from fastsign.rollover.outcome import Change
from fastsign.rollover.timing import due
from fastsign.rollover.work import Work

# The next state, by goal and state; none where that is reached.
_NEXT = {
    OMNIPRESENT: {HIDDEN: RUMOURED, RUMOURED: OMNIPRESENT, UNRETENTIVE: RUMOURED},
    HIDDEN: {RUMOURED: UNRETENTIVE, OMNIPRESENT: UNRETENTIVE, UNRETENTIVE: HIDDEN},
}
POLICY, RULE, MANUAL, TIME, OFFLINE, SIGNING = "policy", "rule", "manual", "time", "offline", "signing"


@dataclass(frozen=True, slots=True)
class Wish:
    """A record that is not where its key's goal wants it to be."""

    at: int  # of the key in Work.keys
    record: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Veto:
    """What stands against a wish."""

    by: str  # POLICY, ...
    rule: int = 0  # of RULE: 1 to 3
    broken: bool = False  # of RULE: it does not hold as it is
    until: int | None = None  # of TIME


def advance(work: Work) -> None:
    """Change whatever may change now, until nothing does."""
    planned = len(work.events)
    while sum(_fulfil(work, wish) for wish in wishes(work)):
        del work.events[planned:]  # dates of changes that what has changed may stand in the way of


def wishes(work: Work) -> Iterator[Wish]:
    """All that is still to change, in the order of keys and records; looks at each as it is when its turn has come."""
    for at in range(len(work.keys)):
        for record in RECORDS:
            key = work.keys[at]
            before = key.state_of(record)
            after = _NEXT.get(key.state.goal or "", {}).get(before or "")
            if before and after:
                yield Wish(at, record, before, OMNIPRESENT if _is_relied_on(work, key, record, before) else after)


def _is_relied_on(work: Work, key: Key, record: str, before: str) -> bool:
    """Must what is on its way out become known to everybody first, for its successor to take its place?

    Swapped with its successor it would be taken for something that every cache has, one or the other of them, while
    caches still have what came before both. A DS that the parent does not have need not go there for that, as it then
    counts for nothing (see rules.View.swaps).
    """
    if before != RUMOURED or record not in (ZRRSIG, DS) or key.is_wanted or key.state.dnskey != OMNIPRESENT:
        return False
    if record == DS and (key.times.ds_publish is None or key.times.ds_publish > work.now):
        return False
    return any(rules.follows(other, key) for other in work.keys)


def veto(work: Work, wish: Wish) -> Veto | None:
    """What forbids a change now; None if nothing does."""
    key, view = work.keys[wish.at], rules.View(work.keys)
    if not key.has_secret:
        return Veto(OFFLINE)
    if not rules.approved(view, wish.at, wish.record, wish.after):
        return Veto(POLICY)
    rule = rules.forbidding(view, wish.at, wish.record, wish.after, insecure=work.goes_insecure)
    if rule is not None:
        return Veto(RULE, rule, not rules.holds(rule, view, key.algorithm, work.goes_insecure))
    when = due(work.intervals, work.keys, wish.at, wish.record, wish.after, work.now)
    if when > work.now:
        return Veto(TIME, until=when)
    if work.must_ask and wish.after in (RUMOURED, UNRETENTIVE) and not gradual.has_begun(work, wish.at, wish.record):
        return Veto(MANUAL)
    return Veto(SIGNING) if gradual.comes_later(work, wish.at, wish.record, wish.after) else None


def signed_by_and_by(work: Work) -> tuple[str, ...]:
    """Names of the keys that wait for nothing but that the zone is signed by them."""
    if work.seen.signing is None:
        return ()
    asked = [wish for wish in wishes(work) if wish.record == ZRRSIG]
    return tuple(work.keys[wish.at].name for wish in asked if veto(work, wish) == Veto(SIGNING))


def _fulfil(work: Work, wish: Wish) -> bool:
    key = work.keys[wish.at]
    against = veto(work, wish)
    if against is None:
        work.keys[wish.at] = key.moved(wish.record, wish.after, work.now)
        work.changes.append(Change(key.name, wish.record, wish.before, wish.after))
        return True
    if against.by == TIME and against.until is not None:
        work.expect(against.until)
        if key.changed_at(wish.record) is None:  # nobody knows since when: since now, to be sure
            work.keys[wish.at] = key.with_times(**{CHANGE_OF[wish.record]: work.now})
    elif against.by == MANUAL:
        work.say(
            f"keymgr-manual-mode: block transition {key.role} {key.label} type {wish.record.upper()} "
            f"state {wish.before.upper()} to state {wish.after.upper()}"
        )
    return False
