"""Arguments of a wrong type or size are told of as such: TypeError or ValueError, and nothing else has happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dns.zone
import pytest

import fastsign
from fastsign import NSEC3, Key, Keys, Zone, ZoneFile, sign_zone, verify_zone
from fastsign.api.keys import TIMING_TYPES
from fastsign.api.signing import SIGNING_TYPES
from fastsign.api.verifying import VERIFYING_TYPES

TEXT = "@ 300 SOA ns h 1 1 1 1 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n"


@pytest.fixture(scope="module")
def zone() -> Zone:
    return Zone.from_text(TEXT, "example.")


@pytest.fixture(scope="module")
def key() -> Key:
    return Key.generate("example.", "csk")


def test_every_option_has_its_types() -> None:
    assert list(SIGNING_TYPES) == list(fastsign.SigningOptions.__annotations__)
    assert list(VERIFYING_TYPES) == list(fastsign.VerifyingOptions.__annotations__)
    assert list(TIMING_TYPES) == list(fastsign.Timing.__annotations__)


# One of each option that is of the wrong type, though it may look like a right one.
SIGNING: dict[str, list[object]] = {
    "now": [time.time(), True, "20260101", b"1"],
    "inception": [1.5, "now-1h"],
    "expiration": [86400.5, "+30d", True],
    "expiration_dnskey": [86400.5],
    "jitter": [0.5, "1h", True],
    "nsec3": [1, 0, "-", b"\xab"],
    "serial": [1, b"keep"],
    "zonemd": ["sha384", 1],
    "dnskey_ttl": ["1h", 1.5, True],
    "max_ttl": ["1h"],
    "cds": ["sha256", 2],
    "cdnskey": [1, "no"],
    "refresh": [1.5],
    "image": [1, b"image"],
    "drop_inactive": [1],
    "drop_unpublished": ["yes"],
    "csk": [1, "no"],
    "ksk_only": [1],
    "verify": ["no", 0],
    "output": [1, b"signed"],
    "format": [b"text", 1],
    "workers": [1.5, "2", True],
    "engine": [1],
    "hsm": ["/usr/lib/module.so"],
    "watch": [5, "watch"],
}
VERIFYING: dict[str, list[object]] = {
    "now": [time.time(), True, "20260101"],
    "min_remaining": [1.5, "3d"],
    "csk": [1],
    "ksk_only": ["yes"],
    "one_by_one": [1],
    "workers": [1.5],
    "watch": [5],
}


def test_every_option_is_tried_here() -> None:
    assert (list(SIGNING), list(VERIFYING)) == (list(SIGNING_TYPES), list(VERIFYING_TYPES))


@pytest.mark.parametrize("name", SIGNING)
def test_an_option_of_signing_of_another_type_is_a_type_error(zone: Zone, key: Key, name: str) -> None:
    for value in SIGNING[name]:
        with pytest.raises(TypeError, match=rf"^{name} has to be of type \w+( or \w+)*, not {type(value).__name__}$"):
            sign_zone(zone, key, **{name: value})


@pytest.mark.parametrize("name", VERIFYING)
def test_an_option_of_verifying_of_another_type_is_a_type_error(zone: Zone, name: str) -> None:
    for value in VERIFYING[name]:
        with pytest.raises(TypeError, match=rf"^{name} has to be of type "):
            verify_zone(zone, **{name: value})


WRONG_TYPES: dict[str, Callable[[Zone, Key, Any], object]] = {
    "a float as a key's time": lambda zone, key, _: Key.generate("example.", publish=1.5),
    "a float as the moment of writing": lambda zone, key, folder: key.write(folder, now=1.5),
    "a float as the moment of loading": lambda zone, key, _: Zone.from_text(TEXT, "example.", now=1.5),
    "a number as an algorithm": lambda zone, key, _: Key.generate("example.", algorithm=13),
    "a number as a zone": lambda zone, key, _: Key.generate(5),
    "bits with a fraction": lambda zone, key, _: Key.generate("example.", "zsk", "RSASHA256", bits=2048.0),
    "a number as a key": lambda zone, key, _: Key.load(0),
    "a number as a folder": lambda zone, key, _: Keys(0),
    "nothing as keys": lambda zone, key, _: sign_zone(zone, None),
    "a number as text": lambda zone, key, _: Zone.from_text(5, "example."),
    "nothing as text": lambda zone, key, _: Zone.from_text(None, "example."),
    "octets as an origin": lambda zone, key, _: Zone.from_text(TEXT, b"example."),
    "a number as a class": lambda zone, key, _: Zone.from_text(TEXT, "example.", rrclass=1),
    "a number as octets": lambda zone, key, _: Zone.from_raw(5, "example."),
    "text as a zone of dnspython": lambda zone, key, _: Zone.from_dnspython("x"),
    "a number as a file": lambda zone, key, _: Zone.load(0, "example."),
    "no origin": lambda zone, key, _: ZoneFile("zone", None),
    "a number as a journal": lambda zone, key, _: ZoneFile("zone", "example.", journal=1),
    "text as a zone": lambda zone, key, _: verify_zone("x"),
    "a salt in hexadecimal": lambda zone, key, _: NSEC3(salt="abcd"),
    "iterations with a fraction": lambda zone, key, _: NSEC3(iterations=1.0),
    "a number as a flag": lambda zone, key, _: NSEC3(opt_out=1),
    "where to write to is a number": lambda zone, key, _: zone.write(1),
}


@pytest.mark.parametrize("what", WRONG_TYPES)
def test_what_is_of_another_type_is_a_type_error(zone: Zone, key: Key, tmp_path: Path, what: str) -> None:
    with pytest.raises(TypeError):
        WRONG_TYPES[what](zone, key, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_times_out_of_range_are_value_errors(zone: Zone, key: Key, tmp_path: Path) -> None:
    for now in (-5000, 2**32):
        for use in (sign_zone, verify_zone):
            with pytest.raises(ValueError, match="before 1970 or after 2106"):
                use(zone, *([key] if use is sign_zone else []), now=now)
        with pytest.raises(ValueError, match="before 1970 or after 2106"):
            key.write(tmp_path, now=now)
    for options in ({"min_remaining": -5}, {"min_remaining": 2**32}, {"workers": -1}):
        with pytest.raises(ValueError, match="32 bits"):
            verify_zone(zone, **options)


@pytest.mark.parametrize(
    ("name", "base", "moments"),
    [
        ("inception", "now", [timedelta(days=-36500), timedelta.max, 2**32, datetime(2170, 1, 1, tzinfo=UTC)]),
        ("expiration", "inception", [timedelta(days=140 * 365), 2**33, datetime(2170, 1, 1, tzinfo=UTC)]),
        ("expiration_dnskey", "inception", [timedelta(days=140 * 365)]),
    ],
)
def test_a_moment_that_signatures_have_no_room_for_is_a_value_error(
    zone: Zone, key: Key, name: str, base: str, moments: list[object]
) -> None:
    for moment in moments:
        with pytest.raises(ValueError, match=f"^{name} is more than 68 years from {base}$"):
            sign_zone(zone, key, now=1795521600, **{name: moment})
    assert sign_zone(zone, key, expiration=timedelta(days=67 * 365)).report.generated == 6


@pytest.mark.parametrize("ttl", [-1, 2**31, 2**40])
def test_a_ttl_out_of_range_is_a_value_error(ttl: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 2147483647"):
        Key.generate("example.", ttl=ttl)


@pytest.mark.parametrize("ttl", ["1h", "300 IN A 192.0.2.9\nexample.", 1.5, True, b"60"])
def test_a_ttl_that_is_no_number_is_a_type_error(ttl: object, key: Key) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    for make in (Key.generate, lambda zone, ttl: Key(Ed25519PrivateKey.generate(), zone, ttl=ttl)):
        with pytest.raises(TypeError, match="ttl has to be of type int, not"):
            make("example.", ttl=ttl)


def test_a_message_says_how_to_come_by_a_zone(zone: Zone, key: Key) -> None:
    with pytest.raises(TypeError, match=r"neither a Zone nor a ZoneFile; Zone\.from_dnspython makes one of it"):
        sign_zone(dns.zone.from_text(TEXT, "example."), key)
    with pytest.raises(TypeError, match=r"SignedZone is neither a Zone nor a ZoneFile; its \.zone is one"):
        sign_zone(sign_zone(zone, key), key)


def test_what_an_argument_may_be_it_may(zone: Zone, key: Key) -> None:
    octets = sign_zone(zone, key, format="raw").to_bytes()
    for form in (octets, bytearray(octets), memoryview(octets)):
        assert len(Zone.from_raw(form, "example.")) > 3
        assert len(Zone.from_text(memoryview(TEXT.encode()), "example.")) == 3
    assert sign_zone(zone, key, zonemd=(name for name in ["sha384"])).report.generated
    assert Key.generate("example.", ttl=2**31 - 1, inactive=None, publish=2**32 - 1).role == "zsk"
