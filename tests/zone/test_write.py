"""A file is put in place whole and for good, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fastsign._core import Column
from fastsign.zone import write
from fastsign.zone.write import AtomicFile, place_together, sync_together


def test_commit_puts_the_file_in_place(tmp_path: Path):
    path = tmp_path / "zone"
    path.write_text("old")
    with AtomicFile(str(path)) as file:
        file.write(b"new, ")
        column = Column("B", 6)
        column.view()[:] = b"shared"
        file.append_from(column.fd, 5)
        assert path.read_text() == "old"
        file.commit()
    assert path.read_text() == "new, share"
    assert os.listdir(tmp_path) == ["zone"]


def test_without_commit_nothing_has_happened(tmp_path: Path):
    path = tmp_path / "zone"
    path.write_text("old")
    with AtomicFile(str(path)) as file:
        file.write(b"half of the n")
        file.abandon()
    with pytest.raises(TypeError), AtomicFile(str(path)) as file:
        file.write("text, which is an error")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["zone"]


def test_the_temporary_file_is_in_the_same_directory_and_nobodys_but_ours(tmp_path: Path):
    old = os.umask(0o022)
    try:
        with AtomicFile(str(tmp_path / "zone")) as file, AtomicFile(str(tmp_path / "zone")) as other:
            assert Path(file.temporary).parent == tmp_path
            assert file.temporary != other.temporary
            assert os.stat(file.temporary).st_mode & 0o777 == 0o644
    finally:
        os.umask(old)


def test_a_source_that_is_too_short_is_an_error(tmp_path: Path):
    with AtomicFile(str(tmp_path / "zone")) as file:
        column = Column("B", 10)
        with pytest.raises(OSError, match="ended after"):
            file.append_from(column.fd, 1 << 20)


def test_commit_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    calls: list[str] = []
    for name in ("fsync", "rename"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, _name=name, _real=real: (calls.append(_name), _real(*a))[1])
    with AtomicFile(str(tmp_path / "zone")) as file:
        file.commit()
    assert calls == ["fsync", "rename", "fsync"], "the file, its name, the directory"


def test_many_files_are_synced_and_placed_together(tmp_path: Path):
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    files = {number: AtomicFile(str(folders[number % 2] / str(number))) for number in range(40)}
    for number, file in files.items():
        file.write(str(number).encode())
    assert sync_together(files.items()) == {}
    assert place_together(files.items()) == {}
    assert {path.name: path.read_text() for folder in folders for path in folder.iterdir()} == {
        str(number): str(number) for number in range(40)
    }


def test_of_many_files_each_has_its_own_error(tmp_path: Path):
    files = {number: AtomicFile(str(tmp_path / str(number))) for number in range(5)}
    os.close(files[1].fd)
    (tmp_path / "3").mkdir()
    errors = sync_together(files.items())
    assert {number: error.errno for number, error in errors.items()} == {1: errno.EBADF}
    del files[1]
    errors = place_together(files.items())
    assert {number: error.errno for number, error in errors.items()} == {3: errno.EISDIR}
    assert sorted(path.name for path in tmp_path.glob("?") if path.is_file()) == ["0", "2", "4"]


def test_of_a_folder_that_cant_be_synced_all_files_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(directory: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), directory)

    monkeypatch.setattr(write, "_sync_directory", fail)
    files = {number: AtomicFile(str(tmp_path / str(number))) for number in range(3)}
    assert set(place_together(files.items())) == {0, 1, 2}
