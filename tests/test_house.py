"""The rules of the house that no linter knows: lengths, clean C, light start-up, peers in place."""

from __future__ import annotations

import ast
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine_library
import tools

ROOT = Path(__file__).parents[1]
MODULES = sorted([*ROOT.glob("src/fastsign/**/*.py"), *ROOT.glob("benchmarks/*.py")])
KERNELS = sorted(ROOT.glob("src/_core/kernels/*/*.c"))
PARTS = sorted(ROOT.glob("src/_core/*.pyx"))

MODULE_LINES, FUNCTION_LINES = 400, 40  # "mostly": the tests allow a tenth more
SLACK = 1.1
WARNINGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]

# What costs more to import than a ten-record zone may take to sign.
HEAVY = {"numpy", "dns", "cryptography", "rich", "multiprocessing", "asyncio", "ssl", "email"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*MODULES, *PARTS, *KERNELS], ids=relative)
def test_a_file_has_one_job_and_so_is_short(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MODULE_LINES * SLACK, f"{relative(path)} has {lines} lines; split it by job"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_python_function_fits_on_a_page(path: Path) -> None:
    tree = ast.parse(path.read_text())
    long = [
        f"{relative(path)}:{node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > FUNCTION_LINES * SLACK
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("path", KERNELS, ids=relative)
def test_a_c_function_fits_on_a_page(path: Path) -> None:
    long = [
        f"{relative(path)}:{start}: {length} lines"
        for start, length in c_functions(path.read_text())
        if length > FUNCTION_LINES * SLACK
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("path", KERNELS, ids=relative)
def test_c_compiles_without_a_warning(path: Path) -> None:
    compile_cleanly(path)
    if "FASTSIGN_CRYPTO_MB" in path.read_text() and platform.machine() == "x86_64":
        compile_cleanly(path, "-DFASTSIGN_CRYPTO_MB=1", f"-isystem{engine_library.crypto_mb_headers()}")


def compile_cleanly(path: Path, *flags: str) -> None:
    compiler = shutil.which("gcc")
    assert compiler, "gcc is not installed; the tests need it: apt-get install build-essential"
    command = [compiler, "-fsyntax-only", *WARNINGS, *engine_library.INCLUDES, *flags, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    code = "import sys, fastsign.cli.main; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_only_the_upper_floors_read_the_clock_or_print() -> None:
    forbidden = re.compile(r"\btime\.(time|sleep|time_ns)\(|datetime\.now\(|^\s*print\(|^import logging", re.MULTILINE)
    above = {"cli", "api", "benchmarks"}  # the API reads the clock for a caller who says no time
    below = [path for path in MODULES if not above & set(path.parts)]
    found = [f"{relative(path)}: {hit.group(0)}" for path in below for hit in forbidden.finditer(path.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("tool", tools.PACKAGES)
def test_the_peer_is_installed(tool: str) -> None:
    assert tools.find(tool)


def test_the_length_of_a_c_function_is_what_an_editor_shows() -> None:
    text = "int a(void)\n{\n    return 0;\n}\n\nenum { X };\nint b(int x) {\n    if (x) {\n    }\n    return 1;\n}\n"
    assert c_functions(text) == [(1, 4), (7, 5)]


def c_functions(text: str) -> list[tuple[int, int]]:
    """(first line, number of lines) of each function of C whose closing brace stands in the first column."""
    functions, start = [], 0
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"[A-Za-z_].*\(", line) and not line.rstrip().endswith(";"):
            start = number
        elif line == "}" and start:
            functions.append((start, number - start + 1))
            start = 0
        elif line.startswith("}"):
            start = 0
    return functions
