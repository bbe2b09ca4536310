"""The digest types of DS records as the command lines of signzone, dsfromkey and cds name them."""

from __future__ import annotations

from collections.abc import Iterator

from fastsign.cli.compat.common import FatalError
from fastsign.keys import ds

_NUMBERS = {"SHA-1": 1, "SHA1": 1, "SHA-256": 2, "SHA256": 2, "GOST": 3, "SHA-384": 4, "SHA384": 4}
_MANY = 7


def digest_number(text: str) -> int | None:
    """Number of a digest type by its mnemonic, or as a number, be there such a type or not; None for other words."""
    return int(text) if text.isascii() and text.isdigit() else _NUMBERS.get(text.upper())


class DigestTypes:
    """The types of -a, -1 and -2, each once, in ascending order; SHA-256 if none was asked for."""

    def __init__(self) -> None:
        self._types: set[int] = set()

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._types) or [ds.SHA256])

    def add(self, text: str) -> None:
        """Add a type by its mnemonic or number. FatalError, in BIND's words, if it is none."""
        number = digest_number(text)
        if number is None or number > 255:
            raise FatalError(f"unknown DS algorithm {text}")
        if number:  # 0 asks for nothing
            self._types.add(number)
        if len(self._types) > _MANY:
            raise FatalError("too many -a digest type arguments")
