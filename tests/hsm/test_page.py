"""The guide to keys in HSMs: its commands run, one after the other, and print what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from console_page import check_page

PAGE = Path(__file__).parents[2] / "docs" / "hsm.md"


def test_the_commands_print_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_page(PAGE, tmp_path, monkeypatch) > 25


def test_ten_lines_are_ten() -> None:
    block = PAGE.read_text().split("```console\n")[2].split("```")[0]
    assert block.count("\n$ ") + block.startswith("$ ") == 10
