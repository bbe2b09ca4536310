"""The page of each command: it has the options that its parser takes, reads well, and becomes a manual page."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import subprocess
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from fastsign.cli.commands import COMMANDS
from fastsign.cli.compat.common import CommandLine, Tool
from fastsign.cli.env import Env
from fastsign.cli.main import run
from fastsign.cli.page import page_path
from scripts import manual

PAGES = sorted(manual.PAGES.glob("*.rst"))
SECTIONS = ["Synopsis", "Description", "Options", "Examples", "Exit codes", "See also"]


def tool_of(command: str) -> Tool:
    tool = import_module(COMMANDS[command].module).TOOL
    assert isinstance(tool, Tool)
    return tool


def options_of(tool: Tool) -> dict[str, bool]:
    """Option -> does it take a value, for all that the parser takes."""
    line = CommandLine(tool, Env(("",), io.StringIO(), io.StringIO(), io.StringIO()))
    letters = [letter for letter in tool.options if letter not in tool.refused + ":"]
    options = {f"-{letter}": line.takes_value(letter) for letter in letters}
    for name, kind in tool.long.items():
        if kind in ("", ":"):
            options[f"--{name}"] = kind == ":"
        elif kind not in tool.refused:
            options[f"--{name}"] = line.takes_value(kind)
    return {**options, "-h": False, "--help": False}


def options_on_page(program: str) -> dict[str, bool]:
    """Option -> does it take a value, as its page has it."""
    tree = publish_doctree(Path(page_path(program)).read_text(), settings_overrides={"halt_level": 2})
    groups = [group for item in tree.findall(nodes.option_list_item) for group in item.findall(nodes.option)]
    options = {group[0].astext(): len(group) > 1 for group in groups}
    assert len(options) == len(groups), f"{program}: an option is there twice"
    return options


def shown(*words: str) -> str:
    """Standard output of a fastsign command line that ends with 0."""
    out, err = io.StringIO(), io.StringIO()
    assert run(Env(words, io.StringIO(), out, err)) == 0, err.getvalue()
    assert err.getvalue() == ""
    return out.getvalue()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_has_the_options_of_the_parser(command: str) -> None:
    tool = tool_of(command)
    takes, has = options_of(tool), options_on_page(tool.program)
    path = Path(page_path(tool.program)).relative_to(manual.ROOT)
    missing = sorted(takes.keys() - has.keys())
    unknown = sorted(has.keys() - takes.keys())
    values = sorted(option for option in takes.keys() & has.keys() if takes[option] != has[option])
    assert not missing, f"describe {' '.join(missing)} in {path}, under Options: a line `-x value, --long=value` each"
    assert not unknown, f"{path} describes {' '.join(unknown)}, which the parser does not take"
    assert not values, f"{path}: parser and page disagree whether {' '.join(values)} take a value"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_letter_that_does_something_has_a_long_name(command: str) -> None:
    tool = tool_of(command)
    nameless = set(tool.options) - set(tool.refused) - set(tool.long.values()) - set(":h")
    obsolete = set("dlmpr")
    assert nameless <= obsolete, f"name {nameless - obsolete} for people in cli/compat/long_names.py"


def test_a_long_name_takes_a_value_everywhere_or_nowhere() -> None:
    kinds: dict[str, dict[bool, list[str]]] = {}
    for command in COMMANDS:
        for option, value in options_of(tool_of(command)).items():
            if option.startswith("--"):
                kinds.setdefault(option, {}).setdefault(value, []).append(command)
    assert not {name: by_kind for name, by_kind in kinds.items() if len(by_kind) > 1}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_has_its_sections_in_order_and_fits_a_terminal(page: Path) -> None:
    lines = page.read_text().splitlines()
    assert lines[0] == page.stem or lines[0] == page.stem.replace("-", " ", 1)
    headings = [line for line, below in pairwise(lines) if re.fullmatch("~{3,}", below)]
    wanted = [section for section in SECTIONS if section in headings or page.stem != "fastsign"]
    assert [heading for heading in headings if heading in SECTIONS] == wanted
    examples = lines[lines.index("Examples") : lines.index("See also")]
    assert not [line for line in lines if len(line) > 80 and line not in examples]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_prints_the_page_plainly(command: str) -> None:
    text = shown("fastsign", command, "--help")
    assert text == shown("fastsign", "help", command)
    program = COMMANDS[command].program
    assert text.startswith(f"{program} - ")
    assert f"\n    fastsign {command} " in text, "no example or synopsis"
    for option, value in options_of(tool_of(command)).items():
        assert re.search(rf"^(-.*, )?{option}{'[ =]' if value else '(,|$)'}", text, re.MULTILINE), option
    assert not re.search(r"``|::$|^[~^=-]{3,}$|`_|\\(?!$)", text, re.MULTILINE), "markup is left"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_have_options_that_there_are(page: Path) -> None:
    examples = page.read_text().partition("Examples\n~~~")[2].partition("\n~~~")[0].replace("\\\n", "")
    lines = re.findall(r"fastsign ([a-z][\w-]*) ([^>&|)\n]*)", "\n".join(re.findall("^    .*", examples, re.MULTILINE)))
    assert lines
    for command, rest in lines:
        line = CommandLine(tool_of(command), Env((command, *shlex.split(rest)), *(io.StringIO() for _ in range(3))))
        assert [option for option, _ in line if option in line.tool.refused] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_becomes_a_manual_page(page: Path, tmp_path: Path) -> None:
    path = tmp_path / f"{page.stem}.1"
    path.write_text(manual.roff(page))  # stops where docutils has a warning
    assert f"fastsign {manual.version()}" in path.read_text()
    if groff := shutil.which("groff"):
        done = subprocess.run([groff, "-ww", "-z", "-man", "-Tutf8", path], capture_output=True, text=True, check=True)
        assert done.stderr == ""


def test_every_page_belongs_to_a_command_and_the_overview_refers_to_all() -> None:
    programs = {command.program.replace(" ", "-") for command in COMMANDS.values()}
    assert {page.stem for page in PAGES} == programs | {"fastsign"}
    overview = (manual.PAGES / "fastsign.rst").read_text()
    assert [program for program in programs if f"{program}(1)" not in overview] == []


def test_the_overview_names_every_command_and_what_it_stands_for() -> None:
    text = shown("fastsign", "--help")
    for command in COMMANDS.values():
        words = [command.name, *command.summary.split(), *([f"({command.program})"] if command.linked else [])]
        assert words in [line.split() for line in text.splitlines()]
    assert max(map(len, text.splitlines())) <= 100


def test_without_a_command_the_overview_goes_to_standard_error() -> None:
    out, err = io.StringIO(), io.StringIO()
    assert run(Env(("fastsign",), io.StringIO(), out, err)) == 1
    assert (out.getvalue(), err.getvalue()) == ("", shown("fastsign", "--help"))
