"""The ZONEMD records of a zone (RFC 8976 section 4), judged by digests that the verifier works out itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastsign import _core

SIMPLE = 1
_HASHES = {1: "SHA384", 2: "SHA512"}
_HEAD = 6  # octets of RDATA before the digest: serial, scheme, hash


@dataclass(frozen=True, slots=True)
class Zonemd:
    """A ZONEMD record's RDATA (RFC 8976 section 2.2)."""

    serial: int
    scheme: int
    hash: int
    digest: bytes

    @classmethod
    def of(cls, rdata: bytes) -> Zonemd:
        """RDATA that is too short has scheme 0, which is reserved."""
        head = rdata[:_HEAD] if len(rdata) >= _HEAD else bytes(_HEAD)
        return cls(int.from_bytes(head[:4], "big"), head[4], head[5], rdata[_HEAD:])

    @property
    def kind(self) -> tuple[int, int]:
        """What no two ZONEMD records of a zone have in common."""
        return self.scheme, self.hash

    @property
    def is_supported(self) -> bool:
        return self.scheme == SIMPLE and self.hash in _HASHES

    @property
    def text(self) -> str:
        if self.scheme == SIMPLE:
            return f"SIMPLE {_HASHES.get(self.hash, self.hash)}"
        return f"scheme {self.scheme} hash {self.hash}"


@dataclass(frozen=True, slots=True)
class ZonemdTask:
    """The ZONEMD records of the apex, and what they are held against."""

    records: tuple[Zonemd, ...]
    serial: int  # of the SOA
    required: tuple[int, ...] = ()  # hash numbers that must be there, of the scheme SIMPLE

    @classmethod
    def of(cls, rdatas: Sequence[bytes], soa: bytes, required: Sequence[int] = ()) -> ZonemdTask:
        return cls(tuple(map(Zonemd.of, rdatas)), int.from_bytes(soa[-20:-16], "big"), tuple(required))

    @property
    def hashes(self) -> tuple[int, ...]:
        """Hash numbers by which the zone is to be digested."""
        return tuple(sorted({each.hash for each in self.records if each.is_supported and each.serial == self.serial}))


@dataclass(frozen=True, slots=True)
class Complaint:
    """A ZONEMD record that does not verify the zone."""

    text: str
    is_beside: bool = False  # another one does, which is enough (RFC 8976 section 4)


def judge(name: str, task: ZonemdTask, digests: Mapping[int, bytes]) -> Iterator[Complaint]:
    """What is wrong with the ZONEMD records of the zone *name*, given its digests by hash number."""
    times = Counter(each.kind for each in task.records)
    wrong = {each: _complain(name, task, each, digests) for each in task.records if times[each.kind] == 1}
    verified = "" in wrong.values()
    for each, text in wrong.items():
        if text and not (verified and not each.is_supported):
            yield Complaint(text, is_beside=verified)
    # RFC 8976 section 2.2: each has a scheme and hash of its own.
    for twice in {each.kind: each for each in task.records if times[each.kind] > 1}.values():
        yield Complaint(f"Multiple ZONEMD records with the same scheme and hash for {name} ({twice.text})")
    for number in task.required:
        if (SIMPLE, number) not in times:
            yield Complaint(f"Missing ZONEMD record for {name} (SIMPLE {_HASHES[number]})")


def _complain(name: str, task: ZonemdTask, each: Zonemd, digests: Mapping[int, bytes]) -> str:
    """RFC 8976 section 4, in its order."""
    about = f"ZONEMD record for {name} ({each.text})"
    if each.serial != task.serial:
        return f"Bad {about}, serial mismatch (expected:{task.serial}, found:{each.serial})"
    if each.scheme != SIMPLE:
        return f"{about} could not be verified due to an unsupported scheme"
    if each.hash not in _HASHES:
        return f"{about} could not be verified due to an unsupported hash algorithm"
    if each.digest != digests[each.hash]:
        return f"Bad {about}, digest mismatch (expected:{digests[each.hash].hex()}, found:{each.digest.hex()})"
    return ""


def digest_zone(subject: object, survey: object, task: ZonemdTask) -> tuple[dict[int, bytes], bytes]:
    """The zone's digests by hash number, and packed findings about its order."""
    return _core.verify_zone_digests(subject, survey, task.hashes) if task.hashes else ({}, b"")
