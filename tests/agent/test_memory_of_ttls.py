"""How long the TTLs of a zone that was replaced count: until no cache can hold it, however late it got it."""

from __future__ import annotations

from fastsign.agent.memory import Memory

NOW, DAY, DELAY = 1_800_000_000, 86400, 300


def test_the_ttls_of_a_zone_count_until_its_last_copy_has_left_the_caches():
    memory = Memory(zone_ttl=2 * DAY, dnskey_ttl=3600).retired(NOW, DELAY)
    assert memory.observed(NOW + DELAY + 2 * DAY - 1) == (2 * DAY, 3600)
    assert memory.observed(NOW + DELAY + 2 * DAY) == (None, None)


def test_a_later_zone_does_not_make_the_earlier_ones_forgotten():
    first = Memory(zone_ttl=2 * DAY, dnskey_ttl=3600).retired(NOW, DELAY)
    second = Memory(zone_ttl=60, dnskey_ttl=60, older=first.older).retired(NOW + DAY, DELAY)
    assert second.observed(NOW + DAY + 1) == (2 * DAY, 3600)


def test_the_validity_of_signatures_counts_until_the_last_of_them_has_ended():
    memory = Memory().signed_for(14 * DAY, NOW).signed_for(3 * DAY, NOW + DAY)
    assert memory.validity(NOW + DAY) == 14 * DAY
    assert memory.validity(NOW + 14 * DAY) is None
    assert memory.signed_for(3 * DAY, NOW + 13 * DAY).validity(NOW + 15 * DAY) == 3 * DAY
