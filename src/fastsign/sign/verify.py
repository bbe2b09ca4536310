"""Verify a whole signed zone, by code apart from the signer's: the gate before it is published, and `fastsign verify`.

Every RRSIG of every RRset is checked against the DNSKEY RDATA of the zone itself, every algorithm must be complete, and
the denial chain must be exactly what the names ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fastsign import _core
from fastsign._core import Column, PublicKeys
from fastsign.errors import VerificationError, ZoneError, ZoneSyntaxError
from fastsign.pool.workers import Pool, usable_cores
from fastsign.sign.job import Job
from fastsign.sign.report import Report
from fastsign.sign.tell import Tell
from fastsign.sign.verify_findings import RESULTS, Kind, Wording, algorithm_text, name_text
from fastsign.sign.verify_report import GATE, KeyCounts, VerifyOptions, VerifyReport
from fastsign.sign.verify_zonemd import ZonemdTask, digest_zone, judge
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order, order_zone

SOA, RRSIG, NSEC, DNSKEY, NSEC3PARAM, ZONEMD = 6, 46, 47, 48, 51, 63
ZONE_KEY, REVOKE, SEP = 0x100, 0x80, 1
CHAINS_MAX = 8  # NSEC3 chains at once (verify.h)
RANGE = 8192  # nodes that are verified in one go

# RRsets below which starting workers costs more than it saves (some 30 ms against 70 us a P-256 signature).
_POOL_FROM_RRSETS = 3_000

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
    strangers: tuple[tuple[int, int], ...] = ()  # (algorithm, tag) of keys outside the zone that may sign in it


@dataclass(frozen=True, slots=True)
class Nsec3Index:
    """The NSEC3 records of one chain, in hash order."""

    salt: bytes
    iterations: int
    prefix: Column  # Q [records]: first 8 octets of the owner's hash
    entry: Column  # Q [2 * records]: the rest of the hash and the row of the arena (fs_nsec3_entry)
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


@dataclass(frozen=True, slots=True)
class Task:
    """What the workers share."""

    subject: Subject
    survey: Survey
    keys: PublicKeys  # forked workers inherit them and their tables
    zonemd: ZonemdTask | None = None


class Result(NamedTuple):
    """What a worker brings back."""

    counts: tuple[int, int, int, int]  # RRsets, signatures, names, second opinions
    findings: bytes
    digests: dict[int, bytes]  # of the whole zone, by hash number


def verify_share(task: Task, first: int, last: int) -> Result:
    """Verify nodes first..last-1; digest the zone if there are none."""
    if first == last and task.zonemd is not None:
        digests, rows = digest_zone(task.subject, task.survey, task.zonemd)
        return Result((0, 0, 0, 0), rows, digests)
    counts, rows = _core.verify_range(task.subject, task.survey, task.keys, first, last)
    return Result(counts, rows, {})


# ---- the story


def gate(job: Job, path: str, report: Report, tell: Tell, strangers: frozenset[tuple[int, int]] = frozenset()) -> None:
    """Verify the signed zone in the file *path* before it is published; what is found goes to *tell*.

    *strangers* are (algorithm, tag) of keys outside the zone whose signatures are no surprise; they count for nothing.

    VerificationError if it can't be read back or is not complete and correct.
    """
    options = VerifyOptions(
        ksk_only=job.ksk_only_keyset,
        ignore_ksk_flag=job.ignore_ksk_flag,
        rdclass=job.rrclass,
        raw=job.raw_output,
        seed=job.seed ^ job.now,
        tolerated=GATE,
        zonemd=job.zonemd,
        strangers=strangers,
        workers=job.workers,
        one_by_one=job.engine == "openssl",
        progress=lambda done, total: report.progress("verify", done, total),
    )
    try:
        arena, order = _read_back(job, path)
        report.first_expiration = _core.first_expiration(arena, job.now % 2**32)
        report.highest_ttl = _core.highest_ttl(arena)
        found = verify_records(arena, order, job.origin, options, job.now)
    except VerificationError as error:
        if isinstance(error.report, VerifyReport):
            _tell_all(error.report, tell)
        else:
            tell.note(f"{error}\n")
        raise
    _tell_all(found, tell)


def _read_back(job: Job, path: str) -> tuple[Arena, Order]:
    """The zone as it will be: the file *path*; with -D, the zone file with that in the place of its DNSSEC records."""
    arena = Arena.empty()
    if job.only:
        job.input.load(job.origin, job.rrclass, arena=arena)
        _core.take_out(arena, (RRSIG, *job.only))
    return load_and_order(path, job.origin, job.rrclass, job.raw_output, arena)


def _tell_all(found: VerifyReport, tell: Tell) -> None:
    for message in found.messages():
        tell.note(message + "\n")
    for line in found.output():
        tell.report(line)


def verify_zone(path: str, apex: bytes, options: VerifyOptions, now: int) -> VerifyReport:
    """Load and verify the zone *apex* (wire form) in a file, at a moment in seconds since 1970.

    VerificationError, with the report in it, unless the zone is complete and correct, or if it can't be read.
    """
    arena, order = load_and_order(path, apex, options.rdclass, options.raw, Arena.empty())
    return verify_records(arena, order, apex, options, now)


def load_and_order(path: str, apex: bytes, rdclass: int, raw: bool, arena: Arena) -> tuple[Arena, Order]:
    """Read a master file, behind what *arena* has already, and order it. VerificationError if that can't be done."""
    from fastsign.zone.load import load_zone

    try:
        load_zone(path, apex, rdclass, raw=raw, arena=arena)
        return arena, order_zone(arena, apex)
    except (ZoneSyntaxError, ZoneError) as error:
        raise VerificationError(f"the signed zone can't be read back: {str(error).strip()}") from error


