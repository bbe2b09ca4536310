"""Signed key responses (SKR): a zone's key records, signed beforehand where the KSK is, in bundles one after another.

The text is that of BIND's dnssec-ksr, after draft-icann-dnssec-keymgmt-01: a line that begins with two semicolons
begins a bundle and says from when on it is in force, and the records of the zone's apex follow.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from fastsign import _core
from fastsign.errors import SkrError, ZoneSyntaxError, system_reason
from fastsign.keys import facts, names, times
from fastsign.keys.ds import padded
from fastsign.keys.rrsig import parse_rrsig, why_not_signed_by
from fastsign.zone.arena import Arena
from fastsign.zone.sets import NO_RECORDS, RRset, rrsets_of

RRSIG, DNSKEY, CDS, CDNSKEY = 46, 48, 59, 60
TYPES = (DNSKEY, CDNSKEY, CDS)  # of a bundle's RRsets, in the order in which they stand there
BEGINS_BEFORE = 3600  # seconds: a bundle's signatures are valid for clocks that are late

_MARK, _KIND, _VERSION = ";;", "SignedKeyResponse", "1.0"
_IN, _ROOT, _ONE_LINE = 1, b"\0", 1  # class, origin, style of the renderer
_FILE_MAX = 64 * 1024 * 1024  # octets


@dataclass(frozen=True, slots=True)
class Bundle:
    """The key records of a zone's apex, with their signatures, from a moment on. Moments are seconds since 1970."""

    inception: int
    rrsets: Mapping[int, RRset]  # by type: DNSKEY, and CDNSKEY and CDS if there are any

    def of(self, rrtype: int) -> RRset:
        return self.rrsets.get(rrtype, NO_RECORDS)

    @property
    def dnskeys(self) -> tuple[bytes, ...]:
        return self.of(DNSKEY).rdatas

    @property
    def expiration(self) -> int:
        """When the first of its signatures ends."""
        ends = [parse_rrsig(rdata).expiration for rrset in self.rrsets.values() for rdata in rrset.signatures]
        return min(ends, key=lambda end: (end - self.inception) % 2**32, default=self.inception)


class Place(NamedTuple):
    """Where in a response a moment is."""

    bundle: Bundle
    next_inception: int | None  # None: the bundle is the last one


@dataclass(frozen=True, slots=True)
class Response:
    """The bundles of a response, by their inceptions, which are all different."""

    bundles: tuple[Bundle, ...]
    path: str = ""

    @property
    def expiration(self) -> int:
        """When the last bundle ends."""
        return self.bundles[-1].expiration

    def at(self, now: int) -> Place:
        """The bundle that is in force. SkrError if there is none (dns_skr_lookup)."""
        begun = [number for number, bundle in enumerate(self.bundles) if bundle.inception <= now]
        if not begun:
            raise SkrError(
                f"no available SKR bundle: the first one in {self.path} begins {_text(self.bundles[0].inception)}"
            )
        bundle, following = self.bundles[begun[-1]], self.bundles[begun[-1] + 1 :]
        if not times.is_before(now, bundle.expiration):
            which = "this one" if following else "the last one"
            raise SkrError(f"no available SKR bundle: {which} in {self.path} ended {_text(bundle.expiration)}")
        return Place(bundle, following[0].inception if following else None)

    def ends_before(self, moment: int) -> bool:
        """Is there nothing in it for a moment to come, so that a new response is wanted?"""
        return times.is_before(self.expiration, moment)


def _text(moment: int) -> str:
    return times.digits_and_local(moment)


# ---- where it is kept


def response_name(zone: bytes) -> str:
    """Name of the file in the key directory that has the zone's response: `skr-example.`."""
    return f"skr-{names.to_file_text(zone)}"


