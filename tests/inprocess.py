"""fastsign's commands in the test's own process: faster than a new interpreter, and with any clock."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from fastsign.cli.commands import COMMANDS
from fastsign.cli.env import Env
from fastsign.cli.main import run_command


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


class _Output(io.TextIOWrapper):
    """A text stream over octets, as the process's own streams are."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode("utf-8", "surrogateescape")


def command(
    name: str, *arguments: str | Path, check: bool = True, now: int | None = None, environ: dict[str, str] | None = None
) -> Done:
    """Run one of fastsign's commands; with *check* its failure fails the test and shows what it said."""
    out, err = _Output(), _Output()
    argv = (COMMANDS[name].program, *map(str, arguments))
    env = Env(argv, io.StringIO(), out, err, environ=environ or {})
    if now is not None:
        env = Env(argv, io.StringIO(), out, err, clock=lambda: float(now), environ=environ or {})
    done = Done(run_command(name, env), out.text(), err.text())
    if check and done.code != 0:
        raise AssertionError(f"{' '.join(argv)} ended with {done.code}:\n{done.stdout}{done.stderr}")
    return done


def signzone(*arguments: str | Path, check: bool = True, now: int | None = None, engine: str = "") -> Done:
    """Run fastsign signzone."""
    return command("signzone", *arguments, check=check, now=now, environ={"FASTSIGN_ENGINE": engine} if engine else {})
