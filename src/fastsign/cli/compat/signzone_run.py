"""dnssec-signzone: run a job and print what came of it, in BIND's words and on BIND's streams."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from fastsign.cli.compat.common import CommandLine, Stop
from fastsign.cli.compat.formats import journal_failed
from fastsign.cli.compat.signzone_job import Manner
from fastsign.errors import JournalError, VerificationError, ZoneSyntaxError
from fastsign.keys import names
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

    def remark(self, text: str) -> None:
        self.line.warn(text)

    def note(self, text: str) -> None:
        self.line.env.stderr.write(text)

    def detail(self, level: int, line: str) -> None:
        if level <= self.verbosity:
            self.line.warn(line)


class Signing:
    """The run over one zone, and what it says: on standard output, unless the zone or --json takes that."""

    def __init__(self, line: CommandLine, job: Job, manner: Manner) -> None:
        self.line, self.job, self.manner = line, job, manner
        self.results = line.env.stderr if job.output is None else line.env.stdout
        self.out = line.env.stderr if manner.json else self.results
        self.report = Report(time.monotonic)
        self.tell = _Listener(line, self.out, manner.verbosity, manner.quiet)
        self._started = time.monotonic()

    def open_output(self) -> Output:
        """The place of the signed zone."""
        if self.job.output is not None:
            return open_output(self.job)
        self.line.env.stdout.flush()
        return open_output(self.job, self.line.env.stdout.buffer)

    @contextmanager
    def in_binds_words(self) -> Iterator[None]:
        """Say what is wrong with a zone that can't be read or does not verify, and end the run."""
        try:
            yield
        except ZoneSyntaxError as error:
            raise self.line.loading_failed(self.job.zone_file, error) from None
        except JournalError as error:
            raise journal_failed(self.line, self.job.journal, error) from None
        except VerificationError as error:
            self.out.write(f"Zone verification failed ({error.reason})\n")
            self._tell_statistics()
            raise Stop(1) from None

    def conclude(self) -> None:
        """The zone is in place: say its name, and the statistics."""
        if self.manner.json:
            zone = {"zone": names.to_text(self.job.origin), "output": self.job.output}
            print_json(self.results, zone, self.report, self._runtime())
            return
        if self.job.output is not None:
            self.out.write(self.job.output + "\n")
        self._tell_statistics()

    def _tell_statistics(self) -> None:
        """What was signed before a zone failed to verify is told, too."""
        if self.manner.statistics and not self.manner.json:
            print_statistics(self.out, self.report, self._runtime())

    def _runtime(self) -> float:
        return time.monotonic() - self._started


def run_job(line: CommandLine, job: Job, manner: Manner) -> int:
    """Sign, verify, put in place; then the dsset- file, the output's name and the statistics."""
    signing = Signing(line, job, manner)
    with signing.in_binds_words(), _progress(line, signing.report):
        run(job, signing.open_output(), signing.report, signing.tell)
    signing.conclude()
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


def print_json(out: TextIO, subject: dict[str, Any], report: Report, runtime: float) -> None:
    """The same as one object on a line: *subject* says what it is about."""
    import json

    out.write(json.dumps({**subject, **report.conclude(runtime).as_dict()}) + "\n")


def _seconds(label: str, value: float) -> str:
    thousandths = round(value * 1000)
    return f"{label:<35}{thousandths // 1000:>7}.{thousandths % 1000:03}\n"
