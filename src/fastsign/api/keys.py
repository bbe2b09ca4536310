"""Keys: from folders of key files, from single files, from private keys in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack, cast

from fastsign.api.keystore import ZoneKeys
from fastsign.api.options import NUMBER, PATH, TEXT, TIME, Types, expect, expect_ttl, given
from fastsign.api.times import clock, stamp
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names, timing
from fastsign.keys.ds import DIGESTS, ds_rdata, ds_text
from fastsign.keys.files import KeyFile, read_key, tags_in_use
from fastsign.keys.folder import IndexedFolder
from fastsign.keys.metadata import FORMAT, KeyState, KeyTimes, Metadata
from fastsign.keys.write import Material, copy_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

StrPath = str | PathLike[str]
Role = Literal["ksk", "zsk", "csk"]
Digest = Literal["sha1", "sha256", "sha384"]

_DIGEST_TYPES = {name: number for number, name in DIGESTS.items()}
_ROLES = ("ksk", "zsk", "csk")
_BEGINS, _ENDS = {"publish", "activate"}, {"revoke", "inactive", "delete"}


class Timing(TypedDict, total=False):
    """The times of a key: seconds since 1970, or datetimes with a time zone."""

    publish: int | datetime | None  # its DNSKEY record is in the zone from then on ...
    activate: int | datetime | None  # ... it signs ...
    revoke: int | datetime | None  # ... it is revoked (RFC 5011) ...
    inactive: int | datetime | None  # ... it does not sign any more ...
    delete: int | datetime | None  # ... it is out of the zone
    sync_publish: int | datetime | None  # CDS and CDNSKEY records ask the parent for its DS record from then on ...
    sync_delete: int | datetime | None  # ... not any more


TIMING_TYPES: dict[str, Types] = dict.fromkeys(Timing.__annotations__, TIME)


class Key:
    """A key of a zone, in memory or in files.

    `Key(private_key, "example.", "ksk")` takes a private key of `cryptography`: RSA, P-256, P-384, Ed25519 or Ed448.
    `Key.generate` makes one, `Key.load` reads the files of one.

    A key without *times* is in the zone and signs; with those of Timing it does what they say at the moment of
    signing, like a key in a folder. *ttl*, in seconds, is that of its DNSKEY record where the zone has none; of several
    keys the smallest above 0 counts. *algorithm* is for RSA keys, which are RSASHA256's otherwise.

    What fastsign holds of the secret is in locked memory, which is wiped when the key is closed or forgotten; so are
    the buffers that it went through. What Python's integers and `cryptography` itself hold can't be wiped.

    ValueError for a private key that DNSSEC has no algorithm for.
    """

    def __init__(
        self,
        private_key: PrivateKeyTypes,
        zone: str,
        role: Role = "zsk",
        *,
        algorithm: str | None = None,
        ttl: int | None = None,
        **times: Unpack[Timing],
    ) -> None:
        from fastsign.keys.convert import algorithm_of, material_of

        number = _algorithm(private_key, algorithm_of(private_key), algorithm)
        public_key, material = material_of(private_key)
        self._take(_key_file(zone, role, number, public_key, ttl, _key_times(times)), material)

    def _take(self, file: KeyFile, material: Material) -> None:
        from fastsign.keys.memory import SecretFile

        self._secret: SecretFile | None = SecretFile(file, material)
        self._file = replace(file, private_path=self._secret.path)
        self._always = file.times.publish is None and file.times.activate is None  # as _key_times fills them in

    @classmethod
    def generate(
        cls,
        zone: str,
        role: Role = "zsk",
        algorithm: str = "ECDSAP256SHA256",
        *,
        bits: int | None = None,
        ttl: int | None = None,
        **times: Unpack[Timing],
    ) -> Key:
        """Make a key; *bits* is the size of an RSA key, 2048 if it is not given. `write` makes files of it."""
        from fastsign.keys.generate import RSA_BITS, make_key

        number = _algorithm_number(algorithm)
        if number not in facts.SUPPORTED:
            raise ValueError(f"{algorithm}: no such algorithm, or none that keys are made for")
        if bits is not None:
            expect("bits", bits, NUMBER)
        if bits is not None and (number not in facts.RSA or bits not in RSA_BITS):
            raise ValueError(f"bits={bits} is not for {algorithm}: RSA keys have {RSA_BITS[0]} to {RSA_BITS[-1]}")
        moments = _key_times(times)
        _key_file(zone, role, number, b"", ttl, moments)  # before the work: is what is asked for right?
        public_key, material = make_key(number, bits or 0)
        key = cls.__new__(cls)
        key._take(_key_file(zone, role, number, public_key, ttl, moments), material)
        return key

    @classmethod
    def load(cls, path: StrPath) -> Key:
        """The key whose files have this name, with or without suffix. It signs whatever its times say.

        KeyFileError if the files can't be read or have no secret.
        """
        expect("path", path, PATH)
        file = read_key(os.fspath(path), need_private=True)
        if not file.can_sign:
            raise KeyFileError.at(file.path, "the secret is not in these files")
        key = cls.__new__(cls)
        key._file, key._secret, key._always = file, None, True
        return key

    @property
    def zone(self) -> str:
        """The zone's name."""
        return names.to_text(self._file.owner)

    @property
    def algorithm(self) -> str:
        """The algorithm's mnemonic: `ECDSAP256SHA256`."""
        return facts.algorithm_name(self._file.algorithm)

    @property
    def tag(self) -> int:
        """The key tag (RFC 4034 appendix B). Another key may have the same."""
        return self._file.tag

    @property
    def role(self) -> Role:
        """What it is for: ksk, zsk, or csk for both."""
        ksk, zsk = timing.roles(self._file)
        return "csk" if ksk and zsk else "ksk" if ksk else "zsk"

    @property
    def dnskey(self) -> bytes:
        """RDATA of its DNSKEY record, in wire form."""
        return self._file.rdata

    def ds(self, digest: Digest = "sha256") -> str:
        """RDATA of its DS record for the parent, as text."""
        return ds_text(ds_rdata(self._file.name, self.dnskey, digest_type(digest)))

    def write(self, directory: StrPath, *, now: int | datetime | None = None) -> str:
        """Write the key's files into a folder, as `fastsign keygen` does: their path without suffix.

        A key in memory without times is in use from *now* on, by default the present.
        KeyFileError if another key there has its tag or the tag it will have once revoked, or if they can't be written.
        """
        folder = os.fspath(directory)
        try:
            taken = tags_in_use(self._file.name, self._file.algorithm, folder)
        except OSError as error:
            raise KeyFileError.of_system(folder, error) from None
        for tag in (self.tag, facts.revoked_tag(self.dnskey)):
            if tag in taken:
                raise KeyFileError(f"{folder}: key {taken[tag]} of {self.zone} has or will have the tag {tag}", folder)
        return os.path.join(folder, copy_key(self._dated(now), folder))

    def _dated(self, now: int | datetime | None) -> KeyFile:
        """The key as it is to stand in files: there its times decide."""
        if self._secret is None:
            return self._file
        moment = clock(now)
        times = self._file.times._replace(created=moment)
        if not times.publish and not times.activate:
            times = times._replace(publish=moment, activate=moment)
        return replace(self._file, metadata=replace(self._file.metadata, times=times))

    def close(self) -> None:
        """Wipe what is held of the secret; the key can't sign any more. Files stay as they are."""
        if self._secret is not None:
            self._file = replace(self._file, private_path=None)
            self._secret.close()

    def __enter__(self) -> Key:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Key {self._file.text} {self.role}>"


