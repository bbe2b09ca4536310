"""Is a loaded zone fit to be served? BIND's checks after loading (lib/dns/zone.c, zone_postload), in its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from fastsign import _core
from fastsign.zone.arena import Arena
from fastsign.zone.names import name_for_message, rrtype_to_text
from fastsign.zone.order import Order
from fastsign.zone.server_load import FAIL, IGNORE, WARN

WARNING, ERROR = "warning", "error"  # an error refuses the zone

_NS, _SOA, _RRSIG, _NSEC, _DNSKEY, _NSEC3PARAM = 2, 6, 46, 47, 48, 51
_SHA1 = 1  # NSEC3's only hash (RFC 5155 section 11)
_MAX_ITERATIONS = 150  # BIND's dns_nsec3_maxiterations

# FS_ABOUT_* and FS_TARGET_* of integrity.h
_DELEGATION, _MX, _SRV, _SPF = 2, 3, 4, 5
_MISSING, _CNAME, _DNAME, _ELSEWHERE, _GLUE, _REQUIRED, _SIBLING = range(1, 8)
_SKIP = {_MX: 2, _SRV: 6}  # octets of the RDATA before the name
_TYPE = {_DELEGATION: "NS", _MX: "MX", _SRV: "SRV"}


class Finding(NamedTuple):
    """Something to tell of a zone: what BIND says behind `zone example/IN: `, and the name that it is about."""

    severity: str
    text: str
    name: bytes  # wire form


class Question(NamedTuple):
    """A name whose addresses only a resolver knows, and for a delegation the glue that the zone has for it."""

    rrtype: str  # NS, MX or SRV
    owner: bytes
    target: bytes
    glue: tuple[bytes, ...] | None = None  # addresses, 4 or 16 octets each; None: not to be compared


Ask = Callable[[Question], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is looked at, and what is fatal: IGNORE, WARN or FAIL each."""

    targets: bool = True  # delegations, MX and SRV records, SPF
    siblings: bool = True  # glue of other delegations in the zone
    mx: str = WARN  # an MX record without an address
    mx_cname: str = WARN
    srv_cname: str = WARN
    spf: bool = True
    duplicates: str = WARN  # records that differ only in what DNS does not tell apart


@dataclass(frozen=True, slots=True)
class Zone:
    """What is checked."""

    arena: Arena
    order: Order
    origin: bytes
    in_internet: bool = True  # class IN

    def apex(self, rrtype: int) -> list[bytes]:
        """RDATA of the apex's records of a type."""
        if self.order.apex is None:
            return []
        rrset = self.order.rrsets(self.order.apex).get(rrtype)
        return [] if rrset is None else [self.arena.record_rdata(row) for row in self.order.rows(rrset)]

    def node_name(self, node: int) -> bytes:
        return self.arena.name(self.order.node_name.view()[node])

    def glue(self, node: int | None) -> tuple[bytes, ...]:
        """The addresses of a node, IPv4 first."""
        rrsets = {} if node is None else self.order.rrsets(node)
        rows = (row for rrtype in (1, 28) if rrtype in rrsets for row in self.order.rows(rrsets[rrtype]))
        return tuple(self.arena.record_rdata(row) for row in rows)


def examine(zone: Zone, rules: Rules, ask: Ask | None = None) -> Iterator[Finding]:
    """All findings in BIND's order: a step with an error is the last one.

    *ask* answers for names in other zones; without it they are not looked at.
    """
    for step in _steps(zone, rules, ask):
        failed = False
        for finding in step:
            failed |= finding.severity == ERROR
            yield finding
        if failed:
            return


def _steps(zone: Zone, rules: Rules, ask: Ask | None) -> Iterator[Iterator[Finding]]:
    yield _check_apex(zone)
    yield _check_nsec3(zone)
    if rules.targets:
        yield _check_targets(zone, rules, ask)
    if rules.duplicates != IGNORE:
        yield _check_duplicates(zone, rules)


def serial(zone: Zone) -> int:
    """The SOA's serial."""
    return int.from_bytes(zone.apex(_SOA)[0][-20:-16], "big")


def is_secure(zone: Zone) -> bool:
    """Does BIND take the zone for a signed one: a zone key, and a signed NSEC record or an NSEC3PARAM record?"""
    if not any(rdata[0] & 0xC1 == 0x01 and rdata[2] in (3, 255) for rdata in zone.apex(_DNSKEY)):
        return False
    signed = any(rdata[:2] == _NSEC.to_bytes(2, "big") for rdata in zone.apex(_RRSIG))
    return bool(zone.apex(_NSEC) and signed) or any(rdata[:2] == b"\1\0" for rdata in zone.apex(_NSEC3PARAM))


# ---- the apex


