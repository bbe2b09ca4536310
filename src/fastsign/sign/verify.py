"""Verify a whole signed zone, by code apart from the signer's: the gate before a zone is published, and `fastsign verify`.

Every RRSIG of every RRset is checked against the DNSKEY RDATA of the zone itself, every algorithm must be complete, and the denial
chain must be exactly what the names ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from fastsign import _core
from fastsign._core import Column, PublicKeys
from fastsign.errors import VerificationError
from fastsign.sign.verify_findings import (

    RESULTS,
    UNSIGNED,
    Finding,
    Kind,
    Wording,
    algorithm_text,
    name_text,
    unpack,
)
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order

SOA, RRSIG, NSEC, DNSKEY, NSEC3PARAM = 6, 46, 47, 48, 51
ZONE_KEY, REVOKE, SEP = 0x100, 0x80, 1
RANGE = 16384  # nodes that are verified in one go

# dnssec-verify lets these pass, and validators do. The gate tolerates only the first: signzone may keep a removed key's signatures.
LENIENT = frozenset({Kind.UNKNOWN_KEY, Kind.CHAIN_TTL})
GATE = frozenset({Kind.UNKNOWN_KEY})

@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What dnssec-verify's options ask for, and what is reported without being a failure."""

    ksk_only: bool = False  # -x: the DNSKEY RRset is signed by KSKs only
    ignore_ksk_flag: bool = False  # -z: any key may be a KSK
    rdclass: int = 1
    min_remaining: int = 0  # seconds of validity that each signature must still have
    seed: int = 0  # of the sample that gets a second opinion; draw it afresh
    tolerated: frozenset[Kind] = LENIENT

@dataclass(slots=True)
class KeyCounts:
    """Keys of one algorithm, as dnssec-verify counts them."""

    active: int = 0
    stand_by: int = 0
    revoked: int = 0

@dataclass(slots=True)
class VerifyReport:
    """What was verified, and what was found."""

    options: VerifyOptions
    ksks: dict[int, KeyCounts] = field(default_factory=dict)  # by algorithm
    zsks: dict[int, KeyCounts] = field(default_factory=dict)
    algorithms: list[int] = field(default_factory=list)  # that must sign every RRset
    incomplete: set[int] = field(default_factory=set)  # algorithms that do not
    begun: bool = False  # the keys were good enough to go on to the zone
    names: int = 0
    rrsets: int = 0
    signatures: int = 0  # correct ones
    second_opinions: int = 0
    result: str = "success"
    before: list[str] = field(default_factory=list)  # messages about the keys
    findings: list[Finding] = field(default_factory=list)
    wording: Wording | None = None

    @property
    def failed(self) -> bool:
        return self.result != "success"

    def messages(self) -> Iterator[str]:
        """dnssec-verify's messages, those for stderr."""
        yield from self.before
        told: set[str] = set()
        for finding in self.findings:
            assert self.wording is not None
            warns = finding.kind in self.options.tolerated
            line = ("Warning: " if warns else "") + self.wording.line(finding)
            if finding.kind is Kind.NSEC3_STRAY:  # one line for all, as BIND does
                if line in told:
                    continue
                told.add(line)
            yield line

    def output(self) -> Iterator[str]:
        """dnssec-verify's report, for stdout."""
        if not self.begun:
            return
        yield "Verifying the zone using the following algorithms:"
        yield from (f"- {algorithm_text(algorithm)}" for algorithm in self.algorithms)
        if self.incomplete:
            yield "The zone is not fully signed for the following algorithms:"
            yield from (f" {algorithm_text(algorithm)}" for algorithm in sorted(self.incomplete))
            yield "."
            yield "DNSSEC completeness test failed."
        elif self.failed:
            yield f"DNSSEC completeness test failed ({self.result})."
        else:
            yield "Zone fully signed:"
            for algorithm in sorted(self.ksks.keys() | self.zsks.keys()):
                yield from self._table(algorithm)

    def _table(self, algorithm: int) -> Iterator[str]:
        name = algorithm_text(algorithm)
        ksks, zsks = self.ksks.get(algorithm, KeyCounts()), self.zsks.get(algorithm, KeyCounts())
        waiting = "present" if self.options.ksk_only else "stand-by"
        yield f"Algorithm: {name}: KSKs: {ksks.active} active, {ksks.stand_by} stand-by, {ksks.revoked} revoked"
        pad = " " * (len(name) + 13)
        yield f"{pad}ZSKs: {zsks.active} active, {zsks.stand_by} {waiting}, {zsks.revoked} revoked"

