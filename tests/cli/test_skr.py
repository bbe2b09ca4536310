"""`fastsign skr -import`: a response is put in place whole, or refused."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from fastsign.agent.ksr import response_place
from fastsign.cli.env import Env
from fastsign.cli.skr import main
from fastsign.keys.skr import load_response
from ksr_scene import HOUR, NOW, YEAR, ZONE
from offline_home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def skr(home: Home, *arguments: str, now: int = NOW) -> tuple[int, str, str]:
    """(exit code, output, errors) of the command, with the zone's configuration."""
    out, err = io.StringIO(), io.StringIO()
    argv = ("fastsign skr", "-c", "named.conf", *arguments)
    code = main(Env(argv, io.StringIO(), out, err, str(home.folder), lambda: float(now)))
    return code, out.getvalue(), err.getvalue()


def test_an_import_says_how_far_it_reaches(home: Home) -> None:
    code, out, err = skr(home, "-import", "skr", ZONE)
    assert (code, err) == (0, "")
    response = load_response(str(home.folder / "skr"), home.zone.name, HOUR)
    begin, end = time.ctime(NOW), time.ctime(response.expiration)
    assert out == f"example.test: {len(response.bundles)} bundles, from {begin} to {end}\n"
    assert Path(response_place(home.zone)).read_text() == home.response


def refusal(home: Home, *arguments: str, now: int = NOW) -> str:
    code, out, err = skr(home, *arguments, now=now)
    assert (code, out) == (1, "")
    assert not Path(response_place(home.zone)).exists()
    return err.removeprefix("fastsign skr: fatal: ")


def test_what_can_not_be_used_is_refused(home: Home) -> None:
    lines = home.response.splitlines(keepends=True)
    at = max(number for number, line in enumerate(lines) if "RRSIG\tCDS" in line)
    (home.folder / "gap").write_text(without_bundles(home.response, 2, 4))
    (home.folder / "missing").write_text("".join(lines[:at] + lines[at + 1 :]))
    for arguments, now, message in (
        (("-import", "skr", ZONE), NOW - 1, "import failed: no available SKR bundle: the first one"),
        (("-import", "skr", ZONE), NOW + 2 * YEAR, "import failed: no available SKR bundle: the last one"),
        (("-import", "none", ZONE), NOW, "import failed: unable to open skr file"),
        (("-import", "zone", ZONE), NOW, f"import failed: {home.folder}/zone:1: record outside of a bundle"),
        (
            ("-import", "gap", ZONE),
            NOW,
            f"import failed: {home.folder}/gap: bundle 20261119090640 ends before the next",
        ),
        (
            ("-import", "missing", ZONE),
            NOW,
            f"import failed: bundle {last_of(home.response)}: the CDS RRset is not sig",
        ),
        (("-import", "skr", "other.test"), NOW, "zone other.test. has dnssec-policy csk, which is without offline-ksk"),
        (("-import", "skr", "else.test"), NOW, "there is no zone else.test"),
    ):
        assert refusal(home, *arguments, now=now).startswith(message), arguments


def last_of(response: str) -> str:
    """When the last bundle begins, as it is written there."""
    return response.split(";; SignedKeyResponse 1.0 ")[-2][:14]


def without_bundles(response: str, first: int, last: int) -> str:
    """A response that lacks some of its bundles."""
    parts = response.split(";; SignedKeyResponse")
    return ";; SignedKeyResponse".join([*parts[: first + 1], *parts[last + 1 :]])


def test_a_key_that_signs_now_must_be_in_the_bundle(home: Home) -> None:
    for path in (home.folder / "zsks").glob("K*"):
        path.unlink()
    home.keygen("common")
    assert "does not have key example.test/ECDSAP256SHA256/" in refusal(home, "-import", "skr", ZONE)


def test_a_key_that_signs_later_is_warned_of(home: Home) -> None:
    last = home.zsks[-1]
    for suffix in (".key", ".private", ".state"):
        Path(last.path + suffix).unlink()
    home.keygen("common")  # another one for the second half of the year
    code, out, err = skr(home, "-import", "skr", ZONE)
    assert (code, out[:14]) == (0, "example.test: ")
    when = time.strftime("%Y%m%d%H%M%S", time.gmtime(last.times.activate))
    lines = err.splitlines()
    assert all(line.startswith("fastsign skr: warning: bundle 2027") for line in lines)
    assert f", which is to sign from {when} (" in lines[0]


def test_the_command_line_must_be_whole(home: Home) -> None:
    for arguments in ((), ("-import", "skr"), (ZONE,), ("-import", "skr", ZONE, "more")):
        code, _, err = skr(home, *arguments)
        assert code == 1
        assert err.startswith("Usage:\n")
