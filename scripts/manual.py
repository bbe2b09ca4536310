"""Make the manual pages: `python scripts/manual.py FOLDER` turns each page that `--help` shows into FOLDER/NAME.1.

The pages are src/fastsign/cli/pages/*.rst; docutils turns them into roff, and a complaint of its ends the run.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from docutils.core import publish_string

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "src/fastsign/cli/pages"


def version() -> str:
    """fastsign's version, from pyproject.toml."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def roff(page: Path) -> str:
    """One page for man. A line of a page that is no clean reStructuredText is an error."""
    name, line, blank, purpose, underline, body = page.read_text(encoding="utf-8").split("\n", 5)
    facts = f":Manual section: 1\n:Manual group: fastsign\n:Version: fastsign {version()}"
    source = "\n".join([name, line, blank, purpose, underline, "", facts, "", body])
    settings = {"halt_level": 2, "report_level": 2, "output_encoding": "unicode", "file_insertion_enabled": False}
    text = publish_string(source, source_path=str(page), writer="manpage", settings_overrides=settings)
    return str(text)


def main(folder: str) -> None:
    """Write all pages."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for page in sorted(PAGES.glob("*.rst")):
        (out / f"{page.stem}.1").write_text(roff(page), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
