"""The results as a document for programs and as a table for people, with the machine and the versions."""

from __future__ import annotations

import os
import platform
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks.rows import Row

NAMES = {"fastsign": "fastsign", "bind": "BIND", "knot": "Knot", "ldns": "ldns"}
SCAN_BAR = 250e6  # octets a second on one core
FLAGS = ("avx2", "bmi2", "adx", "sha_ni", "vaes", "avx512f", "avx512ifma", "avx512_vbmi", "asimd", "sha2")
BEGIN, END = "<!-- results: written by `make bench BENCH_ARGS=--write` -->\n", "<!-- end of results -->\n"

Document = dict[str, Any]


def document(machine: Document, lines: list[Document], scan: float) -> Document:
    """All results of one run; *scan* in octets a second."""
    return {"machine": machine, "rows": lines, "scan": scan, "scan_bar": SCAN_BAR}


def line(row: Row, results: dict[str, Document]) -> Document:
    """One row: its title, its bars, and what each program did."""
    return {
        "name": row.name, "title": row.title(), "bars": row.bars, "memory_bar": row.memory_bar,
        "seconds_bar": row.seconds_bar, "results": results,
    }  # fmt: skip


def environment(jobs: int, versions: dict[str, str]) -> Document:
    """The machine and everything on it that decides about speed."""
    cpu = Path("/proc/cpuinfo").read_text()
    fields = {key.strip(): value.strip() for key, _, value in (entry.partition(":") for entry in cpu.splitlines())}
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    release = dict(entry.split("=", 1) for entry in Path("/etc/os-release").read_text().splitlines() if "=" in entry)
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": fields.get("model name", platform.machine()),
        "family": f"family {fields.get('cpu family', '?')}, model {fields.get('model', '?')}",
        "flags": [flag for flag in FLAGS if flag in flags],
        "ifma": "avx512ifma" in flags,
        "cores": len(os.sched_getaffinity(0)),
        "jobs": jobs,
        "memory": memory,
        "system": release["PRETTY_NAME"].strip('"'),
        "kernel": platform.release(),
        "versions": {
            "fastsign": commit(), **versions, "OpenSSL": ssl.OPENSSL_VERSION.split()[1],
            "Python": platform.python_version(), "gcc": first_line("gcc", "-dumpfullversion"),
        },
    }  # fmt: skip


def commit() -> str:
    """The version of fastsign, with the commit that it was built from where that is known."""
    from fastsign import __version__

    revision = first_line("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty")
    return f"{__version__} ({revision})" if revision else __version__


def first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        return ""
    return done.stdout.partition("\n")[0]


# ---- for people


def markdown(results: Document) -> str:
    """The machine and the table."""
    scan = f"Scan alone, one core: {results['scan'] / 1e6:,.0f} MB/s (bar: {results['scan_bar'] / 1e6:,.0f})."
    return f"{machine_text(results['machine'])}\n{table(results['rows'])}\n{scan}\n"


def machine_text(machine: Document) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    return (
        f"Measured on {machine['date']}: {machine['cores']} cores of {machine['cpu']} ({machine['family']};"
        f" {' '.join(machine['flags'])}{'' if machine['ifma'] else '; no AVX-512 IFMA'}),"
        f" {machine['memory'] / 2**30:.0f} GiB, {machine['system']}, Linux {machine['kernel']}. {versions}."
        f" Each program with {machine['jobs']} threads or processes.\n"
    )


def table(rows: list[Document]) -> str:
    """One line for each program in each row, fastsign first."""
    out = [
        "| work | program | wall s | CPU s | peak MB | signatures | fastsign is faster by | bar |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        for tool, result in row["results"].items():
            out.append(f"| {' | '.join(cells(row, tool, result))} |")
    return "\n".join(out) + "\n"


def cells(row: Document, tool: str, result: Document) -> list[str]:
    ours = row["results"]["fastsign"]
    if tool == "fastsign":
        title, ratio, bar = row["title"], "", own_bar(row)
    else:
        title, ratio = "", f"{result['wall'] / ours['wall']:.1f}"
        bar = f"{row['bars'][tool]:g}" if tool in row["bars"] else ""
        if result["peak"]:
            ratio += f" (memory: {ours['peak'] / result['peak']:.2f} of it)"
    peak = f"{result['peak'] / 1e6:,.0f}" if result["peak"] else ""
    wall, cpu, signatures = f"{result['wall']:.2f}", f"{result['cpu']:.2f}", f"{result['signatures']:,}"
    return [title, NAMES[tool], wall, cpu, peak, signatures, ratio, bar]


def own_bar(row: Document) -> str:
    bars = []
    if row["seconds_bar"]:
        bars.append(f"{row['seconds_bar']:g} s")
    if row["memory_bar"]:
        bars.append(f"memory {row['memory_bar']:.2f} of BIND's")
    return ", ".join(bars)


def replace_results(page: Path, text: str) -> None:
    """Put *text* between the marks of *page*, at its end if it has none."""
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}{text}{END}{after}")
