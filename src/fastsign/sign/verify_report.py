"""What a verification is asked to do, and what it has to say: dnssec-verify's lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fastsign.sign.verify_findings import Findings, Kind, Wording, algorithm_text
from fastsign.sign.verify_zonemd import Complaint

# dnssec-verify lets these pass, and validators do: a rollover may leave signatures of a key that is gone or make
# those of one that is to come, RFC 9077 is younger than many signers, and one right ZONEMD record is enough. Our own
# makes none of these, so its gate tolerates nothing.
LENIENT = frozenset({Kind.UNKNOWN_KEY, Kind.CHAIN_TTL, Kind.ZONEMD_BESIDE})
GATE: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What dnssec-verify's options ask for, and what is reported without being a failure."""

    ksk_only: bool = False  # -x: the DNSKEY RRset is signed by KSKs only
    ignore_ksk_flag: bool = False  # -z: any key may be a KSK
    rdclass: int = 1
    raw: bool = False  # the file to verify is in BIND's raw format
    min_remaining: int = 0  # seconds of validity that each signature must still have
    seed: int = 0  # of the sample that gets a second opinion; draw it afresh
    tolerated: frozenset[Kind] = LENIENT
    zonemd: tuple[int, ...] = ()  # hash numbers of digests that must be there (RFC 8976)
    strangers: frozenset[tuple[int, int]] = frozenset()  # (algorithm, tag) of keys outside the zone that may sign in it
    one_by_one: bool = False  # every signature by libcrypto alone
    workers: int = 0  # at most, 0: as many as there are cores; a small zone has one
    progress: Callable[[int, int], None] | None = None  # told (nodes done, all nodes)


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
    findings: Findings = field(default_factory=Findings)
    complaints: list[Complaint] = field(default_factory=list)  # about ZONEMD records
    wording: Wording | None = None

    @property
    def failed(self) -> bool:
        return self.result != "success"

    def messages(self) -> Iterator[str]:
        """dnssec-verify's messages, those for stderr."""
        yield from self.before
        told_of_strays = False
        for finding in self.findings:
            assert self.wording is not None
            if finding.kind is Kind.NSEC3_STRAY:  # one line for all, as BIND does
                if told_of_strays:
                    continue
                told_of_strays = True
            warns = finding.kind in self.options.tolerated
            yield ("Warning: " if warns else "") + self.wording.line(finding)
        for complaint in self.complaints:
            yield ("" if self.is_failure(complaint) else "Warning: ") + complaint.text

    def is_failure(self, complaint: Complaint) -> bool:
        """Does it count? A wrong ZONEMD record beside a right one may be tolerated."""
        kind = Kind.ZONEMD_BESIDE if complaint.is_beside else Kind.ZONEMD
        return kind not in self.options.tolerated

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
