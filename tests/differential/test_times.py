"""When signatures begin and end: -s, -e, -X and -j, each beside dnssec-signzone."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import tools
from differential_zones import ORIGIN, records
from inprocess import Done, signzone
from narration import counts
from signing_scene import Scene

_TIMES = re.compile(r"IN RRSIG (\S+) \d+ \d+ \d+ (\d{14}) (\d{14}) ")


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene.begin(tmp_path, monkeypatch, keys=True)


def periods(path: Path) -> list[tuple[str, str, str]]:
    """(covered type, expiration, inception) of every signature."""
    return sorted(match.groups() for line in records(path) if (match := _TIMES.search(re.sub(r"\s+", " ", line))))


FORMS = [
    "-s now", "-s now-1h", "-s +100", "-s -100", "-s 20261101", "-s 1793491200", "-e now+30d", "-e +30d", "-e 20391201",
    "-e now+1y", "-e now+1mo", "-e now+90mi", "-e now+2w", "-e now+0x100000", "-e now+010d", "-e 20391201000000-1d",
    "-s now+1h -e now+2h", "-X +10d", "-X now+10d", "-e now+40d -X now+10d", "-s 0", "-s -", "-e -1", "-e none",
    "-e now+", "-e now+1M", "-e now+1MI", "-e ++5", "-s 20260229000000", "-s 20261124250000", "-s never", "-e NOW",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_times_are_those_of_bind(form, scene):
    """BIND runs at some second between two looks at the clock, fastsign at each of these seconds."""
    line = ("-P", "-S", "-o", ORIGIN, *form.split())
    begin = int(time.time())
    theirs = tools.run("dnssec-signzone", *line, "-f", "theirs", "zone", cwd=scene.folder, check=False)
    outcomes = []
    for now in range(begin, int(time.time()) + 1):
        ours = signzone(*line, "-f", "ours", "zone", check=False, now=now)
        assert (ours.code, _less_tags(ours)) == (theirs.returncode, _less_tags(theirs))
        outcomes.append(periods(scene.folder / "ours") if ours.code == 0 else None)
    assert (periods(scene.folder / "theirs") if theirs.returncode == 0 else None) in outcomes


def _less_tags(done: Done | object) -> str:
    return re.sub(r"/\d+'", "/tag'", getattr(done, "stderr", ""))


def test_a_jitter_of_a_second_is_none(scene):
    assert scene.sign_alike("-S", "-j", "1")


def test_a_jitter_ends_signatures_earlier_even_those_of_the_keys(scene):
    """At random; over the DNSKEY RRset too."""
    end, jitter = datetime(2039, 12, 1, tzinfo=UTC), 100_000
    ours, theirs = scene.sign("-S", "-j", str(jitter))
    assert ours.code == theirs.code == 0
    for name in ("ours", "theirs"):
        ends = {(kind, datetime.strptime(f"{x}+0000", "%Y%m%d%H%M%S%z")) for kind, x, _ in periods(scene.folder / name)}
        assert all(0 <= (end - moment).total_seconds() < jitter for _, moment in ends)
        assert len({moment for _, moment in ends}) > 5
        assert any(kind == "DNSKEY" and moment != end for kind, moment in ends)


@pytest.mark.parametrize(("days", "stays"), [(24, False), (26, True)])
def test_by_default_a_signature_is_due_in_the_last_quarter_of_the_new_period(days, stays, scene):
    tools.run("dnssec-signzone", "-S", "-e", f"now+{days}d", "-o", ORIGIN, "-f", "signed", "zone", cwd=scene.folder)
    ours, theirs = scene.sign("-S", "-t", "-s", "now", "-e", "now+100d", zone="signed")
    assert counts(ours.stdout) == counts(theirs.stdout)
    assert bool(counts(ours.stdout)[1]) == stays


def test_a_signature_is_due_when_less_than_the_cycle_is_left(scene):
    """BIND runs at some second, fastsign at each that it may have been."""
    scene.sign_alike("-S")
    scene.keep("signed")
    end, begin = int(datetime(2039, 12, 1, tzinfo=UTC).timestamp()), int(time.time())
    line = ("-S", "-t", "-i", str(end - begin), "-s", "20261102000000", "-e", "20391202000000", "-o", ORIGIN)
    theirs = tools.run("dnssec-signzone", *line, "-f", "theirs", "signed", cwd=scene.folder)
    kept = [
        counts(signzone(*line, "-f", "ours", "signed", now=now).stdout)[1]
        for now in range(begin, max(int(time.time()), begin + 1) + 1)
    ]
    assert kept[0] > 10, "at its first moment nothing is due"
    assert kept[1:] == [0] * (len(kept) - 1), "a second later all is"
    assert counts(theirs.stdout)[1] in kept
