"""Files in BIND's raw format, octet by octet, right and wrong."""

from __future__ import annotations

import random
import struct

HEADER = struct.pack(">III", 2, 0, 0)
APEX = b"\7example\0"
SOA_DATA = b"\2ns\7example\0\4host\7example\0" + struct.pack(">5I", 1, 2, 3, 4, 5)


def rrset(
    owner: bytes, rrtype: int, rdatas: list[bytes], *, ttl: int = 300, covers: int = 0, rrclass: int = 1,
    count: int | None = None, extra: bytes = b"", length: int | None = None,
) -> bytes:  # fmt: skip
    """One RRset; count, length and extra lie about it."""
    count = len(rdatas) if count is None else count
    body = struct.pack(">HHHIIH", rrclass, rrtype, covers, ttl, count, len(owner)) + owner
    body += b"".join(struct.pack(">H", len(rdata)) + rdata for rdata in rdatas) + extra
    return struct.pack(">I", len(body) + 4 if length is None else length) + body


SOA = rrset(APEX, 6, [SOA_DATA])
NS = rrset(APEX, 2, [b"\2ns" + APEX])
A = rrset(b"\2ns" + APEX, 1, [b"\300\0\2\1"])
GOOD = HEADER + SOA + NS + A

# What BIND says of each, and of the zones below, fastsign says too.
WRONG = {
    "text": b"example. 300 IN SOA a. b. 1 2 3 4 5\n",
    "a version to come": struct.pack(">III", 2, 2, 0) + SOA,
    "cut off in an RRset": GOOD[:-3],
    "another class": HEADER + SOA + rrset(APEX, 1, [b"1234"], rrclass=3),
    "no record": HEADER + SOA + rrset(APEX, 1, [b"1234"], count=0),
    "a record less than it says": HEADER + SOA + rrset(APEX, 1, [b"1234"], count=2),
    "too many records": HEADER + SOA + rrset(APEX, 1, [b"1234"], count=65536),
    "an octet too many": HEADER + SOA + rrset(APEX, 1, [b"1234"], extra=b"\0"),
    "a record too many": HEADER + SOA + rrset(APEX, 1, [b"1234"], extra=b"\0\0\0\0"),
    "a long label": HEADER + SOA + rrset(b"\x40" + b"a" * 64 + APEX, 1, [b"1234"]),
    "a pointer": HEADER + SOA + rrset(b"\xc0\x0c", 1, [b"1234"]),
    "a long name": HEADER + SOA + rrset(b"\1a" * 130 + b"\0", 1, [b"1234"]),
    "a name without end": HEADER + SOA + rrset(b"\7exam", 1, [b"1234"]),
    "RDATA too long": HEADER + SOA + rrset(APEX, 1, [b"12345"]),
    "RDATA too short": HEADER + SOA + rrset(APEX, 1, [b"123"]),
    "a pointer in RDATA": HEADER + SOA + rrset(APEX, 2, [b"\xc0\x0c"]),
    "a SOA elsewhere": HEADER + SOA + rrset(b"\1a" + APEX, 6, [SOA_DATA]),
    "NS at a wildcard": HEADER + SOA + rrset(b"\1*" + APEX, 2, [b"\0"]),
    "NSEC3 at a wildcard": HEADER + SOA + rrset(b"\1*" + APEX, 50, [b"\1\0\0\0\0\x14" + b"a" * 20]),
    "a length of 4 GiB": HEADER + SOA + rrset(APEX, 1, [b"1234"], length=0xFFFFFFFF),
    "a length of nothing": HEADER + SOA + rrset(APEX, 1, [b"1234"], length=17),
}

# Well formed, but not zones that can be verified.
WRONG_ZONES = {
    "two SOAs": HEADER + rrset(APEX, 6, [SOA_DATA, SOA_DATA[:-1] + b"\6"]),
    "CNAME and other data": HEADER + SOA + rrset(b"\1c" + APEX, 5, [b"\0"]) + rrset(b"\1c" + APEX, 1, [b"1234"]),
    "two CNAMEs": HEADER + SOA + rrset(b"\1c" + APEX, 5, [b"\0", b"\1a\0"]),
    "no keys": GOOD,
}

# BIND lets these pass, or says it in another way.
STRICTER = {
    "nothing": (b"", "end of file"),
    "half a header": (HEADER[:7], "end of file"),
    "half a length": (GOOD + b"\0\0", "end of file"),
    "a type of questions": (HEADER + SOA + rrset(APEX, 255, [b"1234"]), "invalid use of a meta type"),
    "no type": (HEADER + SOA + rrset(APEX, 0, [b"1234"]), "invalid use of a meta type"),
    "a cover where none is": (HEADER + SOA + rrset(APEX, 1, [b"1234"], covers=2), "FORMERR"),
}


def mutate(data: bytes, draw: random.Random) -> bytes:
    """Change an octet or a few, cut off, repeat or drop a stretch."""
    spoiled, at = bytearray(data), draw.randrange(len(data))
    kind = draw.randrange(6)
    if kind == 0:
        spoiled[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        spoiled[at] = draw.choice([0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFF])
    elif kind == 2:
        del spoiled[at:]
    elif kind == 3:
        del spoiled[at : at + draw.randrange(1, 9)]
    elif kind == 4:
        spoiled[at:at] = spoiled[at : at + draw.randrange(1, 40)]
    else:
        spoiled[at : at + 4] = struct.pack(">I", draw.choice([0, 1, 17, 65535, 65536, 0x7FFFFFFF, 0xFFFFFFFF]))
    return bytes(spoiled)
