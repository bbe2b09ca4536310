"""What a command sees of the world. A command is a function of an Env and returns an exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Env:
    """The command line, the streams, the clock and the environment of one run.

    argv[0] is the name the command was called by, `called` the path of the running program. `clock` gives seconds since
    1970; a command reads it once.
    """

    argv: tuple[str, ...]
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    cwd: str = ""  # folder that relative paths are meant from; "" is the process's own
    clock: Callable[[], float] = time.time
    environ: Mapping[str, str] = field(default_factory=dict)
    called: str = ""

    @classmethod
    def of_process(cls) -> Env:
        """The Env of this process. A stream that was closed before it began leads nowhere."""
        stdin, stdout, stderr = sys.stdin or _nowhere(), sys.stdout or _nowhere(), sys.stderr or _nowhere()
        return cls(tuple(sys.argv), stdin, stdout, stderr, environ=os.environ, called=sys.argv[0])

    def path(self, path: str) -> str:
        """A path of the command line as this process can open it."""
        return os.path.join(self.cwd, path) if self.cwd else path

    def now(self) -> int:
        """Whole seconds since 1970."""
        return int(self.clock())

    def with_argv(self, argv: tuple[str, ...]) -> Env:
        """The same world with another command line."""
        return replace(self, argv=argv)


def _nowhere() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_RDWR), "w+")
