"""What the comparison measures of a program and of all its processes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.measure import Measured, ProgramError, measure

HOLD = "import time; block = bytearray(40_000_000); block[::4096] = b'x' * len(block[::4096]); time.sleep(0.4)"
FORK = f"import os\nif os.fork() == 0:\n    {HOLD}\n    os._exit(0)\n{HOLD}\nos.wait()"
BURN = "import os\nif os.fork() == 0:\n    sum(range(5_000_000))\n    os._exit(0)\nos.wait()"


def python(code: str, folder: Path, memory: bool = False) -> Measured:
    return measure([sys.executable, "-S", "-c", code], folder / "log", folder, memory)


def test_the_memory_of_all_processes_is_added_up(tmp_path: Path) -> None:
    peak = python(FORK, tmp_path, memory=True).peak
    assert peak is not None
    assert 80_000_000 < peak < 120_000_000


def test_the_processor_time_of_children_counts(tmp_path: Path) -> None:
    assert python(BURN, tmp_path).cpu > 0.02


def test_memory_is_not_watched_unasked(tmp_path: Path) -> None:
    assert python("", tmp_path).peak is None


def test_a_failing_program_is_an_error_that_shows_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"ended with 3:\nno luck"):
        python("import sys; print('no luck'); sys.exit(3)", tmp_path)
