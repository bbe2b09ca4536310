"""One of BIND's tools and the command that stands for it, run on the same command line in the same folder."""

from __future__ import annotations

import re
from pathlib import Path

import tools
from fastsign.cli.compat.common import VERSION
from inprocess import Done, command

# What BIND says of its own doings when it is asked to talk.
_INNER = re.compile(r"^.*(debug 1: |doubling DS list buffer ).*\n", re.MULTILINE)


def theirs(program: str, *arguments: str | Path, cwd: Path, stdin: str | None = None) -> Done:
    """What BIND's tool says, its version replaced by ours."""
    done = tools.run(program, *arguments, cwd=cwd, stdin=stdin, check=False)
    return Done(done.returncode, done.stdout, _INNER.sub("", _with_our_version(program, done.stderr)))


def _with_our_version(program: str, text: str) -> str:
    return re.sub(r"(?m)^(Version: |" + re.escape(program) + " )9\\.[^ \n]*$", rf"\g<1>{VERSION}", text)


def ours(program: str, *arguments: str | Path, stdin: str | None = None) -> Done:
    """What our command says, run in this process and folder; with *stdin* in a process of its own."""
    name = program.removeprefix("dnssec-")
    if stdin is None:
        return command(name, *arguments, check=False)
    done = tools.fastsign(name, *arguments, stdin=stdin, check=False)
    return Done(done.returncode, done.stdout, done.stderr)
