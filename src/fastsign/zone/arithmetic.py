"""Serial number arithmetic (RFC 1982), for SOA serials and for the moments of signatures alike."""

from __future__ import annotations


def is_greater(a: int, b: int) -> bool:
    """Is *a* greater than *b*, both modulo 2**32? (RFC 1982 section 3.2)"""
    return 0 < (a - b) % 2**32 < 2**31
