"""`fastsign dsfromkey`: DS or CDS records of keys, on dnssec-dsfromkey's command line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fastsign.cli.compat import long_names
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_ttl, parse_verbosity, run_tool
from fastsign.cli.compat.digests import DigestTypes
from fastsign.cli.compat.formats import parse_class
from fastsign.cli.compat.records import STDIN, load_rrsets, parse_name
from fastsign.cli.env import Env
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names
from fastsign.keys.ds import SHA1, ds_rdata, ds_text, keyset_name
from fastsign.keys.files import KeyFile, read_public_key

_USAGE = """\
Usage:
    {program} [options] keyfile

    {program} [options] -f zonefile [zonename]

    {program} [options] -s dnsname

    {program} [-h|-V]

Version: {version}
Options:
    -1: digest algorithm SHA-1 (deprecated)
    -2: digest algorithm SHA-256
    -a algorithm: digest algorithm (SHA-1 (deprecated), SHA-256 or SHA-384)
    -A: include all keys in DS set, not just KSKs (-f only)
    -c class: rdata class for DS set (default IN) (-f or -s only)
    -C: print CDS records
    -f zonefile: read keys from a zone file
    -h: print help information
    -K directory: where to find key or keyset files
    -s: read keys from keyset-<dnsname> file
    -T: TTL of output records (omitted by default)
    -v level: verbosity
    -V: print version information
Output: DS or CDS RRs
"""

TOOL = Tool("dnssec-dsfromkey", "12Aa:Cc:d:Ff:K:l:sT:v:hV", _USAGE, refused="F", long=long_names.DSFROMKEY)

_DNSKEY = 48


@dataclass(slots=True)
class _Request:
    digests: DigestTypes = field(default_factory=DigestTypes)
    all_keys: bool = False
    rrtype: str = "DS"
    rrclass: int = 1
    directory: str = ""
    zone_file: str | None = None
    keyset: bool = False
    ttl: int | None = None
    verbosity: int = 0


def main(env: Env) -> int:
    """Print DS records."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    request = _read_options(line)
    operand = _operand(line, request)
    if request.keyset or request.zone_file is not None:
        name = parse_name(operand)
        rdatas: Iterable[bytes] = _load_dnskeys(line, request, name)
    else:
        key = _load_key(line, request, operand)
        name, request.rrclass, rdatas = key.owner, key.rrclass, (key.rdata,)
        request.all_keys = True
    records: list[str] = []
    for rdata in rdatas:
        _tell_key(line, request, name, rdata)
        if SHA1 in request.digests:
            line.env.stderr.write(f"WARNING: DS digest type {SHA1} is deprecated\n")
        records += _records(request, name, rdata)
    line.env.stdout.write("".join(records))
    return 0


def _read_options(line: CommandLine) -> _Request:
    request, rrclass = _Request(), "IN"
    for letter, value in line:
        match letter:
            case "1" | "2":
                request.digests.add(letter)
            case "a":
                request.digests.add(value)
            case "A" | "s":
                setattr(request, {"A": "all_keys", "s": "keyset"}[letter], True)
            case "C":
                request.rrtype = "CDS"
            case "c":
                rrclass = value
            case "f":
                request.zone_file = value
            case "T":
                request.ttl = parse_ttl(value)
            case "v":
                request.verbosity = parse_verbosity(value)
            case "d" | "K":
                request.directory = _directory(line, letter, value)
            case "l":
                raise FatalError("-l option (DLV lookaside) is obsolete")
    request.rrclass = parse_class(rrclass)
    return request


def _directory(line: CommandLine, letter: str, value: str) -> str:
    if letter == "d":
        line.warn("the -d option is deprecated; use -K")
    if not value:
        raise FatalError("directory must be non-empty string")
    return value


def _operand(line: CommandLine, request: _Request) -> str:
    operands = line.operands
    if request.keyset and request.zone_file is not None:
        raise FatalError("cannot use both -s and -f")
    if not operands and request.zone_file is None:
        raise FatalError("the key file name was not specified")
    if len(operands) > 1:
        raise FatalError("extraneous arguments")
    return operands[0] if operands else request.zone_file or ""


def _load_dnskeys(line: CommandLine, request: _Request, name: bytes) -> tuple[bytes, ...]:
    path = request.zone_file
    if path is None:
        path = os.path.join(request.directory, keyset_name(name))
    found = load_rrsets(line, path, name, request.rrclass)
    if _DNSKEY not in found or not found[_DNSKEY].rdatas:
        shown = "input" if path == STDIN else path
        raise FatalError(f"no DNSKEY RR for {names.to_message(name)} in {shown}")
    return found[_DNSKEY].rdatas


def _load_key(line: CommandLine, request: _Request, operand: str) -> KeyFile:
    """The key of a .key file. BIND looks for it at its path alone; if it isn't there, -K tells where else to look."""
    path = line.env.path(operand)
    if request.directory and not os.path.exists(names.strip_suffix(path) + ".key"):
        path = line.env.path(os.path.join(request.directory, operand))
    try:
        return read_public_key(path)
    except KeyFileError as error:
        raise FatalError(f"can't load {operand}.key: {error.reason}") from None


def _tell_key(line: CommandLine, request: _Request, name: bytes, rdata: bytes) -> None:
    if request.verbosity <= 2:
        return
    try:
        facts.check_public_key(rdata[3], rdata[4:])
    except ValueError:
        return
    line.warn(facts.key_text(name, rdata))


def _records(request: _Request, name: bytes, rdata: bytes) -> Iterator[str]:
    """A line for each digest of a key that is to have DS records."""
    flags = facts.dnskey(rdata).flags
    if flags & facts.REVOKE or not (flags & facts.SEP or request.all_keys):
        return
    ttl = "" if request.ttl is None else f"{request.ttl} "
    rrclass = facts.class_name(request.rrclass)
    for digest in request.digests:
        try:
            record = ds_text(ds_rdata(name, rdata, digest))
        except ValueError:
            raise FatalError("can't build record") from None
        yield f"{names.to_text(name)} {ttl}{rrclass} {request.rrtype} {record}\n"
