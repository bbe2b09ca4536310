"""Private keys of `cryptography` as key material of a .private file. The library is imported when there is a key.

It hands secrets out as Python integers and bytes, which can't be wiped. They live in one function's frame, for the
moment it takes to encode them into bytearrays, which whoever asked for them wipes.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from fastsign.keys import facts
from fastsign.keys.write import Material

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_CURVES = {"secp256r1": facts.ECDSAP256SHA256, "secp384r1": facts.ECDSAP384SHA384}


def algorithm_of(key: PrivateKeyTypes) -> int:
    """The DNSSEC algorithm of a private key, RSASHA256 for RSA. ValueError if there is none."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPrivateKey):
        return facts.RSASHA256
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return facts.ED25519
    if isinstance(key, ed448.Ed448PrivateKey):
        return facts.ED448
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise ValueError(f"{type(key).__name__}: DNSSEC has RSA, P-256, P-384, Ed25519 and Ed448 keys")


def material_of(key: PrivateKeyTypes) -> tuple[bytes, Material]:
    """(public key as in a DNSKEY, key material as in a .private file). ValueError as in algorithm_of."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    algorithm = algorithm_of(key)
    if isinstance(key, rsa.RSAPrivateKey):
        return _rsa(key)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _ecdsa(key, 32 if algorithm == facts.ECDSAP256SHA256 else 48)
    assert isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)  # algorithm_of knows no others
    return key.public_key().public_bytes_raw(), [("PrivateKey", _encoded(key.private_bytes_raw()))]


def _rsa(key: RSAPrivateKey) -> tuple[bytes, Material]:
    numbers = key.private_numbers()
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


def _ecdsa(key: EllipticCurvePrivateKey, size: int) -> tuple[bytes, Material]:
    numbers = key.private_numbers()
    point = numbers.public_numbers
    public = point.x.to_bytes(size, "big") + point.y.to_bytes(size, "big")  # RFC 6605 section 4
    return public, [("PrivateKey", _encoded(numbers.private_value.to_bytes(size, "big")))]


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _integer(number: int) -> bytearray:
    return _encoded(_octets(number))


def _encoded(octets: bytes) -> bytearray:
    return bytearray(base64.b64encode(octets))