def load_response(path: str, zone: bytes, ttl: int) -> Response:
    """Read a response; *ttl* is that of records which state none. SkrError, with file and line, if it can't be used."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(_FILE_MAX + 1)
    except OSError as error:
        raise SkrError(f"unable to open skr file {path}: {system_reason(error)}") from None
    if len(text) > _FILE_MAX:
        raise SkrError(f"{path}: too large for a signed key response")
    return parse_response(text, zone, ttl, path)


# ---- reading


class _Part(NamedTuple):
    """Lines between two heads; *line* is the number of the first one."""

    inception: int
    line: int
    lines: list[str]


def parse_response(text: str, zone: bytes, ttl: int, path: str = "<text>") -> Response:
    """The response in a text; else as load_response. Of bundles that begin at the same moment the last one counts."""
    bundles: list[Bundle] = []
    for part in _parts(text, path):
        if bundles and part.inception < bundles[-1].inception:
            raise SkrError(f"{path}:{part.line - 1}: bundle begins before the one that it follows")
        if bundles and part.inception == bundles[-1].inception:
            bundles.pop()
        bundles.append(_parse_bundle(part, zone, ttl, path))
    if not bundles:
        raise SkrError(f"{path}: no bundles")
    return Response(tuple(bundles), path)


def _parts(text: str, path: str) -> Iterator[_Part]:
    part: _Part | None = None
    ended = False
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if words and words[0] == _MARK:
            inception = _head(words, f"{path}:{number}")
            if part is not None and inception is not None:
                yield part
            ended = inception is None
            part = part if inception is None else _Part(inception, number + 1, [])
        elif part is None or ended:
            if words and not words[0].startswith(";"):
                raise SkrError(f"{path}:{number}: record outside of a bundle")
        else:
            part.lines.append(line)
    if part is not None:
        yield part


def _head(words: list[str], place: str) -> int | None:
    """When the bundle begins whose head this is; None for the line that ends the response."""
    for at, wanted in enumerate((_KIND, _VERSION), 1):
        if words[at : at + 1] != [wanted]:
            raise SkrError(f"{place}: syntax error: expected '{wanted}'")
    if words[3:4] == ["generated"]:
        return None
    try:
        return times.parse_digits("".join(words[3:4])) % 2**32
    except ValueError as error:
        raise SkrError(f"{place}: bundle's date and time: {error}") from None


def _parse_bundle(part: _Part, zone: bytes, ttl: int, path: str) -> Bundle:
    arena = Arena.empty()
    # As in BIND, names are absolute. The line of the head states the TTL.
    text = "\n".join([f"$TTL {ttl}", *part.lines, ""]).encode("utf-8", "surrogateescape")
    try:
        _core.scan_text(text, _ROOT, arena, _IN, includes=False)
        _check_records(arena, text, zone)
    except ZoneSyntaxError as error:
        raise SkrError(f"{path}:{part.line - 2 + error.line}: {error.message}") from None
    rrsets = {rrtype: rrset for rrtype, rrset in rrsets_of(arena, zone).items() if rrtype != RRSIG}
    if not rrsets.get(DNSKEY, NO_RECORDS).rdatas:
        raise SkrError(f"{path}:{part.line - 1}: bundle without DNSKEY records")
    return Bundle(part.inception, rrsets)


def _check_records(arena: Arena, text: bytes, zone: bytes) -> None:
    """ZoneSyntaxError unless all records are a bundle's."""
    owners, types = arena.owner.view(), arena.rrtype.view()
    for row in range(len(types)):
        rdata = arena.record_rdata(row)
        covered = int.from_bytes(rdata[:2], "big") if types[row] == RRSIG else types[row]
        message = ""
        if arena.name(owners[row]).lower() != zone.lower():
            message = f"record is not of {names.to_message(zone)}"
        elif covered not in TYPES:
            message = "record is neither DNSKEY, CDNSKEY nor CDS, nor a signature of such"
        if message:
            line = _core.scan_text(text, _ROOT, Arena.empty(), _IN, stop_at=row, includes=False).line
            raise ZoneSyntaxError(message, line=line)


