"""What BIND's command lines have in common: option parsing, fatal errors, usage, numbers, TTLs and times.

A tool is described by a `Tool` and run by `run_tool(TOOL, body, env)`:

    for letter, value in line: ...   # -h, -V, unknown and refused options are dealt with before the body sees them
    line.operands                    # what is left after the options
    raise FatalError("...")               # "program: fatal: ..." on stderr, exit code 1
    raise Stop(code)                 # end now; what was to be said has been said
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from fastsign import __version__
from fastsign.cli import typos
from fastsign.cli.env import Env
from fastsign.errors import FastsignError, RawFormatError, ZoneSyntaxError, system_reason
from fastsign.keys import times

VERSION = f"fastsign-{__version__}"


class FatalError(FastsignError):
    """Ends the run with `program: fatal: message` on stderr and exit code 1."""


class Stop(Exception):  # noqa: N818 - no error, a way out
    """Ends the run with an exit code and no further word."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Tool:
    """A BIND tool: its name in messages, its getopt string, its usage text ({program} and {version} are filled in).

    `refused` are letters of the getopt string that are not offered: they end the run and are named, never ignored.
    `long` has the options of more than a letter: `{"origin": "o"}` is another way to write -o; `{"json": ""}` and
    `{"zonemd": ":"}` are options of their own, without and with a value, and come to the body under their long name.
    The same thing has the same long name in all tools, and `--help`, the tool's page, is everywhere.
    `words` has the options of one dash and a word, as rndc has them: `{"status": "", "key": ":"}`, without and with a
    value. Their case does not matter, and one with a value may be cut short. They come to the body as words.
    `i::` in the getopt string is an option whose value, if it has one, is glued to its letter or behind `--name=`.
    """

    program: str
    options: str
    usage: str
    refused: str = ""
    long: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    help_code: int = 0  # exit code of -h
    bare: bool = False  # it runs without arguments as well, which otherwise is asking for the usage text
    dash_is_operand: bool = False  # a lone "-" is the first operand, not an option that there is none of
    mixed: bool = False  # options may stand behind operands too, until `--`


