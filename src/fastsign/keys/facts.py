"""What is known of a key from its DNSKEY RDATA: algorithm, tag, size, role."""

from __future__ import annotations

from typing import NamedTuple

from fastsign.keys import names

ZONE, SEP, REVOKE = 0x0100, 0x0001, 0x0080  # DNSKEY flags (RFC 4034 section 2.1.1, RFC 5011 section 3)
DNSSEC_PROTOCOL = 3
_NO_AUTHENTICATION = 0x8000  # flag of a KEY that may not be used for signatures (RFC 2535 section 3.1.2)

RSASHA1, NSEC3RSASHA1, RSASHA256, RSASHA512 = 5, 7, 8, 10
ECDSAP256SHA256, ECDSAP384SHA384, ED25519, ED448 = 13, 14, 15, 16

# Mnemonics as BIND prints them (RFC 8624's table and the older ones).
MNEMONICS = {
    1: "RSAMD5",
    2: "DH",
    3: "DSA",
    5: "RSASHA1",
    6: "NSEC3DSA",
    7: "NSEC3RSASHA1",
    8: "RSASHA256",
    10: "RSASHA512",
    12: "ECCGOST",
    13: "ECDSAP256SHA256",
    14: "ECDSAP384SHA384",
    15: "ED25519",
    16: "ED448",
    252: "INDIRECT",
    253: "PRIVATEDNS",
    254: "PRIVATEOID",
}
_NUMBERS = {name: number for number, name in MNEMONICS.items()} | {"ECDSA256": 13, "ECDSA384": 14}

RSA = frozenset({RSASHA1, NSEC3RSASHA1, RSASHA256, RSASHA512})
SUPPORTED = RSA | {ECDSAP256SHA256, ECDSAP384SHA384, ED25519, ED448}
DEPRECATED = frozenset({RSASHA1, NSEC3RSASHA1})
NSEC_ONLY = frozenset({1, 3, RSASHA1})  # a zone with such a key can't use NSEC3 (RFC 5155 section 2)

# Octets of public key, and of signature, where the algorithm fixes them (RFC 6605, RFC 8080).
_KEY_LENGTH = {ECDSAP256SHA256: 64, ECDSAP384SHA384: 96, ED25519: 32, ED448: 57}
_SIGNATURE_LENGTH = {ECDSAP256SHA256: 64, ECDSAP384SHA384: 96, ED25519: 64, ED448: 114}
_BITS = {ECDSAP256SHA256: 256, ECDSAP384SHA384: 384, ED25519: 256, ED448: 456}  # as BIND counts them


def algorithm_name(algorithm: int) -> str:
    """Mnemonic, or the number where there is none."""
    return MNEMONICS.get(algorithm, str(algorithm))


def algorithm_number(text: str) -> int | None:
    """Number of a mnemonic in any case, or of a number up to 255; None if it is neither."""
    if text.isascii() and text.isdigit():
        return int(text) if int(text) <= 255 else None
    return _NUMBERS.get(text.upper())


_CLASSES = {"IN": 1, "CH": 3, "CHAOS": 3, "HS": 4, "HESIOD": 4}
_CLASS_NAMES = {1: "IN", 3: "CH", 4: "HS"}


def class_number(text: str) -> int | None:
    """Number of a class by its mnemonic or as CLASSnnn, in any case; None for another word."""
    word = text.upper()
    digits = word.removeprefix("CLASS")
    if digits != word and digits.isascii() and digits.isdigit() and int(digits) < 2**16:
        return int(digits)
    return _CLASSES.get(word)


def class_name(number: int) -> str:
    """Mnemonic of a class, CLASSnnn for one without (RFC 3597 section 5)."""
    return _CLASS_NAMES.get(number, f"CLASS{number}")


