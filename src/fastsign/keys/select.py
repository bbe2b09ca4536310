"""Which keys are in the zone's DNSKEY RRset and which of them sign what. Pure functions over key files.

`select_plain` is dnssec-signzone without -S: the zone's DNSKEYs stay as they are, and the keys named on the command
line, or else all whose secret is at hand, sign. `select_smart` is -S: the times in the key files decide.

BIND tells keys apart by their tags. Here a key is its whole DNSKEY RDATA, the REVOKE bit aside where that is the point.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from fastsign.errors import KeyFileError
from fastsign.keys import facts, names, timing
from fastsign.keys.files import KeyFile
from fastsign.keys.load import ZoneKey

# What a key signs, as in zone.h. A revoked key signs the DNSKEY RRset alone (RFC 5011 section 2.1).
SIGNS_DNSKEY, SIGNS_CDS, SIGNS_REST = 1, 2, 4

Source = Literal["zone", "file", "repository"]


@dataclass(frozen=True, slots=True)
class SelectedKey:
    """A key after selection."""

    rdata: bytes  # of its DNSKEY; with REVOKE set if it is revoked now
    file: KeyFile | None  # None: only its DNSKEY is known
    ksk: bool
    published: bool  # is it in the DNSKEY RRset?
    deleted: bool  # has the time come for it to be out of the zone?
    roles: int  # SIGNS_DNSKEY | SIGNS_CDS | SIGNS_REST; 0: it doesn't sign

    @property
    def algorithm(self) -> int:
        return self.rdata[3]

    @property
    def tag(self) -> int:
        return facts.key_tag(self.rdata)

    @property
    def revoked(self) -> bool:
        return bool(self.rdata[1] & facts.REVOKE)


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome: what changes in the DNSKEY RRset, who signs, and what there is to say about it."""

    keys: tuple[SelectedKey, ...]
    added: tuple[bytes, ...]  # DNSKEY RDATA to put into the zone
    removed: tuple[bytes, ...]  # DNSKEY RDATA to take out
    removed_keys: tuple[SelectedKey, ...]  # the keys that leave with them, for their CDS and CDNSKEY records
    dnskey_ttl: int  # seconds, of the DNSKEY RRset
    reports: tuple[str, ...]  # lines that BIND reports unless it is quiet
    logs: tuple[str, ...]  # lines that BIND logs at level "info" (-v 1)

    @property
    def signers(self) -> tuple[SelectedKey, ...]:
        return tuple(key for key in self.keys if key.roles)


@dataclass(slots=True)
class _Entry:
    """A key while the list is made."""

    rdata: bytes
    file: KeyFile | None
    source: Source
    ksk: bool
    zsk: bool
    force_publish: bool = False
    force_sign: bool = False
    hints: timing.Hints = field(default=timing.Hints(False, False, False, False))
    active: bool = False  # the zone has signatures by it

    @property
    def revoked(self) -> bool:
        return bool(self.rdata[1] & facts.REVOKE)

    @property
    def publishes(self) -> bool:
        return self.force_publish or self.hints.publish

    @property
    def signs(self) -> bool:
        return self.force_sign or self.hints.sign

    @property
    def role(self) -> str:
        return ("CSK" if self.zsk else "KSK") if self.ksk else "ZSK"

    def is_same_key(self, other: _Entry) -> bool:
        """The same public key with the same flags, REVOKE apart."""
        return _as_revoked(self.rdata) == _as_revoked(other.rdata)


def _as_revoked(rdata: bytes) -> bytes:
    return facts.with_flags(rdata, facts.dnskey(rdata).flags | facts.REVOKE)


def select_plain(
    zone: bytes,
    zone_keys: Sequence[ZoneKey],
    *,
    dnskey_ttl: int,
    named: Sequence[KeyFile] = (),
    named_ksks: Sequence[KeyFile] = (),
    ksk_only: bool = False,
    ignore_ksk_flag: bool = False,
) -> Selection:
    """Selection without -S. *named* are key arguments, *named_ksks* of -k; *ksk_only* is -x, *ignore_ksk_flag* -z.

    With key arguments, of the zone's DNSKEYs only these sign; with -k alone the others with a secret at hand sign too.
    """
    entries: list[_Entry] = []
    if not named:
        _add_zone_keys(entries, zone_keys, keep=True)
    _add_named(entries, named, ksk=False)
    _add_named(entries, named_ksks, ksk=True)
    _add_zone_keys(entries, [ZoneKey(key.rdata) for key in zone_keys], keep=True)
    return _Outcome(zone, dnskey_ttl).finish(entries, ksk_only, ignore_ksk_flag)


