"""DS records of a key, and the dsset- file for the parent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from fastsign.keys import facts, names

SHA1, SHA256, SHA384 = 1, 2, 4  # digest types (RFC 3658, RFC 4509, RFC 6605)
_DIGESTS = {SHA1: "sha1", SHA256: "sha256", SHA384: "sha384"}
_DSSET_COLUMN, _HEX_CHUNK = 24, 56


def ds_rdata(owner: bytes, dnskey_rdata: bytes, digest_type: int = SHA256) -> bytes:
    """DS RDATA for a DNSKEY (RFC 4034 section 5.1.4). ValueError for an unknown digest type."""
    if digest_type not in _DIGESTS:
        raise ValueError(f"DS digest type {digest_type} is not one of {', '.join(map(str, _DIGESTS))}")
    digest = hashlib.new(_DIGESTS[digest_type], owner.lower() + dnskey_rdata, usedforsecurity=False).digest()
    return facts.key_tag(dnskey_rdata).to_bytes(2, "big") + bytes([dnskey_rdata[3], digest_type]) + digest


def ds_text(rdata: bytes, chunk: int = 0) -> str:
    """Text of DS RDATA, its digest in pieces of *chunk* characters if that is not 0."""
    digest = rdata[4:].hex().upper()
    pieces = [digest[at : at + chunk] for at in range(0, len(digest), chunk)] if chunk else [digest]
    return f"{int.from_bytes(rdata[:2], 'big')} {rdata[2]} {rdata[3]} {' '.join(pieces)}"


def dsset_name(zone: bytes) -> str:
    """Name of the zone's dsset file: `dsset-example.`."""
    return f"dsset-{names.to_file_text(zone)}"


def keyset_name(zone: bytes) -> str:
    """Name of the zone's keyset file: `keyset-example.`."""
    return f"keyset-{names.to_file_text(zone)}"


def dsset_keys(dnskeys: Iterable[bytes]) -> list[bytes]:
    """The DNSKEYs that a dsset file is about: KSKs, or all zone keys of an algorithm without one; none revoked."""
    usable = []
    for rdata in sorted(dnskeys):
        flags = facts.dnskey(rdata).flags
        if flags & facts.ZONE and not flags & facts.REVOKE:
            usable.append(rdata)
    with_ksk = {rdata[3] for rdata in usable if rdata[1] & facts.SEP}
    return [rdata for rdata in usable if rdata[1] & facts.SEP or rdata[3] not in with_ksk]


def dsset_text(zone: bytes, dnskeys: Iterable[bytes]) -> str:
    """Content of the dsset file for a zone's DNSKEY RDATA, as dnssec-signzone writes it: SHA-256, no TTL."""
    owner = names.to_text(zone)
    pad = " " if len(owner) >= _DSSET_COLUMN else "\t" * -(-(_DSSET_COLUMN - len(owner)) // 8)
    lines = sorted(ds_rdata(zone, rdata) for rdata in dsset_keys(dnskeys))
    return "".join(f"{owner}{pad}IN DS {ds_text(rdata, _HEX_CHUNK)}\n" for rdata in lines)
