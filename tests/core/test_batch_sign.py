"""Signing in batches: RFC 6979's own vectors, plain Python, and libcrypto's verdict."""

import hashlib
import random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

import ecdsa_reference as ecdsa
from ecdsa_reference import CURVES, P256, P384, Curve
from fastsign._core import EcKey, ec_kernels, ec_nonces
from fastsign.errors import KeyFileError

VARIANTS = [(curve, kernel) for curve in CURVES for kernel in ec_kernels(curve.bits)]
OPENSSL = {P256: (ec.SECP256R1(), hashes.SHA256()), P384: (ec.SECP384R1(), hashes.SHA384())}

# RFC 6979 A.2.5 and A.2.6, with the curve's own hash: secret, Ux, Uy, then k, r, s for "sample" and for "test"
RFC6979 = {
    P256: (
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
        {
            b"sample": (
                "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60",
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            b"test": (
                "D16B6AE827F17175E040871A1C7EC3500192C4C92677336EC2537ACAEE0008E0",
                "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
                "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
            ),
        },
    ),
    P384: (
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
        "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13",
        "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720",
        {
            b"sample": (
                "94ED910D1A099DAD3254E9242AE85ABDE4BA15168EAF0CA87A555FD56D10FBCA2907E3E83BA95368623B8C4686915CF9",
                "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
                "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
            ),
            b"test": (
                "015EE46A5BF88773ED9123A5AB0807962D193719503C527B031B4C2D225092ADA71F4A459BC0DA98ADB95837DB8312EA",
                "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB",
                "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
            ),
        },
    ),
}


def rows(data: bytes, octets: int) -> list[bytes]:
    return [data[i : i + octets] for i in range(0, len(data), octets)]


def as_numbers(signature: bytes) -> tuple[int, int]:
    half = len(signature) // 2
    return int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")


def edge_digests(curve: Curve) -> list[bytes]:
    n, top = curve.n, 2**curve.bits - 1
    return [
        curve.bytes(e)
        for e in (0, 1, 2, n - 1, n, n + 1, top - 1, top, n // 2, curve.p, curve.p - 1, 2 ** (curve.bits - 1))
    ]


def openssl_accepts(curve: Curve, secret: int, digest: bytes, signature: bytes) -> None:
    group, algorithm = OPENSSL[curve]
    public = ec.derive_private_key(secret, group).public_key()
    der = utils.encode_dss_signature(*as_numbers(signature))
    public.verify(der, digest, ec.ECDSA(utils.Prehashed(algorithm)))


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_rfc6979_vectors(curve: Curve, kernel: str) -> None:
    secret, x, y, vectors = RFC6979[curve]
    key = EcKey(curve.bits, bytes.fromhex(secret), kernel)
    assert key.public() == bytes.fromhex(x + y)
    for message, (k, r, s) in vectors.items():
        digest = hashlib.new(curve.hash, message).digest()
        assert ec_nonces(curve.bits, bytes.fromhex(secret), curve.bytes(curve.n), digest) == bytes.fromhex(k)
        assert key.sign(digest) == bytes.fromhex(r + s)


@pytest.mark.parametrize("curve", CURVES)
def test_nonces_equal_plain_python_for_groups_of_any_size(curve: Curve) -> None:
    draw = random.Random(1)
    secret = draw.randrange(1, curve.n)
    digests = edge_digests(curve) + [draw.randbytes(curve.octets) for _ in range(40)]
    expected = [curve.bytes(ecdsa.nonce(curve, secret, digest)) for digest in digests]
    for count in (0, 1, 2, 15, 16, 17, 33, len(digests)):
        got = ec_nonces(curve.bits, curve.bytes(secret), curve.bytes(curve.n), b"".join(digests[:count]))
        assert rows(got, curve.octets) == expected[:count]


@pytest.mark.parametrize("curve", CURVES)
def test_candidates_out_of_range_are_rejected(curve: Curve) -> None:
    """A lower order makes happen every other time what never happens with n (RFC 6979 section 3.2 h.3)."""
    draw = random.Random(2)
    order = 2 ** (curve.bits - 1) + 12345
    secret = draw.randrange(1, order)
    digests = edge_digests(curve) + [draw.randbytes(curve.octets) for _ in range(60)]
    for skip in (0, 1, 3):
        expected = [curve.bytes(ecdsa.nonce(curve, secret, digest, skip, order)) for digest in digests]
        got = ec_nonces(curve.bits, curve.bytes(secret), curve.bytes(order), b"".join(digests), skip)
        assert rows(got, curve.octets) == expected


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_edge_secrets_and_digests(curve: Curve, kernel: str) -> None:
    digests = edge_digests(curve)
    for secret in (1, 2, curve.n - 1, 2 ** (curve.bits - 1)):
        key = EcKey(curve.bits, curve.bytes(secret), kernel)
        x, y = ecdsa.multiply(curve, secret) or (0, 0)
        assert key.public() == curve.bytes(x) + curve.bytes(y)
        for digest, signature in zip(digests, rows(key.sign(b"".join(digests)), 2 * curve.octets), strict=True):
            k = ecdsa.nonce(curve, secret, digest)
            assert as_numbers(signature) == ecdsa.sign(curve, secret, digest, k)
            openssl_accepts(curve, secret, digest, signature)


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_a_signature_does_not_depend_on_its_batch(curve: Curve, kernel: str) -> None:
    draw = random.Random(3)
    key = EcKey(curve.bits, curve.bytes(draw.randrange(1, curve.n)), kernel)
    digests = [draw.randbytes(curve.octets) for _ in range(1500)]
    whole = rows(key.sign(b"".join(digests)), 2 * curve.octets)
    assert key.sign(b"") == b""
    for first, count in ((0, 1), (3, 7), (5, 8), (100, 9), (0, 511), (1, 512), (2, 513), (0, 1025), (1499, 1)):
        part = key.sign(b"".join(digests[first : first + count]))
        assert rows(part, 2 * curve.octets) == whole[first : first + count]


@pytest.mark.parametrize("curve", CURVES)
def test_variants_sign_the_same_octets(curve: Curve) -> None:
    draw = random.Random(4)
    secret = curve.bytes(draw.randrange(1, curve.n))
    digests = draw.randbytes(1000 * curve.octets)
    assert len({EcKey(curve.bits, secret, kernel).sign(digests) for kernel in (None, *ec_kernels(curve.bits))}) == 1


@pytest.mark.parametrize("curve", CURVES)
def test_libcrypto_accepts_thousands(curve: Curve) -> None:
    draw = random.Random(5)
    group, algorithm = OPENSSL[curve]
    for _ in range(4):
        secret = draw.randrange(1, curve.n)
        public = ec.derive_private_key(secret, group).public_key()
        digests = [draw.randbytes(curve.octets) for _ in range(1000 if curve is P256 else 250)]
        signatures = EcKey(curve.bits, curve.bytes(secret)).sign(b"".join(digests))
        for digest, signature in zip(digests, rows(signatures, 2 * curve.octets), strict=True):
            public.verify(
                utils.encode_dss_signature(*as_numbers(signature)), digest, ec.ECDSA(utils.Prehashed(algorithm))
            )


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_any_nonce(curve: Curve, kernel: str) -> None:
    """Small nonces, large ones, and each power of two: all digits, both parities, and the pair with one x."""
    draw = random.Random(6)
    n, secret = curve.n, draw.randrange(1, curve.n)
    last = (curve.bits + 5) // 6 * 6 - 6
    special = [k for d in range(1, 65, 2) if 0 < (k := 2 * d * 2**last - n) < n]
    assert special  # the one nonce whose last addition is a doubling
    positive = [*range(1, 70), *(2**i for i in range(0, curve.bits, 1 if curve is P256 else 5)), *special]
    nonces = [*positive, *(n - k for k in positive[::2]), n - special[0]]
    digests = [draw.randbytes(curve.octets) for _ in nonces]
    signatures, again = EcKey(curve.bits, curve.bytes(secret), kernel).sign_with(
        b"".join(digests), b"".join(curve.bytes(k % n) for k in nonces)
    )
    assert not any(again)
    for k, digest, signature in zip(nonces, digests, rows(signatures, 2 * curve.octets), strict=True):
        assert as_numbers(signature) == ecdsa.sign(curve, secret, digest, k % n)


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_a_zero_s_asks_for_another_nonce(curve: Curve, kernel: str) -> None:
    draw = random.Random(7)
    secret, k = draw.randrange(1, curve.n), draw.randrange(1, curve.n)
    r, _ = ecdsa.sign(curve, secret, bytes(curve.octets), k)
    digests = [draw.randbytes(curve.octets), curve.bytes(-r * secret % curve.n), draw.randbytes(curve.octets)]
    _, again = EcKey(curve.bits, curve.bytes(secret), kernel).sign_with(b"".join(digests), curve.bytes(k) * 3)
    assert again == bytes((0, 1, 0))


@pytest.mark.parametrize(("curve", "kernel"), VARIANTS)
def test_secrets_out_of_range_are_refused(curve: Curve, kernel: str) -> None:
    for secret in (0, curve.n, curve.n + 1, 2**curve.bits - 1):
        with pytest.raises(KeyFileError, match=r"not in 1\.\.n-1"):
            EcKey(curve.bits, curve.bytes(secret), kernel)
