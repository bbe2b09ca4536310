"""dnssec-signzone --batch: many zones in one call, each with a command line of its own."""

from __future__ import annotations

import io
import os
import shlex
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Self

from fastsign.cli.compat import signzone
from fastsign.cli.compat.common import CommandLine, FatalError, run_tool
from fastsign.cli.compat.signzone_job import Manner
from fastsign.cli.compat.signzone_run import Signing, print_json, print_statistics
from fastsign.cli.env import Env
from fastsign.errors import system_reason
from fastsign.keys.folder import IndexedFolder
from fastsign.pool.crew import Death, work_through
from fastsign.pool.workers import usable_cores
from fastsign.sign.report import Report
from fastsign.sign.run import Prepared, prepare, publish

_GROUP_MAX = 64  # zones that a worker is given at a time
_TOGETHER = 16  # zones that wait for the disk together
_QUOTING = frozenset("'\"\\#")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the batch: where it stands, and the arguments of its zone."""

    place: str  # file:line
    arguments: tuple[str, ...]
    complaint: str = ""  # it can't be read, and why


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a line, and what it said."""

    code: int
    stdout: bytes
    stderr: bytes
    report: Report | None = None  # of a zone that is in place
    output: str | None = None  # the file it is in


def run_batch(line: CommandLine, source: str, manner: Manner, workers: int) -> int:
    """Sign the zone of each line of *source*, and say of each, in their order, what it would have said by itself.

    A zone that can't be signed does not stop the others. Exit code 1 if there is one.
    """
    from fastsign.keys.pkcs11.pin import shared_pins

    if line.operands:
        raise FatalError(f"what follows --batch {source} belongs into the file, or before --batch")
    started = time.monotonic()
    entries = list(read_entries(line.env, source))
    crew = min(workers or usable_cores(), len(entries))
    worker = _Worker(line.env, entries, line.before)
    shared_pins()  # before the fork: all are to know of a wrong one
    totals, failed = Report(time.monotonic, workers=crew), 0
    written: dict[str, str] = {}
    results = work_through(len(entries), worker.sign, crew, _GROUP_MAX)
    for entry, result in zip(entries, results, strict=True):
        done = _outcome(line, entry, result, written)
        _print(line, entry, done, manner)
        failed += done.code != 0
        if done.report is not None:
            totals.add(done.report)
    seconds = time.monotonic() - started
    if manner.statistics and manner.json:
        print_json(line.env.stdout, {"zones": len(entries), "failed": failed}, totals, seconds)
    elif manner.statistics:
        print_statistics(line.env.stdout, totals, seconds)
    if not manner.quiet:
        line.warn(f"{len(entries) - failed} zones signed, {failed} failed, in {seconds:.3f} seconds")
    return 1 if failed else 0


def read_entries(env: Env, source: str) -> Iterator[Entry]:
    """The lines of a batch, in the shell's quoting; "-" is standard input. Comments and blank lines are left out."""
    try:
        text = env.stdin.read() if source == "-" else _read(env.path(source))
    except OSError as error:
        raise FatalError(f"{source}: {system_reason(error)}") from None
    for number, words in enumerate(text.split("\n"), 1):
        place = f"{source}:{number}"
        if "\0" in words:
            yield Entry(place, (words.replace("\0", "\\0"),), "a NUL can't be in an argument")
            continue
        try:
            arguments = shlex.split(words, comments=True) if _QUOTING & set(words) else words.split()
        except ValueError as error:
            yield Entry(place, (words,), str(error).lower())
        else:
            if arguments:
                yield Entry(place, tuple(arguments))


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def _outcome(line: CommandLine, entry: Entry, result: Result | Death, written: dict[str, str]) -> Result:
    """What came of a line. *written*: files that zones are in, and the line of each."""
    if isinstance(result, Death):
        return _failed(line, result.reason)
    if result.code == 0 and result.report is None:
        return replace(result, code=1)  # -h and the like
    if result.output is not None:
        other = written.setdefault(os.path.abspath(result.output), entry.place)
        if other != entry.place:
            return _failed(line, f"{other} writes {result.output} too: one of the two zones is lost")
    return result


def _failed(line: CommandLine, reason: str) -> Result:
    return Result(1, b"", f"{line.program}: fatal: {reason}\n".encode())


def _print(line: CommandLine, entry: Entry, result: Result, manner: Manner) -> None:
    """What a zone would have said by itself, and where it stands if it failed."""
    for stream, octets in ((line.env.stdout, result.stdout), (line.env.stderr, result.stderr)):
        if octets:
            stream.flush()
            stream.buffer.write(octets)
            stream.buffer.flush()
    if result.code == 0:
        return
    line.warn(f"{entry.place}: the zone was not signed: {shlex.join(entry.arguments)}")
    if manner.json:
        import json

        said = result.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        error = said.removeprefix(f"{line.program}: ").removeprefix("fatal: ")
        line.env.stdout.write(json.dumps({"place": entry.place, "error": error}) + "\n")


