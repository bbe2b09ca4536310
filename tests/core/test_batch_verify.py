"""Verifying in batches: what libcrypto and plain Python accept and refuse, and the additions that have no slope."""

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

import ecdsa_reference as ecdsa
from ecdsa_reference import CURVES, P256, P384, Curve
from fastsign._core import EcKey, EcVerifier, ec_kernels
from fastsign.errors import SigningError

VARIANTS = [(curve, kernel) for curve in CURVES for kernel in ec_kernels(curve.bits)]
OPENSSL = {P256: (ec.SECP256R1(), hashes.SHA256()), P384: (ec.SECP384R1(), hashes.SHA384())}
EXPECTED = (0, 100, 3000)  # windows of 4, 5 and 8 bits


def point_octets(curve: Curve, secret: int) -> bytes:
    x, y = ecdsa.multiply(curve, secret) or (0, 0)
    return curve.bytes(x) + curve.bytes(y)


def pack(curve: Curve, r: int, s: int) -> bytes:
    return curve.bytes(r) + curve.bytes(s)


def openssl_verdict(curve: Curve, public: bytes, digest: bytes, signature: bytes) -> int:
    group, algorithm = OPENSSL[curve]
    size = curve.octets
    numbers = [
        int.from_bytes(part, "big") for part in (public[:size], public[size:], signature[:size], signature[size:])
    ]
    key = ec.EllipticCurvePublicNumbers(*numbers[:2], group).public_key()
    try:
        key.verify(utils.encode_dss_signature(*numbers[2:]), digest, ec.ECDSA(utils.Prehashed(algorithm)))
    except InvalidSignature:
        return 0
    return 1


def mutate(curve: Curve, draw: random.Random, digest: bytes, signature: bytes) -> tuple[bytes, bytes]:
    """One of the ways in which a signature goes wrong (the negated s is the one that stays right)."""
    size, n = curve.octets, curve.n
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    flipped = bytearray(signature)
    flipped[draw.randrange(2 * size)] ^= 1 << draw.randrange(8)
    wrong_digest = bytearray(digest)
    wrong_digest[draw.randrange(size)] ^= 1 << draw.randrange(8)
    return draw.choice(
        (
            (digest, bytes(flipped)),
            (bytes(wrong_digest), signature),
            (digest, pack(curve, s, r)),
            (digest, pack(curve, r, n - s)),
            (digest, pack(curve, n - r, s)),
            (digest, pack(curve, r, (s + 1) % n)),
            (digest, pack(curve, 0, s)),
            (digest, pack(curve, r, 0)),
            (digest, pack(curve, n, s)),
            (digest, pack(curve, r, n)),
            (digest, pack(curve, 2 ** (8 * size) - 1, 2 ** (8 * size) - 1)),
            (digest, pack(curve, min(r + n, 2 ** (8 * size) - 1), s)),
            (bytes(size), signature),
        )
    )


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_the_verdict_is_libcryptos(curve: Curve, kernel: str) -> None:
    draw = random.Random(11)
    count = 1200 if curve is P256 else 300
    for expected in EXPECTED:
        key = EcKey(curve.bits, curve.bytes(draw.randrange(1, curve.n)), kernel)
        digests = [draw.randbytes(curve.octets) for _ in range(count)]
        signed = key.sign(b"".join(digests))
        signatures = [signed[i : i + 2 * curve.octets] for i in range(0, len(signed), 2 * curve.octets)]
        good = zip(digests, signatures, strict=True)
        pairs = [mutate(curve, draw, *pair) if draw.random() < 0.5 else pair for pair in good]
        verdicts = EcVerifier(curve.bits, key.public(), expected, kernel).verify(
            b"".join(digest for digest, _ in pairs), b"".join(signature for _, signature in pairs)
        )
        assert list(verdicts) == [openssl_verdict(curve, key.public(), *pair) for pair in pairs]
        assert 0 < sum(verdicts) < count


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_one_bad_signature_anywhere_is_named(curve: Curve, kernel: str) -> None:
    draw = random.Random(12)
    key = EcKey(curve.bits, curve.bytes(draw.randrange(1, curve.n)), kernel)
    digests = draw.randbytes(1100 * curve.octets)
    signatures = key.sign(digests)
    verifier = EcVerifier(curve.bits, key.public(), 2000, kernel)
    for count in (1, 2, 3, 4, 5, 511, 512, 513, 1100):
        bad = draw.randrange(count)
        wrong = bytearray(signatures[: 2 * count * curve.octets])
        wrong[2 * bad * curve.octets + draw.randrange(2 * curve.octets)] ^= 1 << draw.randrange(8)
        verdicts = verifier.verify(digests[: count * curve.octets], bytes(wrong))
        assert [row for row in range(count) if not verdicts[row]] == [bad]
    assert verifier.verify(b"", b"") == b""


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_swapped_digests_and_keys_fail(curve: Curve, kernel: str) -> None:
    draw = random.Random(13)
    keys = [EcKey(curve.bits, curve.bytes(draw.randrange(1, curve.n)), kernel) for _ in range(2)]
    digests = draw.randbytes(100 * curve.octets)
    swapped = digests[curve.octets :] + digests[: curve.octets]
    verifier = EcVerifier(curve.bits, keys[0].public(), 100, kernel)
    assert verifier.verify(digests, keys[0].sign(digests)) == b"\1" * 100
    assert verifier.verify(swapped, keys[0].sign(digests)) == b"\0" * 100
    assert verifier.verify(digests, keys[1].sign(digests)) == b"\0" * 100


