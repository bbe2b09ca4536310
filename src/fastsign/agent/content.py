"""What a zone's apex is to hold and who signs it: the keys' states, turned into records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fastsign.kasp.policy import Policy
from fastsign.keys import facts
from fastsign.keys.ds import DIGESTS, ds_rdata
from fastsign.keys.files import KeyFile
from fastsign.keys.select import SIGNS_CDS, SIGNS_DNSKEY, SIGNS_REST
from fastsign.keys.skr import Bundle
from fastsign.rollover.key import Key
from fastsign.sign.private_type import PRIVATE_TYPE

# RFC 8078 section 4: these ask the parent to take all DS records away.
DELETE_CDS, DELETE_CDNSKEY = bytes([0, 0, 0, 0, 0]), bytes([0, 0, 3, 0, 0])


@dataclass(frozen=True, slots=True)
class Content:
    """RDATA at the apex that is ours, and what each key signs."""

    ttl: int  # seconds, of the DNSKEY, CDS and CDNSKEY RRsets
    dnskeys: tuple[bytes, ...]
    cds: tuple[bytes, ...]
    cdnskeys: tuple[bytes, ...]
    roles: Mapping[bytes, int]  # DNSKEY RDATA -> SIGNS_*
    known: frozenset[bytes]  # DNSKEY RDATA of all our keys, in the zone or not
    known_cds: frozenset[bytes]  # CDS RDATA that are ours, in the zone or not
    bundle: Bundle | None = None  # of a zone whose KSK is offline: these records with their signatures
    late: tuple[bytes, ...] = ()  # DNSKEY RDATA of keys whose signatures come by and by, and count for nothing yet
    notes: tuple[bytes, ...] | None = None  # records of the private type (agent/spread.py); None: they stay as they are
    private_type: int = PRIVATE_TYPE

    @property
    def is_unsigned(self) -> bool:
        """Has the zone no key of ours any more, or not yet?"""
        return not self.dnskeys

    @property
    def has_csk(self) -> bool:
        ours = ((rdata, role) for rdata, role in self.roles.items() if rdata not in self.late)
        return any(rdata[1] & facts.SEP and role & SIGNS_REST for rdata, role in ours)

    def foreign_dnskeys(self, found: Iterable[bytes]) -> list[bytes]:
        """Those of other signers (RFC 8901): they stay as they are."""
        return [rdata for rdata in found if rdata not in self.known]

    def foreign_cds(self, found: Iterable[bytes]) -> list[bytes]:
        return [rdata for rdata in found if rdata not in self.known_cds and rdata[:4] != DELETE_CDS[:4]]

    def foreign_cdnskeys(self, found: Iterable[bytes]) -> list[bytes]:
        return [rdata for rdata in found if rdata not in self.known and rdata[3:4] != b"\0"]

    def fingerprint(self, policy: Policy) -> str:
        """Changes whenever a zone has to be signed anew though its own records and signatures are as they were."""
        digest = hashlib.sha256()
        for part in (self.dnskeys, self.cds, self.cdnskeys):
            digest.update(b"|".join(sorted(part)) + b"/")
        digest.update(repr((sorted(self.roles.items()), self.ttl, policy.nsec3)).encode())
        if self.notes is not None:
            digest.update(repr((self.private_type, self.late, self.notes)).encode())
        if self.bundle is not None:
            digest.update(repr(sorted(self.bundle.rrsets.items())).encode())
        return digest.hexdigest()


def content_of(zone: bytes, policy: Policy, keys: Sequence[Key], files: Mapping[str, KeyFile]) -> Content:
    """The apex by the keys' states. *zone* is in wire form, *files* has each key's file by name."""
    rdata = {key.name: files[key.name].rdata for key in keys}
    in_zone = [key for key in keys if key.in_zone]
    cds, cdnskeys = [], []
    for key in in_zone:
        if key.announces_ds:
            cds += [ds_rdata(zone, rdata[key.name], digest) for digest in policy.cds_digest_types]
            cdnskeys += [rdata[key.name]] if policy.cdnskey else []
    if not policy.keys and not cds and any(key.signs_dnskey and key.has_secret for key in in_zone):
        cds, cdnskeys = [DELETE_CDS], [DELETE_CDNSKEY]
    known = frozenset(_both_ways(rdata.values()))
    return Content(
        ttl=policy.dnskey_ttl,
        dnskeys=tuple(rdata[key.name] for key in in_zone),
        cds=tuple(cds),
        cdnskeys=tuple(cdnskeys),
        roles={rdata[key.name]: role for key in keys if (role := _role(key))},
        known=known,
        known_cds=frozenset(ds_rdata(zone, each, digest) for each in known for digest in DIGESTS),
    )


def _role(key: Key) -> int:
    """What a key signs. Its signatures over the zone may stay longer than the key itself (rule 3 of the rollover)."""
    if not key.has_secret:
        return 0
    keyset = SIGNS_DNSKEY | SIGNS_CDS if key.signs_dnskey and key.in_zone else 0
    return keyset | (SIGNS_REST if key.signs_zone else 0)


def _both_ways(rdatas: Iterable[bytes]) -> Iterable[bytes]:
    for rdata in rdatas:
        flags = facts.dnskey(rdata).flags
        yield facts.with_flags(rdata, flags & ~facts.REVOKE)
        yield facts.with_flags(rdata, flags | facts.REVOKE)
