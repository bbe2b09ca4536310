"""One RRSIG over one RRset whose RDATA has no names in it: RFC 4035 section 5.3, for records that are not in a zone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from fastsign import _core
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names, times

_FIXED = 18  # octets before the signer's name (RFC 4034 section 3.1)
_DNSKEY = 48
_DIGESTS = {5: "sha1", 7: "sha1", 8: "sha256", 10: "sha512", 13: "sha256", 14: "sha384"}


@dataclass(frozen=True, slots=True)
class Rrsig:
    """The fields of RRSIG RDATA (RFC 4034 section 3.1); moments in seconds since 1970 modulo 2**32."""

    covered: int
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    tag: int
    signer: bytes  # wire form
    signature: bytes
    head: bytes  # the RDATA up to the signer's name


def parse_rrsig(rdata: bytes) -> Rrsig:
    """Take RRSIG RDATA, as a loader gives it, apart."""
    end = _FIXED
    while rdata[end]:
        end += 1 + rdata[end]
    end += 1
    ttl, expiration, inception = (int.from_bytes(rdata[at : at + 4], "big") for at in (4, 8, 12))
    return Rrsig(
        int.from_bytes(rdata[:2], "big"),
        rdata[2],
        rdata[3],
        ttl,
        expiration,
        inception,
        int.from_bytes(rdata[16:18], "big"),
        rdata[_FIXED:end],
        rdata[end:],
        rdata[:_FIXED],
    )


def why_not_signed_by(
    dnskey: bytes, rrsig: Rrsig, owner: bytes, rrtype: int, rdatas: tuple[bytes, ...], rrclass: int, now: int
) -> str | None:
    """None if the signature is the key's, over these records, and valid at a moment; else why not, in BIND's words.

    *rdatas* in canonical order and form, *owner* in wire form. The signer's name must be the owner's: the RRset is one
    of a zone's apex. Records that a wildcard has made are no such RRset, and a revoked key vouches for nothing but its
    own DNSKEY RRset (RFC 5011 section 2.1).
    """
    if times.is_before(rrsig.expiration, rrsig.inception):
        return "RRSIG failed to verify"
    if times.is_before(now, rrsig.inception):
        return "RRSIG validity period has not begun"
    if times.is_before(rrsig.expiration, now):
        return "RRSIG has expired"
    fields = facts.dnskey(dnskey)
    if not fields.flags & facts.ZONE or fields.protocol != facts.DNSSEC_PROTOCOL:
        return "key is unauthorized to sign data"
    if fields.flags & facts.REVOKE and rrtype != _DNSKEY:
        return "key is revoked"
    wanted = (rrtype, len(names.labels_of(owner)), owner.lower(), facts.key_tag(dnskey), fields.algorithm)
    if (rrsig.covered, rrsig.labels, rrsig.signer.lower(), rrsig.tag, rrsig.algorithm) != wanted:
        return "RRSIG failed to verify"
    return None if _is_signed(fields, rrsig, signed_data(rrsig, owner, rdatas, rrclass)) else "RRSIG failed to verify"


def signed_data(rrsig: Rrsig, owner: bytes, rdatas: tuple[bytes, ...], rrclass: int) -> bytes:
    """What is signed (RFC 4034 section 3.1.8.1): its digest, or itself for an algorithm that takes it whole."""
    message = _message(rrsig, owner, rdatas, rrclass)
    digest = _DIGESTS.get(rrsig.algorithm)
    return hashlib.new(digest, message, usedforsecurity=False).digest() if digest else message


def _message(rrsig: Rrsig, owner: bytes, rdatas: tuple[bytes, ...], rrclass: int) -> bytes:
    before = owner.lower() + rrsig.covered.to_bytes(2, "big") + rrclass.to_bytes(2, "big")
    before += rrsig.original_ttl.to_bytes(4, "big")
    rows = (before + len(rdata).to_bytes(2, "big") + rdata for rdata in rdatas)
    return rrsig.head + rrsig.signer.lower() + b"".join(rows)


def _is_signed(key: facts.Dnskey, rrsig: Rrsig, data: bytes) -> bool:
    """Does the core find the signature good? A key that is none, or of an unknown algorithm, has signed nothing."""
    if key.algorithm not in facts.SUPPORTED:
        return False
    try:
        return _core.verify_one(key.algorithm, key.public_key, data, rrsig.signature)
    except KeyFileError:
        return False