class CommandLine:
    """Options as isc_commandline_parse sees them.

    Options end at the first operand, unless the tool has them mixed, or after `--`. Letters cluster (`-Pz`); a value is
    glued to its letter (`-a13`) or is the next argument, whatever that looks like. Long options, which BIND lacks,
    are `--name`, `--name value` or `--name=value`.
    """

    def __init__(self, tool: Tool, env: Env) -> None:
        self.tool, self.env = tool, env
        self.program = tool.program
        self._argv = env.argv
        self._index = 1
        self._before = 1
        self._passed: list[str] = []  # operands before options

    @property
    def before(self) -> list[str]:
        """The arguments before that of the option which came last."""
        return list(self._argv[1 : self._before])

    @property
    def operands(self) -> list[str]:
        """The arguments that no option has taken so far."""
        return [*self._passed, *self._argv[self._index :]]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each option's letter, or name if it has no letter, and value ("" for an option without one)."""
        while self._index < len(self._argv):
            argument = self._argv[self._index]
            if not self._is_option(argument):
                if not self.tool.mixed:
                    return
                self._passed.append(argument)
                self._index += 1
                continue
            self._before = self._index
            self._index += 1
            if argument == "--":
                return
            if argument.startswith("--"):
                yield self._long(argument)
                continue
            if word := self._word(argument[1:].lower()):
                yield word, self._needed(f"-{word}") if self.tool.words[word] else ""
                continue
            # BIND takes a lone "-" for an option whose letter is "-", and refuses it as such.
            letters = argument[1:] or "-"
            while letters:
                letter, letters = letters[0], letters[1:]
                value = ""
                if self.takes_value(letter):
                    value, letters = self._value(letter, letters), ""
                self._common(letter)
                yield letter, value

    def _is_option(self, argument: str) -> bool:
        return argument.startswith("-") and not (argument == "-" and self.tool.dash_is_operand)

    def take_keyword(self, letter: str, value: str, keyword: str) -> str | None:
        """For options like `-P sync DATE`: the argument after *value* if *value* is the keyword, whatever its case."""
        if value.lower() != keyword:
            return None
        if self._index >= len(self._argv):
            self.env.stderr.write(f"{self.program}: missing argument -{letter} {value}\n")
            self.usage(1)
        self._index += 1
        return self._argv[self._index - 1]

    def usage(self, code: int) -> NoReturn:
        """Print the usage text on stderr and end."""
        self.env.stderr.write(self.tool.usage.format(program=self.program, version=VERSION))
        raise Stop(code)

    def warn(self, message: str) -> None:
        """`program: message` on stderr."""
        self.env.stderr.write(f"{self.program}: {message}\n")

    def loading_failed(self, zone_file: str, error: ZoneSyntaxError) -> FatalError:
        """Say what is wrong with a master file, and give the error that ends the run; in BIND's words."""
        return FatalError(f"failed loading zone from '{zone_file}': {self.tell_loading(error)}")

    def tell_loading(self, error: ZoneSyntaxError) -> str:
        """Say what is wrong with a master file as BIND's loader says it, and return the reason in short."""
        reason = error.message.rsplit(": ", 1)[-1]
        if isinstance(error, RawFormatError):
            for message in raw_messages(error.message):
                self.warn(f"error: dns_master_load: {message}")
            return "not implemented" if "format" in reason else reason
        if reason == "not a file" and error.file:
            self.warn(f"error: dns_master_load: {error.file}:1: isc_lex_gettoken() failed: {reason}")
        if not error.line:
            return reason
        for start, level, other_reason in _LOADING:
            if error.message.startswith(start):
                self.warn(f"{level}: {error}")
                return other_reason or reason
        self.warn(f"error: dns_master_load: {error}")
        if reason == "unexpected end of line":
            reason = "unexpected end of input"
            self.warn(f"error: dns_master_load: {error.file}:{error.line}: {reason}")
        return reason

    def _long(self, argument: str) -> tuple[str, str]:
        name, equals, value = argument[2:].partition("=")
        if argument == "--help":
            self._help()
        if name not in self.tool.long:
            hint = typos.hint(name, [*self.tool.long, "help"], "--")
            raise FatalError(f"unknown option --{name}{hint or '; --help explains those there are'}")
        kind = self.tool.long[name]
        option = name if kind in ("", ":") else kind
        if not self.takes_value(option):
            if equals:
                raise FatalError(f"option --{name} takes no value")
        elif not equals and not self._may_lack_value(option):
            value = self._needed(f"--{name}")
        self._common(option)
        return option, value

    def _word(self, text: str) -> str:
        """The one of the tool's words that is meant, if any."""
        if text in self.tool.words:
            return text
        if not text or text[0] in self.tool.options:
            return ""
        meant = [word for word, value in self.tool.words.items() if value and word.startswith(text)]
        return meant[0] if len(meant) == 1 else ""

    def _needed(self, option: str) -> str:
        """The argument behind an option, which must be there."""
        if self._index >= len(self._argv):
            raise FatalError(f"option {option} needs a value")
        self._index += 1
        return self._argv[self._index - 1]

    def takes_value(self, letter: str) -> bool:
        """Has the option a value? An unknown one ends the run."""
        if letter in self.tool.long and len(letter) > 1:
            return self.tool.long[letter] == ":"
        at = self.tool.options.find(letter)
        if letter == ":" or at < 0:
            self._invalid(letter)
        return self.tool.options[at + 1 : at + 2] == ":"

    def _may_lack_value(self, letter: str) -> bool:
        return self.tool.options.partition(letter)[2].startswith("::")

    def _value(self, letter: str, glued: str) -> str:
        if glued or self._may_lack_value(letter):
            return glued
        if self._index >= len(self._argv):
            self._invalid(letter)
        self._index += 1
        return self._argv[self._index - 1]

    def _common(self, letter: str) -> None:
        if letter == "h":
            self.usage(self.tool.help_code)
        if letter == "V":
            self.env.stdout.write(f"{self.program} {VERSION}\n")
            raise Stop(0)
        if letter in self.tool.refused:
            raise FatalError(f"option -{letter} is not supported by {VERSION}")

    def _help(self) -> NoReturn:
        from fastsign.cli.page import page_text

        self.env.stdout.write(page_text(self.program))
        raise Stop(0)

    def _invalid(self, letter: str) -> NoReturn:
        if letter != "?":
            self.env.stderr.write(f"{self.program}: invalid argument -{letter}\n")
        self.usage(1)


# How a message of the loader begins, level and source under which BIND logs it, its word for it if it has another.
_LOADING = (
    ("near ", "error: dns_rdata_fromtext", ""),
    ("unknown RR type", "warning", "unknown class/type"),
    ("no TTL specified; zone rejected", "warning", "no ttl"),
    ("class '", "error", "bad class"),
    ("no current owner name", "error", "no owner"),
    ("unknown $ directive", "error: dns_master_load", "syntax error"),
)


def raw_messages(message: str) -> list[str]:
    """BIND says a second time, without the owner, why it gives a raw file up."""
    owner, colon, reason = message.rpartition(": ")
    return [message, reason] if colon and owner else [message]


def run_tool(tool: Tool, body: Callable[[CommandLine], int], env: Env) -> int:
    """Run a tool's body and turn the ways it may end into an exit code."""
    line = CommandLine(tool, env)
    try:
        if len(env.argv) <= 1 and not tool.bare:
            line.usage(1)
        return body(line)
    except Stop as stop:
        return stop.code
    except FastsignError as error:
        env.stderr.write(f"{tool.program}: fatal: {error}\n")
    except BrokenPipeError:
        raise  # whoever read what is written here has gone, and wants no word about that
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        env.stderr.write(f"{tool.program}: fatal: {where}{system_reason(error)}\n")
    return 1


