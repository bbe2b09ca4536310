"""The metadata of a key: the times and numbers in its .private file, and the .state file.

A .private file holds the key's secret next to its times. Here only the tags are looked at, and only the values of tags
that are no secret are made into Python objects: the file is read into a bytearray, which is wiped before this module
lets go of it. The secret itself is for C alone (fastsign._core.PrivateKey).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from fastsign.errors import KeyFileError
from fastsign.keys import facts, times

FORMAT = (1, 3)  # of .private files with times; 1.2 and older have none
_FILE_MAX = 64 * 1024  # a 4096-bit RSA key takes under 4 KB
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

# Tags of .state files. BIND's writer and reader disagree on five of them; both spellings are read.
_STATE_TIMES = {
    "generated": "created",
    "published": "publish",
    "active": "activate",
    "revoked": "revoke",
    "retired": "inactive",
    "removed": "delete",
    "dspublish": "ds_publish",
    "dsremoved": "ds_delete",
    "syncpublish": "sync_publish",
    "publishcds": "sync_publish",
    "syncdelete": "sync_delete",
    "deletecds": "sync_delete",
    "sigpublish": "signature_publish",
    "zrrsigpublish": "signature_publish",
    "sigremoved": "signature_delete",
    "zrrsigdelete": "signature_delete",
    "dnskeychange": "dnskey_change",
    "zrrsigchange": "zrrsig_change",
    "krrsigchange": "krrsig_change",
    "dschange": "ds_change",
}
_STATE_NUMBERS = {
    "lifetime": "lifetime",
    "dspubcount": "ds_published_count",
    "dsdelcount": "ds_removed_count",
    "dsremcount": "ds_removed_count",
}
_STATE_WORDS = {
    "dnskeystate": "dnskey",
    "zrrsigstate": "zrrsig",
    "krrsigstate": "krrsig",
    "dsstate": "ds",
    "goalstate": "goal",
}
_STATES = ("hidden", "rumoured", "omnipresent", "unretentive")


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
            if size > _FILE_MAX:
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
    tag, value = next(lines, ("", memoryview(b"")))
    if tag != "Algorithm" or _first_word(value) != str(algorithm):
        raise ValueError
    # Tags are compared without regard to case, but for External.
    secrets = {name.lower() for name in secret_tags(algorithm) + HSM_TAGS}
    numbers = {name.lower(): field for name, field in NUMBER_TAGS.items()}
    moments = {name.lower(): field for name, field in TIME_TAGS.items()}
    found: set[str] = set()
    external = False
    values: dict[str, Any] = {}
    dates: dict[str, int] = {}
    for tag, value in lines:
        lower = tag.lower()
        if tag == "External":
            external = True
        elif lower in numbers:
            values[numbers[lower]] = _number(_first_word(value))
        elif lower in moments:
            dates[moments[lower]] = times.parse_digits(_first_word(value)) % 2**32
        elif lower in secrets:
            found.add(lower)
        elif version <= FORMAT:
            raise ValueError
    in_hsm = _check_material(found, external, algorithm)
    return Metadata(version, KeyTimes(**dates), **values, external=external, in_hsm=in_hsm)


def _format_version(lines: Iterator[tuple[str, memoryview]]) -> tuple[int, int]:
    tag, value = next(lines, (None, memoryview(b"")))
    if tag is None:
        raise ValueError("end of file")
    word = _first_word(value)
    major, dot, minor = word[1:].partition(".")
    if tag != "Private-key-format" or word[:1] != "v" or not dot:
        raise ValueError
    version = (_number(major), _number(minor))
    if version[0] > FORMAT[0]:
        raise ValueError
    return version


def _check_material(found: set[str], external: bool, algorithm: int) -> bool:
    """Is the secret in an HSM? ValueError if tags of the secret are missing, or there where there should be none."""
    in_hsm = "engine" in found
    needed = {name.lower() for name in secret_tags(algorithm)}
    if in_hsm:
        needed = {"label"} | ({"modulus", "publicexponent"} if algorithm in facts.RSA else set())
    if (external and found) or (not external and not needed <= found):
        raise ValueError
    return in_hsm


def _first_word(value: memoryview) -> str:
    words = bytes(value).split(maxsplit=1)
    return words[0].decode("latin-1") if words else ""


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**32):
        raise ValueError
    return int(text)


def parse_state(path: str, algorithm: int, bits: int, metadata: Metadata) -> Metadata:
    """Lay what a .state file says over the metadata; a missing file leaves them as they are.

    KeyFileError if the file is broken or belongs to another key.
    """
    try:
        with open(path, encoding="latin-1") as file:
            text = file.read(_FILE_MAX)
    except FileNotFoundError:
        return metadata
    except OSError as error:
        raise KeyFileError.of_system(path, error) from None
    pairs = [line.partition(";")[0].split() for line in text.split("\n")]
    words = [(pair[0], pair[1] if len(pair) > 1 else "") for pair in pairs if pair]
    try:
        # The first two lines must fit the key.
        if words[:2] != [("Algorithm:", str(algorithm)), ("Length:", str(bits))]:
            raise ValueError("unexpected token")
        return _parse_state(words[2:], metadata)
    except ValueError as error:
        raise KeyFileError.at(path, str(error)) from None


def _parse_state(words: list[tuple[str, str]], metadata: Metadata) -> Metadata:
    dates: dict[str, int] = {}
    values: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for tag, word in words:
        lower = tag.lower().removesuffix(":")
        if lower in _STATE_TIMES:
            dates[_STATE_TIMES[lower]] = times.parse_digits(word) % 2**32
        elif lower in ("ksk", "zsk"):
            rest[lower] = {"yes": True, "no": False}[_one_of(word, ("yes", "no"))]
        elif lower in _STATE_WORDS:
            rest[_STATE_WORDS[lower]] = _one_of(word.lower(), _STATES)
        elif lower in _STATE_NUMBERS:
            rest[_STATE_NUMBERS[lower]] = _state_number(word)
        elif lower in ("predecessor", "successor", "maxttl", "rollperiod"):
            values[{"maxttl": "max_ttl", "rollperiod": "roll_period"}.get(lower, lower)] = _state_number(word)
    state = KeyState(**rest)
    return replace(metadata, times=metadata.times._replace(**dates), state=state, **values)


def _one_of(word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise ValueError("unexpected token")
    return word


def _state_number(word: str) -> int:
    try:
        return _number(word)
    except ValueError:
        raise ValueError("unexpected token") from None
