"""`fastsign simulate`: table, JSON and picture, over a key directory that stays as it is."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fastsign.cli.timeline import phases
from fastsign.kasp.policy import DAY
from fastsign.rollover.forecast import forecast
from policy_zone import ORIGIN, PolicyZone, states
from rollover_scene import KSK, START, ZSK, policy

NOW = 1_800_000_000  # 2027-01-15 08:00:00


@pytest.fixture
def zone(tmp_path: Path) -> PolicyZone:
    made = PolicyZone(tmp_path)
    made.configure("checkds no;")
    return made


def content(zone: PolicyZone) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(zone.folder.rglob("*")) if path.is_file()}


def test_the_table_tells_of_every_change_and_touches_nothing(zone: PolicyZone) -> None:
    key = zone.add_key(states("OMNIPRESENT"), "-P 20261201 -A 20261201")
    before = content(zone)
    table = zone.run("simulate", "--until", "P400D", ORIGIN, now=NOW).stdout
    assert content(zone) == before
    assert "2027-01-15 08:00:00 to 2028-02-19 08:00:00, UTC" in table
    assert f"KSK {key.tag}" in table
    assert "new ZSK 1" in table
    assert "zrrsig rumoured -> omnipresent" in table


def test_the_json_has_keys_events_and_ds(zone: PolicyZone) -> None:
    facts = json.loads(zone.run("simulate", "--json", "--until", "P2Y", "--ds-delay", "P1D", ORIGIN, now=NOW).stdout)
    assert (facts["zone"], facts["policy"], facts["begins"]) == (ORIGIN, "mine", "2027-01-15T08:00:00Z")
    assert facts["keys"][0]["name"] == f"K{ORIGIN}+013+new1"
    assert facts["keys"][0]["tag"] is None
    assert {event["after"] for event in facts["events"]} >= {"made", "rumoured", "omnipresent", "unretentive", "hidden"}
    assert len(facts["ds"]) == 2


@pytest.mark.parametrize(("suffix", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_the_picture_is_drawn_in_the_format_of_its_name(zone: PolicyZone, suffix: str, magic: bytes) -> None:
    path = zone.folder / f"timeline.{suffix}"
    zone.run("simulate", "--picture", str(path), ORIGIN, now=NOW)
    assert path.read_bytes().startswith(magic)


def test_a_picture_without_matplotlib_says_what_to_install(zone: PolicyZone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = zone.run("simulate", "--picture", str(zone.folder / "x.svg"), ORIGIN, now=NOW, check=False)
    assert (done.code, "install fastsign[plot]" in done.stderr) == (1, True)


def test_options_may_stand_behind_the_zone(zone: PolicyZone) -> None:
    before = zone.run("simulate", "--until", "P10D", "--json", ORIGIN, now=NOW).stdout
    assert zone.run("simulate", ORIGIN, "--until", "P10D", "--json", now=NOW).stdout == before


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "no zone is named"),
        ([ORIGIN, "more"], "extraneous arguments"),
        (["--until", "soon", ORIGIN], "--until soon:"),
        (["--picture", "x.gif", ORIGIN], "ends with .svg or .png"),
        (["bare.test"], "zone bare.test has no dnssec-policy"),
    ],
)
def test_a_command_line_that_is_wrong_is_refused(zone: PolicyZone, words: list[str], complaint: str) -> None:
    done = zone.run("simulate", *words, now=NOW, check=False)
    assert done.code == 1
    assert complaint in done.stderr


def test_the_bar_of_a_key_goes_through_all_phases() -> None:
    rules = policy(KSK, replace(ZSK, lifetime=60 * DAY))
    timeline = forecast(rules, (), START, START + 200 * DAY)
    first, second = ([phase for _, _, phase in phases(timeline, timeline.subjects[at])] for at in (1, 2))
    assert first == ["taking over", "in use", "giving way", "leaving"]
    assert second == ["published", "taking over", "in use", "giving way", "leaving"]