# ---- in a worker


class _Worker:
    """Signs groups of lines. What it has learnt of key folders it keeps from one to the next."""

    def __init__(self, env: Env, entries: Sequence[Entry], defaults: Sequence[str]) -> None:
        self._env, self._entries = env, entries
        self._defaults = (*defaults, "-n1")  # the zones are shared out, not cut up; a line may say otherwise
        self._folders: dict[str, IndexedFolder] = {}

    def sign(self, numbers: Sequence[int], take: Callable[[int], None]) -> list[Result]:
        """Sign and verify each zone, and put those that are good in place; what the disk is at is not waited for."""
        zones: list[_Zone] = []
        with ExitStack() as outputs, _Publisher() as publisher:
            for number in numbers:
                take(number)
                zones.append(_Zone(self, self._entries[number], outputs))
                if len(zones) % _TOGETHER == 0:
                    publisher.publish(zones[-_TOGETHER:])
            take(-1)
            publisher.publish(zones[len(zones) // _TOGETHER * _TOGETHER :])
        return [zone.result() for zone in zones]

    def env_of(self, entry: Entry) -> Env:
        """The world as a line sees it: its own streams, nothing to read."""
        argv = (self._env.argv[0], *self._defaults, *entry.arguments)
        return replace(self._env, argv=argv, stdin=io.StringIO(), stdout=_Captured(), stderr=_Captured())

    def folder(self, directory: str) -> IndexedFolder:
        """A folder of keys that is listed only if it has changed."""
        return self._folders.setdefault(directory, IndexedFolder(directory))


class _Publisher:
    """Puts zones in place in a thread of its own, while the next are signed; with one wait for the disk for all."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wait()

    def publish(self, zones: Sequence[_Zone]) -> None:
        """Begin with *zones* once those before them are in place."""
        self._wait()
        self._thread = threading.Thread(target=self._publish, args=(zones,))
        self._thread.start()

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._failure is not None:
            raise self._failure

    def _publish(self, zones: Sequence[_Zone]) -> None:
        prepared = [(zone, zone.prepared) for zone in zones if zone.prepared is not None]
        try:
            errors = publish([each for _, each in prepared])
            for i, (zone, _) in enumerate(prepared):
                zone.conclude(errors.get(i))
        except BaseException as failure:
            self._failure = failure


class _Captured(io.TextIOWrapper):
    """A text stream over octets in memory, as the process's own are over files."""

    def __init__(self) -> None:
        self.octets = io.BytesIO()
        super().__init__(self.octets, encoding="utf-8", errors="surrogateescape", newline="\n", write_through=True)


class _Zone:
    """One line in the making."""

    def __init__(self, worker: _Worker, entry: Entry, outputs: ExitStack) -> None:
        self.worker, self.outputs = worker, outputs
        self.env = worker.env_of(entry)
        self.signing: Signing | None = None
        self.prepared: Prepared | None = None
        if entry.complaint:
            self.code = run_tool(signzone.TOOL, lambda _: _refuse(entry.complaint), self.env)
        else:
            self.code = run_tool(signzone.TOOL, self._prepare, self.env)

    def _prepare(self, line: CommandLine) -> int:
        job, manner = signzone.read_line(line)
        job = replace(job, keys=self.worker.folder(job.key_directory))
        self.signing = signing = Signing(line, job, manner)
        output = self.outputs.enter_context(signing.open_output())
        with signing.in_binds_words():
            self.prepared = prepare(job, output, signing.report, signing.tell)
        if self.prepared.image is not None:
            self.outputs.enter_context(self.prepared.image)
        return 0

    def conclude(self, error: OSError | None) -> None:
        """The zone is in place, or could not be put there."""
        self.code = run_tool(signzone.TOOL, lambda _: self._conclude(error), self.env)

    def _conclude(self, error: OSError | None) -> int:
        assert self.signing is not None
        if error is not None:
            self.prepared = None
            raise error
        self.signing.conclude()
        return 0

    def result(self) -> Result:
        """What is to be said, as the parent takes it."""
        streams = []
        for stream in (self.env.stdout, self.env.stderr):
            with suppress(ValueError):
                stream.flush()
            streams.append(stream.octets.getvalue() if isinstance(stream, _Captured) else b"")
        if self.signing is None or self.prepared is None:
            return Result(self.code, streams[0], streams[1])
        return Result(self.code, streams[0], streams[1], self.signing.report, self.prepared.job.output)


def _refuse(complaint: str) -> int:
    raise FatalError(complaint)
