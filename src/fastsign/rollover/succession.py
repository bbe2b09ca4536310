"""Which keys a policy's line has, and who follows whom: active and excess keys, successors, new keys."""

from __future__ import annotations

from dataclasses import replace

from fastsign.errors import RolloverError
from fastsign.kasp.policy import KeyRule
from fastsign.rollover import initial, lifetime
from fastsign.rollover.key import HIDDEN, OMNIPRESENT, RUMOURED, Key
from fastsign.rollover.rules import View, follows
from fastsign.rollover.timing import plus
from fastsign.rollover.work import Work

_TRIES = 100_000  # at a key whose tag is free and in range


def matches(rule: KeyRule, key: Key) -> bool:
    """Is it a key of this line of the policy (dns_kasp_key_match)?"""
    return (
        (key.algorithm, key.bits, key.ksk, key.zsk, key.store)
        == (rule.algorithm, rule.bits, rule.ksk, rule.zsk, rule.store)
        and rule.tag_min <= key.tag <= rule.tag_max
        and rule.tag_min <= key.revoked_tag <= rule.tag_max
    )  # fmt: skip


def provide(work: Work, rule: KeyRule) -> None:
    """See to it that a line of the policy has its key, and in time the next one."""
    mine = [at for at, key in enumerate(work.keys) if matches(rule, key)]
    for at in mine:
        if work.keys[at].has_secret:
            work.keys[at] = lifetime.with_lifetime(work.keys[at], rule.lifetime, work.intervals, work.now)
    active = _active(work, mine)
    if active is None:
        _start(work, rule)
        return
    _retire_excess(work, rule, mine, active)
    _roll(work, rule, active)


def _active(work: Work, mine: list[int]) -> int | None:
    """The key that serves: one that is to be in use, else one that still is, else one whose secret is elsewhere."""
    present = [at for at in mine if work.keys[at].has_secret]
    for at in present:
        if work.keys[at].is_wanted:
            return at
    for at in present:
        if _is_active(work.keys[at]):
            return _last_of_line(work, present, at)
    for at in mine:
        key = work.keys[at]
        if not key.has_secret and (key.identity in work.seen.published or key.in_zone or key.is_wanted):
            return at
    return None


def _last_of_line(work: Work, present: list[int], at: int) -> int:
    """The last of those that follow a key on its way out: its successors are on theirs, and it can't have another."""
    for _ in present:
        after = [other for other in present if follows(work.keys[other], work.keys[at])]
        at = after[0] if after else at
    return at


def _is_active(key: Key) -> bool:
    in_use = (RUMOURED, OMNIPRESENT)
    return (not key.ksk or key.state.ds in in_use) and (not key.zsk or key.state.zrrsig in in_use)


def _retire_excess(work: Work, rule: KeyRule, mine: list[int], active: int) -> None:
    """Keys in use that no line asks for, and that are no part of a rollover, go."""
    others = [other for other in work.policy.keys if other is not rule]
    view = View(work.keys)
    if view.dependant(active) is not None:
        return
    for at in mine:
        key = work.keys[at]
        if at == active or not key.has_secret or not key.is_wanted or key.is_unused:
            continue
        if view.dependant(at) is None and not any(matches(other, key) for other in others):
            retire(work, at)


def retire(work: Work, at: int) -> None:
    key = work.keys[at]
    if work.must_ask and key.state.goal != HIDDEN:
        work.refuse(
            f"keymgr-manual-mode: block retire DNSKEY {key.label} ({key.role})",
            f"policy {work.policy.name} is in manual mode: run 'dnssec -step' to retire {key.role} {key.tag}",
        )
        return
    work.keys[at] = lifetime.retired(key, work.intervals, work.now)
    if key.state.goal != HIDDEN:  # named says it at every run
        work.say(f"keymgr: retire DNSKEY {key.label} ({key.role})")


def _start(work: Work, rule: KeyRule) -> None:
    """A first key, in use at once."""
    at = _fresh(work, rule)
    if at is None:
        return
    key = work.keys[at].with_state(lifetime=rule.lifetime)
    key = key.with_times(publish=work.now, activate=work.now)
    key = lifetime.with_sync_publish(key, work.intervals, first=True)
    _introduce(work, at, key, rule)


def _roll(work: Work, rule: KeyRule, active: int) -> None:
    """A successor, once it has to be published."""
    key, publish = lifetime.scheduled(work.keys[active], rule.lifetime, work.intervals, work.now)
    if key.has_secret:
        work.keys[active] = key
    if publish is None:
        return
    if publish > work.now:
        work.expect(publish)
        return
    if any(follows(other, key) for other in work.keys):
        return
    if not key.has_secret:
        work.refuse(
            f"keymgr: DNSKEY {key.label} ({key.role}) is offline in policy {work.policy.name}, cannot start rollover",
            f"{key.role} {key.tag} is to be rolled, and its private key is not here",
        )
        return
    _succeed(work, rule, active, publish)


