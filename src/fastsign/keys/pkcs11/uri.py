"""Keys in an HSM by their names: PKCS #11 URIs (RFC 7512), as BIND has them in the Label of a .private file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote_to_bytes

SCHEME = "pkcs11:"

# What a URI may say -> field. OpenSSL's engine takes the query's attributes among the others, and so do we.
_WORDS = {
    "token": "token",
    "manufacturer": "manufacturer",
    "model": "model",
    "serial": "serial",
    "object": "object",
    "type": "type",
    "pin-source": "pin_source",
    "pin-value": "pin_value",
    "module-path": "module_path",
}
_TYPES = ("private", "public")
_PIN = re.compile(r"(pin-value=)[^;&?]*", re.IGNORECASE)
# RFC 7512 section 2.3 lets these stand for themselves, beside the letters and digits of a URI.
_SAFE = "-._~:[]@!$'()*+,=/"


@dataclass(frozen=True, slots=True)
class KeyUri:
    """What is said of a key and of the token that has it; None where nothing is."""

    token: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    slot_id: int | None = None
    object: str | None = None
    id: bytes | None = None
    type: str | None = None  # private or public: halves of the same key
    pin_source: str | None = None  # path of a file with the PIN
    pin_value: str | None = field(default=None, repr=False)
    module_path: str | None = None

    def describe(self) -> str:
        """The URI for messages: the same, but for a PIN in it."""
        return format_uri(replace(self, pin_value=None))


def without_pin(text: str) -> str:
    """A text that may have a URI in it, less its PIN."""
    return _PIN.sub(r"\1***", text)


def parse_uri(text: str, *, needs_key: bool = True) -> KeyUri:
    """Take a URI apart; a text without "pkcs11:" is the label of an object, and so is one without "=" behind it.

    One that *needs_key* names a key, not a token alone. ValueError says what is wrong with it, never what the PIN is.
    """
    rest = text[len(SCHEME) :] if text.lower().startswith(SCHEME) else ""
    if not rest or "=" not in rest:
        label = rest or text
        if not label or label.lower() == SCHEME:
            raise ValueError("names no object")
        return KeyUri(object=_decoded("object", label).decode("utf-8", "surrogateescape"))
    values: dict[str, Any] = {}  # each of its field's type
    for part in re.split("[;&?]", rest):
        if part:
            field_name, value = _attribute(part, quotable="pin-value" not in rest.lower())
            if field_name in values:
                raise ValueError(f"says {field_name.replace('_', '-')} twice")
            values[field_name] = value
    return _checked(KeyUri(**values), needs_key)


def _attribute(part: str, quotable: bool) -> tuple[str, str | bytes | int]:
    """(field, value). What is not *quotable* may be the rest of a PIN that was not coded."""
    name, equals, coded = part.partition("=")
    name = name.lower()
    if not equals:
        raise ValueError(f"has no = in {part!r}" if quotable else "has a part without =")
    value = _decoded(name, coded)
    if name == "id":
        return "id", value
    if name == "slot-id":
        if not (value.isdigit() and len(value) < 20):
            raise ValueError("has a slot-id that is no number")
        return "slot_id", int(value)
    if name not in _WORDS:
        shown = repr(name) if quotable else "after pin-value"
        raise ValueError(f"has the attribute {shown}, which is not one of {', '.join([*_WORDS, 'id', 'slot-id'])}")
    return _WORDS[name], value.decode("utf-8", "surrogateescape")


def _decoded(name: str, coded: str) -> bytes:
    """RFC 3986 section 2.1"""
    if re.search("%(?![0-9A-Fa-f]{2})", coded):
        raise ValueError(f"has a % in {name} that two hexadecimal digits do not follow")
    value = unquote_to_bytes(coded.encode("utf-8", "surrogateescape"))
    if b"\0" in value and name != "id":
        raise ValueError(f"has a NUL in {name}")
    return value


def _checked(uri: KeyUri, needs_key: bool) -> KeyUri:
    if needs_key and uri.object is None and uri.id is None:
        raise ValueError("names neither object nor id")
    if uri.type is not None and uri.type not in _TYPES:
        raise ValueError(f"has the type {uri.type!r}, and a key is of type {' or '.join(_TYPES)}")
    if uri.pin_source is not None and uri.pin_value is not None:
        raise ValueError("has both pin-source and pin-value")
    if uri.pin_source is not None and uri.pin_source.startswith("|"):
        raise ValueError("has a command as its pin-source, which is not run: name a file")
    return uri


def pin_path(uri: KeyUri) -> str | None:
    """Path of the file with the PIN: that of pin-source, plain or as a file: URI (RFC 8089). ValueError for another."""
    source = uri.pin_source
    if source is None or not re.match("[A-Za-z][A-Za-z0-9+.-]+:", source):
        return source
    scheme, _, rest = source.partition(":")
    if scheme.lower() != "file":
        raise ValueError(f"has a pin-source of the kind {scheme}:, and file: is the one that is read")
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in ("", "localhost"):
            raise ValueError(f"has a pin-source on the host {host!r}")
        rest = slash + path
    if not rest:
        raise ValueError("has a pin-source without a path")
    return unquote_to_bytes(rest).decode("utf-8", "surrogateescape")


def format_uri(uri: KeyUri) -> str:
    """Text of a URI, the PIN's value too if it has one."""
    parts = [("token", uri.token), ("manufacturer", uri.manufacturer), ("model", uri.model), ("serial", uri.serial)]
    parts += [("slot-id", None if uri.slot_id is None else str(uri.slot_id)), ("object", uri.object)]
    coded = [f"{name}={_coded(value)}" for name, value in parts if value is not None]
    if uri.id is not None:
        coded.append("id=" + "".join(f"%{octet:02X}" for octet in uri.id))
    parts = [("type", uri.type), ("pin-source", uri.pin_source), ("pin-value", uri.pin_value)]
    parts += [("module-path", uri.module_path)]
    coded += [f"{name}={_coded(value)}" for name, value in parts if value is not None]
    return SCHEME + ";".join(coded)


def _coded(value: str) -> str:
    return quote(value.encode("utf-8", "surrogateescape"), safe=_SAFE)
