"""Ed25519 in batches: RFC 8032's vectors, libcrypto's octets and verdicts, and the corners of the curve."""

import hashlib
import itertools
import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fastsign._core import Ed25519Key, Ed25519Verifier, ed25519_kernels, ed25519_probe
from fastsign.errors import SigningError

KERNELS = ed25519_kernels()
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
MUL, SQR, ADD, SUB, NEGATE, INVERT, ORDER_MUL, ORDER_INVERT = range(8)

# RFC 8032 section 7.1: seed, public key, message, signature
RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def rows(signatures: bytes) -> list[bytes]:
    return [signatures[i : i + 64] for i in range(0, len(signatures), 64)]


def libcrypto_verdict(public: bytes, message: bytes, signature: bytes) -> int:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return 0
    return 1


def probe(kernel: str, operation: int, a: int, b: int = 0) -> int:
    return int.from_bytes(
        ed25519_probe(kernel.encode(), operation, a.to_bytes(32, "big"), b.to_bytes(32, "big")), "big"
    )


def check_arithmetic(kernel: str, a: int, b: int) -> None:
    """Field elements are any number below 2^256."""
    assert probe(kernel, MUL, a, b) % P == a * b % P
    assert probe(kernel, SQR, a) % P == a * a % P
    assert probe(kernel, ADD, a, b) % P == (a + b) % P
    assert probe(kernel, SUB, a, b) % P == (a - b) % P
    assert probe(kernel, NEGATE, a) % P == -a % P
    assert probe(kernel, ORDER_MUL, a % L, b) == a % L * b * pow(2**256, -1, L) % L


