"""Domain names in wire form and as text, and the names of key files."""

from __future__ import annotations

import os
import re

LABEL_MAX, NAME_MAX = 63, 255  # octets (RFC 1035 section 2.3.4)
ROOT = b"\0"

_ESCAPED = b'"$().;@\\'  # what BIND writes behind a backslash
_PLAIN_IN_FILES = b"-_0123456789abcdefghijklmnopqrstuvwxyz"
_KEY_FILE = re.compile(r"K(?P<name>[^/]*)\+(?P<algorithm>[0-9]{3})\+(?P<tag>[0-9]{5})")
_PERCENT = re.compile(rb"%([0-9A-F]{2})")
_SUFFIXES = (".private", ".key")


def _octet_text(octet: int) -> str:
    if octet in _ESCAPED:
        return "\\" + chr(octet)
    return chr(octet) if 0x21 <= octet <= 0x7E else f"\\{octet:03d}"


# Each octet of a label as text, and as a file name has it.
_AS_TEXT = tuple(map(_octet_text, range(256)))
_IN_FILES = tuple(chr(octet) if octet in _PLAIN_IN_FILES else f"%{octet:02X}" for octet in bytes(range(256)).lower())


def from_text(text: str | bytes) -> bytes:
    """Wire form of a name, its case kept; a missing final dot is meant (RFC 1035 section 5.1).

    ValueError has BIND's words: "empty label", "label too long", "name too long"...
    """
    octets = os.fsencode(text) if isinstance(text, str) else text
    if octets in (b"@", b"."):
        return ROOT
    if not octets:
        raise ValueError("unexpected end of input")
    labels, label, at = [], bytearray(), 0
    while at < len(octets):
        octet, at = octets[at], at + 1
        if octet == 0x2E:  # "."
            labels.append(_checked(label))
            label = bytearray()
            continue
        if octet == 0x5C:  # backslash
            octet, at = _unescape(octets, at)
        label.append(octet)
    if label:
        labels.append(_checked(label))
    wire = b"".join(bytes([len(part)]) + part for part in labels) + ROOT
    if len(wire) > NAME_MAX:
        raise ValueError("ran out of space")
    return wire


def _checked(label: bytearray) -> bytes:
    if not label:
        raise ValueError("empty label")
    if len(label) > LABEL_MAX:
        raise ValueError("label too long")
    return bytes(label)


def _unescape(octets: bytes, at: int) -> tuple[int, int]:
    if at >= len(octets):
        raise ValueError("unexpected end of input")
    if not 0x30 <= octets[at] <= 0x39:
        return octets[at], at + 1
    decimal = octets[at : at + 3]
    if decimal.isdigit() and len(decimal) < 3 and at + 3 > len(octets):
        raise ValueError("unexpected end of input")
    if len(decimal) < 3 or not decimal.isdigit() or int(decimal) > 255:
        raise ValueError("bad escape")
    return int(decimal), at + 3


def labels_of(wire: bytes) -> list[bytes]:
    """The labels of a wire name, without the root's."""
    labels, at = [], 0
    while wire[at]:
        labels.append(wire[at + 1 : at + 1 + wire[at]])
        at += 1 + wire[at]
    return labels


def to_text(wire: bytes) -> str:
    """Text with the final dot, escaped as BIND does (dns_name_totext)."""
    return _joined(wire, _AS_TEXT)


def to_message(wire: bytes) -> str:
    """Text for messages (dns_name_format): without the final dot, the root as "."."""
    return to_text(wire)[:-1] or "."


def to_file_text(wire: bytes) -> str:
    """Text that is safe in a file name (dns_name_tofilenametext): lower case, final dot, %XX for special octets."""
    return _joined(wire, _IN_FILES)


def _joined(wire: bytes, octets: tuple[str, ...]) -> str:
    """The labels, octet by octet as the table has it, each with its dot; the root is one."""
    return ".".join(["".join([octets[octet] for octet in label]) for label in labels_of(wire)]) + "."


def from_file_text(text: str) -> bytes:
    """Wire form of a name that to_file_text has written."""
    labels = [_PERCENT.sub(lambda found: bytes([int(found[1], 16)]), label) for label in text.encode().split(b".")]
    return b"".join(bytes([len(label)]) + label for label in labels if label) + ROOT


def key_file_name(zone: bytes, algorithm: int, tag: int) -> str:
    """`Kexample.+013+25786`: what a key's files are called, without suffix."""
    return f"K{to_file_text(zone)}+{algorithm:03d}+{tag:05d}"


def parse_key_file_name(name: str) -> tuple[str, int, int] | None:
    """(file-safe name, algorithm, tag) of a key file name without folder and suffix; None if it isn't one."""
    match = _KEY_FILE.fullmatch(name)
    return (match["name"], int(match["algorithm"]), int(match["tag"])) if match else None


def strip_suffix(path: str) -> str:
    """A key's name as given on a command line, without `.private`, `.key` or a final dot."""
    if len(path) > 1 and path.endswith("."):
        return path[:-1]
    for suffix in _SUFFIXES:
        if len(path) > len(suffix) and path.endswith(suffix):
            return path[: -len(suffix)]
    return path


def key_path(path: str, directory: str = ".") -> str:
    """Path of a key's files without suffix. The folder counts only for a path that is not absolute."""
    base = strip_suffix(path)
    if base.startswith("/") or directory in ("", "."):
        return base
    return os.path.join(directory, base)
