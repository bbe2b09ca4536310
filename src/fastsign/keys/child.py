"""What a child zone asks of its parent by CDS and CDNSKEY records (RFC 7344), and whether the parent may do it.

Trust starts at the DS records that the parent has. Only a DNSKEY that one of them is the digest of counts, and only a
signature of such a key. No signature may be older than the last that was followed: an old answer must not come back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from fastsign.errors import FastsignError
from fastsign.keys import facts, times
from fastsign.keys.ds import ds_rdata
from fastsign.keys.rrsig import Rrsig, parse_rrsig, why_not_signed_by
from fastsign.zone.sets import RRset

DNSKEY, CDS, CDNSKEY = 48, 59, 60

_DELETE_CDS = b"\0\0\0\0\0"  # 0 0 0 00
_NAMES = {DNSKEY: "DNSKEY", CDNSKEY: "CDNSKEY", CDS: "CDS"}


class Listener(Protocol):
    """Hears what is found; *level* is that of -v from which it is told."""

    def say(self, level: int, message: str) -> None: ...
    def say_moment(self, level: int, message: str, moment: int) -> None: ...


class ChildError(FastsignError):
    """The child's records can't be believed, or following them would break its chain of trust."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child zone as its own servers have it."""

    zone: bytes  # wire form, case as given
    text: str  # its name in messages
    dnskey: RRset
    cdnskey: RRset
    cds: RRset
    rrclass: int = 1


@dataclass(frozen=True, slots=True)
class Followed:
    """DS RDATA that the parent is to have now, and the oldest signature that vouches for it."""

    ds: tuple[bytes, ...]
    oldest: Rrsig
    asked: bool = True  # False: the child asks for nothing, and these are the parent's own


@dataclass(frozen=True, slots=True)
class Wish:
    """How the parent makes DS records: of CDS records with one of *digests*, else of CDNSKEY records with each."""

    prefer_cdnskey: bool = False
    digests: tuple[int, ...] = (2,)


def follow(
    child: Child, parent_ds: tuple[bytes, ...], wish: Wish, not_before: int, now: int, tell: Listener
) -> Followed:
    """The DS records that the child asks for, once it is certain that it does and that they keep its chain of trust.

    *not_before*: inception that a signature must have at least, *now*: the moment at which it must be valid, both in
    seconds since 1970. ChildError, in BIND's words, unless all is in order.
    """
    _check_signed(child)
    checker = _Checker(child, not_before, now, tell)
    oldest = _believe(child, checker, parent_ds, tell)
    if not child.cds.rdatas and not child.cdnskey.rdatas:
        tell.say(1, f"{child.text} has neither CDS nor CDNSKEY records")
        return Followed(parent_ds, oldest, asked=False)
    _check_request(child)
    wanted = _wanted(child, wish, tell)
    _check_chain(child, checker, wanted, tell)
    return Followed(wanted, oldest)


def _check_signed(child: Child) -> None:
    if not child.dnskey.rdatas or not child.dnskey.signatures:
        raise ChildError(f"could not find signed DNSKEY RRset for {child.text}")
    for name, rrset in (("CDNSKEY", child.cdnskey), ("CDS", child.cds)):
        if rrset.rdatas and not rrset.signatures:
            raise ChildError(f"missing RRSIG {name} records for {child.text}")


def _believe(child: Child, checker: _Checker, parent_ds: tuple[bytes, ...], tell: Listener) -> Rrsig:
    """The oldest signature that counts; ChildError unless each RRset has one."""
    tell.say(1, "which child DNSKEY records match parent DS records?")
    trusted = checker.keys_of(parent_ds, strict=False)
    for rrtype, name, rrset in (
        (DNSKEY, "DNSKEY", child.dnskey),
        (CDNSKEY, "CDNSKEY", child.cdnskey),
        (CDS, "CDS", child.cds),
    ):
        if not rrset.rdatas:
            continue
        tell.say(1, f"verify {name} signature(s)")
        if not checker.algorithms(rrtype, rrset, trusted):
            raise ChildError(f"could not validate child {name} RRset for {child.text}")
    oldest = checker.oldest
    assert oldest is not None  # the DNSKEY RRset has a signature that counts
    tell.say_moment(1, "child signature inception time", oldest.inception)
    tell.say(2, f"from RRSIG {_NAMES[oldest.covered]} by key {oldest.tag}")
    return oldest


def _check_request(child: Child) -> None:
    """ChildError unless the request is one to follow.

    Not followed is the one to take all DS records away (RFC 8078 section 4): that is for a person to do. Who publishes
    both kinds of records must mean the same keys by both (RFC 7344 section 4).
    """
    if _DELETE_CDS in child.cds.rdatas or any(rdata[3] == 0 for rdata in child.cdnskey.rdatas):
        raise ChildError(
            f"{child.text} asks to have its DS records removed (RFC 8078 section 4), which is not done by itself: "
            "if it is to become insecure, take them out of the parent"
        )
    if not child.cds.rdatas or not child.cdnskey.rdatas:
        return
    by_cds = {(int.from_bytes(rdata[:2], "big"), rdata[2]) for rdata in child.cds.rdatas}
    by_cdnskey = {(facts.key_tag(rdata), rdata[3]) for rdata in child.cdnskey.rdatas}
    if by_cds != by_cdnskey:
        raise ChildError(f"CDS and CDNSKEY records at {child.text} are not about the same keys (RFC 7344 section 4)")