@pytest.mark.parametrize("kernel", KERNELS)
def test_arithmetic_at_the_boundaries(kernel: str) -> None:
    limbs = itertools.product((0, 2**64 - 1), repeat=4)
    values = [sum(w << (64 * i) for i, w in enumerate(four)) for four in limbs]
    values += [(v + d) % 2**256 for v in (0, 38, P, 2 * P, L, 2**255, P // 2) for d in range(-3, 4)]
    for a, b in itertools.product(values, repeat=2):
        check_arithmetic(kernel, a, b)
    for a in values:
        assert probe(kernel, INVERT, a) % P == pow(a, P - 2, P)
        if a % L:
            assert probe(kernel, ORDER_INVERT, a % L) == pow(a, -1, L) * 2**512 % L


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=500, deadline=None)
@given(a=st.integers(0, 2**256 - 1), b=st.integers(0, 2**256 - 1))
def test_arithmetic(kernel: str, a: int, b: int) -> None:
    check_arithmetic(kernel, a, b)


@pytest.mark.parametrize("kernel", KERNELS)
def test_rfc8032_vectors(kernel: str) -> None:
    for seed, public, message, signature in RFC8032:
        key = Ed25519Key(bytes.fromhex(seed), kernel)
        assert key.public().hex() == public
        assert key.sign([bytes.fromhex(message)]).hex() == signature
        assert (
            Ed25519Verifier(key.public(), 1, kernel).verify([bytes.fromhex(message)], bytes.fromhex(signature)) == b"\1"
        )


@pytest.mark.parametrize("kernel", KERNELS)
def test_octets_equal_libcryptos(kernel: str) -> None:
    draw = random.Random(21)
    for seed in (bytes(32), b"\xff" * 32, *(draw.randbytes(32) for _ in range(20))):
        key, reference = Ed25519Key(seed, kernel), Ed25519PrivateKey.from_private_bytes(seed)
        assert key.public() == reference.public_key().public_bytes_raw()
        messages = [draw.randbytes(draw.randrange(400)) for _ in range(300)]
        assert rows(key.sign(messages)) == [reference.sign(message) for message in messages]


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_length_around_a_block(kernel: str) -> None:
    seed = bytes(range(32))
    messages = [bytes(i % 256 for i in range(length)) for length in (*range(290), 4096, 65535)]
    reference = Ed25519PrivateKey.from_private_bytes(seed)
    assert rows(Ed25519Key(seed, kernel).sign(messages)) == [reference.sign(message) for message in messages]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_signature_does_not_depend_on_its_batch(kernel: str) -> None:
    draw = random.Random(22)
    key = Ed25519Key(draw.randbytes(32), kernel)
    messages = [draw.randbytes(draw.randrange(300)) for _ in range(2100)]
    whole = rows(key.sign(messages))
    assert key.sign([]) == b""
    for first, count in ((0, 1), (3, 7), (5, 8), (100, 9), (0, 1023), (1, 1024), (2, 1025), (0, 2049), (2099, 1)):
        assert rows(key.sign(messages[first : first + count])) == whole[first : first + count]


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_verdict_is_libcryptos(kernel: str) -> None:
    draw = random.Random(23)
    for expected in (0, 100, 3000):
        key = Ed25519Key(draw.randbytes(32), kernel)
        messages = [draw.randbytes(draw.randrange(200)) for _ in range(1500)]
        signatures = rows(key.sign(messages))
        for i in range(0, len(messages), 2):
            signatures[i] = spoil(draw, signatures[i])
        verdicts = Ed25519Verifier(key.public(), expected, kernel).verify(messages, b"".join(signatures))
        assert list(verdicts) == [
            libcrypto_verdict(key.public(), *pair) for pair in zip(messages, signatures, strict=True)
        ]
        assert sum(verdicts) == len(messages) // 2


def spoil(draw: random.Random, signature: bytes) -> bytes:
    """One of the ways in which a signature goes wrong."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    flipped = bytearray(signature)
    flipped[draw.randrange(64)] ^= 1 << draw.randrange(8)
    small = draw.choice((bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xff" * 32))
    return draw.choice(
        (
            bytes(flipped),
            r + (s + L).to_bytes(32, "little"),
            r + ((L - s) % L).to_bytes(32, "little"),
            r + bytes(32),
            r + b"\xff" * 32,
            r + L.to_bytes(32, "little"),
            r[:31] + bytes((r[31] ^ 0x80,)) + signature[32:],
            small + signature[32:],
            signature[32:] + r,
        )
    )


@pytest.mark.parametrize("kernel", KERNELS)
def test_one_bad_signature_anywhere_is_named(kernel: str) -> None:
    draw = random.Random(24)
    key = Ed25519Key(draw.randbytes(32), kernel)
    messages = [draw.randbytes(draw.randrange(200)) for _ in range(2050)]
    signatures = key.sign(messages)
    verifier = Ed25519Verifier(key.public(), 2000, kernel)
    for count in (1, 2, 3, 4, 5, 1023, 1024, 1025, 2050):
        bad = draw.randrange(count)
        wrong = bytearray(signatures[: 64 * count])
        wrong[64 * bad + draw.randrange(64)] ^= 1 << draw.randrange(8)
        verdicts = verifier.verify(messages[:count], bytes(wrong))
        assert [row for row in range(count) if not verdicts[row]] == [bad]
    assert verifier.verify([], b"") == b""


@pytest.mark.parametrize("kernel", KERNELS)
def test_keys_that_are_no_point_of_prime_order_are_refused(kernel: str) -> None:
    y_of_order_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
    mixed = "5866666666666666666666666666666666666666666666666666666666666600"  # no point at all
    wrong = [bytes(32), b"\1" + bytes(31), b"\1" + bytes(30) + b"\x80", (P - 1).to_bytes(32, "little")]
    wrong += [bytes.fromhex(y_of_order_8), bytes.fromhex(mixed), b"\xff" * 32, (P + 3).to_bytes(32, "little")]
    honest = int.from_bytes(Ed25519Key(bytes(32), kernel).public(), "little")
    y, sign = honest % 2**255, honest >> 255
    wrong.append((P - y + ((1 - sign) << 255)).to_bytes(32, "little"))  # (-x, -y): plus the point of order two
    for public in wrong:
        with pytest.raises(SigningError, match="not a canonical point of prime order"):
            Ed25519Verifier(public, 10, kernel)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_neutral_r_is_judged_as_libcrypto_does(kernel: str) -> None:
    """S = h*s and R = (0, 1): valid by the equation, though nobody signs so. The sum of both products is infinite."""
    seed = bytes(range(1, 33))
    key = Ed25519Key(seed, kernel)
    digest = bytearray(hashlib.sha512(seed).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    neutral = b"\1" + bytes(31)
    h = int.from_bytes(hashlib.sha512(neutral + key.public() + b"neutral").digest(), "little")
    signature = neutral + (h * int.from_bytes(digest, "little") % L).to_bytes(32, "little")
    messages = [b"neutral", b"other"] * 3
    verdicts = Ed25519Verifier(key.public(), 10, kernel).verify(messages, signature * 6)
    assert list(verdicts) == [libcrypto_verdict(key.public(), message, signature) for message in messages]
    assert list(verdicts) == [1, 0] * 3


def test_the_portable_variant_is_always_there() -> None:
    assert KERNELS[-1] == "portable"


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="no elliptic-curve kernel named abacus"):
        Ed25519Key(bytes(32), "abacus")