def _check_apex(zone: Zone) -> Iterator[Finding]:
    """One SOA, some NS, and servers in the zone with an address."""
    if zone.in_internet:
        for found in _core.find_problems(zone.arena, zone.order, zone.origin, "servers"):
            target = zone.arena.record_rdata(found.row)
            yield Finding(ERROR, f"NS '{name_for_message(target)}' {_trouble(zone, found)}", target)
    soas = len(zone.apex(_SOA))
    if soas != 1:
        yield Finding(ERROR, f"has {soas} SOA records", zone.origin)
    if not zone.apex(_NS):
        yield Finding(ERROR, "has no NS records", zone.origin)


def _trouble(zone: Zone, found: _core.TargetFinding, what: str = "") -> str:
    if found.result == _CNAME:
        return "is a CNAME (illegal)"
    if found.result == _DNAME and found.target is not None:
        return f"is below a DNAME '{name_for_message(zone.node_name(found.target))}' (illegal)"
    return f"has no {what}address records (A or AAAA)"


def _check_nsec3(zone: Zone) -> Iterator[Finding]:
    """An NSEC3 chain that servers can follow."""
    parameters = zone.apex(_NSEC3PARAM)
    for rdata in parameters:
        if rdata[0] != _SHA1:
            yield Finding(WARNING, f"unsupported nsec3 hash algorithm: {rdata[0]}", zone.origin)
        iterations = int.from_bytes(rdata[2:4], "big")
        if iterations > _MAX_ITERATIONS:
            text = f"excessive NSEC3PARAM iterations {iterations} > {_MAX_ITERATIONS}"
            yield Finding(WARNING, text, zone.origin)
    if parameters and all(rdata[0] != _SHA1 for rdata in parameters):
        yield Finding(ERROR, "no supported nsec3 hash algorithm", zone.origin)


# ---- names in records


def _check_targets(zone: Zone, rules: Rules, ask: Ask | None) -> Iterator[Finding]:
    """The names in delegations, MX and SRV records lead to addresses."""
    for found in _core.find_problems(zone.arena, zone.order, zone.origin, "targets", ask is not None):
        owner = zone.node_name(found.node)
        if found.about == _SPF:
            if rules.spf and zone.in_internet:
                yield Finding(WARNING, _spf_text(owner), owner)
            continue
        if found.about == _SRV and not zone.in_internet:
            continue
        target = zone.arena.record_rdata(found.row)[_SKIP.get(found.about, 0) :]
        yield from _check_target(zone, rules, found, Question(_TYPE[found.about], owner, target), ask)


def _spf_text(owner: bytes) -> str:
    hint = "add matching type TXT record"
    return f"'{name_for_message(owner)}' found type SPF record but no SPF TXT record found, {hint}"


def _check_target(
    zone: Zone, rules: Rules, found: _core.TargetFinding, question: Question, ask: Ask | None
) -> Iterator[Finding]:
    if found.result == _SIBLING and not rules.siblings:
        return
    if found.result not in (_ELSEWHERE, _GLUE):
        severity = _severity(rules, found)
        if severity is not None:
            yield Finding(severity, _target_text(zone, found, question), question.owner)
    if ask is None or found.result in (_MISSING, _CNAME, _DNAME):
        return
    if found.about == _DELEGATION:
        question = question._replace(glue=zone.glue(found.target) if found.result == _GLUE else ())
    yield from ask(question)


def _severity(rules: Rules, found: _core.TargetFinding) -> str | None:
    """Is it fatal? None: not to be told of."""
    if found.result == _MISSING:
        return ERROR if found.about == _MX and rules.mx == FAIL else WARNING
    mode = {_MX: rules.mx_cname, _SRV: rules.srv_cname}.get(found.about, WARN)
    return None if mode == IGNORE else ERROR if mode == FAIL else WARNING


def _target_text(zone: Zone, found: _core.TargetFinding, question: Question) -> str:
    what = {_REQUIRED: "REQUIRED GLUE ", _SIBLING: "SIBLING GLUE "}.get(found.result, "")
    place = f"{name_for_message(question.owner)}/{question.rrtype} '{name_for_message(question.target)}'"
    return f"{place} {_trouble(zone, found, what)}"


# ---- duplicates


def _check_duplicates(zone: Zone, rules: Rules) -> Iterator[Finding]:
    """Records that are two for DNSSEC and one for everybody else."""
    types = zone.arena.rrtype.view()
    severity = ERROR if rules.duplicates == FAIL else WARNING
    for found in _core.find_problems(zone.arena, zone.order, zone.origin, "duplicates"):
        owner = zone.node_name(found.node)
        what = f"{name_for_message(owner)}/{rrtype_to_text(types[found.row])}"
        yield Finding(severity, f"{what} has semantically identical records", owner)
