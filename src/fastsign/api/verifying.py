"""Verifying a signed zone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from fastsign.api.options import given
from fastsign.api.times import Span, clock, seconds
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


def verify_zone(zone: Zone | ZoneFile, **options: Unpack[VerifyingOptions]) -> Verification:
    """Verify that a zone is signed, completely and correctly: every signature, the NSEC or NSEC3 chain, ZONEMD records.

    *options* are listed, one a line, in VerifyingOptions.
    VerificationError, whose `findings` are all that is wrong, if it is not. ZoneSyntaxError and the like if it can't be
    loaded; ValueError and TypeError for arguments that make no sense.
    """
    options = given(options, VerifyingOptions, "verify_zone()")
    now = clock(options.get("now"))
    loaded = zone.load(now) if isinstance(zone, ZoneFile) else zone
    csk = options.get("csk")
    report = examine(
        loaded,
        now,
        VerifyOptions(
            ksk_only=options.get("ksk_only", False),
            ignore_ksk_flag=_has_csk(loaded) if csk is None else csk,
            rdclass=loaded.class_number,
            min_remaining=seconds(options.get("min_remaining", 0)),
            one_by_one=options.get("one_by_one", False),
            workers=options.get("workers", 0),
            progress=options.get("watch"),
            seed=int.from_bytes(os.urandom(8), "big"),
        ),
    )
    algorithms = tuple(algorithm_name(number) for number in report.algorithms)
    counts = report.names, report.rrsets, report.signatures
    return Verification(loaded.origin, algorithms, *counts, warnings=tuple(report.messages()))


def examine(zone: Zone, now: int, options: VerifyOptions) -> VerifyReport:
    """Verify a loaded zone at a moment in seconds since 1970. VerificationError, which has the report, if it fails."""
    with system_errors(f"{zone.origin} can't be verified"):
        return verify_records(zone.arena, zone.order, zone.name, options, now)


def _has_csk(zone: Zone) -> bool:
    """Have all the keys that are not revoked the SEP bit?"""
    flags = [dnskey(rdata).flags for rdata in zone.rdatas(DNSKEY)]
    return all(each & SEP for each in flags if each & ZONE and not each & REVOKE)
