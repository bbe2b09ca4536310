"""What the tools that make and change key files have in common: times, paths, warnings."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from fastsign.cli.compat.common import CommandLine, FatalError, parse_time
from fastsign.errors import KeyFileError
from fastsign.keys import names
from fastsign.keys.files import KeyFile, read_key
from fastsign.keys.metadata import FORMAT

# Letter of an option -> field of KeyTimes, with and without a keyword before the date.
_MOMENTS = {
    ("P", ""): "publish",
    ("A", ""): "activate",
    ("R", ""): "revoke",
    ("I", ""): "inactive",
    ("D", ""): "delete",
    ("P", "sync"): "sync_publish",
    ("D", "sync"): "sync_delete",
    ("P", "ds"): "ds_publish",
    ("D", "ds"): "ds_delete",
}


def read_moment(
    line: CommandLine, letter: str, value: str, given: Mapping[str, int | None], now: int, keywords: tuple[str, ...]
) -> tuple[str, int | None]:
    """-A, -I, -R DATE and -P, -D [KEYWORD] DATE: the field of KeyTimes and the moment, None for "none".

    FatalError if *given* has it already.
    """
    keyword, option = "", f"-{letter}"
    if letter in "PD":
        for word in (*keywords, "dnskey"):
            date = line.take_keyword(letter, value, word)
            if date is not None:
                value = date
                if word != "dnskey":
                    keyword, option = word, f"-{letter} {word}"
                break
    field = _MOMENTS[letter, keyword]
    if field in given:
        raise FatalError(f"{option} specified more than once")
    return field, parse_time(value, now, now)


def one_operand(line: CommandLine) -> str:
    """The key file that settime and revoke take."""
    operands = line.operands
    if not operands:
        raise FatalError("The key file name was not specified")
    if len(operands) > 1:
        raise FatalError("Extraneous arguments")
    return operands[0]


def split_path(path: str) -> tuple[str, str]:
    """(folder, name) of a key file's path, the folder "." if it has none."""
    folder, slash, name = path.rpartition("/")
    if not name:
        raise FatalError(f"cannot process filename {path}: invalid file")
    return folder or slash or ".", name


def load_pair(line: CommandLine, name: str, directory: str, complaint: str, with_state: bool = True) -> KeyFile:
    """A key with both its files, which belong together. FatalError "COMPLAINT NAME: why" if they can't be had."""
    try:
        key = read_key(name, line.env.path(directory), need_private=True, with_state=with_state)
    except KeyFileError as error:
        raise FatalError(f"{complaint} {name}: {error.reason}") from None
    if key.can_sign and not key.metadata.in_hsm:
        from fastsign._core import PrivateKey

        try:
            PrivateKey.load(key.private_path or "", key.algorithm, key.public_key)
        except KeyFileError:
            raise FatalError(f"{complaint} {name}: private key is invalid") from None
    return key


def check_format(key: KeyFile) -> None:
    """FatalError if the .private file has another format than today's."""
    if key.format_version != FORMAT:
        major, minor = key.format_version
        change = "upgrade to new" if key.format_version < FORMAT else "downgrade to current"
        raise FatalError(
            f"Key {key.text} has incompatible format version {major}.{minor}, use -f to force {change} version."
        )


def in_folder(directory: str, name: str) -> str:
    """Path of a file as BIND prints it: the folder as it was given, "" for none."""
    return directory + name if not directory or directory.endswith("/") else f"{directory}/{name}"


def file_name(key: KeyFile) -> str:
    """What a key's files are called, without suffix."""
    return names.key_file_name(key.name, key.algorithm, key.tag)


def warn_of_permissions(line: CommandLine, path: str) -> None:
    """Say so if writing a .private file closes one that was open to others."""
    try:
        mode = stat.S_IMODE(os.stat(line.env.path(path)).st_mode)
    except OSError:
        return
    if mode != 0o600:
        change = f"have changed from 0{mode:o} to 0600 as a result of this operation."
        line.warn(f"warning: Permissions on the file {path} {change}")