# ---- what the core needs to know

@dataclass(frozen=True, slots=True)
class Subject:
    """The zone to verify, and against which moment."""

    arena: Arena
    order: Order
    apex: bytes  # wire form, lower case
    now: int
    rdclass: int = 1
    min_remaining: int = 0
    seed: int = 0

@dataclass(frozen=True, slots=True)
class Nsec3Index:
    """The NSEC3 records of one chain, in hash order."""

    salt: bytes
    iterations: int
    prefix: Column  # Q [records]: first 8 octets of the owner's hash
    record: Column  # I [records]: row of the arena
    node: Column  # I [records]
    matched: Column  # B [records]: 1 once a name of the zone has this hash

@dataclass(frozen=True, slots=True)
class Survey:
    """What the zone is made of, by the verifier's own reckoning."""

    kind: Column  # B [nodes]: FS_VERIFY_* of verify.h
    apex_node: int
    chain_ttl: int  # seconds; RFC 9077: min(SOA TTL, SOA MINIMUM)
    nsec: bool  # there is an NSEC chain
    required: int = 0  # bit per algorithm that must sign every RRset
    chains: tuple[Nsec3Index, ...] = ()

@lru_cache(maxsize=4)
def open_keys(rdatas: tuple[bytes, ...]) -> PublicKeys:
    """The public keys of a DNSKEY RRset; kept, so that a worker reads them once."""
    return PublicKeys(rdatas)

def verify_range(
    subject: Subject, survey: Survey, rdatas: tuple[bytes, ...], first: int, last: int
) -> tuple[tuple[int, int, int, int], bytes]:
    """Verify nodes first..last-1, as one task of a pool: ((rrsets, signatures, names, second opinions), findings)."""
    return _core.verify_range(subject, survey, open_keys(rdatas), first, last)

# ---- the story

def verify_records(arena: Arena, order: Order, apex: bytes, options: VerifyOptions, now: int) -> VerifyReport:
    """Verify a loaded zone; *apex* is a wire name, *now* seconds since 1970.

    Raises VerificationError, with the report in it, unless the zone is complete and correct.
    """
    report = VerifyReport(options)
    subject = Subject(arena, order, apex.lower(), now, options.rdclass, options.min_remaining, options.seed)
    try:
        survey, rdatas = _look_at_apex(subject, report)
        survey = _judge_keys(subject, survey, rdatas, report)
        _walk(subject, survey, rdatas, report)
        _conclude(report)
    except _Refused as refused:
        report.before.append(str(refused))
        report.result = "failure"
    if report.failed:
        raise VerificationError(_summary(name_text(apex), report), report)
    return report

class _Refused(Exception):
    """Ends the verification before the walk over the zone."""

def _summary(zone: str, report: VerifyReport) -> str:
    messages = report.messages()
    first = next(messages, "DNSSEC completeness test failed").replace("\n", ", ")
    more = sum(1 for _ in messages)
    return f"the signed zone {zone} does not verify: {first}" + (f" (and {more} more)" if more else "")

