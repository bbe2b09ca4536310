"""The .state file of a key under a policy: read and written as BIND does.

BIND's reader does not know five of the tags that its writer uses, and so forgets what they say: it looks for others in
their place, one of them misspelt. Here both spellings are read, and the writer's are written. One caution follows:
PublishCDS and DeleteCDS, which BIND never reads, only count where .private has no such time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastsign.errors import KeyFileError
from fastsign.keys import names, times
from fastsign.keys.metadata import FILE_MAX, KeyState, Metadata, number

if TYPE_CHECKING:
    from fastsign.keys.files import KeyFile

STATES = ("hidden", "rumoured", "omnipresent", "unretentive")

# The writer's tags, in its order.
_NUMBERS_OF_KEY = {"Predecessor": "predecessor", "Successor": "successor"}
_ROLES = {"KSK": "ksk", "ZSK": "zsk"}
_TIMES = {
    "Generated": "created",
    "Published": "publish",
    "Active": "activate",
    "Retired": "inactive",
    "Revoked": "revoke",
    "Removed": "delete",
    "DSPublish": "ds_publish",
    "DSRemoved": "ds_delete",
    "SigPublish": "signature_publish",
    "SigRemoved": "signature_delete",
    "PublishCDS": "sync_publish",
    "DeleteCDS": "sync_delete",
}
_COUNTS = {"DSPubCount": "ds_published_count", "DSDelCount": "ds_removed_count"}
_CHANGES = {
    "DNSKEYChange": "dnskey_change",
    "ZRRSIGChange": "zrrsig_change",
    "KRRSIGChange": "krrsig_change",
    "DSChange": "ds_change",
}
_STATES = {
    "DNSKEYState": "dnskey",
    "ZRRSIGState": "zrrsig",
    "KRRSIGState": "krrsig",
    "DSState": "ds",
    "GoalState": "goal",
}
_UNREAD_BY_BIND = ("publishcds", "deletecds")


def _lowered(*tables: dict[str, str]) -> dict[str, str]:
    return {tag.lower(): field for table in tables for tag, field in table.items()}


# What is read, in any case: the writer's tags and the other spellings of BIND's reader.
_READ_TIMES = _lowered(_TIMES, _CHANGES) | {
    "syncpublish": "sync_publish",
    "syncdelete": "sync_delete",
    "zrrsigpublish": "signature_publish",
    "zzrrsigdelete": "signature_delete",  # sic
    "zrrsigdelete": "signature_delete",
}
_READ_COUNTS = _lowered(_COUNTS, {"Lifetime": "lifetime", "DSRemCount": "ds_removed_count"})
_READ_NUMBERS = _lowered(_NUMBERS_OF_KEY, {"MaxTTL": "max_ttl", "RollPeriod": "roll_period"})
_READ_ROLES, _READ_STATES = _lowered(_ROLES), _lowered(_STATES)


# ---- writing


def state_file_text(key: KeyFile) -> str:
    """Content of a key's .state file; what is unset is left out."""
    return "\n".join(_lines(key)) + "\n"


def _lines(key: KeyFile) -> Iterator[str]:
    state = key.state or KeyState()
    yield f"; This is the state of key {key.tag}, for {names.to_text(key.owner)}"
    yield f"Algorithm: {key.algorithm}"
    yield f"Length: {key.bits}"
    if state.lifetime is not None:
        yield f"Lifetime: {state.lifetime}"
    yield from _number_lines(key.metadata, _NUMBERS_OF_KEY)
    for tag, field in _ROLES.items():
        role = getattr(state, field)
        if role is not None:
            yield f"{tag}: {'yes' if role else 'no'}"
    yield from _time_lines(key, _TIMES)
    yield from _number_lines(state, _COUNTS)
    yield from _time_lines(key, _CHANGES)
    for tag, field in _STATES.items():
        word = getattr(state, field)
        if word is not None:
            yield f"{tag}: {word}"


def _number_lines(values: object, tags: dict[str, str]) -> Iterator[str]:
    for tag, field in tags.items():
        value = getattr(values, field)
        if value is not None:
            yield f"{tag}: {value}"


def _time_lines(key: KeyFile, tags: dict[str, str]) -> Iterator[str]:
    for tag, field in tags.items():
        moment = getattr(key.times, field)
        if moment is not None:
            yield f"{tag}: {times.digits_and_local(moment)}"


# ---- reading


def parse_state(path: str, algorithm: int, bits: int, metadata: Metadata) -> Metadata:
    """Lay what a .state file says over the metadata; a missing file leaves them as they are.

    KeyFileError if the file is broken or belongs to another key.
    """
    try:
        with open(path, encoding="latin-1") as file:
            text = file.read(FILE_MAX)
    except FileNotFoundError:
        return metadata
    except OSError as error:
        raise KeyFileError.of_system(path, error) from None
    pairs = [line.partition(";")[0].split() for line in text.split("\n")]
    words = [(pair[0], pair[1] if len(pair) > 1 else "") for pair in pairs if pair]
    try:
        _check_key(words[:2], [("Algorithm:", str(algorithm)), ("Length:", str(bits))])
        return _parse_lines(words[2:], metadata)
    except ValueError as error:
        raise KeyFileError.at(path, str(error)) from None


def _check_key(words: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    """The first two lines must fit the key."""
    if words != expected[: len(words)]:
        raise ValueError("unexpected token")
    if len(words) < len(expected):
        raise ValueError("end of file")


def _parse_lines(words: list[tuple[str, str]], metadata: Metadata) -> Metadata:
    dates: dict[str, int] = {}
    values: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for tag, word in words:
        lower, colon, _ = tag.lower().partition(":")
        if not colon:
            continue
        if lower in _READ_TIMES:
            moment = times.parse_digits(_given(word)) % 2**32
            if lower not in _UNREAD_BY_BIND or getattr(metadata.times, _READ_TIMES[lower]) is None:
                dates[_READ_TIMES[lower]] = moment
        elif lower in _READ_ROLES:
            rest[_READ_ROLES[lower]] = _one_of(word, ("yes", "no"), "unexpected token") == "yes"
        elif lower in _READ_STATES:
            rest[_READ_STATES[lower]] = _one_of(_given(word).lower(), STATES, "not found")
        elif lower in _READ_COUNTS:
            rest[_READ_COUNTS[lower]] = _number(word)
        elif lower in _READ_NUMBERS:
            values[_READ_NUMBERS[lower]] = _number(word)
    state = KeyState(**rest)
    return replace(metadata, times=metadata.times._replace(**dates), state=state, **values)


def _one_of(word: str, known: tuple[str, ...], complaint: str) -> str:
    if word not in known:
        raise ValueError(complaint)
    return word


def _given(word: str) -> str:
    if not word:
        raise ValueError("unexpected token")
    return word


def _number(word: str) -> int:
    if word.isascii() and word.isdigit() and int(word) >= 2**32:
        raise ValueError("out of range")
    try:
        return number(word)
    except ValueError:
        raise ValueError("unexpected token") from None
