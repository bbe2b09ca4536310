"""`fastsign cds`: make the DS records that a child zone's CDS records ask for, on dnssec-cds's command line."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field

from fastsign.cli.compat import long_names
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_time, parse_ttl, parse_verbosity, run_tool
from fastsign.cli.compat.digests import DigestTypes
from fastsign.cli.compat.formats import parse_class
from fastsign.cli.compat.records import load_rrsets, parse_name
from fastsign.cli.env import Env
from fastsign.errors import system_reason
from fastsign.keys import facts, names, times
from fastsign.keys.child import CDNSKEY, CDS, DNSKEY, Child, Followed, Wish, follow
from fastsign.keys.ds import ds_text, dsset_name
from fastsign.zone.sets import NO_RECORDS, RRset

_USAGE = """\
Usage:
    {program} options [options] -f <file> -d <path> <domain>
Version: {version}
Options:
    -a <algorithm>     digest algorithm (SHA-1 / SHA-256 / SHA-384)
    -c <class>         of domain (default IN)
    -D                 prefer CDNSKEY records instead of CDS
    -d <file|dir>      where to find parent dsset- file
    -f <file>          child DNSKEY+CDNSKEY+CDS+RRSIG records
    -i[extension]      update dsset- file in place
    -s <start-time>    oldest permitted child signatures
    -u                 emit nsupdate script
    -T <ttl>           TTL of DS records
    -V                 print version
    -v <verbosity>
"""

TOOL = Tool("dnssec-cds", "a:c:Dd:f:hi::ms:T:uv:V", _USAGE, long=long_names.CDS)

_DS = 43


@dataclass(slots=True)
class _Request:
    zone: bytes = b""
    text: str = ""  # the zone as the command line has it
    digests: DigestTypes = field(default_factory=DigestTypes)
    rrclass: int = 1
    prefer_cdnskey: bool = False
    parent: str = ""  # path of the dsset file
    child: str | None = None
    backup: str | None = None  # -i: path for the old file, "" for none; None: the file is not touched
    start: str | None = None
    nsupdate: bool = False
    ttl: int = 0
    verbosity: int = 0


@dataclass(frozen=True, slots=True)
class _Parent:
    """The DS records that the parent has, and how old the child's signatures may be."""

    ds: RRset
    not_before: int


def main(env: Env) -> int:
    """Follow a child's CDS records: 0 when its DS records are right or put right, 1 when they are left alone."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    request = _read_options(line)
    tell = _Verbose(line, request.verbosity)
    parent = _load_parent(line, request, tell)
    child = _load_child(line, request)
    wish = Wish(request.prefer_cdnskey, tuple(request.digests))
    followed = follow(child, parent.ds.rdatas, wish, parent.not_before, line.env.now(), tell)
    ttl = request.ttl or parent.ds.ttl if followed.asked else parent.ds.ttl
    if request.nsupdate and followed.asked:
        _print_script(line, request, parent.ds.rdatas, followed.ds, ttl)
    lines = "".join(_record(request, rdata, ttl) for rdata in followed.ds)
    if request.backup is not None:
        _replace(line, request, lines, followed)
    elif not request.nsupdate:
        line.env.stdout.write(lines)
    return 0


# ---- options


def _read_options(line: CommandLine) -> _Request:
    request = _Request()
    values: dict[str, str] = {}
    for letter, value in line:
        match letter:
            case "a":
                request.digests.add(value)
            case "c":
                request.rrclass = parse_class(value)
            case "m":
                line.warn("warning: -m: fastsign has no memory debugging; nothing is recorded")
            case "T":
                request.ttl = parse_ttl(value)
            case "v":
                request.verbosity = parse_verbosity(value)
            case _:
                values[letter] = value
    request.prefer_cdnskey, request.nsupdate = "D" in values, "u" in values
    request.child, request.start = values.get("f"), values.get("s")
    if len(line.operands) != 1:
        line.usage(1)
    request.text = line.operands[0]
    request.zone = parse_name(request.text)
    if "d" not in values:
        raise FatalError("missing -d DS pathname")
    request.parent = _dsset_path(line, values["d"], request.zone)
    if "i" in values:
        request.backup = request.parent + values["i"] if values["i"] else ""
    return request


def _dsset_path(line: CommandLine, path: str, zone: bytes) -> str:
    """The file of -d, or the zone's own in a folder."""
    return os.path.join(path, dsset_name(zone)) if os.path.isdir(line.env.path(path)) else path


