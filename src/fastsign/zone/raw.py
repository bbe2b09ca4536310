"""BIND's raw master format: the header of a file. Its RRsets are read and written by the core."""

from __future__ import annotations

import struct

_FORMAT_RAW = 2
_SERIAL_SET = 2  # flag: the source serial means something


def raw_header(version: int, now: int, source_serial: int | None = None) -> bytes:
    """The octets that begin a raw file of *version* 0 or 1, written at *now* (seconds since 1970).

    The source serial is that of the unsigned zone, for a server that signs inline; version 0 has no room for it.
    """
    head = struct.pack(">III", _FORMAT_RAW, version, now % 2**32)
    if version == 0:
        return head
    flags = 0 if source_serial is None else _SERIAL_SET
    return head + struct.pack(">III", flags, source_serial or 0, 0)
