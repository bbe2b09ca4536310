"""A zone whose KSK is offline: its key records and the signatures over them are those of a bundle, made elsewhere."""

from __future__ import annotations

from dataclasses import replace

from fastsign.errors import SigningError, SkrError
from fastsign.keys import facts
from fastsign.keys.select import Selection
from fastsign.keys.skr import RRSIG, TYPES, Bundle, check_bundle
from fastsign.sign.apex import Apex
from fastsign.sign.job import Job
from fastsign.sign.plan import SIGNS_CDS, SIGNS_DNSKEY


def place_bundle(job: Job, apex: Apex, bundle: Bundle) -> None:
    """Make the bundle's records, and no others, the apex's DNSKEY, CDS and CDNSKEY RRsets and their signatures.

    SigningError if they do not verify now.
    """
    try:
        check_bundle(job.origin, bundle, job.now)
    except SkrError as error:
        raise SigningError(f"offline KSK: {error}") from None
    _take_out_signatures(apex)
    owner = apex.origin_id()
    for rrtype in TYPES:
        rrset = bundle.of(rrtype)
        apex.replace(rrtype, rrset.ttl, list(rrset.rdatas))
        apex.rows += [apex.arena.add_record(owner, RRSIG, rrset.ttl, rdata) for rdata in rrset.signatures]


def _take_out_signatures(apex: Apex) -> None:
    types = apex.arena.rrtype.view()
    for row in apex.rows_of(RRSIG):
        if int.from_bytes(apex.arena.record_rdata(row)[:2], "big") in TYPES:
            types[row] = 0


def under_bundle(job: Job, selection: Selection, bundle: Bundle) -> Selection:
    """The selection as it is where keys neither come nor go but with the bundle, and none signs what it has signed.

    SigningError if a key is to sign that the bundle has not: no validator would know it.
    """
    for key in selection.signers:
        if key.rdata not in bundle.dnskeys:
            text = facts.key_text(job.origin, key.rdata)
            raise SigningError(
                f"offline KSK: key {text} is to sign the zone and is not in the SKR bundle that is in force; "
                "import a response to a request that has it"
            )
    keys = tuple(
        replace(key, roles=key.roles & ~(SIGNS_DNSKEY | SIGNS_CDS), published=True, deleted=False)
        for key in selection.keys
        if key.rdata in bundle.dnskeys
    )
    return replace(selection, keys=keys, added=(), removed=(), removed_keys=(), reports=(), logs=())


def bundle_makers(bundle: Bundle) -> frozenset[tuple[int, int]]:
    """(algorithm, tag) of the keys that have signed a bundle."""
    signatures = (rdata for rrset in bundle.rrsets.values() for rdata in rrset.signatures)
    return frozenset((rdata[2], int.from_bytes(rdata[16:18], "big")) for rdata in signatures)
