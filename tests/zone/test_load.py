"""Loading a zone from files: includes, standard input, files that change, and where a record stands."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import fastsign
from fastsign.errors import ZoneSyntaxError
from fastsign.zone.load import line_of_record, load_zone
from scanning import ORIGIN, rows

ZONE = b"$TTL 300\n@ SOA ns host 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zone").write_bytes(ZONE)
    return tmp_path


def complaint(path: str | Path = "zone") -> tuple[str | None, int | None, str]:
    with pytest.raises(ZoneSyntaxError) as caught:
        load_zone(path, ORIGIN)
    return caught.value.file, caught.value.line, caught.value.message


# ----------- Files --------------------------------------------------------------


def test_it_counts_octets_of_all_files_and_names_the_file_in_warnings(folder: Path) -> None:
    (folder / "more").write_bytes(b"x 5 A 192.0.2.2\nx 6 A 192.0.2.3\n")
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE more\n")
    loaded = load_zone("zone", ORIGIN)
    assert loaded.octets == (folder / "zone").stat().st_size + (folder / "more").stat().st_size
    assert loaded.warnings == ["more:2: TTL set to prior TTL (5)"]
    assert len(loaded.arena.owner) == 5


def test_it_tells_which_files_were_included_and_what_they_were_when_they_were_read(folder: Path) -> None:
    (folder / "more").write_bytes(b"x A 192.0.2.2\n$INCLUDE most\n$INCLUDE most y\n")
    (folder / "most").write_bytes(b"z A 192.0.2.2\n")
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE more\n$INCLUDE " + str(folder).encode() + b"/most v\n")
    paths = ["more", "most", "most", f"{folder}/most"]
    facts = [os.stat(path) for path in paths]
    assert list(load_zone("zone", ORIGIN).included) == [
        (path, fact.st_ino, fact.st_size, fact.st_mtime_ns) for path, fact in zip(paths, facts, strict=True)
    ]


def test_many_included_files_are_told_of(folder: Path) -> None:
    (folder / "more").write_bytes(b"x A 192.0.2.2\n")
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE more\n" * 100)
    assert [path for path, *_ in load_zone("zone", ORIGIN).included] == ["more"] * 100


def test_a_mistake_is_told_with_its_file_and_line(folder: Path) -> None:
    (folder / "more").write_bytes(b"\n\nx A 192.0.2\n")
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE more\n")
    assert complaint() == ("more", 3, "near '192.0.2': bad dotted quad")


@pytest.mark.parametrize(
    ("path", "what"),
    [("nowhere", "nowhere: file not found"), ("/", "/: not a file"), ("zone/x", "zone/x: file not found")],
)
def test_a_file_that_can_not_be_opened(path: str, what: str) -> None:
    assert complaint(path) == (path, 0, what)


def test_the_line_that_includes_what_can_not_be_opened_is_told(folder: Path) -> None:
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE nowhere\n")
    assert complaint() == ("zone", 5, "nowhere: file not found")


@pytest.mark.parametrize("name", ["zone", "./zone", "link"])
def test_a_file_that_includes_itself(name: str, folder: Path) -> None:
    (folder / "link").symlink_to("zone")
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE " + name.encode() + b"\n")
    assert complaint() == ("zone", 5, f"{name}: too many open files")


def test_includes_nest_to_a_depth_of_64(folder: Path) -> None:
    for depth in range(1, 65):
        (folder / f"zone{depth}").write_bytes(b"h%d A 192.0.2.1\n$INCLUDE zone%d\n" % (depth, depth + 1))
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE zone1\n")
    (folder / "zone64").write_bytes(b"last A 192.0.2.1\n")
    assert complaint() == ("zone63", 2, "zone64: too many open files")
    (folder / "zone63").write_bytes(b"last A 192.0.2.1\n")
    assert len(load_zone("zone", ORIGIN).arena.owner) == 3 + 63


def test_no_file_stays_open(folder: Path) -> None:
    (folder / "bad").write_bytes(b"x A 1\n")
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE bad\n")
    gc.collect()
    before = sorted(os.listdir("/dev/fd"))
    for _ in range(3):
        complaint()
    gc.collect()  # the arenas that the errors' tracebacks hold
    assert sorted(os.listdir("/dev/fd")) == before


def test_an_expired_signature_is_warned_of_once(folder: Path) -> None:
    signature = b"x RRSIG A 8 2 300 20200101000000 20190101000000 1 . AQID\n"
    (folder / "zone").write_bytes(ZONE + signature + signature.replace(b"x ", b"y "))
    assert load_zone("zone", ORIGIN).warnings == []
    assert load_zone("zone", ORIGIN, now=1577836801).warnings == ["zone:5: signature has expired"]
    assert load_zone("zone", ORIGIN, now=1577836800).warnings == []


def test_more_warnings_than_anyone_reads_are_counted(folder: Path) -> None:
    (folder / "zone").write_bytes(ZONE + b"".join(b"n%d 1 A 192.0.2.1\n 2 A 192.0.2.2\n" % i for i in range(150_000)))
    warnings = load_zone("zone", ORIGIN).warnings
    assert warnings[0] == "zone:6: TTL set to prior TTL (1)"
    count, _, rest = warnings[-1].partition(" ")
    assert (len(warnings) - 1 + int(count), rest) == (150_000, "more warnings")


# ----------- Standard input and pipes -------------------------------------------

LOAD = """
import sys; sys.path.insert(0, sys.argv[2])
from fastsign.zone.load import load_zone
print(len(load_zone(sys.argv[1], b"\\7example\\0").arena.owner))
"""


@pytest.mark.parametrize("path", ["-", "/dev/stdin"])
def test_standard_input(path: str, folder: Path) -> None:
    command = [sys.executable, "-c", LOAD, path, str(Path(fastsign.__file__).parents[1])]
    zone = ZONE + b"x TXT " + b"a" * 200 + b"\n"
    with (folder / "zone").open("rb") as file:
        assert subprocess.run(command, stdin=file, capture_output=True, check=True, timeout=60).stdout == b"3\n"
    piped = subprocess.run(command, input=zone, capture_output=True, check=True, timeout=60)
    assert piped.stdout == b"4\n"


def through_a_pipe(folder: Path, act: Callable[[], None]) -> None:
    """Include a pipe in the zone; *act* while the scanner waits for what comes from it."""
    os.mkfifo(folder / "pipe")
    (folder / "zone").write_bytes(ZONE + b"$INCLUDE pipe\n" + b"; more\n" * 200_000)

    def write() -> None:
        with (folder / "pipe").open("wb") as pipe:
            act()
            pipe.write(b"x A 192.0.2.9\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        load_zone("zone", ORIGIN)
    finally:
        writer.join(60)


def test_a_pipe_is_read_to_its_end(folder: Path) -> None:
    through_a_pipe(folder, lambda: None)


@pytest.mark.parametrize("size", [0, 100])
def test_a_file_cut_short_while_it_is_read_is_refused(size: int, folder: Path) -> None:
    with pytest.raises(ZoneSyntaxError, match="the file changed while it was read"):
        through_a_pipe(folder, lambda: os.truncate(folder / "zone", size))


def test_a_file_that_grows_while_it_is_read_is_refused(folder: Path) -> None:
    def grow() -> None:
        with (folder / "zone").open("ab") as file:
            file.write(b"; more\n")

    with pytest.raises(ZoneSyntaxError, match="the file changed while it was read"):
        through_a_pipe(folder, grow)


def test_a_file_that_is_written_anew_while_it_is_read_is_refused(folder: Path) -> None:
    with pytest.raises(ZoneSyntaxError, match="the file changed while it was read"):
        through_a_pipe(folder, lambda: os.utime(folder / "zone"))


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(folder: Path) -> None:
    (folder / "new").write_bytes(ZONE)
    through_a_pipe(folder, lambda: os.replace(folder / "new", folder / "zone"))


# ----------- Where a record stands ----------------------------------------------


def test_the_line_of_every_record_is_found_again(folder: Path) -> None:
    (folder / "more").write_bytes(b"\nm A 192.0.2.2\n; c\n  AAAA (\n ::1 )\n")
    (folder / "zone").write_bytes(ZONE + b"\n$INCLUDE more\n$GENERATE 1-2 g$ A 192.0.2.$\nz TXT (\n a )\n")
    expected = [("zone", 2), ("zone", 3), ("zone", 4), ("more", 2), ("more", 4), ("zone", 7), ("zone", 7), ("zone", 8)]
    count = len(load_zone("zone", ORIGIN).arena.owner)
    assert [line_of_record("zone", ORIGIN, row) for row in range(count)] == expected


def test_what_follows_the_record_looked_for_is_not_read(folder: Path) -> None:
    (folder / "zone").write_bytes(ZONE + b"x A wrong\n")
    assert line_of_record("zone", ORIGIN, 2) == ("zone", 4)


# ----------- Classes ------------------------------------------------------------


def test_types_of_the_internet_are_unknown_in_other_classes(folder: Path) -> None:
    hesiod = b"$TTL 300\n@ HS SOA ns host 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nx TXT y\n"
    (folder / "zone").write_bytes(hesiod)
    assert [row[1] for row in rows(load_zone("zone", ORIGIN, rrclass=4).arena)] == [6, 2, 1, 16]
    (folder / "zone").write_bytes(hesiod + b"x AAAA ::1\n")
    with pytest.raises(ZoneSyntaxError, match="near '::1': unknown class/type"):
        load_zone("zone", ORIGIN, rrclass=4)
    (folder / "zone").write_bytes(hesiod.replace(b"HS", b"CH"))
    with pytest.raises(ZoneSyntaxError, match=r"near '192\.0\.2\.1': unknown class/type"):
        load_zone("zone", ORIGIN, rrclass=3)


def test_a_class_that_is_not_the_zones_is_refused(folder: Path) -> None:
    (folder / "zone").write_bytes(ZONE + b"x CH TXT y\n")
    assert complaint() == ("zone", 5, "class 'CH' != zone class 'IN'")