def select_smart(
    zone: bytes,
    zone_keys: Sequence[ZoneKey],
    repository: Sequence[KeyFile],
    now: int,
    *,
    rrset_ttl: int | None,
    default_ttl: int,
    named: Sequence[KeyFile] = (),
    named_ksks: Sequence[KeyFile] = (),
    named_ttls: bool = False,
    active: Collection[tuple[int, int]] = (),
    ksk_only: bool = False,
    ignore_ksk_flag: bool = False,
) -> Selection:
    """Selection with -S: *repository* are all keys of the zone in the key directory.

    The TTL of DNSKEYs is that of the RRset in the zone, else the smallest above 0 in key files, else *default_ttl* (-T
    or the SOA's); with *named_ttls* those of named keys count too. *active* are (algorithm, tag) of the keys with
    signatures over the zone's SOA or DNSKEY RRset.
    """
    entries: list[_Entry] = []
    _add_zone_keys(entries, zone_keys, keep=False)
    for entry in entries:
        entry.active = (entry.rdata[3], facts.key_tag(entry.rdata)) in active
    _add_named(entries, named, ksk=False)
    _add_named(entries, named_ksks, ksk=True)
    _add_zone_keys(entries, [ZoneKey(key.rdata) for key in zone_keys], keep=False)

    found = [_from_repository(key, now) for key in repository if key.format_version >= (1, 3)]
    outcome = _Outcome(zone, default_ttl if rrset_ttl is None else rrset_ttl)
    for entry in entries:
        if entry.source == "file" and entry.publishes:
            outcome.publish(entry)
    files = [*(key.file for key in found if key.file), *(named if named_ttls else ())]
    shortest = min((file.ttl for file in files if file.ttl), default=0)
    if rrset_ttl is None and shortest:
        outcome.ttl = shortest
    for entry in found:
        outcome.merge(entries, entry)
    return outcome.finish(entries, ksk_only, ignore_ksk_flag)


def select_by_roles(
    zone_keys: Sequence[ZoneKey], known: Sequence[KeyFile], roles: Mapping[bytes, int], dnskey_ttl: int
) -> Selection:
    """Selection by a policy, which has decided what is in the DNSKEY RRset and what each key signs (*roles*).

    A key of *known* that is not in the RRset may sign all the same: its signatures leave the zone after it.
    """
    keys = []
    published = {key.rdata for key in zone_keys}
    files = [ZoneKey(file.rdata, file) for file in known if file.rdata not in published]
    for key in (*zone_keys, *files):
        ksk = bool(key.rdata[1] & facts.SEP) if key.file is None else timing.roles(key.file)[0]
        role = roles.get(key.rdata, 0)
        if role and not (key.file is not None and key.file.can_sign):
            raise KeyFileError(f"the secret of a key that is to sign, with the tag {facts.key_tag(key.rdata)}, is gone")
        if role or key.rdata in published:
            keys.append(SelectedKey(key.rdata, key.file, ksk, key.rdata in published, False, role))
    return Selection(tuple(keys), (), (), (), dnskey_ttl, (), ())


def ttl_conflict(user_ttl: int, rrset_ttl: int) -> str:
    """What BIND prints when -T is given and the zone's DNSKEY RRset has another TTL."""
    return (
        f"User-specified TTL {user_ttl} conflicts with existing DNSKEY RRset TTL.\n"
        f"Imported keys will use the RRSet TTL {rrset_ttl} instead.\n"
    )


def _add_zone_keys(entries: list[_Entry], zone_keys: Iterable[ZoneKey], keep: bool) -> None:
    """Add the zone's DNSKEYs. With *keep*, or if its file's format has no times, a key stays and signs anyway."""
    for key in zone_keys:
        known = next((entry for entry in entries if entry.rdata == key.rdata), None)
        if known is not None:
            known.source = "zone"
            continue
        entry = _entry(key.rdata, key.file, "zone")
        legacy = key.file is not None and (0, 0) < key.file.format_version < (1, 3)
        if keep or legacy:
            entry.force_publish = True
            entry.force_sign = key.file is not None and key.file.can_sign
        entries.append(entry)


def _add_named(entries: list[_Entry], keys: Iterable[KeyFile], ksk: bool) -> None:
    for key in keys:
        entry = next((entry for entry in entries if entry.rdata == key.rdata), None)
        if entry is None:
            entry = _entry(key.rdata, key, "file")
            entries.append(entry)
        entry.file = key
        entry.force_publish = entry.force_sign = True
        entry.ksk = entry.ksk or ksk


