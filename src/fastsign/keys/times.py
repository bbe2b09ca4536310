"""Moments as key files and command lines write them: YYYYMMDDHHMMSS in UTC, seconds since 1970 modulo 2**32."""

from __future__ import annotations

import time

from fastsign.zone.arithmetic import is_greater

DAY = 86400
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BEFORE_MONTH = tuple(sum(_MONTHS[:month]) for month in range(12))  # days, of a year that is no leap year


def parse_digits(text: str) -> int:
    """Seconds since 1970 of YYYYMMDDHHMMSS (RFC 4034 section 3.2); years before 1970 give negative ones.

    ValueError has BIND's word for what is wrong: "syntax error" or "out of range".
    """
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        raise ValueError("syntax error")
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[8:10]), int(text[10:12]), int(text[12:])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (1 <= month <= 12 and 1 <= day <= _MONTHS[month - 1] + (leap and month == 2)):
        raise ValueError("out of range")
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError("out of range")
    before = year + 399  # years before this one, counted from -399: the calendar repeats after 400 years
    days = before * 365 + before // 4 - before // 100 + before // 400 - 865259  # the last is its value for 1970
    days += _BEFORE_MONTH[month - 1] + (leap and month > 2) + day - 1
    return days * DAY + hour * 3600 + minute * 60 + second


def digits(moment: int) -> str:
    """YYYYMMDDHHMMSS in UTC."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(moment))


def digits_and_local(moment: int) -> str:
    """`YYYYMMDDHHMMSS (Tue Nov 24 01:58:56 2026)`: UTC, then ctime's form in local time."""
    return f"{digits(moment)} ({time.ctime(moment)})"


def is_before(moment: int, other: int) -> bool:
    """Is a moment modulo 2**32 before another, by serial number arithmetic (RFC 4034 section 3.1.5, RFC 1982)?"""
    return is_greater(other, moment)
