"""named-checkzone: check a zone, as a server does when it loads it; and what compilezone shares with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from fastsign.cli.compat import common, long_names
from fastsign.cli.compat.common import CommandLine, Stop, Tool, parse_integer
from fastsign.cli.compat.formats import FULL, RELATIVE, OutputFormat, output_format, source_serial
from fastsign.cli.env import Env

_LETTERS = "c:C:df:hi:jJ:k:L:l:m:n:qr:s:t:o:vw:DF:M:S:T:W:"

_USAGE = (
    "usage: {program} [-djqvD] [-c class] [-f inputformat] [-F outputformat] [-J filename] [-s (full|relative)] "
    "[-t directory] [-w directory] [-k (ignore|warn|fail)] [-m (ignore|warn|fail)] [-n (ignore|warn|fail)] "
    "[-r (ignore|warn|fail)] [-i (full|full-sibling|local|local-sibling|none)] [-M (ignore|warn|fail)] "
    "[-S (ignore|warn|fail)] [-W (ignore|warn)] "
)
_OPERANDS = " zonename [ (filename|-) ]\n"


def tool(program: str, output: str) -> Tool:
    """The command line of one of the two; *output*: how its usage shows -o."""
    usage = _USAGE + output + _OPERANDS
    return Tool(program, _LETTERS, usage, refused="Ct", long=long_names.CHECKZONE, help_code=1)


TOOL = tool("named-checkzone", "[-o filename]")

IGNORE, WARN, FAIL = "ignore", "warn", "fail"
_THREE, _TWO = (IGNORE, WARN, FAIL), (IGNORE, WARN)
_CHECKS = {"k": _THREE, "m": _THREE, "n": _THREE, "r": _THREE, "M": _THREE, "S": _THREE, "T": _TWO, "W": _TWO}
_INTEGRITY = ("full", "full-sibling", "local", "local-sibling", "none")
_STYLES = {"full": FULL, "relative": RELATIVE}


@dataclass(slots=True)
class Options:
    """The options of both tools; *checks*: the mode of each check, by its letter."""

    checks: dict[str, str]
    compiles: bool = False
    integrity: str = "full"
    rrclass: str = "IN"
    input_format: str | None = None
    output_format: str | None = None
    style: int = FULL
    journal: str | None = None
    reads_journal: bool = False
    max_ttl: int = 0
    serial: int | None = None
    output: str | None = None
    dumps: bool = False
    directory: str | None = None
    quiet: bool = False
    debug: bool = False

    @property
    def writes(self) -> bool:
        """Is the zone to be written?"""
        return self.dumps or self.output is not None


CHECK = dict.fromkeys(_CHECKS, WARN)
COMPILE = {**CHECK, "k": FAIL, "n": FAIL}  # 9.18's: what is written is meant for a server


def main(env: Env) -> int:
    """Check one zone: 0 if a server would load it, 1 if not."""
    return common.run_tool(TOOL, lambda line: run(line, Options(dict(CHECK))), env)


def run(line: CommandLine, options: Options) -> int:
    """Read the command line and do what it asks for."""
    for letter, value in line:
        _read_option(line, options, letter, value)
    from fastsign.cli.compat.checkzone_run import Run, working_in

    with working_in(line, options.directory):
        raw, form = _input_is_raw(line, options.input_format), _output_form(line, options)
        if options.compiles and options.output is None:
            line.env.stderr.write("output file required, but not specified\n")
            line.usage(1)
        if not 1 <= len(line.operands) <= 2:
            line.usage(1)
        return Run(line, options, raw, form).run(line.operands[0], (line.operands[1:] or ["-"])[0])


def _read_option(line: CommandLine, options: Options, letter: str, value: str) -> None:
    if letter in _CHECKS:
        options.checks[letter] = _one_of(line, letter, value, _CHECKS[letter])
    elif letter == "i":
        options.integrity = _one_of(line, letter, value, _INTEGRITY)
    elif letter == "s":
        if value not in _STYLES:
            complain(line, f"unknown or unsupported style: {value}\n")
        options.style = _STYLES[value]
    elif letter == "l":
        options.max_ttl = _number(line, value, "maximum TTL must be numeric")
    elif letter == "L":
        options.serial = source_serial(line, value)
    elif letter == "v":
        line.env.stdout.write(f"{common.VERSION}\n")
        raise Stop(0)
    elif letter in _FLAGS:
        setattr(options, _FLAGS[letter], True)
    else:
        setattr(options, _VALUES[letter], value)


_FLAGS = {"d": "debug", "D": "dumps", "j": "reads_journal", "q": "quiet"}
_VALUES = {"c": "rrclass", "f": "input_format", "F": "output_format", "J": "journal", "o": "output", "w": "directory"}


def complain(line: CommandLine, text: str) -> NoReturn:
    """Say what is wrong with the command line, in BIND's words, and end."""
    line.env.stderr.write(text)
    raise Stop(1)


def _one_of(line: CommandLine, letter: str, value: str, modes: tuple[str, ...]) -> str:
    if value not in modes:
        complain(line, f"invalid argument to -{letter}: {value}\n")
    return value


def _number(line: CommandLine, text: str, complaint: str) -> int:
    number, rest = parse_integer(text, 0)
    if rest:
        complain(line, complaint)  # BIND's line has no end
    return number % 2**32


def _input_is_raw(line: CommandLine, text: str | None) -> bool:
    kind = (text or "text").lower()
    if kind.startswith("raw="):
        line.env.stderr.write("WARNING: input format raw, version ignored\n")
    elif kind not in ("text", "raw"):
        complain(line, f"unknown file format: {text}\n")
    return kind != "text"


def _output_form(line: CommandLine, options: Options) -> OutputFormat:
    kind = (options.output_format or "text").lower()
    if kind == "text":
        return OutputFormat(options.style)
    if kind != "raw" and not kind.startswith("raw="):
        complain(line, f"unknown file format: {options.output_format}\n")
    return output_format(line, options.output_format)
