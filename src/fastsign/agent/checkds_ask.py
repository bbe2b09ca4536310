"""Asking the parent for DS records, by dnspython: UDP, TCP, TSIG, the parent's name servers; all bounded in time."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import dns.tsig

from fastsign.agent.checkds import Agent, Answer, Asking
from fastsign.kasp.config import Server, TsigKey, Zone

_THREADS = 64  # questions under way at the same time: thirteen name servers with four addresses each, and some
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class _NoAnswerError(Exception):
    """This is no answer, because of its text."""

    def __init__(self, reason: str, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.unreachable = unreachable


def ask_parent(zone: Zone, asking: Asking) -> tuple[tuple[Answer, ...], str, tuple[str, ...]]:
    """(answers, why nobody could be asked if so, notes for the operator)."""
    until = time.monotonic() + asking.deadline
    notes: tuple[str, ...] = ()
    if zone.parental_agents and zone.checkds != "yes":
        agents: Sequence[Agent] = [Agent(_address(server), (server,)) for server in zone.parental_agents]
    elif zone.checkds in ("explicit", "no"):
        return (), "there are no parental-agents to ask", ()
    else:
        try:
            agents, notes = _parent_servers(zone, asking, until)
        except _NoAnswerError as problem:
            return (), str(problem), ()
    jobs = [(agent, server) for agent in agents for server in agent.servers]
    asked = _side_by_side(lambda job: _ask(zone.name, *job, asking, until), jobs)
    unasked = [Answer(agent.name, agent.name, problem=agent.problem) for agent in agents if not agent.servers]
    return (*asked, *unasked), "", notes


def _side_by_side(work: Callable[[_In], _Out], jobs: Sequence[_In]) -> list[_Out]:
    if not jobs:
        return []
    with ThreadPoolExecutor(min(_THREADS, len(jobs))) as pool:
        return list(pool.map(work, jobs))


def _address(server: Server) -> str:
    return f"{server.address}#{server.port}"


# ---- the parent's name servers


def _parent_servers(zone: Zone, asking: Asking, until: float) -> tuple[list[Agent], tuple[str, ...]]:
    """The name servers of the zone above, with their addresses."""
    try:
        resolver = asking.resolver or dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError) as error:
        raise _NoAnswerError(f"no resolver to find the parent's name servers by: {error}") from None
    parent, servers, secure = _walk_up(dns.name.from_wire(zone.name, 0)[0], resolver, until)
    agents = _side_by_side(lambda server: _agent(server, resolver, asking.port, until), servers)
    note = f"the name servers of {parent} were found by a resolver that has not validated them"
    return agents, () if secure else (note,)


def _walk_up(
    name: dns.name.Name, resolver: dns.resolver.Resolver, until: float
) -> tuple[dns.name.Name, list[dns.name.Name], bool]:
    """(zone, its name servers, were they validated) of the nearest zone above a name: one that has an NS RRset."""
    while name != dns.name.root:
        name = name.parent()
        found = _resolve(resolver, name, dns.rdatatype.NS, until)
        # A CNAME leads elsewhere: no zone begins at this name.
        if found.rrset is not None and found.rrset.name == name and found.rrset.rdtype == dns.rdatatype.NS:
            secure = bool(found.response.flags & dns.flags.AD)
            return name, sorted({record.target for record in found.rrset}), secure
    raise _NoAnswerError("no zone above has name servers that a resolver finds")


def _resolve(
    resolver: dns.resolver.Resolver, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, until: float
) -> dns.resolver.Answer:
    try:
        lifetime = _remaining(until)
        return resolver.resolve(name, rdtype, raise_on_no_answer=False, lifetime=lifetime, search=False)
    except dns.resolver.NXDOMAIN:
        raise _NoAnswerError(f"a resolver says that {name} does not exist") from None
    except (dns.exception.DNSException, OSError) as error:
        raise _NoAnswerError(f"a resolver finds no {rdtype.name} records of {name}: {_reason(error)}") from None


def _agent(name: dns.name.Name, resolver: dns.resolver.Resolver, port: int, until: float) -> Agent:
    """A name server with its addresses of both families."""
    addresses: list[str] = []
    problem = "has no address"
    for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
        try:
            found = _resolve(resolver, name, rdtype, until)
            addresses += [record.address for record in found.rrset or ()]
        except _NoAnswerError as reason:
            problem = str(reason)
    return Agent(name.to_text(), tuple(Server(address, port) for address in sorted(set(addresses))), problem)


# ---- one question


def _ask(zone: bytes, agent: Agent, server: Server, asking: Asking, until: float) -> Answer:
    name = dns.name.from_wire(zone, 0)[0]
    try:
        records, ttl = _ds_of(name, _exchange(name, server, asking, until), server.key is not None)
    except _NoAnswerError as problem:
        return Answer(agent.name, _address(server), problem=str(problem), unreachable=problem.unreachable)
    return Answer(agent.name, _address(server), records, ttl)


def _exchange(name: dns.name.Name, server: Server, asking: Asking, until: float) -> dns.message.Message:
    """The response to a question for DS: by UDP, and by TCP if that is truncated or does not come."""
    for _ in range(asking.tries):
        timeout = min(asking.timeout, _remaining(until))
        try:
            return _by_udp(_question(name, server.key), server, timeout)
        except dns.message.Truncated:
            break
        except dns.exception.Timeout:
            continue
        except (OSError, dns.exception.DNSException, ValueError) as error:
            raise _unclear(error) from None
    timeout = min(asking.timeout, _remaining(until))
    question = _question(name, server.key)
    try:
        return dns.query.tcp(
            question, server.address, timeout, server.port, source=server.source, source_port=server.source_port
        )
    except (OSError, EOFError, dns.exception.DNSException, ValueError) as error:
        raise _unclear(error) from None


def _by_udp(question: dns.message.Message, server: Server, timeout: float) -> dns.message.Message:
    """What others send is passed over. A signed question may be answered unsigned, by a server that has no such key."""
    return dns.query.udp(
        question,
        server.address,
        timeout,
        server.port,
        source=server.source,
        source_port=server.source_port,
        ignore_unexpected=True,
        ignore_errors=server.key is None,
        raise_on_truncation=True,
    )


def _question(name: dns.name.Name, key: TsigKey | None) -> dns.message.QueryMessage:
    """A question for DS, each with its own number and, if so, its own signature."""
    question = dns.message.make_query(name, dns.rdatatype.DS)
    if key is not None:
        owner = dns.name.from_text(key.name)
        question.use_tsig(dns.tsig.Key(owner, key.secret, key.algorithm))
    return question


def _remaining(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise _NoAnswerError("no time was left to ask")
    return left


def _unclear(error: Exception) -> _NoAnswerError:
    return _NoAnswerError(_reason(error), isinstance(error, OSError) and error.errno in _NO_WAY)


def _reason(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "no answer in time"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    if isinstance(error, EOFError):
        return "the connection was closed before an answer came"
    return f"{error}".rstrip(".") or type(error).__name__


# ---- one response


def _ds_of(name: dns.name.Name, response: dns.message.Message, signed: bool) -> tuple[tuple[bytes, ...], int | None]:
    """(RDATA, TTL) of the DS RRset in a response, or its absence; _NoAnswerError if the response is none to rely on."""
    if signed and not response.had_tsig:
        raise _NoAnswerError("the answer is not signed with the TSIG key")
    if response.rcode() != dns.rcode.NOERROR:
        raise _NoAnswerError(f"answered {dns.rcode.to_text(response.rcode())}")
    if not response.flags & (dns.flags.AA | dns.flags.RA):
        raise _NoAnswerError("answered with neither AA nor RA set")
    for rrset in response.answer:
        if rrset.name == name and rrset.rdtype == dns.rdatatype.DS:
            return tuple(sorted(_wire(record) for record in rrset)), rrset.ttl
    _check_absence(name, response)
    return (), None


def _check_absence(name: dns.name.Name, response: dns.message.Message) -> None:
    """_NoAnswerError unless a zone above says that there is no DS (RFC 2308 section 2.2): no referral, nor the zone."""
    if response.answer:
        raise _NoAnswerError("answered with other records than DS")
    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            if rrset.name == name:
                raise _NoAnswerError("answered for the zone itself, not for its parent")
            if name.is_subdomain(rrset.name):
                return
    raise _NoAnswerError("an empty answer without the SOA record of the parent")


def _wire(record: dns.rdata.Rdata) -> bytes:
    wire = record.to_wire()
    assert wire is not None  # for it goes to no file
    return wire
