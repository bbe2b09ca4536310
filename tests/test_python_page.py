"""The guide to the Python API: its examples run, one after the other, and print what it says they print."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

import fastsign
from fastsign.api.signing import SigningOptions

PAGE = Path(__file__).parents[1] / "docs" / "python.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_examples_print_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text()
    blocks = [(found[1], found[2], page[: found.start()].count("\n") + 2) for found in BLOCK.finditer(page)]
    names: dict[str, object] = {"__name__": "example"}
    printed = ""
    for kind, text, line in blocks:
        if kind == "text":
            assert printed == text, f"what the example before line {line} prints"
            printed = ""
            continue
        assert printed == "", f"the example before line {line} prints what the page doesn't show"
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile("\n" * (line - 1) + text, str(PAGE), "exec"), names)
        printed = out.getvalue()
    assert printed == ""
    assert len(blocks) > 15


def test_the_page_names_every_option_and_everything_that_is_offered() -> None:
    words = set(re.findall(r"\w+", PAGE.read_text()))
    assert set(SigningOptions.__annotations__) <= words
    told_of_elsewhere = {"SigningOptions", "VerifyingOptions", "Verification", "Record", "SignedZone", "SigningReport"}
    assert {name for name in fastsign.__all__ if not name.startswith("_")} - told_of_elsewhere <= words
