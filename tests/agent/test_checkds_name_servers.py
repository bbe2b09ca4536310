"""The name servers of the parent: found by a resolver, and each with all its addresses asked for the DS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import pytest

import checkds_scene
import parents
from checkds_scene import COMING, LEAVING, NOW, OTHER, PATIENT, SOA, answering, zone
from fastsign.agent.checkds import UNCLEAR, check_parent
from fastsign.kasp.config import Server


@pytest.fixture(scope="module")
def true_parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with checkds_scene.true_parent(tmp_path_factory.mktemp("nsd")) as port:
        yield port


def resolver_at(port: int) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    return resolver


def test_the_name_servers_of_the_parent_are_found_and_asked(true_parent: int) -> None:
    """The zone is two labels below its parent: the resolver has no NS records for what is between."""
    asking = replace(PATIENT, resolver=resolver_at(true_parent), port=true_parent)
    found = check_parent(zone(), [COMING, LEAVING, OTHER], NOW, asking=asking)
    assert [(each.settled, each.count) for each in found.keys] == [(True, 2), (True, 2)]
    assert [sight.agent for sight in found.keys[0].sights] == ["ns1.parent.test.", "ns2.parent.test."]
    assert found.notes == ("the name servers of parent.test. were found by a resolver that has not validated them",)


def test_checkds_yes_asks_the_name_servers_even_with_agents(true_parent: int) -> None:
    asking = replace(PATIENT, resolver=resolver_at(true_parent), port=true_parent)
    found = check_parent(zone(Server("127.0.0.1", 9), checkds="yes"), [COMING], NOW, asking=asking)
    assert found.keys[0].settled


def resolving(names_to: dict[tuple[str, str], list[str]], rcode: int = 0) -> parents.Behaviour:
    """A resolver that knows some RRsets and has no data for the rest."""

    def behave(question: dns.message.Message, tcp: bool) -> dns.message.Message:
        asked = question.question[0]
        rrtype = dns.rdatatype.to_text(asked.rdtype)
        records = names_to.get((asked.name.to_text(), rrtype), [])
        answer = parents.answer_to(question, *(("answer", f"{asked.name} 60 {rrtype} {text}") for text in records))
        answer.set_rcode(dns.rcode.Rcode.make(rcode))
        return answer

    return behave


@pytest.mark.parametrize(
    ("known", "rcode", "problem"),
    [
        ({}, 0, "no zone above has name servers that a resolver finds"),
        ({}, 3, "a resolver says that ent.parent.test. does not exist"),
        ({}, 2, "a resolver finds no NS records of ent.parent.test."),
    ],
)
def test_a_parent_that_is_not_found_is_a_problem(
    known: dict[tuple[str, str], list[str]], rcode: int, problem: str
) -> None:
    with parents.made_up(resolving(known, rcode)) as port:
        found = check_parent(zone(), [COMING], NOW, asking=replace(PATIENT, resolver=resolver_at(port)))
    assert found.problem.startswith(problem)
    assert found.keys[0].verdict == UNCLEAR


def test_an_alias_is_no_zone(true_parent: int) -> None:
    """A CNAME between the zone and its parent leads to name servers that have nothing to do with it."""
    known = {("parent.test.", "NS"): ["ns.parent.test."], ("ns.parent.test.", "A"): ["127.0.0.1"]}
    others = resolving(known)

    def behave(question: dns.message.Message, tcp: bool) -> dns.message.Message | None:
        asked = question.question[0]
        if (asked.name.to_text(), asked.rdtype) != ("ent.parent.test.", dns.rdatatype.NS):
            return others(question, tcp)
        alias = ("answer", "ent.parent.test. 60 CNAME elsewhere.test.")
        return parents.answer_to(question, alias, ("answer", "elsewhere.test. 60 NS ns.elsewhere.test."))

    with parents.made_up(behave) as port:
        asking = replace(PATIENT, resolver=resolver_at(port), port=true_parent)
        found = check_parent(zone(), [COMING], NOW, asking=asking)
    assert [sight.agent for sight in found.keys[0].sights] == ["ns.parent.test."]


def test_a_name_server_without_an_address_settles_nothing(true_parent: int) -> None:
    known = {
        ("parent.test.", "NS"): ["ns1.parent.test.", "lost.parent.test."],
        ("ns1.parent.test.", "A"): ["127.0.0.1"],
    }
    with parents.made_up(resolving(known)) as port:
        asking = replace(PATIENT, resolver=resolver_at(port), port=true_parent)
        found = check_parent(zone(), [COMING], NOW, asking=asking)
    assert (found.keys[0].verdict, found.keys[0].count) == (UNCLEAR, 1)
    assert {sight.reason for sight in found.keys[0].sights if sight.verdict == UNCLEAR} == {"has no address"}


def test_a_name_server_counts_once_and_must_agree_with_itself(true_parent: int) -> None:
    """At one address the true parent, at another one that has not heard of the DS yet."""
    known = {("parent.test.", "NS"): ["ns.parent.test."], ("ns.parent.test.", "A"): ["127.0.0.1", "127.0.0.4"]}
    with parents.made_up(resolving(known)) as port:
        asking = replace(PATIENT, resolver=resolver_at(port), port=true_parent)
        with parents.made_up(answering(("authority", SOA)), "127.0.0.4", port=true_parent):
            found = check_parent(zone(), [COMING], NOW, asking=asking)
    (sight,) = found.keys[0].sights
    assert (sight.verdict, sight.reason.startswith("its addresses disagree: 127.0.0.1#")) == (UNCLEAR, True)


def test_the_root_zone_has_no_parent() -> None:
    root = replace(zone(), name=b"\0")
    with parents.made_up(resolving({})) as port:
        found = check_parent(
            root, [replace(COMING, owner=b"\0")], NOW, asking=replace(PATIENT, resolver=resolver_at(port))
        )
    assert found.problem == "no zone above has name servers that a resolver finds"
