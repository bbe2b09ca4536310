"""`fastsign keygen` side by side with dnssec-keygen: the same words, codes and files, but for the key itself."""

from __future__ import annotations

import io
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat import keygen, keygen_run
from fastsign.cli.env import Env
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names
from fastsign.keys.files import find_keys, read_key
from fastsign.keys.generate import make_key
from keyfile_scene import blank


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Outcome:
    code: int
    stdout: str
    stderr: str
    files: dict[str, str]


def run_mine(folder: Path, *arguments: str, terminal: bool = False, now: float | None = None) -> Outcome:
    stdin = Terminal() if terminal else io.StringIO()
    stdout, stderr = io.StringIO(), io.StringIO()
    clock = {} if now is None else {"clock": lambda: now}
    code = keygen.main(Env(("dnssec-keygen", *arguments), stdin, stdout, stderr, str(folder), **clock))
    return Outcome(code, stdout.getvalue(), stderr.getvalue(), contents(folder))


def run_theirs(folder: Path, *arguments: str) -> Outcome:
    done = tools.run("dnssec-keygen", *arguments, cwd=folder, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr, contents(folder))


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir()) if path.is_file()}


def created(folder: Path) -> int:
    """When the one key of a folder was made."""
    (path,) = folder.glob("K*.private")
    moment = read_key(path.stem, str(folder)).times.created
    return moment if moment is not None else int(path.stat().st_mtime)


GOOD = """
-a 13 example
-a 14 -f KSK example.
-a ed25519 -f k -L 1h Example.COM
-a ED448 -f ksk -f revoke -L 300 .
-a RSASHA256 -b 1024 example
-a 10 -b 1025 -f K example
-a rsasha1 -b 1024 example
-3 -a 5 -b 1024 example
-3 -a 13 example
-a NSEC3RSASHA1 -b 1030 example
-a ECDSA256 -n ZONE example
-a 13 -n other -f KSK example
-a 13 -b 0 example
-a 0013 example
-a 13 -c CH example
-a 13 -c CLASS5 example
-a 13 -T dnskey -p 3 example
-a 13 -G example
-a 13 -C example
-a 13 -P none -A none example
-a 13 -P +1d example
-a 13 -A +1d example
-a 13 -A +1d -P none example
-a 13 -P 20300101 -A 20300201000000 -I 20310101 -D 20310201 example
-a 13 -f KSK -R +1y example
-a 13 -R +1y example
-a 13 -I +1d -D now example
-a 13 -P sync now+1h -D sync +1w -P dnskey now -D DNSKEY +2w example
-a 13 -P sync none -P sync now example
-a 13 -A 0 example
-a 13 -I never -D none -R unset example
-a 13 -i 1d example
-a 13 -i 1d -A +2d example
-a 13 -i 1d -P +1d example
-a 13 -i -1 -A +1d example
-q -a13 -L300 -fK example
-v 1 -a 13 example
-a 15 1/2.$a\\.b.\\000x.arpa
"""


