"""Run one program and measure it: wall time, processor time, and the peak memory of all its processes."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05


class ProgramError(Exception):
    """The program ended with another exit code than 0."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one program."""

    wall: float  # seconds
    cpu: float  # seconds, of all processes, in user and system mode
    peak: int | None  # octets: largest sum of the proportional set sizes of all processes, where asked for


def measure(command: Sequence[str], log: Path, folder: Path, memory: bool = False) -> Measured:
    """Run *command* in *folder*, its output to *log*.

    Reading the memory disturbs the run: do not use the time of one that does.
    """
    os.sync()  # what earlier runs left to be written is not this one's
    with log.open("wb") as out:
        start = time.perf_counter()
        program = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        watch = Watch(program.pid) if memory else None
        _, status, usage = os.wait4(program.pid, 0)
        wall = time.perf_counter() - start
        program.returncode = os.waitstatus_to_exitcode(status)
    peak = watch.stop() if watch else None
    if program.returncode != 0:
        raise ProgramError(f"{' '.join(command)}\nended with {program.returncode}:\n{log.read_text()[-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, peak)


class Watch:
    """Samples the memory of all processes of one session in a thread."""

    def __init__(self, session: int) -> None:
        self._session, self._peak = session, 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """End sampling and return the peak, in octets."""
        self._done.set()
        self._thread.join()
        return self._peak

    def _sample(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self._peak = max(self._peak, sum(map(proportional_set_size, processes(self._session))))


def processes(session: int) -> list[int]:
    """The processes of a session: a program's workers stay in it even when their parent has gone."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[3]) == session:
                found.append(int(entry))
    return found


def proportional_set_size(pid: int) -> int:
    """Resident octets of a process, a shared page divided by the number of processes that map it; 0 if it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
