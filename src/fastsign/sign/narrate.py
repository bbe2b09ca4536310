"""For -v: which key signs which RRset, in BIND's words. A walk of its own: the signing itself has no words."""

from __future__ import annotations

from collections.abc import Iterator

from fastsign import _core
from fastsign.keys.facts import algorithm_name
from fastsign.keys.names import to_message
from fastsign.sign.denial import NSEC
from fastsign.sign.plan import SIGNS_CDS, SIGNS_DNSKEY, SIGNS_REST, Signer
from fastsign.sign.shards import Work
from fastsign.sign.tell import Tell
from fastsign.zone.order import CUT, EMPTY, OCCLUDED, OUTSIDE

_DS, _RRSIG, _NSEC, _DNSKEY, _NSEC3, _CDS, _CDNSKEY = 43, 46, 47, 48, 50, 59, 60
_ROLE = {_DNSKEY: SIGNS_DNSKEY, _CDS: SIGNS_CDS, _CDNSKEY: SIGNS_CDS}


def narrate(work: Work, tell: Tell) -> None:
    """Tell of every signed RRset which keys sign it (level 1), and what is kept or was not there (level 2)."""
    zone = to_message(work.apex)
    keys = [f"{zone}/{algorithm_name(signer.algorithm)}/{signer.tag}" for signer in work.signers]
    for owner, rrtype, kept in _signed_rrsets(work):
        rrset = f"{owner}/{_core.rrtype_to_text(rrtype)}"
        if not kept:
            tell.detail(2, f"no existing signatures for {rrset}")
        tell.detail(1, f"{rrset}:")
        for number, (signer, key) in enumerate(zip(work.signers, keys, strict=True)):
            if kept >> number & 1:
                tell.detail(2, f"\trrsig by {key} retained")
            elif _signs(signer, rrtype):
                tell.detail(1, f"\tsigning with dnskey {key}")


def _signs(signer: Signer, rrtype: int) -> bool:
    return bool(signer.roles & _ROLE.get(rrtype, SIGNS_REST))


def _signed_rrsets(work: Work) -> Iterator[tuple[str, int, int]]:
    """(owner, type, bits of the signers whose signatures are kept) of each, in the order in which they are signed."""
    order, chain = work.order, work.chain
    nsec = dict(zip(chain.source.view(), range(len(chain.source)), strict=True)) if chain and chain.kind == NSEC else {}
    kept_rrsets = work.retained.rrset.view() if work.retained else None
    for node, flags in enumerate(order.node_flags.view()):
        if flags & (OUTSIDE | OCCLUDED | EMPTY):
            continue
        owner = to_message(work.arena.name(order.node_name.view()[node]))
        for rrtype, rrset in order.rrsets(node).items():
            if rrtype != _RRSIG and (not flags & CUT or rrtype == _DS):
                yield owner, rrtype, kept_rrsets[rrset] if kept_rrsets else 0
        if node in nsec:
            yield owner, _NSEC, _kept_entry(work, nsec[node])
    if chain is not None and chain.kind != NSEC:
        hashes = chain.hash.view()
        for entry in range(len(chain.source)):
            label = _core.hash_label(bytes(hashes[20 * entry : 20 * entry + 20])).decode().upper()
            yield f"{label}.{to_message(work.apex).removesuffix('.')}", _NSEC3, _kept_entry(work, entry)


def _kept_entry(work: Work, entry: int) -> int:
    kept: int = work.retained.entry.view()[entry] if work.retained else 0
    return kept
