"""A crew of workers does what it can, in order, whatever happens to one of them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from fastsign.pool.crew import Death, work_through


def squares(numbers: Sequence[int], take: Callable[[int], None]) -> list[int]:
    return [number * number for number in numbers]


@pytest.mark.parametrize(("count", "workers", "group"), [(0, 2, 4), (1, 3, 4), (100, 1, 7), (100, 3, 1), (5, 2, 100)])
def test_results_come_in_order(count: int, workers: int, group: int) -> None:
    assert list(work_through(count, squares, workers, group)) == [number * number for number in range(count)]


def test_the_work_is_done_by_other_processes_as_many_as_asked_for() -> None:
    def identify(numbers: Sequence[int], take: Callable[[int], None]) -> list[int]:
        time.sleep(0.02)
        return [os.getpid()] * len(numbers)

    workers = set(work_through(30, identify, 3, 2))
    assert len(workers) == 3
    assert os.getpid() not in workers


@pytest.mark.parametrize("group", [1, 5, 40])
def test_a_death_costs_the_piece_in_hand_and_no_other(group: int) -> None:
    def die_of_some(numbers: Sequence[int], take: Callable[[int], None]) -> list[int]:
        for number in numbers:
            take(number)
            if number % 10 == 3:
                os.kill(os.getpid(), signal.SIGKILL)
        return list(numbers)

    results = list(work_through(40, die_of_some, 2, group))
    deaths = [number for number in range(40) if isinstance(results[number], Death)]
    assert deaths == [3, 13, 23, 33]
    assert {results[number].reason for number in deaths} == {"its worker process was killed by signal 9"}
    assert all(results[number] == number for number in range(40) if number not in deaths)


def test_a_death_of_which_nobody_knows_the_cause_is_narrowed_down() -> None:
    """Nothing is in hand when the worker dies: all pieces of the group are done again, each by itself."""

    def die_at_the_end(numbers: Sequence[int], take: Callable[[int], None]) -> list[int]:
        if 7 in numbers:
            os._exit(3)
        return list(numbers)

    results = list(work_through(20, die_at_the_end, 2, 5))
    assert results[7] == Death("its worker process ended with exit code 3")
    assert [result for result in results if not isinstance(result, Death)] == [*range(7), *range(8, 20)]


def test_an_exception_is_a_death_and_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    def stumble(numbers: Sequence[int], take: Callable[[int], None]) -> list[int]:
        take(numbers[0])
        raise RuntimeError("stumbled")

    (result,) = work_through(1, stumble, 1, 1)
    assert isinstance(result, Death)
    assert "RuntimeError: stumbled" in capfd.readouterr().err


def test_who_stops_listening_ends_the_workers_which_put_their_things_away(tmp_path: Path) -> None:
    def leave_a_file(numbers: Sequence[int], take: Callable[[int], None]) -> list[int]:
        path = tmp_path / str(os.getpid())
        path.touch()
        try:
            time.sleep(0 if 0 in numbers else 60)
        finally:
            path.unlink()
        return list(numbers)

    results = work_through(4, leave_a_file, 2, 1)
    assert next(results) == 0
    while not os.listdir(tmp_path):
        time.sleep(0.01)
    results.close()
    assert os.listdir(tmp_path) == []
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_workers_read_nothing_from_standard_input() -> None:
    def read(numbers: Sequence[int], take: Callable[[int], None]) -> list[bytes]:
        return [os.read(0, 1) for _ in numbers]

    assert list(work_through(2, read, 1, 1)) == [b"", b""]
