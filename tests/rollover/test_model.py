"""The judge of rollovers: what it finds, to the second, and what it does not mind."""

from __future__ import annotations

from rollover.validator_model import ALWAYS, FOREVER, NONE, Found, RRset, World, Zone

OLD, NEW, OTHER = (13, 1), (13, 2), (8, 3)
KEY_TTL, RRSET_TTL, DS_TTL = 100, 1000, 400
ZONE_DELAY, PARENT_DELAY = 10, 20


def keys(*ids):
    return frozenset(ids)


def version(known, key_signers, *signers, expires=FOREVER):
    return Zone(known, key_signers, KEY_TTL, tuple(RRset(RRSET_TTL, each, expires) for each in signers))


FIRST_DS = ((ALWAYS, keys(OLD)),)


def world(*zones, ds=FIRST_DS):
    one = World(ZONE_DELAY, PARENT_DELAY)
    for at, zone in zones:
        one.publish(at, zone)
    for at, records in ds:
        one.delegate(at, records, DS_TTL)
    return one


def spans(one):
    return [(found.since, found.until) for found in one.bogus()]


def test_a_zone_that_never_changes_is_not_bogus():
    assert world((ALWAYS, version(keys(OLD), keys(OLD), keys(OLD)))).bogus() == []


def test_an_unsigned_zone_without_ds_is_not_bogus():
    assert world((ALWAYS, version(NONE, NONE, NONE)), ds=((ALWAYS, NONE),)).bogus() == []


def test_a_ds_must_not_come_before_the_last_cache_has_forgotten_that_there_were_no_signatures():
    signed = version(keys(OLD), keys(OLD), keys(OLD))
    for ds_at in (1000 + ZONE_DELAY + RRSET_TTL - 1, 1000 + ZONE_DELAY + RRSET_TTL):
        one = world((ALWAYS, version(NONE, NONE, NONE)), (1000, signed), ds=((ALWAYS, NONE), (ds_at, keys(OLD))))
        early = ds_at < 2010
        assert spans(one) == ([(ds_at, 2010)] if early else [])


def test_a_signing_key_must_be_known_before_it_signs():
    before = version(keys(OLD), keys(OLD), keys(OLD))
    both = version(keys(OLD, NEW), keys(OLD), keys(OLD))
    after = version(keys(OLD, NEW), keys(OLD), keys(NEW))
    enough = 1000 + ZONE_DELAY + KEY_TTL
    assert spans(world((ALWAYS, before), (1000, both), (enough, after))) == []
    assert spans(world((ALWAYS, before), (1000, both), (enough - 1, after))) == [(enough - 1, enough)]


def test_a_signing_key_must_stay_as_long_as_its_signatures():
    both = version(keys(OLD, NEW), keys(OLD), keys(NEW))
    gone = version(keys(OLD), keys(OLD), keys(OLD))
    start = version(keys(OLD, NEW), keys(OLD), keys(OLD))
    assert spans(world((ALWAYS, both), (1000, start), (1500, gone))) == [(1500, 1000 + ZONE_DELAY + RRSET_TTL)]


def test_one_rrset_is_enough():
    mixed = version(keys(OLD, NEW), keys(OLD), keys(NEW), keys(OLD))
    gone = version(keys(OLD), keys(OLD), keys(OLD), keys(OLD))
    assert spans(world((ALWAYS, mixed), (0, gone))) == [(0, ZONE_DELAY + RRSET_TTL)]


def test_a_ds_must_name_a_key_that_signs_the_keys():
    both = version(keys(OLD, NEW), keys(OLD), keys(OLD))
    one = world((ALWAYS, both), ds=((ALWAYS, keys(OLD)), (50, keys(NEW))))
    assert spans(one) == [(50, FOREVER)]


def test_a_ds_in_a_cache_counts_as_long_as_its_ttl():
    both = version(keys(OLD, NEW), keys(OLD, NEW), keys(OLD))
    new = version(keys(OLD, NEW), keys(NEW), keys(OLD))
    for at, expected in ((50 + PARENT_DELAY + DS_TTL, []), (450, [(450, 470)])):
        one = world((ALWAYS, both), (at, new), ds=((ALWAYS, keys(OLD)), (50, keys(NEW))))
        assert spans(one) == expected


def test_each_algorithm_of_the_ds_needs_a_chain():
    zone = version(keys(OLD, OTHER), keys(OLD, OTHER), keys(OLD))
    assert spans(world((ALWAYS, zone))) == []
    both = world((ALWAYS, zone), ds=((ALWAYS, keys(OLD)), (7, keys(OLD, OTHER))))
    assert spans(both) == [(7, FOREVER)]


def test_an_algorithm_without_a_ds_needs_no_signatures():
    assert spans(world((ALWAYS, version(keys(OLD, OTHER), keys(OLD), keys(OLD))))) == []


def test_any_one_path_of_an_algorithm_will_do():
    zone = version(keys(OLD, NEW), keys(NEW), keys(OLD))
    assert spans(world((ALWAYS, zone), ds=((ALWAYS, keys(OLD, NEW)),))) == []


def test_an_unsigned_zone_with_a_ds_is_bogus_until_the_last_cache_has_forgotten_the_ds():
    signed, bare = version(keys(OLD), keys(OLD), keys(OLD)), version(NONE, NONE, NONE)
    one = world((ALWAYS, signed), (1000, bare), ds=((ALWAYS, keys(OLD)), (900, NONE)))
    assert max(until for _, until in spans(one)) == 900 + PARENT_DELAY + DS_TTL
    late = world((ALWAYS, signed), (1320, bare), ds=((ALWAYS, keys(OLD)), (900, NONE)))
    assert spans(late) == []


def test_a_signature_must_not_expire_on_a_server():
    first = version(keys(OLD), keys(OLD), keys(OLD), expires=500)
    second = version(keys(OLD), keys(OLD), keys(OLD), expires=5000)
    assert spans(world((ALWAYS, first), (490, second))) == []
    assert world((ALWAYS, first), (495, second)).bogus() == [Found(500, 505, "a signature has expired")]


def test_what_comes_back_is_one_with_what_was_there():
    one, two = version(keys(OLD), keys(OLD), keys(OLD)), version(keys(OLD, NEW), keys(OLD), keys(OLD))
    there_and_back = world((ALWAYS, one), (10, two), (20, one))
    assert len(there_and_back._key_windows()) == 2
    assert spans(there_and_back) == []
