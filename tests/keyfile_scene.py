"""Key files that fastsign's tools and BIND's change side by side: two copies of a folder, and what became of them."""

from __future__ import annotations

import calendar
import io
import re
import shutil
import stat
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import tools
from fastsign.cli.commands import PROGRAMS
from fastsign.cli.env import Env
from fastsign.keys.files import read_key


@dataclass
class Outcome:
    """How a tool ended, and the folder it left: name -> (mode, text)."""

    code: int
    stdout: str
    stderr: str
    files: dict[str, tuple[int, str]]


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """The files of a folder and of those below it."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): (stat.S_IMODE(path.stat().st_mode), path.read_text("latin-1")) for path in paths
    }


def run_ours(folder: Path, program: str, *arguments: str, now: int | None = None, stdin: str = "") -> Outcome:
    """Run fastsign's stand-in for a BIND program in a folder, in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    clock = time.time if now is None else lambda: float(now)
    env = Env((program, *arguments), io.StringIO(stdin), stdout, stderr, str(folder), clock)
    code = import_module(PROGRAMS[program].module).main(env)
    return Outcome(code, stdout.getvalue(), stderr.getvalue(), contents(folder))


def run_theirs(folder: Path, program: str, *arguments: str, stdin: str = "") -> Outcome:
    """Run a BIND program in a folder."""
    done = tools.run(program, *arguments, cwd=folder, check=False, stdin=stdin)
    return Outcome(done.returncode, done.stdout, done.stderr, contents(folder))


def run_both(
    keys: Path, scratch: Path, program: str, *arguments: str, now: int | None = None, stdin: str = ""
) -> tuple[Outcome, Outcome]:
    """(ours, theirs) of a run on copies of a folder. Without *now* ours has the time that BIND has set, if any.

    BIND reads the clock more than once: where the outcomes differ, perhaps a second has passed, and both run again.
    """
    for attempt in range(3):
        copies = [scratch / f"{name}{attempt or ''}" for name in ("ours", "theirs")]
        for copy in copies:
            shutil.copytree(keys, copy, dirs_exist_ok=True)
        theirs = run_theirs(copies[1], program, *arguments, stdin=stdin)
        clock = _clock_of(keys, theirs) if now is None else now
        ours = run_ours(copies[0], program, *arguments, now=clock, stdin=stdin)
        if ours == theirs:
            break
    return ours, theirs


def named(keys: Path, line: str) -> list[str]:
    """The arguments of a line, with {K} and its like replaced by the names of key files."""
    return line.format(**key_names(keys)).split()


def key_names(keys: Path) -> dict[str, str]:
    """K and its like, files that hold the name of a key's files -> that name."""
    return {path.name: path.read_text() for path in keys.iterdir() if len(path.name) == 1}


def _clock_of(keys: Path, theirs: Outcome) -> int | None:
    """The second in which BIND ran, by a Created or Revoke time that was not there before."""
    before = _moments(contents(keys))
    now = time.time()
    new = [calendar.timegm(time.strptime(text, "%Y%m%d%H%M%S")) for text in _moments(theirs.files) - before]
    return max((moment for moment in new if now - 120 < moment <= now), default=None)


def _moments(files: dict[str, tuple[int, str]]) -> set[str]:
    text = "".join(text for name, (_, text) in files.items() if name.endswith(".private"))
    return set(re.findall(r"^(?:Created|Revoke): (\d{14})$", text, re.MULTILINE))


def tag_of(folder: Path, name: str) -> int:
    """Tag of a key by the name of its files."""
    return read_key(name, str(folder)).tag


def without_version(text: str) -> str:
    """Text less the lines that name a version and the usage that differs between versions."""
    return text.partition("Usage:\n")[0]


def blank(text: str) -> str:
    """Text without what is of the key itself: tags and base64."""
    text = re.sub(r"(keyid|state of key) \d+,", r"\1 N,", text)
    text = re.sub(r"(KEY \d+ \d+ \d+) .*", r"\1 KEY", text)
    text = re.sub(r"^(\w+: )[A-Za-z0-9+/=]{24,}$", r"\1SECRET", text, flags=re.MULTILINE)
    text = re.sub(r"(PublicExponent: )AQAB", r"\1SECRET", text)
    return re.sub(r"(K\S+\+)\d{5}\b", r"\1N", text)