def _wanted(child: Child, wish: Wish, tell: Listener) -> tuple[bytes, ...]:
    if child.cds.rdatas and not (wish.prefer_cdnskey and child.cdnskey.rdatas):
        accepted = tuple(rdata for rdata in child.cds.rdatas if rdata[3] in wish.digests)
        if accepted:
            return accepted
        if not child.cdnskey.rdatas:
            raise ChildError(f"CDS records at {child.text} do not match any -a digest types")
        tell.say(1, "CDS records have no allowed digest types; using CDNSKEY instead")
    try:
        return tuple(ds_rdata(child.zone, rdata, digest) for digest in wish.digests for rdata in child.cdnskey.rdatas)
    except ValueError:
        raise ChildError("ds_from_rdata(): not implemented") from None


def _check_chain(child: Child, checker: _Checker, wanted: tuple[bytes, ...], tell: Listener) -> None:
    """ChildError unless a validator that has only the new DS records still finds a way to the DNSKEY RRset."""
    tell.say(1, "which child DNSKEY records match new DS records?")
    matching = checker.keys_of(wanted, strict=True)
    if not _consistent(wanted):
        raise ChildError(f"CDS records at {child.text} do not cover each key with the same set of digest types")
    tell.say(1, "verify DNSKEY signature(s)")
    signed = checker.algorithms(DNSKEY, child.dnskey, matching)
    missing = [rdata for rdata in wanted if rdata[2] not in signed]
    for rdata in missing:
        tell.say(0, f"missing signature for algorithm {rdata[2]} (key {int.from_bytes(rdata[:2], 'big')})")
    if missing:
        raise ChildError(f"could not validate child DNSKEY RRset with new DS records for {child.text}")


def _consistent(ds: Iterable[bytes]) -> bool:
    """Has each key the same set of digest types?"""
    types: dict[bytes, set[int]] = {}
    for rdata in ds:
        types.setdefault(rdata[:3], set()).add(rdata[3])
    return len({frozenset(numbers) for numbers in types.values()}) == 1


class _Checker:
    """Finds out which keys are trusted, and what they have signed."""

    def __init__(self, child: Child, not_before: int, now: int, tell: Listener) -> None:
        self.child, self.not_before, self.now, self.tell = child, not_before, now, tell
        self.oldest: Rrsig | None = None

    def keys_of(self, ds: tuple[bytes, ...], *, strict: bool) -> frozenset[bytes]:
        """The DNSKEYs that DS records are digests of.

        *strict*: a DS record with a key's tag and algorithm must be of that key.
        """
        return frozenset(rdata for rdata in self.child.dnskey.rdatas if self._is_listed(rdata, ds, strict))

    def _is_listed(self, dnskey: bytes, ds: tuple[bytes, ...], strict: bool) -> bool:
        tag, algorithm = facts.key_tag(dnskey), dnskey[3]
        for rdata in ds:
            if rdata[:3] != tag.to_bytes(2, "big") + bytes([algorithm]):
                continue
            shown = f"{tag} {algorithm} {rdata[3]}"
            try:
                expected = ds_rdata(self.child.zone, dnskey, rdata[3])
            except ValueError:
                shown = f"keytag={tag}, algo={algorithm}, digest={rdata[3]}"
                self.tell.say(3, f"dns_ds_buildrdata({shown}): not implemented")
                continue
            if rdata == expected:
                self.tell.say(1, f"found matching DS {shown}")
                return True
            if strict:
                self.tell.say(0, f"key does not match DS {shown} when it looks like it should")
                return False
        self.tell.say(1, f"no matching DS for DNSKEY {tag} {algorithm}")
        return False

    def algorithms(self, rrtype: int, rrset: RRset, trusted: frozenset[bytes]) -> set[int]:
        """Algorithms of the trusted keys that have signed an RRset, by signatures that count."""
        found: set[int] = set()
        for rdata in rrset.signatures:
            rrsig = parse_rrsig(rdata)
            if times.is_before(rrsig.inception, self.not_before):
                self.tell.say(1, f"skip RRSIG by key {rrsig.tag}: too old")
                continue
            for dnskey in self._named_by(rrsig):
                if self._counts(rrtype, rrset, rrsig, dnskey, dnskey in trusted):
                    found.add(rrsig.algorithm)
                    self._note_age(rrsig)
        return found

    def _named_by(self, rrsig: Rrsig) -> list[bytes]:
        if rrsig.signer.lower() != self.child.zone.lower():
            return []
        keys = self.child.dnskey.rdatas
        return [rdata for rdata in keys if (facts.key_tag(rdata), rdata[3]) == (rrsig.tag, rrsig.algorithm)]

    def _counts(self, rrtype: int, rrset: RRset, rrsig: Rrsig, dnskey: bytes, trusted: bool) -> bool:
        if not trusted:
            self.tell.say(1, f"skip RRSIG by key {rrsig.tag}: no matching (C)DS")
            return False
        why = why_not_signed_by(dnskey, rrsig, self.child.zone, rrtype, rrset.rdatas, self.child.rrclass, self.now)
        if why is not None:
            self.tell.say(1, f"skip RRSIG by key {rrsig.tag}: verification failed: {why}")
            return False
        self.tell.say(1, f"found RRSIG by key {rrsig.tag}")
        return True

    def _note_age(self, rrsig: Rrsig) -> None:
        if self.oldest is None or times.is_before(rrsig.inception, self.oldest.inception):
            self.tell.say_moment(2, "this is the oldest so far", rrsig.inception)
            self.oldest = rrsig
