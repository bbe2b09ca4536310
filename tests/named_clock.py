"""The clock of a program under tests/clock_shift.c: it stands at a second, or runs within it, until it is set."""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
import time
from pathlib import Path

import tools

SOURCE = Path(__file__).with_name("clock_shift.c")
_FOREVER = 2**31 - 1  # milliseconds


class Clock:
    """A clock in a file. Seconds since 1970."""

    def __init__(self, folder: Path, now: int) -> None:
        self._library = folder / "clock_shift.so"
        self._file = folder / "clock"
        command = [tools.find("cc"), "-O2", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)
        self._file.write_bytes(bytes(8))
        with self._file.open("r+b") as file:
            self._word = mmap.mmap(file.fileno(), 8)
        self.now = now
        self.stand_at(now)

    @property
    def environment(self) -> dict[str, str]:
        """For a program that is to have this clock."""
        return {**os.environ, "TZ": "UTC", "LD_PRELOAD": str(self._library), "CLOCK_SHIFT_FILE": str(self._file)}

    def stand_at(self, moment: int) -> None:
        """It is this second sharp until told otherwise."""
        self.now = moment
        self._set(time.monotonic_ns() // 1000000 + _FOREVER)

    def run(self) -> None:
        """Let the milliseconds pass, ever slower, within the second that it is."""
        self._set(time.monotonic_ns() // 1000000)

    def close(self) -> None:
        self._word.close()

    def _set(self, since: int) -> None:
        self._word[:] = struct.pack("<Q", self.now << 32 | since & 0xFFFFFFFF)
