"""For -v: what becomes of each signature, in BIND's words. A walk of its own: the signing itself has no words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastsign import _core
from fastsign.keys.facts import algorithm_name, key_tag
from fastsign.keys.names import to_message
from fastsign.keys.rrsig import parse_rrsig
from fastsign.sign.denial import NSEC, Chain
from fastsign.sign.image import kept_signatures
from fastsign.sign.makers import Makers
from fastsign.sign.plan import SIGNS_CDS, SIGNS_DNSKEY, SIGNS_REST
from fastsign.sign.retain import KeyUse, Verdict
from fastsign.sign.shards import Work
from fastsign.sign.tell import Tell
from fastsign.zone.arena import Arena
from fastsign.zone.order import CUT, EMPTY, OCCLUDED, OUTSIDE, Order

_DS, _RRSIG, _NSEC, _DNSKEY, _NSEC3, _CDS, _CDNSKEY = 43, 46, 47, 48, 50, 59, 60
_ROLE = {_DNSKEY: SIGNS_DNSKEY, _CDS: SIGNS_CDS, _CDNSKEY: SIGNS_CDS}
_NO_NODE = 2**32 - 1
_NAME_MAX = 255  # octets

# {key} is the signature's.
_WORDS = {
    Verdict.KEPT: "rrsig by {key} retained",
    Verdict.KEPT_OFFLINE: "rrsig by {key} retained - private key missing",
    Verdict.PERIOD: "rrsig by {key} dropped - invalid validity period",
    Verdict.UNKNOWN: "rrsig by {key} dropped - private dnskey not found",
    Verdict.FUTURE: "rrsig by {key} dropped - not yet valid",
    Verdict.INACTIVE: "rrsig by {key} dropped - key inactive",
    Verdict.REMOVED: "rrsig by {key} dropped - dnskey removed",
    Verdict.REFRESH: "rrsig by {key} dropped - refresh",
    Verdict.TTL: "rrsig by {key} dropped - ttl change",
    Verdict.FAILED: "rrsig by {key} dropped - failed to verify",
}
_KEPT = (Verdict.KEPT, Verdict.KEPT_OFFLINE)
_RENEWED = (Verdict.REFRESH, Verdict.TTL, Verdict.FAILED)


@dataclass(frozen=True, slots=True)
class _Signed:
    """An RRset that is signed."""

    owner: str
    rrtype: int
    ttl: int
    node: int  # that may have its signatures of the input
    retained: int  # a bit for each signer that has none to make
    anew: int  # a bit for each that makes one beyond its part
    image: int  # where the image has signatures over it that stay, or 0


def narrate(work: Work, makers: Makers | None, tell: Tell) -> None:
    """Tell of every signed RRset: who signs it (level 1), what becomes of its signatures (2), their checks (3)."""
    _Narrator(work, makers, tell).run()


def tell_of_capping(arena: Arena, order: Order, max_ttl: int, tell: Tell) -> None:
    """Which RRsets get a lower TTL (level 2)."""
    if tell.verbosity < 2:
        return
    ttls = order.rrset_ttl.view()
    for node, name in enumerate(order.node_name.view()):
        for rrtype, rrset in order.rrsets(node).items():
            if ttls[rrset] > max_ttl:
                label = f"{to_message(arena.name(name))}/{_core.rrtype_to_text(rrtype)}"
                tell.detail(2, f"reducing ttl of {label} from {ttls[rrset]} to {max_ttl}")


class _Narrator:
    def __init__(self, work: Work, makers: Makers | None, tell: Tell) -> None:
        self.work, self.tell = work, tell
        zone = to_message(work.apex)
        self.keys = [f"{zone}/{algorithm_name(signer.algorithm)}/{signer.tag}" for signer in work.signers]
        self.signing = {key: use.signer for key, use in _uses(makers)}
        self.lifetime = (work.signers[0].expiration - work.signers[0].inception) % 2**32 if work.signers else 2**32

    def run(self) -> None:
        if self.work.chain is not None and self.work.chain.kind != NSEC:
            self._tell_of_hashes(self.work.chain)
        for rrset in self._signed_rrsets():
            rows, of_image = self._signatures(rrset), list(self._kept_of_image(rrset))
            label = f"{rrset.owner}/{_core.rrtype_to_text(rrset.rrtype)}"
            if not rows and not of_image:
                self.tell.detail(2, f"no existing signatures for {label}")
            self.tell.detail(1, f"{label}:")
            for key in of_image:
                self.tell.detail(2, "\t" + _WORDS[Verdict.KEPT].format(key=key))
            renewed = {signer for row in rows if (signer := self._tell_of(rrset, row)) is not None}
            for number in range(len(self.work.signers)):
                if number not in renewed and self._makes(rrset, number):
                    self._tell_of_new("signing", number)

    def _tell_of_hashes(self, chain: Chain) -> None:
        """The hash of each name of the chain, and of the wildcard below it unless there is one."""
        arena, names = self.work.arena, self.work.order.node_name.view()
        existing = {bytes(arena.name(name)).lower() for name in names}
        skips = chain.skip.view()
        places = sorted((node, not skips[entry], skips[entry]) for entry, node in enumerate(chain.source.view()))
        for node, _, skip in places:
            name = _parent(arena.name(names[node]), skip).lower()
            self._tell_of_hash(chain, name)
            wildcard = b"\x01*" + name
            if len(wildcard) <= _NAME_MAX and wildcard not in existing:
                self.tell.note(f"adding no-wildcardhash for {to_message(wildcard)}\n")
                self._tell_of_hash(chain, wildcard)

    def _tell_of_hash(self, chain: Chain, name: bytes) -> None:
        digest = _core.nsec3_hash(name, chain.salt, chain.iterations)
        self.tell.note(f"{digest.hex()} {to_message(name)}\n")

    def _tell_of(self, rrset: _Signed, row: int) -> int | None:
        """A signature of the input; the signer that makes it anew, if one does."""
        arena = self.work.arena
        rrsig = parse_rrsig(arena.record_rdata(row))
        key = f"{to_message(rrsig.signer)}/{algorithm_name(rrsig.algorithm)}/{rrsig.tag}"
        assert self.work.retained is not None  # there are signatures
        verdict = Verdict(self.work.retained.verdict.view()[row])
        self.tell.detail(2, "\t" + _WORDS[verdict].format(key=key))
        if verdict not in _KEPT:
            self.tell.detail(2, f"\tremoving signature by {key}")
        elif arena.ttl.view()[row] != min(rrset.ttl, self.lifetime):
            self.tell.detail(2, f"\tfixing ttl {key}")
        number = self.signing.get((rrsig.algorithm, rrsig.tag))
        if verdict not in _RENEWED or number is None or not self._makes(rrset, number):
            return None
        self._tell_of_new("resigning", number)
        return number

    def _tell_of_new(self, verb: str, number: int) -> None:
        self.tell.detail(1, f"\t{verb} with dnskey {self.keys[number]}")
        if self.work.check:
            self.tell.detail(3, "\tsignature verified")

    def _makes(self, rrset: _Signed, number: int) -> bool:
        part = bool(self.work.signers[number].roles & _ROLE.get(rrset.rrtype, SIGNS_REST))
        return (part or bool(rrset.anew >> number & 1)) and not rrset.retained >> number & 1

    def _signatures(self, rrset: _Signed) -> list[int]:
        """Rows of the input's RRSIGs that cover the RRset."""
        work = self.work
        if work.retained is None or not len(work.retained.verdict) or rrset.node == _NO_NODE:
            return []
        rrsigs = work.order.rrsets(rrset.node).get(_RRSIG)
        rows = work.order.rows(rrsigs) if rrsigs is not None else []
        return [row for row in rows if int.from_bytes(work.arena.record_rdata(row)[:2], "big") == rrset.rrtype]

    def _kept_of_image(self, rrset: _Signed) -> Iterator[str]:
        """The keys of signatures that come from an image."""
        if self.work.retained is not None and rrset.image:
            zone = to_message(self.work.apex.lower())
            for algorithm, tag in kept_signatures(self.work.retained.image_rows, rrset.image):
                yield f"{zone}/{algorithm_name(algorithm)}/{tag}"

    def _signed_rrsets(self) -> Iterator[_Signed]:
        """In the order in which they are signed."""
        order, chain = self.work.order, self.work.chain
        nsec = {node: entry for entry, node in enumerate(chain.source.view())} if chain and chain.kind == NSEC else {}
        ttls = order.rrset_ttl.view()
        for node, flags in enumerate(order.node_flags.view()):
            if flags & (OUTSIDE | OCCLUDED | EMPTY):
                continue
            owner = to_message(self.work.arena.name(order.node_name.view()[node]))
            for rrtype, rrset in order.rrsets(node).items():
                if rrtype != _RRSIG and (not flags & CUT or rrtype == _DS):
                    yield _Signed(owner, rrtype, ttls[rrset], node, *self._duty("rrset", rrset))
            if node in nsec:
                assert chain is not None
                yield _Signed(owner, _NSEC, chain.ttl, node, *self._duty("entry", nsec[node]))
        if chain is not None and chain.kind != NSEC:
            yield from self._signed_entries()

    def _signed_entries(self) -> Iterator[_Signed]:
        work, chain = self.work, self.work.chain
        assert chain is not None
        hashes, zone = chain.hash.view(), to_message(work.apex).removesuffix(".")
        nodes = {bytes(work.arena.name(name)).lower(): node for node, name in enumerate(work.order.node_name.view())}
        for entry in range(len(chain.source)):
            label = _core.hash_label(bytes(hashes[20 * entry : 20 * entry + 20]))
            node = nodes.get(b"\x20" + label + work.apex.lower(), _NO_NODE)
            owner = f"{label.decode().upper()}.{zone}"
            yield _Signed(owner, _NSEC3, chain.ttl, node, *self._duty("entry", entry))

    def _duty(self, kind: str, at: int) -> tuple[int, int, int]:
        retained = self.work.retained
        if retained is None:
            return 0, 0, 0
        words, anew, image = (getattr(retained, name).view() for name in (kind, f"{kind}_anew", f"{kind}_image"))
        return words[at], anew[at] if len(anew) else 0, image[at] if len(image) else 0


def _uses(makers: Makers | None) -> Iterator[tuple[tuple[int, int], KeyUse]]:
    if makers is not None:
        for rdata, use in zip(makers.keys, makers.uses, strict=True):
            if use.signer is not None:
                yield (rdata[3], key_tag(rdata)), use


def _parent(name: bytes, labels: int) -> bytes:
    """The name less so many labels."""
    for _ in range(labels):
        name = name[1 + name[0] :]
    return name