# ---- writing


def bundle_text(zone: bytes, bundle: Bundle) -> str:
    """The lines of a bundle, as dnssec-ksr writes them; keys and signatures by algorithm and tag, KSKs first."""
    lines = [f"{_MARK} {_KIND} {_VERSION} {times.digits_and_local(bundle.inception)}\n"]
    for rrtype in TYPES:
        rrset = bundle.of(rrtype)
        lines += [record_line(zone, rrset.ttl, rrtype, rdata) for rdata in in_order(rrtype, rrset.rdatas)]
        by_key = sorted(rrset.signatures, key=lambda rdata: (rdata[2], rdata[16:18]))
        lines += [record_line(zone, rrset.ttl, RRSIG, rdata) for rdata in by_key]
    return "".join(lines)


def end_text(now: int, maker: str, kind: str = _KIND) -> str:
    """The line that ends a response, or a request."""
    return f"{_MARK} {kind} {_VERSION} generated at {time.ctime(now)} by {maker}\n"


def record_line(zone: bytes, ttl: int, rrtype: int, rdata: bytes) -> str:
    """A record in one line, in the columns of BIND's dns_rdataset_totext."""
    head = padded(padded(padded(names.to_text(zone), 24) + str(ttl), 32) + "IN", 40)
    text = _core.render_rdata(rrtype, rdata, _ONE_LINE).decode("ascii")
    return padded(head + _core.rrtype_to_text(rrtype), 48) + text + "\n"


def in_order(rrtype: int, rdatas: Iterable[bytes]) -> list[bytes]:
    """Key records by what they are about: KSKs first, then by algorithm and tag."""

    def place(rdata: bytes) -> tuple[bool, int, int, int]:
        if rrtype == CDS:
            return False, rdata[2], int.from_bytes(rdata[:2], "big"), rdata[3]
        return not rdata[1] & facts.SEP, rdata[3], facts.key_tag(rdata), 0

    return sorted(rdatas, key=place)


# ---- checking


def check_bundle(zone: bytes, bundle: Bundle, moment: int) -> None:
    """SkrError unless its keys sign its RRsets, validly at a moment, and each algorithm that it has keys of does.

    One signature that is wrong is one too many: it would be published.
    """
    wanted = {rdata[3] for rdata in bundle.dnskeys if not rdata[1] & facts.REVOKE}
    for rrtype, rrset in bundle.rrsets.items():
        found = {_check_signature(zone, bundle, rrtype, rdata, moment) for rdata in rrset.signatures}
        for algorithm in sorted(wanted - found):
            # RFC 4035 section 2.2
            raise _unfit(bundle, rrtype, f"is not signed by a key of algorithm {facts.algorithm_name(algorithm)}")


def _check_signature(zone: bytes, bundle: Bundle, rrtype: int, rdata: bytes, moment: int) -> int:
    """The algorithm of a signature that is right."""
    rrset, rrsig = bundle.of(rrtype), parse_rrsig(rdata)
    why: str | None = "its key is not in the bundle"
    for dnskey in bundle.dnskeys:
        if (dnskey[3], facts.key_tag(dnskey)) == (rrsig.algorithm, rrsig.tag):
            why = why_not_signed_by(dnskey, rrsig, zone, rrtype, rrset.rdatas, _IN, moment)
            if why is None:
                break
    if why is None and rrsig.original_ttl != rrset.ttl:
        why = f"it is for a TTL of {rrsig.original_ttl}, not {rrset.ttl}"
    if why is not None:
        raise _unfit(bundle, rrtype, f"has a signature by key {rrsig.tag} that is of no use: {why}")
    return rrsig.algorithm


def _unfit(bundle: Bundle, rrtype: int, what: str) -> SkrError:
    return SkrError(f"bundle {times.digits(bundle.inception)}: the {_core.rrtype_to_text(rrtype)} RRset {what}")
