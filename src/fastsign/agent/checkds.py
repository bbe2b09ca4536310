"""Is the DS of a key at the parent? Who is asked, what an answer says of a key, and what all answers say together.

    findings = check_parent(zone, files, now)      # asks, side by side, within a deadline
    keys = record(findings, keys)                  # DSPublish or DSRemoved of those keys of which all agents agree

or both at once, for a pass of the agent: keys, ds_ttl = look(zone, files, keys, now)

Only `check_parent` talks to anybody (agent/checkds_ask.py); `judge` and `record` decide, and are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from fastsign.kasp.config import DNS_PORT, Server, Zone
from fastsign.keys import timing
from fastsign.keys.ds import DIGESTS, ds_rdata
from fastsign.keys.files import KeyFile
from fastsign.rollover.key import OMNIPRESENT, RUMOURED, UNRETENTIVE

if TYPE_CHECKING:
    import dns.resolver

    from fastsign.rollover.key import Key

Verdict = Literal["published", "withdrawn", "unclear"]
PUBLISHED: Verdict = "published"
WITHDRAWN: Verdict = "withdrawn"
UNCLEAR: Verdict = "unclear"
_DELETE = bytes(5)  # CDS 0 0 0 00 (RFC 8078 section 4)


@dataclass(frozen=True, slots=True)
class Asking:
    """How long to wait, in seconds, and whom to ask for names."""

    deadline: float = 9.0  # for all questions together; less than others wait for the zone's lock
    timeout: float = 2.5  # for one answer
    tries: int = 2  # by UDP, before TCP is tried
    resolver: dns.resolver.Resolver | None = None  # None: that of /etc/resolv.conf
    port: int = DNS_PORT  # of the parent's name servers


@dataclass(frozen=True, slots=True)
class Agent:
    """Who tells of the parent: a parental agent, or a name server of the parent with its addresses."""

    name: str
    servers: tuple[Server, ...]
    problem: str = ""  # why it can't be asked


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one server for the zone's DS RRset."""

    agent: str
    server: str  # address#port
    records: tuple[bytes, ...] = ()  # RDATA; none: there is no DS RRset
    ttl: int | None = None  # of the RRset
    problem: str = ""  # why this is no answer; empty if it is one
    unreachable: bool = False  # no way leads there from here, as to IPv6 from a host without


