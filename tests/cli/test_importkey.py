"""`fastsign importkey` side by side with dnssec-importkey: the same words, codes and files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat import importkey
from fastsign.keys.files import read_key
from keyfile_scene import Outcome, contents, named, run_both, run_ours, run_theirs, without_version

NO_TTL = "others. IN DNSKEY 256 3 15 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
UNKNOWN = "strange. 60 DNSKEY 257 3 200 AAAA\n"
POINT = f"point. 60 DNSKEY 257 3 13 {'A' * 86}==\n"
SHORT = "short. 60 DNSKEY 257 3 13 AAAA\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files without secrets, named in files of one letter, and master files that hold their records."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "own").mkdir()
    (folder / "store").mkdir()
    made = {
        "K": "-a 13 -f KSK -L 300 Mixed.example",
        "Z": "-a 15 example",
        "R": "-a 8 -b 1024 -f KSK -f REVOKE -c CH example",
    }
    for short, line in made.items():
        name = tools.run("dnssec-keygen", "-q", *line.split(), cwd=folder).stdout.strip()
        (folder / short).write_text(name)
        (folder / f"{name}.private").unlink()
    own = tools.run("dnssec-keygen", "-q", "-a", "13", "-K", "own", "example", cwd=folder).stdout.strip()
    (folder / "O").write_text(own)
    tools.run("dnssec-importkey", "-K", "store", "-P", "20200101", (folder / "Z").read_text(), cwd=folder)
    for line in ("-a 13 -L 60", "-a 15 -f KSK", "-a 8 -b 1024 -f KSK", "-a 8 -b 1024"):
        tools.run("dnssec-keygen", "-q", *line.split(), "-K", "own", "zone", cwd=folder)
    lines = "".join(path.read_text() for path in sorted((folder / "own").glob("Kzone*.key")))
    records = re.sub(r"^;.*\n", "", lines, flags=re.MULTILINE).replace("zone. IN", "zone. 60 IN")
    (folder / "zone").write_text(f"@ 60 SOA . . 1 2 3 4 5\n@ 60 NS .\n{records}other.zone. 60 A 192.0.2.1\n{records}")
    (folder / "ttls").write_text(records.replace("60 ", "", 1) + "ttls. 60 NS .\n@ A 192.0.2.1\n@ 60 A 192.0.2.2\n")
    for name, text in (("others", NO_TTL), ("strange", UNKNOWN), ("short", SHORT), ("point", POINT)):
        (folder / name).write_text(text)
    (folder / "empty").write_text("")
    (folder / "broken").write_text("a 60 A 1.2.3.4.5\n")
    return folder


GOOD = """
{K}
{K}.
{K}.key
{K}.private
./{K}
{Z}
{R}
-K store {K}
-K store/ {K}
-K . {K}
-K store {Z}
-L 0 {K}
-L 1h {K}
-P 20300101 {K}
-D 20300101 -P 20200101 {K}
-P sync 20300101 -D sync 20310101 {K}
-P dnskey 20300101 -D DNSKEY 20310101 {K}
-P none -D none -P sync none -D sync none {K}
-P none -P 20300101 {K}
-v 3 {K}
-K own {K}
-f zone
-f zone zone
-f zone ZONE.
-f others
-f ttls zone
-f zone -K store -L 60 -P 20300101 zone
"""


@pytest.mark.parametrize("line", GOOD.strip().splitlines())
def test_files_and_words_are_those_of_bind(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-importkey", *named(keys, line))
    assert theirs.code == 0, theirs.stderr
    assert without_folder(ours) == theirs


BAD = """
-v 1
{K} {Z}
nothing
-v x {K}
-L x {K}
-P 2030 {K}
-P 20300101 -P 20300101 {K}
-D 20300101 -D 20300101 {K}
-P sync 20300101 -P sync 20300101 {K}
-D sync 20300101 -D sync 20300101 {K}
-K own own/{O}
-f zone a b
-f zone a..b
-f nothing example
-f empty example
-f zone example
-f strange strange
-f broken zone
"""


@pytest.mark.parametrize("line", BAD.strip().splitlines())
def test_complaints_are_those_of_bind(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-importkey", *named(keys, line))
    assert theirs.code == 1
    assert without_folder(ours) == theirs


def without_folder(outcome: Outcome) -> Outcome:
    """The outcome with the paths that our loader was given as the command line has them."""
    return replace(outcome, stderr=re.sub(r"/\S*/(?=\w+:\d)", "", outcome.stderr))


def test_a_point_that_is_not_on_its_curve_is_no_key(keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-importkey", "-f", "point", "point")
    reason = theirs.stderr.splitlines(keepends=True)[-1]  # OpenSSL's own words come before
    assert ours == replace(theirs, stderr=reason)
    assert ours.stderr == "dnssec-importkey: fatal: dst_key_fromdns: crypto failure\n"


def test_a_folder_without_a_name_is_refused(keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-importkey", "-K", "", *named(keys, "{K}"))
    assert ours == theirs


@pytest.mark.parametrize("line", ["", "-Y", "-f", "-P", "-P sync", "-D sync", "-E x", "-h"])
def test_usage_follows_a_command_line_that_makes_no_sense(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-importkey", *line.split())
    assert without_version(ours.stderr) == without_version(theirs.stderr)
    assert "Usage:\n    dnssec-importkey options [-K dir] keyfile\n" in ours.stderr
    assert ours.code == (0 if line == "-h" else theirs.code)  # 9.18 ends -h with 1, 9.20 with 0


def test_usage_lists_every_option_that_is_offered() -> None:
    letters = set(importkey.TOOL.options) - {":"}
    assert letters == set(re.findall(r"^    -(\w)", importkey.TOOL.usage, re.MULTILINE))


def test_keys_come_from_standard_input(keys: Path, tmp_path: Path) -> None:
    text = (keys / "zone").read_text()
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    line = ["-K", ".", "-P", "20300101", "-f", "-", "zone"]
    theirs = tools.run("dnssec-importkey", *line, cwd=tmp_path / "theirs", stdin=text)
    ours = tools.fastsign("importkey", *line, cwd=tmp_path / "ours", stdin=text)
    assert (ours.stdout, ours.stderr) == (theirs.stdout, theirs.stderr)
    assert contents(tmp_path / "ours") == contents(tmp_path / "theirs")
    nothing = [tools.run("dnssec-importkey", "-f", "-", "other", cwd=tmp_path, stdin="", check=False)]
    nothing.append(tools.fastsign("importkey", "-f", "-", "other", cwd=tmp_path, stdin="", check=False))
    assert nothing[0].stderr == nothing[1].stderr == "dnssec-importkey: fatal: no DNSKEY RR for other in input\n"


def test_a_private_file_that_was_open_is_closed_and_told_of(keys: Path, tmp_path: Path) -> None:
    private = keys / "store" / ((keys / "Z").read_text() + ".private")
    private.chmod(0o444)
    try:
        ours, theirs = run_both(keys, tmp_path, "dnssec-importkey", *named(keys, "-K store {Z}"))
    finally:
        private.chmod(0o600)
    assert ours == theirs
    assert "have changed from 0444 to 0600" in ours.stderr


def test_a_secret_is_never_written_over(keys: Path, tmp_path: Path) -> None:
    """BIND does where the .key file has gone, or where .private can't be read."""
    name = (keys / "K").read_text()
    text = (keys / f"{name}.key").read_text()
    for content in ("Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: AAAA\n", "", "\0"):
        (tmp_path / f"{name}.private").write_text(content)
        (tmp_path / "record.key").write_text(text)
        before = contents(tmp_path)
        outcome = run_ours(tmp_path, "dnssec-importkey", "record")
        assert outcome.stderr == f"dnssec-importkey: fatal: Private key already exists in {name}.private\n"
        assert contents(tmp_path) == before


def test_what_cannot_be_written_is_said(keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-importkey", "-K", "nowhere", *named(keys, "{K}"))
    reason = "file not found"  # BIND names none: "error occurred writing key to disk"
    assert ours.stderr.replace(reason, "error occurred writing key to disk") == theirs.stderr
    assert (ours.code, ours.files) == (theirs.code, theirs.files)


def test_an_imported_key_is_published_by_both_and_signs_nothing(keys: Path, tmp_path: Path) -> None:
    (tmp_path / "zone").write_text((keys / "zone").read_text())
    run_theirs(tmp_path, "dnssec-importkey", "-f", "zone", "-P", "20200101", "zone")
    for path in tmp_path.glob("Kzone.*.private"):
        key = read_key(path.stem, str(tmp_path))
        assert (key.external, key.can_sign) == (True, False)
        changed = run_ours(tmp_path, "dnssec-settime", "-D", "20300101", path.stem)
        assert changed.code == 0, changed.stderr
        printed = run_theirs(tmp_path, "dnssec-settime", "-u", "-p", "D", path.stem)
        assert printed.stdout == "Delete: 1893456000\n"
