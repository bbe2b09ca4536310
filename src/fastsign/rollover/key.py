"""A key as the rollover rules see it: its roles, times and states. No public key, no secret, no file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastsign.kasp.policy import KEY_DIRECTORY
from fastsign.keys import names
from fastsign.keys.facts import algorithm_name
from fastsign.keys.metadata import NO_TIMES, KeyState, KeyTimes

HIDDEN, RUMOURED, OMNIPRESENT, UNRETENTIVE = "hidden", "rumoured", "omnipresent", "unretentive"

# The records of a key that have a state: the fields of KeyState, in the order of BIND's key manager.
DNSKEY, ZRRSIG, KRRSIG, DS = "dnskey", "zrrsig", "krrsig", "ds"
RECORDS = (DNSKEY, ZRRSIG, KRRSIG, DS)
CHANGE_OF = {record: f"{record}_change" for record in RECORDS}  # the fields of KeyTimes with their last changes
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

    @property
    def identity(self) -> tuple[int, int]:
        return self.algorithm, self.tag

    @property
    def label(self) -> str:
        """As BIND's log names it: example/ECDSAP256SHA256/12345."""
        return f"{self.zone}/{algorithm_name(self.algorithm)}/{self.tag}"

    @property
    def zone(self) -> str:
        """Its zone, as messages name it."""
        return names.to_message(names.from_file_text(self.name[1:].partition("+")[0]))

    @property
    def is_wanted(self) -> bool:
        """Is the key to be in use, now or soon?"""
        return self.state.goal == OMNIPRESENT

    @property
    def is_unused(self) -> bool:
        """Has it no times but that of its making, as a key has that was made in stock (dst_key_is_unused)?"""
        hidden = {CHANGE_OF[record] for record in RECORDS if self.state_of(record) == HIDDEN}
        return not any(
            moment is not None and field != "created" and field not in hidden
            for field, moment in self.times._asdict().items()
        )

    def state_of(self, record: str) -> str | None:
        state: str | None = getattr(self.state, record)
        return state

    def changed_at(self, record: str) -> int | None:
        moment: int | None = getattr(self.times, CHANGE_OF[record])
        return moment

    def with_times(self, **times: int | None) -> Key:
        return replace(self, times=self.times._replace(**times))

    def with_state(self, **state: Any) -> Key:
        return replace(self, state=self.state._replace(**state))

    def moved(self, record: str, state: str, now: int) -> Key:
        """The key with a record in another state since now."""
        return self.with_state(**{record: state}).with_times(**{CHANGE_OF[record]: now})
