"""What the parent of a zone should have, and what the zone tells it: DS, CDS and CDNSKEY by the states of its keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from fastsign import _core
from fastsign.agent.content import DELETE_CDS, content_of
from fastsign.agent.keyring import key_of
from fastsign.kasp.policy import Policy
from fastsign.keys import facts, names, timing
from fastsign.keys.ds import DIGESTS, SHA256, ds_rdata, ds_text
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import KeyState
from fastsign.rollover.key import HIDDEN, OMNIPRESENT, RUMOURED, UNRETENTIVE

# What becomes of a key's DS: to be handed in, there, to be taken out, gone, and to be handed in later.
Action = Literal["add", "keep", "remove", "removed", "later"]
_CDNSKEY = 60


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
    cds: tuple[bytes, ...]  # RDATA of the CDS and CDNSKEY records that the agent puts into the zone
    cdnskey: tuple[bytes, ...]

    def ds(self, key: KeyAtParent) -> list[bytes]:
        """Its DS records, of the policy's digest types; of SHA-256 where the policy wants no CDS records."""
        digests = self.policy.cds_digest_types or (SHA256,)
        return [ds_rdata(self.zone, key.file.rdata, digest) for digest in sorted(digests)]

    def ds_lines(self, key: KeyAtParent) -> list[str]:
        return [self._line(self.policy.parent_ds_ttl, f"DS {ds_text(rdata)}") for rdata in self.ds(key)]

    @property
    def child_lines(self) -> list[str]:
        """The CDS and CDNSKEY records as text."""
        ttl, lines = self.policy.dnskey_ttl, []
        for rdata in self.cds:
            lines.append(self._line(ttl, f"CDS {'0 0 0 00' if rdata == DELETE_CDS else ds_text(rdata)}"))
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
    by_name = {key_of(file).name: file for file in files}
    content = content_of(zone.lower(), policy, [key_of(file) for file in by_name.values()], by_name)
    keys = [found for file in by_name.values() if timing.roles(file)[0] and (found := _key(file)) is not None]
    cds, cdnskey = tuple(sorted(content.cds)), tuple(sorted(content.cdnskeys))
    return Parent(zone.lower(), policy, tuple(sorted(keys, key=_order)), cds, cdnskey)


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


def _order(key: KeyAtParent) -> tuple[int, int, int]:
    actions: Sequence[Action] = ("add", "keep", "remove", "removed", "later")
    return actions.index(key.action), key.file.algorithm, key.file.tag


def key_head(key: KeyAtParent) -> str:
    """`key 25786 (ECDSAP256SHA256), KSK`, as in rndc dnssec -status."""
    return f"key {key.file.tag} ({facts.algorithm_name(key.file.algorithm)}), {key.role}"
