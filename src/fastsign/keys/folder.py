"""Where the keys of a signing come from: a folder of key files, looked through for each zone or once for many."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Protocol

from fastsign.errors import KeyFileError, system_reason
from fastsign.keys import names
from fastsign.keys.files import KeyFile, find_keys, read_key, read_keys
from fastsign.keys.load import ZoneKey, load_named_keys, load_zone_keys

_PRIVATE, _PUBLIC = ".private", ".key"


class KeyStore(Protocol):
    """A place that has keys. Each method raises KeyFileError, in BIND's words, for a key that can't be used."""

    def find(self, zone: bytes) -> list[KeyFile]:
        """All keys of a zone."""

    def of_zone(self, zone: bytes, dnskeys: Iterable[bytes]) -> tuple[list[ZoneKey], list[str]]:
        """The zone's DNSKEYs with their files, and warnings about secrets that are not there."""

    def named(self, zone: bytes, paths: Iterable[str]) -> list[KeyFile]:
        """The keys that a command line names to sign a zone."""

    def of_signature(self, zone: bytes, algorithm: int, tag: int) -> KeyFile | None:
        """The key of a zone that may have made a signature; None too where it can't be read."""


class KeyFolder:
    """A folder of key files."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def find(self, zone: bytes) -> list[KeyFile]:
        try:
            return self._find(zone)
        except OSError as error:
            # The function of BIND's that its users know this by.
            message = f"dns_dnssec_findmatchingkeys: {system_reason(error)}"
            raise KeyFileError(message, self.directory) from None

    def _find(self, zone: bytes) -> list[KeyFile]:
        return find_keys(zone, self.directory)

    def of_zone(self, zone: bytes, dnskeys: Iterable[bytes]) -> tuple[list[ZoneKey], list[str]]:
        return load_zone_keys(zone, dnskeys, self.directory)

    def named(self, zone: bytes, paths: Iterable[str]) -> list[KeyFile]:
        return load_named_keys(zone, paths, self.directory)

    def of_signature(self, zone: bytes, algorithm: int, tag: int) -> KeyFile | None:
        try:
            key = read_key(names.key_file_name(zone, algorithm, tag), self.directory)
        except KeyFileError:
            return None
        return key if key.name == zone.lower() else None


class IndexedFolder(KeyFolder):
    """A folder that is listed once for many zones, and again whenever a file has come or gone since.

    A file that comes within the same tick of the kernel's clock as the listing counts as having come later.
    """

    def __init__(self, directory: str) -> None:
        super().__init__(directory)
        self._state: tuple[int, int, int] | None = None
        self._names: dict[str, dict[str, bool]] = {}  # file-safe name of a zone, lower case -> its keys: a secret too?

    def _find(self, zone: bytes) -> list[KeyFile]:
        return read_keys([name for name, has_secret in self._of(zone).items() if has_secret], self.directory)

    def without_secret(self, zone: bytes) -> list[str]:
        """Names of the zone's keys that have a .key file alone. KeyFileError if the folder can't be read."""
        try:
            return [name for name, has_secret in self._of(zone).items() if not has_secret]
        except OSError as error:
            raise KeyFileError.of_system(self.directory, error) from None

    def _of(self, zone: bytes) -> dict[str, bool]:
        status = os.stat(self.directory)
        state = status.st_dev, status.st_ino, status.st_mtime_ns
        if state != self._state:
            self._names = _names_by_zone(self.directory)
            self._state = state
        return self._names.get(names.to_file_text(zone).lower(), {})


def _names_by_zone(directory: str) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = {}
    for name in sorted(os.listdir(directory)):
        base, suffix = os.path.splitext(name)
        parsed = names.parse_key_file_name(base) if suffix in (_PRIVATE, _PUBLIC) else None
        if parsed:
            keys = found.setdefault(parsed[0].lower(), {})
            keys[base] = keys.get(base, False) or suffix == _PRIVATE
    return found
