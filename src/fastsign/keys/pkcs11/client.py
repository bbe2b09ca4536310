"""Private keys in HSMs, to sign with as with any other: `HsmPrivateKey`. No module is loaded in this process.

A key may be in several tokens. They share its rows, and while one of them works the key signs: one that fails is tried
again for as long as its patience lasts, and is then left out, with a warning.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.util import Finalize

from fastsign import _core
from fastsign._core import Column, PublicKeys
from fastsign.errors import HsmError
from fastsign.keys import facts
from fastsign.keys.pkcs11.settings import HsmKeyReference
from fastsign.keys.pkcs11.worker import Buffer, Place, Rows, Task, Worker, WorkerFailedError

_BATCH = 1024  # rows that a process gets at once: what is done again when it dies, at most twice
_STEP = 0.05  # seconds between two looks at those who are at work


@dataclass(slots=True)
class _Crew:
    """The HSM processes of this process, one for each token. They do not outlive a fork."""

    workers: dict[Place, Worker] = field(default_factory=dict)
    owner: int = 0

    def of(self, place: Place) -> Worker:
        if self.owner != os.getpid():
            for worker in self.workers.values():
                worker.forget()
            self.workers, self.owner = {}, os.getpid()
            Finalize(None, self.dismiss, exitpriority=1)  # in a worker of a pool, too
        if place not in self.workers:
            self.workers[place] = Worker(place)
        return self.workers[place]

    def dismiss(self) -> None:
        if self.owner == os.getpid():
            for worker in self.workers.values():
                worker.end()
        self.workers = {}


_crew = _Crew()


def close_all() -> None:
    """End all HSM processes of this process; keys that are open are of no use any more."""
    _crew.dismiss()


@dataclass(slots=True)
class _Copy:
    """A key in one of its tokens."""

    worker: Worker
    number: int

    @property
    def lost(self) -> str | None:
        """Why it does not sign, if it does not."""
        return self.worker.lost or self.worker.refused.get(self.number)


class HsmPrivateKey:
    """A private key in one or more HSMs. It signs as fastsign._core.PrivateKey does."""

    def __init__(self, reference: HsmKeyReference, *, check_all: bool = False) -> None:
        """Find the key in its tokens, and have it sign there.

        With *check_all* each signature is verified as it comes; else the first and another one of each batch. HsmError
        if none of the tokens has it, or lets us in; what only some of them say goes to `warnings`.
        """
        self.algorithm, self.engine = reference.algorithm, "pkcs11"
        self.signature_length = facts.signature_length(reference.algorithm, reference.public_key)
        self.digest_length = _core.signed_octets(reference.algorithm)
        self.warnings: list[str] = []
        self._public_key, self._check_all = reference.public_key, check_all
        self._checker = PublicKeys((b"\x01\x00\x03" + bytes([self.algorithm]) + self._public_key,), (_BATCH,))
        self._copies: list[_Copy] = []
        for place, uri in reference.copies:
            worker = _crew.of(place)
            number = worker.add_key(uri, reference.algorithm, reference.public_key)
            if worker.link is None and worker.lost is None:
                worker.start()
            self._copies.append(_Copy(worker, number))
        self._work(deque(), None, is_first=True)
        for copy in self._copies:
            if not copy.worker.lost:
                self._tell_of_loss(copy)

    def sign_digests(self, digests: Column, count: int, signatures: Column) -> None:
        """As PrivateKey.sign_digests. HsmError if no token gets on with it."""
        self._sign(Rows(self.algorithm, digests.view(), None, self.digest_length), count, signatures)

    def sign_messages(self, messages: Column, offsets: Column, count: int, signatures: Column) -> None:
        """As PrivateKey.sign_messages. HsmError if no token gets on with it."""
        self._sign(Rows(self.algorithm, messages.view(), offsets.view(), 0), count, signatures)

    def _sign(self, rows: Rows, count: int, signatures: Column) -> None:
        size = max(1, min(_BATCH, -(-count // (2 * len(self._copies)))))
        tasks = deque(Task(rows, first, min(first + size, count)) for first in range(0, count, size))
        self._work(tasks, signatures)

    # -- until all is done

    def _work(self, tasks: deque[Task], signatures: Column | None, *, is_first: bool = False) -> None:
        """Give the tasks out and take the answers in, until there are none to come."""
        while tasks or any(copy.worker.is_busy for copy in self._copies):
            at_hand = [copy for copy in self._copies if copy.lost is None]
            if not at_hand:
                raise self._all_lost()
            for copy in at_hand:
                while tasks and copy.worker.has_room:
                    copy.worker.give(tasks.popleft(), copy.number, self.signature_length)
            self._listen(at_hand, tasks, signatures, is_first)
        if all(copy.lost is not None for copy in self._copies):
            raise self._all_lost()

    def _listen(self, copies: Sequence[_Copy], tasks: deque[Task], signatures: Column | None, is_first: bool) -> None:
        began = time.monotonic()
        ready = wait([copy.worker.link for copy in copies if copy.worker.link is not None], _STEP)
        waited = time.monotonic() - began
        for copy in copies:
            try:
                if copy.worker.link in ready:
                    self._take(copy.worker, signatures)
                else:
                    copy.worker.wait(waited)
            except WorkerFailedError as failure:
                tasks.extendleft(reversed(list(copy.worker.fail(failure, is_first=is_first))))
                self._tell_of_loss(copy)

    def _take(self, worker: Worker, signatures: Column | None) -> None:
        """An answer: signatures, which are looked at before they are anyone's."""
        answer = worker.answer()
        if answer is None:
            return
        task, buffer = answer
        if not self._is_good(task, buffer):
            worker.give_back(task)
            where = worker.place.uri.describe()
            raise WorkerFailedError(f"{where} made a signature that does not verify; it was not used")
        worker.praise()
        assert signatures is not None
        width = self.signature_length
        signatures.view()[task.first * width : task.last * width] = buffer.signatures.view()

    def _is_good(self, task: Task, buffer: Buffer) -> bool:
        count = task.last - task.first
        if self._check_all:
            rows = (buffer.rows, buffer.offsets, count, buffer.signatures)
            return _core.count_good(self._checker, 0, *rows) == count
        return all(self._is_right(task, buffer, row) for row in {0, secrets.randbelow(count)})

    def _is_right(self, task: Task, buffer: Buffer, row: int) -> bool:
        """libcrypto's word on one signature."""
        octets, _ = task.rows.cut(task.first + row, task.first + row + 1)
        width = self.signature_length
        signature = bytes(buffer.signatures.view()[row * width : (row + 1) * width])
        return _core.verify_one(self.algorithm, self._public_key, bytes(octets), signature)

    # -- losses

    def _tell_of_loss(self, copy: _Copy) -> None:
        others = [other.worker for other in self._copies if other.lost is None]
        if copy.lost is not None and others:
            left = " and ".join(other.place.uri.describe() for other in others)
            self.warnings.append(f"an HSM is left out: {copy.lost}; the signatures come from {left}")

    def _all_lost(self) -> HsmError:
        reasons = list(dict.fromkeys(copy.lost or "" for copy in self._copies))
        return HsmError("; and ".join(reasons))
