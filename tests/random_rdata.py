"""Random RDATA of every type that BIND takes, in wire form: what its octets may be, with the corners drawn often."""

from __future__ import annotations

import random
from collections.abc import Callable

from fastsign import _core

Make = Callable[[random.Random], bytes]


def u8(r: random.Random) -> bytes:
    return bytes([r.choice((0, 1, 2, 9, 99, 100, 255, r.randrange(256)))])


def u16(r: random.Random) -> bytes:
    return r.choice((0, 9, 10, 100, 12345, 65535)).to_bytes(2, "big")


def u32(r: random.Random) -> bytes:
    return r.choice((0, 59, 3600, 90061, 1209600, 694861, 4294967295, r.getrandbits(32))).to_bytes(4, "big")


def name(r: random.Random) -> bytes:
    """Labels of all lengths; letters mostly, and what must be escaped."""
    octets = b""
    for _ in range(r.choice((0, 1, 2, 3, 5))):
        size = r.choice((1, 3, 8, 15, 16, 17, 40))
        letters = r.choice((b"abcXYZ019-", b"a_", bytes(range(256)), b'"().;\\@$* \x7f~!'))
        label = bytes(r.choice(letters) for _ in range(size))
        if len(octets) + 1 + size < 255:
            octets += bytes([size]) + label
    return octets + b"\0"


def octets(low: int, high: int) -> Make:
    return lambda r: r.randbytes(r.choice((low, r.randint(low, high), high)))


def string(r: random.Random) -> bytes:
    text = r.choice((b"", b"plain text", b'quo"te \\ back; @$(x)', r.randbytes(r.randrange(256)), b"a" * 255))
    return bytes([len(text)]) + text


def many(make: Make, low: int, high: int) -> Make:
    return lambda r: b"".join(make(r) for _ in range(r.randint(low, high)))


def fixed(value: bytes) -> Make:
    return lambda r: value


def both(*makers: Make) -> Make:
    return lambda r: b"".join(make(r) for make in makers)


def either(*makers: Make) -> Make:
    return lambda r: r.choice(makers)(r)


def prefixed(make: Make, size: int = 1) -> Make:
    def made(r: random.Random) -> bytes:
        value = make(r)
        return len(value).to_bytes(size, "big") + value

    return made


def types(r: random.Random) -> set[int]:
    return {
        r.choice((1, 2, 6, 46, 47, 54, 128, 200, 256, 257, 999, 32769, 65281, 65534)) for _ in range(r.randint(1, 12))
    }


def bitmap(r: random.Random) -> bytes:
    return _core.type_bitmap(types(r))


