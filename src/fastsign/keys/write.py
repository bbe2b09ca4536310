"""Writing key files byte for byte as BIND does.

Secrets are handled as bytearrays, and wiped once they are on disk; a .private file has mode 0600 from its first octet.
Files appear under their names at once and whole, and a new key never takes the place of another file.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from contextlib import suppress

from fastsign.errors import KeyFileError
from fastsign.keys import facts, names, times
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import FORMAT, HSM_TAGS, NUMBER_TAGS, TIME_TAGS, lines_of, secret_bytes, secret_tags

_CHUNK = 56  # characters of base64 between blanks
_CLASSES = {1: "IN", 3: "CH", 4: "HS"}
_COMMENTS = {
    "Created": "created",
    "Publish": "publish",
    "Activate": "activate",
    "Revoke": "revoke",
    "Inactive": "inactive",
    "Delete": "delete",
    "SyncPublish": "sync_publish",
    "SyncDelete": "sync_delete",
}

# (tag, value): a line of key material, its value in base64.
Material = Sequence[tuple[str, bytearray]]


def key_file_text(key: KeyFile) -> str:
    """Content of the .key file: what the key is and its times as comments, then its DNSKEY record."""
    owner = names.to_text(key.owner)
    revoked = "revoked " if key.flags & facts.REVOKE else ""
    role = "key" if key.flags & facts.SEP else "zone"
    lines = [f"; This is a {revoked}{role}-signing key, keyid {key.tag}, for {owner}"]
    for tag, field in _COMMENTS.items():
        moment = getattr(key.times, field)
        if moment is not None:
            lines.append(f"; {tag}: {times.digits_and_local(moment)}")
    ttl = f"{key.ttl} " if key.ttl else ""
    encoded = base64.b64encode(key.public_key).decode("ascii")
    chunks = " ".join(encoded[at : at + _CHUNK] for at in range(0, len(encoded), _CHUNK))
    head = f"{owner} {ttl}{_CLASSES[key.rrclass]} DNSKEY"
    lines.append(f"{head} {key.flags} {key.protocol} {key.algorithm} {chunks}")
    return "\n".join(lines) + "\n"


def private_file(key: KeyFile, material: Material) -> bytearray:
    """Content of the .private file. The caller wipes it."""
    major, minor = key.format_version if key.format_version > (0, 0) else FORMAT
    name = facts.MNEMONICS.get(key.algorithm, "?")
    content = bytearray(f"Private-key-format: v{major}.{minor}\nAlgorithm: {key.algorithm} ({name})\n".encode())
    for tag, value in material:
        content += tag.encode() + b": "
        content += value
        content += b"\n"
    if key.external:
        content += b"External:\n"
    if (major, minor) >= (1, 3):
        for tag, field in NUMBER_TAGS.items():
            number = getattr(key.metadata, field)
            content += b"" if number is None else f"{tag}: {number}\n".encode()
        for tag, field in TIME_TAGS.items():
            moment = getattr(key.times, field)
            content += b"" if moment is None else f"{tag}: {times.digits(moment)}\n".encode()
    return content


def write_key(key: KeyFile, material: Material, directory: str = ".") -> str:
    """Write a new key's .private and .key files into a folder and wipe the material. Returns their name without suffix.

    KeyFileError if there is a file of that name already, or if they can't be written: then neither is left.
    """
    name = names.key_file_name(key.name, key.algorithm, key.tag)
    base = os.path.join(directory, name)
    try:
        content = private_file(key, material)
        try:
            _put(base + ".private", content, 0o600, new=True)
        finally:
            _wipe(content)
        try:
            _put(base + ".key", key_file_text(key).encode("ascii"), 0o644, new=True)
        except BaseException:
            os.unlink(base + ".private")
            raise
    finally:
        for _, value in material:
            _wipe(value)
    return name


def rewrite_key(key: KeyFile) -> None:
    """Write changed metadata, flags or TTL of a key that has files, under the name that *key.path* gives.

    The secret lines of the .private file are carried over unread.
    """
    if key.private_path is not None:
        with secret_bytes(key.private_path) as old:
            material = _material_of(old, key.algorithm)
        content = private_file(key, material)
        try:
            _put(key.path + ".private", content, 0o600)
        finally:
            for secret in (content, *(value for _, value in material)):
                _wipe(secret)
    _put(key.path + ".key", key_file_text(key).encode("ascii"), 0o644)


def _material_of(content: bytearray, algorithm: int) -> Material:
    """Copies of the key material in a .private file, in BIND's order."""
    found = {}
    for tag, value in lines_of(content):
        # Base64 may hold blanks; BIND writes it without.
        found[tag.lower()] = bytearray(octet for octet in value if octet not in b" \t\r")
    return [(tag, found[tag.lower()]) for tag in secret_tags(algorithm) + HSM_TAGS if tag.lower() in found]


def _wipe(secret: bytearray) -> None:
    secret[:] = bytes(len(secret))


def _put(path: str, content: bytes | bytearray, mode: int, new: bool = False) -> None:
    """Put a file in place, whole and durable, or leave things as they are. KeyFileError says why not."""
    temporary = f"{path}-{os.getpid():x}{os.urandom(4).hex()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with open(descriptor, "wb", buffering=0) as file:
                _write_all(file.fileno(), content)
                os.fsync(file.fileno())
            _place(temporary, path, new)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        _sync_folder(os.path.dirname(path) or ".")
    except OSError as error:
        raise KeyFileError.of_system(path, error) from None


def _write_all(descriptor: int, content: bytes | bytearray) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _place(temporary: str, path: str, new: bool) -> None:
    if not new:
        os.rename(temporary, path)
        return
    try:
        os.link(temporary, path)  # unlike rename, refuses to replace a file
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        os.rename(temporary, path)


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
