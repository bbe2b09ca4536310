"""Random schedules, each from a number, and the smallest schedule that still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from random import Random

from fastsign.kasp.policy import DAY, HOUR, MINUTE, KeyRule, Policy
from rollover.schedule_world import BEFORE_COMMIT, BEFORE_PUBLISH, FULL, Schedule

ALGORITHMS = {8: 2048, 13: 256, 15: 256}
INSECURE = Policy("insecure", (), max_zone_ttl=0)


def schedule(number: int) -> Schedule:
    """The schedule of that number: the same on every machine."""
    random = Random(number)
    first = _policy(random, "first")
    policies = [(0, first), *_later(random, first)]
    margin = min(min(policy.publish_safety, policy.retire_safety) for _, policy in policies)
    refresh = min(policy.signatures_refresh for _, policy in policies)
    zone_delay = min(policy.zone_propagation_delay for _, policy in policies)
    until = policies[-1][0] + _length(policies[-1][1])
    highest = max(policy.zone_ttl for _, policy in policies)
    return Schedule(
        policies=tuple(policies),
        until=until,
        ttls=_ttls(random, highest, until),
        zone_delay=random.choice((0, zone_delay // 2, zone_delay)),
        parent_delay=min(policy.parent_propagation_delay for _, policy in policies),
        ds_ttl=random.choice((300, HOUR, DAY, 2 * DAY)),
        skews=_skews(random, margin, until),
        late=_late(random, refresh - zone_delay - 6 * HOUR),
        poll=random.choice((HOUR, 6 * HOUR, DAY)),
        signing=random.choice(((0,), (1, 30, 2), (600, 5))),
        ends=_ends(random),
        restart=random.choice((1, 60, HOUR)),
        parent=_delays(random, 20 * DAY),
        withdrawal=random.choice(((0,), (0,), _delays(random, 10 * DAY))),
        report=_delays(random, 5 * DAY),
        backdated=random.random() < 0.5,
        edits=random.choice(((False,), (True, False), (True, True, False))),
        jitter=random.choice(((0,), (0, HOUR, 5 * HOUR), (12 * HOUR, 0))),
        gradual=random.random() < 0.8,
        rolls=tuple((random.randrange(until), random.randrange(4)) for _ in range(random.choice((0, 0, 1, 3)))),
        clashes=random.choice((0, 0, 3)),
    )


def _policy(random: Random, name: str, like: Policy | None = None) -> Policy:
    """A policy that named-checkconf accepts."""
    validity = random.choice((3, 7, 14, 30)) * DAY
    refresh = validity * random.randint(20, 80) // 100
    policy = Policy(
        name,
        (),
        dnskey_ttl=random.choice((60, 600, HOUR, DAY)),
        manual_mode=random.random() < 0.08,
        max_zone_ttl=random.choice((300, HOUR, DAY, 2 * DAY, 0)),
        parent_ds_ttl=random.choice((300, HOUR, DAY)),
        parent_propagation_delay=random.choice((0, MINUTE, HOUR, 6 * HOUR)),
        publish_safety=random.choice((0, 10 * MINUTE, HOUR)),
        retire_safety=random.choice((0, 10 * MINUTE, HOUR)),
        purge_keys=random.choice((0, HOUR, 90 * DAY)),
        signatures_jitter=min(12 * HOUR, validity - refresh),
        signatures_refresh=refresh,
        signatures_validity=validity,
        signatures_validity_dnskey=validity,
        zone_propagation_delay=random.choice((0, MINUTE, 5 * MINUTE, HOUR)),
    )
    algorithms = [random.choice(list(ALGORITHMS))]
    if random.random() < 0.15:
        algorithms = random.sample(list(ALGORITHMS), 2)
    if like is not None and random.random() < 0.5:
        algorithms = sorted({rule.algorithm for rule in like.keys}) or algorithms
    rules = [rule for algorithm in algorithms for rule in _rules(random, policy, algorithm)]
    return replace(policy, keys=tuple(rules))


def _rules(random: Random, policy: Policy, algorithm: int) -> Iterator[KeyRule]:
    roles = random.choice((((True, True),), ((True, False), (False, True))))
    for ksk, zsk in roles:
        least = max(policy.publish_interval(), policy.retire_interval(ksk, zsk), 5 * DAY)
        lifetime = random.choice((0, least + HOUR, int(least * 1.3), least * 3))
        yield KeyRule(ksk, zsk, algorithm, ALGORITHMS[algorithm], lifetime)


def _length(policy: Policy) -> int:
    """Long enough to be done with a change of policy."""
    lifetimes = [rule.lifetime for rule in policy.keys if rule.lifetime]
    return max(60 * DAY, 2 * min([*lifetimes, 100 * DAY]) + 10 * DAY)


def _later(random: Random, first: Policy) -> Iterator[tuple[int, Policy]]:
    """Changes of policy, most of them in the middle of something."""
    at, last = 0, first
    for number in range(random.choice((0, 1, 1, 2, 3))):
        at += random.choice((random.randint(1, 5 * DAY), random.randint(DAY, _length(last))))
        if random.random() < 0.2:
            last = INSECURE
        elif random.random() < 0.4 and last.keys:
            last = replace(last, name=f"change {number}", keys=_policy(random, "", last).keys)
        elif random.random() < 0.3:
            last = replace(first, name=f"first again {number}")
        else:
            last = _policy(random, f"change {number}", last)
        yield at, last


def _ttls(random: Random, highest: int, until: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Of three RRsets. Now and then one has a higher TTL than its policy says, or another one later."""

    def draw() -> tuple[int, ...]:
        top = highest if random.random() < 0.8 else 2 * highest
        return (min(300, top), random.choice((HOUR, top)), top)

    changes = [(0, draw())]
    for _ in range(random.choice((0, 0, 1, 2))):
        changes.append((random.randrange(1, until), draw()))
    return tuple(sorted(changes))


