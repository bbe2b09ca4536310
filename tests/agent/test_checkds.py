"""Asking the parent for a key's DS, by real servers on loopback and by ones that misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

import checkds_scene
import parents
from checkds_scene import (
    CHILD,
    COMING,
    IMPATIENT,
    ITS_DS,
    LEAVING,
    NOW,
    OTHER,
    PATIENT,
    SECRET,
    SOA,
    WIRE,
    answering,
    ds_of,
    key,
    parent_zone,
    reason_of,
    verdict_of,
    zone,
)
from fastsign.agent.checkds import PUBLISHED, UNCLEAR, WITHDRAWN, Asking, Findings, check_parent, look
from fastsign.agent.keyring import key_of
from fastsign.kasp.config import Server, TsigKey
from fastsign.keys.ds import ds_rdata
from fastsign.keys.metadata import KeyTimes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nsd")


@pytest.fixture(scope="module")
def true_parent(folder: Path) -> Iterator[int]:
    with checkds_scene.true_parent(folder / "true") as port:
        yield port


@pytest.fixture(scope="module")
def bare_parent(folder: Path) -> Iterator[int]:
    """nsd without a DS of the child."""
    with parents.nsd(folder / "bare", "parent.test", parent_zone()) as port:
        yield port


def test_a_ds_at_the_parent_is_published_whatever_its_digest_type(true_parent: int) -> None:
    found = check_parent(zone(Server("127.0.0.1", true_parent)), [COMING, LEAVING, OTHER], NOW, asking=PATIENT)
    assert [(each.tag, each.verdict, each.settled, each.count) for each in found.keys] == [
        (COMING.tag, PUBLISHED, True, 1),
        (LEAVING.tag, WITHDRAWN, True, 1),
    ]
    assert (found.ttl, found.at, found.problem) == (7200, NOW, "")


def test_a_parent_without_any_ds_has_withdrawn_it(bare_parent: int) -> None:
    found = check_parent(zone(Server("127.0.0.1", bare_parent)), [COMING, LEAVING], NOW, asking=PATIENT)
    assert [each.verdict for each in found.keys] == [WITHDRAWN, WITHDRAWN]
    assert [each.settled for each in found.keys] == [False, True]
    assert found.ttl is None


def test_agents_that_disagree_settle_nothing(true_parent: int, bare_parent: int) -> None:
    agents = (Server("127.0.0.1", true_parent), Server("127.0.0.1", bare_parent))
    found = check_parent(zone(*agents), [COMING, LEAVING], NOW, asking=PATIENT)
    assert verdict_of(found, COMING) == UNCLEAR
    assert [each.count for each in found.keys] == [1, 2]
    assert verdict_of(found, LEAVING) == WITHDRAWN


def test_nobody_is_asked_if_no_key_waits() -> None:
    def fail(question: dns.message.Message, tcp: bool) -> None:
        raise AssertionError(f"asked for {question.question}")

    done = key(4, "rumoured", KeyTimes(ds_publish=NOW - 5))
    gone = key(5, "unretentive", KeyTimes(ds_delete=NOW - 5))
    with parents.made_up(fail) as port:
        found = check_parent(zone(Server("127.0.0.1", port)), [done, gone, OTHER, key(6, None)], NOW, asking=PATIENT)
    assert found == Findings(at=NOW)


def test_every_key_is_told_of_on_demand(true_parent: int) -> None:
    found = check_parent(zone(Server("127.0.0.1", true_parent)), [OTHER], NOW, every_key=True, asking=PATIENT)
    assert (verdict_of(found, OTHER), found.settled) == (PUBLISHED, ())


def test_checkds_no_asks_nobody() -> None:
    found = check_parent(zone(Server("127.0.0.1", 9), checkds="no"), [COMING], NOW, asking=PATIENT)
    assert (found.problem, verdict_of(found, COMING)) == ("checkds is off", UNCLEAR)


def test_checkds_explicit_needs_agents() -> None:
    found = check_parent(zone(checkds="explicit"), [COMING], NOW, asking=PATIENT)
    assert found.problem == "there are no parental-agents to ask"


# ---- TSIG


@pytest.mark.parametrize(
    ("tsig", "verdict", "reason"),
    [
        (TsigKey("agent", "hmac-sha256", SECRET), PUBLISHED, "has its DS of digest type 4"),
        (TsigKey("agent", "hmac-sha256", SECRET[::-1]), UNCLEAR, "The peer didn't like the signature we sent"),
        (TsigKey("nobody", "hmac-sha256", SECRET), UNCLEAR, "The peer didn't know the key we used"),
    ],
    ids=["right", "wrong-secret", "unknown-key"],
)
def test_a_question_is_signed_with_the_tsig_key(true_parent: int, tsig: TsigKey, verdict: str, reason: str) -> None:
    found = check_parent(zone(Server("127.0.0.1", true_parent, tsig)), [COMING], NOW, asking=PATIENT)
    assert (found.keys[0].verdict, reason_of(found)) == (verdict, reason)


def test_an_unsigned_answer_to_a_signed_question_is_none() -> None:
    def strip(question: dns.message.Message, tcp: bool) -> dns.message.Message:
        plain = dns.message.make_query(CHILD, "DS", id=question.id)
        return parents.answer_to(plain, ("answer", f"{CHILD} 60 DS {ds_of(COMING)}"))

    tsig = TsigKey("agent", "hmac-sha256", SECRET)
    with parents.made_up(strip, keyring={"agent.": SECRET}) as port:
        found = check_parent(zone(Server("127.0.0.1", port, tsig)), [COMING], NOW, asking=PATIENT)
    assert (found.keys[0].verdict, "TSIG" in reason_of(found)) == (UNCLEAR, True)


# ---- who misbehaves


WRONG_DIGEST = ("answer", f"{CHILD} 60 DS {COMING.tag} 13 2 {'00' * 32}")
ODD_DIGEST = ("answer", f"{CHILD} 60 DS {COMING.tag} 13 200 {'00' * 32}")
ITS_SOA = ("authority", f"{CHILD} 60 SOA a. b. 1 2 3 4 5")
REFERRAL = ("authority", f"{CHILD} 60 NS ns.elsewhere.test.")

BEHAVIOURS = {
    "right": (answering(ITS_DS), PUBLISHED, "has its DS of digest type 2"),
    "a resolver": (answering(ITS_DS, clear=dns.flags.AA), UNCLEAR, "answered with neither AA nor RA set"),
    "lies": (answering(WRONG_DIGEST), WITHDRAWN, "with the digest of another key"),
    "odd digest": (answering(ODD_DIGEST), UNCLEAR, "digest type 200 can't be checked"),
    "refuses": (answering(rcode=5), UNCLEAR, "answered REFUSED"),
    "fails": (answering(ITS_DS, rcode=2), UNCLEAR, "answered SERVFAIL"),
    "says that the zone does not exist": (answering(("authority", SOA), rcode=3), UNCLEAR, "answered NXDOMAIN"),
    "absent": (answering(("authority", SOA)), WITHDRAWN, "has no DS at all"),
    "absent by the child": (answering(ITS_SOA), UNCLEAR, "answered for the zone itself, not for its parent"),
    "refers": (answering(REFERRAL), UNCLEAR, "an empty answer without the SOA record of the parent"),
    "empty": (answering(), UNCLEAR, "an empty answer without the SOA record of the parent"),
    "other": (answering(("answer", f"{CHILD} 60 CNAME x.test.")), UNCLEAR, "answered with other records than DS"),
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_what_an_answer_is_worth(behaviour: str) -> None:
    behave, verdict, reason = BEHAVIOURS[behaviour]
    with parents.made_up(behave) as port:
        found = check_parent(zone(Server("127.0.0.1", port)), [COMING], NOW, asking=PATIENT)
    assert (found.keys[0].verdict, reason in reason_of(found)) == (verdict, True), reason_of(found)


def test_a_resolver_that_recurses_is_an_agent_too() -> None:
    def recurse(question: dns.message.Message, tcp: bool) -> dns.message.Message:
        answer = parents.answer_to(question, ITS_DS)
        answer.flags = answer.flags & ~dns.flags.AA | dns.flags.RA
        return answer

    with parents.made_up(recurse) as port:
        found = check_parent(zone(Server("127.0.0.1", port)), [COMING], NOW, asking=PATIENT)
    assert found.keys[0].verdict == PUBLISHED


def test_a_silent_agent_costs_a_bounded_time_and_settles_nothing(true_parent: int) -> None:
    begun = time.monotonic()
    with parents.made_up(lambda question, tcp: None) as port:
        agents = (Server("127.0.0.1", true_parent), *(Server("127.0.0.1", port) for _ in range(40)))
        found = check_parent(zone(*agents), [COMING], NOW, asking=Asking(deadline=2.0, timeout=60.0, tries=3))
    assert time.monotonic() - begun < 40.0  # the deadline, and not forty times that
    assert (found.keys[0].verdict, found.keys[0].count) == (UNCLEAR, 1)


def test_a_late_answer_is_none() -> None:
    behave = answering(ITS_DS)
    ended = threading.Event()

    def late(question: dns.message.Message, tcp: bool) -> dns.message.Message | None:
        ended.wait(20)
        return behave(question, tcp)

    with parents.made_up(late) as port:
        found = check_parent(zone(Server("127.0.0.1", port)), [COMING], NOW, asking=IMPATIENT)
        ended.set()
    assert (found.keys[0].verdict, reason_of(found)) == (UNCLEAR, "no answer in time")


def test_a_lost_question_is_asked_again() -> None:
    asked: list[int] = []

    def lose_the_first(question: dns.message.Message, tcp: bool) -> dns.message.Message | None:
        asked.append(question.id)
        return None if len(asked) == 1 else parents.answer_to(question, ITS_DS)

    with parents.made_up(lose_the_first) as port:
        found = check_parent(zone(Server("127.0.0.1", port)), [COMING], NOW, asking=replace(PATIENT, timeout=1.0))
    assert (found.keys[0].verdict, len(set(asked))) == (PUBLISHED, 2)  # with another number


@pytest.mark.parametrize(("by_udp", "asked"), [("nothing", [False, False, True]), ("truncated", [False, True])])
def test_tcp_is_tried_where_udp_does_not_do(by_udp: str, asked: list[bool]) -> None:
    ways: list[bool] = []

    def tcp_only(question: dns.message.Message, tcp: bool) -> dns.message.Message | None:
        ways.append(tcp)
        if tcp:
            return parents.answer_to(question, ITS_DS)
        answer = parents.answer_to(question)
        answer.flags |= dns.flags.TC
        return answer if by_udp == "truncated" else None

    with parents.made_up(tcp_only) as port:
        asking = Asking(deadline=30.0, timeout=1.0, tries=2)
        found = check_parent(zone(Server("127.0.0.1", port)), [COMING], NOW, asking=asking)
    assert (found.keys[0].verdict, ways) == (PUBLISHED, asked)


def test_many_ds_records_come_by_tcp_from_a_real_server(folder: Path) -> None:
    records = [f"{CHILD} 60 DS {ds_of(key(number), 4)}" for number in range(1, 40)]
    with parents.nsd(folder / "many", "parent.test", parent_zone(*records)) as port:
        found = check_parent(zone(Server("127.0.0.1", port)), [COMING], NOW, asking=PATIENT)
    assert (found.keys[0].verdict, len(found.answers[0].records)) == (PUBLISHED, 39)


def test_a_refused_connection_is_told_of() -> None:
    found = check_parent(zone(Server("127.0.0.1", parents.free_port())), [COMING], NOW, asking=IMPATIENT)
    assert (found.keys[0].verdict, reason_of(found)) == (UNCLEAR, "Connection refused")


def test_a_question_comes_from_the_source_address() -> None:
    seen: list[str] = []
    with parents.made_up(answering(ITS_DS), seen=seen) as port:
        check_parent(zone(Server("127.0.0.1", port, source="127.0.0.3")), [COMING], NOW, asking=PATIENT)
    assert seen == ["127.0.0.3"]


# ---- beside the CDS records


def test_ds_and_cds_are_compared(true_parent: int) -> None:
    cds = [ds_rdata(WIRE, COMING.rdata), ds_rdata(WIRE, LEAVING.rdata)]
    agent = Server("127.0.0.1", true_parent)
    found = check_parent(zone(agent), [COMING], NOW, cds=cds, asking=PATIENT)
    who = f"127.0.0.1#{true_parent}"
    assert found.notes == (
        f"{who} has a DS with tag {OTHER.tag}, which no CDS record of the zone asks for",
        f"{who} has no DS with tag {LEAVING.tag}, for which the zone's CDS records ask",
    )


def test_what_the_keys_ask_for_is_nothing_to_note(true_parent: int) -> None:
    found = check_parent(zone(Server("127.0.0.1", true_parent)), [COMING, LEAVING, OTHER], NOW, asking=PATIENT)
    assert found.notes == ()


def test_a_look_gives_the_keys_and_the_ttl(true_parent: int) -> None:
    files = [COMING, LEAVING, OTHER]
    keys, ttl = look(
        zone(Server("127.0.0.1", true_parent)), files, [key_of(file) for file in files], NOW, asking=PATIENT
    )
    assert [(key.times.ds_publish, key.times.ds_delete) for key in keys] == [(NOW, None), (None, NOW), (None, None)]
    assert ttl == 7200
