"""Columns that are closed are used again, and nobody can tell."""

from __future__ import annotations

import os

from fastsign._core import Column


def pipe_from_child(told: bytes, file: int) -> None:
    os.write(file, told)
    os._exit(0)


def test_a_column_is_empty_whatever_was_in_the_one_before() -> None:
    for code in "BHIQ":
        for _ in range(3):
            column = Column(code, 10)
            assert column.view().tolist() == [0] * 10
            column.view()[:] = memoryview(b"\xff" * 10 * column.view().itemsize).cast(code)
            column.resize(3)
            del column
    wide = Column("B", 4096)
    assert bytes(wide.view()) == bytes(4096)


def test_columns_that_live_at_once_are_different() -> None:
    columns = [Column("I", 4) for _ in range(200)]
    for number, column in enumerate(columns):
        column.view()[:] = memoryview(bytes([number] * 16)).cast("I")
    assert [bytes(column.view()) for column in columns] == [bytes([number] * 16) for number in range(200)]


def test_a_child_keeps_what_its_parent_has_closed() -> None:
    """The parent's next columns are others than those which the child still sees."""
    columns = [Column("B", 16) for _ in range(20)]
    for column in columns:
        column.view()[:] = b"still the child's"[:16]
    ours, theirs = os.pipe()
    go, went = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(go, 1)
        pipe_from_child(b"".join(bytes(column.view()) for column in columns), theirs)
    del column, columns
    again = [Column("B", 16) for _ in range(100)]
    for column in again:
        column.view()[:] = b"parent's data..."
    os.write(went, b"x")
    assert os.read(ours, 1000) == b"still the child's"[:16] * 20
    os.waitpid(child, 0)
    for file in (ours, theirs, go, went):
        os.close(file)


def test_a_child_begins_with_columns_of_its_own() -> None:
    for _ in range(50):
        Column("B", 16)
    ours, theirs = os.pipe()
    child = os.fork()
    mine = [Column("B", 16) for _ in range(50)]
    for column in mine:
        column.view()[:] = b"c" * 16 if child == 0 else b"p" * 16
    if child == 0:
        pipe_from_child(b"".join(bytes(column.view()) for column in mine), theirs)
    os.waitpid(child, 0)
    assert os.read(ours, 1000) == b"c" * 800
    assert {bytes(column.view()) for column in mine} == {b"p" * 16}
    os.close(ours)
    os.close(theirs)


def test_a_column_that_others_know_of_is_not_used_again() -> None:
    column = Column("B", 16)
    column.view()[:] = b"known to another"
    other = Column.attach(column.fd, "B", 16)
    del column
    for _ in range(100):
        Column("B", 16).view()[:] = b"another column's"
    assert bytes(other.view()) == b"known to another"
