"""The batch kernels' arithmetic against Python's integers, for every variant that this CPU runs."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecdsa_reference import CURVES, P256, P384, Curve
from fastsign._core import ec_kernels, ec_probe

MUL, SQR, ADD, SUB, NEGATE, INVERT, ORDER_MUL, ORDER_INVERT, ORDER_REDUCE = range(9)
VARIANTS = [(curve, kernel) for curve in CURVES for kernel in ec_kernels(curve.bits)]


def edges(curve: Curve, modulus: int) -> list[int]:
    """Numbers below the modulus whose limbs are all zeros or all ones, or next to such."""
    bits = curve.bits
    words = [
        sum(w << (64 * i) for i, w in enumerate(limbs))
        for limbs in itertools.product((0, 2**64 - 1), repeat=bits // 64)
    ]
    near = {
        value + d
        for value in (0, 2**32, 2**64, 2**96, 2 ** (bits - 32), modulus, modulus // 2)
        for d in (-2, -1, 0, 1, 2)
    }
    return sorted({value % modulus for value in (*words, *near, *(2**bits - w for w in words))})


def probe(curve: Curve, kernel: str, operation: int, a: int, b: int = 0) -> int:
    return int.from_bytes(ec_probe(curve.bits, kernel.encode(), operation, curve.bytes(a), curve.bytes(b)), "big")


def check_pair(curve: Curve, kernel: str, a: int, b: int) -> None:
    p, n, scale = curve.p, curve.n, 2**curve.bits
    assert probe(curve, kernel, MUL, a % p, b % p) == a % p * (b % p) * pow(scale, -1, p) % p
    assert probe(curve, kernel, ADD, a % p, b % p) == (a % p + b % p) % p
    assert probe(curve, kernel, SUB, a % p, b % p) == (a % p - b % p) % p
    assert probe(curve, kernel, ORDER_MUL, a % n, b % n) == a % n * (b % n) * pow(scale, -1, n) % n


def check_one(curve: Curve, kernel: str, a: int) -> None:
    p, n, scale = curve.p, curve.n, 2**curve.bits
    assert probe(curve, kernel, SQR, a % p) == (a % p) ** 2 * pow(scale, -1, p) % p
    assert probe(curve, kernel, ORDER_REDUCE, a % scale) == a % scale % n
    if a % p:
        assert probe(curve, kernel, NEGATE, a % p) == -a % p
        assert probe(curve, kernel, INVERT, a % p) == pow(a, -1, p) * scale**2 % p
    if a % n:
        assert probe(curve, kernel, ORDER_INVERT, a % n) == pow(a, -1, n) * scale**2 % n


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_boundary_values(curve: Curve, kernel: str) -> None:
    values = edges(curve, curve.p) + edges(curve, curve.n)
    for a in values:
        check_one(curve, kernel, a)
    for a, b in itertools.product(values[:: 1 if curve is P256 else 3], repeat=2):
        check_pair(curve, kernel, a, b)


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
@settings(max_examples=400, deadline=None)
@given(a=st.integers(0, 2**384 - 1), b=st.integers(0, 2**384 - 1))
@example(a=P384.p - 1, b=P384.p - 1)
@example(a=P256.p - 1, b=P256.p - 1)
def test_any_values(curve: Curve, kernel: str, a: int, b: int) -> None:
    check_pair(curve, kernel, a, b)
    check_one(curve, kernel, a)


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
@settings(max_examples=200, deadline=None)
@given(
    a=st.lists(st.sampled_from((0, 1, 2**32 - 1, 2**32, 2**64 - 2**32, 2**64 - 1)), min_size=6, max_size=6),
    b=st.lists(st.sampled_from((0, 1, 2**32 - 1, 2**32, 2**64 - 2**32, 2**64 - 1)), min_size=6, max_size=6),
)
def test_limbs_that_make_carries(curve: Curve, kernel: str, a: list[int], b: list[int]) -> None:
    numbers = [sum(limb << (64 * i) for i, limb in enumerate(limbs)) % 2**curve.bits for limbs in (a, b)]
    check_pair(curve, kernel, *numbers)
    check_one(curve, kernel, numbers[0])


def test_the_portable_variant_is_always_there() -> None:
    assert ec_kernels(256)[-1] == ec_kernels(384)[-1] == "portable"


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="no elliptic-curve kernel named abacus"):
        ec_probe(256, b"abacus", MUL, bytes(32), bytes(32))