def digest_type(digest: str) -> int:
    """Number of a DS record's digest by its name. ValueError if it is none of ours."""
    if digest not in _DIGEST_TYPES:
        raise ValueError(f"unknown digest {digest!r}; it is one of {', '.join(_DIGEST_TYPES)}")
    return _DIGEST_TYPES[digest]


def _algorithm_number(name: str) -> int | None:
    expect("algorithm", name, TEXT)
    return facts.algorithm_number(name)


def _algorithm(private_key: PrivateKeyTypes, number: int, wanted: str | None) -> int:
    chosen = number if wanted is None else _algorithm_number(wanted)
    if chosen != number and not (number in facts.RSA and chosen in facts.RSA):
        raise ValueError(f"{wanted} is no algorithm for {type(private_key).__name__}")
    return number if chosen is None else chosen


def _key_times(times: Timing) -> KeyTimes:
    """Times as key files have them; a key whose end alone is known is in use until then."""
    moments = {name: stamp(cast(int, at), name) for name, at in given(times, TIMING_TYPES, "Key()").items()}
    if _ENDS & moments.keys() and not _BEGINS & moments.keys():
        moments |= {"publish": 0, "activate": 0}
    return KeyTimes(**moments)


def _key_file(zone: str, role: Role, algorithm: int, public_key: bytes, ttl: int | None, times: KeyTimes) -> KeyFile:
    if role not in _ROLES:
        raise ValueError(f"{role!r}: a key's role is one of {', '.join(_ROLES)}")
    expect("zone", zone, TEXT)
    expect_ttl("ttl", ttl)
    flags = facts.ZONE if role == "zsk" else facts.ZONE | facts.SEP
    state = KeyState(ksk=True, zsk=True, lifetime=0) if role == "csk" else None
    file = KeyFile(
        owner=names.from_text(zone),
        flags=flags,
        protocol=facts.DNSSEC_PROTOCOL,
        algorithm=algorithm,
        public_key=public_key,
        ttl=ttl,
        path="",
        metadata=Metadata(format_version=FORMAT, times=times, state=state),
    )
    if not public_key:
        return file
    return replace(file, path=names.key_file_name(file.name, algorithm, file.tag))


