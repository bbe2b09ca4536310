"""fastsign signzone where the system has limits: files that can't be written whole, folders that aren't, terminals."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import tools
from differential_zones import ORIGIN, ZONE
from fastsign.cli import progress
from fastsign.cli.env import Env
from fastsign.cli.main import run_command
from inprocess import signzone


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for role in ((), ("-f", "KSK")):
        tools.run("dnssec-keygen", "-q", "-a", "13", *role, "-K", folder, ORIGIN)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a zone that is 5 MB when it is signed, and large enough for workers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zone").write_text("\n".join([*ZONE, *(f"n{i} 60 A 192.0.2.1" for i in range(9000))]) + "\n")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("limit", [4096, 1_000_000, -1])
def test_an_output_that_does_not_fit_leaves_the_old_one(limit, workers, keys, folder):
    """Python ignores SIGXFSZ, so a write beyond the limit fails with EFBIG, as one to a full disk does with ENOSPC."""
    arguments = ("signzone", "-S", "-K", keys, "-o", ORIGIN, "-n", workers, "zone")
    tools.fastsign(*arguments)
    before = contents(folder)
    octets = len(before["zone.signed"]) - 1000 if limit < 0 else limit
    command = ["prlimit", f"--fsize={octets}", sys.executable, "-m", "fastsign", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert contents(folder) == before
    assert "Traceback" not in done.stderr
    assert done.stderr.lower().endswith("file too large\n")


@pytest.mark.parametrize(
    "options", [("-f", "zone/out"), ("-d", "zone/below"), ("-K", "zone"), ("-K", "zone/below")], ids=" ".join
)
def test_a_folder_that_is_none_is_refused_in_binds_words(options, keys, folder):
    before = contents(folder)
    arguments = ("-S", *(() if "-K" in options else ("-K", keys)), *options, "-o", ORIGIN, "zone")
    ours = signzone(*arguments, check=False)
    assert contents(folder) == before
    theirs = tools.run("dnssec-signzone", *arguments, check=False)
    assert (ours.code, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)


class Reader:
    """What comes out of a file descriptor until its other end is closed."""

    def __init__(self, fd: int) -> None:
        self.fd, self.octets = fd, b""
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        try:
            while chunk := os.read(self.fd, 4096):
                self.octets += chunk
        except OSError:  # EIO: the last writer to the pseudo-terminal has gone
            pass

    def end(self) -> bytes:
        self.thread.join(timeout=30)
        os.close(self.fd)
        return self.octets


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step of progress is shown, as of a run that takes long."""
    monkeypatch.setattr(progress, "_QUIET_FOR", 0.0)
    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    monkeypatch.setenv("TERM", "xterm")


def sign_with_stderr(read: int, write: int, keys: Path) -> bytes:
    """What comes out of *read* while a zone is signed with *write* as its standard error."""
    reader = Reader(read)
    argv = ("dnssec-signzone", "-S", "-n", "1", "-K", str(keys), "-o", ORIGIN, "-f", "signed", "zone")
    with os.fdopen(write, "w") as stderr:
        assert run_command("signzone", Env(argv, io.StringIO(), io.StringIO(), stderr)) == 0
    return reader.end()


@pytest.mark.usefixtures("at_once")
def test_nothing_of_progress_goes_into_a_pipe(keys, folder):
    assert sign_with_stderr(*os.pipe(), keys) == b""


@pytest.mark.usefixtures("at_once")
def test_a_terminal_is_shown_how_far_the_signing_is(keys, folder):
    shown = sign_with_stderr(*pty.openpty(), keys)
    assert b"sign" in shown
    assert b"%" in shown
