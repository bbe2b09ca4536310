"""What answers from the parent say of a key: decided without asking anybody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.agent.checkds import (
    PUBLISHED,
    UNCLEAR,
    WITHDRAWN,
    Answer,
    Finding,
    Sight,
    describe,
    judge,
    record,
    wanted,
)
from fastsign.agent.keyring import key_of
from fastsign.keys import names
from fastsign.keys.ds import ds_rdata
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import NO_TIMES, KeyState, KeyTimes, Metadata

WIRE = names.from_text("Example.")


def ksk(ds: str | None, times: KeyTimes = NO_TIMES) -> KeyFile:
    return KeyFile(WIRE, 257, 3, 13, bytes(64), 3600, "", metadata=Metadata(state=KeyState(ds=ds), times=times))


COMING, LEAVING = ksk("rumoured"), ksk("unretentive")
DS = ds_rdata(WIRE, COMING.rdata)


def answer(agent: str, *records: bytes, server: str = "", problem: str = "", unreachable: bool = False) -> Answer:
    return Answer(agent, server or agent, records, 60 if records else None, problem, unreachable)


HAS, LACKS = answer("a", DS), answer("b")
SILENT = answer("c", problem="no answer in time")
NO_WAY = answer("a", server="2001:db8::1#53", problem="Network is unreachable", unreachable=True)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (COMING, PUBLISHED),
        (LEAVING, WITHDRAWN),
        (ksk("rumoured", KeyTimes(ds_publish=5)), UNCLEAR),
        (ksk("unretentive", KeyTimes(ds_delete=5)), UNCLEAR),
        (ksk("unretentive", KeyTimes(ds_publish=5)), WITHDRAWN),
        (ksk("hidden"), UNCLEAR),
        (ksk("omnipresent"), UNCLEAR),
        (replace(COMING, metadata=Metadata()), UNCLEAR),
    ],
)
def test_what_a_key_waits_for(key: KeyFile, expected: str) -> None:
    assert wanted(key) == expected


@pytest.mark.parametrize(
    ("answers", "verdict", "count", "settled"),
    [
        ([HAS], PUBLISHED, 1, True),
        ([HAS, replace(HAS, agent="b")], PUBLISHED, 2, True),
        ([HAS, LACKS], UNCLEAR, 1, False),
        ([HAS, SILENT], UNCLEAR, 1, False),
        ([LACKS], WITHDRAWN, 0, False),
        ([SILENT], UNCLEAR, 0, False),
        ([], UNCLEAR, 0, False),
        ([HAS, NO_WAY], PUBLISHED, 1, True),
        ([NO_WAY], UNCLEAR, 0, False),
        ([NO_WAY, replace(HAS, agent="b")], UNCLEAR, 1, False),
        ([HAS, replace(SILENT, agent="a")], UNCLEAR, 0, False),
    ],
)
def test_all_agents_must_agree(answers: list[Answer], verdict: str, count: int, settled: bool) -> None:
    (finding,) = judge(WIRE, [COMING], answers).keys
    assert (finding.verdict, finding.count, finding.settled) == (verdict, count, settled)


@pytest.mark.parametrize(
    ("answers", "settled"), [([LACKS], True), ([HAS], False), ([LACKS, SILENT], False), ([], False)]
)
def test_a_ds_that_is_to_go_must_be_gone_everywhere(answers: list[Answer], settled: bool) -> None:
    (finding,) = judge(WIRE, [LEAVING], answers).keys
    assert (finding.wanted, finding.settled) == (WITHDRAWN, settled)


def test_a_key_with_two_ds_records_counts_once() -> None:
    both = answer("a", DS, ds_rdata(WIRE, COMING.rdata, 4))
    (finding,) = judge(WIRE, [COMING], [both]).keys
    assert (finding.count, finding.settled) == (1, True)


def test_one_false_digest_beside_the_true_one_does_no_harm() -> None:
    (finding,) = judge(WIRE, [COMING], [answer("a", DS[:4] + bytes(32), DS)]).keys
    assert finding.settled


def test_a_digest_that_cannot_be_checked_is_no_sign_of_absence() -> None:
    (finding,) = judge(WIRE, [LEAVING], [answer("a", DS[:3] + b"\xc8" + bytes(32))]).keys
    assert (finding.verdict, finding.settled) == (UNCLEAR, False)


def test_the_highest_ttl_is_that_of_the_rrset() -> None:
    """A resolver counts it down."""
    assert judge(WIRE, [COMING], [replace(HAS, ttl=30), replace(HAS, agent="b", ttl=86400), SILENT]).ttl == 86400


def test_what_was_found_is_told() -> None:
    lines = describe(judge(WIRE, [COMING], [HAS, SILENT]))
    assert lines == [
        f"DS of key {COMING.tag}: unclear, waiting until it is published",
        "  a: published: has its DS of digest type 2",
        "  c: unclear: no answer in time",
    ]


def test_a_finding_for_which_nothing_waits_settles_nothing() -> None:
    assert not Finding(1, 13, UNCLEAR, UNCLEAR, (Sight("a", UNCLEAR, "silent"),)).settled


@pytest.mark.parametrize(
    ("file", "answers", "field", "moment", "count"),
    [
        (COMING, [HAS], "ds_publish", 77, 1),
        (COMING, [HAS, LACKS], "ds_publish", None, 1),
        (COMING, [LACKS], "ds_publish", None, 0),
        (LEAVING, [LACKS, replace(LACKS, agent="d")], "ds_delete", 77, 2),
        (LEAVING, [LACKS, SILENT], "ds_delete", None, 1),
    ],
)
def test_what_all_agents_agree_on_is_recorded(
    file: KeyFile, answers: list[Answer], field: str, moment: int | None, count: int
) -> None:
    key = key_of(file)
    found = replace(judge(WIRE, [file], answers), at=77)
    (after,) = record(found, [key])
    assert getattr(after.times, field) == moment
    assert {"ds_publish": after.state.ds_published_count, "ds_delete": after.state.ds_removed_count}[field] == count
    assert after.state.ds == key.state.ds


def test_a_key_that_nobody_was_asked_about_is_left_as_it_is() -> None:
    key, other = key_of(COMING), replace(key_of(COMING), tag=9)
    assert record(judge(WIRE, [COMING], []), [key]) == (key,)
    assert record(judge(WIRE, [COMING], [HAS]), [other]) == (other,)


def test_what_somebody_has_said_meanwhile_counts() -> None:
    found = replace(judge(WIRE, [COMING], [HAS]), at=77)
    said = key_of(COMING).with_times(ds_publish=70)
    assert record(found, [said]) == (said,)
