"""The program `fastsign` as pip installs it, of the source tree at hand: nothing need be installed."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]

# What pip writes for an entry of [project.scripts].
_CONSOLE_SCRIPT = """\
#!{python}
import re
import sys
from {module} import {function}
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit({function}())
"""


def install(folder: Path) -> Path:
    """Make the program in a folder, and return its path; it is to run in `environ_with`."""
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["fastsign"]
    module, function = entry.split(":")
    path = folder / "fastsign"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_CONSOLE_SCRIPT.format(python=sys.executable, module=module, function=function))
    path.chmod(0o755)
    return path


def environ_with(first_in_path: str | Path = "") -> dict[str, str]:
    """The environment for the program, and for links to it in the folder that is to be searched first."""
    path = f"{first_in_path}:{os.environ['PATH']}" if first_in_path else os.environ["PATH"]
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PATH": path}
