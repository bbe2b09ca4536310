"""A configuration with some zones, and `fastsign run` over them."""

from __future__ import annotations

import os
from pathlib import Path

from agent_scene import ZONE
from inprocess import Done, command

NOW = 1_795_000_000


class Registry:
    """A folder with a configuration and some zones."""

    def __init__(self, folder: Path, *zones: str) -> None:
        self.folder, self.zones = folder, list(zones)
        (folder / "keys").mkdir()
        for zone in zones:
            self.file(zone).write_text(ZONE)
        self.configure()

    @property
    def conf(self) -> Path:
        return self.folder / "named.conf"

    def file(self, zone: str) -> Path:
        return self.folder / f"{zone}.db"

    def signed(self, zone: str) -> Path:
        return self.folder / f"{zone}.db.signed"

    def configure(self, policy: str = "default") -> None:
        zones = "".join(
            f'zone "{zone}" {{ type primary; file "{zone}.db"; dnssec-policy {policy}; '
            "inline-signing yes; checkds no; };\n"
            for zone in self.zones
        )
        options = f'options {{ directory "{self.folder}"; key-directory "keys"; }};\n'
        self.conf.write_text(options + zones)

    def once(self, *arguments: str | Path, now: int = NOW, check: bool = True) -> Done:
        environ = {"PATH": os.environ["PATH"]}
        return command("run", "-c", self.conf, "--once", *arguments, now=now, check=check, environ=environ)
