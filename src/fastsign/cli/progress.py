"""Progress of a long run on a terminal; nothing in a pipe, nothing for a run that is over within a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_QUIET_FOR, _BETWEEN = 1.0, 0.1  # seconds


class TerminalProgress:
    """A Report's `watch` that draws one line on a terminal.

    It draws from within the calls and has no thread of its own: workers are forked while it is shown.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = time.monotonic() + _QUIET_FOR
        self._display: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, step: str, done: int, total: int) -> None:
        moment = time.monotonic()
        if moment < self._next:
            return
        self._next = moment + _BETWEEN
        display, task = self._shown(step)
        display.update(task, description=step, completed=done, total=total or None)
        display.refresh()

    def close(self) -> None:
        """Take the line off the terminal."""
        if self._display is not None:
            self._display.stop()

    def _shown(self, step: str) -> tuple[Progress, TaskID]:
        if self._display is None or self._task is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            console = Console(file=self._stream)
            self._display = Progress(*columns, console=console, auto_refresh=False, transient=True)
            self._task = self._display.add_task(step, total=None)
            self._display.start()
        return self._display, self._task
