"""An HSM process from the outside: started, given rows to sign, watched, and ended when it does not get on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe
from typing import Any

from fastsign._core import Column
from fastsign.keys.pkcs11.pin import Pin
from fastsign.keys.pkcs11.uri import KeyUri

_BUFFERS = 2  # batches given out at once: the HSM never waits for the next
_FAREWELL = 2.0  # seconds in which a process may close its sessions
_FIRST_REST = 0.25  # seconds before an HSM that has failed is tried again; twice as long each time


@dataclass(frozen=True, slots=True)
class Place:
    """A token, and the way in; keys of one place share a process."""

    module: str  # path
    uri: KeyUri  # of a key in it, less its PIN
    pin: Pin | None
    sessions: int
    patience: float  # seconds without a signature after which it is given up
    number: int = 0  # tells several processes of one token apart


@dataclass(frozen=True, slots=True)
class Rows:
    """What a caller wants signed: rows of one key."""

    algorithm: int
    data: memoryview
    offsets: memoryview | None  # of messages; None: rows of `width` octets
    width: int

    def cut(self, first: int, last: int) -> tuple[memoryview, list[int] | None]:
        """The octets of some rows, and where each of them begins if they are messages."""
        if self.offsets is None:
            return self.data[first * self.width : last * self.width], None
        begin = self.offsets[first]
        starts = [offset - begin for offset in self.offsets[first : last + 1]]
        return self.data[begin : self.offsets[last]], starts


@dataclass(frozen=True, slots=True)
class Task:
    """Some of the rows, on their way."""

    rows: Rows
    first: int
    last: int


@dataclass(slots=True)
class Buffer:
    """Memory that a process shares with us, for one batch."""

    rows: Column = field(default_factory=lambda: Column("B"))
    offsets: Column = field(default_factory=lambda: Column("Q"))
    signatures: Column = field(default_factory=lambda: Column("B"))

    @property
    def descriptors(self) -> list[int]:
        return [self.rows.fd, self.offsets.fd, self.signatures.fd]

    def fill(self, task: Task, width: int) -> None:
        octets, starts = task.rows.cut(task.first, task.last)
        count = task.last - task.first
        self.rows.resize(len(octets))
        self.rows.view()[:] = octets
        self.offsets.resize(count + 1)
        if starts is not None:
            for at, start in enumerate(starts):
                self.offsets.view()[at] = start
        self.signatures.resize(0)
        self.signatures.resize(count * width)


@dataclass(slots=True)
class _Expected:
    """An answer that is to come: of a task in a buffer, of a key, or that it is in."""

    task: Task | None = None
    buffer: int = 0
    key: int | None = None


class WorkerFailedError(Exception):
    """A process can't go on; its tasks are to be done again. *is_final*: there is no use in another."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class Worker:
    """One process for one token. It rests when it has failed, and is given up when it has failed for too long."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.keys: list[tuple[KeyUri, int, bytes]] = []
        self.refused: dict[int, str] = {}  # number of a key that is not to be had -> why
        self.lost: str | None = None  # why it has been given up
        self._process: subprocess.Popen[bytes] | None = None
        self._link: Connection | None = None
        self._had: set[int] = set()  # keys that were found
        self._expected: deque[_Expected] = deque()
        self._progress = Column("Q", place.sessions + 1)
        self._buffers = [Buffer() for _ in range(_BUFFERS)]
        self._seen = 0  # signatures, when we last looked
        self._idle = 0.0  # seconds since there was one more
        self._rest, self._next_rest, self._patience = 0.0, _FIRST_REST, place.patience

    # -- what it can do now

    @property
    def link(self) -> Connection | None:
        """Where answers come from; None while it rests."""
        return self._link

    @property
    def is_busy(self) -> bool:
        return bool(self._expected)

    @property
    def has_room(self) -> bool:
        """Can it take one more task?"""
        return self._link is not None and sum(e.task is not None for e in self._expected) < _BUFFERS

    # -- requests

    def start(self) -> None:
        """Start the process, and have it find the keys. What goes wrong comes as an answer."""
        theirs, self._link = Pipe()
        descriptors = [fd for buffer in self._buffers for fd in buffer.descriptors] + [self._progress.fd]
        pin = self.place.pin
        if pin is not None:
            descriptors += pin.descriptors[:2]
        with theirs:
            command = [sys.executable, "-P", "-m", __package__ + ".process", str(theirs.fileno()), str(os.getpid())]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *descriptors),
            )
        self._idle = 0.0
        self._ask(
            "open",
            module=self.place.module,
            token=self.place.uri.describe(),
            pin=None if pin is None else pin.descriptors,
            sessions=self.place.sessions,
            progress=self._progress.fd,
            buffers=[buffer.descriptors for buffer in self._buffers],
        )
        for number in range(len(self.keys)):
            self._ask_for_key(number)

    def add_key(self, uri: KeyUri, algorithm: int, public_key: bytes) -> int:
        """Have it find a key; returns the key's number."""
        key = (uri, algorithm, public_key)
        if key in self.keys:
            return self.keys.index(key)
        self.keys.append(key)
        number = len(self.keys) - 1
        if self._link is not None:
            self._ask_for_key(number)
        return number

    def _ask_for_key(self, number: int) -> None:
        uri, algorithm, public_key = self.keys[number]
        expected = _Expected(key=number)
        self._ask("key", expected, uri=uri.describe(), algorithm=algorithm, public_key=public_key.hex())

    def give(self, task: Task, key: int, width: int) -> None:
        """Give it a task, for which it must have room."""
        used = {expected.buffer for expected in self._expected if expected.task is not None}
        buffer = next(number for number in range(_BUFFERS) if number not in used)
        self._buffers[buffer].fill(task, width)
        octets = len(self._buffers[buffer].rows)
        self._ask("sign", _Expected(task, buffer), key=key, buffer=buffer, count=task.last - task.first, octets=octets)

    def _ask(self, name: str, expected: _Expected | None = None, **arguments: Any) -> None:
        if not self._expected:
            self._idle = 0.0
        self._expected.append(expected or _Expected())
        assert self._link is not None
        with suppress(ConnectionError):  # it is dead, which `answer` is about to find
            self._link.send_bytes(json.dumps({name: arguments}).encode())

    # -- answers

    def answer(self) -> tuple[Task, Buffer] | None:
        """The task that has been done, with its signatures, or None for another request.

        WorkerFailedError if the process can't go on.
        """
        assert self._link is not None
        try:
            answer = json.loads(self._link.recv_bytes())
        except (EOFError, ConnectionError):
            raise WorkerFailedError(f"the process for {self.place.uri.describe()} {self._cause()}") from None
        if "error" in answer:
            raise WorkerFailedError(answer["error"], is_final=answer["refused"])
        self._idle = 0.0
        expected = self._expected.popleft()
        if expected.task is not None:
            return expected.task, self._buffers[expected.buffer]
        if expected.key is not None:
            self._note_key(expected.key, answer["result"])
        return None

    def _note_key(self, number: int, objection: str | None) -> None:
        """A key that was there once may be again; one that never was is refused."""
        if objection is None:
            self._had.add(number)
        elif number in self._had:
            raise WorkerFailedError(objection)
        else:
            self.refused[number] = objection

    def _cause(self) -> str:
        assert self._process is not None
        code = self._process.wait()
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def wait(self, seconds: float) -> None:
        """So much time has gone by without an answer. WorkerFailedError if it has no patience left for this process."""
        if self._link is None:
            self._rest -= seconds
            if self._rest <= 0 and self.lost is None:
                self.start()
            return
        signatures = sum(self._progress.view())
        self._idle = 0.0 if signatures != self._seen or not self._expected else self._idle + seconds
        self._seen = signatures
        if self._idle >= self.place.patience:
            raise WorkerFailedError(f"{self.place.uri.describe()} has not answered for {self.place.patience:g} seconds")

    def give_back(self, task: Task) -> None:
        """A task that it has done wrong counts as undone."""
        self._expected.appendleft(_Expected(task))
        self._idle += self.place.patience / 2  # twice in a row is once too often

    def praise(self) -> None:
        """It has made good signatures."""
        self._next_rest, self._patience = _FIRST_REST, self.place.patience

    def fail(self, failure: WorkerFailedError, *, is_first: bool = False) -> Iterator[Task]:
        """End the process, and try another after a rest or never again; yields the tasks that it has left undone."""
        tasks = [expected.task for expected in self._expected if expected.task is not None]
        self._kill()
        self._patience -= self._idle + self._next_rest
        if failure.is_final or is_first or self._patience <= 0:
            self.lost = str(failure)
        self._rest, self._next_rest, self._idle = self._next_rest, 2 * self._next_rest, 0.0
        yield from tasks

    def end(self) -> None:
        """Let the process leave its token, and end it."""
        if self._link is not None and self._process is not None and not self._expected:
            self._link.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_FAREWELL)
        self._kill()

    def _kill(self) -> None:
        self._expected.clear()
        if self._link is not None:
            self._link.close()
            self._link = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def forget(self) -> None:
        """In a process that was forked: the process is the parent's."""
        self._expected.clear()
        self._link = None
        if self._process is not None:
            self._process.returncode = 0  # nobody here waits for it
            self._process = None
