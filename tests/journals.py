"""Journals in BIND's format, octet by octet."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from fastsign import _core
from fastsign._core import rrtype_from_text

V1, V2 = b";BIND LOG V9\n", b";BIND LOG V9.2\n"

Line = tuple[str, int, str, str]  # owner, TTL, type, RDATA as text; names are relative to the origin


def soa(serial: int, mname: str = "ns") -> Line:
    return ("@", 300, "SOA", f"{mname} hostmaster {serial} 7200 3600 1209600 300")


def record(line: Line, origin: bytes, rrclass: int = 1) -> bytes:
    """A record of a transaction, with its length."""
    owner, ttl, mnemonic, text = line
    rrtype = rrtype_from_text(mnemonic)
    rdata = _core.rdata_from_text(rrtype, text.encode(), origin)
    data = _core.name_from_text(owner, origin) + struct.pack(">HHIH", rrtype, rrclass, ttl, len(rdata)) + rdata
    return struct.pack(">I", len(data)) + data


def transaction(
    before: int, after: int, deleted: Sequence[Line], added: Sequence[Line], origin: bytes, version: int = 2
) -> bytes:
    """One transaction, the SOA records included; version 3 is one of version 1 with a count of zero behind."""
    lines = [soa(before), *deleted, soa(after), *added]
    records = b"".join(record(line, origin) for line in lines)
    if version == 2:
        return struct.pack(">IIII", len(records), len(lines), before, after) + records
    return struct.pack(">III", len(records), before, after) + (b"\0\0\0\0" if version == 3 else b"") + records


def journal(begin: int, end: int, transactions: bytes, kind: bytes = V2, index: int = 0) -> bytes:
    """A whole file; *index*: entries of an index, none of them in use."""
    start = 64 + 8 * index
    places = struct.pack(">IIII", begin, start, end, start + len(transactions))
    head = kind.ljust(16, b"\0") + places + struct.pack(">I", index)
    return head.ljust(start, b"\0") + transactions
