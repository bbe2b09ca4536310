"""Options that functions take by name: as the caller gave them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T", bound=Mapping[str, Any])


def given(options: T, kind: type[T], what: str) -> T:
    """Those that are given and not None. TypeError for one that *kind*, a TypedDict, has not."""
    for name in options:
        if name not in kind.__annotations__:
            raise TypeError(f"{what} got an unexpected keyword argument {name!r}")
    return cast(T, {name: value for name, value in options.items() if value is not None})
