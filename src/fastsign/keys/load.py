"""The key files that go with a zone: those of its DNSKEYs, and those that a command line names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fastsign.errors import KeyFileError
from fastsign.keys import facts, names
from fastsign.keys.files import KeyFile, read_key


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """A DNSKEY of the zone, with its files if there are any."""

    rdata: bytes
    file: KeyFile | None = None


def load_zone_keys(zone: bytes, dnskeys: Iterable[bytes], directory: str = ".") -> tuple[list[ZoneKey], list[str]]:
    """(the zone's DNSKEYs with their files from a folder, warnings about secrets that are not there).

    DNSKEYs that are no zone keys or of an algorithm that is not ours are left out. KeyFileError when a key file is
    broken, unreadable or belongs to another key than the DNSKEY with its tag: signatures must not be missed or wrong.
    """
    keys, warnings = [], []
    for rdata in dnskeys:
        if not is_our_zone_key(rdata):
            continue
        file = _file_of(zone, rdata, directory)
        if file is None or not (file.can_sign or file.external):
            name = names.key_file_name(zone, rdata[3], facts.key_tag(rdata))
            warnings.append(
                f"dns_dnssec_keylistfromrdataset: error reading {directory or '.'}/{name}.private: file not found"
            )
        keys.append(ZoneKey(rdata, file))
    return keys, warnings


def is_our_zone_key(rdata: bytes) -> bool:
    """Is a DNSKEY one that a zone can be signed with, of an algorithm that is ours?"""
    return rdata[3] in facts.SUPPORTED and facts.is_zone_key(rdata)


def _file_of(zone: bytes, rdata: bytes, directory: str) -> KeyFile | None:
    flags = facts.dnskey(rdata).flags
    candidates = [rdata]
    if flags & facts.REVOKE:
        candidates.append(facts.with_flags(rdata, flags & ~facts.REVOKE))  # perhaps its files still have the old name
    found = None
    for candidate in candidates:
        name = names.key_file_name(zone, candidate[3], facts.key_tag(candidate))
        try:
            file = read_key(name, directory)
        except KeyFileError as error:
            if error.reason == "file not found":
                continue
            raise
        if (file.name, file.rdata) != (zone.lower(), candidate):
            raise KeyFileError.at(file.path + ".key", "is another key than the DNSKEY of the zone that has its tag")
        if found is None or file.can_sign:
            found = file.with_flags(flags)
        if file.can_sign:
            break
    return found


def load_named_keys(zone: bytes, paths: Iterable[str], directory: str = ".") -> list[KeyFile]:
    """The keys that a command line names to sign a zone. KeyFileError, in BIND's words, if one can't."""
    keys = []
    for path in paths:
        try:
            key = read_key(path, directory, need_private=True)
        except KeyFileError as error:
            raise KeyFileError(f"cannot load dnskey {path}: {error.reason}", error.path, error.reason) from None
        if key.name != zone.lower():
            raise KeyFileError(f"key {path} not at origin\n", key.path)
        if not key.can_sign:
            raise KeyFileError(f"cannot sign zone with non-private dnskey {path}", key.path)
        keys.append(key)
    return keys
