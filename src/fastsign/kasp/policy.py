"""A key and signing policy (dnssec-policy), and the intervals that follow from it. Pure: no files, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign.keys.ds import SHA256

MINUTE, HOUR, DAY = 60, 3600, 86400
UNLIMITED = 0  # lifetime of a key that is never rolled
KEY_DIRECTORY = "key-directory"  # the built-in key store: the zone's own folder
_TTL_WHERE_UNLIMITED = 7 * DAY  # BIND's supposition of a zone whose policy sets no highest TTL (max-zone-ttl 0)


@dataclass(frozen=True, slots=True)
class KeyRule:
    """One line of a policy's keys { }: a key that the zone is to have."""

    ksk: bool
    zsk: bool  # both: a combined signing key (CSK)
    algorithm: int
    bits: int  # as key files count them: 256 for P-256
    lifetime: int = UNLIMITED  # seconds
    tag_min: int = 0
    tag_max: int = 0xFFFF
    store: str = KEY_DIRECTORY

    @property
    def role(self) -> str:
        return ("CSK" if self.zsk else "KSK") if self.ksk else "ZSK"


@dataclass(frozen=True, slots=True)
class Nsec3Rule:
    """nsec3param: the zone is to have an NSEC3 chain (RFC 5155) of these parameters."""

    iterations: int = 0
    opt_out: bool = False
    salt_length: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """One dnssec-policy, in seconds. The defaults are those of BIND's policy "default", which has one CSK."""

    name: str
    keys: tuple[KeyRule, ...]
    cdnskey: bool = True
    cds_digest_types: tuple[int, ...] = (SHA256,)
    dnskey_ttl: int = HOUR
    inline_signing: bool = True
    manual_mode: bool = False
    offline_ksk: bool = False
    max_zone_ttl: int = DAY  # 0: no limit
    nsec3: Nsec3Rule | None = None  # None: NSEC
    parent_ds_ttl: int = DAY
    parent_propagation_delay: int = HOUR
    publish_safety: int = HOUR
    retire_safety: int = HOUR
    purge_keys: int = 90 * DAY  # 0: never
    signatures_jitter: int = 12 * HOUR
    signatures_refresh: int = 5 * DAY
    signatures_validity: int = 14 * DAY
    signatures_validity_dnskey: int = 14 * DAY
    zone_propagation_delay: int = 5 * MINUTE

    @property
    def zone_ttl(self) -> int:
        """The highest TTL that a zone of this policy is supposed to have."""
        return self.max_zone_ttl or _TTL_WHERE_UNLIMITED

    @property
    def signing_delay(self) -> int:
        """Dsgn: after so long every signature has been made anew (RFC 7583 section 3.2.2)."""
        return self.signatures_validity - self.signatures_refresh

    def publish_interval(self, dnskey_ttl: int | None = None) -> int:
        """Ipub: from a DNSKEY's publication until every validator may rely on it (RFC 7583 section 3.2.1)."""
        ttl = self.dnskey_ttl if dnskey_ttl is None else dnskey_ttl
        return ttl + self.publish_safety + self.zone_propagation_delay

    def retire_interval_ksk(self) -> int:
        """Iret of a KSK: from its successor's DS at the parent until nobody relies on it (RFC 7583 section 3.3.1)."""
        return self.parent_ds_ttl + self.parent_propagation_delay + self.retire_safety

    def retire_interval_zsk(self) -> int:
        """Iret of a ZSK: from its last new signature until the last one has left the caches."""
        return self.zone_ttl + self.zone_propagation_delay + self.retire_safety + self.signing_delay

    def retire_interval(self, ksk: bool, zsk: bool) -> int:
        """Iret of a key by its roles; of a CSK the longer of both."""
        return max(self.retire_interval_ksk() if ksk else 0, self.retire_interval_zsk() if zsk else 0)
