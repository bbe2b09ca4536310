"""The guide to policies and rollovers: its commands run, one after the other, and print what the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console_page import check_page
from fastsign.agent.loop import Task
from fastsign.agent.metrics import Collector

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "kasp.md"
ALERTS = ROOT / "packaging" / "prometheus-rules.yml"


def test_the_commands_print_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_page(PAGE, tmp_path, monkeypatch) > 30


def test_every_alert_has_its_paragraph() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text())
    assert alerts
    for alert in alerts:
        assert f"**{alert}**" in PAGE.read_text()


def test_the_alerts_are_about_metrics_that_there_are() -> None:
    tasks: dict[bytes, Task] = {}
    metrics = {family.name for family in Collector(lambda: tasks).collect()}
    used = set(re.findall(r"fastsign_\w+", ALERTS.read_text()))
    assert used
    assert used <= metrics
