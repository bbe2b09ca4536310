"""What is written to a path replaces a file at most: never a device, a pipe or what a process has open."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from fastsign.zone.destination import Destination, find_destination
from fastsign.zone.write import SuccessorFile


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_a_file_is_one_and_so_is_what_is_not_there_yet(there: Path) -> None:
    for path in ("file", "./file", str(there / "file"), "new", "nowhere/new", "/nowhere/new"):
        assert find_destination(path) == Destination(path)


def test_a_link_leads_to_its_file(there: Path) -> None:
    os.symlink("file", "one")
    os.symlink("../one", "folder/two")
    os.symlink("missing", "dangling")
    os.symlink("folder", "to-folder")
    for path in ("one", "folder/two", str(there / "to-folder/two")):
        assert find_destination(path) == Destination(str(there / "file"))
    assert find_destination("dangling") == Destination(str(there / "missing"))


def test_what_is_no_file_is_a_stream(there: Path) -> None:
    os.symlink("pipe", "to-pipe")
    os.symlink("/dev/null", "to-null")
    os.symlink("ring", "ring")
    for path in ("pipe", "to-pipe", "to-null", "/dev/null", "/dev/full", "folder", "ring", ""):
        found = find_destination(path)
        assert (found.is_stream, found.descriptor) == (True, None)


def test_what_is_open_is_a_stream_though_it_looks_like_a_file(there: Path) -> None:
    with (there / "file").open("a") as file:
        number = file.fileno()
        os.symlink(f"/proc/self/fd/{number}", "link")
        os.symlink("link", "second")
        os.symlink("/dev/fd", "descriptors")
        own = (f"/dev/fd/{number}", f"/proc/self/fd/{number}", f"/proc/{os.getpid()}/fd/{number}")
        for path in (*own, "link", "second", f"descriptors/{number}"):
            found = find_destination(path)
            assert (found.is_stream, found.descriptor) == (True, number)
    assert find_destination("/dev/stdout").descriptor == 1
    assert find_destination("/dev/stderr").descriptor == 2
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        found = find_destination(f"/proc/{other.pid}/fd/1")
    assert (found.is_stream, found.descriptor) == (True, None)
    assert find_destination("link").is_stream, "a descriptor that is closed by now"


def test_the_successor_has_the_mode_of_the_old_file(there: Path) -> None:
    for mode in (0o600, 0o664, 0o444):
        (there / "file").chmod(mode)
        with SuccessorFile("file") as file:
            assert stat.S_IMODE(os.stat(file.temporary).st_mode) == mode
            file.commit()
        assert stat.S_IMODE(os.stat("file").st_mode) == mode


def test_the_first_of_its_name_has_the_mode_of_a_new_file(there: Path) -> None:
    old = os.umask(0o002)
    try:
        with SuccessorFile("new") as file:
            file.commit()
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat("new").st_mode) == 0o664


def test_the_successor_stays_with_its_owner(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[tuple[int, int]] = []

    def fchown(fd: int, user: int, group: int) -> None:
        wanted.append((user, group))
        if user != -1:
            raise PermissionError

    monkeypatch.setattr(os, "fchown", fchown)
    with SuccessorFile("file"):
        assert wanted == [(os.getuid(), os.getgid()), (-1, os.getgid())]
