"""What a signing has to say while it runs. The command line decides where it goes; nothing below prints."""

from __future__ import annotations

from typing import Protocol


class Tell(Protocol):
    """The listener of one run."""

    verbosity: int  # 0: details are not wanted

    def report(self, line: str) -> None:
        """A line for the user, unless the run is quiet."""

    def warn(self, text: str) -> None:
        """A warning, with the program's name before it."""

    def remark(self, text: str) -> None:
        """A line that is less than a warning, with the program's name before it."""

    def note(self, text: str) -> None:
        """Text for the error stream, as it is."""

    def detail(self, level: int, line: str) -> None:
        """A line for those who asked for this level of verbosity."""


class Silent:
    """Nobody listens."""

    verbosity = 0

    def report(self, line: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def remark(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...

    def detail(self, level: int, line: str) -> None: ...


SILENT = Silent()
