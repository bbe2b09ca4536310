"""Making keys, with `cryptography`, which is imported when a key is made and not before.

That library hands secrets out as Python integers and bytes, which can't be wiped. They live in one function's frame,
for the moment it takes to encode them into bytearrays that are wiped after writing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from fastsign.keys import facts
from fastsign.keys.write import Material

RSA_BITS = range(1024, 4096 + 1)
RSA_BITS_DEFAULT = 2048
_RSA_EXPONENT = 65537


def make_key(algorithm: int, bits: int = 0) -> tuple[bytes, Material]:
    """(public key as in a DNSKEY, key material as in a .private file) of a fresh key; *bits* counts for RSA only.

    ValueError for an algorithm that is not one of facts.SUPPORTED.
    """
    if algorithm in facts.RSA:
        return _make_rsa(bits or RSA_BITS_DEFAULT)
    makers: dict[int, Callable[[], tuple[bytes, Material]]] = {
        facts.ECDSAP256SHA256: lambda: _make_ecdsa(256),
        facts.ECDSAP384SHA384: lambda: _make_ecdsa(384),
        facts.ED25519: _make_ed25519,
        facts.ED448: _make_ed448,
    }
    if algorithm not in makers:
        raise ValueError(f"unsupported algorithm: {facts.algorithm_name(algorithm)}")
    return makers[algorithm]()


def _make_rsa(bits: int) -> tuple[bytes, Material]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    numbers = rsa.generate_private_key(_RSA_EXPONENT, bits).private_numbers()
    public = numbers.public_numbers
    material = [
        ("Modulus", _integer(public.n)),
        ("PublicExponent", _integer(public.e)),
        ("PrivateExponent", _integer(numbers.d)),
        ("Prime1", _integer(numbers.p)),
        ("Prime2", _integer(numbers.q)),
        ("Exponent1", _integer(numbers.dmp1)),
        ("Exponent2", _integer(numbers.dmq1)),
        ("Coefficient", _integer(numbers.iqmp)),
    ]
    return facts.rsa_public_key(_octets(public.e), _octets(public.n)), material


def _make_ecdsa(bits: int) -> tuple[bytes, Material]:
    from cryptography.hazmat.primitives.asymmetric import ec

    numbers = ec.generate_private_key(ec.SECP256R1() if bits == 256 else ec.SECP384R1()).private_numbers()
    size = bits // 8
    point = numbers.public_numbers
    public = point.x.to_bytes(size, "big") + point.y.to_bytes(size, "big")  # RFC 6605 section 4
    return public, [("PrivateKey", _encoded(numbers.private_value.to_bytes(size, "big")))]


def _make_ed25519() -> tuple[bytes, Material]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return key.public_key().public_bytes_raw(), [("PrivateKey", _encoded(key.private_bytes_raw()))]


def _make_ed448() -> tuple[bytes, Material]:
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey

    key = Ed448PrivateKey.generate()
    return key.public_key().public_bytes_raw(), [("PrivateKey", _encoded(key.private_bytes_raw()))]


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _integer(number: int) -> bytearray:
    return _encoded(_octets(number))


def _encoded(octets: bytes) -> bytearray:
    return bytearray(base64.b64encode(octets))
