"""fastsign plan: what the next run would do, told and not done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inprocess import Done, command

NOW = 1_800_000_000
HOUR, DAY = 3600, 86400

CONF = """\
dnssec-policy "mine" {{
    keys {{ ksk lifetime P1Y algorithm 13; zsk lifetime P60D algorithm 13; }};
    {policy}
}};
options {{ key-directory "{folder}/keys"; }};
zone "example" {{
    type primary; file "{folder}/example.db"; inline-signing yes; dnssec-policy mine; checkds no;
}};
"""
ZONE = "$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 1209600 3600\n@ NS ns\nns A 192.0.2.1\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    (tmp_path / "example.db").write_text(ZONE)
    return configure(tmp_path)


def configure(folder: Path, policy: str = "") -> Path:
    path = folder / "named.conf"
    path.write_text(CONF.format(folder=folder, policy=policy))
    return path


def plan(conf: Path, now: int, *options: str) -> str:
    return command("plan", "-c", conf, *options, "example", now=now).stdout


def facts(conf: Path, now: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan(conf, now, "--json"))
    return found


def run(conf: Path, now: int) -> Done:
    return command("run", "-c", conf, "--once", now=now)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_written_neither_before_the_first_run_nor_later(conf: Path) -> None:
    for moment in (NOW, NOW + DAY + 2 * HOUR, NOW + 12 * DAY):
        before = content(conf.parent)
        assert "publish" in plan(conf, moment)
        assert content(conf.parent) == before
        run(conf, moment)


def test_the_run_does_what_the_plan_says(conf: Path) -> None:
    for moment in (NOW, NOW + 3 * HOUR, NOW + 2 * DAY, NOW + 58 * DAY):
        planned = facts(conf, moment)
        told = run(conf, moment).stderr
        assert told.count("created for policy") == len(planned["make"])
        known = [change for change in planned["changes"] if change["key"]["tag"] is not None]
        for change in known:
            line = f"+{change['key']['tag']:05}: {change['record']} is {change['after']}, was {change['before']}"
            assert line in told
        assert told.count(", was ") == len(planned["changes"])
        assert ("published" in told) == bool(planned["publish"])


def test_a_zone_with_nothing_due_has_nothing_done_to_it(conf: Path) -> None:
    run(conf, NOW)
    assert "The next run would\n  * do nothing\n" in plan(conf, NOW + 60)


def test_a_change_that_has_to_wait_is_told_with_its_rule_and_moment(conf: Path) -> None:
    run(conf, NOW)
    waits = facts(conf, NOW + 60)["waits"]
    by_time = [wait for wait in waits if wait["rule"] == "time" and wait["record"] == "dnskey"]
    assert {wait["until"] for wait in by_time} == {"2027-01-15T10:05:00Z"}  # two hours and five minutes later
    assert [wait["key"]["role"] for wait in waits if wait["rule"] == "policy"] == ["KSK"]


def test_keys_that_are_still_to_be_made_have_no_tag(conf: Path) -> None:
    planned = facts(conf, NOW)
    assert planned["make"] == [
        {"role": "KSK", "algorithm": 13, "tag": None},
        {"role": "ZSK", "algorithm": 13, "tag": None},
    ]
    assert "a new ZSK" in plan(conf, NOW)


def test_what_manual_mode_holds_back_is_told(conf: Path) -> None:
    configure(conf.parent, "manual-mode yes;")
    planned = facts(conf, NOW)
    assert planned["make"] == []
    assert "manual mode" in " ".join(planned["refusals"])


def test_a_changed_zone_file_is_a_reason_to_publish(conf: Path) -> None:
    run(conf, NOW)
    (conf.parent / "example.db").write_text(ZONE.replace(" 1 7200", " 2 7200") + "www A 192.0.2.2\n")
    assert "example.db has changed" in plan(conf, NOW + 60)


def test_a_zone_without_a_file_and_an_unknown_zone_are_errors(conf: Path) -> None:
    (conf.parent / "example.db").unlink()
    failed = command("plan", "-c", conf, "example", check=False, now=NOW)
    assert failed.code == 1
    assert "example.db" in failed.stderr
    unknown = command("plan", "-c", conf, "exampel", check=False, now=NOW)
    assert unknown.code == 1
    assert "did you mean example" in unknown.stderr


def test_signing_by_and_by_is_told(conf: Path) -> None:
    run(conf, NOW)
    config = conf.read_text().replace("algorithm 13", "algorithm 15")
    conf.write_text(config.replace("checkds no;", "checkds no; sig-signing-signatures 1;"))
    later = NOW + 2 * DAY
    run(conf, later)
    planned = facts(conf, later + 300)
    assert [reason.partition(" key ")[0] for reason in planned["publish"]] == ["signing with"]
    (wait,) = (wait for wait in planned["waits"] if (wait["rule"], wait["record"]) == ("signing", "zrrsig"))
    assert wait["reason"].endswith("yet: each run makes sig-signing-signatures of them")
    assert facts(conf, later + 299)["publish"] == []
    listed = command("signing", "-c", conf, "-list", "example").stdout
    assert listed == f"Signing with key {wait['key']['tag']}/ED25519\n"
