"""The keys of one signing: which are in the DNSKEY RRset, which sign, and the apex records that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastsign.errors import SigningError
from fastsign.keys import facts
from fastsign.keys.folder import KeyFolder, KeyStore
from fastsign.keys.load import ZoneKey
from fastsign.keys.select import Selection, select_by_roles, select_plain, select_smart, ttl_conflict
from fastsign.keys.sync import select_sync
from fastsign.sign.apex import CDNSKEY, CDS, DNSKEY, SOA, Apex
from fastsign.sign.job import Job
from fastsign.sign.tell import Tell

if TYPE_CHECKING:
    from fastsign.keys.skr import Bundle


def choose_keys(job: Job, apex: Apex, tell: Tell) -> Selection:
    """Select the keys as BIND does and bring the apex's DNSKEY, CDS and CDNSKEY RRsets in line with them.

    SigningError or KeyFileError, in BIND's words, if the zone can't be signed by them.
    """
    if job.offline_keyset is not None:
        selection = _choose_under_bundle(job, apex, job.offline_keyset, tell)
    else:
        selection = _select(job, apex, tell)
        _update_dnskeys(apex, selection)
        if job.smart and job.roles is None:
            _update_sync(job, apex, selection, tell)
    _check_keys(job, apex, selection, tell)
    return selection


def _choose_under_bundle(job: Job, apex: Apex, bundle: Bundle, tell: Tell) -> Selection:
    """The key records and their signatures are the bundle's; the keys that are here sign the rest."""
    from fastsign.sign.offline import place_bundle, under_bundle

    place_bundle(job, apex, bundle)
    return under_bundle(job, _select(job, apex, tell), bundle)


def _select(job: Job, apex: Apex, tell: Tell) -> Selection:
    store = job.keys or KeyFolder(job.key_directory)
    zone_keys = _zone_keys(job, store, apex, tell)
    if job.roles is not None:
        return select_by_roles(zone_keys, store.find(job.origin), job.roles, apex.ttl_of(DNSKEY) or apex.soa_ttl)
    named = store.named(job.origin, job.key_names)
    named_ksks = store.named(job.origin, job.ksk_names)
    if job.smart:
        return select_smart(
            job.origin,
            zone_keys,
            store.find(job.origin),
            job.now,
            rrset_ttl=_rrset_ttl(job, apex, tell),
            default_ttl=_default_ttl(job, apex),
            named=named,
            named_ksks=named_ksks,
            named_ttls=job.named_ttls,
            active=_active_keys(apex),
            ksk_only=job.ksk_only_keyset,
            ignore_ksk_flag=job.ignore_ksk_flag,
        )
    return select_plain(
        job.origin,
        zone_keys,
        named=named,
        named_ksks=named_ksks,
        dnskey_ttl=_rrset_ttl(job, apex, tell) or apex.soa_ttl,
        ksk_only=job.ksk_only_keyset,
        ignore_ksk_flag=job.ignore_ksk_flag,
    )


def _zone_keys(job: Job, store: KeyStore, apex: Apex, tell: Tell) -> list[ZoneKey]:
    """The zone's DNSKEYs; with their files unless the command line names the keys that sign."""
    dnskeys = sorted(apex.rdata_of(DNSKEY))  # in canonical order, that of BIND's warnings
    if job.key_names and not job.smart:
        return [ZoneKey(rdata) for rdata in dnskeys]
    keys, warnings = store.of_zone(job.origin, dnskeys)
    for warning in warnings:
        tell.warn(warning)
    return keys


def _active_keys(apex: Apex) -> set[tuple[int, int]]:
    """(algorithm, tag) of the keys with a signature over the input's SOA or DNSKEY RRset."""
    return {(rdata[2], int.from_bytes(rdata[16:18], "big")) for rdata in apex.signatures_over(SOA, DNSKEY)}


def _default_ttl(job: Job, apex: Apex) -> int:
    """The TTL of DNSKEYs for which neither the zone nor their files have one."""
    limit = 2**32 if job.max_ttl is None else job.max_ttl
    return min(apex.soa_ttl if job.key_ttl is None else job.key_ttl, limit)


def _rrset_ttl(job: Job, apex: Apex, tell: Tell) -> int | None:
    ttl = apex.ttl_of(DNSKEY)
    if ttl is not None and job.key_ttl is not None and job.key_ttl != ttl:
        tell.note(ttl_conflict(job.key_ttl, ttl))
    return ttl


def _update_dnskeys(apex: Apex, selection: Selection) -> None:
    if not selection.added and not selection.removed:
        return
    kept = [rdata for rdata in apex.rdata_of(DNSKEY) if rdata not in selection.removed]
    apex.replace(DNSKEY, selection.dnskey_ttl, kept + [rdata for rdata in selection.added if rdata not in kept])


def _update_sync(job: Job, apex: Apex, selection: Selection, tell: Tell) -> None:
    """CDS and CDNSKEY follow their keys; their TTL is the DNSKEY RRset's (RFC 7344 section 4)."""
    change = select_sync(
        job.origin,
        selection,
        apex.rdata_of(CDS),
        apex.rdata_of(CDNSKEY),
        job.now,
        digests=job.sync_digests,
        publish_cdnskey=job.sync_cdnskey,
    )
    ttl = apex.ttl_of(DNSKEY) or selection.dnskey_ttl
    for rrtype, added, removed in (
        (CDS, change.add_cds, change.remove_cds),
        (CDNSKEY, change.add_cdnskey, change.remove_cdnskey),
    ):
        if added or removed:
            kept = [rdata for rdata in apex.rdata_of(rrtype) if rdata not in removed]
            apex.replace(rrtype, ttl, kept + [rdata for rdata in added if rdata not in kept])
    for line in change.logs:
        tell.detail(1, f"info: {line}")


def _check_keys(job: Job, apex: Apex, selection: Selection, tell: Tell) -> None:
    if not selection.keys:
        if job.verify:
            raise SigningError("No signing keys specified or found.")
        tell.warn("No keys specified or found")
    dnskeys = [facts.dnskey(rdata) for rdata in apex.rdata_of(DNSKEY)]
    if not dnskeys:
        raise SigningError("failed to find keys at the zone apex: not found")
    if not job.ignore_ksk_flag and all(key.flags & facts.SEP for key in dnskeys):
        if job.verify:
            raise SigningError("No non-KSK DNSKEY found; supply a ZSK or use '-z'.")
        tell.warn("No non-KSK DNSKEY found; supply a ZSK or use '-z'.")
    for algorithm in sorted({key.algorithm for key in selection.signers} & facts.DEPRECATED):
        name = facts.algorithm_name(algorithm)
        tell.note(f"WARNING: DNSKEY algorithm '{name}' is deprecated. Please migrate to another algorithm\n")
