"""The gate: no zone is published that does not verify, and what was there stays."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fastsign.cli.compat.signzone import main
from fastsign.cli.env import Env
from fastsign.errors import VerificationError
from fastsign.sign.denial import Wanted
from fastsign.sign.job import Job
from fastsign.sign.report import Report
from fastsign.sign.verify import gate
from signed_zones import ZONE, make_key, sign, write_records
from spoiling import spoil


@dataclass
class Heard:
    """A listener that keeps all it is told."""

    reports: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def report(self, line: str) -> None:
        self.reports.append(line)

    def warn(self, text: str) -> None:
        raise AssertionError(text)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def detail(self, level: int, line: str) -> None:
        raise AssertionError(line)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    make_key(folder, 13, "-f", "KSK")
    make_key(folder, 13)
    write_records(folder / "signed", sign(folder, ZONE, "-3", "-"))
    return folder


def run_gate(path: Path) -> Heard:
    now = int(time.time())
    job = Job(str(path), b"\7example\0", now, now - 3600, now + 3600, now + 3600, Wanted())
    heard = Heard()
    try:
        gate(job, str(path), Report(time.monotonic), heard)
    except VerificationError as error:
        error.add_note("".join(heard.notes))
        raise
    return heard


def test_a_good_zone_passes_and_the_report_is_told(folder: Path) -> None:
    heard = run_gate(folder / "signed")
    assert heard.notes == []
    assert heard.reports[0] == "Verifying the zone using the following algorithms:"
    assert heard.reports[2] == "Zone fully signed:"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text[: text.index("\n", len(text) // 2) + 1], "does not verify"),
        (lambda text: text[: len(text) - 30], "can't be read back"),
        (lambda text: text.replace("TYPE46", "TYPE65300", 1), "does not verify"),
        (lambda text: "", "no DNSSEC keys"),
        (lambda text: "(", "can't be read back"),
    ],
)
def test_a_spoilt_file_does_not_pass(folder: Path, spoil: Callable[[str], str], words: str) -> None:
    (folder / "spoilt").write_text(spoil((folder / "signed").read_text()))
    with pytest.raises(VerificationError, match=words):
        run_gate(folder / "spoilt")


def test_a_chain_with_another_ttl_passes_the_tool_but_not_the_gate(folder: Path) -> None:
    """RFC 9077: our own signer never does that."""
    text = (folder / "signed").read_text()
    (folder / "spoilt").write_text(text.replace("900 IN TYPE50", "899 IN TYPE50"))
    with pytest.raises(VerificationError):
        run_gate(folder / "spoilt")


def test_signzone_keeps_the_old_output_when_the_new_one_is_spoilt(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "zone.signed").write_text("what was there before\n")
    before = sorted(path.name for path in folder.iterdir())
    def flip_a_bit(path: Path) -> None:
        octets = bytearray(path.read_bytes())
        octets[octets.index(b"RRSIG\tA") + 200] ^= 1
        path.write_bytes(octets)

    spoil(monkeypatch, flip_a_bit)
    env = Env(("dnssec-signzone", "-o", "example", "zone"), io.StringIO(), io.StringIO(), io.StringIO())
    assert main(env) == 1
    assert isinstance(env.stdout, io.StringIO)
    assert env.stdout.getvalue().endswith("Zone verification failed (failure)\n")
    assert (folder / "zone.signed").read_text() == "what was there before\n"
    assert sorted(path.name for path in folder.iterdir()) == before