class Keys:
    """Keys to sign with, of one zone or of many.

    A source is a folder of key files, whose timing metadata decide what each key does (`signzone -S`); the name of a
    key's files; or a Key. A folder is looked through once and again when it has changed, so one Keys serves many zones.
    """

    def __init__(self, *sources: StrPath | Key | Keys) -> None:
        """KeyFileError for a path that is neither a folder nor a key."""
        self._folders: list[IndexedFolder] = []
        self._keys: list[Key] = []
        for source in sources:
            expect("a source of keys", source, (*PATH, Key, Keys))
            if isinstance(source, Keys):
                self._folders += source._folders
                self._keys += source._keys
            elif isinstance(source, Key):
                self._keys.append(source)
            elif os.path.isdir(source):
                self._folders.append(IndexedFolder(os.fspath(source)))
            elif os.path.exists(names.key_path(os.fspath(source)) + ".key"):
                self._keys.append(Key.load(source))
            else:
                raise KeyFileError.at(os.fspath(source), "neither a folder nor the name of a key's files")

    def of(self, zone: str) -> list[Key]:
        """The keys of a zone. KeyFileError if one can't be read."""
        name = names.from_text(zone)
        found = {key.dnskey: key for key in self._of(name)}
        for file in self._in_folders(name):
            found.setdefault(file.rdata, _in_file(file))
        return list(found.values())

    def store(self, zone: bytes, now: int, csk: bool | None) -> ZoneKeys:
        """The keys of a zone (its name in wire form) as a signing asks for them. KeyFileError if one can't be read."""
        own = list(self._of(zone))
        timed = {key.dnskey: key._file for key in own if not key._always}
        for file in self._in_folders(zone):
            timed.setdefault(file.rdata, file)
        always = [key._file for key in own if key._always]
        return ZoneKeys.choose(always, list(timed.values()), self._folders, zone, now, csk)

    def _of(self, zone: bytes) -> Iterator[Key]:
        return (key for key in self._keys if key._file.name == zone.lower())

    def _in_folders(self, zone: bytes) -> Iterator[KeyFile]:
        for folder in self._folders:
            yield from folder.find(zone)

    def __repr__(self) -> str:
        sources = [*(repr(folder.directory) for folder in self._folders), *map(repr, self._keys)]
        return f"Keys({', '.join(sources)})"


def _in_file(file: KeyFile) -> Key:
    key = Key.__new__(Key)
    key._file, key._secret, key._always = file, None, False
    return key
