"""The command that is called once a zone is in place, as `rndc reload`."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from fastsign.errors import system_reason

_SHOWN = 300  # characters of what a command that fails has said


@dataclass(frozen=True, slots=True)
class Hook:
    """A command, and how long it may take. It is not a shell's: its words are given as they are.

    {zone}, {file} and {serial} in a word stand for these; a command without any is given zone and file as last words.
    """

    command: Sequence[str]
    timeout: float = 60  # seconds
    environ: Mapping[str, str] | None = None  # None: this process's

    def __call__(self, zone: str, path: str, serial: int) -> str:
        """Run the command; what it is told of is in its environment too. Returns what went wrong, or ""."""
        environ = os.environ if self.environ is None else self.environ
        told = {"FASTSIGN_ZONE": zone, "FASTSIGN_FILE": path, "FASTSIGN_SERIAL": str(serial)}
        try:
            process = subprocess.Popen(
                self._line(zone, path, serial),
                env={**environ, **told},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return f"{self.command[0]} can't be run: {system_reason(error)}"
        with process:
            try:
                output, _ = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired:
                _kill(process)
                return f"{self.command[0]} took longer than {self.timeout:g} seconds and was ended"
            except BaseException:
                _kill(process)
                raise
        if process.returncode == 0:
            return ""
        said = " ".join(output.decode("utf-8", "replace").split())[:_SHOWN]
        return f"{self.command[0]} ended with {process.returncode}" + (f": {said}" if said else "")

    def _line(self, zone: str, path: str, serial: int) -> list[str]:
        words = list(self.command)
        for name, value in (("{zone}", zone), ("{file}", path), ("{serial}", str(serial))):
            words = [word.replace(name, value) for word in words]
        return [*words, zone, path] if words == list(self.command) else words


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the command and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
