"""Writing key files byte for byte as BIND does.

Secrets are handled as bytearrays, and wiped once they are on disk; a .private file has mode 0600 from its first octet.
Files appear under their names at once and whole, and a new key never takes the place of another file.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from fastsign.errors import KeyFileError
from fastsign.keys import facts, names, times
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import (
    FORMAT,
    HSM_TAGS,
    NUMBER_TAGS,
    TIME_TAGS,
    lines_of,
    parse_private,
    secret_bytes,
    secret_tags,
)
from fastsign.keys.state import state_file_text

_CHUNK = 56  # characters of base64 between blanks
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

# Suffix -> content and mode of a file, in the order in which they get their names.
Files = dict[str, tuple[bytes | bytearray, int]]


def key_file_text(key: KeyFile, record: str = "DNSKEY") -> str:
    """Content of the .key file: what the key is and its times as comments, then its record, a DNSKEY or KEY."""
    owner = names.to_text(key.owner)
    lines = _comments(key, owner) if record == "DNSKEY" else []
    ttl = f"{key.ttl} " if key.ttl else ""
    encoded = base64.b64encode(key.public_key).decode("ascii")
    chunks = " ".join(encoded[at : at + _CHUNK] for at in range(0, len(encoded), _CHUNK))
    head = f"{owner} {ttl}{facts.class_name(key.rrclass)} {record}"
    lines.append(f"{head} {key.flags} {key.protocol} {key.algorithm} {chunks}")
    return "\n".join(lines) + "\n"


def _comments(key: KeyFile, owner: str) -> list[str]:
    revoked = "revoked " if key.flags & facts.REVOKE else ""
    role = "key" if key.flags & facts.SEP else "zone"
    lines = [f"; This is a {revoked}{role}-signing key, keyid {key.tag}, for {owner}"]
    for tag, field in _COMMENTS.items():
        moment = getattr(key.times, field)
        if moment is not None:
            lines.append(f"; {tag}: {times.digits_and_local(moment)}")
    return lines


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


def hsm_material(key: KeyFile, engine: str, label: str) -> Material:
    """What stands in the .private file of a key in an HSM: an RSA key's public numbers, and where the key is."""
    values: list[tuple[str, bytes]] = []
    if key.algorithm in facts.RSA:
        exponent, modulus = facts.rsa_numbers(key.public_key)
        values += [("Modulus", modulus), ("PublicExponent", exponent)]
    # Both are strings of C's, with the NUL that ends them.
    for tag, text in zip(HSM_TAGS, (engine, label), strict=True):
        values.append((tag, text.encode("utf-8", "surrogateescape") + b"\0"))
    return [(tag, bytearray(base64.b64encode(value))) for tag, value in values]


def write_key(key: KeyFile, material: Material, directory: str = ".", *, record: str = "DNSKEY") -> str:
    """Write a new key's .key, .private and, if it has a state, .state files into a folder, and wipe the material.

    *record* is the type of its record, DNSKEY or KEY. Returns the files' name without suffix. KeyFileError if there is
    a file of such a name already, or if they can't be written: then none is left.
    """
    name = names.key_file_name(key.name, key.algorithm, key.tag)
    try:
        content = private_file(key, material)
        files = _public_files(key, key.state is not None, record)
        try:
            _put(os.path.join(directory, name), {**files, ".private": (content, 0o600)}, new=True)
        finally:
            _wipe(content)
    finally:
        for _, value in material:
            _wipe(value)
    return name


def rewrite_key(key: KeyFile, *, state: bool = False, new: bool = False) -> str:
    """Write changed metadata, flags or TTL of a key that has files, and with *state* its .state file.

    The files stay in their folder and have the name that the key's tag gives them: if that has changed, the old files
    are left as well, and with *new* none may have the new name. The secret lines of the .private file are carried over
    unread. Returns the path of the files without suffix. KeyFileError if they can't be written.
    """
    base = os.path.join(os.path.dirname(key.path), names.key_file_name(key.name, key.algorithm, key.tag))
    with changed_files(key, state) as files:
        _put(base, files, new)
    return base


