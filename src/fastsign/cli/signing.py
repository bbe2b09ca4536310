"""`fastsign signing`: how far a zone's signing has come, from its records of the private type, in rndc's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_number, run_tool
from fastsign.cli.env import Env

_USAGE = """\
Usage:
    {program} [-c config] -list zone

    {program} -list -f file -o origin

Version: {version}
Options:
    -c file: configuration, in named.conf's syntax (default /etc/fastsign/named.conf)
    -f file: read this zone file, whatever the configuration says
    -h: print help information
    -list: list the records that tell how far signing has come
    -o origin: the zone in the file
    -t type: the type of these records (default: sig-signing-type, or 65534 with -f)
    -V: print version information
    --json: print JSON
"""

_LONG = {"config": "c", "input": "f", "json": "", "origin": "o", "private-type": "t", "version": "V"}
TOOL = Tool("fastsign signing", "c:f:ho:t:V", _USAGE, long=_LONG, words={"list": ""}, mixed=True)

_RAW_FORMAT = b"\0\0\0\2"  # how a file in BIND's raw format begins
_NONE = "No signing records found"


class _Place(NamedTuple):
    """Where the records are."""

    path: str
    origin: bytes
    rrtype: int


def main(env: Env) -> int:
    """List what the records of the private type say."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    options, asked = _options(line)
    if not asked:
        raise FatalError("syntax error: say -list")
    records = _records(line, _place(line, options))
    if "json" in options:
        _print_json(line, records)
        return 0
    texts, broken = _texts(records)
    line.env.stdout.write("".join(f"{text}\n" for text in texts or ([] if broken else [_NONE])))
    for complaint in broken:
        line.warn(complaint)
    return 1 if broken else 0


def _options(line: CommandLine) -> tuple[dict[str, str], bool]:
    """(options by letter, is -list among them?)"""
    options = dict(line)
    return options, options.pop("list", None) is not None


def _place(line: CommandLine, options: dict[str, str]) -> _Place:
    operands = line.operands
    if ("f" in options) != ("o" in options):
        raise FatalError("-f FILE and -o ORIGIN need each other")
    rrtype = parse_number(options["t"], "the type must be a number from 1 to 65535", 1, 65535) if "t" in options else 0
    if "f" in options:
        from fastsign.cli.compat.formats import parse_origin
        from fastsign.sign.private_type import PRIVATE_TYPE

        if operands:
            raise FatalError("extraneous arguments")
        return _Place(line.env.path(options["f"]), parse_origin(options["o"]), rrtype or PRIVATE_TYPE)
    return _configured(line, options, operands, rrtype)


def _configured(line: CommandLine, options: dict[str, str], operands: Sequence[str], rrtype: int) -> _Place:
    """The signed file of a zone of the configuration."""
    from fastsign.cli import kasp_options

    if len(operands) != 1:
        raise FatalError("extraneous arguments" if operands else "unexpected end of input: no zone is named")
    path = options.get("c", kasp_options.CONFIG)
    zone = kasp_options.find_zone(kasp_options.read_config(line, path), operands[0], path)
    if zone.signed_file is None:
        raise FatalError(f"the configuration has no file for zone '{operands[0]}'")
    return _Place(zone.signed_file, zone.name, rrtype or zone.sig_signing_type)


def _records(line: CommandLine, place: _Place) -> Sequence[bytes]:
    """RDATA of the private type at the apex, in canonical order. A journal beside the file is applied, as by named."""
    from fastsign.errors import JournalError, ZoneSyntaxError
    from fastsign.zone.sets import NO_RECORDS, rrsets_of
    from fastsign.zone.source import FileSource

    with open(place.path, "rb") as file:
        raw = file.read(len(_RAW_FORMAT)) == _RAW_FORMAT
    try:
        loaded = FileSource(place.path, raw, place.path + ".jnl").load(place.origin)
    except ZoneSyntaxError as error:
        raise line.loading_failed(place.path, error) from None
    except JournalError as error:
        raise FatalError(f"journal {place.path}.jnl: {error}") from None
    return rrsets_of(loaded.arena, place.origin).get(place.rrtype, NO_RECORDS).rdatas


def _texts(records: Sequence[bytes]) -> tuple[list[str], list[str]]:
    """(lines, complaints about records that say nothing)."""
    from fastsign.sign.private_type import decode

    texts, complaints = [], []
    for rdata in records:
        try:
            texts.append(decode(rdata).text)
        except ValueError as error:
            complaints.append(f"record \\# {len(rdata)} {rdata.hex().upper()}: {error}")
    return texts, complaints


def _print_json(line: CommandLine, records: Sequence[bytes]) -> None:
    import json
    from dataclasses import asdict

    from fastsign.sign.private_type import ChainProgress, decode

    listed = []
    for rdata in records:
        try:
            record = decode(rdata)
        except ValueError as error:
            listed.append({"rdata": rdata.hex().upper(), "problem": str(error)})
            continue
        facts = asdict(record)
        if isinstance(record, ChainProgress):
            facts["salt"] = record.salt.hex().upper()
        listed.append({"rdata": rdata.hex().upper(), "text": record.text, **facts})
    line.env.stdout.write(json.dumps(listed, indent=2) + "\n")
