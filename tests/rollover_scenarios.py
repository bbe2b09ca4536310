"""Lives of zones under policies, to be lived by named and by fastsign alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fastsign.kasp.policy import DAY, HOUR, MINUTE, KeyRule, Policy
from rollover_stage import Act, Actor, Scenario

RSASHA256, ECDSAP256SHA256, ED25519 = 8, 13, 15
BITS = {RSASHA256: 2048, ECDSAP256SHA256: 256, ED25519: 256}


def ksk(algorithm: int = ECDSAP256SHA256, lifetime: int = 0) -> KeyRule:
    return KeyRule(ksk=True, zsk=False, algorithm=algorithm, bits=BITS[algorithm], lifetime=lifetime)


def zsk(algorithm: int = ECDSAP256SHA256, lifetime: int = 0) -> KeyRule:
    return KeyRule(ksk=False, zsk=True, algorithm=algorithm, bits=BITS[algorithm], lifetime=lifetime)


def csk(algorithm: int = ECDSAP256SHA256, lifetime: int = 0) -> KeyRule:
    return KeyRule(ksk=True, zsk=True, algorithm=algorithm, bits=BITS[algorithm], lifetime=lifetime)


DEFAULT = Policy("default", (csk(),))
INSECURE = Policy("insecure", (), max_zone_ttl=0)


def roll(role: str) -> Callable[[Actor], None]:
    """rndc dnssec -rollover of the key of a role, now."""
    return lambda actor: actor.rollover(actor.key(role).tag)


def change(policy: Policy) -> Callable[[Actor], None]:
    return lambda actor: actor.change(policy)


def fast(name: str, *rules: KeyRule) -> Policy:
    """A policy under which everything goes quickly: signatures of three days, TTLs of minutes."""
    return Policy(
        name,
        rules,
        dnskey_ttl=10 * MINUTE,
        max_zone_ttl=HOUR,
        parent_ds_ttl=HOUR,
        parent_propagation_delay=10 * MINUTE,
        publish_safety=5 * MINUTE,
        retire_safety=15 * MINUTE,
        purge_keys=2 * DAY,
        signatures_jitter=0,
        signatures_refresh=DAY,
        signatures_validity=3 * DAY,
        signatures_validity_dnskey=3 * DAY,
        zone_propagation_delay=MINUTE,
    )


SPLIT = Policy("split", (ksk(lifetime=60 * DAY), zsk(lifetime=30 * DAY)))
SCENARIOS = (
    Scenario("default.example", DEFAULT, 40 * DAY, (Act(10 * DAY + 17, roll("CSK")),)),
    Scenario("split.example", SPLIT, 100 * DAY),
    Scenario(
        "rsa.example",
        Policy("rsa", (ksk(RSASHA256), zsk(RSASHA256, 40 * DAY)), max_zone_ttl=0, dnskey_ttl=2 * HOUR),
        80 * DAY,
        (Act(20 * DAY, roll("KSK")),),
        ttl=7200,
    ),
    Scenario("ed25519.example", fast("ed25519", ksk(ED25519, 20 * DAY), zsk(ED25519, 9 * DAY)), 45 * DAY),
    Scenario("csk.example", fast("csk", csk(lifetime=10 * DAY)), 35 * DAY, parent_delay=5 * HOUR),
)


def with_rules(policy: Policy, name: str, *rules: KeyRule) -> Policy:
    return replace(policy, name=name, keys=rules)


SCENARIOS += (
    Scenario(
        "algorithm.example",
        fast("algorithm", ksk(RSASHA256), zsk(RSASHA256)),
        20 * DAY,
        (Act(3 * DAY, change(fast("algorithm-2", ksk(), zsk()))),),
    ),
    Scenario(
        "algorithm-csk.example",
        fast("algorithm-csk", csk()),
        20 * DAY,
        (Act(3 * DAY, change(fast("algorithm-csk-2", csk(ED25519)))),),
    ),
    Scenario("insecure.example", fast("secure", ksk(), zsk()), 10 * DAY, (Act(3 * DAY, change(INSECURE)),)),
    Scenario("insecure-csk.example", DEFAULT, 30 * DAY, (Act(3 * DAY, change(INSECURE)),)),
    Scenario(
        "lifetimes.example",
        fast("lifetimes", ksk(lifetime=30 * DAY), zsk(lifetime=10 * DAY)),
        30 * DAY,
        (
            Act(4 * DAY, change(fast("lifetimes-2", ksk(), zsk(lifetime=6 * DAY)))),
            Act(20 * DAY, change(fast("lifetimes-3", ksk(lifetime=10 * DAY), zsk()))),
        ),
    ),
    Scenario(
        "middle.example",
        fast("middle", ksk(lifetime=12 * DAY), zsk(lifetime=10 * DAY)),
        30 * DAY,
        (
            # in the middle of the first roll of the ZSK, and soon after the KSK's has begun
            Act(10 * DAY - 10 * MINUTE, change(replace(fast("middle-2", ksk(lifetime=12 * DAY), zsk(lifetime=8 * DAY)), dnskey_ttl=HOUR, max_zone_ttl=4 * HOUR))),
            Act(12 * DAY - 10 * MINUTE, change(replace(fast("middle-3", ksk(lifetime=9 * DAY), zsk(lifetime=8 * DAY)), publish_safety=HOUR, retire_safety=5 * HOUR))),
        ),
    ),
    Scenario("roles.example", fast("roles", csk()), 20 * DAY, (Act(3 * DAY, change(fast("roles-2", ksk(), zsk()))),)),
    Scenario("orphan.example", fast("orphan", ksk(lifetime=5 * DAY), zsk(lifetime=5 * DAY)), 2 * DAY, parent_delay=None),
)
