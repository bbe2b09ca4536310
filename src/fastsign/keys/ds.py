"""DS records of a key, and the dsset- file for the parent."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from fastsign import _core
from fastsign.keys import facts, names

SHA1, SHA256, SHA384 = 1, 2, 4  # digest types (RFC 3658, RFC 4509, RFC 6605)
DIGESTS = {SHA1: "sha1", SHA256: "sha256", SHA384: "sha384"}
_DS, _DNSKEY = 43, 48
_TEXT_STYLE, _DSSET_STYLE = 0, 2  # of the renderer


def ds_rdata(owner: bytes, dnskey_rdata: bytes, digest_type: int = SHA256) -> bytes:
    """DS RDATA for a DNSKEY (RFC 4034 section 5.1.4). ValueError for an unknown digest type."""
    if digest_type not in DIGESTS:
        raise ValueError(f"DS digest type {digest_type} is not one of {', '.join(map(str, DIGESTS))}")
    digest = hashlib.new(DIGESTS[digest_type], owner.lower() + dnskey_rdata, usedforsecurity=False).digest()
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


def dsset_keys(dnskeys: Iterable[bytes], ksks: Collection[bytes] | None = None) -> list[bytes]:
    """The DNSKEYs that a dsset file is about: KSKs, or all zone keys of an algorithm without one; none revoked.

    *ksks*: which are KSKs; without it the SEP bit tells.
    """
    usable = []
    for rdata in sorted(dnskeys):
        flags = facts.dnskey(rdata).flags
        if flags & facts.ZONE and not flags & facts.REVOKE:
            usable.append(rdata)
    is_ksk = {rdata: bool(rdata[1] & facts.SEP) if ksks is None else rdata in ksks for rdata in usable}
    with_ksk = {rdata[3] for rdata in usable if is_ksk[rdata]}
    return [rdata for rdata in usable if is_ksk[rdata] or rdata[3] not in with_ksk]


def dsset_text(zone: bytes, dnskeys: Iterable[bytes], ksks: Collection[bytes] | None = None) -> str:
    """Content of the dsset file for a zone's DNSKEY RDATA, as dnssec-signzone writes it: SHA-256, no TTL."""
    records = sorted(ds_rdata(zone, rdata) for rdata in dsset_keys(dnskeys, ksks))
    return "".join(_core.render_record(zone, _DS, 0, rdata, _DSSET_STYLE).decode("ascii") for rdata in records)


def keyset_text(zone: bytes, dnskeys: Iterable[bytes], ttl: int, ksks: Collection[bytes] | None = None) -> str:
    """Content of the keyset file: the DNSKEY records that the dsset file is about, as dnssec-signzone -C has them."""
    lines, owner = ["$ORIGIN .\n"], "@" if zone == b"\0" else names.to_message(zone)
    for rdata in dsset_keys(dnskeys, ksks):
        head = padded(padded(owner, 24) + str(ttl), 32) + "IN DNSKEY "
        lines.append(head + _core.render_rdata(_DNSKEY, rdata, _TEXT_STYLE).decode("ascii") + "\n")
        owner = ""
    return "".join(lines)


def padded(text: str, column: int) -> str:
    """Tabs and blanks up to a column, at least one (BIND's indent)."""
    at = len(text.expandtabs())
    column = max(column, at + 1)
    tabs = column // 8 - at // 8
    return text + ("\t" * tabs + " " * (column % 8) if tabs else " " * (column - at))
