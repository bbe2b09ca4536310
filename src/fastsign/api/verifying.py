"""Verifying a signed zone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from fastsign.api.options import FLAG, FUNCTION, NUMBER, SPAN, TIME, Types, given
from fastsign.api.signed import SignedZone
from fastsign.api.times import Span, clock, number_of_32_bits
from fastsign.api.zone import Zone, ZoneFile, system_errors
from fastsign.keys.facts import REVOKE, SEP, ZONE, algorithm_name, dnskey
from fastsign.sign.verify import DNSKEY, verify_records
from fastsign.sign.verify_report import VerifyOptions, VerifyReport


@dataclass(frozen=True, slots=True)
class Verification:
    """What was verified of a zone that is complete and correct."""

    origin: str
    algorithms: tuple[str, ...]  # that sign the whole zone
    names: int  # that were looked at ...
    rrsets: int
    signatures: int  # ... and were right
    warnings: tuple[str, ...]  # what is no failure, in dnssec-verify's words


class VerifyingOptions(TypedDict, total=False):
    """What verify_zone takes by name. What is not given, or None, has dnssec-verify's default."""

    now: int | datetime | None  # signatures have to be valid at this moment; None: by the clock
    min_remaining: Span  # and for so long after it
    csk: bool | None  # a key-signing key may sign everything. None: if there are no other keys
    ksk_only: bool  # zone-signing keys need not sign the DNSKEY RRset
    one_by_one: bool  # every signature by libcrypto alone, without batches
    workers: int  # processes at most, 0: one a core; a small zone has none but this
    watch: Callable[[int, int], None] | None  # told (names done, all names) on the way


VERIFYING_TYPES: dict[str, Types] = {
    "now": TIME,
    "min_remaining": SPAN,
    "csk": FLAG,
    "ksk_only": FLAG,
    "one_by_one": FLAG,
    "workers": NUMBER,
    "watch": FUNCTION,
}


def verify_zone(zone: Zone | ZoneFile | SignedZone, **options: Unpack[VerifyingOptions]) -> Verification:
    """Verify that a zone is signed, completely and correctly: every signature, the NSEC or NSEC3 chain, ZONEMD records.

    *options* are listed, one a line, in VerifyingOptions. Of a SignedZone keys count as they did when it was signed,
    unless csk or ksk_only say how.
    VerificationError, whose `findings` are all that is wrong, if it is not. ZoneSyntaxError and the like if it can't be
    loaded; ValueError and TypeError for arguments that make no sense.
    """
    options = given(options, VERIFYING_TYPES, "verify_zone()")
    now = clock(options.get("now"))
    loaded = _loaded(zone, now)
    csk, ksk_only = zone.key_use if isinstance(zone, SignedZone) else (False, False)
    report = examine(
        loaded,
        now,
        VerifyOptions(
            ksk_only=options.get("ksk_only", ksk_only),
            ignore_ksk_flag=options["csk"] is True if "csk" in options else csk or _has_csk(loaded),
            rdclass=loaded.class_number,
            min_remaining=number_of_32_bits("min_remaining", options.get("min_remaining", 0)),
            one_by_one=options.get("one_by_one", False),
            workers=number_of_32_bits("workers", options.get("workers", 0)),
            progress=options.get("watch"),
            seed=int.from_bytes(os.urandom(8), "big"),
        ),
    )
    algorithms = tuple(algorithm_name(number) for number in report.algorithms)
    counts = report.names, report.rrsets, report.signatures
    return Verification(loaded.origin, algorithms, *counts, warnings=tuple(report.messages()))


def _loaded(zone: Zone | ZoneFile | SignedZone, now: int) -> Zone:
    if isinstance(zone, Zone):
        return zone
    if isinstance(zone, SignedZone):
        return zone.zone
    if isinstance(zone, ZoneFile):
        return zone.load(now)
    raise TypeError(f"{type(zone).__name__} is neither a Zone nor a ZoneFile nor a SignedZone")


def examine(zone: Zone, now: int, options: VerifyOptions) -> VerifyReport:
    """Verify a loaded zone at a moment in seconds since 1970. VerificationError, which has the report, if it fails."""
    with system_errors(f"{zone.origin} can't be verified"):
        return verify_records(zone.arena, zone.order, zone.name, options, now)


def _has_csk(zone: Zone) -> bool:
    """Have all the keys that are not revoked the SEP bit?"""
    flags = [dnskey(rdata).flags for rdata in zone.rdatas(DNSKEY)]
    return all(each & SEP for each in flags if each & ZONE and not each & REVOKE)