def crafted(curve: Curve, secret: int) -> list[tuple[bytes, int, int]]:
    """Digests and signatures whose u1 and u2 are small, equal, opposite or powers of two: sums that meet themselves.

    With R = u1*G + u2*Q known, r = x(R), s = r/u2 and e = u1*s make a signature that is valid.
    """
    n = curve.n
    small = [1, 2, 15, 16, 2**8, n - 1, n - 2, (n + 1) // 2]
    inverse = pow(secret, -1, n)
    pairs = [(u1, u2) for u1 in (0, *small) for u2 in small]
    pairs += [(u, u * inverse % n) for u in small]  # u1*G = u2*Q: the last addition would be a doubling
    pairs += [(u, -u * inverse % n) for u in small]  # u1*G = -u2*Q: infinity, never valid
    pairs += [(u1, (2**i - u1) * inverse % n) for u1 in small for i in (0, 4, 250)]
    rows = []
    for u1, u2 in pairs:
        if u2 == 0:
            continue
        total = ecdsa.multiply(curve, (u1 + u2 * secret) % n) if (u1 + u2 * secret) % n else None
        r = total[0] % n if total else 7
        s = r * pow(u2, -1, n) % n
        rows.append((curve.bytes(u1 * s % n), r, s))
    return rows


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_additions_of_equal_and_opposite_points(curve: Curve, kernel: str) -> None:
    for secret in (1, 2, curve.n - 1, 3**140 % curve.n):
        rows = crafted(curve, secret)
        public = ecdsa.multiply(curve, secret)
        expected = [int(ecdsa.verify(curve, public, *row)) for row in rows[::4]]
        assert 1 in expected
        digests = b"".join(digest for digest, _, _ in rows)
        signatures = b"".join(pack(curve, r, s) for _, r, s in rows)
        for size in (0, 3000):
            verdicts = EcVerifier(curve.bits, point_octets(curve, secret), size, kernel).verify(digests, signatures)
            assert list(verdicts[::4]) == expected


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_x_beyond_the_order(curve: Curve, kernel: str) -> None:
    """r is x(R) mod n: where r + n is still below p, an R with x = r + n is as good as one with x = r, and no other."""
    x = curve.n
    while True:
        square = (x**3 - 3 * x + curve.b) % curve.p
        y = pow(square, (curve.p + 1) // 4, curve.p)
        if x > curve.n and y * y % curve.p == square:
            break
        x += 1
    digest = curve.bytes(0xABCDEF << 100)
    r, s = x - curve.n, 1234567
    inverse = pow(r, -1, curve.n)
    # Q = (s*R - e*G) / r, so that u1*G + u2*Q = R
    e_point = ecdsa.multiply(curve, -int.from_bytes(digest, "big") * inverse % curve.n)
    public = ecdsa.add(curve, ecdsa.multiply(curve, s * inverse % curve.n, (x, y)), e_point)
    assert public is not None
    octets = curve.bytes(public[0]) + curve.bytes(public[1])
    for number, verdict in ((r, 1), (r + 1, 0), (x, 0)):
        signature = pack(curve, number, s)
        assert list(EcVerifier(curve.bits, octets, 1, kernel).verify(digest, signature)) == [verdict]
        assert openssl_verdict(curve, octets, digest, signature) == verdict


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_a_public_key_off_the_curve_is_refused(curve: Curve, kernel: str) -> None:
    x, y = curve.generator
    top = 2**curve.bits - 1
    for wrong in ((x, y + 1), (x + 1, y), (0, 0), (curve.p, y), (x, curve.p), (0, 1), (top, top)):
        with pytest.raises(SigningError, match="not a point of the curve"):
            EcVerifier(curve.bits, curve.bytes(wrong[0]) + curve.bytes(wrong[1]), 10, kernel)
