"""Configurations for tests: read from text, and checked by BIND's named-checkconf beside ours."""

from __future__ import annotations

import re
from pathlib import Path

import tools
from fastsign.agent.configuration import load_config
from fastsign.errors import PolicyError
from fastsign.kasp.config import Config
from fastsign.kasp.parser import parse_config
from fastsign.kasp.policy import Policy


def read_nothing(path: str) -> str:
    raise FileNotFoundError(2, "No such file or directory", path)


def config_of(text: str, **files: str) -> Config:
    """The configuration that a text is; files by the names that it includes them by, with _ for a dot."""

    def read(path: str) -> str:
        return files[path.replace(".", "_")] if path.replace(".", "_") in files else read_nothing(path)

    return parse_config(text, "t.conf", read, cwd="")


def problems_of(text: str) -> list[str]:
    """What is wrong with a text."""
    try:
        config_of(text)
    except PolicyError as error:
        return list(error.problems)
    return []


def policy_of(options: str) -> Policy:
    """The policy of these options."""
    return config_of(f"dnssec-policy p {{ {options} }};").policies["p"]


def theirs(folder: Path, text: str) -> tuple[int, list[str]]:
    """named-checkconf's exit code and lines for a configuration."""
    (folder / "t.conf").write_text(text)
    done = tools.run("named-checkconf", "t.conf", cwd=folder, check=False)
    return done.returncode, [line for line in (done.stdout + done.stderr).splitlines() if line]


def ours(folder: Path, text: str) -> tuple[int, list[str]]:
    """Our exit code and lines, without the columns that BIND has none of."""
    path = folder / "t.conf"
    path.write_text(text)
    try:
        code, lines = 0, load_config(str(path)).warnings
    except PolicyError as error:
        code, lines = 1, error.warnings + error.problems
    return code, [re.sub(r":([0-9]+):[0-9]+: ", r":\1: ", line.replace(f"{folder}/", "")) for line in lines]
