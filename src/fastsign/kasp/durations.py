"""Durations: ISO 8601 (P1DT2H) and TTL units (1d2h), by BIND's rules, and back to text."""

from __future__ import annotations

import re

LONGEST = 2**32 - 1  # seconds
_MAX_ISO, _MAX_TTL = 79, 63  # characters that BIND reads
_DAY = 86400
_SECONDS = {"Y": 365 * _DAY, "M": 31 * _DAY, "W": 7 * _DAY, "D": _DAY, "TH": 3600, "TM": 60, "TS": 1}
_UNITS = {"w": 7 * _DAY, "d": _DAY, "h": 3600, "m": 60, "s": 1}

NEITHER = "expected ISO 8601 duration or TTL value"
OUT_OF_RANGE = "duration or TTL out of range"


def parse_duration(text: str) -> int:
    """Seconds. A year has 365 days and a month 31; what goes beyond 32 bits is cut there in ISO 8601.

    ValueError with BIND's words, NEITHER or OUT_OF_RANGE.
    """
    seconds = _iso_8601(text)
    return _ttl(text) if seconds is None else seconds


def format_duration(seconds: int) -> str:
    """The shortest ISO 8601 text of days, hours, minutes and seconds: PT1H5M, P14D."""
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    date = f"{days}D" if days else ""
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if number)
    return f"P{date}" + (f"T{time}" if time or not date else "") + ("0S" if not time and not date else "")


def _iso_8601(text: str) -> int | None:
    """Seconds of a duration as isccfg_duration_fromtext reads it, None if it is none."""
    if len(text) > _MAX_ISO or text[:1].upper() != "P":
        return None
    at, total, weeks_excluded = 0, 0, False
    t_at = text.upper().find("T")
    for unit in ("Y", "M", "D", "T", "TH", "TM", "TS"):
        found = t_at if unit == "T" else _find(text, unit, at, t_at)
        if found < 0:
            continue
        if unit != "T":
            number = _number(text, at + 1, found)
            if number is None:
                return None
            total += number * _SECONDS[unit]
        at, weeks_excluded = found, True
    week = text.upper().find("W")
    if week >= 0:
        number = None if weeks_excluded else _number(text, at + 1, week)
        if number is None:
            return None
        total, at = number * _SECONDS["W"], week
    return min(total, LONGEST) if at + 1 == len(text) else None


def _find(text: str, unit: str, at: int, t_at: int) -> int:
    """Where a unit's letter is, from where the last one was on; -1 if it is not, or on the other side of the T."""
    found = text.upper().find(unit[-1], at)
    if found < 0 or (len(unit) == 2 and t_at < 0):
        return -1
    if unit == "M" and 0 <= t_at <= found:
        return -1
    return found


def _number(text: str, at: int, unit_at: int) -> int | None:
    """The number that is followed by the unit's very letter; none at all is 0, as for strtoll."""
    match = re.compile(r"[+-]?[0-9]+").match(text, at)
    number, end = (int(match[0]), match.end()) if match else (0, at)
    if text[end : end + 1] != text[unit_at] or not 0 <= number <= LONGEST:
        return None
    return number


def _ttl(text: str) -> int:
    """Seconds of a TTL as dns_ttl_fromtext reads it."""
    if not text or len(text) > _MAX_TTL:
        raise ValueError(NEITHER)
    total, at = 0, 0
    piece = re.compile(r"([0-9]+)([a-zA-Z]?)", re.ASCII)
    while at < len(text):
        match = piece.match(text, at)
        if match is None or int(match[1]) > LONGEST:
            raise ValueError(NEITHER)
        number, unit = int(match[1]), match[2].lower()
        if not unit:
            if total or match.end() != len(text):  # a plain number stands alone
                raise ValueError(NEITHER)
            total = number
        elif unit in _UNITS:
            total += number * _UNITS[unit]
        else:
            raise ValueError(NEITHER)
        at = match.end()
    if total > LONGEST:
        raise ValueError(OUT_OF_RANGE)
    return total
