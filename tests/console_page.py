"""Guides whose console blocks are run: every command, at the time that the page says, must print what the page shows.

In a ```console block a line `$ command` is run in the test's folder, lines after it are what it prints, and a line
`# Tue Nov 24 12:00:00 2026` says what time it is (UTC) from there on. `fastsign` runs in the test's own process with
that clock; anything else is the shell's. A here-document may follow a command.

Two things differ from run to run and stand for what a run has: key tags, which are told one from another and translated
both ways, and digests, public keys and signatures, which are compared by their length alone.
"""

from __future__ import annotations

import calendar
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inprocess import command

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CTIME = "%a %b %d %H:%M:%S %Y"
_TAG_WHERE = r"(?:(?<=\+)\d{5}\b|(?<=key: )\d+|(?<=-key )\d+|(?<=[KZC]SK )\d+|(?<=Key )\d+|(?<=/)\d{1,5}\b|(?<=DS )\d+)"
_TAG = re.compile(_TAG_WHERE)
_OPAQUE = re.compile(r"\b[0-9A-F]{56}\b|\b[0-9A-F]{64}\b|[A-Za-z0-9+/]{40,}=*")


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
            line = lines[at]
            if line.startswith("# "):
                now = calendar.timegm(time.strptime(line[2:], _CTIME))
                at += 1
                continue
            assert line.startswith("$ "), f"{page.name}:{first + at}: neither a command nor a time: {line}"
            start, (command_line, stdin, at) = at, _with_here_document(lines, at)
            end = next((i for i in range(at, len(lines)) if lines[i].startswith(("$ ", "# "))), len(lines))
            yield Entry(first + start, command_line, stdin, "".join(f"{one}\n" for one in lines[at:end]), now)
            at = end


def _with_here_document(lines: list[str], at: int) -> tuple[str, str, int]:
    """(command, its here-document, number of the line after both)."""
    command_line = lines[at][2:]
    at += 1
    found = re.search(r" ?<<'(\w+)'", command_line)
    if not found:
        return command_line, "", at
    end = lines.index(found[1], at)
    return command_line.replace(found[0], ""), "".join(f"{one}\n" for one in lines[at:end]), end + 1


@dataclass
class Session:
    """A run of one page in the current folder."""

    page: Path
    tags: dict[str, str] = field(default_factory=dict)  # of the page -> of this run

    def run(self) -> int:
        """Run all commands of the page and return their number; an assertion fails where the page is wrong."""
        count = 0
        for count, entry in enumerate(entries(self.page), 1):  # noqa: B007 - the last number is the result
            printed = self._execute(entry)
            self._compare(entry, printed)
        return count

    def _execute(self, entry: Entry) -> str:
        line = _TAG.sub(lambda found: self._ours(found[0]), entry.command)
        words = shlex.split(line)
        if words[0] == "fastsign" and not set(words) & {"|", ">", ">>", "&&", ";"}:
            done = command(words[1], *words[2:], check=False, now=entry.now)
            return done.stdout + done.stderr
        ran = subprocess.run(line, shell=True, input=entry.stdin, capture_output=True, text=True)
        return ran.stdout + ran.stderr

    def _ours(self, tag: str) -> str:
        """The tag, in the width of the page's."""
        ours = self.tags.get(str(int(tag)))
        return tag if ours is None else f"{int(ours):0{len(tag)}d}" if tag.startswith("0") or len(tag) == 5 else ours

    def _compare(self, entry: Entry, printed: str) -> None:
        where = f"{self.page.name}:{entry.line}: {entry.command}"
        for shown, ours in zip(_TAG.finditer(entry.shown), _TAG.finditer(printed), strict=False):
            known = self.tags.setdefault(str(int(shown[0])), str(int(ours[0])))
            assert known == str(int(ours[0])), f"{where}: key {shown[0]} of the page is another one here\n{printed}"
        assert _comparable(printed) == _comparable(entry.shown), f"{where} prints\n{printed}"


def _comparable(text: str) -> str:
    text = _TAG.sub("TAG", text)
    text = _OPAQUE.sub(lambda found: f"<{len(found[0])}>", text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def check_page(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a page in a folder; the number of commands that were run."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    return Session(page).run()
