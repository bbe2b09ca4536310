"""What the tools that make and change key files have in common: times, paths, warnings."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import replace

from fastsign.cli.compat.common import CommandLine, FatalError, parse_time, parse_ttl
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


def parse_interval(text: str) -> int | None:
    """Seconds of -i; None for -1, which in BIND's hands says that there was no -i."""
    seconds = parse_ttl(text)
    return None if seconds == 2**32 - 1 else seconds


def one_operand(line: CommandLine) -> str:
    """The key file that settime and revoke take."""
    operands = line.operands
    if not operands:
        raise FatalError("The key file name was not specified")
    if len(operands) > 1:
        raise FatalError("Extraneous arguments")
    return operands[0]


def locate(path: str, directory: str | None) -> tuple[str, str, str]:
    """(folder, name, name in messages) of a key that the command line names.

    The folder of -K counts for a path that is not absolute. Only without -K is a path taken apart for messages.
    """
    folder, slash, name = path.rpartition("/")
    if directory is None:
        if not name:
            raise FatalError(f"cannot process filename {path}: invalid file")
        return folder or slash or ".", name, name
    directory = directory or "/"  # as in BIND, which puts a slash between the two
    if slash and os.path.normpath(folder or slash) != ".":
        directory = os.path.join(directory, folder or slash)
    return directory, name, path


def load_pair(
    line: CommandLine, path: str, directory: str | None, complaint: str, with_state: bool = True
) -> tuple[KeyFile, str]:
    """A key with both its files, which belong together, and the folder that they are in, as the command line has it.

    FatalError "COMPLAINT NAME: why" if they can't be had.
    """
    folder, name, shown = locate(path, directory)
    try:
        key = read_key(name, line.env.path(folder), need_private=True, with_state=with_state)
    except KeyFileError as error:
        raise FatalError(f"{complaint} {shown}: {error.reason}") from None
    if key.can_sign and not key.metadata.in_hsm:
        from fastsign._core import PrivateKey

        try:
            PrivateKey.load(key.private_path or "", key.algorithm, key.public_key)
        except KeyFileError:
            raise FatalError(f"{complaint} {shown}: private key is invalid") from None
    return key, folder


def in_todays_format(key: KeyFile, force: bool, now: int) -> KeyFile:
    """The key with a .private file of today's format; FatalError if it has another one and may not be forced."""
    if key.format_version == FORMAT:
        return key
    old = key.format_version < FORMAT
    if not force:
        major, minor = key.format_version
        change = "upgrade to new" if old else "downgrade to current"
        raise FatalError(
            f"Key {key.text} has incompatible format version {major}.{minor}, use -f to force {change} version."
        )
    times = key.times._replace(created=now) if old else key.times
    return replace(key, metadata=replace(key.metadata, format_version=FORMAT, times=times))


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
