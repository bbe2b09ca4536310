"""A zone's keys in memory, with the states that a step has given them, as the signer takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastsign.keys import facts
from fastsign.keys.files import KeyFile
from fastsign.keys.load import ZoneKey, is_our_zone_key


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """What a signing asks of keys (fastsign.keys.folder.KeyStore). A key is its whole public key, never its tag."""

    keys: Sequence[KeyFile]

    def find(self, zone: bytes) -> list[KeyFile]:
        return list(self.keys)

    def named(self, zone: bytes, paths: Iterable[str]) -> list[KeyFile]:
        wanted = set(paths)
        return [key for key in self.keys if key.path in wanted]

    def of_zone(self, zone: bytes, dnskeys: Iterable[bytes]) -> tuple[list[ZoneKey], list[str]]:
        """Other signers' keys are no surprise: nothing is to be warned of."""
        return [ZoneKey(rdata, self._of_dnskey(rdata)) for rdata in dnskeys if is_our_zone_key(rdata)], []

    def of_signature(self, zone: bytes, algorithm: int, tag: int) -> KeyFile | None:
        return next((key for key in self.keys if (key.algorithm, key.tag) == (algorithm, tag)), None)

    def _of_dnskey(self, rdata: bytes) -> KeyFile | None:
        flags = facts.dnskey(rdata).flags
        for key in self.keys:
            if key.with_flags(flags).rdata == rdata:
                return key.with_flags(flags)
        return None
