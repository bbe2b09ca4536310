"""The SOA serial of the signed zone (-N), in the arithmetic of RFC 1982."""

from __future__ import annotations

import time

from fastsign.zone.arithmetic import is_greater

KEEP, INCREMENT, UNIXTIME, DATE = METHODS = ("keep", "increment", "unixtime", "date")

WOULD_NOT_ADVANCE = "Serial number would not advance, using increment method instead"
NOT_ADVANCED = "Serial number not advanced, zone may not transfer"


def day_of(now: int) -> int:
    """The number YYYYMMDD of a moment (seconds since 1970), in local time."""
    return int(time.strftime("%Y%m%d", time.localtime(now)))


def increment(serial: int) -> int:
    """The serial after this one; 0 is passed over."""
    return (serial + 1) % 2**32 or 1


def new_serial(method: str, serial: int, now: int, today: int) -> tuple[int, list[str]]:
    """The serial that *method* gives, and BIND's warnings.

    now: seconds since 1970; today: the number YYYYMMDD in local time.
    """
    if method == KEEP:
        return serial, []
    wanted = {INCREMENT: increment(serial), UNIXTIME: now % 2**32, DATE: today * 100}[method]
    warnings = []
    if not is_greater(wanted, serial):
        if method == UNIXTIME or (method == DATE and not is_greater(today * 100 + 99, serial)):
            warnings.append(WOULD_NOT_ADVANCE)
        wanted = increment(serial)
    if not is_greater(wanted, serial):
        warnings.append(NOT_ADVANCED)
    return wanted, warnings