def _succeed(work: Work, rule: KeyRule, active: int, publish: int) -> None:
    """Make a key the successor of the active one, which retires."""
    old = work.keys[active]
    if work.must_ask:
        work.refuse(
            f"keymgr-manual-mode: block {old.role} rollover for key {old.label} (policy {work.policy.name})",
            f"policy {work.policy.name} is in manual mode: run 'dnssec -step' to roll {old.role} {old.tag}",
        )
        return
    at = _fresh(work, rule)
    if at is None:
        return
    key, activate = work.keys[at], old.times.inactive or work.now
    made = work.now if key.times.created is None else key.times.created
    if publish < made:  # late: the new key gets as much time as it would have had
        activate, publish = plus(activate, made - publish), made
    key = replace(key.with_state(lifetime=rule.lifetime), predecessor=old.tag)
    key = key.with_times(publish=publish, activate=max(activate, made))
    key = lifetime.with_sync_publish(key, work.intervals, first=False)
    work.keys[active] = replace(old, successor=key.tag).with_state(goal=HIDDEN)
    _introduce(work, at, key, rule)


def _introduce(work: Work, at: int, key: Key, rule: KeyRule) -> None:
    """The key is to be in use from now on, for its lifetime."""
    key = key.with_state(goal=OMNIPRESENT)
    if rule.lifetime and key.times.activate is not None:
        key = lifetime.retiring_at(key, plus(key.times.activate, rule.lifetime), work.intervals)
    work.keys[at] = key
    _, publish = lifetime.scheduled(key, rule.lifetime, work.intervals, work.now)
    if publish is not None:
        work.expect(max(publish, work.now + 1))
    origin = "created" if key.name in work.made else "selected"
    work.say(f"keymgr: DNSKEY {key.label} ({key.role}) {origin} for policy {work.policy.name}")


def _fresh(work: Work, rule: KeyRule) -> int | None:
    """A key that has never been used: one from stock, else a new one; None if there may be none now."""
    if work.must_ask:
        zone = f" for zone {work.keys[0].zone}" if work.keys else ""
        work.refuse(
            f"keymgr-manual-mode: block new key generation{zone} (policy {work.policy.name})",
            f"policy {work.policy.name} is in manual mode: run 'dnssec -step' to have a {rule.role} made",
        )
        return None
    if not work.force and (lost := _lost(work, rule)):
        _refuse_for_lost(work, rule, lost)
        return None
    for at, key in enumerate(work.keys):
        if key.has_secret and key.is_unused and matches(rule, key):
            work.keys[at] = replace(key, ttl=work.policy.dnskey_ttl)
            return at
    key = _made(work, rule)
    work.made.append(key.name)
    work.keys.append(key)
    return len(work.keys) - 1


def _refuse_for_lost(work: Work, rule: KeyRule, lost: list[tuple[int, int]]) -> None:
    tags = ", ".join(str(tag) for _, tag in lost)
    work.refuse(
        f"keymgr: some key files are missing: DNSKEY {tags}, no {rule.role} made (policy {work.policy.name})",
        f"the zone has DNSKEY {tags} of algorithm {rule.algorithm}, and there are no key files: put them back, "
        f"or run 'dnssec -step' to have a new {rule.role} made",
    )


def _lost(work: Work, rule: KeyRule) -> list[tuple[int, int]]:
    """DNSKEYs in the zone that may be this line's, of which no key file is there."""
    known = {(key.algorithm, tag) for key in work.keys for tag in (key.tag, key.revoked_tag)}
    return sorted(
        (algorithm, tag)
        for algorithm, tag in work.seen.published - work.seen.foreign - known
        if algorithm == rule.algorithm and rule.tag_min <= tag <= rule.tag_max
    )


def _made(work: Work, rule: KeyRule) -> Key:
    """A new key. No other key of its algorithm may have its tag, before or after revocation."""
    taken = {(key.algorithm, tag) for key in work.keys for tag in (key.tag, key.revoked_tag)} | work.seen.published
    for _ in range(_TRIES):
        key = work.make_key(rule, work.now)
        if matches(rule, key) and not taken & {(key.algorithm, key.tag), (key.algorithm, key.revoked_tag)}:
            key = replace(key, ttl=work.policy.dnskey_ttl).with_state(
                lifetime=rule.lifetime, ksk=rule.ksk, zsk=rule.zsk
            )
            if key.times.created is None:
                key = key.with_times(created=work.now)
            return initial.with_states(key, work.intervals, work.now)
        work.say(f"keymgr: key collision id {key.tag}")
    raise RolloverError(
        f"no {rule.role} with a free tag between {rule.tag_min} and {rule.tag_max} "
        f"found in {_TRIES} tries (policy {work.policy.name})"
    )
