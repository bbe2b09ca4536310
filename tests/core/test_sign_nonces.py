"""RFC 6979 nonces against ten lines of Python, candidates out of range, and signatures that come out as zero."""

from __future__ import annotations

import ctypes
import hmac
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from engine_library import OK, LibraryKey, build
from private_keys import KeyPair, write_key

ORDERS = {
    32: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    48: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
}
HASHES = {32: "sha256", 48: "sha384"}
CURVES = {32: (13, ec.SECP256R1()), 48: (14, ec.SECP384R1())}


def reference(width: int, order: int, key: int, digest: bytes, skip: int = 0) -> tuple[int, int]:
    """RFC 6979 section 3.2, where the hash is as wide as the order: (nonce, candidates that were out of range)."""

    def mac(secret: bytes, *parts: bytes) -> bytes:
        return hmac.new(secret, b"".join(parts), HASHES[width]).digest()

    v, k = b"\x01" * width, bytes(width)
    seed = key.to_bytes(width) + (int.from_bytes(digest) % order).to_bytes(width)
    for step in (b"\x00", b"\x01"):
        k = mac(k, v, step, seed)
        v = mac(k, v)
    rejected = 0
    while True:
        v = mac(k, v)
        candidate = int.from_bytes(v)
        if 1 <= candidate < order:
            if skip == 0:
                return candidate, rejected
            skip -= 1
        else:
            rejected += 1
        k = mac(k, v, b"\x00")
        v = mac(k, v)


def nonces(library: ctypes.CDLL, width: int, order: int, key: int, digests: list[bytes], skip: int = 0) -> list[int]:
    context = ctypes.create_string_buffer(4096)
    library.fs_nonce_key_init(context, {32: 0, 48: 1}[width], key.to_bytes(width), order.to_bytes(width))
    out = ctypes.create_string_buffer(width * len(digests))
    library.fs_nonce_words(context, b"".join(digests), ctypes.c_size_t(len(digests)), skip, out)
    return [int.from_bytes(out.raw[i * width : (i + 1) * width], "little") for i in range(len(digests))]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return build(tmp_path_factory.mktemp("nonces"))


@pytest.mark.parametrize("width", ORDERS)
def test_nonces_are_those_of_the_rfc(width: int, library: ctypes.CDLL) -> None:
    draw, order = random.Random(width), ORDERS[width]
    key = draw.randrange(1, order)
    digests = [draw.randbytes(width) for _ in range(50)]
    digests += [value.to_bytes(width) for value in (0, 1, order - 1, order, order + 1, 2 ** (8 * width) - 1)]
    assert nonces(library, width, order, key, digests) == [reference(width, order, key, it)[0] for it in digests]


@pytest.mark.parametrize("width", ORDERS)
def test_a_candidate_out_of_range_is_passed_over(width: int, library: ctypes.CDLL) -> None:
    """With the least order that has the top bit set, every other candidate is too large."""
    draw, order = random.Random(width), 2 ** (8 * width - 1) + 1
    key = draw.randrange(1, order)
    digests = [draw.randbytes(width) for _ in range(200)]
    expected = [reference(width, order, key, it) for it in digests]
    assert nonces(library, width, order, key, digests) == [nonce for nonce, _ in expected]
    assert max(rejected for _, rejected in expected) >= 3


@pytest.mark.parametrize("width", ORDERS)
@pytest.mark.parametrize("skip", [1, 2, 5])
def test_a_nonce_that_was_of_no_use_is_followed_by_the_next(width: int, skip: int, library: ctypes.CDLL) -> None:
    draw, order = random.Random(skip), 2 ** (8 * width - 1) + 1
    key, digests = draw.randrange(1, order), [draw.randbytes(width) for _ in range(20)]
    expected = [reference(width, order, key, it, skip)[0] for it in digests]
    assert nonces(library, width, order, key, digests, skip) == expected


def test_equal_digests_have_equal_nonces_and_no_others_do(library: ctypes.CDLL) -> None:
    draw, order = random.Random(0), ORDERS[32]
    digests = [draw.randbytes(32) for _ in range(3000)]
    found = nonces(library, 32, order, 7, digests + digests) + nonces(library, 32, order, 8, digests)
    assert found[:3000] == found[3000:6000]
    assert len(set(found)) == 6000


# ---- s = 0


def base_multiple(width: int, k: int) -> tuple[int, int]:
    """(x, y) of k G."""
    numbers = ec.derive_private_key(k, CURVES[width][1]).public_key().public_numbers()
    return numbers.x, numbers.y


def key_for_zero(width: int, k: int, digest: int) -> int:
    """The key that with nonce k signs this digest by s = 0: e + r d = 0."""
    order = ORDERS[width]
    return -digest * pow(base_multiple(width, k)[0], -1, order) % order


def write_scalar(folder: Path, width: int, d: int) -> KeyPair:
    x, y = base_multiple(width, d)
    public = x.to_bytes(width) + y.to_bytes(width)
    return write_key(folder, CURVES[width][0], public, PrivateKey=d.to_bytes(width))


def choose(library: ctypes.CDLL, *values: int) -> None:
    array = (ctypes.c_uint64 * 6 * 16).in_dll(library, "chosen_nonces")
    for row, value in zip(array, values, strict=False):
        for i in range(6):
            row[i] = value >> (64 * i) & (2**64 - 1)


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return build(tmp_path_factory.mktemp("chosen"), add=["chosen_nonces.c"], leave_out=["ec_nonce.c"])


@pytest.mark.parametrize("width", ORDERS)
def test_a_signature_with_s_zero_is_made_anew_with_the_next_nonce(
    width: int, chosen: ctypes.CDLL, tmp_path: Path
) -> None:
    ctypes.c_uint.in_dll(chosen, "chosen_most").value = 0
    order, first, second, third = ORDERS[width], 12345, 67890, 424242
    unlucky = 0xABCDEF
    d = key_for_zero(width, first, unlucky)
    choose(chosen, first, first, second, third)  # the second nonce is as unlucky as the first
    key = LibraryKey(chosen, write_scalar(tmp_path, width, d), "openssl")
    assert (key.status, key.message) == (OK, "")

    digests = [1, unlucky, 2, 3, unlucky, *range(10, 150), unlucky]
    signatures = key.sign([value.to_bytes(width) for value in digests])
    assert (key.status, key.message) == (OK, "")
    assert ctypes.c_uint.in_dll(chosen, "chosen_most").value == 2
    for e, signature in zip(digests, signatures, strict=True):
        k = second if e == unlucky else first
        r = base_multiple(width, k)[0] % order
        s = pow(k, -1, order) * (e + r * d) % order
        assert signature == r.to_bytes(width) + s.to_bytes(width)

    choose(chosen, *[first] * 16)
    assert set(b"".join(key.sign([unlucky.to_bytes(width)] * 2))) == {0}
    assert key.status != OK
    key.close()
