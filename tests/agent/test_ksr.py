"""The agent and a zone whose KSK is offline: the response is brought in, its bundles follow each other, and it ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import tools
from fastsign.agent.ksr import current, response_place
from fastsign.errors import SkrError
from fastsign.keys.skr import load_response
from ksr_scene import DAY, HOUR, MINUTE, NOW, YEAR
from offline_home import RECORDS, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_zone_goes_through_a_roll_by_its_response(home: Home) -> None:
    """Run whenever it says that something is due, with a clock that is a little late each time."""
    begin, end = NOW + 176 * DAY, NOW + 200 * DAY
    assert home.bring_in() == []
    bundles = load_response(str(home.folder / "skr"), home.zone.name, HOUR).bundles
    now, runs, published = begin + MINUTE, 0, []
    while now < end:
        outcome = home.go(now)
        bundle = max((b for b in bundles if b.inception <= now), key=lambda b: b.inception)
        signatures = {rdata for rrset in bundle.rrsets.values() for rdata in rrset.signatures}
        assert home.apex() == (set(bundle.dnskeys), signatures)
        assert outcome.problems == ()
        assert outcome.due is not None
        assert outcome.due > now
        published += [bundle.inception] if outcome.deed == "signed" else []
        runs += 1
        now = outcome.due + MINUTE
        if runs % 3 == 1:
            tools.run("ldns-verify-zone", "-t", stamp(now - MINUTE), home.folder / "zone.signed")
    assert set(published) >= {b.inception for b in bundles if begin < b.inception < end}
    assert len({b.dnskeys for b in bundles if begin < b.inception < end}) == 3
    assert runs < 40  # keys, bundles and signatures have their own times


def stamp(moment: int) -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(moment))


def test_nothing_is_due_again_and_again_in_the_last_bundle(home: Home) -> None:
    home.bring_in()
    end = load_response(str(home.folder / "skr"), home.zone.name, HOUR).expiration
    home.go(end - 4 * DAY)  # where signatures are due, and those of the bundle can't be made anew
    again = home.go(end - 4 * DAY + HOUR)
    assert again.deed == "unchanged"
    assert again.due is not None
    assert again.due > end - 4 * DAY + HOUR
    assert home.said.warnings.count("zone example.test: last bundle in skr, please import new skr file") == 2


def test_a_new_response_takes_over(home: Home) -> None:
    home.bring_in()
    home.go(NOW)
    home.keygen("common", "+2y")
    home.request("common", "+2y", start="+300d")
    (home.folder / "new").write_text(home.sign("common", "+2y"))
    later = NOW + 301 * DAY
    before = home.go(later)
    assert home.bring_in(later, "new") == []
    after = home.go(later + 1)
    assert (before.deed, after.deed) == ("signed", "signed")
    assert current(home.zone, home.policy, NOW + 2 * YEAR - DAY).bundle.inception > NOW + YEAR


def test_without_a_response_nothing_is_published(home: Home) -> None:
    with pytest.raises(
        SkrError, match=r"file not found; `fastsign skr -import FILE example.test` brings a response in"
    ):
        home.go(NOW)
    assert not (home.folder / "zone.signed").exists()


def test_after_the_last_bundle_nothing_is_published(home: Home) -> None:
    home.bring_in()
    home.go(NOW)
    before = (home.folder / "zone.signed").read_bytes()
    (home.folder / "zone").write_text(RECORDS.replace("192.0.2.1", "192.0.2.9"))
    with pytest.raises(SkrError, match=r"no available SKR bundle: the last one in .* ended"):
        home.go(NOW + 2 * YEAR)
    assert (home.folder / "zone.signed").read_bytes() == before


def test_a_response_survives_a_restart_and_is_replaced_whole(home: Home) -> None:
    home.bring_in()
    assert Path(response_place(home.zone)).read_text() == home.response
    (home.folder / "broken").write_text(home.response[:-900])
    with pytest.raises(SkrError):
        home.bring_in(file="broken")
    assert Path(response_place(home.zone)).read_text() == home.response