def _skews(random: Random, margin: int, until: int) -> tuple[tuple[int, int], ...]:
    """The clock jumps, by less than what the policy has as margins."""
    if random.random() < 0.6 or margin < 2:
        return ()
    half = (margin - 1) // 2
    return tuple(sorted((random.randrange(until), random.randint(-half, half)) for _ in range(random.randint(1, 4))))


def _late(random: Random, most: int) -> tuple[int, ...]:
    choice = random.random()
    if choice < 0.4:
        return (0,)
    if choice < 0.7:
        return tuple(random.choice((0, 0, 5, 60)) for _ in range(7))
    return tuple(random.choice((0, 0, 0, 60, HOUR, random.randrange(max(most, 1)))) for _ in range(11))


def _ends(random: Random) -> tuple[str, ...]:
    if random.random() < 0.6:
        return (FULL,)
    return (FULL, *(random.choice((FULL, FULL, BEFORE_PUBLISH, BEFORE_COMMIT)) for _ in range(8)))


def _delays(random: Random, most: int) -> tuple[int, ...]:
    return tuple(random.choice((0, 1, 10 * MINUTE, DAY, random.randrange(most))) for _ in range(4))


# ---- the smallest


def smallest(failing: Schedule, fails: Callable[[Schedule], bool]) -> Schedule:
    """A schedule that still fails, and no longer does once anything in it is made plainer."""
    changed = True
    while changed:
        changed = False
        for plainer in _plainer(failing):
            if fails(plainer):
                failing, changed = plainer, True
                break
    return failing


_WORLD = ("policies", "until", "passes", "zone_delay", "parent_delay", "ds_ttl", "ttls")  # as plain as they can be


def _plainer(one: Schedule) -> Iterator[Schedule]:
    yield from _with_less(one)
    yield from _with_less_policy(one)
    for share in (2, 4, 8):
        shorter = one.until - one.until // share
        if shorter > one.policies[-1][0]:
            yield replace(one, until=shorter)


def _with_less(one: Schedule) -> Iterator[Schedule]:
    plain = Schedule(one.policies, one.until)
    for field in fields(Schedule):
        value, default = getattr(one, field.name), getattr(plain, field.name)
        if field.name not in _WORLD and value != default:
            yield replace(one, **{field.name: default})
        if isinstance(value, tuple) and len(value) > 1:
            for at in range(len(value)):
                if at or field.name not in ("policies", "ttls"):
                    yield replace(one, **{field.name: value[:at] + value[at + 1 :]})


def _with_less_policy(one: Schedule) -> Iterator[Schedule]:
    for at, (since, policy) in enumerate(one.policies):
        if len(policy.keys) > 1:
            for rule in policy.keys:
                rest = tuple(other for other in policy.keys if other.algorithm == rule.algorithm)
                if len(rest) == len(policy.keys):
                    break
                yield _with_policy(one, at, since, replace(policy, keys=rest))
        for rule in policy.keys:
            if rule.lifetime:
                keys = tuple(replace(other, lifetime=0) if other is rule else other for other in policy.keys)
                yield _with_policy(one, at, since, replace(policy, keys=keys))


def _with_policy(one: Schedule, at: int, since: int, policy: Policy) -> Schedule:
    return replace(one, policies=(*one.policies[:at], (since, policy), *one.policies[at + 1 :]))
