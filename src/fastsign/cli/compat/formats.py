"""Zones on BIND's command lines: origin, class, the formats text, full, raw and raw=N, source serial, journal."""

from __future__ import annotations

from typing import NamedTuple

from fastsign.cli.compat.common import CommandLine, FatalError, Stop, parse_integer
from fastsign.errors import JournalError
from fastsign.keys import names
from fastsign.keys.facts import class_number
from fastsign.zone.raw import raw_header

TEXT, FULL, RAW, RELATIVE = 0, 1, 3, 4  # styles of the core


def parse_origin(text: str) -> bytes:
    """The name of a zone, in wire form."""
    try:
        return names.from_text(text)
    except ValueError as error:
        raise FatalError(f"failed converting name '{text}' to dns format: {error}") from None


def parse_class(text: str) -> int:
    """The number of a class."""
    number = class_number(text)
    if number is None:
        raise FatalError(f"unknown class {text}")
    return number


class OutputFormat(NamedTuple):
    """How a zone is to be written; *version* is that of a raw file."""

    style: int
    version: int = 1

    def header(self, now: int, source_serial: int | None, comment: bytes = b"") -> bytes:
        """What the file begins with: the header of a raw file, or else *comment*."""
        return raw_header(self.version, now, source_serial) if self.style == RAW else comment


def input_is_raw(line: CommandLine, text: str | None, warning: str = "WARNING: input format version ignored\n") -> bool:
    """Is -I text, raw or raw=N raw? The version is not asked for: the file has it."""
    kind = (text or "text").lower()
    if kind.startswith("raw="):
        line.env.stderr.write(warning)
    elif kind not in ("text", "raw"):
        raise FatalError(f"unknown file format: {text}")
    return kind != "text"


def output_format(line: CommandLine, text: str | None, default: int = TEXT) -> OutputFormat:
    """-O text, full, raw, raw=0 or raw=1."""
    if text is None:
        return OutputFormat(default)
    kind = text.lower()
    if kind in ("text", "full", "raw"):
        return OutputFormat({"text": TEXT, "full": FULL, "raw": RAW}[kind])
    if not kind.startswith("raw="):
        raise FatalError(f"unknown file format: {text}")
    version, rest = parse_integer(text[4:])
    if rest or not text[4:] or not 0 <= version % 2**32 <= 1:
        line.env.stderr.write("unknown raw format version\n")
        raise Stop(1)
    return OutputFormat(RAW, version % 2**32)


def source_serial(line: CommandLine, text: str | None) -> int | None:
    """-L: the serial of the unsigned zone, for the header of a raw file."""
    return number_of_32_bits(line, text, "source serial number must be numeric")


def number_of_32_bits(line: CommandLine, text: str | None, complaint: str) -> int | None:
    """32 bits of whatever number it is."""
    if text is None:
        return None
    number, rest = parse_integer(text, 0)
    if rest:
        line.env.stderr.write(complaint)  # BIND's line has neither the program's name nor an end
        raise Stop(1)
    return number % 2**32


def journal_failed(line: CommandLine, journal: str | None, error: JournalError) -> FatalError:
    """Say what is wrong with a journal, and give the error that ends the run; in BIND 9.20's words."""
    for message in error.lines:
        line.warn(f"error: {message}")
    if error.unreadable:
        return FatalError(f"unable to open journal {journal}: {error.reason}\n")
    if error.out_of_sync:
        return FatalError(f"journal {journal} out of sync with zone")
    return FatalError(f"journal {journal}: {error.reason}\n")
