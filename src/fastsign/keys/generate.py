"""Making keys, with `cryptography`, which is imported when a key is made and not before."""

from __future__ import annotations

from fastsign.keys import facts
from fastsign.keys.convert import material_of
from fastsign.keys.write import Material

RSA_BITS = range(1024, 4096 + 1)
RSA_BITS_DEFAULT = 2048
_RSA_EXPONENT = 65537


def make_key(algorithm: int, bits: int = 0) -> tuple[bytes, Material]:
    """(public key as in a DNSKEY, key material as in a .private file) of a fresh key; *bits* counts for RSA only.

    ValueError for an algorithm that is not one of facts.SUPPORTED.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if algorithm in facts.RSA:
        return material_of(rsa.generate_private_key(_RSA_EXPONENT, bits or RSA_BITS_DEFAULT))
    if algorithm == facts.ECDSAP256SHA256:
        return material_of(ec.generate_private_key(ec.SECP256R1()))
    if algorithm == facts.ECDSAP384SHA384:
        return material_of(ec.generate_private_key(ec.SECP384R1()))
    if algorithm == facts.ED25519:
        return material_of(ed25519.Ed25519PrivateKey.generate())
    if algorithm == facts.ED448:
        return material_of(ed448.Ed448PrivateKey.generate())
    raise ValueError(f"unsupported algorithm: {facts.algorithm_name(algorithm)}")
