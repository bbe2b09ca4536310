"""`fastsign importkey`: dnssec-importkey, which makes key files of keys that others sign with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fastsign.cli.compat import long_names
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_ttl, parse_verbosity, run_tool
from fastsign.cli.compat.keyfiles import file_name, in_folder, read_moment, warn_of_permissions
from fastsign.cli.compat.records import STDIN, load_rrsets, parse_name
from fastsign.cli.env import Env
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names
from fastsign.keys.files import KeyFile, read_public_key
from fastsign.keys.metadata import FORMAT, KeyTimes, Metadata
from fastsign.keys.write import may_have_secret, write_external

USAGE = """\
Usage:
    {program} options [-K dir] keyfile

    {program} options -f file [keyname]

Version: {version}
Options:
    -f file: read key from zone file
    -K <directory>: directory in which to store the key files
    -L ttl:             set default key TTL
    -v <verbose level>
    -V: print version information
    -h: print usage and exit
Timing options:
    -P date/[+-]offset/none: set/unset key publication date
    -P sync date/[+-]offset/none: set/unset CDS and CDNSKEY publication date
    -D date/[+-]offset/none: set/unset key deletion date
    -D sync date/[+-]offset/none: set/unset CDS and CDNSKEY deletion date
"""

TOOL = Tool("dnssec-importkey", "D:f:hK:L:P:v:V", USAGE, long=long_names.IMPORTKEY)

_DNSKEY = 48
_IN = 1


@dataclass(slots=True)
class Request:
    """What the command line asks for."""

    now: int
    zone_file: str | None = None
    directory: str = ""
    ttl: int | None = None
    times: dict[str, int | None] = field(default_factory=dict)
    verbosity: int = 0


def main(env: Env) -> int:
    """Run dnssec-importkey."""
    return run_tool(TOOL, importkey, env)


def importkey(line: CommandLine) -> int:
    """Write the files of one key, or of all of a zone's, and print their names."""
    request = parse(line)
    operands = line.operands
    if not operands and request.zone_file is None:
        raise FatalError("the key file name was not specified")
    if len(operands) > 1:
        raise FatalError("extraneous arguments")
    if request.zone_file is None:
        keys: Iterable[KeyFile] = (load_key(line, request, operands[0]),)
    else:
        keys = load_zone_keys(line, request.zone_file, operands[0] if operands else request.zone_file)
    for key in keys:
        write(line, request, key)
    return 0


def parse(line: CommandLine) -> Request:
    """Read the options."""
    request = Request(line.env.now())
    for letter, value in line:
        match letter:
            case "D" | "P":
                name, moment = read_moment(line, letter, value, request.times, request.now, ("sync",))
                if moment is not None:  # as in BIND, "none" leaves no mark
                    request.times[name] = moment
            case "f":
                request.zone_file = value
            case "K":
                if not value:
                    raise FatalError("directory must be non-empty string")
                request.directory = value
            case "L":
                request.ttl = parse_ttl(value)
            case "v":
                request.verbosity = parse_verbosity(value)
    return request


def load_key(line: CommandLine, request: Request, name: str) -> KeyFile:
    """The key of a .key file. -K says nothing of where that is."""
    try:
        key = read_public_key(line.env.path(name))
    except KeyFileError as error:
        raise FatalError(f"invalid keyfile name {name}: {error.reason}") from None
    if request.verbosity > 2:
        line.warn(key.text)
    return key


def load_zone_keys(line: CommandLine, path: str, zone: str) -> Iterable[KeyFile]:
    """The DNSKEYs of a zone in a master file."""
    name = parse_name(zone)
    found = load_rrsets(line, path, name, _IN, no_ttl=path != STDIN).get(_DNSKEY)
    if found is None or not found.rdatas:
        shown = "input" if path == STDIN else path
        raise FatalError(f"no DNSKEY RR for {names.to_message(name)} in {shown}")
    for rdata in found.rdatas:
        fields = facts.dnskey(rdata)
        try:
            facts.check_public_key(fields.algorithm, fields.public_key)
            facts.check_point(rdata)
        except ValueError as error:
            raise FatalError(f"dst_key_fromdns: {error}") from None
        yield KeyFile(name, fields.flags, fields.protocol, fields.algorithm, fields.public_key, None, "")


def write(line: CommandLine, request: Request, key: KeyFile) -> None:
    """Write a key's files and print their names. A TTL that it had counts for nothing, as in BIND."""
    metadata = Metadata(FORMAT, KeyTimes(**request.times), external=True)
    key = replace(key, ttl=request.ttl, metadata=metadata)
    path = in_folder(request.directory, file_name(key))
    if may_have_secret(line.env.path(path) + ".private", key.algorithm):
        raise FatalError(f"Private key already exists in {path}.private")
    warn_of_permissions(line, path + ".private")
    try:
        write_external(key, line.env.path(request.directory or "."))
    except KeyFileError as error:
        raise FatalError(f"Failed to write key {key.text}: {error.reason}") from None
    line.env.stdout.write(f"{path}.key\n{path}.private\n")
