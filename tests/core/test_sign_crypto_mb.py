"""Our side of the interface to crypto_mb, against a stand-in over libcrypto: AVX-512 IFMA is not needed."""

from __future__ import annotations

import ctypes
import platform
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_library import ERROR_CRYPTO, OK, LibraryKey, another, build
from private_keys import KeyPair, keygen, sign

if platform.machine() != "x86_64":
    pytest.skip("crypto_mb is for x86-64 alone", allow_module_level=True)

MISMATCH, SIGNATURE = 1, 8  # crypto_mb/status.h
KEYS = {
    "P-256": (13, ()),
    "P-384": (14, ()),
    "Ed25519": (15, ()),
    "RSA-1024": (5, ("-b", "1024")),
    "RSA-2048": (8, ("-b", "2048")),
    "RSA-1024 SHA-512": (10, ("-b", "1024")),
    "RSA-3072": (8, ("-b", "3072")),
    "RSA-4096": (7, ("-b", "4096")),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crypto_mb")


@pytest.fixture(scope="module")
def library(folder: Path) -> ctypes.CDLL:
    return build(folder, add=["crypto_mb_stand_in.c"], crypto_mb=True)


@pytest.fixture(scope="module")
def pairs(folder: Path) -> dict[str, KeyPair]:
    return {name: keygen(folder, algorithm, *arguments) for name, (algorithm, arguments) in KEYS.items()}


@pytest.fixture(autouse=True)
def turned_back(library: ctypes.CDLL) -> Iterator[None]:
    yield
    turn(library, lane=-1, status=0, fit=1, flip=-1)


def turn(library: ctypes.CDLL, **values: int) -> None:
    for name, value in values.items():
        ctypes.c_int.in_dll(library, f"stand_in_{name}").value = value


def is_called(key: LibraryKey) -> bool:
    """Does this key sign with the stand-in?"""
    calls = ctypes.c_int.in_dll(key.library, "stand_in_calls")
    before = calls.value
    key.sign(rows_for(key.pair, 1))
    return calls.value > before


def rows_for(pair: KeyPair, count: int) -> list[bytes]:
    draw = random.Random(count)
    octets = {5: 20, 7: 20, 8: 32, 10: 64, 13: 32, 14: 48}
    return [draw.randbytes(octets.get(pair.algorithm) or draw.randrange(200)) for _ in range(count)]


@pytest.mark.parametrize("name", KEYS)
def test_every_lane_and_every_partial_group_signs_as_libcrypto_does(
    name: str, library: ctypes.CDLL, pairs: dict[str, KeyPair]
) -> None:
    key, ours = LibraryKey(library, pairs[name], "crypto_mb"), pairs[name].load("openssl")
    assert (key.status, key.message) == (OK, "")
    assert is_called(key)
    for count in (1, 7, 8, 9) if "RSA" in name else (*range(1, 18), 100):
        rows = rows_for(pairs[name], count)
        assert key.sign(rows) == sign(ours, rows)
        assert key.status == OK
    key.close()


@pytest.mark.parametrize("name", ["P-256", "P-384"])
def test_a_digest_beyond_the_order_is_reduced_before_it_goes_in(
    name: str, library: ctypes.CDLL, pairs: dict[str, KeyPair]
) -> None:
    key, width = LibraryKey(library, pairs[name], "crypto_mb"), 32 if name == "P-256" else 48
    rows = [b"\xff" * width, bytes(width), b"\xff" * width]
    assert key.sign(rows) == sign(pairs[name].load("openssl"), rows)
    assert key.status == OK
    key.close()


@pytest.mark.parametrize("lane", range(8))
def test_a_lane_with_r_or_s_zero_is_signed_anew(lane: int, library: ctypes.CDLL, pairs: dict[str, KeyPair]) -> None:
    key = LibraryKey(library, pairs["P-256"], "crypto_mb")
    turn(library, lane=lane, status=SIGNATURE, flip=lane)
    rows = rows_for(pairs["P-256"], 13)
    assert key.sign(rows) == sign(pairs["P-256"].load("openssl"), rows)
    assert key.status == OK
    key.close()


@pytest.mark.parametrize(
    ("name", "status"),
    [("P-256", MISMATCH), ("P-384", MISMATCH), ("Ed25519", SIGNATURE), ("RSA-1024", MISMATCH), ("P-256", 10)],
)
def test_any_other_status_of_any_lane_stops_the_batch(
    name: str, status: int, library: ctypes.CDLL, pairs: dict[str, KeyPair]
) -> None:
    for lane in (0, 3, 7):
        key = LibraryKey(library, pairs[name], "crypto_mb")
        turn(library, lane=lane, status=status)
        signatures = key.sign(rows_for(pairs[name], 5))
        assert key.status == ERROR_CRYPTO
        assert f"lane status {status << 4 * lane:08x}" in key.message
        assert set(b"".join(signatures)) == {0}
        turn(library, lane=-1)
        key.close()


def test_every_rsa_signature_is_checked_in_whichever_lane_the_fault_is(
    library: ctypes.CDLL, pairs: dict[str, KeyPair]
) -> None:
    key = LibraryKey(library, pairs["RSA-1024"], "crypto_mb")
    for lane in range(8):
        turn(library, flip=lane)
        signatures = key.sign(rows_for(pairs["RSA-1024"], 8))
        assert key.status == ERROR_CRYPTO
        assert "does not verify" in key.message
        assert set(b"".join(signatures)) == {0}
    key.close()


@pytest.mark.parametrize("name", ["P-256", "P-384", "Ed25519", "RSA-2048"])
def test_the_proof_at_load_covers_every_lane(
    name: str, library: ctypes.CDLL, pairs: dict[str, KeyPair], tmp_path: Path
) -> None:
    fresh = another(library, tmp_path)
    for lane in range(8):
        turn(fresh, flip=lane)
        key = LibraryKey(fresh, pairs[name], "crypto_mb")
        assert key.status == ERROR_CRYPTO
        assert "crypto_mb" in key.message


def test_an_unfit_cpu_leaves_signing_to_the_others(library: ctypes.CDLL, pairs: dict[str, KeyPair]) -> None:
    turn(library, fit=0)
    for pair in pairs.values():
        key = LibraryKey(library, pair)
        assert (key.status, is_called(key)) == (OK, False)
        key.close()
    key = LibraryKey(library, pairs["P-256"], "crypto_mb")
    assert key.status == ERROR_CRYPTO
    assert key.message.startswith("the signing engine 'crypto_mb' does not fit this CPU; there are: ")
    assert "crypto_mb" not in key.message.partition(";")[2]


@pytest.mark.parametrize("bits", ["1280", "2056"])
def test_an_rsa_key_of_another_size_is_left_to_the_others(bits: str, library: ctypes.CDLL, folder: Path) -> None:
    pair = keygen(folder, 8, "-b", bits, name="odd")
    key = LibraryKey(library, pair, "crypto_mb")
    assert (key.status, is_called(key)) == (OK, False)
    key.close()


def test_openssl_can_be_asked_for(library: ctypes.CDLL, pairs: dict[str, KeyPair]) -> None:
    key = LibraryKey(library, pairs["P-256"], "openssl")
    assert (key.status, is_called(key)) == (OK, False)
    key.close()
