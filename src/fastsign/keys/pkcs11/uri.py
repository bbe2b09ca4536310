"""Keys in an HSM by their names: PKCS #11 URIs (RFC 7512), as BIND has them in the Label of a .private file."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote, unquote_to_bytes

SCHEME = "pkcs11:"

# What a URI may say -> field. OpenSSL's engine takes the query's attributes among the others, and so do we.
_QUERY = {
    "pin-source": "pin_source",
    "pin-value": "pin_value",
    "module-path": "module_path",
    "module-name": "module_name",
}
_WORDS = {
    "token": "token",
    "manufacturer": "manufacturer",
    "model": "model",
    "serial": "serial",
    "object": "object",
    "type": "type",
    "slot-description": "slot_description",
    "slot-manufacturer": "slot_manufacturer",
    "library-description": "library_description",
    "library-manufacturer": "library_manufacturer",
    "library-version": "library_version",
    **_QUERY,
}
_TYPES = ("private", "public")
_PIN = re.compile(r"(pin-value=)[^;]*", re.IGNORECASE)
# An & is part of a value in the path (RFC 7512 section 2.3), unless an attribute of the query comes behind it.
_PATH_BREAK = re.compile(f";|&(?=(?:{'|'.join(_QUERY)})=)", re.IGNORECASE)
# What may stand for itself in all places, beside the letters and digits of a URI; / in the query alone, but libp11 and
# BIND's users have paths of files without its ? too.
_SAFE = "-._~:[]@!$'()*+,=/"


@dataclass(frozen=True, slots=True)
class KeyUri:
    """What is said of a key and of the token that has it; None where nothing is.

    Two are equal if their URIs are, whatever the order, case and coding of what they say (RFC 7512 section 2.6).
    """

    token: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    slot_id: int | None = None
    object: str | None = None
    id: bytes | None = None
    type: str | None = None  # private or public: halves of the same key
    pin_source: str | None = None  # where the PIN is; see `pin_source`
    pin_value: str | None = field(default=None, repr=False)
    module_path: str | None = None
    module_name: str | None = None
    slot_description: str | None = None
    slot_manufacturer: str | None = None
    library_description: str | None = None
    library_manufacturer: str | None = None
    library_version: str | None = None  # major.minor
    vendor: tuple[tuple[str, str], ...] = ()  # attributes of vendors', sorted: no module is asked about them

    def describe(self) -> str:
        """The URI for messages: the same, but for a PIN in it."""
        return format_uri(replace(self, pin_value=None))

    @property
    def without_key(self) -> KeyUri:
        """The same for the token alone."""
        return replace(self, object=None, id=None, type=None)

    @property
    def of_token(self) -> KeyUri:
        """The same without the key and the PIN: what names its token, and the way in."""
        return replace(self, object=None, id=None, type=None, pin_value=None)


def without_pin(text: str) -> str:
    """A text that may have a URI in it, less its PIN."""
    return _PIN.sub(r"\1***", text)


def parse_uri(text: str, *, needs_key: bool = True) -> KeyUri:
    """Take a URI apart; a text without "pkcs11:" is the label of an object, and so is one without "=" behind it.

    One that *needs_key* names a key, not a token alone. ValueError says what is wrong with it, never what the PIN is.
    """
    rest = text[len(SCHEME) :] if text.lower().startswith(SCHEME) else ""
    if rest == "" and text.lower() == SCHEME and not needs_key:
        return KeyUri()  # any token
    if not rest or "=" not in rest:
        label = rest or text
        if not label or label.lower() == SCHEME:
            raise ValueError("names no object")
        return KeyUri(object=_decoded("object", label).decode("utf-8", "surrogateescape"))
    values: dict[str, Any] = {}  # each of its field's type
    vendor: list[tuple[str, str]] = []
    for part in _parts(rest):
        field_name, value = _attribute(part, quotable="pin_value" not in values)
        if field_name == "vendor":
            vendor.append(value)
        elif field_name in values:
            raise ValueError(f"says {field_name.replace('_', '-')} twice")
        else:
            values[field_name] = value
    return _checked(KeyUri(**values, vendor=tuple(sorted(vendor))), needs_key)


def _parts(rest: str) -> list[str]:
    """The attributes of path and query. BIND puts ;object= behind what it is given, be that a query."""
    path, _, query = rest.partition("?")
    return [part for part in [*_PATH_BREAK.split(path), *re.split("[;&]", query)] if part]


def _attribute(part: str, quotable: bool) -> tuple[str, Any]:
    """(field, value). What is not *quotable* may be the rest of a PIN that was not coded."""
    name, equals, coded = part.partition("=")
    name = name.lower()
    if not equals:
        raise ValueError(f"has no = in {part!r}" if quotable else "has a part without =")
    value = _decoded(name if quotable or name in _WORDS else "an attribute", coded)
    if name == "id":
        return "id", value
    if name == "slot-id":
        if not (value.isdigit() and len(value) < 20):
            raise ValueError("has a slot-id that is no number")
        return "slot_id", int(value)
    text = value.decode("utf-8", "surrogateescape")
    if re.fullmatch("x-[a-z0-9_-]+", name) and quotable:
        return "vendor", (name, text)
    if name not in _WORDS:
        shown = repr(name) if quotable else "after pin-value"
        raise ValueError(f"has the attribute {shown}, which is not one of {', '.join([*_WORDS, 'id', 'slot-id'])}")
    return _WORDS[name], text


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
    if uri.library_version is not None and not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", uri.library_version):
        raise ValueError("has a library-version that is not of the form major.minor")
    if uri.pin_source is not None and uri.pin_value is not None:
        raise ValueError("has both pin-source and pin-value")
    if uri.module_name is not None and (not uri.module_name or re.search(r"[/\\]", uri.module_name)):
        raise ValueError("has a module-name that is a path: that would be module-path")
    pin_source(uri)
    return uri


# ---- where the PIN and the module are


@dataclass(frozen=True, slots=True)
class PinSource:
    """Where a PIN is read: a file's path, the name of a credential that systemd hands over, an open descriptor."""

    kind: Literal["file", "credential", "fd"]
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "file" else f"{self.kind}:{self.name}"


