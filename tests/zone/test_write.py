"""A file is put in place whole and for good, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastsign._core import Column
from fastsign.zone.write import AtomicFile


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
        file.write("text, which is an error")  # type: ignore[arg-type]
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
