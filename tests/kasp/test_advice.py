"""What is said of a policy and a zone that do not fit together."""

from __future__ import annotations

from dataclasses import replace

from fastsign.kasp.advice import advise, without_effect
from fastsign.kasp.builtin import DEFAULT, INSECURE
from fastsign.kasp.config import Zone
from fastsign.kasp.policy import DAY, HOUR

EXPIRE, MINIMUM, TTL = 5 * DAY, HOUR, DAY  # of a zone that fits the default policy


def about(*starts: str, **changes: int) -> None:
    """The advice for a zone with these changes begins so."""
    facts = {"soa_expire": EXPIRE, "soa_minimum": MINIMUM, "largest_ttl": TTL, **changes}
    found = advise(DEFAULT, **facts)
    assert len(found) == len(starts)
    for message, start in zip(found, starts, strict=True):
        assert message.startswith(start)


def test_a_zone_that_fits_gets_no_advice() -> None:
    about()


def test_a_ttl_above_the_highest() -> None:
    about(
        "the zone has a TTL of P1DT1S, more than max-zone-ttl P1D: named refuses to load such a zone",
        largest_ttl=DAY + 1,
    )


def test_a_ttl_above_what_stands_for_no_limit() -> None:
    policy = replace(DEFAULT, max_zone_ttl=0, signatures_refresh=10 * DAY)
    assert advise(policy, EXPIRE, MINIMUM, 7 * DAY) == ()
    (message,) = advise(policy, EXPIRE, MINIMUM, 7 * DAY + 1)
    assert "more than a week, which stands for max-zone-ttl 0" in message
    assert "named" not in message


def test_negative_answers_that_live_too_long() -> None:
    about("the SOA record lets negative answers be cached for P2D, more than max-zone-ttl", soa_minimum=2 * DAY)


def test_a_soa_expire_above_the_refresh() -> None:
    about("signatures-refresh P5D is less than the SOA expire P5DT1S", soa_expire=EXPIRE + 1)


def test_ttls_that_outlive_signatures() -> None:
    policy = replace(DEFAULT, max_zone_ttl=6 * DAY)
    (message,) = advise(policy, EXPIRE, MINIMUM, 5 * DAY - 299)
    assert message.startswith("signatures-refresh P5D is less than the largest TTL and zone-propagation-delay, P5DT1S")
    assert advise(policy, EXPIRE, MINIMUM, 5 * DAY - 300) == ()


def test_a_ds_that_lives_longer_than_the_policy_says() -> None:
    about("the DS records at the parent have a TTL of P2D, more than parent-ds-ttl P1D", ds_ttl=2 * DAY)
    about(ds_ttl=DAY)


def test_signatures_that_are_due_as_soon_as_they_are_made() -> None:
    policy = replace(DEFAULT, signatures_jitter=9 * DAY)
    (message,) = advise(policy, EXPIRE, MINIMUM, TTL)
    assert "some signatures are due again as soon as they are made" in message
    assert advise(replace(policy, signatures_jitter=9 * DAY - 1), EXPIRE, MINIMUM, TTL) == ()


def test_a_zone_that_becomes_insecure_is_advised_like_any_other() -> None:
    assert advise(INSECURE, EXPIRE, MINIMUM, TTL) == ()


def test_what_is_set_and_has_no_effect_is_told() -> None:
    zone = Zone(b"\x07example\0", DEFAULT, "example.db", "keys")
    assert without_effect(zone) == ()
    assert without_effect(replace(zone, sig_signing_signatures=50)) == ()
    (told,) = without_effect(replace(zone, sig_signing_nodes=50))
    assert told.startswith("sig-signing-nodes 50 has no effect")
    assert without_effect(replace(zone, sig_signing_nodes=50, policy=None)) == ()
