"""-E of the tools that make and change key files: a known engine changes nothing, another is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import tools
from keyfile_scene import blank, contents, run_both, run_ours, run_theirs


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    name = tools.run("dnssec-keygen", "-q", "-a", "15", "-f", "KSK", "example", cwd=folder).stdout.strip()
    (folder / "K").write_text(name)
    return folder


@pytest.mark.parametrize("engine", ["openssl", "pkcs11", ""])
@pytest.mark.parametrize("line", ["dnssec-settime -P 20300101", "dnssec-revoke -r"])
def test_a_known_engine_or_none_changes_nothing(line: str, engine: str, keys: Path, tmp_path: Path) -> None:
    program, *options = line.split()
    ours, theirs = run_both(keys, tmp_path, program, "-E", engine, *options, (keys / "K").read_text())
    assert ours == theirs
    assert ours.code == 0


@pytest.mark.parametrize("engine", ["openssl", ""])
def test_keygen_makes_a_key_with_libcrypto(engine: str, tmp_path: Path) -> None:
    outcomes = []
    for run in (run_ours, run_theirs):
        folder = tmp_path / run.__name__
        folder.mkdir()
        outcomes.append(run(folder, "dnssec-keygen", "-q", "-E", engine, "-a", "13", "-G", "example"))
    ours, theirs = outcomes
    assert (ours.code, blank(ours.stdout), ours.stderr) == (theirs.code, blank(theirs.stdout), theirs.stderr)
    assert [blank(name) for name in ours.files] == [blank(name) for name in theirs.files]


def test_keygen_says_how_a_key_in_an_hsm_is_made(tmp_path: Path) -> None:
    outcome = run_ours(tmp_path, "dnssec-keygen", "-E", "pkcs11", "-a", "13", "example")
    assert (outcome.code, outcome.stdout, outcome.files) == (1, "", {})
    assert outcome.stderr.startswith("dnssec-keygen: fatal: -E pkcs11: no HSM is named to make the key in")
    assert "dnssec-keyfromlabel" in outcome.stderr


@pytest.mark.parametrize("program", ["dnssec-keygen", "dnssec-settime", "dnssec-revoke"])
def test_an_engine_that_there_is_none_of_is_refused(program: str, keys: Path) -> None:
    before = contents(keys)
    outcome = run_ours(keys, program, "-E", "chil", (keys / "K").read_text())
    assert (outcome.code, outcome.stdout, outcome.files) == (1, "", before)
    assert outcome.stderr.startswith(f"{program}: fatal: -E chil: no such engine; there are openssl")
