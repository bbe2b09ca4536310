"""The keys of one zone at one signing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastsign.errors import SigningError
from fastsign.keys import facts, timing
from fastsign.keys.files import KeyFile
from fastsign.keys.folder import IndexedFolder
from fastsign.keys.load import ZoneKey, is_our_zone_key


@dataclass(frozen=True, slots=True)
class ZoneKeys:
    """What a signing asks of keys (fastsign.keys.folder.KeyStore). All that are known have been read once."""

    always: Sequence[KeyFile]  # keys that sign whatever their times say
    timed: Sequence[KeyFile]  # keys whose times decide
    folders: Sequence[IndexedFolder]  # where else the files of a key may be
    csk: bool = False  # key-signing keys sign everything ...
    supposed: bool = False  # ... because no other key is known: the zone may not have one either

    @classmethod
    def choose(
        cls,
        always: Sequence[KeyFile],
        timed: Sequence[KeyFile],
        folders: Sequence[IndexedFolder],
        zone: bytes,
        now: int,
        csk: bool | None,
    ) -> ZoneKeys:
        """Decide whether key-signing keys sign everything, where the caller does not (*csk* is None)."""
        if csk is None:
            used = [*always, *(key for key in timed if timing.is_active(key, now))]
            csk = any(all(timing.roles(key)) for key in used)
            if not csk and _are_alone([*always, *timed]) and not any(each.without_secret(zone) for each in folders):
                return cls(always, timed, folders, csk=True, supposed=True)
        return cls(always, timed, folders, csk)

    @property
    def names(self) -> tuple[str, ...]:
        """What `named` calls the keys that always sign: numbers, for keys of one tag have files of one name."""
        return tuple(map(str, range(len(self.always))))

    def find(self, zone: bytes) -> list[KeyFile]:
        return list(self.timed)

    def named(self, zone: bytes, paths: Iterable[str]) -> list[KeyFile]:
        return [self.always[int(number)] for number in paths]

    def of_zone(self, zone: bytes, dnskeys: Iterable[bytes]) -> tuple[list[ZoneKey], list[str]]:
        if self.supposed:
            _refuse_others(zone, dnskeys)
        found, warnings = [], []
        for rdata in filter(is_our_zone_key, dnskeys):
            file = self._of_dnskey(zone, rdata)
            if file is None or not (file.can_sign or file.external):
                warnings.append(f"the secret of the zone's key {facts.key_text(zone, rdata)} is not at hand")
            found.append(ZoneKey(rdata, file))
        return found, warnings

    def _of_dnskey(self, zone: bytes, rdata: bytes) -> KeyFile | None:
        """The key that is a DNSKEY of the zone, be it revoked or not."""
        for file in (*self.always, *self.timed):
            if _unrevoked(file.rdata) == _unrevoked(rdata):
                return file.with_flags(facts.dnskey(rdata).flags)
        for folder in self.folders:
            for key in folder.of_zone(zone, [rdata])[0]:
                if key.file is not None:
                    return key.file
        return None

    def of_signature(self, zone: bytes, algorithm: int, tag: int) -> KeyFile | None:
        for file in (*self.always, *self.timed):
            if (file.algorithm, file.tag) == (algorithm, tag):
                return file
        found = (folder.of_signature(zone, algorithm, tag) for folder in self.folders)
        return next(filter(None, found), None)


def _are_alone(keys: Sequence[KeyFile]) -> bool:
    """Are there key-signing keys and no others, whatever their times, and are all secrets at hand?"""
    return bool(keys) and all(key.flags & facts.SEP and key.can_sign for key in keys)


def _refuse_others(zone: bytes, dnskeys: Iterable[bytes]) -> None:
    """SigningError for a key of the zone that is no key-signing key: those would sign in its place."""
    for rdata in dnskeys:
        flags = facts.dnskey(rdata).flags
        if flags & facts.ZONE and not flags & facts.SEP:
            raise SigningError(
                f"the zone has the zone-signing key {facts.key_text(zone, rdata)}, whose secret is not at hand; "
                "with csk=True the key-signing keys sign in its place"
            )


def _unrevoked(rdata: bytes) -> bytes:
    return facts.with_flags(rdata, facts.dnskey(rdata).flags & ~facts.REVOKE)
