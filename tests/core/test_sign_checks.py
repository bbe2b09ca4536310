"""What leaves was checked: a flipped bit is caught, and then nothing of the batch is let out."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_library import ERROR_CRYPTO, OK, LibraryKey, another, build
from private_keys import keygen

ALGORITHMS = (8, 13, 15)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return build(tmp_path_factory.mktemp("faulty"), add=["faulty_engines.c"], leave_out=["engine_table.c"])


@pytest.fixture(scope="module")
def keys(library: ctypes.CDLL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, LibraryKey]]:
    folder = tmp_path_factory.mktemp("keys")
    made = {algorithm: LibraryKey(library, keygen(folder, algorithm)) for algorithm in ALGORITHMS}
    assert all(key.status == OK for key in made.values())
    yield made
    for key in made.values():
        key.close()


@pytest.fixture(autouse=True)
def turned_back(library: ctypes.CDLL) -> Iterator[None]:
    yield
    spoil(library, row=0, to=0)


def spoil(library: ctypes.CDLL, row: int, to: int | None = None, bit: int = 0) -> None:
    """Flip this bit of this row, or of the rows up to the one before *to*."""
    ctypes.c_long.in_dll(library, "faulty_from").value = row
    ctypes.c_long.in_dll(library, "faulty_to").value = row + 1 if to is None else to
    ctypes.c_int.in_dll(library, "faulty_bit").value = bit


def rows(count: int) -> list[bytes]:
    return [i.to_bytes(32) for i in range(count)]


def assert_nothing_left(key: LibraryKey, signatures: list[bytes]) -> None:
    assert key.status == ERROR_CRYPTO
    assert "does not verify; none of the batch was let out" in key.message
    assert set(b"".join(signatures)) == {0}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_flipped_bit_in_the_first_signature_is_caught(
    algorithm: int, library: ctypes.CDLL, keys: dict[int, LibraryKey]
) -> None:
    draw, bits = random.Random(algorithm), 8 * keys[algorithm].pair.signature_length
    for bit in (0, 7, bits - 1, *(draw.randrange(bits) for _ in range(20))):
        spoil(library, row=0, bit=bit)
        assert_nothing_left(keys[algorithm], keys[algorithm].sign(rows(3)))


def test_a_flipped_bit_in_any_rsa_signature_is_caught(library: ctypes.CDLL, keys: dict[int, LibraryKey]) -> None:
    for row in range(12):
        spoil(library, row=row, bit=8 * row + 3)
        assert_nothing_left(keys[8], keys[8].sign(rows(12)))


@pytest.mark.parametrize("algorithm", [13, 15])
def test_the_sample_reaches_every_thousand(algorithm: int, library: ctypes.CDLL, keys: dict[int, LibraryKey]) -> None:
    spoil(library, row=1000, to=2000)  # whichever row is drawn from the second thousand, it is wrong
    assert_nothing_left(keys[algorithm], keys[algorithm].sign(rows(2000)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_first_key_whose_engine_errs_is_not_handed_out(
    algorithm: int, library: ctypes.CDLL, keys: dict[int, LibraryKey], tmp_path: Path
) -> None:
    fresh = another(library, tmp_path)
    spoil(fresh, row=4 if algorithm != 8 else 0)  # the last of the proof: one on every lane and once more
    for _ in range(2):
        key = LibraryKey(fresh, keys[algorithm].pair)
        assert key.status == ERROR_CRYPTO
        assert not key.handle.value
        assert "faulty" in key.message


def test_every_rsa_key_proves_its_primes(library: ctypes.CDLL, keys: dict[int, LibraryKey]) -> None:
    spoil(library, row=0)
    assert LibraryKey(library, keys[8].pair).status == ERROR_CRYPTO
