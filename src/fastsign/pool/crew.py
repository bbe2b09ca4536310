"""Many independent pieces of work for a few forked processes, where the death of one costs the piece it had in hand.

`pool.workers` is for one piece of work that is cut up: there a death ends it. Here the rest goes on.
"""

from __future__ import annotations

import mmap
import os
import selectors
import signal
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

_WAITING = 2  # groups given to a worker at once: it never waits for the next
_NUMBER, _LENGTH = struct.Struct("q"), struct.Struct("Q")
_NOTHING = -1  # in hand

# work(numbers, take): do the pieces of these numbers and return a picklable result for each; take(number) says which
# piece is in hand.
Work = Callable[[Sequence[int], Callable[[int], None]], list[Any]]


@dataclass(frozen=True, slots=True)
class Death:
    """What a piece of work has instead of a result when its worker died of it."""

    reason: str


class _AskedToEndError(BaseException):
    """SIGTERM, in a worker: temporary files go before it ends."""


@dataclass(slots=True)
class _Worker:
    """A worker process as its parent sees it."""

    process: int
    link: socket.socket
    in_hand: mmap.mmap  # number of the piece
    groups: deque[list[int]] = field(default_factory=deque)  # given out, the first is being worked on


def work_through(count: int, work: Work, workers: int, group: int) -> Iterator[Any]:
    """Yield the result of each of *count* pieces of work, or its Death, in their order.

    *work* gets groups of at most *group* numbers, smaller ones towards the end, so that the workers end together. When
    a worker dies, another takes its place; of the group that it had the piece in hand is given up if it is known, and
    the others are done again, each by itself.
    """
    crew = _Crew(work)
    crew.groups.extend(_cut(count, workers, group))
    try:
        for number in range(count):
            while number not in crew.results:
                crew.hire(workers)
                crew.listen()
            yield crew.results.pop(number)
    finally:
        crew.dismiss()


def _cut(count: int, workers: int, group: int) -> Iterator[list[int]]:
    first = 0
    while first < count:
        size = max(1, min(group, (count - first) // (workers * _WAITING)))
        yield list(range(first, first + size))
        first += size


class _Crew:
    """The workers, what they have to do and what has come of it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.groups: deque[list[int]] = deque()  # nobody has them yet
        self.results: dict[int, Any] = {}  # not yet asked for
        self.workers: list[_Worker] = []
        self.selector = selectors.DefaultSelector()

    def hire(self, workers: int) -> None:
        """Have as many workers as there is work for, and give them some."""
        while self.groups and len(self.workers) < workers:
            worker = self._fork()
            self.workers.append(worker)
            self.selector.register(worker.link, selectors.EVENT_READ, worker)
            self._give(worker)
        for worker in self.workers:
            self._give(worker)

    def listen(self) -> None:
        """Wait for workers to be done with a group, or to die."""
        for key, _ in self.selector.select():
            worker: _Worker = key.data
            try:
                answer = _receive(worker.link)
            except (EOFError, ConnectionError):
                self._bury(worker)
            else:
                self.results.update(zip(worker.groups.popleft(), answer, strict=True))
                self._give(worker)

    def dismiss(self) -> None:
        """End all workers, in the middle of their work if need be, and wait for them."""
        for worker in self.workers:
            worker.link.close()
            os.kill(worker.process, signal.SIGTERM)
        for worker in self.workers:
            os.waitpid(worker.process, 0)
            worker.in_hand.close()
        self.selector.close()

    def _give(self, worker: _Worker) -> None:
        while self.groups and len(worker.groups) < _WAITING:
            worker.groups.append(self.groups.popleft())
            try:
                _send(worker.link, worker.groups[-1])
            except ConnectionError:
                return  # it is dead, which `listen` is about to notice

    def _bury(self, worker: _Worker) -> None:
        """Someone else does what a dead worker has left undone, but for what it died of."""
        self.selector.unregister(worker.link)
        self.workers.remove(worker)
        worker.link.close()
        status = os.waitstatus_to_exitcode(os.waitpid(worker.process, 0)[1])
        (piece,) = _NUMBER.unpack_from(worker.in_hand)
        worker.in_hand.close()
        begun = worker.groups.popleft() if worker.groups else []
        if piece not in begun and len(begun) == 1:
            piece = begun[0]
        if piece in begun:
            self.results[piece] = Death(_cause(status))
        self.groups.extendleft(reversed(worker.groups))
        self.groups.extendleft([number] for number in reversed(begun) if number != piece)

    def _fork(self) -> _Worker:
        link, theirs = socket.socketpair()
        in_hand = mmap.mmap(-1, mmap.PAGESIZE)
        _NUMBER.pack_into(in_hand, 0, _NOTHING)
        parent = os.getpid()
        # A signal's exception between the fork and its notice would leave a child that nobody knows of.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        try:
            process = os.fork()
            if process == 0:
                for other in (link, *(worker.link for worker in self.workers)):
                    other.close()
                _live(self.work, theirs, in_hand, parent)
        finally:
            theirs.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return _Worker(process, link, in_hand)


def _cause(status: int) -> str:
    if status < 0:
        return f"its worker process was killed by signal {-status}"
    return f"its worker process ended with exit code {status}"


# ---- in a worker


def _live(work: Work, link: socket.socket, in_hand: mmap.mmap, parent: int) -> NoReturn:
    """A worker's life: groups come, results go, until the parent hangs up."""
    code = 1
    try:
        _settle_in(parent)
        while True:
            numbers = _receive(link)
            results = work(numbers, lambda number: _NUMBER.pack_into(in_hand, 0, number))
            _NUMBER.pack_into(in_hand, 0, _NOTHING)
            _send(link, results)
    except (EOFError, ConnectionError, _AskedToEndError):
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _settle_in(parent: int) -> None:
    """A worker leaves ^C to its parent, ends when it is asked to or when its parent dies, and reads no input."""
    from fastsign.pool.workers import die_with_parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
        signal.signal(signal.SIGHUP, _end)
    die_with_parent(parent, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)


def _end(*_: object) -> NoReturn:
    raise _AskedToEndError


# ---- messages: a length, and a pickle


def _send(link: socket.socket, message: object) -> None:
    import pickle

    octets = pickle.dumps(message)
    link.sendall(_LENGTH.pack(len(octets)) + octets)


def _receive(link: socket.socket) -> Any:
    """The next message. EOFError, or ConnectionError, if the other side has gone."""
    import pickle

    (length,) = _LENGTH.unpack(_receive_octets(link, _LENGTH.size))
    return pickle.loads(_receive_octets(link, length))


def _receive_octets(link: socket.socket, count: int) -> bytes:
    octets = bytearray(count)
    view = memoryview(octets)
    while view:
        got = link.recv_into(view)
        if got == 0:
            raise EOFError
        view = view[got:]
    return bytes(octets)
