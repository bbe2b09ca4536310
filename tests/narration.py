"""What -v and -t say, in a form that can be compared with BIND's."""

from __future__ import annotations

import re

_COUNT = re.compile(r"^Signatures (?:generated|retained|dropped|\w+ verified):\s+(\d+)$", re.MULTILINE)
_BLOCK = re.compile(r"^((?:no existing.*\n)?(?![\t]).*:\n(?:\t.*\n)+)", re.MULTILINE)


def counts(stdout: str) -> list[int]:
    """Of -t: signatures generated, retained, dropped, verified, not verified."""
    return [int(number) for number in _COUNT.findall(stdout)]


def details(text: str) -> list[str]:
    """Each RRset with what was said of it; BIND's own debugging and its order of nodes left out."""
    said = [line.removeprefix("dnssec-signzone: ") for line in text.splitlines() if ": debug " not in line]
    blocks = _BLOCK.findall("\n".join(said).replace("dropped - expired", "dropped - refresh") + "\n")  # 9.20's word
    return sorted("".join(sorted(block.splitlines(True))) for block in blocks)


def hashes(text: str) -> list[str]:
    """The lines about NSEC3 hashes."""
    return sorted(line for line in text.splitlines() if re.match(r"[0-9a-f]{40} |adding no-wildcardhash", line))
