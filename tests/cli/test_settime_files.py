"""Broken and odd key files in the hands of `fastsign settime` and of dnssec-settime: the same words and files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import tools
from keyfile_scene import named, run_both


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key that has a state, and its name in S."""
    folder = tmp_path_factory.mktemp("keys")
    line = "-q -a 14 -f KSK -P 20200101 -A 20200201 -P sync 20200301 example"
    (folder / "S").write_text(tools.run("dnssec-keygen", *line.split(), cwd=folder).stdout.strip())
    tools.run("dnssec-settime", "-s", "-g", "omnipresent", (folder / "S").read_text(), cwd=folder)
    return folder


@pytest.fixture
def keys(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return shutil.copytree(made, tmp_path / "keys")


BROKEN = {
    ".key": ("", "junk\n", "x. IN A 192.0.2.1\n", "x. IN KEY 256 3 15 AAAA\n", None),
    ".private": ("", "junk\n", "Private-key-format: v1.3\n", "Private-key-format: v2.0\nAlgorithm: 13 (?)\n", None),
    ".state": ("", "; \n", "; \njunk\n", "; \nAlgorithm: 14\n", "; \nAlgorithm: 14\nLength: 256\n"),
}
BROKEN[".state"] += tuple(
    f"; \nAlgorithm: 14\nLength: 384\n{line}\n"
    for line in (
        "KSK: si",
        "KSK:",
        "Published:",
        "Published: 2030",
        "DSState: new",
        "GoalState:",
        "Lifetime: 99999999999",
    )
)


@pytest.mark.parametrize(("suffix", "text"), [(suffix, text) for suffix, texts in BROKEN.items() for text in texts])
def test_what_is_wrong_with_a_file_is_said_as_bind_says_it(
    suffix: str, text: str | None, keys: Path, tmp_path: Path
) -> None:
    path = keys / f"{(keys / 'S').read_text()}{suffix}"
    path.unlink()
    if text is not None:
        path.write_text(text)
    ours, theirs = run_both(keys, tmp_path, "dnssec-settime", *named(keys, "-P 20300101 {S}"))
    assert theirs.code == 1
    assert ours == theirs


# What BIND's reader knows, in no order.
WHOLE_STATE = """\
;
Algorithm: 14
Length: 384
GoalState: omnipresent
DSState: rumoured
DNSKEYState: omnipresent
KRRSIGState: UNRETENTIVE
ZRRSIGState: hidden
DSChange: 20260110000000
DNSKEYChange: 20260109000000
KRRSIGChange: 20260108000000
ZRRSIGChange: 20260107000000
DSPubCount: 7
DSRemoved: 20260106000000
DSPublish: 20260105000000
Removed: 20260104000000
Revoked: 20260103000000
Retired: 20260102000000
Active: 20260101000000
Published: 20250104000000
Generated: 20250103000000
ZSK: no
KSK: yes
Successor: 12
Predecessor: 11
Lifetime: 3600
"""


def test_a_state_file_is_put_in_order(keys: Path, tmp_path: Path) -> None:
    path = f"{(keys / 'S').read_text()}.state"
    (keys / path).write_text(WHOLE_STATE)
    ours, theirs = run_both(keys, tmp_path, "dnssec-settime", *named(keys, "-s -p all -L 7 {S}"))
    assert theirs.code == 0, theirs.stderr
    assert ours == theirs
    assert len(ours.files[path][1].splitlines()) == len(WHOLE_STATE.splitlines()) + 1  # and PublishCDS, of .private


def test_what_a_state_file_says_without_a_colon_is_not_heard(keys: Path, tmp_path: Path) -> None:
    text = "; \nAlgorithm: 14\nLength: 384\nKSK yes\nZSK\nGoalState hidden\nNonsense\nDSState: HIDDEN now\n"
    (keys / f"{(keys / 'S').read_text()}.state").write_text(text)
    ours, theirs = run_both(keys, tmp_path, "dnssec-settime", *named(keys, "-s -P 20300101 {S}"))
    assert theirs.code == 0, theirs.stderr
    assert ours == theirs
