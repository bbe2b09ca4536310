"""`fastsign keygen` beyond the plain DNSKEY: KEY records, the built-in policy, options of old; beside dnssec-keygen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat import keygen_run
from fastsign.keys import facts
from fastsign.keys.files import read_key
from fastsign.keys.generate import make_key
from keyfile_scene import Outcome, blank, run_both, run_ours

GOOD = """
-T KEY -n HOST -a 13 host.example
-T KEY -n entity -s 5 -t NOCONF -p 9 -a 13 host.example
-T KEY -n user -t noauth -s 15 -a 15 -L 300 u.example
-T KEY -n zone -t AUTHCONF -a 8 -b 1024 example
-T key -n USER -f KSK -C -a 14 .
-T KEY -n HOST -G -c HS -a 13 example
-T KEY -n HOST -P 20300101 -A 20300201 -I 20310101 -a 13 example
-s 5 -t NOAUTH -d 512 -a 13 example
-t whatever -a 13 example
-k default example
-k default -G example
-k default -a 8 example
-k default -P 20300101 -A 20300102 -I 20310101 -D 20310201 -R 20300601 example
-k default -P sync 20300103 -D sync 20310103 -c CH Example.
"""


def blanked(outcome: Outcome) -> tuple[int, str, str, dict[str, tuple[int, str]]]:
    files = {blank(name): (mode, blank(text)) for name, (mode, text) in outcome.files.items()}
    return outcome.code, blank(outcome.stdout), outcome.stderr, files


def run_alike(keys: Path, scratch: Path, *arguments: str) -> tuple[Outcome, Outcome]:
    """Run both; again, should the second have changed in between."""
    for attempt in range(10):
        ours, theirs = run_both(keys, scratch / str(attempt), "dnssec-keygen", *arguments)
        if blanked(ours) == blanked(theirs):
            break
    assert blanked(ours) == blanked(theirs)
    return ours, theirs


@pytest.mark.parametrize("line", GOOD.strip().splitlines())
def test_files_and_words_are_those_of_bind(line: str, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    ours, _ = run_alike(tmp_path / "keys", tmp_path, *line.split())
    assert ours.code == 0, ours.stderr


BAD = """
-T KEY -a 13 example
-T KEY -n foo -a 13 example
-T KEY -n OTHER -a 13 example
-T KEY -n HOST -t foo -a 13 example
-T KEY -n HOST -t NOAUTHCONF -a 13 example
-T KEY -n HOST -t NOAUTHCONF -b 1024 -a 8 example
-n HOST -a 13 example
-n USER -a 13 example
-s 16 -a 13 example
-s x -a 13 example
-s -1 -a 13 example
-d x -a 13 example
-d -1 -a 13 example
-S Kexample.+013+00001 -t NOAUTH
-S Kexample.+013+00001 -T KEY
-k default
-k default a b
-k default -n ZONE example
-k default -C example
-k default -L 60 example
-k default -i 60 example
-k default -b 256 example
-k default -T KEY example
-k default -3 example
-k default -S Kexample.+013+00001
"""


@pytest.mark.parametrize("line", BAD.strip().splitlines())
def test_complaints_are_those_of_bind(line: str, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    _, theirs = run_alike(tmp_path / "keys", tmp_path, *line.split())
    assert theirs.code == 1


@pytest.mark.parametrize("line", ["-T KEY -n HOST -t NOAUTHCONF -a 8", "-k other", "-a 8 -b 0", "-l x -a 13"])
def test_a_key_that_is_none_and_a_policy_that_is_not_there_are_refused(line: str, tmp_path: Path) -> None:
    outcome = run_ours(tmp_path, "dnssec-keygen", *line.split(), "example")
    assert (outcome.code, outcome.files) == (1, {})
    reasons = ("is not supported", "unable to load dnssec-policy 'other'", "out of range", "-l is of use with -k only")
    assert any(reason in outcome.stderr for reason in reasons)


def test_revoking_and_a_policy_exclude_each_other(tmp_path: Path) -> None:
    outcome = run_ours(tmp_path, "dnssec-keygen", "-k", "default", "-f", "REVOKE", "example")
    assert outcome.stderr == "dnssec-keygen: fatal: -k and -fR cannot be used together\n"  # 9.20; 9.18 says -f


def test_bind_takes_up_a_key_of_the_policy(tmp_path: Path) -> None:
    name = run_ours(tmp_path, "dnssec-keygen", "-k", "default", "example").stdout.strip()
    key = read_key(name, str(tmp_path))
    assert (key.flags, key.algorithm, key.ttl) == (257, facts.ECDSAP256SHA256, 3600)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    # BIND reads the state and writes it anew: what it has not understood would be lost.
    tools.run("dnssec-settime", "-s", "-g", "omnipresent", name, cwd=tmp_path)
    after = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert after.pop(f"{name}.state") == before.pop(f"{name}.state") + "GoalState: omnipresent\n"
    assert after == before


# ---- keys that are there already


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a KEY, an empty .private file, and one of another key."""
    folder = tmp_path_factory.mktemp("broken")
    tools.run("dnssec-keygen", "-q", "-T", "KEY", "-n", "HOST", "-a", "13", "example", cwd=folder)
    (folder / "Kexample.+013+00001.private").write_text("")
    (folder / "Kexample.+008+00002.private").write_text("")
    name = tools.run("dnssec-keygen", "-q", "-k", "default", "example", cwd=folder).stdout.strip()
    (folder / f"{name}.state").write_text("; \nAlgorithm: 8\n")
    return folder


