"""ECDSA and RFC 6979 in plain Python: what the batch kernels are held against. Slow and readable."""

import functools
import hashlib
import hmac
from dataclasses import dataclass

Point = tuple[int, int] | None  # None is infinity


@dataclass(frozen=True, slots=True)
class Curve:
    """y^2 = x^3 - 3x + b mod p, of prime order n."""

    bits: int
    p: int
    n: int
    b: int
    generator: tuple[int, int]
    hash: str

    @property
    def octets(self) -> int:
        return self.bits // 8

    def bytes(self, number: int) -> bytes:
        return number.to_bytes(self.octets, "big")


P256 = Curve(
    256,
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    "sha256",
)
P384 = Curve(
    384,
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    (
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
    "sha384",
)
CURVES = (P256, P384)


def add(curve: Curve, a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    p = curve.p
    if a[0] == b[0]:
        if (a[1] + b[1]) % p == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, p) % p
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, p) % p
    x = (slope * slope - a[0] - b[0]) % p
    return x, (slope * (a[0] - x) - a[1]) % p


@functools.cache
def multiply(curve: Curve, k: int, point: Point = None) -> Point:
    """k times *point*, or times the generator."""
    result: Point = None
    addend = point or curve.generator
    for bit in bin(k % curve.n)[:1:-1]:
        if bit == "1":
            result = add(curve, result, addend)
        addend = add(curve, addend, addend)
    return result


def sign(curve: Curve, secret: int, digest: bytes, k: int) -> tuple[int, int]:
    point = multiply(curve, k)
    assert point is not None
    r = point[0] % curve.n
    return r, pow(k, -1, curve.n) * (int.from_bytes(digest, "big") + r * secret) % curve.n


def verify(curve: Curve, public: Point, digest: bytes, r: int, s: int) -> bool:
    """FIPS 186-5 section 6.4.2."""
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    w = pow(s, -1, curve.n)
    u1, u2 = int.from_bytes(digest, "big") * w % curve.n, r * w % curve.n
    point = add(curve, multiply(curve, u1), multiply(curve, u2, public))
    return point is not None and point[0] % curve.n == r


def nonce(curve: Curve, secret: int, digest: bytes, skip: int = 0, order: int | None = None) -> int:
    """RFC 6979 section 3.2, step by step; *skip* passes over so many candidates that are in range."""
    order = order or curve.n

    def mac(key: bytes, message: bytes) -> bytes:
        return hmac.new(key, message, curve.hash).digest()

    seed = curve.bytes(secret) + curve.bytes(int.from_bytes(digest, "big") % order)
    size = hashlib.new(curve.hash).digest_size
    key, value = b"\0" * size, b"\1" * size
    for tag in (b"\0", b"\1"):
        key = mac(key, value + tag + seed)
        value = mac(key, value)
    while True:
        value = mac(key, value)
        candidate = int.from_bytes(value, "big")
        if 0 < candidate < order:
            if skip == 0:
                return candidate
            skip -= 1
        key = mac(key, value + b"\0")
        value = mac(key, value)