# ---- records


class _Verbose:
    """Tells what is found to those who ask for it by -v."""

    def __init__(self, line: CommandLine, verbosity: int) -> None:
        self.line, self.verbosity = line, verbosity

    def say(self, level: int, message: str) -> None:
        if level <= self.verbosity:
            self.line.warn(message)

    def say_moment(self, level: int, message: str, moment: int) -> None:
        number = f" ({moment})" if self.verbosity >= 3 else ""
        self.say(level, f"{message} {times.digits(moment)}{number}")


def _load_parent(line: CommandLine, request: _Request, tell: _Verbose) -> _Parent:
    path = request.parent
    try:
        not_before = int(os.stat(line.env.path(path)).st_mtime) % 2**32
    except OSError as error:
        raise FatalError(f"could not get modification time of {path}: {system_reason(error)}") from None
    if request.start is not None:
        not_before = parse_time(request.start, line.env.now(), not_before) or 0
    tell.say_moment(1, "child records must not be signed before", not_before)
    found = load_rrsets(line, path, request.zone, request.rrclass, hint=True)
    if _DS not in found or not found[_DS].rdatas:
        raise FatalError(f"could not find DS records for {request.text} in {path}")
    return _Parent(found[_DS], not_before)


def _load_child(line: CommandLine, request: _Request) -> Child:
    if request.child is None:
        raise FatalError("path to file containing child data must be specified")
    found = load_rrsets(line, request.child, request.zone, request.rrclass, hint=True)
    dnskey, cdnskey, cds = (found.get(rrtype, NO_RECORDS) for rrtype in (DNSKEY, CDNSKEY, CDS))
    return Child(request.zone, request.text, dnskey, cdnskey, cds, request.rrclass)


# ---- what comes out


def _record(request: _Request, rdata: bytes, ttl: int) -> str:
    rrclass = facts.class_name(request.rrclass)
    return f"{names.to_text(request.zone)} {f'{ttl} ' if ttl else ''}{rrclass} DS {ds_text(rdata)}\n"


def _print_script(
    line: CommandLine, request: _Request, old: tuple[bytes, ...], new: tuple[bytes, ...], ttl: int
) -> None:
    """What nsupdate needs to bring the parent from the old records to the new ones."""
    if not ttl and request.verbosity > 0:
        line.warn("warning: no TTL in nsupdate script")
    out = line.env.stdout
    for rdata in _without(new, old):
        out.write(f"update add {_record(request, rdata, ttl)}")
    for rdata in _without(old, new):
        out.write(f"update del {_record(request, rdata, 0)}")
    out.write("show\nsend\nanswer\n" if request.verbosity > 0 else "send\n")
    out.flush()


def _without(records: tuple[bytes, ...], others: tuple[bytes, ...]) -> list[bytes]:
    left = [rdata for rdata in records if rdata not in others]
    return left if len(left) == len(records) else sorted(left)


def _replace(line: CommandLine, request: _Request, lines: str, followed: Followed) -> None:
    """Put the new dsset file in place, whole, durable, and as old as the signature that it rests on."""
    from fastsign.zone.destination import find_destination
    from fastsign.zone.write import AtomicFile

    path = line.env.path(request.parent)
    if find_destination(path).is_stream:
        raise FatalError(f"{request.parent} is not a regular file and will not be replaced")
    with AtomicFile(path) as file:
        file.write(lines.encode("ascii"))
        os.utime(file.fd, (followed.oldest.inception, followed.oldest.inception))
        if request.backup:
            _keep(path, line.env.path(request.backup))
        file.commit()


def _keep(path: str, backup: str) -> None:
    """Give the old file a second name: at no moment is there none under the first."""
    temporary = f"{backup}.{os.urandom(4).hex()}"
    try:
        os.link(path, temporary)
        os.rename(temporary, backup)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
