"""`fastsign ksr sign`: the signed response (SKR) to a request (KSR), with the KSKs of the key directory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastsign import _core
from fastsign.cli.compat.common import VERSION, CommandLine, FatalError, parse_time
from fastsign.cli.compat.hsm_options import hsm_settings
from fastsign.cli.compat.ksr import Request
from fastsign.cli.compat.ksr_request import KIND, earliest, is_published, is_within
from fastsign.errors import SkrError, ZoneSyntaxError, system_reason
from fastsign.kasp.policy import Policy
from fastsign.keys import facts, names, timing
from fastsign.keys.ds import ds_rdata
from fastsign.keys.files import KeyFile
from fastsign.keys.skr import CDNSKEY, CDS, DNSKEY, bundle_text, end_text
from fastsign.keys.skr_sign import BundleSigner
from fastsign.zone.arena import Arena
from fastsign.zone.sets import RRset

_ROOT, _IN, _MARK = b"\0", 1, ";;"


@dataclass(frozen=True, slots=True)
class Asked:
    """A bundle of a request: from when on, and which ZSKs."""

    inception: int
    zsks: tuple[bytes, ...]  # DNSKEY RDATA
    ttl: int  # the smallest of theirs and of the policy's


def sign(line: CommandLine, request: Request, policy: Policy, keys: list[KeyFile]) -> None:
    """Print the response, once all of it is made and verified."""
    asked = read_request(line, request, policy.dnskey_ttl)
    ksks = [key for key in keys if timing.roles(key)[0]]
    signer = BundleSigner(request.zone, hsm=hsm_settings(line.env, {}, ()))
    ends = [bundle.inception for bundle in asked[1:]]
    try:
        blocks = [
            "".join(_signed(request, policy, signer, ksks, *pair)) for pair in zip(asked, [*ends, None], strict=True)
        ]
    except SkrError as error:
        raise FatalError(f"failed to sign KSR: {error}") from None
    line.env.stdout.write("\n".join(blocks) + end_text(request.now, VERSION))


def _signed(
    request: Request, policy: Policy, signer: BundleSigner, ksks: list[KeyFile], asked: Asked, until: int | None
) -> Iterator[str]:
    """The bundles that answer one of the request's: a new one before the signatures end, and when a KSK changes.

    Every KSK that is in the zone signs, for the parent may have the DS of any of them. Unlike BIND, no bundle is made
    for the moment at which the request's next one begins.
    """
    end = request.end or 0
    inception, latest = asked.inception, end if until is None else until
    while inception < until if until is not None else inception <= end:
        expiration = inception + policy.signatures_validity_dnskey
        in_zone = [key for key in ksks if is_published(key, inception)]
        bundle = signer.sign(inception, expiration, rrsets_of(request.zone, policy, in_zone, asked, inception), in_zone)
        yield bundle_text(request.zone, bundle)
        inception = next_inception(policy, ksks, inception, latest)
        latest = inception + policy.signatures_validity_dnskey


def next_inception(policy: Policy, ksks: list[KeyFile], inception: int, latest: int) -> int:
    """When the next bundle begins: when signatures are to be refreshed, or at the next event of a KSK."""
    refresh = inception + policy.signatures_validity_dnskey - policy.signatures_refresh
    return min(refresh, earliest(inception, latest, _events(policy, ksks)))


def _events(policy: Policy, ksks: list[KeyFile]) -> Iterator[int | None]:
    for key in ksks:
        times = key.times
        yield from (times.publish, times.activate, times.inactive, times.delete)
        if policy.cdnskey or policy.cds_digest_types:
            yield from (times.sync_publish, times.sync_delete)


def rrsets_of(zone: bytes, policy: Policy, ksks: list[KeyFile], asked: Asked, moment: int) -> dict[int, RRset]:
    """What is signed, with the KSKs that are in the zone: DNSKEY, and CDNSKEY and CDS RRsets if there are any."""
    announced = [key.rdata for key in ksks if is_within(moment, key.times.sync_publish, key.times.sync_delete)]
    cdnskey = announced if policy.cdnskey else []
    cds = [ds_rdata(zone, rdata, digest) for rdata in announced for digest in policy.cds_digest_types]
    found = {DNSKEY: [*(key.rdata for key in ksks), *asked.zsks], CDNSKEY: cdnskey, CDS: cds}
    return {
        rrtype: RRset(asked.ttl if rrtype == DNSKEY else policy.dnskey_ttl, tuple(sorted(set(rdatas))))
        for rrtype, rdatas in found.items()
        if rdatas
    }


# ---- reading the request


def read_request(line: CommandLine, request: Request, ttl: int) -> list[Asked]:
    """The bundles of the file of -f. FatalError in BIND's words if it is no request for this zone."""
    path = request.file or ""
    try:
        with open(line.env.path(path), encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except OSError as error:
        raise FatalError(f"unable to open KSR file {path}: {system_reason(error)}") from None
    asked: list[Asked] = []
    for number, record in enumerate(text.split("\n"), 1):
        words = record.split()
        try:
            if words and words[0] == _MARK:
                inception = _head(words, request.now)
                if inception is not None:
                    asked.append(_begun(asked, inception, ttl))
            elif words:
                if not asked:
                    raise ValueError("syntax error")
                asked[-1] = _with_key(asked[-1], record, request.zone)
        except (ValueError, FatalError) as error:
            raise FatalError(f"bad KSR file {path}({number}): {error}") from None
    if not asked:
        raise FatalError(f"bad KSR file {path}({number}): no bundles")
    return asked


def _head(words: list[str], now: int) -> int | None:
    """When the bundle begins whose head this is; None for the line that ends the request."""
    for at, wanted, complaint in ((1, KIND, f"expected '{KIND}'"), (2, "1.0", "expected version")):
        if words[at : at + 1] != [wanted]:
            raise ValueError(complaint)
    if not words[3:]:
        raise ValueError("expected datetime")
    if words[3] == "generated":
        return None
    inception = parse_time(words[3], now, now)
    if inception is None:
        raise ValueError("expected datetime")
    return inception


def _begun(asked: list[Asked], inception: int, ttl: int) -> Asked:
    if asked and inception <= asked[-1].inception:
        raise ValueError("bundle does not begin after the one before it")
    return Asked(inception, (), ttl)


def _with_key(asked: Asked, record: str, zone: bytes) -> Asked:
    """The bundle with the key of one line. ValueError if it is not a zone-signing key of this zone."""
    arena = Arena.empty()
    try:
        text = f"$TTL {asked.ttl}\n{record}\n".encode("utf-8", "surrogateescape")
        _core.scan_text(text, _ROOT, arena, _IN, includes=False)
    except ZoneSyntaxError as error:
        raise ValueError(f"bad DNSKEY ({error.message})") from None
    if list(arena.rrtype.view()) != [DNSKEY]:
        raise ValueError("bad DNSKEY (unexpected token)")
    if arena.name(arena.owner.view()[0]).lower() != zone.lower():
        raise ValueError(f"bad DNSKEY (bad owner name: it is not of {names.to_message(zone)})")
    rdata = arena.record_rdata(0)
    try:
        facts.check_public_key(rdata[3], rdata[4:])
        facts.check_point(rdata)
    except ValueError as error:
        raise ValueError(f"bad DNSKEY ({error})") from None
    if not facts.is_zone_key(rdata) or rdata[1] & facts.SEP:
        raise ValueError("bad DNSKEY (it is no zone-signing key)")
    return Asked(asked.inception, (*asked.zsks, rdata), min(asked.ttl, arena.ttl.view()[0]))
