"""The metadata of a key: the times and numbers in its .private file, which a .state file adds to (keys/state.py).

A .private file holds the key's secret next to its times. Here only the tags are looked at, and only the values of tags
that are no secret are made into Python objects: the file is read into a bytearray, which is wiped before this module
lets go of it. The secret itself is for C alone (fastsign._core.PrivateKey).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastsign.errors import KeyFileError
from fastsign.keys import facts, times

FORMAT = (1, 3)  # of .private files with times; 1.2 and older have none
FILE_MAX = 64 * 1024  # a 4096-bit RSA key takes under 4 KB
_TAG_MAX = 32  # what is longer is no tag, and might be a secret


# Named tuples, since a dataclass of that many fields takes milliseconds to make at every start.
class KeyTimes(NamedTuple):
    """Moments in seconds since 1970 modulo 2**32; None where unset."""

    created: int | None = None
    publish: int | None = None
    activate: int | None = None
    revoke: int | None = None
    inactive: int | None = None
    delete: int | None = None
    ds_publish: int | None = None
    sync_publish: int | None = None
    sync_delete: int | None = None
    # These stand in .state files only.
    ds_delete: int | None = None
    signature_publish: int | None = None
    signature_delete: int | None = None
    dnskey_change: int | None = None
    zrrsig_change: int | None = None
    krrsig_change: int | None = None
    ds_change: int | None = None


NO_TIMES = KeyTimes()


class KeyState(NamedTuple):
    """What a .state file says beyond times; None where it says nothing. States are words: hidden, rumoured, ..."""

    ksk: bool | None = None
    zsk: bool | None = None
    lifetime: int | None = None
    ds_published_count: int | None = None
    ds_removed_count: int | None = None
    dnskey: str | None = None
    zrrsig: str | None = None
    krrsig: str | None = None
    ds: str | None = None
    goal: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What .private and .state say of a key without its secret."""

    format_version: tuple[int, int] = (0, 0)
    times: KeyTimes = NO_TIMES
    predecessor: int | None = None
    successor: int | None = None
    max_ttl: int | None = None
    roll_period: int | None = None
    external: bool = False  # no secret here: it is kept elsewhere
    in_hsm: bool = False  # the secret is an object of an HSM, named by a label
    state: KeyState | None = None


NO_METADATA = Metadata()

# Tags of .private files in the order that BIND writes them.
NUMBER_TAGS = {"Predecessor": "predecessor", "Successor": "successor", "MaxTTL": "max_ttl", "RollPeriod": "roll_period"}
TIME_TAGS = {
    "Created": "created",
    "Publish": "publish",
    "Activate": "activate",
    "Revoke": "revoke",
    "Inactive": "inactive",
    "Delete": "delete",
    "DSPublish": "ds_publish",
    "SyncPublish": "sync_publish",
    "SyncDelete": "sync_delete",
}
RSA_TAGS = (
    "Modulus",
    "PublicExponent",
    "PrivateExponent",
    "Prime1",
    "Prime2",
    "Exponent1",
    "Exponent2",
    "Coefficient",
)
HSM_TAGS = ("Engine", "Label")
_NUMBERS = {tag.lower(): field for tag, field in NUMBER_TAGS.items()}
_MOMENTS = {tag.lower(): field for tag, field in TIME_TAGS.items()}


def secret_tags(algorithm: int) -> tuple[str, ...]:
    """Tags of the key material of an algorithm, in BIND's order."""
    return RSA_TAGS if algorithm in facts.RSA else ("PrivateKey",)


@contextmanager
def secret_bytes(path: str) -> Iterator[bytearray]:
    """The content of a file, wiped when the block ends. KeyFileError if it can't be read."""
    content = bytearray()
    try:
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > FILE_MAX:
                raise KeyFileError.at(path, "private key is invalid")
            content = bytearray(size)
            view = memoryview(content)
            filled = 0
            while filled < size and (got := file.readinto(view[filled:])):
                filled += got
            view.release()
        yield content
    except OSError as error:
        raise KeyFileError.of_system(path, error) from None
    finally:
        content[:] = bytes(len(content))


def lines_of(content: bytearray) -> Iterator[tuple[str, memoryview]]:
    """(tag, rest of the line) of each line with a tag. Nothing but the tag is copied."""
    view, at = memoryview(content), 0
    while at < len(content):
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        colon = content.find(b":", at, end)
        if 0 <= colon - at <= _TAG_MAX:
            yield bytes(view[at:colon]).strip().decode("latin-1"), view[colon + 1 : end]
        elif content.count(b" ", at, end) + content.count(b"\t", at, end) + content.count(b"\r", at, end) < end - at:
            yield "", view[at:end]  # text without a tag
        at = end + 1


