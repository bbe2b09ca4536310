"""`fastsign revoke`: dnssec-revoke."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace

from fastsign.cli.compat import long_names
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_verbosity, run_tool
from fastsign.cli.compat.engines import parse_engine
from fastsign.cli.compat.keyfiles import file_name, in_folder, in_todays_format, load_pair, one_operand
from fastsign.cli.env import Env
from fastsign.errors import KeyFileError
from fastsign.keys import facts
from fastsign.keys.files import KeyFile, read_key
from fastsign.keys.write import rewrite_key

USAGE = """\
Usage:
    {program} [options] keyfile

Version: {version}
    -E engine:    name of an OpenSSL engine: openssl or pkcs11
    -f:           force overwrite
    -h:           help
    -K directory: use directory for key files
    -r:           remove old keyfiles after creating revoked version
    -R:           print the key ID that the key has once revoked, and do nothing
    -v level:     set level of verbosity
    -V:           print version information
Output:
     K<name>+<alg>+<new id>.key, K<name>+<alg>+<new id>.private
"""

TOOL = Tool("dnssec-revoke", "E:fK:rRhv:V", USAGE, long=long_names.REVOKE)

_SUFFIXES = (".private", ".key")


@dataclass(slots=True)
class Request:
    """What the command line asks for."""

    now: int
    directory: str | None = None
    force: bool = False
    remove: bool = False
    tag_only: bool = False
    verbosity: int = 0


def main(env: Env) -> int:
    """Run dnssec-revoke."""
    return run_tool(TOOL, revoke, env)


def revoke(line: CommandLine) -> int:
    """Write a key's files anew with the REVOKE bit set and so under another name, which is printed."""
    request = parse(line)
    key, folder = load_pair(line, one_operand(line), request.directory, "Invalid keyfile name", with_state=False)
    if request.tag_only:
        line.env.stdout.write(f"{facts.revoked_tag(key.rdata)}\n")
        return 0
    if request.verbosity > 2:
        line.warn(key.text)
    revoked = with_revoke_bit(line, in_todays_format(key, request.force, request.now), request.now)
    if folder == "." and request.directory is None:
        folder = ""
    printed = in_folder(folder, file_name(revoked))
    check_place(line, request, revoked, printed)
    write(revoked, new=not request.force)
    line.env.stdout.write(f"{printed}\n")
    if request.remove:
        for suffix in _SUFFIXES:
            with suppress(FileNotFoundError):
                os.unlink(key.path + suffix)
    return 0


def parse(line: CommandLine) -> Request:
    """Read the options."""
    request = Request(line.env.now())
    for letter, value in line:
        match letter:
            case "f" | "r" | "R":
                setattr(request, {"f": "force", "r": "remove", "R": "tag_only"}[letter], True)
            case "E":
                parse_engine(value)  # the secret is carried over unread: there is nothing for it to do
            case "K":
                request.directory = value
            case "v":
                request.verbosity = parse_verbosity(value)
    return request


def with_revoke_bit(line: CommandLine, key: KeyFile, now: int) -> KeyFile:
    """The key revoked now (RFC 5011 section 2.1); it has another tag then."""
    if key.flags & facts.REVOKE:
        raise FatalError(f"Key {key.text} is already revoked")
    if not key.flags & facts.SEP:
        line.warn("warning: Key is not flagged as a KSK. Revoking a ZSK is legal, but undefined.")
    times = key.times._replace(revoke=now)
    return replace(key.with_flags(key.flags | facts.REVOKE), metadata=replace(key.metadata, times=times))


def check_place(line: CommandLine, request: Request, revoked: KeyFile, printed: str) -> None:
    """FatalError if there are files of the revoked key's name already; with -f, if they are another key's."""
    path = line.env.path(printed)
    there = [suffix for suffix in (".key", ".private") if os.path.lexists(path + suffix)]
    if not there:
        return
    if not request.force:
        raise FatalError(f"Key file {printed}{there[0]} already exists; use -f to force overwrite")
    try:
        other = read_key(path, with_state=False)
        same = (other.name, other.algorithm, other.public_key) == (revoked.name, revoked.algorithm, revoked.public_key)
    except KeyFileError:
        same = False
    if not same and ".private" in there:
        raise FatalError(
            f"Key file {printed}.private is, or may be, of another key; move it away before revoking this one"
        )


def write(key: KeyFile, new: bool) -> None:
    """Write the files of the revoked key."""
    try:
        rewrite_key(key, new=new)
    except KeyFileError as error:
        raise FatalError(f"Failed to write key {key.text}: {error.reason}") from None