def _entry(rdata: bytes, file: KeyFile | None, source: Source) -> _Entry:
    sep = bool(rdata[1] & facts.SEP)
    ksk, zsk = timing.roles(file) if file is not None else (sep, not sep)
    return _Entry(rdata, file, source, ksk, zsk)


def _from_repository(key: KeyFile, now: int) -> _Entry:
    wanted = timing.hints(key, now)
    key = timing.revoked(key, wanted)
    entry = _entry(key.rdata, key, "repository")
    entry.hints = wanted
    return entry


class _Outcome:
    """Collects what a selection does to the zone and what it says (dns_dnssec_updatekeys)."""

    def __init__(self, zone: bytes, ttl: int) -> None:
        self.zone, self.ttl = zone, ttl
        self.added: list[bytes] = []
        self.removed: list[_Entry] = []
        self.reports: list[str] = []
        self.logs: list[str] = []

    def text(self, entry: _Entry) -> str:
        return facts.key_text(self.zone, entry.rdata)

    def publish(self, entry: _Entry) -> None:
        origin = "file" if entry.source == "file" else "repository"
        self.reports.append(f"Fetching {self.text(entry)} ({entry.role}) from key {origin}.")
        if 0 < entry.hints.activates_in < self.ttl:
            self.reports.append(f"Key {self.text(entry)}: Delaying activation to match the DNSKEY TTL ({self.ttl}).")
        self.added.append(entry.rdata)

    def remove(self, entries: list[_Entry], entry: _Entry, reason: str) -> None:
        zone, algorithm = names.to_message(self.zone), facts.algorithm_name(entry.rdata[3])
        tag = facts.key_tag(entry.rdata)
        self.reports.append(f"Removing {reason} key {zone}/{tag}/{algorithm} from DNSKEY RRset.")
        entries.remove(entry)
        self.removed.append(entry)

    def log(self, entry: _Entry, event: str) -> None:
        self.logs.append(f"DNSKEY {self.text(entry)} ({entry.role}) is now {event}")

    def merge(self, entries: list[_Entry], new: _Entry) -> None:
        """Bring a key of the repository into the list."""
        old = next((entry for entry in entries if entry.is_same_key(new)), None)
        if old is None:
            entries.append(new)
            if new.publishes:
                self.publish(new)
                self.log(new, "published")
                if new.signs:
                    self.log(new, "active")
        elif new.hints.remove:
            self.remove(entries, old, "expired")
        elif new.revoked and not old.revoked:
            self.remove(entries, old, "revoked")
            self.publish(new)
            new.ksk = True  # it stays in the zone and signs the DNSKEY RRset, and nothing else
            entries.append(new)
        else:
            if old.active != new.signs:
                self.log(new, "active" if new.signs else "inactive")
            old.hints = new.hints
            if old.file is None or not old.file.can_sign:
                old.file = new.file.with_flags(facts.dnskey(old.rdata).flags) if new.file else None

    def finish(self, entries: list[_Entry], ksk_only: bool, ignore_ksk_flag: bool) -> Selection:
        for entry in entries:
            if entry.signs and not (entry.file is not None and entry.file.can_sign):
                raise KeyFileError(f"dnskey '{self.text(entry)}' failed to sign data: not a private key")
        keys = [
            SelectedKey(
                entry.rdata,
                entry.file,
                entry.ksk,
                entry.source == "zone" or entry.rdata in self.added,
                entry.hints.remove,
                _signs(entry, entries, ksk_only, ignore_ksk_flag),
            )
            for entry in entries
        ]
        gone = tuple(SelectedKey(entry.rdata, entry.file, entry.ksk, False, True, 0) for entry in self.removed)
        return Selection(
            keys=tuple(keys),
            added=tuple(self.added),
            removed=tuple(key.rdata for key in gone),
            removed_keys=gone,
            dnskey_ttl=self.ttl,
            reports=tuple(self.reports),
            logs=tuple(self.logs),
        )


def _signs(entry: _Entry, entries: Iterable[_Entry], ksk_only: bool, ignore_ksk_flag: bool) -> int:
    """What a key signs: KSKs the DNSKEY, CDS and CDNSKEY RRsets, other keys all the rest and, without -x, these too."""
    if not entry.signs:
        return 0
    zsk = ignore_ksk_flag or not entry.ksk
    has_ksk = any(other.ksk and not other.revoked and other.rdata[3] == entry.rdata[3] for other in entries)
    apex = entry.ksk or not has_ksk or (zsk and not ksk_only)
    if entry.revoked:
        return SIGNS_DNSKEY if apex else 0
    return (SIGNS_DNSKEY | SIGNS_CDS if apex else 0) | (SIGNS_REST if zsk else 0)
