"""Moments as key files and command lines write them: YYYYMMDDHHMMSS in UTC, seconds since 1970 modulo 2**32."""

from __future__ import annotations

import time

from fastsign.zone.arithmetic import is_greater

DAY = 86400
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse_digits(text: str) -> int:
    """Seconds since 1970 of YYYYMMDDHHMMSS (RFC 4034 section 3.2); years before 1970 give negative ones.

    ValueError has BIND's word for what is wrong: "syntax error" or "out of range".
    """
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        raise ValueError("syntax error")
    year = int(text[:4])
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
    if not (1 <= month <= 12 and 1 <= day <= _month_days(year, month) and hour <= 23 and minute <= 59 and second <= 60):
        raise ValueError("out of range")
    before = year + 399  # years before this one, counted from -399: the calendar repeats after 400 years
    days = before * 365 + before // 4 - before // 100 + before // 400 - 865259  # the last is its value for 1970
    days += sum(_month_days(year, earlier) for earlier in range(1, month)) + day - 1
    return days * DAY + hour * 3600 + minute * 60 + second


def _month_days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _MONTHS[month - 1]


def digits(moment: int) -> str:
    """YYYYMMDDHHMMSS in UTC."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(moment))


def digits_and_local(moment: int) -> str:
    """`YYYYMMDDHHMMSS (Tue Nov 24 01:58:56 2026)`: UTC, then ctime's form in local time."""
    return f"{digits(moment)} ({time.ctime(moment)})"


def is_before(moment: int, other: int) -> bool:
    """Is a moment modulo 2**32 before another, by serial number arithmetic (RFC 4034 section 3.1.5, RFC 1982)?"""
    return is_greater(other, moment)
