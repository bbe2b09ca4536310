"""The keys of one zone at one signing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastsign.keys import facts, timing
from fastsign.keys.files import KeyFile
from fastsign.keys.folder import KeyFolder
from fastsign.keys.load import ZoneKey, is_our_zone_key


@dataclass(frozen=True, slots=True)
class ZoneKeys:
    """What a signing asks of keys (fastsign.keys.folder.KeyStore). All that are known have been read once."""

    always: Sequence[KeyFile]  # keys that sign whatever their times say
    timed: Sequence[KeyFile]  # keys whose times decide
    folders: Sequence[KeyFolder]  # where else the files of a key may be

    @property
    def names(self) -> tuple[str, ...]:
        """What `named` calls the keys that always sign: numbers, for keys of one tag have files of one name."""
        return tuple(map(str, range(len(self.always))))

    def are_csk(self, now: int) -> bool:
        """Do key-signing keys sign everything? If one says so, or if there are no others in use."""
        used = [*self.always, *(key for key in self.timed if timing.is_active(key, now))]
        alone = bool(used) and all(key.flags & facts.SEP for key in used)
        return alone or any(all(timing.roles(key)) for key in used)

    def find(self, zone: bytes) -> list[KeyFile]:
        return list(self.timed)

    def named(self, zone: bytes, paths: Iterable[str]) -> list[KeyFile]:
        return [self.always[int(number)] for number in paths]

    def of_zone(self, zone: bytes, dnskeys: Iterable[bytes]) -> tuple[list[ZoneKey], list[str]]:
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


def _unrevoked(rdata: bytes) -> bytes:
    return facts.with_flags(rdata, facts.dnskey(rdata).flags & ~facts.REVOKE)
