"""dnssec-signzone: run a job and print what came of it, in BIND's words and on BIND's streams."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.errors import VerificationError, ZoneSyntaxError, system_reason
from fastsign.keys.ds import dsset_name
from fastsign.sign.job import Job
from fastsign.sign.pipeline import Signed, sign_zone
from fastsign.sign.report import Report
from fastsign.zone.write import AtomicFile


class _Listener:
    """Reports go to standard output, or to standard error if that has the zone; warnings always to standard error."""

    def __init__(self, line: CommandLine, out: TextIO, verbosity: int, quiet: bool) -> None:
        self.line, self.out, self.verbosity, self.quiet = line, out, verbosity, quiet

    def report(self, line: str) -> None:
        if not self.quiet:
            self.out.write(line + "\n")

    def warn(self, text: str) -> None:
        self.line.warn(f"warning: {text}")

    def note(self, text: str) -> None:
        self.line.env.stderr.write(text)

    def detail(self, level: int, line: str) -> None:
        if level <= self.verbosity:
            self.line.warn(line)


def run_job(line: CommandLine, job: Job, verbosity: int, quiet: bool, statistics: bool) -> int:
    """Sign, verify, put in place; then the dsset- file, the output's name and the statistics."""
    out = line.env.stderr if job.output is None else line.env.stdout
    report, tell = Report(time.monotonic), _Listener(line, out, verbosity, quiet)
    started = time.monotonic()
    with _open_output(line, job) as file, _progress(line, report):
        signed = _sign(line, job, file, report, tell)
        if job.verify and not _passes_gate(job, file, report, tell):
            return 1
        with report.phase("publish"):
            _publish(line, job, file)
    _write_dsset(line, job, signed)
    if job.output is not None:
        out.write(job.output + "\n")
    if statistics:
        print_statistics(out, report, time.monotonic() - started)
    return 0


@contextmanager
def _progress(line: CommandLine, report: Report) -> Iterator[None]:
    """Show progress where a person sees it."""
    if not line.env.stderr.isatty():
        yield
        return
    from fastsign.cli.progress import TerminalProgress

    display = report.watch = TerminalProgress(line.env.stderr)
    try:
        yield
    finally:
        display.close()


def _open_output(line: CommandLine, job: Job) -> AtomicFile:
    path = _beside_nothing() if job.output is None else line.env.path(job.output)
    try:
        return AtomicFile(path)
    except OSError as error:
        raise FatalError(f"failed to open temporary output file: {system_reason(error)}") from None


def _beside_nothing() -> str:
    """A place for a zone on its way to standard output, where it goes once it is verified."""
    import tempfile

    return os.path.join(tempfile.gettempdir(), "fastsign")


def _sign(line: CommandLine, job: Job, file: AtomicFile, report: Report, tell: _Listener) -> Signed:
    try:
        return sign_zone(job, file, report, tell)
    except ZoneSyntaxError as error:
        raise line.loading_failed(job.zone_file, error) from None


def _passes_gate(job: Job, file: AtomicFile, report: Report, tell: _Listener) -> bool:
    """Verify the octets on the disk. What stood under the output's name stays if they fail."""
    from fastsign.sign.verify import gate

    file.sync()
    try:
        with report.phase("verify"):
            gate(job, file.temporary, report, tell)
    except VerificationError as error:
        tell.out.write(f"Zone verification failed ({error.reason})\n")
        return False
    return True


def _publish(line: CommandLine, job: Job, file: AtomicFile) -> None:
    if job.output is not None:
        file.commit()
        return
    line.env.stdout.flush()
    with open(file.temporary, "rb") as signed:
        while chunk := signed.read(1 << 20):
            line.env.stdout.buffer.write(chunk)
    line.env.stdout.flush()


def _write_dsset(line: CommandLine, job: Job, signed: Signed) -> None:
    path = os.path.join(line.env.path(job.dsset_directory), dsset_name(job.origin))
    with AtomicFile(path) as file:
        file.write(signed.dsset.encode())
        file.commit()


def print_statistics(out: TextIO, report: Report, runtime: float) -> None:
    """The lines of -t: scripts read these columns."""
    for label, number in (
        ("Signatures generated:", report.generated),
        ("Signatures retained:", report.retained),
        ("Signatures dropped:", report.dropped),
        ("Signatures successfully verified:", report.verified),
        ("Signatures unsuccessfully verified:", report.unverified),
    ):
        out.write(f"{label:<36}{number:>10}\n")
    signing = report.phases.get("sign", 0.0)
    out.write(_seconds("Signing time in seconds:", signing))
    if signing > 0:
        out.write(_seconds("Signatures per second:", report.generated / signing))
    out.write(_seconds("Runtime in seconds:", runtime))


def _seconds(label: str, value: float) -> str:
    thousandths = round(value * 1000)
    return f"{label:<35}{thousandths // 1000:>7}.{thousandths % 1000:03}\n"