@contextmanager
def changed_files(key: KeyFile, state: bool = True) -> Iterator[Files]:
    """What the files of a key are to hold, by suffix, its secret read from where it is; wiped when the block ends."""
    files = _public_files(key, state)
    if key.private_path is None:
        yield files
        return
    with secret_bytes(key.private_path) as old:
        material = _material_of(old, key.algorithm)
    with new_files(key, material, state) as files:
        yield files


@contextmanager
def new_files(key: KeyFile, material: Material, state: bool = True) -> Iterator[Files]:
    """What the files of a key with this material are to hold, by suffix; wiped, with the material, when it ends."""
    content = private_file(key, material)
    try:
        yield {**_public_files(key, state), ".private": (content, 0o600)}
    finally:
        for secret in (content, *(value for _, value in material)):
            _wipe(secret)


def copy_key(key: KeyFile, directory: str) -> str:
    """Write the files of a key, which may be in memory, into another folder. Returns and raises as write_key."""
    if key.private_path is None:
        raise KeyFileError.at(key.path, "the secret is not there")
    with secret_bytes(key.private_path) as content:
        material = _material_of(content, key.algorithm)
    return write_key(key, material, directory)


def write_external(key: KeyFile, directory: str = ".") -> str:
    """Write, or write over, the files of a key whose secret is elsewhere. Returns their name without suffix.

    KeyFileError if they can't be written, or if there is a .private file that has, or may have, a secret.
    """
    name = names.key_file_name(key.name, key.algorithm, key.tag)
    base = os.path.join(directory, name)
    if may_have_secret(base + ".private", key.algorithm):
        raise KeyFileError.at(base + ".private", "file already exists")
    files = _public_files(key, state=False)
    _put(base, {**files, ".private": (private_file(key, ()), 0o600)}, new=False)
    return name


def may_have_secret(path: str, algorithm: int) -> bool:
    """Is there a .private file that holds a secret, or can't be read so that it may?"""
    if not os.path.lexists(path):
        return False
    try:
        return not parse_private(path, algorithm).external
    except KeyFileError:
        return True


def _public_files(key: KeyFile, state: bool, record: str = "DNSKEY") -> Files:
    files: Files = {".key": (key_file_text(key, record).encode("ascii"), 0o644)}
    if state:
        files[".state"] = (state_file_text(key).encode("ascii"), 0o644)
    return files


def _material_of(content: bytearray, algorithm: int) -> Material:
    """Copies of the key material in a .private file, in BIND's order."""
    found = {}
    for tag, value in lines_of(content):
        # Base64 may hold blanks; BIND writes it without.
        found[tag.lower()] = bytearray(octet for octet in value if octet not in b" \t\r")
    return [(tag, found[tag.lower()]) for tag in secret_tags(algorithm) + HSM_TAGS if tag.lower() in found]


def _wipe(secret: bytearray) -> None:
    secret[:] = bytes(len(secret))


def _put(base: str, files: Files, new: bool) -> None:
    """Put files in place, each whole and durable, or leave things as they are. KeyFileError says why not.

    All are on the disk before the first gets its name. The last is .private: a key is looked for by that, so what a
    crash can leave of a new key is never more than a public key, which nobody signs with.
    """
    mark = f"-{os.getpid():x}{os.urandom(4).hex()}"
    placed: list[str] = []
    path = base
    try:
        try:
            for suffix, (content, mode) in files.items():
                path = base + suffix
                _stage(path + mark, content, mode)
            for suffix in files:
                path = base + suffix
                _place(path + mark, path, new)
                placed.append(path)
            _sync_folder(os.path.dirname(base) or ".")
        except BaseException:
            if new:
                _remove(placed)
            raise
        finally:
            _remove(base + suffix + mark for suffix in files)
    except OSError as error:
        raise KeyFileError.of_system(path, error) from None


def _stage(path: str, content: bytes | bytearray, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb", buffering=0) as file:
        _write_all(file.fileno(), content)
        os.fsync(file.fileno())


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            os.unlink(path)


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
        try:
            os.rename(temporary, path)
        except BaseException:
            os.unlink(path)
            raise


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
