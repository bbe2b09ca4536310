"""The common ground of BIND's command lines, compared with dnssec-keygen and dnssec-settime themselves."""

from __future__ import annotations

import io
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_integer, parse_time, parse_ttl, run_tool
from fastsign.cli.env import Env
from fastsign.cli.main import run

TOOL = Tool(
    "dnssec-toy",
    "ab:chV",
    "Usage:\n    {program} {version}\n",
    refused="c",
    long={"all": "a", "base": "b", "json": "", "only": ":"},
)


def env(*arguments: str) -> Env:
    return Env(("dnssec-toy", *arguments), io.StringIO(), io.StringIO(), io.StringIO())


def parse(*arguments: str) -> tuple[list[tuple[str, str]], list[str]]:
    line = CommandLine(TOOL, env(*arguments))
    return list(line), line.operands


@pytest.mark.parametrize(
    ("arguments", "options", "operands"),
    [
        (["-a", "x"], [("a", "")], ["x"]),
        (["-ab1", "x", "-a"], [("a", ""), ("b", "1")], ["x", "-a"]),
        (["-b", "-a", "x"], [("b", "-a")], ["x"]),
        (["-a", "--", "-b"], [("a", "")], ["-b"]),
        (["-b", "--", "-a"], [("b", "--"), ("a", "")], []),
        (["-b", "", "x"], [("b", "")], ["x"]),
    ],
)
def test_options_cluster_and_take_glued_or_following_values(
    arguments: list[str], options: list[tuple[str, str]], operands: list[str]
) -> None:
    assert parse(*arguments) == (options, operands)


@pytest.mark.parametrize(
    ("arguments", "options", "operands"),
    [
        (["x", "-a", "y", "-b1"], [("a", ""), ("b", "1")], ["x", "y"]),
        (["-a", "x", "--", "-a", "y"], [("a", "")], ["x", "-a", "y"]),
        (["x"], [], ["x"]),
    ],
)
def test_options_stand_behind_operands_where_they_are_mixed(
    arguments: list[str], options: list[tuple[str, str]], operands: list[str]
) -> None:
    line = CommandLine(replace(TOOL, mixed=True), env(*arguments))
    assert (list(line), line.operands) == (options, operands)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--all", "--base", "1", "--base=2", "-b3"], [("a", ""), ("b", "1"), ("b", "2"), ("b", "3")]),
        (["--base=", "--base", "--all"], [("b", ""), ("b", "--all")]),
        (["--json", "--only=x=y"], [("json", ""), ("only", "x=y")]),
    ],
)
def test_long_options_stand_for_letters_or_for_themselves(arguments: list[str], options: list[tuple[str, str]]) -> None:
    assert parse(*arguments, "operand") == (options, ["operand"])


def test_a_long_flag_takes_no_value() -> None:
    world = env("--all=1")
    assert run_tool(TOOL, lambda line: len(list(line)), world) == 1
    assert "option --all takes no value" in world.stderr.getvalue()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-x"], "-x"),
        (["-b"], "-b"),
        (["-"], "--"),
        (["-:"], "-:"),
        (["-aY"], "-Y"),
    ],
)
def test_a_bad_option_is_named_and_usage_follows(arguments: list[str], complaint: str) -> None:
    world = env(*arguments)
    assert run_tool(TOOL, lambda line: len(list(line)), world) == 1
    stderr = world.stderr.getvalue()
    assert stderr.startswith(f"dnssec-toy: invalid argument {complaint}\nUsage:\n    dnssec-toy fastsign-")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--bose", "1"], "unknown option --bose; did you mean --base?"),
        (["--halp"], "unknown option --halp; did you mean --help?"),
        (["--completely-else=1"], "unknown option --completely-else; --help explains those there are"),
        (["--base"], "option --base needs a value"),
    ],
)
def test_what_is_wrong_with_a_long_option_is_said_to_a_person(arguments: list[str], complaint: str) -> None:
    world = env(*arguments)
    assert run_tool(TOOL, lambda line: len(list(line)), world) == 1
    assert world.stderr.getvalue() == f"dnssec-toy: fatal: {complaint}\n"


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("keygn", "unknown command keygn; did you mean keygen?"),
        ("dnssec-keygne", "unknown command dnssec-keygne; did you mean dnssec-keygen?"),
        ("xyzzy", "unknown command xyzzy; the commands are signzone, verify,"),
        ("-q", "unknown option -q; the commands are signzone, verify,"),
    ],
)
def test_an_unknown_command_is_named_and_the_likely_one_too(word: str, complaint: str) -> None:
    for words in ([word], ["help", word]):
        world = Env(("fastsign", *words), io.StringIO(), io.StringIO(), io.StringIO())
        assert run(world) == 1
        assert world.stderr.getvalue().startswith(f"fastsign: {complaint}")


def test_an_option_not_offered_is_refused_by_name() -> None:
    world = env("-ac", "x")
    assert run_tool(TOOL, lambda line: len(list(line)), world) == 1
    assert world.stderr.getvalue().startswith("dnssec-toy: fatal: option -c is not supported")


