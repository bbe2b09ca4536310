"""The pool: results in order, shared memory, and what happens when something goes wrong in a worker."""

from __future__ import annotations

import os
import signal
import time

import pytest

from fastsign._core import Column
from fastsign.errors import SigningError, ZoneError
from fastsign.pool.workers import Pool


def square(share: Column, number: int) -> int:
    share.view()[number] = number
    time.sleep(0.001 * (number % 3))  # later ones may be done sooner
    return number * number


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_tasks_and_columns_are_shared(workers):
    share = Column("I", 50)
    with Pool(workers, share) as pool:
        assert list(pool.map(square, [(n,) for n in range(50)])) == [n * n for n in range(50)]
    assert share.view().tolist() == list(range(50))


def test_no_more_tasks_are_out_than_there_are_slots():
    given = []

    def tasks():
        for number in range(40):
            given.append(number)
            yield (number,)

    with Pool(2, Column("I", 40)) as pool:
        for read, _ in enumerate(pool.map(square, tasks()), 1):
            assert len(given) <= read + pool.in_flight


def fail(_: object, number: int) -> int:
    if number == 7:
        raise ZoneError("seven")
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_worker_is_the_callers(workers):
    with Pool(workers, None) as pool, pytest.raises(ZoneError, match="seven"):
        list(pool.map(fail, [(n,) for n in range(20)]))


def die(_: object, number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_worker_that_dies_ends_the_run_with_an_error():
    with Pool(2, None) as pool, pytest.raises(SigningError, match="a worker process died"):
        list(pool.map(die, [(n,) for n in range(50)]))


def parent_of(_: object) -> int:
    return os.getppid()


def test_workers_are_children_of_this_process_and_gone_with_the_pool():
    with Pool(2, None) as pool:
        assert list(pool.map(parent_of, [()])) == [os.getpid()]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