@dataclass(frozen=True, slots=True)
class Sight:
    """What one agent says of one key."""

    agent: str
    verdict: Verdict  # withdrawn: its DS is not there
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What all agents say of one key."""

    tag: int
    algorithm: int
    wanted: Verdict  # published or withdrawn, for which its rollover waits; unclear: for nothing
    verdict: Verdict
    sights: tuple[Sight, ...]

    @property
    def count(self) -> int:
        """Agents that say what is wanted."""
        return sum(sight.verdict == self.wanted for sight in self.sights)

    @property
    def settled(self) -> bool:
        """Do all agents say what is wanted?"""
        return self.wanted != UNCLEAR and self.verdict == self.wanted


@dataclass(frozen=True, slots=True)
class Findings:
    """What asking the parent has brought."""

    keys: tuple[Finding, ...] = ()
    answers: tuple[Answer, ...] = ()
    ttl: int | None = None  # the highest TTL of the DS RRset that any answer had
    at: int = 0  # when this was asked
    problem: str = ""  # why nobody was asked
    notes: tuple[str, ...] = ()  # what else the operator should know

    @property
    def settled(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.keys if finding.settled)


def check_parent(
    zone: Zone,
    files: Sequence[KeyFile],
    now: int,
    *,
    cds: Collection[bytes] | None = None,
    every_key: bool = False,
    asking: Asking | None = None,
) -> Findings:
    """Ask the parent of a zone for its DS records, if one of the zone's KSKs waits for that; else nobody is asked.

    *files*: the zone's keys. *cds*: RDATA of the CDS records that the zone publishes, to compare with; without it,
    those that the states of its keys ask for. *every_key*: ask in any case, and tell of every KSK. Takes no longer than
    `asking.deadline`, whatever the agents do, and raises nothing for what they do: a finding is unclear then. Nothing
    is written.
    """
    ksks = [file for file in files if timing.roles(file)[0]] if every_key else waiting(files)
    if not ksks:
        return Findings(at=now)
    if zone.checkds == "no" and not every_key:
        return Findings(_unasked(ksks, "checkds is off"), at=now, problem="checkds is off")
    from fastsign.agent.checkds_ask import ask_parent

    answers, problem, notes = ask_parent(zone, asking or Asking())
    if problem:
        return Findings(_unasked(ksks, problem), answers, at=now, problem=problem, notes=notes)
    found = judge(zone.name, ksks, answers, _announced(zone.name, files) if cds is None else cds)
    return replace(found, at=now, notes=(*notes, *found.notes))


def look(
    zone: Zone,
    files: Sequence[KeyFile],
    keys: Sequence[Key],
    now: int,
    *,
    asking: Asking | None = None,
    tell: Callable[[str], object] | None = None,
) -> tuple[tuple[Key, ...], int | None]:
    """(the keys with what the parent says of their DS, TTL of the DS RRset if there was one).

    *tell* gets the lines of what was found, if anybody was to be asked.
    """
    findings = check_parent(zone, files, now, asking=asking)
    if tell is not None:
        for text in describe(findings):
            tell(text)
    return record(findings, keys), findings.ttl


def waiting(files: Iterable[KeyFile]) -> list[KeyFile]:
    """The KSKs that wait for something at the parent."""
    return [file for file in files if timing.roles(file)[0] and wanted(file) != UNCLEAR]


def covers(findings: Findings, files: Iterable[KeyFile]) -> bool:
    """Do the findings tell of every KSK that waits?"""
    told = {(finding.tag, finding.algorithm) for finding in findings.keys}
    return all((file.tag, file.algorithm) in told for file in waiting(files))


def wanted(key: KeyFile | Key) -> Verdict:
    """What a KSK waits for at the parent: its DS to come, or to go; unclear if for nothing (as named decides it)."""
    state = key.state
    if state is not None and state.ds == RUMOURED and not key.times.ds_publish:
        return PUBLISHED
    if state is not None and state.ds == UNRETENTIVE and not key.times.ds_delete:
        return WITHDRAWN
    return UNCLEAR


def judge(zone: bytes, ksks: Iterable[KeyFile], answers: Sequence[Answer], cds: Collection[bytes] = ()) -> Findings:
    """What the answers say of each key. All agents must agree, and an agent with several addresses with itself."""
    keys = tuple(_finding(zone, file, answers) for file in ksks)
    ttl = max((answer.ttl for answer in answers if answer.ttl is not None), default=None)
    told = {(finding.tag, finding.algorithm) for finding in keys}
    return Findings(keys, tuple(answers), ttl, notes=tuple(_compare(answers, cds, told)))


def record(findings: Findings, keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys with what was found: DSPublish or DSRemoved where all agents agree, and how many have seen it."""
    return tuple(_recorded(key, findings) for key in keys)


def describe(findings: Findings) -> list[str]:
    """Lines for a log or an operator: each key, each agent, what else was seen."""
    lines = [findings.problem] if findings.problem else []
    for finding in findings.keys:
        waits = f", waiting until it is {finding.wanted}" if finding.wanted != UNCLEAR else ""
        head = f"DS of key {finding.tag}: {finding.verdict}"
        lines.append(head + ("" if finding.settled else waits))
        lines += [f"  {sight.agent}: {sight.verdict}: {sight.reason}" for sight in finding.sights]
    return [*lines, *findings.notes]


# ---- one key


def _unasked(ksks: Iterable[KeyFile], problem: str) -> tuple[Finding, ...]:
    return tuple(Finding(file.tag, file.algorithm, wanted(file), UNCLEAR, ()) for file in ksks)


def _finding(zone: bytes, file: KeyFile, answers: Sequence[Answer]) -> Finding:
    agents = dict.fromkeys(answer.agent for answer in answers)
    sights = tuple(_sight(zone, file, agent, [each for each in answers if each.agent == agent]) for agent in agents)
    verdicts = {sight.verdict for sight in sights}
    verdict = verdicts.pop() if len(verdicts) == 1 else UNCLEAR
    return Finding(file.tag, file.algorithm, wanted(file), verdict, sights)


