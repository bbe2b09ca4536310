"""`fastsign install-links`: the links, called by their names from the PATH, are the tools, and overwrite nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastsign.cli.commands import COMMANDS
from installation import environ_with, install

NAMES = sorted(command.program for command in COMMANDS.values() if command.linked)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A `fastsign` as an installation makes it."""
    path = install(tmp_path / "venv/bin")
    (tmp_path / "links").mkdir()
    return path


def call(*words: str | Path, cwd: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    # env looks the name up in PATH, as a shell does
    return subprocess.run(["env", *map(str, words)], cwd=cwd, env=environ_with(path), capture_output=True, text=True)


def test_each_link_is_the_tool_by_its_name(program: Path, tmp_path: Path) -> None:
    done = call(program, "install-links", "links", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(os.listdir(tmp_path / "links")) == NAMES
    assert sorted(done.stdout.splitlines()) == [f"links/{name}: made, a link to {program}" for name in NAMES]
    for name in NAMES:
        page = call(name, "--help", cwd=tmp_path, path=str(tmp_path / "links"))
        assert (page.returncode, page.stderr) == (0, "")
        assert page.stdout.startswith(f"{name} - ")


def test_a_script_written_for_bind_runs_by_the_links(program: Path, tmp_path: Path) -> None:
    assert call(program, "install-links", "-q", "links", cwd=tmp_path).stdout == ""
    (tmp_path / "zone").write_text("@ 60 IN SOA ns hostmaster 1 2 3 4 5\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n")
    script = """set -e
        ksk=$(dnssec-keygen -a 13 -f KSK example.) zsk=$(dnssec-keygen -a 13 example.)
        dnssec-signzone -S -o example. -f signed zone && dnssec-verify -q -o example. signed
        grep -q fastsign signed"""
    done = call("sh", "-c", script, cwd=tmp_path, path=str(tmp_path / "links"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "signed"


def test_a_relative_or_linked_program_is_found(program: Path, tmp_path: Path) -> None:
    (tmp_path / "fs").symlink_to(program)
    done = call("venv/bin/fastsign", "install-links", "links", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert os.readlink(tmp_path / "links" / NAMES[0]) == str(program)
    assert call("./fs", "install-links", "links", cwd=tmp_path).returncode == 0  # it leads to the same program


def test_a_link_that_is_there_is_fine(program: Path, tmp_path: Path) -> None:
    call(program, "install-links", "links", cwd=tmp_path)
    (tmp_path / "links" / NAMES[0]).unlink()
    done = call(program, "install-links", "links", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    words = {line.split(": ", 1)[0]: line.split(": ", 1)[1] for line in done.stdout.splitlines()}
    assert words.pop(f"links/{NAMES[0]}") == f"made, a link to {program}"
    assert set(words.values()) == {"was there already"}


def test_what_has_a_tools_name_is_left_and_named_and_the_others_are_made(program: Path, tmp_path: Path) -> None:
    links = tmp_path / "links"
    (links / NAMES[0]).write_text("BIND's own\n")
    (links / NAMES[1]).symlink_to("/nowhere")
    (links / NAMES[2]).mkdir()
    done = call(program, "install-links", "links", cwd=tmp_path)
    assert done.returncode == 1
    assert sorted(done.stderr.splitlines()) == [
        f"fastsign install-links: links/{name} exists and is no link to {program}: left as it is" for name in NAMES[:3]
    ]
    assert (links / NAMES[0]).read_text() == "BIND's own\n"
    assert os.readlink(links / NAMES[1]) == "/nowhere"
    assert sorted(os.listdir(links)) == NAMES
    assert [line.split(":")[0] for line in sorted(done.stdout.splitlines())] == [f"links/{name}" for name in NAMES[3:]]


def test_a_directory_that_is_missing_or_none_is_an_error(program: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory in ("missing", "file"):
        done = call(program, "install-links", directory, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith(f"fastsign install-links: fatal: {directory} is not a directory")
    assert not (tmp_path / "missing").exists()


def test_more_or_less_than_one_directory_is_shown_the_usage(program: Path, tmp_path: Path) -> None:
    for words in ([], ["links", "links"]):
        done = call(program, "install-links", *words, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith("Usage:\n    fastsign install-links [options] directory\n")
    assert os.listdir(tmp_path / "links") == []


def test_a_module_run_by_python_links_to_the_installed_program_or_says_what_is_missing(tmp_path: Path) -> None:
    script = Path(sys.executable).parent / "fastsign"
    (tmp_path / "links").mkdir()
    done = call(sys.executable, "-m", "fastsign", "install-links", "links", cwd=tmp_path)
    if script.exists():
        assert (done.returncode, os.readlink(tmp_path / "links" / NAMES[0])) == (0, str(script))
    else:
        assert done.returncode == 1
        assert "fatal: there is no program" in done.stderr