def test_help_and_version_end_well() -> None:
    for letter, stream in (("h", "stderr"), ("V", "stdout")):
        world = env(f"-{letter}")
        assert run_tool(TOOL, lambda line: len(list(line)), world) == 0
        assert "dnssec-toy" in getattr(world, stream).getvalue()


@pytest.mark.parametrize(
    ("text", "base", "expected"),
    [
        ("10x", 10, (10, "x")),
        ("0x1fg", 0, (31, "g")),
        ("0x", 0, (0, "x")),
        ("017 ", 0, (15, " ")),
        ("089", 0, (0, "89")),
        (" -5d", 0, (-5, "d")),
        ("", 0, (0, "")),
        ("d", 0, (0, "d")),
        ("9" * 30, 0, (2**63 - 1, "")),
    ],
)
def test_integers_read_as_strtol_reads_them(text: str, base: int, expected: tuple[int, str]) -> None:
    assert parse_integer(text, base) == expected


TIMES = """
20260101 20260101123456 20240229 20230229 20261301 20260100 20260132 20260101240000 20260101235960 20260101236000
2026010112345 202601011234567 1790000000 0123456789 now now+1d now-1w now+1mo now+1mi now+1m now+1M now+1x now+ now+-5
20260101+1y 20260101-10s 20260101+5days +3600 -3600 +1h -2D +0x10 +010 + - 0 00 000 none NEVER unset nowish today
19690101 19700101 21050101 20260101x 1790000000+1h Tuesday now+1mx now+99999999999 4000000000
"""


def bind_time(text: str, folder: Path) -> tuple[str, int | None]:
    """(complaint, moment): what dnssec-settime makes of `-I text` on a key of its own."""
    key = next(folder.glob("K*.key")).stem
    done = tools.run("dnssec-settime", "-K", folder, "-I", text, key, check=False)
    if done.returncode:
        return done.stderr.strip().removeprefix("dnssec-settime: fatal: "), None
    shown = tools.run("dnssec-settime", "-K", folder, "-u", "-p", "I", key).stdout.split()[1]
    return "", None if shown == "UNSET" else int(shown) % 2**32


def test_times_read_as_bind_reads_them(tmp_path: Path) -> None:
    tools.run("dnssec-keygen", "-q", "-a", "13", "-K", tmp_path, "example")
    for text in [*TIMES.split(), "Tue Nov 24 01:58:56 2026", "Tue Nov 24 01:58:56 2026-1d", "Tue Nov 24", " now"]:
        before = int(time.time())
        complaint, moment = bind_time(text, tmp_path)
        after = int(time.time())
        if complaint:
            with pytest.raises(FatalError, match=f"^{re.escape(complaint)}$"):
                parse_time(text, before, before)
        else:
            assert moment in {parse_time(text, now, now) for now in range(before, after + 1)}, text


@pytest.mark.parametrize("text", ["3600", "1h", "2D", "1mi", "1mo", "1m", "x", "", "none", "0x10", "5q", "-1", "010"])
def test_ttls_read_as_bind_reads_them(text: str, tmp_path: Path) -> None:
    done = tools.run("dnssec-keygen", "-q", "-a", "15", "-K", tmp_path, "-L", text, "example", check=False)
    if done.returncode:
        with pytest.raises(FatalError) as raised:
            parse_ttl(text)
        assert f"dnssec-keygen: fatal: {raised.value}\n" == done.stderr
        return
    record = next(tmp_path.glob("K*.key")).read_text().splitlines()[-1]
    match = re.match(r"example\. (?:(\d+) )?IN DNSKEY", record)
    assert match
    assert parse_ttl(text) == int(match[1] or 0)


def test_the_command_line_of_bind_behaves_as_ours(tmp_path: Path) -> None:
    for arguments in (["-"], ["-Y"], ["-a"], ["--", "x"], ["-q", "-:"]):
        theirs = subprocess.run(["dnssec-keygen", *arguments], cwd=tmp_path, capture_output=True, text=True, input="")
        world = Env(("dnssec-keygen", *arguments), io.StringIO(), io.StringIO(), io.StringIO())
        toy = Tool("dnssec-keygen", "3A:a:b:qV", "Usage:\n", refused="")

        def body(line: CommandLine) -> int:
            list(line)
            raise FatalError("no algorithm specified")

        assert run_tool(toy, body, world) == theirs.returncode
        assert world.stderr.getvalue().splitlines()[0] == theirs.stderr.splitlines()[0]


def test_the_version_names_the_engines():
    from fastsign._core import engines

    out = io.StringIO()
    assert run(Env(("fastsign", "-V"), io.StringIO(), out, io.StringIO())) == 0
    lines = dict(line.split(": ") for line in out.getvalue().splitlines()[1:])
    assert lines["ECDSAP256SHA256"].split(", ") == engines()[13]
    assert lines["RSASHA256"].endswith("openssl")
