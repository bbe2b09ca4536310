"""`fastsign revoke` side by side with dnssec-revoke: the same words, codes and files."""

from __future__ import annotations

import base64
import os
import re
import shutil
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat import revoke
from fastsign.keys import facts
from fastsign.keys.files import read_key
from keyfile_scene import contents, named, run_both, run_ours, without_version

DATES = "-P 20200101 -A 20200201 -I 20400301 -D 20400401"


def keygen(folder: Path, line: str) -> str:
    return tools.run("dnssec-keygen", "-q", *line.split(), cwd=folder).stdout.strip()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys whose names are in files of one letter: K KSK, Z ZSK, L legacy, R revoked, T revoked with both pairs, ..."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "sub").mkdir()
    made = {
        "K": f"-a 13 -f KSK -L 300 {DATES} Mixed.example",
        "Z": f"-a 15 {DATES} example",
        "L": "-a 8 -b 1024 -C -f KSK example",
        "R": "-a 15 -f KSK -f REVOKE -R 20210101 example",
        "T": f"-a 14 -f KSK {DATES} example",
        "S": "-k default example",
        "U": "-K sub -a 13 -f KSK example",
    }
    for short, line in made.items():
        (folder / short).write_text(keygen(folder, line))
    tools.run("dnssec-revoke", (folder / "T").read_text(), cwd=folder)
    external = tools.run("dnssec-importkey", "-K", "sub", (folder / "Z").read_text(), cwd=folder).stdout
    (folder / "X").write_text(external.split()[0].removesuffix(".key"))
    return folder


GOOD = """
{K}
{K}.
{K}.key
{K}.private
./{K}
-K . {K}
-K ./ {K}
-K . ./{K}
-K sub {U}
sub/{U}
sub//{U}
-r {K}
-f {K}
-f -r {K}
-v 3 {K}
{Z}
-r {Z}
{S}
-r {S}
-f {L}
-f -r {L}
-f {T}
-f -r {T}
-R {K}
-R {Z}
-R {R}
-R {L}
-R -K sub {U}
{X}
-r {X}
"""


@pytest.mark.parametrize("line", GOOD.strip().splitlines())
def test_files_and_words_are_those_of_bind(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-revoke", *named(keys, line))
    assert theirs.code == 0, theirs.stderr
    assert ours == theirs


BAD = """
-r
{K} {Z}
Kexample.+013+00001
-K nowhere {K}
-v x {K}
{R}
-f {R}
{L}
{T}
-r {T}
-K . {T}
-K sub ./{K}
-K nowhere sub/{U}
-K sub sub/{U}.key
-K . sub/
sub/
"""


@pytest.mark.parametrize("line", BAD.strip().splitlines())
def test_complaints_are_those_of_bind(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-revoke", *named(keys, line))
    assert theirs.code == 1
    assert ours == theirs


@pytest.mark.parametrize("line", ["", "-Y", "-K", "-h"])
def test_usage_follows_a_command_line_that_makes_no_sense(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-revoke", *line.split())
    assert without_version(ours.stderr) == without_version(theirs.stderr)
    assert "Usage:\n    dnssec-revoke [options] keyfile\n" in ours.stderr
    assert ours.code == (0 if line == "-h" else theirs.code)  # 9.18 ends -h with 1, 9.20 with 0


def test_usage_lists_every_option_that_is_offered() -> None:
    letters = set(revoke.TOOL.options) - {":"} - set(revoke.TOOL.refused)
    assert letters == set(re.findall(r"^    -(\w)", revoke.TOOL.usage, re.MULTILINE))


def test_a_name_is_reported_with_its_folder(keys: Path, tmp_path: Path) -> None:
    shutil.copytree(keys, tmp_path / "keys")
    name = (keys / "K").read_text()
    done = run_ours(tmp_path, "dnssec-revoke", str(tmp_path / "keys" / name))
    key = read_key(done.stdout.strip())
    assert (key.flags, key.times.revoke is not None) == (facts.SEP | facts.ZONE | facts.REVOKE, True)


# ---- files that are in the way


def clashing(folder: Path) -> tuple[str, str]:
    """A key, and another whose tag it gets once it is revoked."""
    name = keygen(folder, "-a 15 -f KSK example")
    key = read_key(name, str(folder))
    tag = facts.revoked_tag(key.rdata)
    head = bytes([1, 0, 3, 15])
    public = next(key for n in range(2**17) if facts.key_tag(head + (key := n.to_bytes(32, "big"))) == tag)
    other = f"Kexample.+015+{tag:05d}"
    (folder / f"{other}.key").write_text(f"example. IN DNSKEY 256 3 15 {base64.b64encode(public).decode()}\n")
    (folder / f"{other}.private").write_text("Private-key-format: v1.3\nAlgorithm: 15 (ED25519)\nPrivateKey: AAAA\n")
    return name, other


def test_another_key_of_that_tag_is_never_written_over(tmp_path: Path) -> None:
    name, other = clashing(tmp_path)
    before = contents(tmp_path)
    plain = run_ours(tmp_path, "dnssec-revoke", name)
    assert plain.stderr == f"dnssec-revoke: fatal: Key file {other}.key already exists; use -f to force overwrite\n"
    forced = run_ours(tmp_path, "dnssec-revoke", "-f", "-r", name)
    assert f"fatal: Key file {other}.private is, or may be, of another key" in forced.stderr
    (tmp_path / f"{other}.key").unlink()
    alone = run_ours(tmp_path, "dnssec-revoke", name)
    assert f"fatal: Key file {other}.private already exists" in alone.stderr
    unknown = run_ours(tmp_path, "dnssec-revoke", "-f", name)
    assert "is, or may be, of another key" in unknown.stderr
    del before[f"{other}.key"]
    assert {done.code for done in (plain, forced, alone, unknown)} == {1}
    assert contents(tmp_path) == before


def test_a_failing_write_leaves_the_old_pair_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = keygen(tmp_path, "-a 13 -f KSK example")
    before = contents(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for function in ("fsync", "link", "write"):
        with monkeypatch.context() as patch:
            patch.setattr(os, function, full)
            if function == "link":
                patch.setattr(os, "rename", full)
            done = run_ours(tmp_path, "dnssec-revoke", "-r", name)
        assert (done.code, done.stdout) == (1, "")
        assert re.search(r"fatal: Failed to write key example/ECDSAP256SHA256/\d+: disc full", done.stderr)
        assert contents(tmp_path) == before
