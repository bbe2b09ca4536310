"""Arguments as the caller gave them: of the types that they have to be, and known by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, TypeVar, cast

T = TypeVar("T", bound=Mapping[str, Any])
Types = tuple[type, ...]

# What arguments may be. A float is no moment: one that is read back is another.
FLAG: Types = (bool,)
NUMBER: Types = (int,)
TIME: Types = (int, datetime)  # which moment
MOMENT: Types = (int, datetime, timedelta)  # which moment, perhaps counted from another
SPAN: Types = (int, timedelta)
TEXT: Types = (str,)
PATH: Types = (str, PathLike)
OCTETS: Types = (bytes, bytearray, memoryview)
WORDS: Types = (Iterable,)
FUNCTION: Types = (cast(type, Callable),)

TTL_MAX = 2**31 - 1  # seconds (RFC 2181 section 8)


def given(options: T, types: Mapping[str, Types], what: str) -> T:
    """Those that are not None. TypeError for one that *types* has not, or that is of none of its types."""
    for name, value in options.items():
        if name not in types:
            raise TypeError(f"{what} got an unexpected keyword argument {name!r}")
        if value is not None:
            expect(name, value, types[name])
    return cast(T, {name: value for name, value in options.items() if value is not None})


def expect(name: str, value: object, types: Types) -> None:
    """TypeError unless a value is of one of these types. A bool is no number, and one text is no list of words."""
    misled = (isinstance(value, bool) and bool not in types) or (isinstance(value, str) and types is WORDS)
    if misled or not isinstance(value, types):
        wanted = " or ".join(each.__name__ for each in types)
        raise TypeError(f"{name} has to be of type {wanted}, not {type(value).__name__}")


def expect_ttl(name: str, ttl: int | None) -> None:
    """TypeError, or ValueError, for what is no TTL and not None."""
    if ttl is None:
        return
    expect(name, ttl, NUMBER)
    if not 0 <= ttl <= TTL_MAX:
        raise ValueError(f"{name}={ttl}: a TTL is a number of seconds from 0 to {TTL_MAX}")