def _look_at_apex(subject: Subject, report: VerifyReport) -> tuple[Survey, tuple[bytes, ...]]:
    """Survey the zone; all that verification rests on must be at the apex, and signed."""
    kind, apex, nsec3_records, rows = _core.verify_survey(subject)
    report.wording = Wording(subject.arena, subject.order, subject.apex)
    report.findings.extend(unpack(rows))
    rrsets = subject.order.rrsets(apex) if apex is not None else {}
    if DNSKEY not in rrsets:
        raise _Refused("Zone contains no DNSSEC keys")
    if SOA not in rrsets:
        raise _Refused("Zone contains no SOA record")
    assert apex is not None
    signed = _covered(subject, rrsets)
    for rrtype, name in ((DNSKEY, "DNSKEY"), (SOA, "SOA"), (NSEC, "NSEC"), (NSEC3PARAM, "NSEC3PARAM")):
        if rrtype in rrsets and rrtype not in signed:
            raise _Refused(f"{name} is not signed (keys offline or inactive?)")
    parameters = _rdatas(subject, rrsets[NSEC3PARAM]) if NSEC3PARAM in rrsets else ()
    if NSEC not in rrsets and not parameters:
        raise _Refused("No valid NSEC/NSEC3 chain for testing")
    survey = Survey(kind, apex, _chain_ttl(subject, rrsets[SOA]), NSEC in rrsets)
    survey = _with(survey, chains=_index_chains(subject, survey, parameters, nsec3_records))
    report.wording = Wording(
        subject.arena, subject.order, subject.apex, tuple((chain.salt, chain.iterations) for chain in survey.chains)
    )
    if not survey.nsec and not survey.chains:
        raise _Refused("No usable NSEC/NSEC3 chain for testing")
    return survey, _rdatas(subject, rrsets[DNSKEY])

def _rdatas(subject: Subject, rrset: int) -> tuple[bytes, ...]:
    return tuple(subject.arena.record_rdata(row) for row in subject.order.rows(rrset))

def _covered(subject: Subject, rrsets: dict[int, int]) -> set[int]:
    """The types that the RRSIGs of a node cover."""
    rows = _rdatas(subject, rrsets[RRSIG]) if RRSIG in rrsets else ()
    return {int.from_bytes(rdata[:2], "big") for rdata in rows}

def _chain_ttl(subject: Subject, soa: int) -> int:
    """RFC 9077 section 3"""
    minimum = int.from_bytes(_rdatas(subject, soa)[0][-4:], "big")
    return min(subject.order.rrset_ttl.view()[soa], minimum)

def _with(survey: Survey, *, required: int | None = None, chains: tuple[Nsec3Index, ...] | None = None) -> Survey:
    return Survey(
        survey.kind,
        survey.apex_node,
        survey.chain_ttl,
        survey.nsec,
        survey.required if required is None else required,
        survey.chains if chains is None else chains,
    )

def _index_chains(
    subject: Subject, survey: Survey, parameters: Sequence[bytes], records: int
) -> tuple[Nsec3Index, ...]:
    """One index per NSEC3PARAM record that names a chain: SHA-1 and no flags (RFC 5155 section 4.1.2)."""
    chains = []
    for rdata in parameters:
        if len(rdata) < 5 or rdata[0] != 1 or rdata[1] != 0 or len(rdata) != 5 + rdata[4]:
            continue
        columns = Column("Q", records), Column("I", records), Column("I", records), Column("B", records)
        chain = Nsec3Index(rdata[5:], int.from_bytes(rdata[2:4], "big"), *columns)
        count = _core.verify_index_chain(subject, survey, chain)
        for column in columns:
            column.resize(count)
        chains.append(chain)
    return tuple(chains)