def verify_records(arena: Arena, order: Order, apex: bytes, options: VerifyOptions, now: int) -> VerifyReport:
    """Verify a loaded zone; else as verify_zone."""
    report = VerifyReport(options)
    facts = options.rdclass, options.min_remaining, options.seed, tuple(sorted(options.strangers))
    subject = Subject(arena, order, apex.lower(), now, *facts)
    try:
        survey, rdatas = _look_at_apex(subject, report)
        keys = PublicKeys(rdatas, remember=True)
        survey = _judge_keys(subject, survey, keys, rdatas, report)
        if not options.one_by_one:
            keys.prepare(_core.verify_count_signatures(arena, keys))
        _walk(Task(subject, survey, keys, _zonemd_task(subject, survey, options)), report)
        _conclude(report)
    except _RefusedError as refused:
        report.before.append(str(refused))
        report.result = "failure"
    if report.failed:
        raise VerificationError(_summary(name_text(apex), report), report.result, report)
    return report


class _RefusedError(Exception):
    """Ends the verification before the walk over the zone."""


def _summary(zone: str, report: VerifyReport) -> str:
    first = next(report.messages(), "DNSSEC completeness test failed").replace("\n", ", ")
    more = len(report.before) + len(report.findings) + len(report.complaints) - 1
    return f"the signed zone {zone} does not verify: {first}" + (f" (and {more} more)" if more > 0 else "")


def _look_at_apex(subject: Subject, report: VerifyReport) -> tuple[Survey, tuple[bytes, ...]]:
    """Survey the zone; all that verification rests on must be at the apex, and signed."""
    kind, apex, nsec3_records, rows = _core.verify_survey(subject)
    report.wording = Wording(subject.arena, subject.order, subject.apex)
    report.findings.add(rows)
    rrsets = subject.order.rrsets(apex) if apex is not None else {}
    if DNSKEY not in rrsets:
        raise _RefusedError("Zone contains no DNSSEC keys")
    if SOA not in rrsets:
        raise _RefusedError("Zone contains no SOA record")
    assert apex is not None
    signed = _covered(subject, rrsets)
    for rrtype, name in ((DNSKEY, "DNSKEY"), (SOA, "SOA"), (NSEC, "NSEC"), (NSEC3PARAM, "NSEC3PARAM")):
        if rrtype in rrsets and rrtype not in signed:
            raise _RefusedError(f"{name} is not signed (keys offline or inactive?)")
    parameters = _rdatas(subject, rrsets[NSEC3PARAM]) if NSEC3PARAM in rrsets else ()
    if NSEC not in rrsets and not parameters:
        raise _RefusedError("No valid NSEC/NSEC3 chain for testing")
    survey = Survey(kind, apex, _chain_ttl(subject, rrsets[SOA]), NSEC in rrsets)
    survey = _with(survey, chains=_index_chains(subject, survey, parameters, nsec3_records))
    report.wording = Wording(
        subject.arena, subject.order, subject.apex, tuple((chain.salt, chain.iterations) for chain in survey.chains)
    )
    if not survey.nsec and not survey.chains:
        raise _RefusedError("No usable NSEC/NSEC3 chain for testing")
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
        columns = Column("Q", records), Column("Q", 2 * records), Column("I", records), Column("B", records)
        chain = Nsec3Index(rdata[5:], int.from_bytes(rdata[2:4], "big"), *columns)
        count = _core.verify_index_chain(subject, survey, chain)
        for column, each in zip(columns, (1, 2, 1, 1), strict=True):
            column.resize(each * count)
        chains.append(chain)
        if len(chains) > CHAINS_MAX:
            raise _RefusedError(f"More than {CHAINS_MAX} NSEC3 chains")
    return tuple(chains)


