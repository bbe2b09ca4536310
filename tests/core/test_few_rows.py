"""Few rows are added as trees and many in turn: the signatures and the verdicts are the same for any number."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from fastsign._core import EcKey, EcVerifier, Ed25519Key, Ed25519Verifier, ec_kernels, ed25519_kernels

COUNTS = (1, 2, 7, 8, 9, 15, 16, 17, 24, 25, 32, 33, 40, 41, 47, 48, 49, 63, 64, 65, 95, 96, 97, 159, 161, 193, 300)
CURVES = [(bits, kernel) for bits in (256, 384) for kernel in ec_kernels(bits)]


def spoilt(signatures: bytes, length: int, row: int) -> bytes:
    """One bit of one signature is wrong."""
    octets = bytearray(signatures)
    octets[row * length + length - 3] ^= 4
    return bytes(octets)


def check_verdicts(verify: Callable[[bytes], bytes], signatures: bytes, length: int, draw: random.Random) -> None:
    count = len(signatures) // length
    assert verify(signatures) == b"\1" * count
    row = draw.randrange(count)
    assert verify(spoilt(signatures, length, row)) == b"\1" * row + b"\0" + b"\1" * (count - row - 1)


@pytest.mark.parametrize(("bits", "kernel"), CURVES)
@pytest.mark.parametrize("expected", [1, 36, 2000])  # tables that keys share, and tables of its own
def test_ecdsa(bits: int, kernel: str, expected: int) -> None:
    octets, draw = bits // 8, random.Random(bits + expected)
    key = EcKey(bits, draw.randbytes(octets - 1).rjust(octets, b"\0"), kernel)
    verifier = EcVerifier(bits, key.public(), expected, kernel)
    digests = draw.randbytes(octets * max(COUNTS))
    signatures = key.sign(digests)
    check_verdicts(lambda them: verifier.verify(digests, them), signatures, 2 * octets, draw)
    for count in COUNTS:
        first = draw.randrange(max(COUNTS) - count + 1)
        rows = digests[octets * first : octets * (first + count)]
        assert key.sign(rows) == signatures[2 * octets * first : 2 * octets * (first + count)]
        check_verdicts(lambda them, rows=rows: verifier.verify(rows, them), key.sign(rows), 2 * octets, draw)


@pytest.mark.parametrize("kernel", ed25519_kernels())
@pytest.mark.parametrize("expected", [1, 36, 2000])
def test_ed25519(kernel: str, expected: int) -> None:
    draw = random.Random(expected)
    key = Ed25519Key(draw.randbytes(32), kernel)
    verifier = Ed25519Verifier(key.public(), expected, kernel)
    messages = [draw.randbytes(draw.randrange(200)) for _ in range(max(COUNTS))]
    signatures = key.sign(messages)
    check_verdicts(lambda them: verifier.verify(messages, them), signatures, 64, draw)
    for count in COUNTS:
        first = draw.randrange(max(COUNTS) - count + 1)
        rows = messages[first : first + count]
        assert key.sign(rows) == signatures[64 * first : 64 * (first + count)]
        check_verdicts(lambda them, rows=rows: verifier.verify(rows, them), key.sign(rows), 64, draw)
