"""Lives of zones under policies, to be lived by named and by fastsign alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fastsign.kasp.policy import DAY, HOUR, MINUTE, KeyRule, Nsec3Rule, Policy
from named_policy import render
from named_server import NamedServer
from rollover_stage import START, Act, Actor, Scenario

RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519 = 8, 10, 13, 14, 15
BITS = {RSASHA256: 2048, RSASHA512: 2048, ECDSAP256SHA256: 256, ECDSAP384SHA384: 384, ED25519: 256}


def ksk(algorithm: int = ECDSAP256SHA256, lifetime: int = 0) -> KeyRule:
    return KeyRule(ksk=True, zsk=False, algorithm=algorithm, bits=BITS[algorithm], lifetime=lifetime)


def zsk(algorithm: int = ECDSAP256SHA256, lifetime: int = 0) -> KeyRule:
    return KeyRule(ksk=False, zsk=True, algorithm=algorithm, bits=BITS[algorithm], lifetime=lifetime)


def csk(algorithm: int = ECDSAP256SHA256, lifetime: int = 0) -> KeyRule:
    return KeyRule(ksk=True, zsk=True, algorithm=algorithm, bits=BITS[algorithm], lifetime=lifetime)


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


DEFAULT = Policy("default", (csk(),))
INSECURE = Policy("insecure", (), max_zone_ttl=0)

# ---- what is done to a zone


def roll(role: str, after: int | None = None) -> Callable[[Actor], None]:
    """rndc dnssec -rollover of the key of a role, now or some time later."""

    def act(actor: Actor) -> None:
        actor.rollover(actor.key(role).tag, None if after is None else actor.server.now + after)

    return act


def change(policy: Policy) -> Callable[[Actor], None]:
    return lambda actor: actor.change(policy)


def say_ds(role: str, published: bool, after: int = 0) -> Callable[[Actor], None]:
    """rndc dnssec -checkds, of a moment before or after the present one."""
    return lambda actor: actor.checkds(actor.key(role).tag, published, actor.server.now + after)


# ---- what there is before


def pool(policy: Policy, *options: str) -> Callable[[NamedServer, str], None]:
    """Keys made in advance for the policy."""

    def prepare(server: NamedServer, zone: str) -> None:
        server.clock.stand_at(START - 100 * DAY)
        (server.folder / "pool.conf").write_text(render(policy))
        keys = str(server.zones[zone].keys)
        server.run_tool("dnssec-keygen", *options, "-K", keys, "-k", policy.name, "-l", "pool.conf", zone)
        server.clock.stand_at(START)

    return prepare


def keys_since(age: int, *kinds: tuple[str, ...]) -> Callable[[NamedServer, str], None]:
    """Keys from before there was a policy: with times, but without states."""

    def prepare(server: NamedServer, zone: str) -> None:
        server.clock.stand_at(START - age)
        for kind in kinds:
            server.run_tool("dnssec-keygen", "-q", "-K", str(server.zones[zone].keys), *kind, zone)
        server.clock.stand_at(START)

    return prepare


KSK_AND_ZSK = (("-a", "13", "-f", "KSK"), ("-a", "13"))

# ---- the lives

_POOL = fast("pool", ksk(lifetime=12 * DAY), zsk(lifetime=6 * DAY))
SCENARIOS = (
    Scenario("default.example", DEFAULT, 30 * DAY, (Act(10 * DAY + 17, roll("CSK")),)),
    Scenario("split.example", Policy("split", (ksk(lifetime=60 * DAY), zsk(lifetime=30 * DAY))), 100 * DAY),
    Scenario(
        "rsa.example",
        Policy("rsa", (ksk(RSASHA256), zsk(RSASHA256, 40 * DAY)), max_zone_ttl=0, dnskey_ttl=2 * HOUR),
        80 * DAY,
        (Act(20 * DAY, roll("KSK")),),
        ttl=7200,
    ),
    Scenario("ed25519.example", fast("ed25519", ksk(ED25519, 20 * DAY), zsk(ED25519, 9 * DAY)), 45 * DAY),
    Scenario("csk.example", fast("csk", csk(lifetime=10 * DAY)), 35 * DAY, parent_delay=5 * HOUR),
    Scenario(
        "algorithm.example",
        fast("algorithm", ksk(RSASHA256), zsk(RSASHA256)),
        15 * DAY,
        (Act(3 * DAY, change(fast("algorithm-2", ksk(), zsk()))),),
    ),
    Scenario(
        "algorithm-csk.example",
        fast("algorithm-csk", csk()),
        15 * DAY,
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
            Act(
                10 * DAY - 10 * MINUTE,
                change(
                    replace(
                        fast("middle-2", ksk(lifetime=12 * DAY), zsk(lifetime=8 * DAY)),
                        dnskey_ttl=5 * MINUTE,
                        max_zone_ttl=4 * HOUR,
                    )
                ),
            ),
            Act(
                12 * DAY - 10 * MINUTE,
                change(
                    replace(
                        fast("middle-3", ksk(lifetime=9 * DAY), zsk(lifetime=8 * DAY)),
                        dnskey_ttl=5 * MINUTE,
                        publish_safety=HOUR,
                        retire_safety=5 * HOUR,
                    )
                ),
            ),
        ),
        # named reckons a removal anew for whichever of the two keys it finds first in the folder, we for the new one.
        tolerated="^(Removed|; Delete|Delete): ",
    ),
    Scenario("pool.example", _POOL, 15 * DAY, prepare=pool(_POOL, "-G")),
    Scenario("migrated.example", fast("migrated", ksk(), zsk()), 2 * DAY, prepare=keys_since(30 * DAY, *KSK_AND_ZSK)),
    Scenario("young.example", fast("young", ksk(), zsk()), 2 * DAY, prepare=keys_since(30 * MINUTE, *KSK_AND_ZSK)),
    Scenario(
        "orphan.example",
        fast("orphan", ksk(lifetime=5 * DAY), zsk(lifetime=5 * DAY)),
        DAY // 2,
        parent_delay=None,
    ),
    Scenario(
        "mistaken.example",
        fast("mistaken", ksk(), zsk()),
        3 * DAY,
        (
            Act(5 * HOUR, say_ds("KSK", published=True, after=-HOUR)),
            Act(DAY, say_ds("KSK", published=False)),
            Act(2 * DAY, say_ds("KSK", published=True, after=2 * HOUR)),
        ),
        parent_delay=None,
    ),
)

_OVERDUE = fast("overdue", ksk(lifetime=12 * DAY), zsk(lifetime=6 * DAY))
_ROLL_LATER = fast("later", ksk(lifetime=20 * DAY), zsk(lifetime=15 * DAY))
MORE_SCENARIOS = (
    Scenario(
        "later.example",
        _ROLL_LATER,
        50 * DAY,
        (Act(2 * DAY, roll("ZSK", 3 * DAY)), Act(3 * DAY, roll("KSK", 10 * DAY)), Act(30 * DAY, roll("ZSK", -HOUR))),
    ),
    Scenario(
        "second.example",
        fast("second", ksk(), zsk()),
        20 * DAY,
        (
            Act(3 * DAY, change(fast("second-2", ksk(), zsk(), ksk(ED25519), zsk(ED25519)))),
            Act(8 * DAY, change(fast("second-3", ksk(ED25519), zsk(ED25519)))),
        ),
    ),
    Scenario(
        "divided.example",
        fast("divided", csk()),
        15 * DAY,
        (Act(3 * DAY, change(fast("divided-2", ksk(ED25519), zsk(ED25519)))),),
    ),
    Scenario(
        "slow.example", fast("slow", ksk(lifetime=20 * DAY), zsk(lifetime=8 * DAY)), 50 * DAY, parent_delay=3 * DAY
    ),
    Scenario(
        "sha512.example",
        replace(fast("sha512", ksk(RSASHA512, 12 * DAY), zsk(RSASHA512, 6 * DAY)), nsec3=Nsec3Rule(), purge_keys=0),
        20 * DAY,
    ),
    Scenario(
        "insecure-rolling.example",
        fast("rolling", ksk(lifetime=10 * DAY), zsk(lifetime=10 * DAY)),
        20 * DAY,
        (Act(10 * DAY, change(INSECURE)),),
    ),
    Scenario("year.example", Policy("year", (ksk(lifetime=180 * DAY), zsk(lifetime=60 * DAY))), 400 * DAY),
)

# Where fastsign means to differ (docs/differences.md): the first moment at which it does.
PARTING_SCENARIOS = (
    # Somebody else's signatures stand until it is their turn, whether or not there is a predecessor.
    Scenario(
        "roles.example",
        fast("roles", csk()),
        5 * DAY,
        (Act(3 * DAY, change(fast("roles-2", ksk(), zsk()))),),
        parts="next event: we",
    ),
    # named takes a key that is on its way out, and whose DNSKEY is in the zone, for one whose secret is elsewhere.
    Scenario(
        "turned.example",
        fast("turned", ksk(), zsk()),
        5 * DAY,
        (
            Act(3 * DAY, change(fast("turned-2", ksk(ED25519), zsk(ED25519)))),
            Act(3 * DAY + 2 * HOUR, change(fast("turned-3", ksk(), zsk()))),
        ),
        parts="we make a KSK of algorithm 13, named makes none",
    ),
    Scenario(
        "returned.example",
        fast("returned", ksk(), zsk()),
        5 * DAY,
        (Act(3 * DAY, change(INSECURE)), Act(3 * DAY + 3 * HOUR, change(fast("returned-2", ksk(), zsk())))),
        parts="we make a KSK of algorithm 13, named makes none",
    ),
    # Where a zone has one DNSKEY, named gives its old keys states of records that they do not have.
    Scenario(
        "united.example",
        fast("united", ksk(ECDSAP384SHA384), zsk(ECDSAP384SHA384)),
        5 * DAY,
        (Act(3 * DAY, change(fast("united-2", csk(ECDSAP256SHA256)))),),
        parts="next event: we|we \\[\\], named",
    ),
    # named goes by the old TTL of the DNSKEYs until the run after the policy has a higher one.
    Scenario(
        "raised.example",
        fast("raised", ksk(), zsk()),
        5 * DAY,
        (Act(10 * MINUTE, change(replace(fast("raised-2", ksk(), zsk()), dnskey_ttl=HOUR))),),
        parts="next event: we",
    ),
    # named takes records away as long as there is no DS, whoever has cached one, and takes an old key to have none.
    Scenario(
        "overdue.example",
        _OVERDUE,
        DAY,
        prepare=pool(_OVERDUE),
        parts="next event: we|unretentive|DNSKEY: we|signers of|CDS: we",
    ),
)
