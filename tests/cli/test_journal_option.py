"""-J brings the zone up to date first, with BIND 9.20's words where that can't be (9.18 has no -J)."""

from __future__ import annotations

from pathlib import Path

import pytest

import tools
from bind_loader import IGNORE
from differential_zones import records
from inprocess import command, signzone
from journals import Line, journal, transaction
from signing_scene import VALIDITY, Scene

ORIGIN = b"\7Example\0"
ZONE = ["@ 300 SOA ns hostmaster 7 7200 3600 1209600 300", "@ 300 NS ns", "ns 300 A 192.0.2.1", "old 300 TXT x"]
DELETED: list[Line] = [("old", 300, "TXT", "x")]
ADDED: list[Line] = [("new.ent", 60, "TXT", "y"), ("sub", 60, "NS", "ns.sub"), ("ns.sub", 60, "A", "192.0.2.2")]
GOOD = journal(7, 8, transaction(7, 8, DELETED, ADDED, ORIGIN))


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    made = Scene.begin(tmp_path, monkeypatch, ZONE, keys=True)
    Path("zone.jnl").write_bytes(GOOD)
    return made


@pytest.mark.parametrize("denial", [(), ("-3", "-")])
def test_the_zone_is_signed_as_it_is_after_its_journal(scene: Scene, denial: tuple[str, ...]) -> None:
    """As BIND signs what its own named-compilezone makes of zone and journal."""
    line = ("-q", "-i", "none", *IGNORE, "-s", "full", "-J", "zone.jnl", "-o", "newest", scene.origin, "zone")
    tools.run("named-compilezone", *line)
    common = ("-S", "-o", scene.origin, *VALIDITY, *denial)
    done = signzone(*common, "-J", "zone.jnl", "-f", "ours", "zone")
    tools.run("dnssec-signzone", *common, "-f", "theirs", "newest")
    assert done.stderr == ""
    assert records(Path("ours")) == records(Path("theirs"))


def test_a_signed_zone_is_verified_as_it_is_after_its_journal(scene: Scene) -> None:
    """A journal takes from a signed zone what it needs."""
    signzone("-S", "-o", scene.origin, *VALIDITY, "-N", "keep", "-f", "signed", "zone")
    Path("signed.jnl").write_bytes(journal(7, 8, transaction(7, 8, [("old", 300, "TXT", "x")], [], ORIGIN)))
    before = command("verify", "-o", scene.origin, "signed")
    after = command("verify", "-o", scene.origin, "-J", "signed.jnl", "signed", check=False)
    assert (before.code, after.code) == (0, 1)
    assert "No correct EDDSA signature for" in after.stderr or "No correct ED25519 signature for" in after.stderr


WRONG = {
    "missing": (None, "{program}: journal file zone.jnl not found\n", 0),
    "no journal": (
        b"x" * 64,
        "{program}: error: zone.jnl: journal format not recognized\n"
        "{program}: fatal: unable to open journal zone.jnl: unexpected error\n\n",
        1,
    ),
    "out of sync": (
        journal(8, 9, transaction(8, 9, [], [], ORIGIN)),
        "{program}: fatal: journal zone.jnl out of sync with zone\n",
        1,
    ),
    "not exact": (
        journal(7, 8, transaction(7, 8, [("old", 300, "TXT", "z")], [], ORIGIN)),
        "{program}: error: dns_diff_apply: old.Example/TXT/IN: del not exact\n"
        "{program}: fatal: journal zone.jnl: not exact\n\n",
        1,
    ),
    "careless": (
        journal(7, 8, transaction(7, 8, [], [("old", 300, "TXT", "x")], ORIGIN)),
        "{program}: warning: Example/IN: dns_diff_apply: update with no effect\n",
        0,
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_journal(scene: Scene, case: str) -> None:
    data, message, code = WRONG[case]
    Path("zone.jnl").unlink()
    if data is not None:
        Path("zone.jnl").write_bytes(data)
    options = ("-o", scene.origin, "-J", "zone.jnl")
    done = signzone("-S", *options, *VALIDITY, "-f", "ours", "zone", check=False)
    assert (done.code, done.stderr) == (code, message.format(program="dnssec-signzone"))
    assert Path("ours").exists() == (code == 0)
    checked = command("verify", *options, "zone", check=False)
    expected = message.format(program="dnssec-verify")
    assert (checked.code, checked.stderr) == (1, expected + ("" if code else "Zone contains no DNSSEC keys\n"))


def test_what_a_journal_adds_has_no_line(scene: Scene) -> None:
    cname: list[Line] = [("old", 300, "CNAME", "ns")]
    Path("zone.jnl").write_bytes(journal(7, 8, transaction(7, 8, [], cname, ORIGIN)))
    done = signzone("-S", "-o", scene.origin, "-J", "zone.jnl", "-f", "ours", "zone", check=False)
    assert done.code == 1
    assert "dns_master_load: old.Example: CNAME and other data\n" in done.stderr


def test_a_journal_of_a_raw_zone(scene: Scene) -> None:
    tools.run("named-compilezone", "-q", "-i", "none", *IGNORE, "-F", "raw", "-o", "zone.raw", scene.origin, "zone")
    common = ("-S", "-o", scene.origin, *VALIDITY, "-J", "zone.jnl", "-O", "full")
    signzone(*common, "-f", "ours", "zone")
    signzone(*common, "-I", "raw", "-f", "raw", "zone.raw")
    assert records(Path("raw")) == records(Path("ours"))


def test_what_the_zone_file_is_to_include_is_not_made_from_a_journal(scene: Scene) -> None:
    """With -D, the output's signatures would be over records that the zone file has not."""
    done = signzone("-S", "-D", "-o", scene.origin, "-J", "zone.jnl", "-f", "ours", "zone", check=False)
    assert (done.code, Path("ours").exists()) == (1, False)
    assert "option -D cannot be used with -J" in done.stderr