# ---- numbers, TTLs, times

_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)")
_LONG_MAX = 2**63 - 1

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = {"y": 365 * _DAY, "w": 7 * _DAY, "d": _DAY, "h": _HOUR, "s": 1, "": 1}
_NEVER = ("none", "never", "unset")


def parse_integer(text: str, base: int = 10) -> tuple[int, str]:
    """C's strtol with base 10 or 0: the number and the text after it; (0, text) when there is no number."""
    match = (_DECIMAL if base == 10 else _INTEGER).match(text)
    if not match:
        return 0, text
    digits = match[2]
    if base == 10:
        number = int(digits)
    elif digits[:2] in ("0x", "0X"):
        number = int(digits, 16)
    else:
        number = int(digits, 8 if digits[0] == "0" else 10)
    number = max(-_LONG_MAX - 1, -number) if match[1] == "-" else min(_LONG_MAX, number)
    return number, text[match.end() :]


def parse_number(text: str, complaint: str, lowest: int = 0, highest: int = 2**31 - 1, base: int = 10) -> int:
    """A whole number in a range, or FatalError(complaint)."""
    number, rest = parse_integer(text, base)
    if rest or not lowest <= number <= highest:
        raise FatalError(complaint)
    return number


def parse_verbosity(text: str) -> int:
    """The level of -v."""
    return parse_number(text, "-v must be followed by a number", -(2**31), base=0)


def parse_ttl(text: str) -> int:
    """BIND's strtottl: seconds, or a number with one unit (y, mo, w, d, h, mi, s); none and never are 0."""
    if text.lower() in _NEVER:
        return 0
    number, unit = parse_integer(text, 0)
    if number == 0 and unit == text:
        raise FatalError("TTL must be numeric")
    return _scale(number, unit, text)


def parse_time(text: str, now: int, base: int) -> int | None:
    """BIND's strtotime: seconds since 1970 modulo 2**32, or None for "none", "never" and "unset".

    0 and - are the time 0. Otherwise a moment - now, YYYYMMDD, YYYYMMDDHHMMSS, ten digits since 1970, or ctime's 24
    characters in local time - and then, or instead (it counts from *base* then), an offset +N or -N with a unit.
    """
    if text.lower() in _NEVER:
        return None
    if text in ("0", "-"):
        return 0
    moment, offset = _parse_moment(text, now, base)
    if not offset:
        return moment % 2**32
    if offset[0] not in "+-":
        raise FatalError(f"time value {text} is invalid")
    number, unit = parse_integer(offset[1:], 0)
    seconds = _scale(number, unit, text)
    return (moment + seconds if offset[0] == "+" else moment - seconds) % 2**32


def _scale(number: int, unit: str, text: str) -> int:
    first, second = unit[:1].lower(), unit[1:2].lower()
    if first == "m" and not second:
        raise FatalError(f"'{text}' ambiguous: use 'mi' for minutes or 'mo' for months")
    if first == "m" and second in "oi":
        seconds = 30 * _DAY if second == "o" else _MINUTE
    elif first in _UNITS:
        seconds = _UNITS[first]
    else:
        raise FatalError(f"time value {text} is invalid")
    return number * seconds % 2**32


def _parse_moment(text: str, now: int, base: int) -> tuple[int, str]:
    digits = len(text) - len(text.lstrip("0123456789"))
    ends = text[digits : digits + 1] in ("", "+", "-")
    if digits in (8, 14) and ends:
        return _parse_digits(text[:digits].ljust(14, "0"), text), text[digits:]
    if digits == 10 and ends:
        return parse_integer(text[:digits], 0)[0], text[digits:]
    if text.startswith("now"):
        return now, text[3:]
    if "A" <= text[:1] <= "Z":
        return _parse_ctime(text), text[24:]
    return base, text


def _parse_digits(digits: str, text: str) -> int:
    try:
        return times.parse_digits(digits)
    except ValueError as error:
        raise FatalError(f"time value {text} is invalid: {error}") from None


def _parse_ctime(text: str) -> int:
    """Seconds since 1970 of ctime's form, `Tue Nov 24 01:58:56 2026`, in local time."""
    import time

    try:
        return int(time.mktime(time.strptime(text[:24], "%a %b %d %H:%M:%S %Y")))
    except (ValueError, OverflowError):
        raise FatalError(f"time value {text} is invalid") from None


def check_directory(env: Env, directory: str) -> None:
    """FatalError unless the folder can be read."""
    try:
        os.scandir(env.path(directory)).close()
    except OSError as error:
        raise FatalError(f"cannot open directory {directory}: {system_reason(error)}") from None
