"""Who may have made the signatures of the input: the zone's keys, keys that have left it, keys with files alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fastsign import _core
from fastsign.keys import facts, timing
from fastsign.keys.files import KeyFile
from fastsign.keys.folder import KeyFolder
from fastsign.keys.select import SIGNS_CDS, SIGNS_DNSKEY, SIGNS_REST, SelectedKey, Selection
from fastsign.sign.apex import DNSKEY, Apex
from fastsign.sign.job import Job
from fastsign.sign.retain import KeyUse, Verdict

_KEYS_MAX = 64  # FS_SIGNERS_MAX of the core


@dataclass(frozen=True, slots=True)
class Makers:
    """Keys by which the input's signatures are judged."""

    keys: tuple[bytes, ...]  # DNSKEY RDATA, the zone's first
    uses: tuple[KeyUse, ...]  # for each
    strangers: frozenset[tuple[int, int]]  # (algorithm, tag) of those that are not in the zone
    leaving: tuple[tuple[int, int], ...] = ()  # those of them whose signatures are to go by and by


def find_makers(job: Job, apex: Apex, selection: Selection, others: Iterable[bytes] = ()) -> Makers:
    """The keys that the zone has now, then those that its signatures name and the key directory knows.

    *others* are DNSKEYs of which there are signatures besides those of the input.
    """
    published = apex.rdata_of(DNSKEY)
    known: dict[bytes, SelectedKey | None] = dict.fromkeys(published)
    known.update((key.rdata, key) for key in selection.keys if key.rdata in known)
    makers = {*_core.find_signature_makers(apex.arena, job.origin.lower()), *map(_maker, others)}
    for key in (*selection.keys, *selection.removed_keys, *_with_files_alone(job, published, makers)):
        if len(known) < _KEYS_MAX and _maker(key.rdata) in makers:
            known.setdefault(key.rdata, key)
    rules = _Rules(job, selection, frozenset(published), _makers_elsewhere(job))
    uses = tuple(rules.use(rdata, key) for rdata, key in known.items())
    leaving = rules.leaving(known) if job.spread is not None else ()
    return Makers(tuple(known), uses, frozenset(map(_maker, known.keys() - set(published))), leaving)


def _maker(rdata: bytes) -> tuple[int, int]:
    return rdata[3], facts.key_tag(rdata)


def _makers_elsewhere(job: Job) -> frozenset[tuple[int, int]]:
    """(algorithm, tag) of the keys that have signed the key records offline."""
    if job.offline_keyset is None:
        return frozenset()
    from fastsign.sign.offline import bundle_makers

    return bundle_makers(job.offline_keyset)


def _with_files_alone(job: Job, published: list[bytes], makers: set[tuple[int, int]]) -> Iterator[SelectedKey]:
    """Keys of signatures by none of the zone's keys."""
    store = job.keys or KeyFolder(job.key_directory)
    for algorithm, tag in sorted(makers - {_maker(rdata) for rdata in published}):
        file = store.of_signature(job.origin, algorithm, tag)
        if file is not None and file.flags & facts.ZONE:
            sep = bool(file.flags & facts.SEP)
            yield SelectedKey(file.rdata, file, sep, published=False, deleted=False, roles=0)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What of signset's rules depends on the key alone."""

    job: Job
    selection: Selection
    published: frozenset[bytes]
    offline: frozenset[tuple[int, int]]  # keys whose signatures were brought in, and stay as they are

    def use(self, rdata: bytes, key: SelectedKey | None) -> KeyUse:
        numbers = {signer.rdata: number for number, signer in enumerate(self.selection.signers)}
        if rdata in self.published and _maker(rdata) in self.offline:
            return KeyUse(numbers.get(rdata), None, 0 if key is None else key.roles, offline=True)
        return KeyUse(
            signer=numbers.get(rdata),
            successor=self._successor(rdata, key, numbers),
            roles=self._roles(key),
            offline=rdata in self.published and key is not None and not _can_sign(key.file),
            late=self.job.spread is not None and rdata in self.job.spread.late,
            refused=self._refused(rdata, key),
        )

    def _roles(self, key: SelectedKey | None) -> int:
        """Under a policy no key makes what is not its part, not even anew: as if all were its part."""
        if self.job.roles is not None:
            return SIGNS_DNSKEY | SIGNS_CDS | SIGNS_REST
        return 0 if key is None else key.roles

    def _refused(self, rdata: bytes, key: SelectedKey | None) -> Verdict:
        """-Q and -R. Of a key without files nobody knows whether it is active.

        Under a policy a key's signatures leave with its DNSKEY, unless it is still, or already, to sign.
        """
        file = None if key is None else key.file
        if self.job.roles is not None and rdata not in self.published and not (key is not None and key.roles):
            return Verdict.REMOVED if self.job.spread is None else Verdict.NONE
        if self.job.drop_inactive and file is not None and not timing.is_active(file, self.job.now):
            return Verdict.INACTIVE
        if self.job.drop_unpublished and not (key is not None and key.roles) and not self._stays(rdata, file):
            return Verdict.REMOVED
        return Verdict.NONE

    def leaving(self, known: Mapping[bytes, SelectedKey | None]) -> tuple[tuple[int, int], ...]:
        """Keys that are not in the zone and not to sign: their signatures are told by algorithm and tag alone.

        Where another key has the same, none of these signatures is taken for one that may go.
        """
        gone = {
            _maker(rdata) for rdata, key in known.items() if rdata not in self.published and not (key and key.roles)
        }
        return tuple(
            sorted(
                gone - {_maker(rdata) for rdata, key in known.items() if rdata in self.published or (key and key.roles)}
            )
        )

    def _stays(self, rdata: bytes, file: KeyFile | None) -> bool:
        """Is the key to be in the zone? With -S its times may say no of one that is there."""
        if rdata not in self.published:
            return False
        return not self.job.smart or file is None or timing.is_published(file, self.job.now)

    def _successor(self, rdata: bytes, key: SelectedKey | None, numbers: dict[bytes, int]) -> int | None:
        """The signer that follows the key. A key that has left the zone keeps nobody from signing."""
        if key is None or rdata not in self.published:
            return None
        return next((numbers[other.rdata] for other in self.selection.signers if self._follows(other, key)), None)

    def _follows(self, key: SelectedKey, before: SelectedKey) -> bool:
        """Do the files of two zone-signing keys say that one is the other's successor? (dnssec-keygen -S)"""
        if key.file is None or before.file is None or key.algorithm != before.algorithm:
            return False
        if self.job.roles is not None and (before.roles or not key.roles & SIGNS_REST):
            return False  # what still signs has no heir yet, and a key of the keyset alone is none
        if self.job.roles is None and not self.job.ignore_ksk_flag and (key.ksk or before.ksk):
            return False
        return key.file.predecessor == before.tag and before.file.successor == key.tag


def _can_sign(file: KeyFile | None) -> bool:
    return file is not None and file.can_sign
