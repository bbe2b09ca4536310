"""A zone that is edited unsigned and signed again with an image of its signatures, at any moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from inprocess import Done, command, signzone
from narration import counts

NOW, DAY = 1_800_000_000, 86400
LONG_AGO = "20200101000000"
ZONE = """\
$TTL 300
@ SOA ns hostmaster 1 7200 3600 1209600 300
@ NS ns
ns A 192.0.2.1
www A 192.0.2.2
*.wild TXT "any"
sub NS ns.sub
sub DS 1 13 2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
ns.sub A 192.0.2.3
"""


@dataclass
class ImageScene:
    """`zone` in a folder of its own, its keys, `signed` and `image`."""

    folder: Path
    now: int = NOW
    algorithm: str = "15"

    def __post_init__(self) -> None:
        self.zone, self.signed, self.image = (self.folder / name for name in ("zone", "signed", "image"))
        self.zone.write_text(ZONE)

    def keygen(self, *options: str) -> str:
        """Make a key, in use for long unless the options say otherwise; the name of its files."""
        times = () if {"-P", "-S", "-A"} & set(options) else ("-P", LONG_AGO, "-A", LONG_AGO)
        line = ("-q", "-K", self.folder, *times, *options)
        if "-S" not in options:
            line += ("-a", self.algorithm, "example")
        return command("keygen", *line, now=self.now).stdout.strip()

    def keys(self) -> tuple[str, str]:
        """A ZSK and a KSK."""
        return self.keygen(), self.keygen("-f", "KSK")

    def settime(self, key: str, *options: str) -> None:
        command("settime", "-K", self.folder, *options, key, now=self.now)

    def line(self, *options: str | Path) -> list[str | Path]:
        line: list[str | Path] = ["-S", "-t", "-O", "full", "-o", "example", "-K", self.folder, "-d", self.folder]
        return [*line, "--image", self.image, "-f", self.signed, *options, self.zone]

    def run(self, *options: str | Path, check: bool = True) -> Done:
        """Sign with the image."""
        return signzone(*self.line(*options), check=check, now=self.now)

    def sign(self, *options: str | Path) -> tuple[int, int]:
        """Sign with the image; how many signatures were made, and kept. What is there then is right, at once."""
        done = self.run(*options)
        assert "signing again" not in done.stderr
        generated, retained, *_ = counts(done.stdout)
        self.verify()
        return generated, retained

    def from_scratch(self, *options: str | Path) -> list[str]:
        """The records of the same zone signed without an image."""
        signzone(*self.line(*options, "--image", self.folder / "none", "-f", self.folder / "scratch"), now=self.now)
        (self.folder / "none").unlink()
        return records(self.folder / "scratch")

    def verify(self) -> None:
        """Verify the signed zone as it is in the file, at the moment that it is of."""
        command("verify", "-q", "-o", "example", self.signed, now=self.now)

    def edit(self, pattern: str, replacement: str) -> None:
        """Change the unsigned zone, and its serial."""
        text, edits = re.subn(pattern, replacement, self.zone.read_text())
        assert edits
        serial = re.compile(r"(hostmaster )(\d+)")
        self.zone.write_text(serial.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", text))


def records(path: Path) -> list[str]:
    """The lines of a signed zone that are no comments."""
    return [line for line in path.read_text().splitlines() if not line.startswith(";")]
