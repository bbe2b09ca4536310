"""Which key signs what, and the constant fields of its RRSIGs."""

from __future__ import annotations

from dataclasses import dataclass

# What a key signs (zone.h). A revoked key signs the DNSKEY RRset alone (RFC 5011 section 2.1).
SIGNS_DNSKEY, SIGNS_CDS, SIGNS_REST = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Signer:
    """One signing key as the kernels see it: no key material, only what stands in its RRSIGs."""

    algorithm: int
    tag: int
    roles: int  # SIGNS_DNSKEY | SIGNS_CDS (and CDNSKEY) | SIGNS_REST
    signature_length: int  # octets
    inception: int  # seconds since 1970, modulo 2**32
    expiration: int
    expiration_dnskey: int  # of RRSIG(DNSKEY)
    jitter: int = 0  # seconds: expiration - uniform[0, jitter), drawn from seed, owner and type
    seed: int = 0
