"""After the benches: how much of its unit each stage does in a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

RATES: list[str] = []


@pytest.fixture(autouse=True)
def _rate(benchmark: BenchmarkFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """Remember what a bench has put into its extra_info: {unit: number in a round}."""
    yield
    if benchmark.stats is not None:
        for unit, number in benchmark.extra_info.items():
            RATES.append(f"{request.node.name:<24}{number / benchmark.stats.stats.median:>16,.0f} {unit} a second")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("one core")
    for rate in RATES:
        terminalreporter.write_line(rate)