def test_key_files_that_cannot_be_read_are_warned_of(broken: Path, tmp_path: Path) -> None:
    for line in ("-a 13 example", "-a 15 -q example", "-a 13 other"):
        for attempt in range(10):
            ours, theirs = run_both(broken, tmp_path / line / str(attempt), "dnssec-keygen", *line.split())
            complaints = [
                sorted(outcome.stderr.splitlines()) for outcome in (ours, theirs)
            ]  # BIND's folder has no order
            files = [blanked(outcome)[3] for outcome in (ours, theirs)]
            if files[0] == files[1]:
                break
        assert complaints[0] == complaints[1]
        assert files[0] == files[1]
        assert len(complaints[0]) == (0 if "other" in line else 4)


def test_verbose_runs_tell_of_each_collision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = run_ours(tmp_path, "dnssec-keygen", "-a", "15", "-f", "KSK", "example").stdout.strip()
    there = read_key(name, str(tmp_path))
    head = bytes([1, 1, 3, 15])  # flags 257, protocol, algorithm
    keys = [number.to_bytes(32, "big") for number in range(2**16)]
    same = next(key for key in keys if facts.key_tag(head + key) == there.tag)
    later = next(key for key in keys if facts.key_tag(head + key) == facts.revoked_tag(there.rdata))
    drawn = [(key, [("PrivateKey", bytearray(b"AAAA"))]) for key in (same, later)]
    left = [*drawn, make_key(15)]
    monkeypatch.setattr(keygen_run, "make_key", lambda *_: left.pop(0))
    said = run_ours(tmp_path, "dnssec-keygen", "-v", "2", "-a", "15", "-f", "KSK", "example").stderr.splitlines()
    taken, revoked = there.tag, facts.revoked_tag(there.rdata)
    ending = "already exists, or might collide with another key upon revokation.  Generating a new key"
    assert said == [
        f"Key ID {taken} exists",
        f"dnssec-keygen: ./Kexample.+015+{taken:05d} {ending}",
        f"Key ID {revoked} could collide with {taken}",
        f"dnssec-keygen: ./Kexample.+015+{revoked:05d} {ending}",
    ]


def test_tags_out_of_the_range_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = bytes([1, 1, 3, 15])
    keys = [number.to_bytes(32, "big") for number in range(2**16)]
    low = next(key for key in keys if facts.key_tag(head + key) == 10)
    high = next(key for key in keys if facts.key_tag(head + key) == 30000)
    good = next(key for key in keys if facts.key_tag(head + key) == 20000)
    left = [(key, [("PrivateKey", bytearray(b"AAAA"))]) for key in (low, high, good)]
    monkeypatch.setattr(keygen_run, "make_key", lambda *_: left.pop(0))
    outcome = run_ours(tmp_path, "dnssec-keygen", "-M", "20000:30000", "-a", "15", "-f", "KSK", "example")
    assert outcome.stderr == (
        "Key ID 10 outside of [20000..30000]\nRevoked Key ID 30128 (for tag 30000) outside of [20000..30000]\n"
    )
    assert outcome.stdout == "Kexample.+015+20000\n"


def test_a_predecessor_that_was_open_is_closed_and_told_of(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    line = ["-q", "-a", "13", "-A", "20200101", "-I", "20400101", "-D", "20500101", "example"]
    name = tools.run("dnssec-keygen", *line, cwd=folder).stdout.strip()
    (folder / f"{name}.private").chmod(0o640)
    ours, theirs = run_both(folder, tmp_path, "dnssec-keygen", "-S", name)
    assert "have changed from 0640 to 0600" in theirs.stderr
    assert ours.stderr == theirs.stderr
    assert [mode for path, (mode, _) in ours.files.items() if path.endswith(".private")] == [0o600, 0o600]
    shutil.rmtree(folder)
