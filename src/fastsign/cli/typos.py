"""What a mistyped word was meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def hint(word: str, known: Iterable[str], dashes: str = "") -> str:
    """`; did you mean --algorithm?`, for the end of a complaint, or nothing if no known word is like it."""
    from difflib import get_close_matches

    near = get_close_matches(word, [*known], 1)
    return f"; did you mean {dashes}{near[0]}?" if near else ""
