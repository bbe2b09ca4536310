"""Where output goes: a link to what is open is written into or refused, a reader that leaves is no error to tell of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tools
from inprocess import command
from installation import environ_with

ZONE = "$TTL 300\n@ SOA ns hostmaster 7 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
LONG = "".join(f"t{number} A 192.0.2.1\n" for number in range(3000))  # more than a pipe holds
NAMES = {"checkzone": "named-checkzone", "compilezone": "named-compilezone"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A zone, its keys, and links to a full disc and to what a program has open: the real ones are never named."""
    (tmp_path / "zone").write_text(ZONE)
    (tmp_path / "long").write_text(ZONE + LONG)
    for name, target in (("full", "/dev/full"), ("so", "/proc/self/fd/1"), ("se", "/proc/self/fd/2")):
        (tmp_path / name).symlink_to(target)
    return tmp_path


def shell(folder: Path, line: str, program: list[str]) -> tuple[int, str, str]:
    """Run a line in which "$@" is the program."""
    done = subprocess.run(
        ["bash", "-c", line, "sh", *program],
        cwd=folder,
        env=environ_with(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def ours(name: str) -> list[str]:
    return [sys.executable, "-m", "fastsign", name]


@pytest.fixture
def both(folder: Path) -> Callable[[str, str], tuple[int, str, str]]:
    """The same line with BIND's program and ours: the same code, words, and content of the file `log`."""

    def run(name: str, line: str) -> tuple[int, str, str]:
        results = []
        for program in ([tools.find(NAMES[name])], ours(name)):
            (folder / "log").write_text("")
            results.append((*shell(folder, line, program), (folder / "log").read_text()))
        assert results[0] == results[1]
        return results[1][:3]

    return run


def test_a_full_disc_is_told_of_as_bind_does(both: Callable[[str, str], tuple[int, str, str]]) -> None:
    for name, line in (
        ("checkzone", '"$@" -D -i local example zone >full'),
        ("checkzone", '"$@" -q -D -i local example zone >full'),
        ("compilezone", '"$@" -i local -o full example zone'),
        ("compilezone", '"$@" -F raw -i local -o full example zone'),
        ("compilezone", '"$@" -q -i local -o full example zone'),
        ("compilezone", '"$@" -i local -o - example zone >full'),
    ):
        code, out, err = both(name, line)
        assert code == 1
        assert ("disc full" in out + err) != ("-q" in line)


def test_what_is_dumped_is_told_with_d(both: Callable[[str, str], tuple[int, str, str]]) -> None:
    for name, line in (
        ("checkzone", '"$@" -d -i local -o out example zone'),
        ("checkzone", '"$@" -d -D -i local example. zone'),
        ("checkzone", '"$@" -d -D -i local -o - example zone'),
        ("compilezone", '"$@" -d -i local -o out example zone'),
        ("compilezone", '"$@" -d -q -i local -o out example zone'),
        ("compilezone", '"$@" -d -i local -o nowhere/out example zone'),
        ("compilezone", '"$@" -d -i local -o "" example zone'),
    ):
        assert 'dumping "example' in both(name, line)[2]


def test_a_link_to_what_is_open_is_written_into(folder: Path) -> None:
    zone = tools.run("named-checkzone", "-q", "-D", "-i", "local", "example", "zone", cwd=folder).stdout
    for output, redirected in (("so", ">>log"), ("se", "2>>log"), ("./so", ">>log")):
        (folder / "log").write_text("kept\n")
        line = f'"$@" -q -i local -o {output} example zone {redirected}'
        for name in NAMES:
            assert shell(folder, line, ours(name)) == (0, "", "")
        assert (folder / "log").read_text() == "kept\n" + 2 * zone
        assert (folder / output).is_symlink()
    code, out, err = shell(folder, '"$@" -i local -o so example zone', ours("compilezone"))
    assert (code, out, err) == (0, zone, "zone example/IN: loaded serial 7\nOK\n")


def test_what_an_ordinary_link_leads_to_is_replaced_and_keeps_its_mode(folder: Path) -> None:
    (folder / "link").symlink_to("out")
    for run in (tools.run, None):
        (folder / "out").write_text("old")
        (folder / "out").chmod(0o640)
        arguments = ("-q", "-i", "local", "-o", folder / "link", "example", folder / "zone")
        tools.run("named-compilezone", *arguments) if run else command("compilezone", *arguments)
        assert (folder / "link").is_symlink()
        assert (folder / "out").stat().st_mode & 0o777 == 0o640
        assert "192.0.2.1" in (folder / "out").read_text()


def test_signzone_replaces_a_link_as_bind_does_but_none_to_what_is_open(folder: Path) -> None:
    for role in (("-f", "KSK"), ()):
        tools.run("dnssec-keygen", "-q", "-a", "13", *role, "example", cwd=folder)
    for program in ([tools.find("dnssec-signzone")], ours("signzone")):
        (folder / "link").unlink(missing_ok=True)
        (folder / "link").symlink_to("old")
        (folder / "old").write_text("old")
        assert shell(folder, '"$@" -q -S -o example -f link zone', program) == (0, "link\n", "")
        assert not (folder / "link").is_symlink()
        assert (folder / "old").read_text() == "old"
    code, out, err = shell(folder, '"$@" -q -S -o example -f so zone >log', ours("signzone"))
    assert (code, out) == (1, "")
    assert "so is not a regular file and will not be replaced" in err
    assert (folder / "so").is_symlink()
    assert os.readlink(folder / "so") == "/proc/self/fd/1"


@pytest.mark.parametrize(
    "words",
    ["checkzone -q -D -i local example long", "compilezone -q -i local -o so example zone", "signzone --help", "-V"],
)
def test_a_reader_that_has_left_ends_the_run_without_a_word(folder: Path, words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        line = [*ours("")[:-1], *words.split()]
        done = subprocess.run(
            line, cwd=folder, env=environ_with(), stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_page_that_finds_a_full_disc_is_an_error(folder: Path) -> None:
    for words in ("--help", "checkzone --help", "checkzone -i local example zone"):
        code, out, err = shell(folder, f'"$@" {words} >full', ours("")[:-1])
        assert (code, out) == (1, "")
        assert err.endswith("fatal: disc full\n")
        assert len(err.splitlines()) == 1
