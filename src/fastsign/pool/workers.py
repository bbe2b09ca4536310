"""Worker processes that share the parent's columns: forked, so nothing but a few integers is ever pickled."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from fastsign.errors import SigningError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

T = TypeVar("T")

# Signals that ask a program to end.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# In a worker: what it inherited from its parent by the fork.
_inherited: dict[str, Any] = {}


class Pool:
    """Runs one function over many small tasks in `workers` processes, or in this one if `workers` is 1.

    The function's first argument is *share*, which is anything: columns inside it are shared memory, all else is
    copied by the fork. A worker that dies ends the run with a SigningError at once; workers die with their parent.
    """

    def __init__(self, workers: int, share: object, executor: Executor | None = None) -> None:
        self.workers = workers
        self._share = share
        self._executor = executor if executor is not None or workers == 1 else _fork_workers(workers, share)

    @property
    def in_flight(self) -> int:
        """How many tasks are given out at most; a task's number modulo this can name its output slot."""
        return 1 if self._executor is None else 2 * self.workers + 2

    def map(self, function: Callable[..., T], tasks: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Yield function(share, *task) for each task, in their order, with at most `in_flight` unfinished or unread."""
        if self._executor is None:
            yield from (function(self._share, *task) for task in tasks)
            return
        from concurrent.futures import BrokenExecutor

        try:
            yield from self._map_in_flight(self._executor, function, tasks)
        except BrokenExecutor:
            message = "a worker process died (killed, or out of memory); nothing was published, try fewer (-n)"
            raise SigningError(message) from None

    def _map_in_flight(
        self, executor: Executor, function: Callable[..., T], tasks: Iterable[tuple[Any, ...]]
    ) -> Iterator[T]:
        waiting: deque[Future[T]] = deque()
        for task in tasks:
            if len(waiting) == self.in_flight:
                yield waiting.popleft().result()
            waiting.append(executor.submit(_run_task, function, *task))
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        """Stop the workers; what they had not begun is given up."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0))


def _fork_workers(workers: int, share: object) -> Executor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    start = get_context("fork")
    pool = ProcessPoolExecutor(workers, mp_context=start, initializer=_begin_worker, initargs=(share, os.getpid()))
    # The first task starts the workers. An exception of a signal's handler in the middle of a fork would be lost.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        pool.submit(_begin_pool)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return pool


def _begin_pool() -> None:
    """The task that starts the workers; it has nothing else to do."""


def _begin_worker(share: object, parent: int) -> None:
    """A worker leaves ^C to its parent and dies with it."""
    _inherited["share"] = share
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup sets it
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    die_with_parent(parent, signal.SIGKILL)


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """Have the system send this process a signal when its parent dies; if it has died already, the process ends."""
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, number)
    if os.getppid() != parent:
        os._exit(1)


def _run_task(function: Callable[..., T], *task: Any) -> T:
    return function(_inherited["share"], *task)
