"""`fastsign <command>`: find the command, load only what it needs, run it."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

from fastsign import __version__
from fastsign.cli.commands import COMMANDS, PROGRAMS, Command
from fastsign.cli.env import Env

_USAGE = """\
Usage:
    fastsign <command> [options] ...
Commands:
{commands}Each takes the options of the BIND tool it stands for; `fastsign <command> -h` lists them.
"""


def run(env: Env) -> int:
    """Run the command that the command line names and return its exit code."""
    called = os.path.basename(env.argv[0]) if env.argv else ""
    if called in PROGRAMS:
        return run_command(PROGRAMS[called].name, env)
    arguments = env.argv[1:]
    if not arguments:
        env.stderr.write(usage())
        return 1
    word = arguments[0]
    if word in ("-h", "--help", "help"):
        env.stdout.write(usage())
        return 0
    if word in ("-V", "--version"):
        env.stdout.write(f"fastsign {__version__}\n{_engines()}")
        return 0
    command = COMMANDS.get(word) or PROGRAMS.get(word)
    if command is None:
        env.stderr.write(f"fastsign: unknown command {word}; it is one of {', '.join(COMMANDS)}\n")
        return 1
    return run_command(command.name, env.with_argv((command.program, *arguments[1:])))


def usage() -> str:
    """What fastsign offers, a line for each command."""
    return _USAGE.format(commands="".join(_usage_line(command) for command in COMMANDS.values()))


def _usage_line(command: Command) -> str:
    program = f"({command.program})" if command.linked else ""
    return f"    {command.name:14} {command.summary:32} {program}".rstrip() + "\n"


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
    try:
        env = Env.of_process()
        code = run(env)
        env.stdout.flush()
    except Terminated as ended:
        return 128 + ended.number  # as a shell reports a program that a signal ended
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has gone; don't let the interpreter's last flush complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
