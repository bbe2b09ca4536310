"""The systemd units: what they start exists, and what protects the host from them is there."""

from __future__ import annotations

import configparser
import io
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from fastsign.cli.commands import COMMANDS
from fastsign.cli.compat.common import CommandLine
from fastsign.cli.env import Env
from fastsign.cli.run import TOOL

PACKAGING = Path(__file__).parents[2] / "packaging"
UNITS = sorted(PACKAGING.glob("*.service")) + sorted(PACKAGING.glob("*.timer"))

HARDENING = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "MemoryDenyWriteExecute": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service",
    "LimitCORE": "0",
}


def parsed(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string(unit.read_text())
    return parser


def test_there_are_units_for_both_ways_to_run() -> None:
    assert [unit.name for unit in UNITS] == ["fastsign.service", "fastsign@.service", "fastsign@.timer"]


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_service_starts_a_command_line_that_is_understood_and_is_hardened(unit: Path) -> None:
    service = parsed(unit)["Service"]
    program, name, *arguments = shlex.split(service["ExecStart"])
    assert (program, COMMANDS[name].program) == ("/usr/bin/fastsign", "fastsign run")
    line = CommandLine(TOOL, Env(("fastsign run", *arguments), io.StringIO(), io.StringIO(), io.StringIO()))
    assert dict(line)["c"].startswith("/etc/fastsign/")
    assert line.operands == []
    assert HARDENING.items() <= dict(service).items()
    assert service["User"] != "root"


def test_systemd_takes_the_units_where_it_is_installed(tmp_path: Path) -> None:
    """Debian's containers have no systemd; the tests above read the units themselves."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        assert all(set(parsed(unit).sections()) <= {"Unit", "Service", "Install", "Timer"} for unit in UNITS)
        return
    paths = [tmp_path / unit.name.replace("@.", "@zones.") for unit in UNITS]
    for unit, path in zip(UNITS, paths, strict=True):
        path.write_text(unit.read_text().replace("/usr/bin/fastsign", "/bin/true"))
    done = subprocess.run([analyze, "verify", "--man=no", *map(str, paths)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