def pin_source(uri: KeyUri) -> PinSource | None:
    """Where the PIN is: a path or a file: URI (RFC 8089), and credential:NAME and fd:NUMBER, which are our own.

    ValueError for another.
    """
    source = uri.pin_source
    if source is None:
        return None
    if source.startswith("|"):
        raise ValueError("has a command as its pin-source, which is not run: name a file")
    if not re.match("[A-Za-z][A-Za-z0-9+.-]+:", source):
        return PinSource("file", source)
    scheme, _, rest = source.partition(":")
    match scheme.lower():
        case "file":
            return PinSource("file", _file_path(rest))
        case "credential":
            if rest in ("", ".", "..") or "/" in rest:
                raise ValueError("has a pin-source whose credential has no plain name")
            return PinSource("credential", rest)
        case "fd":
            if not (rest.isascii() and rest.isdigit() and len(rest) < 10):
                raise ValueError("has a pin-source whose descriptor is no number")
            return PinSource("fd", str(int(rest)))
    raise ValueError(f"has a pin-source of the kind {scheme}:, and file:, credential: and fd: are those that are read")


def _file_path(rest: str) -> str:
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in ("", "localhost"):
            raise ValueError(f"has a pin-source on the host {host!r}")
        rest = slash + path
    if not rest:
        raise ValueError("has a pin-source without a path")
    path = unquote_to_bytes(rest.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    if "\0" in path:
        raise ValueError("has a NUL in pin-source")
    return path


def module_of(uri: KeyUri) -> str | None:
    """What to load: module-path, or what module-name stands for, in that folder or where the system looks."""
    path, name = uri.module_path, uri.module_name
    if name is None or (path is not None and not os.path.isdir(path)):
        return path
    return os.path.join(path or "", f"lib{name}.so")


# ---- as text


_FIRST = ("token", "manufacturer", "model", "serial", "slot-id", "object", "id", "type")


def format_uri(uri: KeyUri) -> str:
    """Text of a URI, always the same for one, the PIN's value too if it has one."""
    values: dict[str, str | None] = {name: getattr(uri, field_name) for name, field_name in _WORDS.items()}
    coded = {name: _coded(value) for name, value in values.items() if value is not None}
    if uri.slot_id is not None:
        coded["slot-id"] = str(uri.slot_id)
    if uri.id is not None:
        coded["id"] = "".join(f"%{octet:02X}" for octet in uri.id)
    path = [name for name in dict.fromkeys([*_FIRST, *_WORDS]) if name in coded and name not in _QUERY]
    parts = [f"{name}={coded[name]}" for name in path]
    parts += [f"{name}={_coded(value)}" for name, value in uri.vendor]
    parts += [f"{name}={coded[name]}" for name in _QUERY if name in coded]
    return SCHEME + ";".join(parts)


def with_object(text: str, label: str) -> str:
    """A URI of a token made that of an object in it, as BIND writes it: ;object= and the label behind what is there.

    Before a query, for that has none of it.
    """
    path, mark, query = text.partition("?")
    path = path.rstrip(";")
    return f"{path}{'' if path.endswith(':') else ';'}object={_coded(label)}{mark}{query}"


def _coded(value: str) -> str:
    return quote(value.encode("utf-8", "surrogateescape"), safe=_SAFE)