@pytest.mark.parametrize("line", GOOD.strip().splitlines())
def test_files_and_words_are_those_of_bind(line: str, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    mine.mkdir()
    theirs.mkdir()
    expected = run_theirs(theirs, *line.split())
    assert expected.code == 0, expected.stderr
    made = run_mine(mine, *line.split(), now=created(theirs))
    assert (made.code, blank(made.stdout), made.stderr) == (0, blank(expected.stdout), expected.stderr)
    assert {blank(name): blank(text) for name, text in made.files.items()} == {
        blank(name): blank(text) for name, text in expected.files.items()
    }
    for path in mine.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((next(theirs.glob(f"*{path.suffix}"))).stat().st_mode)


BAD = """
example
-a 13
-a 13 a b
-a 13 a..b
-a 13 .a
-a 13 a\\
-a 13 a\\999
-a 13 a\\25
-a 13 a\\2x
-a 13 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
-a FOO example
-a 300 example
-a 3 example
-a RSAMD5 example
-a 200 example
-a 8 -b 100 example
-a 5 -b 5000 example
-a 8 -b x example
-a 8 -b -1 example
-a 13 -f foo example
-a 13 -n host example
-a 13 -c XX example
-a 13 -T FOO example
-a 13 -p 4 example
-a 13 -p 256 example
-a 13 -L x example
-a 13 -L 1m example
-a 13 -v x example
-a 13 -K /nonexistent example
-a 13 -K /etc/passwd example
-a 13 -r /dev/random example
-a 13 -P now -P now example
-a 13 -A none -A now example
-a 13 -D sync now -D sync now example
-a 13 -I 2026 example
-a 13 -I 20261301 example
-a 13 -C -P now example
-a 13 -C -G example
-a 13 -G -A now example
-a 13 -i 1d -A +1h example
-a 13 -i 1d -P now -A +1h example
-S nothing
-S nothing -b 1
-S nothing -n zone
-S nothing -P now
-S nothing -A none
-S nothing -3
-S nothing -C
-S nothing -G
"""


@pytest.mark.parametrize("line", BAD.strip().splitlines())
def test_complaints_are_those_of_bind(line: str, tmp_path: Path) -> None:
    theirs, mine = run_theirs(tmp_path, *line.split()), run_mine(tmp_path, *line.split())
    assert theirs.code == 1
    assert mine == theirs


@pytest.mark.parametrize("line", ["", "-Y", "-a", "-", "-a 13 -P sync", "-h"])
def test_usage_follows_a_command_line_that_makes_no_sense(line: str, tmp_path: Path) -> None:
    theirs, mine = run_theirs(tmp_path, *line.split()), run_mine(tmp_path, *line.split())
    before, usage, _ = mine.stderr.partition("Usage:\n    dnssec-keygen [options] name\n")
    assert theirs.stderr.startswith(before + usage)
    assert mine.code == (0 if line == "-h" else theirs.code)  # 9.18 ends -h with 1, 9.20 with 0


@pytest.mark.parametrize("option", ["-n", "-T", "-f", "-c", "-b", "-M"])
def test_an_empty_value_is_none_that_there_is(option: str, tmp_path: Path) -> None:
    """As of a variable that is not set."""
    mine = run_mine(tmp_path, "-a", "8", option, "", "example")
    assert (mine.code, mine.stdout, mine.files) == (1, "", {})
    if option not in ("-b", "-M"):  # BIND makes a key without a key of the one, 9.18 has not the other
        assert mine == run_theirs(tmp_path, "-a", "8", option, "", "example")


@pytest.mark.parametrize("option", ["-F", "-m record"])
def test_options_that_are_not_offered_are_refused_by_name(option: str, tmp_path: Path) -> None:
    outcome = run_mine(tmp_path, *option.split(), "example")
    assert outcome.code == 1
    assert outcome.files == {}
    assert f"fatal: option {option.split(maxsplit=1)[0]} is not supported" in outcome.stderr


def test_usage_lists_every_option_that_is_offered() -> None:
    letters = set(keygen.TOOL.options) - {":"} - set(keygen.TOOL.refused) - {"r"}  # -r is there to say that it has gone
    assert letters == set(re.findall(r"^    -(\w)", keygen.TOOL.usage, re.MULTILINE))


# ---- successors


@pytest.mark.parametrize(
    "line",
    [
        "-a 13 -f KSK -L 1h -I +60d -D +90d example",
        "-a 15 -I +60d Example",
        "-a 8 -b 1032 -I +31d -D +32d example",
        "-a 13 -I +1d example",
        "-a 13 example",
        "-a 13 -A none -I +60d example",
        "-a 13 -C example",
    ],
)
@pytest.mark.parametrize("option", ["", "-i 1h", "-i 0 -L 60", "-I +200d -D +300d"])
def test_successors_are_those_of_bind(line: str, option: str, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    mine.mkdir()
    name = run_theirs(mine, *line.split()).stdout.strip()
    shutil.copytree(mine, theirs)
    expected = run_theirs(theirs, "-S", name, *option.split())
    now = max(read_key(path.stem, str(theirs)).times.created or 0 for path in theirs.glob("*.key"))
    made = run_mine(mine, "-S", name, *option.split(), now=now or None)
    assert (made.code, blank(made.stdout), made.stderr) == (expected.code, blank(expected.stdout), expected.stderr)

    def without_tags(files: dict[str, str]) -> list[tuple[str, str]]:
        return sorted((blank(key), re.sub(r"(cessor:) \d+", r"\1 N", blank(text))) for key, text in files.items())

    assert without_tags(made.files) == without_tags(expected.files)
    if made.code == 0:
        old, new = read_key(name, str(mine)), read_key(made.stdout.strip(), str(mine))
        assert (old.successor, new.predecessor) == (new.tag, old.tag)


def test_no_successor_is_made_of_a_key_that_can_not_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = run_mine(tmp_path, "-a", "15", "-I", "+90d", "-D", "+120d", "example").stdout.strip()
    before = contents(tmp_path)

    def full(key: object) -> None:
        raise KeyFileError.at("x.key", "disk full")

    monkeypatch.setattr(keygen_run, "rewrite_key", full)
    outcome = run_mine(tmp_path, "-S", name)
    text = f"example/ED25519/{int(name[-5:])}"
    assert outcome.stderr == f"dnssec-keygen: fatal: failed to update predecessor {text}: disk full\n\n"
    assert (outcome.code, outcome.stdout, outcome.files) == (1, "", before)


# ---- the key itself


@pytest.mark.parametrize("algorithm", [5, 7, 8, 10, 13, 14, 15, 16])
def test_bind_signs_with_our_keys(algorithm: int, tmp_path: Path) -> None:
    for flags in (["-f", "KSK"], []):
        made = run_mine(tmp_path, "-a", str(algorithm), "-b", "1024", *flags, "example")
        name = made.stdout.strip()
        key = read_key(name, str(tmp_path))
        assert (
            tools.run("dnssec-settime", "-K", tmp_path, "-u", "-p", "P", name).stdout
            == f"Publish: {key.times.publish}\n"
        )
        theirs = tools.run("dnssec-dsfromkey", tmp_path / name).stdout.split()
        assert (int(theirs[3]), int(theirs[4])) == (key.tag, algorithm)
    (tmp_path / "zone").write_text("$TTL 60\n@ SOA . . 1 2 3 4 5\n@ NS .\n")
    tools.run("dnssec-signzone", "-S", "-x", "-o", "example", "zone", cwd=tmp_path)
    tools.run("ldns-verify-zone", tmp_path / "zone.signed")


def test_a_tag_that_is_taken_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = read_key(run_mine(tmp_path, "-a", "15", "-f", "KSK", "example").stdout.strip(), str(tmp_path))
    head = bytes([1, 1, 3, 15])  # flags 257, protocol, algorithm
    taken = {other.tag, facts.revoked_tag(other.rdata)}
    by_tag = {facts.key_tag(head + key): key for key in (number.to_bytes(32, "big") for number in range(2**16))}
    clashing = [
        by_tag[other.tag],
        by_tag[facts.revoked_tag(other.rdata)],
        # This one takes the other's tag when it is revoked itself.
        next(key for tag, key in by_tag.items() if tag not in taken and facts.revoked_tag(head + key) == other.tag),
    ]
    secrets = [bytearray(b"AAAA") for _ in clashing]
    drawn = [(key, [("PrivateKey", secret)]) for key, secret in zip(clashing, secrets, strict=True)]
    left = [*drawn, make_key(15)]
    monkeypatch.setattr(keygen_run, "make_key", lambda *_: left.pop(0))
    outcome = run_mine(tmp_path, "-v", "1", "-a", "15", "-f", "KSK", "example")
    assert outcome.code == 0
    assert not left
    assert outcome.stderr.count("might collide with another key upon revokation.  Generating a new key\n") == 3
    assert secrets == [bytes(4)] * 3  # wiped


def test_tags_keep_to_the_range_asked_for(tmp_path: Path) -> None:
    for _ in range(3):
        outcome = run_mine(tmp_path, "-a", "15", "-f", "KSK", "-M", "20000:40000", "example")
        assert outcome.code == 0, outcome.stderr
    for key in find_keys(names.from_text("example"), str(tmp_path)):
        assert 20000 <= key.tag <= 40000
        assert 20000 <= facts.revoked_tag(key.rdata) <= 40000
    for text in ("1", "5:4", "4:4", "0:65536", "x:1", ":", "-1:5"):
        assert "fatal: -M range invalid" in run_mine(tmp_path, "-a", "15", "-M", text, "example").stderr


def test_a_range_with_no_tag_left_is_an_error(tmp_path: Path) -> None:
    tag = read_key(run_mine(tmp_path, "-a", "15", "example").stdout.strip(), str(tmp_path)).tag
    low, high = (tag, tag + 1) if tag < 0xFFFF else (tag - 1, tag)
    (tmp_path / f"Kexample.+015+{low if low != tag else high:05d}.key").write_text("unreadable, but there")
    outcome = run_mine(tmp_path, "-a", "15", "-M", f"{low}:{high}", "example")
    assert outcome.code == 1
    assert "no key tag is left for example" in outcome.stderr


def test_on_a_terminal_it_says_what_it_does_unless_quiet(tmp_path: Path) -> None:
    assert run_mine(tmp_path, "-a", "13", "example", terminal=True).stderr == "Generating key pair.\n"
    assert run_mine(tmp_path, "-a", "13", "-q", "example", terminal=True).stderr == ""
    assert run_mine(tmp_path, "-a", "13", "example").stderr == ""


def test_the_program_runs_by_both_names(tmp_path: Path) -> None:
    done = tools.fastsign("keygen", "-a", "13", "example", cwd=tmp_path)
    assert (tmp_path / f"{done.stdout.strip()}.private").exists()
    link = tmp_path / "dnssec-keygen"
    code = f"import sys; sys.argv[0] = {str(link)!r}; from fastsign.cli.main import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "-V"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("dnssec-keygen fastsign-")
    assert tools.fastsign("nonsense", check=False).returncode == 1
    assert "unknown command nonsense" in tools.fastsign("nonsense", check=False).stderr


def test_a_full_or_closed_folder_ends_in_an_error_and_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = run_mine(tmp_path, "-a", "13", "example")
    assert outcome.code == 1
    assert outcome.stdout == ""
    complaint = r"dnssec-keygen: fatal: failed to write key example/ECDSAP256SHA256/\d+: disc full\n\n"
    assert re.fullmatch(complaint, outcome.stderr)
    assert outcome.files == {}


def test_cryptography_is_loaded_only_to_make_a_key() -> None:
    code = """
import sys
sys.argv = ["fastsign", "keygen", "-h"]
from fastsign.cli.main import main
main()
heavy = {"cryptography", "numpy", "dns", "rich", "multiprocessing", "fastsign._core"} & set(sys.modules)
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
