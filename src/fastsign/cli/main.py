"""`fastsign <command>`: find the command, load only what it needs, run it."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

from fastsign import __version__
from fastsign.cli import typos
from fastsign.cli.commands import COMMANDS, PROGRAMS, Command
from fastsign.cli.env import Env
from fastsign.errors import system_reason

_OVERVIEW = """\
fastsign - sign DNS zones, with the command lines and files of BIND's tools

Usage:
    fastsign <command> [options] ...

{commands}
`fastsign <command> --help` explains a command, with examples; `-h` lists its options as BIND does.
The long options (--origin) are for people; BIND's letters (-o) stay as they are, for scripts.
`fastsign -V` shows the version and the signing engines.

Keys for a zone, the signed zone, and a check of it:
    fastsign keygen -a ECDSAP256SHA256 -f KSK example.
    fastsign keygen -a ECDSAP256SHA256 example.
    fastsign signzone --smart --origin example. --output example.signed example.zone
    fastsign verify --origin example. example.signed
"""


def run(env: Env) -> int:
    """Run the command that the command line names and return its exit code."""
    called = os.path.basename(env.argv[0]) if env.argv else ""
    if called in PROGRAMS:
        return run_command(PROGRAMS[called].name, env)
    arguments = env.argv[1:]
    if not arguments:
        env.stderr.write(overview())
        return 1
    if arguments[0] == "help" and arguments[1:]:
        arguments = (arguments[1], "--help")
    word = arguments[0]
    if word in ("-h", "--help", "help"):
        env.stdout.write(overview())
        return 0
    if word in ("-V", "--version"):
        env.stdout.write(f"fastsign {__version__}\n{_engines()}")
        return 0
    command = COMMANDS.get(word) or PROGRAMS.get(word)
    if command is None:
        what = "option" if word.startswith("-") else "command"
        hint = typos.hint(word, [*COMMANDS, *PROGRAMS]) or f"; the commands are {', '.join(COMMANDS)}"
        env.stderr.write(f"fastsign: unknown {what} {word}{hint}\n")
        return 1
    return run_command(command.name, env.with_argv((command.program, *arguments[1:])))


def overview() -> str:
    """What fastsign offers: the commands in groups, a line each."""
    groups: dict[str, str] = {}
    for command in COMMANDS.values():
        groups[command.group] = groups.get(command.group, f"{command.group}:\n") + _overview_line(command)
    return _OVERVIEW.format(commands="\n".join(groups.values()))


def _overview_line(command: Command) -> str:
    program = f"({command.program})" if command.linked else ""
    return f"    {command.name:14} {command.summary:38} {program}".rstrip() + "\n"


def _engines() -> str:
    """Which engines this build and this CPU have for each algorithm, a line each; the first is the one that signs."""
    from fastsign._core import engines
    from fastsign.keys.facts import algorithm_name

    return "".join(f"{algorithm_name(number)}: {', '.join(names)}\n" for number, names in sorted(engines().items()))


def run_command(command: str, env: Env) -> int:
    """Run one command of COMMANDS."""
    code: int = import_module(COMMANDS[command].module).main(env)
    return code


class Terminated(BaseException):
    """A signal asks the program to end, which puts its things away first. Not an Exception: nothing is to catch it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _terminate(number: int, _: object) -> None:
    raise Terminated(number)


def main() -> int:
    """The `fastsign` program."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _terminate)
    code = 0
    try:
        env = Env.of_process()
        code = run(env)
        env.stdout.flush()
    except Terminated as ended:
        return 128 + ended.number  # as a shell reports a program that a signal ended
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        _drop_output()
        return 128 + signal.SIGPIPE  # no word: whoever read our output has gone
    except OSError as error:
        _drop_output()
        if code == 0:  # else it has been said why
            sys.stderr.write(f"fastsign: fatal: {system_reason(error)}\n")
        return 1
    return code


def _drop_output() -> None:
    """What is still to be written can't be: don't let the interpreter's last flush complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
