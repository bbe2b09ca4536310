"""dnssec-verify: verify a signed zone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastsign.cli.compat import common, long_names
from fastsign.cli.compat.common import CommandLine, FatalError, Tool
from fastsign.cli.compat.engines import LIBCRYPTO, parse_engine
from fastsign.cli.compat.formats import journal_failed, parse_class, parse_origin
from fastsign.cli.env import Env
from fastsign.errors import JournalError, VerificationError, ZoneSyntaxError, system_reason
from fastsign.sign.verify_report import VerifyOptions, VerifyReport
from fastsign.zone.source import FileSource

if TYPE_CHECKING:
    from fastsign.api.zone import Zone

_USAGE = """\
Usage:
	{program} [options] zonefile [keys]

Version: {version}
Options: (default value in parenthesis) \n\
	-v debuglevel (0)
	-q quiet
	-V:	print version information
	-o origin:
		zone origin (name of zonefile)
	-I format:
		file format of input zonefile (text)
	-J file:
		journal of the changes since the zonefile was written
	-c class (IN)
	-E engine:
		name of an OpenSSL engine to use
	-x:	DNSKEY record signed with KSKs only, not ZSKs
	-z:	All records signed with KSKs
"""

# BIND 9.20's letters.
TOOL = Tool("dnssec-verify", "c:E:hJ:m:o:I:qv:Vxz", _USAGE, long=long_names.VERIFY)


@dataclass(slots=True)
class _Options:
    origin: str | None = None
    rrclass: int = 1
    raw: bool = False
    journal: str | None = None
    quiet: bool = False
    verbosity: int = 0
    ksk_only: bool = False
    ignore_ksk_flag: bool = False
    one_by_one: bool = False  # every signature by libcrypto alone


def main(env: Env) -> int:
    """Verify one zone: 0 if it is complete and correct, 1 if it is not or can't be read."""
    return common.run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    options = _read_options(line)
    operands = line.operands
    if not operands:
        line.usage(1)
    if operands[1:]:
        line.warn("warning: key arguments are not used: a zone is verified by the keys in it")
    return _verify(line, options, operands[0])


def _read_options(line: CommandLine) -> _Options:
    options = _Options()
    for letter, value in line:
        if letter == "c":
            options.rrclass = parse_class(value)
        elif letter == "I":
            options.raw = _is_raw(value)
        elif letter == "E":
            options.one_by_one = parse_engine(value) == LIBCRYPTO
        elif letter == "m":
            line.warn(f"warning: -m {value}: fastsign has no memory debugging; nothing is recorded")
        elif letter == "J":
            options.journal = value
        elif letter == "o":
            options.origin = value
        elif letter == "v":
            options.verbosity = common.parse_number(value, "verbose level must be numeric", -(2**31), base=0)
        elif letter == "q":
            options.quiet = True
        elif letter == "x":
            options.ksk_only = True
        elif letter == "z":
            options.ignore_ksk_flag = True
    return options


def _is_raw(text: str) -> bool:
    if text.lower() not in ("text", "raw"):
        raise FatalError(f"unknown file format: {text}\n")
    return text.lower() == "raw"


def _verify(line: CommandLine, options: _Options, path: str) -> int:
    """Load, verify, and say what was found: the report on standard output, what is wrong on standard error."""
    from fastsign.api.verifying import examine

    env = line.env
    say = _Nobody() if options.quiet else env.stdout.write
    origin = options.origin if options.origin is not None else path
    apex, now = parse_origin(origin), env.now()
    zone = _load(line, options, path, apex, now)
    say(f"Loading zone '{origin}' from file '{path}'\n\n")
    with _progress(env) as progress:
        wanted = VerifyOptions(
            ksk_only=options.ksk_only,
            ignore_ksk_flag=options.ignore_ksk_flag,
            one_by_one=options.one_by_one,
            rdclass=options.rrclass,
            seed=int.from_bytes(os.urandom(8), "big"),
            progress=progress,
        )
        report: object
        try:
            report = examine(zone, now, wanted)
        except VerificationError as error:
            report = error.report
    assert isinstance(report, VerifyReport)
    for message in report.messages():
        env.stderr.write(message + "\n")
    for text in report.output():
        say(text + "\n")
    if options.verbosity > 0:
        line.warn(f"{report.names} names, {report.rrsets} RRsets, {report.signatures} correct signatures")
    return int(report.failed)


class _Nobody:
    """Listens to a quiet run."""

    def __call__(self, text: str) -> int:
        return len(text)


def _load(line: CommandLine, options: _Options, path: str, apex: bytes, now: int) -> Zone:
    """The zone, in order; what the loader says of it is printed. An error ends the run."""
    from fastsign.api.zone import Zone

    journal = options.journal or ""
    source = FileSource(
        line.env.path(path), options.raw, None if options.journal is None else line.env.path(journal), journal
    )
    try:
        zone = Zone(source.load(apex, options.rrclass, now), source, apex, options.rrclass)
        _ = zone.order  # a CNAME beside other data is an error of loading
    except ZoneSyntaxError as error:
        reason = line.tell_loading(error)
        if reason == "not at top of zone" and options.origin is None:
            message = "use -o to specify a different zone origin"
            raise FatalError(f"failed loading zone '{path}' from file '{path}': {message}") from None
        raise FatalError(f"failed loading zone from '{path}': {reason}") from None
    except JournalError as error:
        raise journal_failed(line, journal, error) from None
    except OSError as error:
        raise FatalError(f"failed loading zone from '{path}': {system_reason(error)}") from None
    if zone.missing_journal:
        line.warn(f"journal file {zone.missing_journal} not found")
    for warning in zone.warnings:
        line.warn(f"warning: {warning}")
    return zone


@contextmanager
def _progress(env: Env) -> Iterator[Callable[[int, int], None] | None]:
    """Show progress where a person sees it."""
    if not env.stderr.isatty():
        yield None
        return
    from fastsign.cli.progress import TerminalProgress

    display = TerminalProgress(env.stderr)
    try:
        yield lambda done, total: display("verify", done, total)
    finally:
        display.close()
