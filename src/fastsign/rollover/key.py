"""A key as the rollover rules see it: its roles, times and states. No public key, no secret, no file."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign.kasp.policy import KEY_DIRECTORY
from fastsign.keys.metadata import NO_TIMES, KeyState, KeyTimes

HIDDEN, RUMOURED, OMNIPRESENT, UNRETENTIVE = "hidden", "rumoured", "omnipresent", "unretentive"

# The records of a key that have a state: the fields of KeyState, in the order of BIND's key manager.
DNSKEY, ZRRSIG, KRRSIG, DS = "dnskey", "zrrsig", "krrsig", "ds"
RECORDS = (DNSKEY, ZRRSIG, KRRSIG, DS)
NO_STATE = KeyState()


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a zone. States are words (HIDDEN, ...), None where a record is not this key's or was never set."""

    name: str  # of its files, without folder and suffix: Kexample.+013+12345
    algorithm: int
    tag: int
    revoked_tag: int  # the tag it has once revoked
    bits: int
    ksk: bool
    zsk: bool
    ttl: int  # seconds, of its DNSKEY; 0 where its file gives none
    times: KeyTimes = NO_TIMES
    state: KeyState = NO_STATE
    predecessor: int | None = None  # key tags
    successor: int | None = None
    has_secret: bool = True
    store: str = KEY_DIRECTORY

    @property
    def role(self) -> str:
        return ("CSK" if self.zsk else "KSK") if self.ksk else "ZSK"

    @property
    def in_zone(self) -> bool:
        """Is its DNSKEY to be in the zone?"""
        return self.state.dnskey in (RUMOURED, OMNIPRESENT)

    @property
    def signs_zone(self) -> bool:
        return self.zsk and self.state.zrrsig in (RUMOURED, OMNIPRESENT)

    @property
    def signs_dnskey(self) -> bool:
        return self.ksk and self.state.krrsig in (RUMOURED, OMNIPRESENT)

    @property
    def announces_ds(self) -> bool:
        """Are its CDS and CDNSKEY records to be in the zone?"""
        return self.ksk and self.state.ds in (RUMOURED, OMNIPRESENT)
