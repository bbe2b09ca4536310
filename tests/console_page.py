"""Guides whose console blocks are run: every command, at the time that the page says, must print what the page shows.

In a ```console block a line `$ command` is run in the test's folder, lines after it are what it prints, and a line
`# Tue Nov 24 12:00:00 2026` says what time it is (UTC) from there on. `fastsign` runs in the test's own process with
that clock, and may have `> FILE` at its end; anything else is the shell's. A here-document may follow a command. Where
a page shows `...` alone on a line, any lines may stand, and any words where it begins or ends a line. What a command
exports, later ones have, fastsign too.

Keys are made from small numbers instead of chance, so that tags and digests are those of the page.
"""

from __future__ import annotations

import calendar
import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fastsign.cli.compat import ksr_keygen
from fastsign.keys import generate
from fastsign.keys.convert import material_of
from fastsign.keys.pkcs11 import client
from fastsign.keys.write import Material
from inprocess import command

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CTIME = "%a %b %d %H:%M:%S %Y"


@dataclass(frozen=True)
class Entry:
    """One command of the page."""

    line: int
    command: str
    stdin: str
    shown: str
    now: int | None


def entries(page: Path) -> Iterator[Entry]:
    """The commands of a page, in order."""
    text, now = page.read_text(), None
    for block in _BLOCK.finditer(text):
        first = text[: block.start()].count("\n") + 2
        lines = block[1].splitlines()
        at = 0
        while at < len(lines):
            if lines[at].startswith("# "):
                now = calendar.timegm(time.strptime(lines[at][2:], _CTIME))
                at += 1
                continue
            assert lines[at].startswith("$ "), f"{page.name}:{first + at}: neither command nor time: {lines[at]}"
            start, (command_line, stdin, at) = at, with_here_document(lines, at)
            end = next((i for i in range(at, len(lines)) if lines[i].startswith(("$ ", "# "))), len(lines))
            yield Entry(first + start, command_line, stdin, "".join(f"{one}\n" for one in lines[at:end]), now)
            at = end


def with_here_document(lines: list[str], at: int) -> tuple[str, str, int]:
    """(command, its here-document, number of the line after both)."""
    command_line = lines[at][2:]
    at += 1
    found = re.search(r" ?<<'(\w+)'", command_line)
    if not found:
        return command_line, "", at
    end = lines.index(found[1], at)
    return command_line.replace(found[0], ""), "".join(f"{one}\n" for one in lines[at:end]), end + 1


def execute(entry: Entry, environ: dict[str, str]) -> str:
    """What a command of a page prints, without blanks at the ends of lines; *environ*: what has been exported."""
    words = shlex.split(entry.command)
    if words[0] == "fastsign":
        into = words[-1] if words[-2] == ">" else None
        words = words[:-2] if into else words
        arguments = map(os.path.expandvars, words[2:])
        done = command(words[1], *arguments, check=False, now=entry.now, environ=environ)
        client.close_all()  # as at the end of a process of its own
        if into:
            Path(into).write_text(done.stdout)
        printed = done.stderr if into else done.stdout + done.stderr
    else:
        ran = subprocess.run(entry.command, shell=True, input=entry.stdin, capture_output=True, text=True)
        printed = ran.stdout + ran.stderr
    return "".join(f"{line.rstrip()}\n" for line in printed.rstrip().splitlines())


def _pattern(shown: str) -> str:
    return "\n".join(map(_line_pattern, shown.splitlines()))


def _line_pattern(line: str) -> str:
    if line == "...":
        return ".*"
    begin = "[^\n]*" if line.startswith("... ") else ""
    end = "[^\n]*" if line.endswith("...") else ""
    return begin + re.escape(line.removeprefix("...").removesuffix("...")) + end


def prepare(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go there, to UTC, and make the same keys each time."""
    numbers = iter(range(1, 1000))

    def make_key(algorithm: int, bits: int = 0) -> tuple[bytes, Material]:
        return material_of(ec.derive_private_key(next(numbers), ec.SECP256R1()))

    for module in (generate, ksr_keygen):
        monkeypatch.setattr(module, "make_key", make_key)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PWD", str(folder))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def check_page(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a page in a folder; the number of commands that were run."""
    prepare(folder, monkeypatch)
    environ: dict[str, str] = {}
    count = 0
    for entry in entries(page):
        if entry.command.startswith("export "):
            name, _, value = os.path.expandvars(entry.command.removeprefix("export ")).partition("=")
            environ[name] = value
            monkeypatch.setenv(name, value)
            continue
        printed = execute(entry, environ)
        assert re.fullmatch(_pattern(entry.shown), printed.rstrip("\n"), re.DOTALL), (
            f"{page.name}:{entry.line}: {entry.command} prints\n{printed}"
        )
        count += 1
    return count
