"""What signals ask of an agent: SIGTERM and SIGINT to stop, SIGHUP to read its configuration again."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self

from fastsign.cli.main import Terminated

_STOP, _RELOAD = (signal.SIGTERM, signal.SIGINT), signal.SIGHUP


class Signals:
    """Catches the signals while its block runs (fastsign.agent.loop.Waiting).

    The zone in work is finished after the first signal to stop; a second one abandons it.
    """

    def __init__(self) -> None:
        self._stopping = self._reload = False
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before = {number: signal.signal(number, self._caught) for number in (*_STOP, _RELOAD)}

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if number == _RELOAD:
            self._reload = True
        elif self._stopping:
            raise Terminated(number)
        else:
            self._stopping = True
        try:
            os.write(self._wake, b"!")
        except BlockingIOError:
            return  # it has been told often enough

    @property
    def stopping(self) -> bool:
        return self._stopping

    def take_reload(self) -> bool:
        """Has the configuration to be read again? Asked once, that is forgotten."""
        asked, self._reload = self._reload, False
        return asked

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        if select.select([self._woken], [], [], seconds)[0]:
            os.read(self._woken, 4096)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._woken)
        os.close(self._wake)