def key_tag(rdata: bytes) -> int:
    """Key tag of DNSKEY RDATA (RFC 4034 appendix B)."""
    if rdata[3] == 1:  # RSAMD5 has a way of its own (appendix B.1)
        return int.from_bytes(rdata[-3:-1], "big") if len(rdata) >= 7 else 0
    total = sum(rdata[0::2]) * 256 + sum(rdata[1::2])
    return (total + (total >> 16)) & 0xFFFF


def with_flags(rdata: bytes, flags: int) -> bytes:
    """The same DNSKEY RDATA with other flags."""
    return flags.to_bytes(2, "big") + rdata[2:]


def revoked_tag(rdata: bytes) -> int:
    """Key tag of the key once it is revoked."""
    return key_tag(with_flags(rdata, dnskey(rdata).flags | REVOKE))


class Dnskey(NamedTuple):
    """The fields of DNSKEY RDATA (RFC 4034 section 2.1)."""

    flags: int
    protocol: int
    algorithm: int
    public_key: bytes


def dnskey(rdata: bytes) -> Dnskey:
    """Take DNSKEY RDATA apart. ValueError if it is shorter than its fixed fields."""
    if len(rdata) < 4:
        raise ValueError("public key is invalid")
    return Dnskey(int.from_bytes(rdata[:2], "big"), rdata[2], rdata[3], rdata[4:])


def rsa_numbers(public_key: bytes) -> tuple[bytes, bytes]:
    """(exponent, modulus) of an RSA public key (RFC 3110 section 2). ValueError if it is malformed."""
    length, at = (public_key[0], 1) if public_key else (0, 0)
    if length == 0 and len(public_key) >= 3:
        length, at = int.from_bytes(public_key[1:3], "big"), 3
    exponent, modulus = public_key[at : at + length], public_key[at + length :]
    if not exponent or not modulus.lstrip(b"\0"):
        raise ValueError("public key is invalid")
    return exponent, modulus


def rsa_public_key(exponent: bytes, modulus: bytes) -> bytes:
    """An RSA public key as in a DNSKEY (RFC 3110 section 2), from big-endian numbers without leading zeros."""
    length = len(exponent)
    head = bytes([length]) if 0 < length < 256 else b"\0" + length.to_bytes(2, "big")
    return head + exponent + modulus


def check_public_key(algorithm: int, public_key: bytes) -> None:
    """ValueError with BIND's words if the algorithm is not ours or the key has the wrong form."""
    if algorithm not in SUPPORTED:
        raise ValueError("algorithm is unsupported")
    if algorithm in RSA:
        rsa_numbers(public_key)
    elif len(public_key) != _KEY_LENGTH[algorithm]:
        raise ValueError("public key is invalid")


def check_point(rdata: bytes) -> None:
    """ValueError with BIND's words if a key that passes check_public_key is a point that is not on its curve."""
    from fastsign._core import PublicKeys

    if rdata[3] in (ECDSAP256SHA256, ECDSAP384SHA384) and not PublicKeys((rdata,)).facts(0)[4]:
        raise ValueError("crypto failure")


def key_bits(algorithm: int, public_key: bytes) -> int:
    """Key size in bits as BIND gives it."""
    if algorithm in RSA:
        return int.from_bytes(rsa_numbers(public_key)[1], "big").bit_length()
    return _BITS[algorithm]


def signature_length(algorithm: int, public_key: bytes) -> int:
    """Octets of a signature."""
    if algorithm in RSA:
        return len(rsa_numbers(public_key)[1].lstrip(b"\0"))
    return _SIGNATURE_LENGTH[algorithm]


def is_zone_key(rdata: bytes) -> bool:
    """Is this DNSKEY one that signs zones (RFC 4034 section 2.1)?"""
    fields = dnskey(rdata)
    return fields.protocol == DNSSEC_PROTOCOL and fields.flags & (ZONE | _NO_AUTHENTICATION) == ZONE


def key_text(zone: bytes, rdata: bytes) -> str:
    """`example/ECDSAP256SHA256/47209`: a key in messages (dst_key_format)."""
    return f"{names.to_message(zone)}/{algorithm_name(rdata[3])}/{key_tag(rdata)}"
