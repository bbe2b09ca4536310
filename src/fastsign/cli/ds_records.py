"""What the parent of a zone should have, and what the zone tells it: DS, CDS and CDNSKEY by the states of its keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from fastsign import _core
from fastsign.kasp.policy import Policy
from fastsign.keys import facts, names, timing
from fastsign.keys.ds import DIGESTS, ds_rdata, ds_text
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import KeyState
from fastsign.rollover.key import HIDDEN, OMNIPRESENT, RUMOURED, UNRETENTIVE

# What becomes of a key's DS: to be handed in, there, to be taken out, gone, and to be handed in later.
Action = Literal["add", "keep", "remove", "removed", "later"]
_CDNSKEY = 60
DELETE_CDS, DELETE_CDNSKEY = bytes(5), bytes([0, 0, 3, 0, 0])  # RFC 8078 section 4


@dataclass(frozen=True, slots=True)
class KeyAtParent:
    """One KSK, and what the parent has or should have of it."""

    file: KeyFile
    action: Action
    since: int | None  # since when that is so; None where the key's files do not tell

    @property
    def role(self) -> str:
        return "CSK" if timing.roles(self.file)[1] else "KSK"

    @property
    def belongs(self) -> bool:
        """Should the parent have its DS?"""
        return self.action in ("add", "keep")


@dataclass(frozen=True, slots=True)
class Parent:
    """All of a zone's KSKs as the parent should see them."""

    zone: bytes
    policy: Policy
    keys: tuple[KeyAtParent, ...]
    delete: bool  # the zone asks for the removal of all (RFC 8078 section 4)

    def ds(self, key: KeyAtParent) -> list[bytes]:
        """Its DS records, of the policy's digest types."""
        return [ds_rdata(self.zone, key.file.rdata, digest) for digest in sorted(self.policy.cds_digest_types)]

    def ds_lines(self, key: KeyAtParent) -> list[str]:
        return [self._line(self.policy.parent_ds_ttl, f"DS {ds_text(rdata)}") for rdata in self.ds(key)]

    @property
    def cds(self) -> list[bytes]:
        """RDATA of the CDS records that the zone has."""
        if self.delete:
            return [DELETE_CDS]
        return sorted(rdata for key in self.keys if key.belongs for rdata in self.ds(key))

    @property
    def cdnskey(self) -> list[bytes]:
        """RDATA of the CDNSKEY records that the zone has."""
        if not self.policy.cdnskey:
            return []
        return [DELETE_CDNSKEY] if self.delete else sorted(key.file.rdata for key in self.keys if key.belongs)

    @property
    def child_lines(self) -> list[str]:
        """The CDS and CDNSKEY records as text."""
        ttl = self.policy.dnskey_ttl
        lines = [self._line(ttl, f"CDS {'0 0 0 00' if self.delete else ds_text(rdata)}") for rdata in self.cds]
        for rdata in self.cdnskey:
            lines.append(self._line(ttl, f"CDNSKEY {_core.render_rdata(_CDNSKEY, rdata).decode('ascii')}"))
        return lines

    @property
    def nsupdate(self) -> list[str]:
        """An update of the parent's zone: all at once, so that it has a DS that works at any time.

        A DS goes whatever its digest type; to take out what is not there changes nothing (RFC 2136 section 3.4).
        """
        name, lines = names.to_text(self.zone), []
        for key in self.keys:
            if key.action == "remove":
                gone = [ds_rdata(self.zone, key.file.rdata, digest) for digest in DIGESTS]
                lines += [f"update delete {name} IN DS {ds_text(rdata)}" for rdata in gone]
            elif key.action == "add":
                lines += [f"update add {line}" for line in self.ds_lines(key)]
        return [*lines, "send"] if lines else []

    def _line(self, ttl: int, record: str) -> str:
        return f"{names.to_text(self.zone)} {ttl} IN {record}"


def at_parent(zone: bytes, files: Iterable[KeyFile], policy: Policy) -> Parent:
    """What the states of a zone's keys ask of its parent."""
    ksks = [file for file in files if timing.roles(file)[0]]
    keys = [found for file in ksks if (found := _key(file)) is not None]
    leaving = policy.name == "insecure" and any(_signs(file) for file in ksks)
    return Parent(zone.lower(), policy, tuple(sorted(keys, key=_order)), leaving)


def _key(file: KeyFile) -> KeyAtParent | None:
    """What is to be done about one KSK; None if nothing."""
    state, times = file.state or KeyState(), file.times
    if state.ds == RUMOURED and not times.ds_publish:
        return KeyAtParent(file, "add", times.ds_change)
    if state.ds in (RUMOURED, OMNIPRESENT):
        return KeyAtParent(file, "keep", times.ds_publish)
    if state.ds == UNRETENTIVE:
        gone = times.ds_delete
        return KeyAtParent(file, "removed" if gone else "remove", gone or times.ds_change)
    if state.ds in (HIDDEN, None) and state.goal == OMNIPRESENT:
        return KeyAtParent(file, "later", times.sync_publish)
    return None


def _signs(file: KeyFile) -> bool:
    """Is its DNSKEY in the zone, signed by itself? Without that nobody would believe a CDS record."""
    state = file.state or KeyState()
    return state.dnskey in (RUMOURED, OMNIPRESENT) and state.krrsig in (RUMOURED, OMNIPRESENT)


def _order(key: KeyAtParent) -> tuple[int, int, int]:
    actions: Sequence[Action] = ("add", "keep", "remove", "removed", "later")
    return actions.index(key.action), key.file.algorithm, key.file.tag


def key_head(key: KeyAtParent) -> str:
    """`key 25786 (ECDSAP256SHA256), KSK`, as in rndc dnssec -status."""
    return f"key {key.file.tag} ({facts.algorithm_name(key.file.algorithm)}), {key.role}"