def parse_private(path: str, algorithm: int) -> Metadata:
    """Metadata of a .private file whose public key has this algorithm. KeyFileError if it is not one."""
    with secret_bytes(path) as content:
        lines = lines_of(content)
        try:
            return _parse_private(lines, algorithm)
        except ValueError as error:
            raise KeyFileError.at(path, str(error) or "private key is invalid") from None
        finally:
            del lines


def _parse_private(lines: Iterator[tuple[str, memoryview]], algorithm: int) -> Metadata:
    version = _format_version(lines)
    tag, value = next(lines, (None, memoryview(b"")))
    if tag is None:
        raise ValueError("end of file")
    if tag != "Algorithm" or first_word(value) != str(algorithm):
        raise ValueError
    # Tags are compared without regard to case, but for External.
    secrets = {name.lower() for name in secret_tags(algorithm) + HSM_TAGS}
    found: set[str] = set()
    external = False
    values: dict[str, Any] = {}
    dates: dict[str, int] = {}
    for tag, value in lines:
        lower = tag.lower()
        if tag == "External":
            external = True
        elif lower in _NUMBERS:
            values[_NUMBERS[lower]] = number(first_word(value))
        elif lower in _MOMENTS:
            dates[_MOMENTS[lower]] = _moment(first_word(value))
        elif lower in secrets:
            found.add(lower)
            if tag.capitalize() in HSM_TAGS:
                _check_c_string(value)
        elif version <= FORMAT:
            raise ValueError
    in_hsm = _check_material(found, external, algorithm)
    return Metadata(version, KeyTimes(**dates), **values, external=external, in_hsm=in_hsm)


def read_label(path: str) -> str:
    """The label of a key in an HSM, which may have a PIN in it. KeyFileError if the .private file has none."""
    with secret_bytes(path) as content:
        lines = lines_of(content)
        try:
            octets = next((_decode(value) for tag, value in lines if tag.lower() == "label"), bytearray())
        finally:
            del lines
    if octets[-1:] != b"\0":
        raise KeyFileError.at(path, "has no Label of a key in an HSM")
    label = octets[:-1].decode("utf-8", "surrogateescape")
    octets[:] = bytes(len(octets))
    return label


def _format_version(lines: Iterator[tuple[str, memoryview]]) -> tuple[int, int]:
    tag, value = next(lines, (None, memoryview(b"")))
    if tag is None:
        raise ValueError("end of file")
    word = first_word(value)
    major, dot, minor = word[1:].partition(".")
    if tag != "Private-key-format" or word[:1] != "v" or not dot:
        raise ValueError
    version = (number(major), number(minor))
    if version[0] > FORMAT[0]:
        raise ValueError
    return version


def _check_material(found: set[str], external: bool, algorithm: int) -> bool:
    """Is the secret in an HSM? ValueError if tags of the secret are missing, or there where there should be none."""
    # BIND has written no Engine since it left OpenSSL's engines for providers.
    in_hsm = "engine" in found or ("label" in found and not found & {"privatekey", "privateexponent"})
    needed = {name.lower() for name in secret_tags(algorithm)}
    if in_hsm:
        needed = {"label"} | ({"modulus", "publicexponent"} if algorithm in facts.RSA else set())
    if (external and found) or (not external and not needed <= found):
        raise ValueError
    return in_hsm


def _check_c_string(value: memoryview) -> None:
    """ValueError unless this is the base64 of a string of C's: text, and the NUL that ends it (BIND 9.20.27).

    A label may have a PIN in it, so what is decoded is wiped.
    """
    octets = _decode(value)
    terminated = octets.find(0) == len(octets) - 1 and len(octets) > 0
    octets[:] = bytes(len(octets))
    if not terminated:
        raise ValueError


_BASE64 = {digit: at for at, digit in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
_PAD = ord("=")


def _decode(value: memoryview) -> bytearray:
    """The octets that base64 stands for, blanks between its digits left out; none if it is malformed."""
    octets, digits, padding, bits = bytearray(), 0, 0, 0
    for digit in value:
        if digit in b" \t\r":
            continue
        if digit == _PAD:
            padding += 1
        elif padding or digit not in _BASE64:
            return bytearray()
        bits = (bits << 6 | _BASE64.get(digit, 0)) & 0xFFFFFF
        digits += 1
        if digits % 4 == 0:
            octets.extend((bits >> 16, bits >> 8 & 0xFF, bits & 0xFF))
    if digits % 4 or padding > 2:
        return bytearray()
    del octets[len(octets) - padding :]
    return octets


def _moment(text: str) -> int:
    if not text:
        raise ValueError
    return times.parse_digits(text) % 2**32


def first_word(value: memoryview) -> str:
    words = bytes(value).split(maxsplit=1)
    return words[0].decode("latin-1") if words else ""


def number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**32):
        raise ValueError
    return int(text)
