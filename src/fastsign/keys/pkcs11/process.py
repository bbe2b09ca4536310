"""The process that has a PKCS #11 module in it, and signs with a token's keys for the process that has started it.

It loads the module, opens its sessions and logs in once, tries each key in each session, and then signs rows that lie
in shared memory. When the HSM fails it climbs a ladder: new sessions, another log-in, the module from its beginning.
The last rung, another process, is its parent's (`fastsign.keys.pkcs11.client`).

The parent's requests and the answers are JSON, one for one in their order; see `_Requests`. PINs come by a descriptor.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from fastsign import _core
from fastsign._core import Column, HsmSigner
from fastsign.errors import HsmError, HsmRefusedError
from fastsign.keys import facts
from fastsign.keys.pkcs11.module import Module, Token, find_private
from fastsign.keys.pkcs11.pin import Pin
from fastsign.keys.pkcs11.uri import KeyUri, parse_uri
from fastsign.pool.workers import die_with_parent

_RECOVERIES = 16  # in one request: more than that, and it is not the HSM for a process that has signed before
_BLOB = bytes(range(3, 67))  # what each key signs before it signs anything else

# What of C_SignInit and C_Sign will be no better another time.
_HOPELESS = (
    "CKR_KEY_FUNCTION_NOT_PERMITTED",
    "CKR_KEY_TYPE_INCONSISTENT",
    "CKR_KEY_SIZE_RANGE",
    "CKR_MECHANISM_INVALID",
    "CKR_MECHANISM_PARAM_INVALID",
    "CKR_DATA_LEN_RANGE",
    "CKR_FUNCTION_NOT_SUPPORTED",
)


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key that is to sign: where it is, and whose signatures they have to be."""

    uri: KeyUri
    algorithm: int
    public_key: bytes

    @property
    def width(self) -> int:
        """Octets of a signature."""
        return facts.signature_length(self.algorithm, self.public_key)