def _judge_keys(subject: Subject, survey: Survey, rdatas: tuple[bytes, ...], report: VerifyReport) -> Survey:
    """Sort the keys into active, stand-by and revoked ones, and say which algorithms must be complete."""
    keys, options = open_keys(rdatas), report.options
    for i in range(len(keys)):
        flags, protocol, algorithm, _, _ = keys.facts(i)
        if not flags & ZONE_KEY or protocol != 3:
            continue
        counts = (report.ksks if flags & SEP else report.zsks).setdefault(algorithm, KeyCounts())
        signs_keys = _core.verify_signs_apex(subject, survey, keys, i, DNSKEY)
        if flags & REVOKE:
            if flags & SEP and not signs_keys:  # RFC 5011 section 2.1
                raise _Refused(f"revoked KSK is not self signed:\n{_dnskey_text(subject.apex, rdatas[i])}")
            counts.revoked += 1
        elif signs_keys or (not flags & SEP and _core.verify_signs_apex(subject, survey, keys, i, SOA)):
            counts.active += 1
            report.begun |= signs_keys and bool(flags & SEP or options.ignore_ksk_flag)
        else:
            counts.stand_by += 1
    if not report.begun:
        raise _Refused(f"No self-signed {'' if options.ignore_ksk_flag else 'KSK '}DNSKEY found")
    _judge_algorithms(report)
    required = 0
    for algorithm in report.algorithms:
        required |= _core.algorithm_bit(algorithm)
    return _with(survey, required=required)

def _judge_algorithms(report: VerifyReport) -> None:
    """RFC 4035 section 2.2: every algorithm of the DNSKEY RRset signs every RRset."""
    options = report.options
    for algorithm in sorted(report.ksks.keys() | report.zsks.keys()):
        ksks, zsks = report.ksks.get(algorithm, KeyCounts()), report.zsks.get(algorithm, KeyCounts())
        if ksks.active or (options.ignore_ksk_flag and zsks.active):
            report.algorithms.append(algorithm)
        if bool(ksks.active) != bool(zsks.active) and not options.ksk_only and not options.ignore_ksk_flag:
            report.incomplete.add(algorithm)
            missing = "ZSK" if ksks.active else "self-signed KSK"
            report.before.append(f"Missing {missing} for algorithm {algorithm_text(algorithm)}")
        elif algorithm not in report.algorithms and (ksks.stand_by or zsks.stand_by or zsks.active):
            report.incomplete.add(algorithm)
            report.before.append(f"No key of algorithm {algorithm_text(algorithm)} signs the zone")

def _dnskey_text(apex: bytes, rdata: bytes) -> str:
    from base64 import b64encode

    key = b64encode(rdata[4:]).decode("ascii")
    words = " ".join(key[at : at + 56] for at in range(0, len(key), 56))
    return f"{name_text(apex)} DNSKEY {int.from_bytes(rdata[:2], 'big')} {rdata[2]} {rdata[3]} {words}"

def _walk(subject: Subject, survey: Survey, rdatas: tuple[bytes, ...], report: VerifyReport) -> None:
    """Every node, then the ends of the chains."""
    nodes = len(subject.order.node_name)
    for first in range(0, nodes, RANGE):
        counts, rows = verify_range(subject, survey, rdatas, first, min(first + RANGE, nodes))
        report.rrsets += counts[0]
        report.signatures += counts[1]
        report.names += counts[2]
        report.second_opinions += counts[3]
        report.findings.extend(unpack(rows))
    for chain in range(len(survey.chains)):
        report.findings.extend(unpack(_core.verify_close_chain(subject, survey, chain)))

def _conclude(report: VerifyReport) -> None:
    """Put the findings in dnssec-verify's order and say what they come to."""
    report.findings.sort(key=lambda finding: finding.place)
    failures = [finding for finding in report.findings if finding.kind not in report.options.tolerated]
    for finding in failures:
        if finding.kind is Kind.NO_SIGNATURES:
            report.incomplete.update(report.algorithms)
        elif finding.kind is Kind.NO_CORRECT:
            report.incomplete.add(finding.algorithm)
    others = [finding for finding in failures if finding.kind not in UNSIGNED]
    if others:
        report.result = RESULTS.get(others[0].kind, "failure")
    elif report.incomplete:
        report.result = "failure"
