"""Moments and spans of time as a caller may give them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from fastsign.api.options import TIME, expect

Moment = int | datetime | timedelta  # seconds since 1970; with its time zone; from some other moment
Span = int | timedelta  # seconds


def clock(now: int | datetime | None) -> int:
    """The moment that counts as now, in seconds since 1970; the clock is read if none is given. Errors as of stamp."""
    return int(time.time()) if now is None else stamp(now, "now")


def seconds_since_1970(moment: Moment, base: int) -> int:
    """A moment in seconds since 1970; a timedelta counts from *base*. ValueError for a datetime without a time zone."""
    if isinstance(moment, timedelta):
        return base + seconds(moment)
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError(f"{moment!r} has no time zone: which moment it is depends on the machine")
        return int(moment.timestamp())
    return moment


def seconds(span: Span) -> int:
    """A span in whole seconds."""
    return int(span.total_seconds()) if isinstance(span, timedelta) else span


def number_of_32_bits(name: str, span: Span) -> int:
    """A number, or a span in whole seconds. ValueError unless it fits into 32 bits."""
    number = seconds(span)
    if not 0 <= number < 2**32:
        raise ValueError(f"{name}={number}: it has to be a number of 32 bits")
    return number


def stamp(moment: int | datetime, name: str = "a time") -> int:
    """A moment as key files have it: 32 bits of seconds since 1970. ValueError for one that is out of their range."""
    expect(name, moment, TIME)
    number = seconds_since_1970(moment, 0)
    if not 0 <= number < 2**32:
        raise ValueError(f"{name}={moment!r} is before 1970 or after 2106")
    return number