def _sight(zone: bytes, file: KeyFile, agent: str, answers: list[Answer]) -> Sight:
    """What an agent says: its addresses must agree; those that no way leads to count only if there are no others."""
    reachable = [answer for answer in answers if not answer.unreachable] or answers
    seen = [_seen(zone, file, answer) for answer in reachable]
    verdicts = {verdict for verdict, _ in seen}
    if len(verdicts) == 1:
        return Sight(agent, *seen[0])
    parts = [f"{answer.server} {reason}" for answer, (_, reason) in zip(reachable, seen, strict=True)]
    return Sight(agent, UNCLEAR, "its addresses disagree: " + "; ".join(parts))


def _seen(zone: bytes, file: KeyFile, answer: Answer) -> tuple[Verdict, str]:
    """(verdict, reason) of one answer: only a DS that is computed from the key counts, whatever its digest type."""
    if answer.problem:
        return UNCLEAR, answer.problem
    tag = file.tag.to_bytes(2, "big") + bytes([file.algorithm])
    alike = [rdata for rdata in answer.records if rdata[:3] == tag]
    for rdata in alike:
        if rdata[3] in DIGESTS and rdata == ds_rdata(zone, file.rdata, rdata[3]):
            return PUBLISHED, f"has its DS of digest type {rdata[3]}"
    unknown = sorted({rdata[3] for rdata in alike} - DIGESTS.keys())
    if unknown:
        return UNCLEAR, f"has a DS with its tag, whose digest type {unknown[0]} can't be checked"
    if alike:
        return WITHDRAWN, "has a DS with its tag and algorithm, but with the digest of another key"
    return (
        WITHDRAWN,
        f"has {len(answer.records)} DS records, none of this key" if answer.records else "has no DS at all",
    )


def _recorded(key: Key, findings: Findings) -> Key:
    """A key with what concerns it, if it still waits for that. Its DS state stays: rumoured or unretentive."""
    for finding in findings.keys:
        if (key.tag, key.algorithm) != (finding.tag, finding.algorithm) or not finding.sights:
            continue
        if wanted(key) != finding.wanted:  # somebody has said so meanwhile
            continue
        times, state = key.times, key.state
        if finding.wanted == PUBLISHED:
            state = state._replace(ds_published_count=finding.count)
            times = times._replace(ds_publish=findings.at) if finding.settled else times
        elif finding.wanted == WITHDRAWN:
            state = state._replace(ds_removed_count=finding.count)
            times = times._replace(ds_delete=findings.at) if finding.settled else times
        return replace(key, times=times, state=state)
    return key


# ---- against the CDS RRset


def _announced(zone: bytes, files: Iterable[KeyFile]) -> list[bytes]:
    """RDATA of the CDS records that the states of the keys ask for."""
    states = ((file, file.state) for file in files if timing.roles(file)[0])
    return [ds_rdata(zone, file.rdata) for file, state in states if state and state.ds in (RUMOURED, OMNIPRESENT)]


def _compare(answers: Sequence[Answer], cds: Collection[bytes], told: Collection[tuple[int, int]]) -> Iterable[str]:
    """Sentences about parents that have DS records of other keys than the zone's CDS records ask for, or lack some.

    The digests are not compared. What is *told* of anyway, (tag, algorithm), is left out.
    """
    asked = {_identity(rdata) for rdata in cds if rdata != _DELETE} - set(told)
    if not asked and not told:
        return
    for answer in answers:
        if answer.problem:
            continue
        there = {_identity(rdata) for rdata in answer.records} - set(told)
        for tag, _ in sorted(there - asked):
            yield f"{answer.agent} has a DS with tag {tag}, which no CDS record of the zone asks for"
        for tag, _ in sorted(asked - there):
            yield f"{answer.agent} has no DS with tag {tag}, for which the zone's CDS records ask"


def _identity(rdata: bytes) -> tuple[int, int]:
    return int.from_bytes(rdata[:2], "big"), rdata[2]
