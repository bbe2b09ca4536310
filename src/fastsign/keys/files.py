"""Key files: reading K*.key with its .private and .state, and finding a zone's keys in a folder."""

from __future__ import annotations

import base64
import binascii
import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace

from fastsign.errors import KeyFileError
from fastsign.keys import facts, names
from fastsign.keys.metadata import NO_METADATA, KeyState, KeyTimes, Metadata, parse_private
from fastsign.keys.state import parse_state

_TTL = re.compile(r"(?:[0-9]+[wdhms]?)+", re.IGNORECASE)
_TTL_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "": 1}
_WORD = re.compile(r"[();]|(?:\\.|[^ \t\r();\\])+")
_KEY_FILE_MAX = 64 * 1024  # characters


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key as its files give it. Two keys are the same only if their whole public keys are."""

    owner: bytes  # wire form, case as in the file
    flags: int
    protocol: int
    algorithm: int
    public_key: bytes
    ttl: int | None  # seconds, None if the file gives none
    path: str  # of its files, without suffix
    private_path: str | None = None  # None: there is a public key only
    rrclass: int = 1
    metadata: Metadata = NO_METADATA

    @property
    def name(self) -> bytes:
        """The owner in wire form and lower case."""
        return self.owner.lower()

    @property
    def rdata(self) -> bytes:
        """DNSKEY RDATA."""
        return self.flags.to_bytes(2, "big") + bytes([self.protocol, self.algorithm]) + self.public_key

    @property
    def tag(self) -> int:
        return facts.key_tag(self.rdata)

    @property
    def text(self) -> str:
        """`example/ECDSAP256SHA256/47209`, for messages."""
        return facts.key_text(self.owner, self.rdata)

    @property
    def bits(self) -> int:
        return facts.key_bits(self.algorithm, self.public_key)

    @property
    def can_sign(self) -> bool:
        """Is its secret at hand, in the file or in an HSM?"""
        return self.private_path is not None and not self.metadata.external

    @property
    def times(self) -> KeyTimes:
        return self.metadata.times

    @property
    def state(self) -> KeyState | None:
        return self.metadata.state

    @property
    def format_version(self) -> tuple[int, int]:
        """Of the .private file; (0, 0) without one."""
        return self.metadata.format_version

    @property
    def predecessor(self) -> int | None:
        return self.metadata.predecessor

    @property
    def successor(self) -> int | None:
        return self.metadata.successor

    @property
    def external(self) -> bool:
        return self.metadata.external

    def with_flags(self, flags: int) -> KeyFile:
        """The same key with other flags, and so another tag."""
        return replace(self, flags=flags)


def read_key(path: str, directory: str = ".", *, need_private: bool = False, with_state: bool = True) -> KeyFile:
    """Read a key by the name of its files, with or without suffix, in a folder unless the path is absolute.

    The secret is left on disk: only whether it is there is found out. KeyFileError when .key is missing or broken, when
    .private or .state is broken, or when .private is missing and needed. Some of BIND's tools look at no .state file.
    """
    base = names.key_path(path, directory)
    key = _read_public(base)
    private_path = base + ".private"
    has_private = need_private or os.path.lexists(private_path)
    metadata = parse_private(private_path, key.algorithm) if has_private else NO_METADATA
    if with_state:
        metadata = parse_state(base + ".state", key.algorithm, key.bits, metadata)
    return replace(key, private_path=private_path if has_private else None, metadata=metadata)


def read_public_key(path: str) -> KeyFile:
    """Read a key's .key file alone, by the name of its files with or without suffix.

    KeyFileError as in read_key, and if the public key is none that signatures can be verified by.
    """
    key = _read_public(names.key_path(path))
    try:
        facts.check_point(key.rdata)
    except ValueError as error:
        raise KeyFileError.at(key.path + ".key", str(error)) from None
    return key


def find_keys(zone: bytes, directory: str = ".", problems: list[KeyFileError] | None = None) -> list[KeyFile]:
    """All keys of a zone with a .private file in a folder, by file name. OSError if the folder can't be read.

    A key that can't be read is an error, for its signatures would be missed: KeyFileError, or an entry in *problems*.
    """
    return read_keys(_key_names(zone, directory), directory, problems)


def read_keys(bases: list[str], directory: str, problems: list[KeyFileError] | None = None) -> list[KeyFile]:
    """The keys whose files have these names without suffix; else as find_keys."""
    found = []
    for base in bases:
        try:
            found.append(read_key(base, directory, need_private=True))
        except KeyFileError as problem:
            if problems is None:
                raise
            problems.append(problem)
    return found


def tags_in_use(
    zone: bytes, algorithm: int, directory: str = ".", problems: list[KeyFileError] | None = None
) -> dict[int, int]:
    """Tags that a zone's keys of an algorithm have in a folder, or will have once revoked -> the tag they have now.

    A file that can't be read still counts, by its name. A .private file that can't be used adds an entry to *problems*.
    """
    taken: dict[int, int] = {}
    for base in _key_names(zone, directory, (".private", ".key")):
        path = names.key_path(base, directory)
        if problems is not None and os.path.lexists(path + ".private"):
            try:
                read_key(base, directory, need_private=True)
            except KeyFileError as problem:
                problems.append(KeyFileError.at(f"{base}.private", problem.reason))
        parsed = names.parse_key_file_name(base)
        if parsed is None or parsed[1] != algorithm:
            continue
        tag = later = parsed[2]
        with suppress(KeyFileError):
            rdata = _read_public(path).rdata
            tag, later = facts.key_tag(rdata), facts.revoked_tag(rdata)
        taken |= {later: tag, parsed[2]: tag, tag: tag}
    return taken


def _key_names(zone: bytes, directory: str, suffixes: tuple[str, ...] = (".private",)) -> list[str]:
    prefix = f"K{names.to_file_text(zone)}+".lower()
    found = set()
    for name in os.listdir(directory):
        if name[: len(prefix)].lower() == prefix:
            base, suffix = os.path.splitext(name)
            if suffix in suffixes and names.parse_key_file_name(base):
                found.add(base)
    return sorted(found)


def _read_public(base: str) -> KeyFile:
    path = base + ".key"
    try:
        with open(path, encoding="latin-1") as file:
            text = file.read(_KEY_FILE_MAX)
    except OSError as error:
        raise KeyFileError.of_system(path, error) from None
    try:
        return parse_key_record(text, base)
    except ValueError as error:
        raise KeyFileError.at(path, str(error)) from None


def parse_key_record(text: str, base: str = "") -> KeyFile:
    """The first record of a .key file: `owner [TTL] [class] DNSKEY flags protocol algorithm base64...`.

    ValueError with BIND's words if it isn't one.
    """
    words = _first_record(text)
    if not words or words[0] == "@":
        raise ValueError("unexpected token" if words else "end of file")
    owner, at = names.from_text(words[0].encode("latin-1")), 1
    words += [""] * 3
    ttl = None
    if _TTL.fullmatch(words[at]):
        ttl, at = _parse_ttl(words[at]), at + 1
    rrclass = facts.class_number(words[at])
    at += rrclass is not None
    if words[at].upper() == "KEY":
        raise ValueError("bad key type")
    if words[at].upper() != "DNSKEY":
        raise ValueError("unexpected token" if words[at] else "end of file")
    flags, protocol, algorithm, public_key = _parse_rdata([word for word in words[at + 1 :] if word])
    facts.check_public_key(algorithm, public_key)
    return KeyFile(owner, flags, protocol, algorithm, public_key, ttl, base, rrclass=rrclass or 1)


def _first_record(text: str) -> list[str]:
    """Words of the first line that has any, read on while a parenthesis is open; comments are left out."""
    words: list[str] = []
    depth = 0
    for line in text.split("\n"):
        if line.startswith(";"):  # as most lines do
            continue
        for word in _WORD.findall(line):
            if word == ";":
                break
            if word in "()":
                depth += 1 if word == "(" else -1
            else:
                words.append(word)
        if depth < 0:
            raise ValueError("unbalanced parentheses")
        if words and depth == 0:
            return words
    return words


def _parse_ttl(text: str) -> int:
    total = sum(
        int(number) * _TTL_UNITS[unit.lower()]
        for number, unit in re.findall(r"([0-9]+)([wdhms]?)", text, re.IGNORECASE)
    )
    if total >= 2**32:
        raise ValueError("out of range")
    return total


def _parse_rdata(words: list[str]) -> tuple[int, int, int, bytes]:
    if len(words) < 4:
        raise ValueError("unexpected end of input")
    flags, protocol, algorithm = words[:3]
    number = facts.algorithm_number(algorithm)
    if number is None or not (_is_number(flags, 0xFFFF) and _is_number(protocol, 0xFF)):
        raise ValueError("unexpected token")
    try:
        return int(flags), int(protocol), number, base64.b64decode("".join(words[3:]), validate=True)
    except binascii.Error:
        raise ValueError("bad base64 encoding") from None


def _is_number(text: str, highest: int) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= highest
