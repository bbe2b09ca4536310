"""What a policy should be told about a zone: where its times and the zone's do not fit together."""

from __future__ import annotations

from collections.abc import Iterator

from fastsign.kasp.config import SIG_SIGNING_NODES, Zone
from fastsign.kasp.durations import format_duration as span
from fastsign.kasp.policy import Policy


def advise(
    policy: Policy, soa_expire: int, soa_minimum: int, largest_ttl: int, *, ds_ttl: int | None = None
) -> tuple[str, ...]:
    """Warnings for the operator, one sentence each: what, why, and what to do. All times are in seconds.

    *largest_ttl* is the zone's, without what signing adds; *ds_ttl* that of the DS records at the parent, if known.
    """
    return (
        *_about_ttls(policy, soa_minimum, largest_ttl, ds_ttl),
        *_about_signatures(policy, soa_expire, largest_ttl),
    )


def without_effect(zone: Zone) -> tuple[str, ...]:
    """Warnings about what a zone's configuration sets and fastsign has no use for: a chain is built in one run."""
    if zone.policy is None or zone.sig_signing_nodes == SIG_SIGNING_NODES:
        return ()
    nodes = f"sig-signing-nodes {zone.sig_signing_nodes}"
    return (f"{nodes} has no effect: a chain of NSEC or NSEC3 records is built and published in one piece",)


def _about_ttls(policy: Policy, soa_minimum: int, largest_ttl: int, ds_ttl: int | None) -> Iterator[str]:
    limit = policy.zone_ttl
    name = "max-zone-ttl" if policy.max_zone_ttl else "a week, which stands for max-zone-ttl 0"
    if policy.max_zone_ttl and largest_ttl > policy.max_zone_ttl:
        yield (
            f"the zone has a TTL of {span(largest_ttl)}, more than max-zone-ttl {span(policy.max_zone_ttl)}: named "
            "refuses to load such a zone, for its rollovers would be too fast for what caches hold; "
            f"set max-zone-ttl {span(largest_ttl)} or lower the TTL"
        )
    elif largest_ttl > limit:
        yield (
            f"the zone has a TTL of {span(largest_ttl)}, more than {name}: rollovers would be too fast for what caches "
            f"hold; set max-zone-ttl {span(largest_ttl)} or lower the TTL"
        )
    if soa_minimum > limit:
        yield (
            f"the SOA record lets negative answers be cached for {span(soa_minimum)}, more than {name}, and with them "
            f"signatures (RFC 9077); set max-zone-ttl {span(soa_minimum)} or lower the SOA minimum"
        )
    if ds_ttl is not None and ds_ttl > policy.parent_ds_ttl:
        yield (
            f"the DS records at the parent have a TTL of {span(ds_ttl)}, more than parent-ds-ttl "
            f"{span(policy.parent_ds_ttl)}: a key could go while its DS is still in caches; "
            f"set parent-ds-ttl {span(ds_ttl)}"
        )


def _about_signatures(policy: Policy, soa_expire: int, largest_ttl: int) -> Iterator[str]:
    refresh = policy.signatures_refresh
    if refresh < soa_expire:
        yield (
            f"signatures-refresh {span(refresh)} is less than the SOA expire {span(soa_expire)}: a secondary that is "
            "cut off serves signatures that have expired (RFC 6781 section 4.4.2.1); "
            f"set signatures-refresh {span(soa_expire)} or lower the SOA expire"
        )
    needed = largest_ttl + policy.zone_propagation_delay
    if refresh < needed:
        yield (
            f"signatures-refresh {span(refresh)} is less than the largest TTL and zone-propagation-delay, "
            f"{span(needed)}: signatures expire while they are in caches (RFC 6781 section 4.4.2.1); "
            f"set signatures-refresh {span(needed)} or lower the TTL"
        )
    spread = policy.signatures_validity - policy.signatures_jitter
    if spread <= refresh:
        yield (
            f"signatures-validity {span(policy.signatures_validity)} less signatures-jitter "
            f"{span(policy.signatures_jitter)} is no more than signatures-refresh {span(refresh)}: some signatures are "
            "due again as soon as they are made; lower signatures-jitter or signatures-refresh"
        )
