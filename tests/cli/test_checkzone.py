"""checkzone and compilezone: what of their own there is to hold; what BIND does too is in tests/differential."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

import tools
from fastsign.cli.env import Env
from fastsign.cli.main import run
from inprocess import Done, command

ZONE = "$TTL 300\n@ SOA ns hostmaster 7 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
BARE = ("-i", "none")


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    path = tmp_path / "zone"
    path.write_text(ZONE)
    return path


def test_the_zone_may_come_from_standard_input(zone: Path) -> None:
    for arguments in (["example"], ["example", "-"], ["example", "/dev/stdin"]):
        done = tools.fastsign("checkzone", *BARE, *arguments, stdin=ZONE + "a CNAME b\na CNAME c\na A 1\n", check=False)
        name = arguments[-1] if arguments[1:] else "-"
        assert done.stdout.split("\n")[:2] == [
            f"dns_rdata_fromtext: {name}:7: near '1': bad dotted quad",
            f"dns_master_load: {name}:6: a.example: multiple RRs of singleton type",
        ]
        assert done.returncode == 1
    assert (
        tools.fastsign("checkzone", "-i", "none", "example", stdin=ZONE).stdout
        == "zone example/IN: loaded serial 7\nOK\n"
    )


def test_a_raw_zone_may_too(zone: Path, tmp_path: Path) -> None:
    command("compilezone", *BARE, "-F", "raw", "-o", tmp_path / "raw", "example", zone)
    with (tmp_path / "raw").open("rb") as raw:
        import subprocess
        import sys

        line = [sys.executable, "-m", "fastsign", "checkzone", *BARE, "-f", "raw", "example", "-"]
        done = subprocess.run(line, stdin=raw, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("zone example/IN: loaded serial 7\nOK\n", 0)


def test_the_old_file_stays_when_the_zone_is_refused(zone: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old")
    zone.write_text(ZONE + "a A 1\n")
    assert command("compilezone", *BARE, "-o", out, "example", zone, check=False).code == 1
    assert out.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["out", "zone"]


def test_a_pipe_can_be_written_to(zone: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    command("compilezone", *BARE, "-o", pipe, "example", zone)
    assert os.read(reader, 1000).endswith(b"ns.example.\t\t\t\t      300 IN A\t\t192.0.2.1\n")
    os.close(reader)


def test_the_working_directory_is_what_it_was(zone: Path) -> None:
    before = Path.cwd()
    command("checkzone", *BARE, "-w", zone.parent, "example", "zone")
    assert Path.cwd() == before


@pytest.mark.parametrize("letter", ["t", "C"])
def test_what_is_not_offered_is_named(zone: Path, letter: str) -> None:
    done = command("checkzone", f"-{letter}", "x", "example", zone, check=False)
    assert done.code == 1
    assert f"option -{letter} is not supported" in done.stderr


def test_a_name_or_class_that_is_none_is_told_of(zone: Path) -> None:
    assert "empty label" in command("checkzone", "a..b", zone, check=False).stderr
    assert "unknown class FOO" in command("checkzone", "-c", "FOO", "example", zone, check=False).stderr


def test_an_rrset_that_is_too_large_is_told_of_and_refused(zone: Path, tmp_path: Path) -> None:
    zone.write_text(ZONE + "".join(f'big TXT "{number:099}"\n' for number in range(700)))
    theirs = tools.run("named-checkzone", *BARE, "example", zone, check=False)
    ours = command("checkzone", *BARE, "example", zone, check=False)
    assert theirs.returncode == ours.code == 1
    assert theirs.stdout.splitlines()[1:] == ours.stdout.splitlines()[1:]
    first, *_ = ours.stdout.splitlines()
    assert first.startswith(f"dns_master_load: {zone}: big.example./TXT: the RRset has ")
    assert ours.stderr == ""
    assert command("checkzone", *BARE, "-q", "example", zone, check=False) == Done(1, "", "")
    assert command("compilezone", *BARE, "-o", tmp_path / "out", "example", zone, check=False).code == 1
    assert not (tmp_path / "out").exists()


def test_long_options(zone: Path, tmp_path: Path) -> None:
    line = (
        "--check-integrity=local",
        "--check-names",
        "fail",
        "--style=relative",
        "--output",
        tmp_path / "out",
        "--quiet",
    )
    assert command("compilezone", *line, "example", zone).stdout == ""
    assert (
        (tmp_path / "out").read_text().startswith("$ORIGIN .\n$TTL 300\t; 5 minutes\nexample\t\t\tIN SOA\tns.example. ")
    )


def test_the_version() -> None:
    assert command("checkzone", "-v").stdout.startswith("fastsign-")


def test_the_names_of_binds_programs(zone: Path) -> None:
    for program in ("named-checkzone", "named-compilezone"):
        out, err = io.StringIO(), io.StringIO()
        assert run(Env((program, *BARE, "example", str(zone)), io.StringIO(), out, err)) == (
            program != "named-checkzone"
        )
        assert err.getvalue().startswith("output file required") or out.getvalue().endswith("OK\n")


def test_a_class_of_ones_own(zone: Path, tmp_path: Path) -> None:
    zone.write_text("@ 1 SOA a. b. 1 2 3 4 5\n@ 1 NS c.\n@ 1 TXT x\n")
    command("compilezone", *BARE, "-c", "HS", "-F", "raw", "-o", tmp_path / "raw", "example", zone)
    done = command("checkzone", *BARE, "-c", "HS", "-f", "raw", "-D", "-q", "example", tmp_path / "raw", check=False)
    theirs = tools.run("named-checkzone", *BARE, "-c", "HS", "-D", "-q", "example", zone)
    assert done.stdout == theirs.stdout
