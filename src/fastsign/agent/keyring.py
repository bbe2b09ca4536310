"""The keys of a zone under a policy: read from their files, made anew, and as the rollover rules see them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from fastsign.errors import KeyFileError
from fastsign.kasp.config import KeyStore, Zone
from fastsign.kasp.policy import KEY_DIRECTORY, KeyRule, Policy
from fastsign.keys import facts, names, timing
from fastsign.keys.files import KeyFile, read_key
from fastsign.keys.metadata import FORMAT, KeyState, KeyTimes, Metadata
from fastsign.keys.write import Files, Material, new_files
from fastsign.rollover.key import RUMOURED, UNRETENTIVE, Key


def key_of(file: KeyFile, store: str = KEY_DIRECTORY) -> Key:
    """A key file as the rules see it."""
    ksk, zsk = timing.roles(file)
    return Key(
        name=os.path.basename(file.path),
        algorithm=file.algorithm,
        tag=file.tag,
        revoked_tag=facts.revoked_tag(file.rdata),
        bits=file.bits,
        ksk=ksk,
        zsk=zsk,
        ttl=file.ttl or 0,
        times=file.times,
        state=file.state or KeyState(),
        predecessor=file.predecessor,
        successor=file.successor,
        has_secret=file.can_sign,
        store=store,
    )


def updated(file: KeyFile, key: Key) -> KeyFile:
    """The key file with what the rules have given its key, or the very same if that is nothing; nothing is written."""
    state = key.state
    before = file.ttl or 0, file.times, file.state or KeyState(), file.predecessor, file.successor
    if before == (key.ttl, key.times, state, key.predecessor, key.successor):
        return file
    metadata = replace(
        file.metadata,
        times=key.times,
        state=state._replace(ksk=key.ksk, zsk=key.zsk),
        predecessor=key.predecessor,
        successor=key.successor,
    )
    after = replace(file, ttl=key.ttl or None, metadata=metadata)
    return file if after == file else after


# ---- all keys of a zone


@dataclass(frozen=True, slots=True)
class Keyring:
    """A zone's keys, by the names of their files without folder and suffix."""

    files: Mapping[str, KeyFile]
    stores: Mapping[str, str]  # name -> the key store that it is in

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys as the rules see them, by name."""
        return tuple(key_of(file, self.stores[name]) for name, file in sorted(self.files.items()))


def folders_of(zone: Zone, stores: Mapping[str, KeyStore]) -> dict[str, str]:
    """Key store -> folder of its key files, for all stores in which the zone's keys may be."""
    folders = {KEY_DIRECTORY: zone.key_directory}
    for name, store in stores.items():
        if name != KEY_DIRECTORY:
            folders[name] = store.directory or zone.key_directory
    return folders


def load_keyring(zone: bytes, folders: Mapping[str, str]) -> Keyring:
    """All keys of a zone, those without a secret too.

    Where a key store has the zone's key directory as its own, the keys in it that are in an HSM are the store's.
    KeyFileError if a folder or a key can't be read: no signature is to be missed, and no key to be made, for that.
    """
    files: dict[str, KeyFile] = {}
    found_in: dict[str, str] = {}
    seen: set[str] = set()
    for store, folder in folders.items():
        if folder in seen:
            continue
        seen.add(folder)
        of_hsm = next((name for name in folders if folders[name] == folder and name != KEY_DIRECTORY), store)
        for name in _names_in(zone, folder):
            if name in files:
                raise KeyFileError.at(
                    os.path.join(folder, name), f"the zone has a key of this name in {found_in[name]}"
                )
            key = read_key(name, folder)
            if key.name != zone.lower():
                raise KeyFileError.at(key.path + ".key", f"is not a key of {names.to_message(zone)}")
            files[name], found_in[name] = key, of_hsm if key.metadata.in_hsm else store
    return Keyring(files, found_in)


def _names_in(zone: bytes, folder: str) -> list[str]:
    prefix = f"K{names.to_file_text(zone)}+"
    try:
        found = {os.path.splitext(name) for name in os.listdir(folder) if name.startswith(prefix)}
    except OSError as error:
        raise KeyFileError.of_system(folder, error) from None
    return sorted(
        {base for base, suffix in found if suffix in (".key", ".private") and names.parse_key_file_name(base)}
    )


def made_up_for(keys: tuple[Key, ...], policy: Policy, due: int | None, now: int) -> tuple[Key, ...]:
    """Keys whose signatures come or go, where that was not done in time.

    *due*: when the first signature was to be made anew. The rules suppose that every signature was, within Dsgn. Where
    signatures that were due for that long ago are replaced only now, the interval counts as if it had begun so that it
    ends now.
    """
    if due is None or now - due <= policy.retire_safety:
        return keys
    begun = now - policy.signing_delay
    return tuple(
        key.with_times(zrrsig_change=max(begun, key.times.zrrsig_change or 0))
        if key.has_secret and key.zsk and key.state.zrrsig in (RUMOURED, UNRETENTIVE)
        else key
        for key in keys
    )


# ---- new keys


@dataclass(slots=True)
class Foundry:
    """Makes keys for a policy's lines. They are in memory alone until their files are written."""

    zone: bytes
    folders: Mapping[str, str]
    stores: Mapping[str, KeyStore]
    made: dict[str, tuple[KeyFile, Material]] = field(default_factory=dict)  # by name

    def make(self, rule: KeyRule, now: int) -> Key:
        """A fresh key, with no time but when it was made."""
        from fastsign.keys.generate import make_key

        store = self.stores.get(rule.store)
        if store is not None and store.pkcs11_uris:
            raise KeyFileError(
                f"a key is due in key-store {rule.store}, which is an HSM, where the agent makes none: "
                "make it by fastsign keygen -k POLICY -l CONFIGURATION, and it will be taken"
            )
        public_key, material = make_key(rule.algorithm, rule.bits)
        flags = facts.ZONE | (facts.SEP if rule.ksk else 0)
        state = KeyState(ksk=rule.ksk, zsk=rule.zsk, lifetime=rule.lifetime)
        metadata = Metadata(FORMAT, KeyTimes(created=now), state=state)
        zone, protocol = self.zone.lower(), facts.DNSSEC_PROTOCOL
        key = KeyFile(zone, flags, protocol, rule.algorithm, public_key, None, "", metadata=metadata)
        path = os.path.join(self.folders[rule.store], names.key_file_name(zone, key.algorithm, key.tag))
        key = replace(key, path=path, private_path=path + ".private")
        made = key_of(key, rule.store)
        self._forget(made.name)
        self.made[made.name] = key, material
        return made

    @contextmanager
    def files(self, name: str) -> Iterator[tuple[KeyFile, Files]]:
        """A key that was made, unused, and what its files are to hold, which is wiped when the block ends."""
        key, material = self.made.pop(name)
        with new_files(key, material) as content:
            yield key, content

    def close(self) -> None:
        """Wipe the keys that nobody wants."""
        for name in list(self.made):
            self._forget(name)

    def _forget(self, name: str) -> None:
        for _, value in self.made.pop(name, (None, ()))[1]:
            value[:] = bytes(len(value))
