"""What stands at a path that is to be written: a file may be replaced, a stream is written into."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

_MOST_LINKS = 40  # more than these the system does not follow either


class Destination(NamedTuple):
    """Where the octets go: *path* has no link left that is an ordinary one."""

    path: str
    is_stream: bool = False  # a device, a pipe, a name in /dev or /proc, but a folder too: nothing may take its place
    descriptor: int | None = None  # the open file of this process that the stream is


def find_destination(path: str) -> Destination:
    """Follow links one by one: what those in /proc lead to looks like a file, and is one that somebody has open.

    So /dev/stdout is a stream, whatever it has been redirected to, and so is every link to it.
    """
    is_stream = not path  # where nothing can be put either
    for links in range(_MOST_LINKS):
        kind = _kind(path)
        folder = os.path.realpath(os.path.dirname(path) or ".") if links or kind == stat.S_IFLNK else ""
        if f"{folder}/".startswith("/proc/"):
            return Destination(path, True, _descriptor(folder, os.path.basename(path)))
        if kind != stat.S_IFLNK:
            return Destination(path, is_stream or kind not in (0, stat.S_IFREG))
        is_stream |= folder == "/dev"  # the system's links stay, wherever they lead
        path = os.path.join(folder, os.readlink(path))
    return Destination(path, True)


def _kind(path: str) -> int:
    """Which kind of thing has this name; 0 for none."""
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except OSError:
        return 0


def _descriptor(folder: str, name: str) -> int | None:
    ours = folder in (os.path.realpath("/proc/self/fd"), os.path.realpath("/proc/thread-self/fd"))
    return int(name) if ours and name.isascii() and name.isdigit() else None