@dataclass(slots=True)
class _Session:
    """A session that is logged in, with the handles of the keys in it."""

    handle: Any  # PyKCS11's
    keys: list[int] = field(default_factory=list)

    @property
    def number(self) -> int:
        return int(self.handle.session.value())


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a request in shared memory, and the room for their signatures."""

    key: int  # its number
    count: int
    rows: Column
    offsets: Column
    signatures: Column


class Signer:
    """The sessions of this process with one token, and the ladder that keeps them."""

    def __init__(self, path: str, token: KeyUri, pin: Pin | None, sessions: int, progress: Column) -> None:
        self.uri, self.pin, self.size, self.progress = token, pin, sessions, progress
        self.keys: list[WantedKey | None] = []  # None: one that is not to be had here
        self.sessions: list[_Session] = []
        self.token: Token | None = None
        self._threads = ThreadPoolExecutor(sessions) if sessions > 1 else None
        # SoftHSM 2.6 writes a token's files when someone logs in, and another process may then see no token.
        with nullcontext() if pin is None else pin.marks.alone():
            self.module = Module(path)
            self.core = HsmSigner(path)
            self._enter()

    # -- getting in

    def _enter(self) -> None:
        """Find the token, open the sessions, log in, find and try the keys."""
        with self.module.saying(self.uri):
            self.token = self.module.token(self.uri)
            self._open_sessions()

    def _open_sessions(self) -> None:
        """New sessions for the old ones, which end only once there are others: the last would take the log-in along."""
        assert self.token is not None
        opened: list[_Session] = []
        try:
            for _ in range(self.size):
                opened.append(_Session(self.token.open_session()))
        except self.module.api.PyKCS11Error:
            self._close(opened)
            raise
        before, self.sessions = self.sessions, opened
        self._close(before)
        self.token.log_in(self.sessions[0].handle, self.pin)
        for session in self.sessions:
            session.keys = [0 if key is None else self._find(session, key) for key in self.keys]

    def add_key(self, key: WantedKey) -> None:
        """Find a key in each session, and have it sign there. It has a number even if it is not to be had."""
        self.keys.append(None)
        for session in self.sessions:
            session.keys.append(0)
        with self.module.saying(key.uri):
            for session in self.sessions:
                session.keys[-1] = self._find(session, key)
        self.keys[-1] = key

    def key(self, number: int) -> WantedKey:
        """A key that is to be had."""
        key = self.keys[number]
        if key is None:
            raise HsmRefusedError(f"key {number} is not to be had")
        return key

    def _find(self, session: _Session, key: WantedKey) -> int:
        handle, found = find_private(session.handle, key.uri)
        if key.algorithm not in found.algorithms or found.public_key != key.public_key:
            raise HsmRefusedError(
                f"the key {key.uri.describe()} in the HSM is another one than that of the DNSKEY, "
                "whose signatures it would not make: nothing is signed with it"
            )
        self._try(session, handle, key)
        return handle

    def _try(self, session: _Session, handle: int, key: WantedKey) -> None:
        """One signature, looked at, before the first that counts."""
        row = _BLOB[: _core.signed_octets(key.algorithm) or len(_BLOB)]
        batch = _batch_of(0, row, key)
        end, rv, call = self._sign_range(session, handle, key, batch, 0, 1, self.size)
        if end != 1:
            raise self._failure(key, rv, call)
        if not _core.verify_one(key.algorithm, key.public_key, row, bytes(batch.signatures.view())):
            raise HsmError(f"the key {key.uri.describe()} made a signature that does not verify, when it was tried")

    # -- signing

    def sign(self, batch: Batch) -> None:
        """Sign all rows of a batch. HsmError if the ladder has ended."""
        key, left = self.key(batch.key), _cut(batch.count, len(self.sessions))
        rungs = iter(self._rungs())
        for _ in range(_RECOVERIES):
            before = sum(last - first for first, last in left)
            left, failures = self._sign_round(key, batch, left)
            if not left:
                return
            if sum(last - first for first, last in left) < before:
                rungs = iter(self._rungs())  # it has signed since
            self._climb(rungs, self._worst(key, failures))
        raise self._worst(key, failures)

    def _sign_round(
        self, key: WantedKey, batch: Batch, ranges: Sequence[tuple[int, int]]
    ) -> tuple[list[tuple[int, int]], list[tuple[int, str]]]:
        """(what is left of the ranges, what the HSM said), each range by a session of its own."""
        tasks = list(zip(self.sessions, ranges, range(len(ranges)), strict=False))

        def sign(task: tuple[_Session, tuple[int, int], int]) -> tuple[int, int, str]:
            session, (first, last), slot = task
            return self._sign_range(session, session.keys[batch.key], key, batch, first, last, slot)

        ends = map(sign, tasks) if self._threads is None else self._threads.map(sign, tasks)
        left, failures = [], []
        for (_, (_, last), _), (end, rv, call) in zip(tasks, ends, strict=True):
            if end < last:
                left.append((end, last))
                failures.append((rv, call))
        return left, failures

    def _sign_range(
        self, session: _Session, handle: int, key: WantedKey, batch: Batch, first: int, last: int, slot: int
    ) -> tuple[int, int, str]:
        return self.core.sign(
            session.number,
            handle,
            key.algorithm,
            batch.rows,
            batch.offsets,
            first,
            last,
            key.width,
            batch.signatures,
            self.progress,
            slot,
        )

    # -- the ladder

    def _rungs(self) -> tuple[Any, ...]:
        return (self._open_sessions, self._open_sessions_logged_out, self._begin_again)

    def _climb(self, rungs: Any, failure: HsmError) -> None:
        """Up to the first rung that holds. The failure itself is raised when there is none left, or none would help."""
        if isinstance(failure, HsmRefusedError):
            raise failure
        for rung in rungs:
            try:
                with self.module.saying(self.uri):
                    rung()
                return
            except HsmRefusedError:
                raise
            except HsmError as error:
                failure = error
        raise failure

    def _open_sessions_logged_out(self) -> None:
        """Some tokens take a session for logged in that no longer is."""
        with suppress(self.module.api.PyKCS11Error):
            self.sessions[0].handle.logout()
        self._open_sessions()

    def _begin_again(self) -> None:
        self.sessions = []
        self.module.restart()
        self._enter()

    def _worst(self, key: WantedKey, failures: Sequence[tuple[int, str]]) -> HsmError:
        errors = [self._failure(key, *failure) for failure in failures]
        return next((error for error in errors if isinstance(error, HsmRefusedError)), errors[0])

    def _failure(self, key: WantedKey, rv: int, call: str) -> HsmError:
        said = str(self.module.api.PyKCS11Error(rv))
        kind = HsmRefusedError if said.split(" ", maxsplit=1)[0] in _HOPELESS else HsmError
        return kind(f"{call} of the PKCS #11 module {self.module.path} says {said} for {key.uri.describe()}")

    def close(self) -> None:
        """Leave the token. The module is not finalized: some crash then, and the process ends anyway."""
        self._close(self.sessions)

    def _close(self, sessions: Sequence[_Session]) -> None:
        for session in sessions:
            with suppress(self.module.api.PyKCS11Error):
                session.handle.closeSession()


def _cut(count: int, parts: int) -> list[tuple[int, int]]:
    """Ranges of about the same size that make up [0, count); none is empty."""
    bounds = [count * i // parts for i in range(parts + 1)]
    return [(first, last) for first, last in pairwise(bounds) if first < last]


def _batch_of(number: int, row: bytes, key: WantedKey) -> Batch:
    rows, offsets, signatures = Column("B", len(row)), Column("Q", 2), Column("B", key.width)
    rows.view()[:] = row
    offsets.view()[1] = len(row)
    return Batch(number, 1, rows, offsets, signatures)


# ---- requests


class _Requests:
    """What the parent may ask, a method each; its arguments are those of the request, its result is the answer."""

    def __init__(self) -> None:
        self.signer: Signer | None = None
        self.buffers: list[list[int]] = []

    def open(
        self, *, module: str, token: str, pin: list[int] | None, sessions: int, progress: int, buffers: list[list[int]]
    ) -> None:
        """Get in. By descriptors: *progress* (Q, one more than sessions), *buffers*: rows, offsets, signatures."""
        self.buffers = buffers
        column = Column.attach(progress, "Q", sessions + 1)
        uri = parse_uri(token, needs_key=False)
        self.signer = Signer(module, uri, None if pin is None else Pin.inherited(*pin), sessions, column)

    def key(self, *, uri: str, algorithm: int, public_key: str) -> str | None:
        """Find a key; it has the next number, from 0. What speaks against it is the answer: the other keys stay."""
        try:
            self._in().add_key(WantedKey(parse_uri(uri), algorithm, bytes.fromhex(public_key)))
        except HsmError as error:
            return str(error)
        return None

    def sign(self, *, key: int, buffer: int, count: int, octets: int) -> None:
        """Sign *count* rows, of *octets* in all, that lie in a buffer."""
        rows, offsets, signatures = self.buffers[buffer]
        width = self._in().key(key).width
        columns = (Column.attach(rows, "B", octets), Column.attach(offsets, "Q", count + 1))
        self._in().sign(Batch(key, count, *columns, Column.attach(signatures, "B", count * width)))

    def _in(self) -> Signer:
        assert self.signer is not None
        return self.signer


def serve(link: Connection) -> None:
    """Answer requests until the parent hangs up, or until one can't be fulfilled."""
    requests = _Requests()
    try:
        while True:
            for name, arguments in json.loads(link.recv_bytes()).items():
                link.send_bytes(json.dumps({"result": getattr(requests, name)(**arguments)}).encode())
    except HsmError as error:
        link.send_bytes(json.dumps({"error": str(error), "refused": isinstance(error, HsmRefusedError)}).encode())
    except (EOFError, ConnectionError):
        pass
    finally:
        if requests.signer is not None:
            requests.signer.close()


def main() -> NoReturn:
    """`python -m fastsign.keys.pkcs11.process DESCRIPTOR PARENT`"""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the parent
    die_with_parent(int(sys.argv[2]), signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a module may have secrets in its memory
    code = 1
    try:
        serve(Connection(int(sys.argv[1])))
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)  # no exit handlers: modules have been seen to crash in theirs


if __name__ == "__main__":
    main()