def _judge_keys(
    subject: Subject, survey: Survey, keys: PublicKeys, rdatas: tuple[bytes, ...], report: VerifyReport
) -> Survey:
    """Sort the keys into active, stand-by and revoked ones, and say which algorithms must be complete."""
    options = report.options
    for i in range(len(keys)):
        flags, protocol, algorithm, _, _ = keys.facts(i)
        if not flags & ZONE_KEY or protocol != 3:
            continue
        counts = (report.ksks if flags & SEP else report.zsks).setdefault(algorithm, KeyCounts())
        signs_keys = _core.verify_signs_apex(subject, survey, keys, i, DNSKEY)
        if flags & REVOKE:
            if flags & SEP and not signs_keys:  # RFC 5011 section 2.1
                raise _RefusedError(f"revoked KSK is not self signed:\n{_dnskey_text(subject.apex, rdatas[i])}")
            counts.revoked += 1
        elif signs_keys or (not flags & SEP and _core.verify_signs_apex(subject, survey, keys, i, SOA)):
            counts.active += 1
            report.begun |= signs_keys and bool(flags & SEP or options.ignore_ksk_flag)
        else:
            counts.stand_by += 1
    if not report.begun:
        raise _RefusedError(f"No self-signed {'' if options.ignore_ksk_flag else 'KSK '}DNSKEY found")
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


def _zonemd_task(subject: Subject, survey: Survey, options: VerifyOptions) -> ZonemdTask | None:
    """What there is to check of RFC 8976; None if nothing is there and nothing has to be."""
    rrsets = subject.order.rrsets(survey.apex_node)
    rdatas = _rdatas(subject, rrsets[ZONEMD]) if ZONEMD in rrsets else ()
    if not rdatas and not options.zonemd:
        return None
    return ZonemdTask.of(rdatas, _rdatas(subject, rrsets[SOA])[0], options.zonemd)


def _walk(task: Task, report: VerifyReport) -> None:
    """Every node, by as many workers as it is worth, one of which digests the zone; then the ends of the chains."""
    nodes, options = len(task.subject.order.node_name), report.options
    small = len(task.subject.order.rrset_type) < _POOL_FROM_RRSETS
    ranges = [(first, min(first + RANGE, nodes)) for first in range(0, nodes, RANGE)]
    if task.zonemd is not None:
        ranges.insert(0, (0, 0))  # first, for it takes longest
    digests: dict[int, bytes] = {}
    with Pool(1 if small else options.workers or usable_cores(), task) as pool:
        for (_, last), result in zip(ranges, pool.map(verify_share, ranges), strict=True):
            digests |= result.digests
            _count(result, report)
            if options.progress is not None:
                options.progress(last, nodes)
    if task.zonemd is not None:
        report.complaints.extend(judge(name_text(task.subject.apex), task.zonemd, digests))
    for chain in range(len(task.survey.chains)):
        report.findings.add(_core.verify_close_chain(task.subject, task.survey, chain))


def _count(result: Result, report: VerifyReport) -> None:
    rrsets, signatures, names, second_opinions = result.counts
    report.rrsets += rrsets
    report.signatures += signatures
    report.names += names
    report.second_opinions += second_opinions
    report.findings.add(result.findings)


def _conclude(report: VerifyReport) -> None:
    """Put the findings in dnssec-verify's order and say what they come to."""
    report.findings.sort()
    first_other = None
    for _, _, _, _, kind, algorithm, _, _ in report.findings.tuples():
        if kind == Kind.NO_SIGNATURES:
            report.incomplete.update(report.algorithms)
        elif kind == Kind.NO_CORRECT:
            report.incomplete.add(algorithm)
        elif first_other is None and kind not in report.options.tolerated:
            first_other = Kind(kind)
    if first_other is not None:
        report.result = RESULTS.get(first_other, "failure")
    elif report.incomplete:
        report.result = "failure"
    elif any(map(report.is_failure, report.complaints)):
        report.result = "bad zone digest"
