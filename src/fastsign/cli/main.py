"""`fastsign <command>`: find the command, load only what it needs, run it."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

from fastsign import __version__
from fastsign.cli.env import Env

# Command -> module with a `main(env) -> int`, loaded when it is called.
COMMANDS = {
    "signzone": "fastsign.cli.compat.signzone",
    "keygen": "fastsign.cli.compat.keygen",
    "verify": "fastsign.cli.compat.verify",
}

# What each command stands for under BIND's name: a link of that name to `fastsign` is that command.
PROGRAMS = {f"dnssec-{command}": command for command in COMMANDS}

USAGE = """\
Usage:
    fastsign <command> [options] ...
Commands:
    signzone   sign a zone          (dnssec-signzone)
    keygen     make a key           (dnssec-keygen)
    verify     verify a signed zone (dnssec-verify)
Each takes the options of the BIND tool it stands for; `fastsign <command> -h` lists them.
"""


def run(env: Env) -> int:
    """Run the command that the command line names and return its exit code."""
    called = os.path.basename(env.argv[0]) if env.argv else ""
    if called in PROGRAMS:
        return run_command(PROGRAMS[called], env)
    arguments = env.argv[1:]
    if not arguments:
        env.stderr.write(USAGE)
        return 1
    command = arguments[0]
    if command in ("-h", "--help", "help"):
        env.stdout.write(USAGE)
        return 0
    if command in ("-V", "--version"):
        env.stdout.write(f"fastsign {__version__}\n{_engines()}")
        return 0
    command = PROGRAMS.get(command, command)
    if command not in COMMANDS:
        env.stderr.write(f"fastsign: unknown command {command}; it is one of {', '.join(COMMANDS)}\n")
        return 1
    return run_command(command, env.with_argv((f"dnssec-{command}", *arguments[1:])))


def _engines() -> str:
    """Which engines this build and this CPU have for each algorithm, a line each; the first is the one that signs."""
    from fastsign._core import engines
    from fastsign.keys.facts import algorithm_name

    return "".join(f"{algorithm_name(number)}: {', '.join(names)}\n" for number, names in sorted(engines().items()))


def run_command(command: str, env: Env) -> int:
    """Run one command of COMMANDS."""
    code: int = import_module(COMMANDS[command]).main(env)
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
