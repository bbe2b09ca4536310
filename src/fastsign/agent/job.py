"""What the signer is to do for a zone under a policy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from fastsign.agent.content import Content
from fastsign.agent.keystore import KnownKeys
from fastsign.agent.zone import Prepared, ZoneFile
from fastsign.kasp.policy import Policy
from fastsign.keys import facts
from fastsign.keys.files import KeyFile
from fastsign.sign.apex import ZONEMD
from fastsign.sign.denial import Wanted
from fastsign.sign.job import BEGINS_BEFORE, Job
from fastsign.sign.spread import Spread
from fastsign.sign.zonemd import HASHES

_AT_ONCE = 3600  # seconds: signatures that would be due within so long of each other are made anew together
_SHA1 = 1  # the one hash algorithm of NSEC3 (RFC 5155 section 11)


def refresh_before(policy: Policy) -> int:
    """A signature is made anew when it ends within so many seconds: those soon due are taken along."""
    return policy.signatures_refresh + _at_once(policy)


def refresh_at(policy: Policy, expires: int | None) -> int | None:
    """When the first signature has to be made anew."""
    return None if expires is None else expires - policy.signatures_refresh


def _at_once(policy: Policy) -> int:
    validity = min(policy.signatures_validity, policy.signatures_validity_dnskey)
    spare = validity - policy.signatures_jitter - policy.signatures_refresh
    return max(0, min(_AT_ONCE, spare // 10))


def make_job(
    origin: bytes,
    policy: Policy,
    zone: ZoneFile,
    content: Content,
    keys: Sequence[KeyFile],
    salt: bytes | None,
    now: int,
    output: str,
    image: str | None,
    spread: Spread | None = None,
) -> Job:
    """The signing of a prepared zone. *salt* is that of NSEC3; *keys* are all keys of the zone as the step has them.

    *image*: file with the signatures of the last run, which gets the new ones.
    """
    return Job(
        zone_file=zone.source.path,
        source=Prepared(zone.arena, zone.source),
        origin=origin,
        now=now,
        inception=(now - BEGINS_BEFORE) % 2**32,
        expiration=(now + policy.signatures_validity) % 2**32,
        expiration_dnskey=(now + policy.signatures_validity_dnskey) % 2**32,
        denial=_denial(policy, salt),
        output=output,
        image=image,
        keys=KnownKeys(tuple(keys)),
        roles=content.roles,
        spread=spread,
        offline_keyset=content.bundle,
        cycle=refresh_before(policy),
        jitter=policy.signatures_jitter,
        seed=int.from_bytes(hashlib.sha256(origin).digest()[:8], "big"),  # spread over zones, the same at each run
        ignore_ksk_flag=content.has_csk,
        zonemd=_zonemd(zone),
        dsset_directory=None,
        header=f"; File written by fastsign for dnssec-policy {policy.name}\n".encode("utf-8", "replace"),
    )


def _zonemd(zone: ZoneFile) -> tuple[int, ...]:
    """A zone that comes with digests (RFC 8976) has them made anew, by the same hashes."""
    return tuple(sorted({rdata[5] for rdata in zone.apex.rdata_of(ZONEMD) if rdata[4] == 1} & set(HASHES.values())))


def _denial(policy: Policy, salt: bytes | None) -> Wanted:
    if policy.nsec3 is None or salt is None:
        return Wanted(update=True)
    return Wanted(salt, policy.nsec3.iterations, policy.nsec3.opt_out, update=True)


def nsec3param(policy: Policy, salt: bytes) -> bytes:
    """NSEC3PARAM RDATA of the policy's chain (RFC 5155 section 4.2)."""
    iterations = policy.nsec3.iterations if policy.nsec3 else 0
    return bytes([_SHA1, 0]) + iterations.to_bytes(2, "big") + bytes([len(salt)]) + salt


def choose_salt(
    policy: Policy, published: Sequence[bytes], dnskeys: Sequence[bytes], random: Callable[[int], bytes]
) -> bytes | None:
    """The salt of the NSEC3 chain, None for NSEC: that of the zone published last, unless its parameters were others.

    *published* are NSEC3PARAM RDATA of that zone. With a key that knows no NSEC3 in the zone, it is NSEC.
    """
    rule = policy.nsec3
    if rule is None or any(rdata[3] in facts.NSEC_ONLY for rdata in dnskeys):
        return None
    for rdata in published:
        if (rdata[0], int.from_bytes(rdata[2:4], "big"), rdata[4]) == (_SHA1, rule.iterations, rule.salt_length):
            return rdata[5:]
    return random(rule.salt_length)
