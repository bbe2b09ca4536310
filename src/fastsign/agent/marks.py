"""How a file is told from another that has taken its place, without reading it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fastsign.errors import ZoneSyntaxError


class Mark(NamedTuple):
    """A file that is renamed keeps it; one that is written to or replaced does not."""

    inode: int
    octets: int
    modified: int  # nanoseconds since 1970


def mark_of(path: str | int | None) -> Mark | None:
    """The mark of a file, by its path or descriptor; None if there is none."""
    if path is None:
        return None
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return Mark(status.st_ino, status.st_size, status.st_mtime_ns)


Marks = Mapping[str, Mark | None]  # by path; None: there was no such file


def marks_of(paths: Iterable[str]) -> dict[str, Mark | None]:
    """The marks of files; what can't be looked at is left out."""
    marks: dict[str, Mark | None] = {}
    for path in paths:
        try:
            marks[path] = mark_of(path)
        except OSError:
            continue
    return marks


def broken_file(error: Exception) -> dict[str, Mark | None]:
    """The mark of the file that an error is in, if it tells: it may be one that nobody has known of before."""
    return marks_of([os.path.abspath(error.file)]) if isinstance(error, ZoneSyntaxError) and error.file else {}
