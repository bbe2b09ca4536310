"""`fastsign install-links`: links by the names of BIND's tools, so that scripts which call those need no change."""

from __future__ import annotations

import os

from fastsign.cli.commands import COMMANDS
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, run_tool
from fastsign.cli.env import Env
from fastsign.errors import system_reason

_USAGE = """\
Usage:
    {program} [options] directory

Version: {version}
    directory: where the links are made, one for each of BIND's tools that fastsign stands for
Options:
    -q: quiet
    -h: print usage and exit
    -V: print version information
    --help: print the whole page
"""

TOOL = Tool("fastsign install-links", "hqV", _USAGE, long={"quiet": "q", "version": "V"})


def main(env: Env) -> int:
    """Make the links: 0 if all are there, 1 if a name is taken by something else."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    quiet = "q" in [letter for letter, _ in line]
    if len(line.operands) != 1:
        line.usage(1)
    directory = line.operands[0]
    if not os.path.isdir(line.env.path(directory)):
        raise FatalError(f"{directory} is not a directory: the links are made in one that exists")
    target = _program(line.env)
    taken = 0
    for program in (command.program for command in COMMANDS.values() if command.linked):
        made = _link(line.env.path(os.path.join(directory, program)), target)
        if made is None:
            taken += 1
            line.warn(f"{os.path.join(directory, program)} exists and is no link to {target}: left as it is")
        elif not quiet:
            line.env.stdout.write(f"{os.path.join(directory, program)}: {made}\n")
    return 1 if taken else 0


def _program(env: Env) -> str:
    """The path that the links lead to: the program that is running, or for `python -m fastsign` the installed one."""
    program = os.path.abspath(env.called)
    if os.path.basename(program) == "__main__.py":
        import sysconfig

        program = os.path.join(sysconfig.get_path("scripts"), "fastsign")
    if not (os.path.isfile(program) and os.access(program, os.X_OK)):
        raise FatalError(f"there is no program {program} to link to: install fastsign and call it by its name")
    return program


def _link(path: str, target: str) -> str | None:
    """Make a link and say so; None where something else has the name."""
    try:
        os.symlink(target, path)
    except FileExistsError:
        ours = os.path.islink(path) and os.path.realpath(path) == os.path.realpath(target)
        return "was there already" if ours else None
    except OSError as error:
        raise FatalError(f"{path}: {system_reason(error)}") from None
    return f"made, a link to {target}"
