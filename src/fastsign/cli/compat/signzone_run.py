"""dnssec-signzone: run a job and print what came of it, in BIND's words and on BIND's streams."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from fastsign.cli.compat.common import CommandLine
from fastsign.errors import VerificationError, ZoneSyntaxError
from fastsign.sign.job import Job
from fastsign.sign.report import Report
from fastsign.sign.run import open_output, run
from fastsign.zone.write import Output


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
    try:
        with _progress(line, report):
            run(job, _output(line, job), report, tell)
    except ZoneSyntaxError as error:
        raise line.loading_failed(job.zone_file, error) from None
    except VerificationError as error:
        out.write(f"Zone verification failed ({error.reason})\n")
        return 1
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


def _output(line: CommandLine, job: Job) -> Output:
    if job.output is not None:
        return open_output(job)
    line.env.stdout.flush()
    return open_output(job, line.env.stdout.buffer)


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