def nxt_bitmap(r: random.Random) -> bytes:
    bits = bytearray(16)
    for number in (1, *(r.randrange(1, 128) for _ in range(4))):
        bits[number // 8] |= 0x80 >> number % 8
    return bytes(bits).rstrip(b"\0")


def apl_item(r: random.Random) -> bytes:
    family, size, bits = r.choice(((1, 4, 32), (2, 16, 128)))
    address = r.randbytes(r.randint(0, size)).rstrip(b"\0")
    return family.to_bytes(2, "big") + bytes([r.randint(0, bits), len(address) | r.choice((0, 128))]) + address


def address6(r: random.Random) -> bytes:
    """Runs of zero groups everywhere."""
    groups = [r.choice((0, 0, 0, 1, 0xFF, 0xFFF, 0xFFFF)) for _ in range(8)]
    return r.choice(
        (b"".join(g.to_bytes(2, "big") for g in groups), b"\0" * 12 + r.randbytes(4), b"\0" * 10 + b"\xff" * 6)
    )


def loc(r: random.Random) -> bytes:
    sizes = bytes(r.choice((0x00, 0x12, 0x99, 0x10, 0x51, 0x38)) for _ in range(3))
    latitude, longitude = r.randint(-324000000, 324000000), r.randint(-648000000, 648000000)
    places = b"".join((2**31 + place).to_bytes(4, "big") for place in (latitude, longitude))
    return (
        b"\0"
        + sizes
        + places
        + r.choice((0, 9999999, 10000000, 10000005, 2**32 - 1, r.getrandbits(32))).to_bytes(4, "big")
    )


def a6(r: random.Random) -> bytes:
    bits = r.choice((0, 1, 8, 60, 64, 127, 128))
    suffix = bytearray(r.randbytes(16 - bits // 8))
    if bits % 8 and suffix:
        suffix[0] &= 0xFF >> bits % 8
    return bytes([bits]) + bytes(suffix) + (name(r) if bits else b"")


def svc_parameters(r: random.Random) -> bytes:
    ids = many(prefixed(either(fixed(b"h2"), fixed(b'a,b\\c"d;e @(x)'), octets(1, 20))), 1, 3)
    makers: dict[int, Make] = {
        1: ids,
        2: fixed(b""),
        3: octets(2, 2),
        4: many(octets(4, 4), 1, 3),
        5: octets(1, 60),
        6: many(address6, 1, 3),
        8: fixed(b""),
        667: octets(0, 40),
        65535: fixed(b'k"v\\,;@'),
    }
    keys = sorted(r.sample(sorted(makers), r.randint(0, 5)))
    if 2 in keys and 1 not in keys:
        keys.insert(0, 1)
    values = {key: makers[key](r) for key in keys}
    if keys and r.random() < 0.4:
        values[0] = b"".join(key.to_bytes(2, "big") for key in r.sample(keys, 1))
    parameters = (key.to_bytes(2, "big") + len(values[key]).to_bytes(2, "big") + values[key] for key in sorted(values))
    return b"".join(parameters)


def ipseckey(r: random.Random) -> bytes:
    kind = r.randrange(4)
    gateway = (fixed(b""), octets(4, 4), address6, name)[kind](r)
    return u8(r) + bytes([kind, 2]) + gateway + r.randbytes(r.choice((3, 27, 28, 100)))


def amtrelay(r: random.Random) -> bytes:
    kind = r.choice((0, 1, 2, 3, 4, 127))
    relay = {0: fixed(b""), 1: octets(4, 4), 2: address6, 3: name}.get(kind, octets(1, 50))(r)
    return u8(r) + bytes([kind | r.choice((0, 128))]) + relay


def hip(r: random.Random) -> bytes:
    hit, key = r.randbytes(r.randint(1, 30)), r.randbytes(r.choice((1, 27, 28, 200)))
    return bytes([len(hit), 2]) + len(key).to_bytes(2, "big") + hit + key + many(name, 0, 3)(r)


def signature(r: random.Random) -> bytes:
    covered = r.choice((1, 6, 54, 65534)).to_bytes(2, "big")
    times = r.choice((0, 1, 951782400, 1709164800, 1767225599, 2147483647)).to_bytes(4, "big")
    return (
        covered
        + r.choice((b"\5", b"\x08", b"\xc8"))
        + r.choice((b"\5", b"\x09", b"\x0a", b"\x7f"))  # labels: at least those of the signer's name
        + u32(r)
        + times
        + times
        + u16(r)
        + name(r)
        + r.randbytes(r.choice((64, 81, 82, 256)))
    )


def dnskey(r: random.Random) -> bytes:
    flags = r.choice((0, 1, 256, 257, 385, 0xC101)).to_bytes(2, "big")
    algorithm = r.choice((5, 8, 13, 16, 17, 252, 254))
    return flags + b"\3" + bytes([algorithm]) + r.randbytes(r.choice((32, 64, 81, 82, 260)))


def private_dns(r: random.Random) -> bytes:
    return b"\1\1\3\xfd" + name(r) + r.randbytes(40)


def ds(r: random.Random) -> bytes:
    kind, size = r.choice(((1, 20), (2, 32), (4, 48), (200, 37), (0, 1)))
    return u16(r) + bytes([r.choice((0, 8, 13, 250)), kind]) + r.randbytes(size)


def zonemd(r: random.Random) -> bytes:
    kind, size = r.choice(((1, 48), (2, 64), (240, 12), (240, 37)))
    return u32(r) + b"\1" + bytes([kind]) + r.randbytes(size)


def nsec3(r: random.Random) -> bytes:
    return (
        b"\1"
        + r.choice((b"\0", b"\1"))
        + u16(r)
        + prefixed(octets(0, 9))(r)
        + b"\x14"
        + r.randbytes(20)
        + (r.choice((b"", bitmap(r))))
    )


def digits(r: random.Random) -> bytes:
    return str(r.randint(0, 10**12)).encode()


KEY_DATA = octets(1, 100)
RDATA: dict[int, Make] = {
    1: octets(4, 4),
    2: name,
    5: name,
    7: name,
    8: name,
    9: name,
    10: octets(0, 80),
    11: both(octets(5, 5), octets(0, 20)),
    12: name,
    13: both(string, string),
    14: both(name, name),
    15: both(u16, name),
    16: many(string, 1, 4),
    17: both(name, name),
    18: both(u16, name),
    19: prefixed(fixed(b"123456")),
    20: many(string, 1, 2),
    21: both(u16, name),
    22: octets(1, 40),
    23: name,
    24: signature,
    25: either(both(fixed(b"\1\0\3\5"), KEY_DATA), fixed(b"\xc1\1\3\5")),
    26: both(u16, name, name),
    27: fixed(b"\x03-90\x05179.9\x051.000"),
    28: address6,
    29: loc,
    30: both(name, nxt_bitmap),
    31: octets(1, 60),
    32: octets(1, 60),
    33: both(u16, u16, u16, name),
    34: either(both(fixed(b"\1"), digits), both(fixed(b"\0"), octets(20, 20))),
    35: both(u16, u16, string, string, fixed(b"\0"), name),
    36: both(u16, name),
    37: both(
        either(fixed(b"\0\1"), fixed(b"\0\x08"), fixed(b"\0\xfd"), u16),
        u16,
        either(fixed(b"\x08"), fixed(b"\x11")),
        KEY_DATA,
    ),
    38: a6,
    39: name,
    40: both(u8, u8, u8, octets(0, 60)),
    42: many(apl_item, 0, 4),
    43: ds,
    44: either(
        both(u8, fixed(b"\1"), octets(20, 20)),
        both(u8, fixed(b"\2"), octets(32, 32)),
        both(u8, fixed(b"\x63"), octets(1, 40)),
    ),
    45: ipseckey,
    48: either(dnskey, private_dns),
    49: octets(1, 60),
    51: both(fixed(b"\1\0"), u16, prefixed(octets(0, 20))),
    52: both(u8, u8, u8, octets(1, 70)),
    53: both(u8, u8, u8, octets(1, 70)),
    55: hip,
    56: many(string, 1, 3),
    57: both(fixed(b"\0\0"), u8, either(fixed(b"\x08"), fixed(b"\x11")), KEY_DATA),
    58: both(name, name),
    59: ds,
    60: dnskey,
    61: octets(1, 100),
    62: both(u32, u16, either(fixed(b""), bitmap)),
    63: zonemd,
    64: both(fixed(b"\0\1"), name, svc_parameters),
    65: both(fixed(b"\0\x0a"), name, svc_parameters),
    99: many(string, 1, 3),
    104: both(u16, octets(8, 8)),
    66: both(either(fixed(b"\0\x3b"), fixed(b"\xff\0")), u8, u16, name),
    67: octets(1, 100),
    68: octets(1, 100),
    105: both(u16, octets(4, 4)),
    106: both(u16, octets(8, 8)),
    107: both(u16, name),
    108: octets(6, 6),
    109: octets(8, 8),
    256: both(u16, u16, either(octets(0, 60), fixed(b'ftp://"x;y@\\z'))),
    257: both(u8, prefixed(fixed(b"issue")), either(octets(0, 60), fixed(b'a"b\\c;'))),
    258: many(string, 1, 3),
    259: both(u32, u32, u8, string, octets(0, 90)),
    260: amtrelay,
    261: many(string, 1, 2),
    262: many(string, 1, 2),
    100: octets(0, 80),
    101: octets(0, 80),
    102: octets(0, 80),
    103: octets(0, 80),
    999: octets(0, 100),
    32768: ds,
    32769: ds,
    65280: octets(1, 300),
    65533: octets(20, 40),
}


# What dnssec-signzone leaves out of its output when it stands out of the zone.
CHAIN_AND_SIGNATURES: dict[int, Make] = {46: signature, 47: both(name, bitmap), 50: nsec3}
