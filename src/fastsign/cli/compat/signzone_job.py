"""dnssec-signzone: what the options of a command line ask for, resolved to a job and checked."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

from fastsign.cli.compat import common
from fastsign.cli.compat.common import VERSION, CommandLine, FatalError, parse_integer, parse_number
from fastsign.cli.compat.digests import digest_number
from fastsign.cli.compat.engines import LIBCRYPTO, parse_engine
from fastsign.cli.compat.formats import (
    FULL,
    TEXT,
    input_is_raw,
    number_of_32_bits,
    output_format,
    parse_class,
    parse_origin,
    source_serial,
)
from fastsign.cli.compat.hsm_options import hsm_settings
from fastsign.cli.env import Env
from fastsign.keys.ds import DIGESTS
from fastsign.sign import serial
from fastsign.sign.denial import SALT_MAX, Wanted
from fastsign.sign.job import BEGINS_BEFORE, LASTS, Job
from fastsign.zone.destination import find_destination

_TTL_MAX = 2**31 - 1
_IN = 1
_SWITCHES = {
    "a": "check",
    "C": "keyset",
    "D": "dnssec_only",
    "g": "child_ds",
    "Q": "drop_inactive",
    "R": "drop_unpublished",
    "S": "smart",
    "x": "ksk_only_keyset",
    "z": "ignore_ksk_flag",
}
_SYNC_DEFAULT = "cdnskey,cds:sha-256"


@dataclass(frozen=True, slots=True)
class Manner:
    """What a run is to say."""

    verbosity: int = 0
    quiet: bool = False
    statistics: bool = False
    json: bool = False  # statistics as an object, and nothing else on standard output


@dataclass(slots=True)
class Options:
    """Options as they stand on the command line, before any of them is resolved against another."""

    values: dict[str, str] = field(default_factory=dict)  # of the last occurrence
    flags: set[str] = field(default_factory=set)
    ksk_names: list[str] = field(default_factory=list)
    zonemd: list[int] = field(default_factory=list)  # hash numbers
    replicas: list[str] = field(default_factory=list)
    opt_out: bool | None = None
    verbosity: int = 0

    def workers(self) -> int:
        """-n, or 0."""
        return parse_number(self.values.get("n", "0"), "number of cpus must be numeric", base=0)

    @property
    def manner(self) -> Manner:
        """What is to be said."""
        return Manner(self.verbosity, "q" in self.flags, "t" in self.flags, "json" in self.flags)


def make_job(line: CommandLine, options: Options, operands: list[str]) -> Job:
    """Resolve the options: what was not said gets BIND's default, and what can't be is refused."""
    env, values = line.env, options.values
    zone_file, now = operands[0], env.now()
    inception, expiration, expiration_dnskey = _validity(line, values, now)
    output = values.get("f", zone_file + ".signed")
    _check_files(env, zone_file, output, values.get("image"))
    _check_dnssec_only(env, options, zone_file)
    digests, cdnskey = _sync_records(values.get("G"))
    raw_input = input_is_raw(line, values.get("I"))
    form = output_format(line, values.get("O"), default=FULL if output == "-" else TEXT)
    return Job(
        **_switches(options),
        **_how_it_runs(env, options),
        zone_file=zone_file,
        origin=parse_origin(values.get("o", os.path.basename(zone_file))),
        now=now,
        inception=inception,
        expiration=expiration,
        expiration_dnskey=expiration_dnskey,
        output=None if output == "-" else output,
        image=values.get("image"),
        style=form.style,
        raw_input=raw_input,
        journal=values.get("J"),
        rrclass=_rrclass(values.get("c", "IN")),
        key_directory=values.get("K", "."),
        key_names=tuple(operands[1:]),
        ksk_names=tuple(options.ksk_names),
        denial=_wanted_denial(options),
        serial_method=_serial_method(values.get("N", "keep")),
        today=serial.day_of(now),
        cycle=_seconds(values.get("i"), "cycle period must be numeric and positive"),
        jitter=_seconds(values.get("j"), "jitter must be numeric and positive") or 0,
        seed=int.from_bytes(os.urandom(8), "big") if "j" in values else 0,
        key_ttl=_key_ttl(values.get("T")),
        zonemd=tuple(sorted(set(options.zonemd))),
        dsset_directory=_dsset_directory(env, values.get("d")),
        sync_digests=digests,
        sync_cdnskey=cdnskey,
        max_ttl=number_of_32_bits(line, values.get("M"), "maximum TTL must be numeric"),
        header=form.header(now, source_serial(line, values.get("L")), _header(line, now)),
    )


def _how_it_runs(env: Env, options: Options) -> dict[str, Any]:
    """What changes nothing in the signed zone."""
    return {
        "workers": options.workers(),
        "engine": _engine(env, options.values.get("E", "")),
        "hsm": hsm_settings(env, options.values, options.replicas),
    }


def _engine(env: Env, text: str) -> str:
    """Who is to sign: by -E, else by the environment."""
    return LIBCRYPTO if parse_engine(text) == LIBCRYPTO else env.environ.get("FASTSIGN_ENGINE", "")


def _switches(options: Options) -> dict[str, Any]:
    """What options without a value say of the job."""
    switches = {field: letter in options.flags for letter, field in _SWITCHES.items()}
    return switches | {"verify": "P" not in options.flags}


def _check_files(env: Env, zone_file: str, output: str, image: str | None) -> None:
    """Nothing may be replaced but what is meant to be."""
    _check_output(env, output)
    if image is not None and find_destination(env.path(image)).is_stream:
        raise FatalError(f"option --image needs a file, and {image or 'an empty name'} is none")
    if image is not None and any(_is_same(env, image, other) for other in (zone_file, output)):
        raise FatalError(f"option --image: {image} is the zone itself")


def _is_same(env: Env, path: str, other: str) -> bool:
    return os.path.realpath(env.path(path)) == os.path.realpath(env.path(other))


def _check_output(env: Env, output: str) -> None:
    """Only a file may be replaced."""
    if not output:
        raise FatalError("failed to rename temp file to : file not found")
    if output != "-" and find_destination(env.path(output)).is_stream:
        raise FatalError(f"{output} is not a regular file and will not be replaced; -f - writes to standard output")


def _check_dnssec_only(env: Env, options: Options, zone_file: str) -> None:
    """-D is for a file that the zone file includes; what is verified is that, so the zone file is read twice."""
    values, flags = options.values, options.flags
    if "D" not in flags:
        return
    if values.get("O", "text").lower().startswith("raw"):
        raise FatalError('option -D can only be used with "-O text"')
    if _serial_method(values.get("N", "keep")) != serial.KEEP:
        raise FatalError('option -D can only be used with "-N keep"')
    if "M" in values:
        raise FatalError("option -D cannot be used with -M")
    if options.zonemd:
        raise FatalError("option -D cannot be used with --zonemd")
    if "J" in values:
        raise FatalError("option -D cannot be used with -J: the zone file lacks the changes of the journal")
    if "P" not in flags and find_destination(env.path(zone_file)).is_stream:
        raise FatalError(f"option -D has to read the zone file twice, and {zone_file} is not a regular file; use -P")


def _sync_records(text: str | None) -> tuple[tuple[int, ...], bool]:
    """-G: the digest types of CDS records, and whether there are CDNSKEY records."""
    digests: dict[int, None] = {}
    cdnskey = False
    for word in _SYNC_DEFAULT.split(",") if text is None else text.split(",") if text else ():
        if word == "cdnskey":
            cdnskey = True
        elif not word.startswith("cds:") or word == "cds:":
            raise FatalError(f"digest must specify cds:algorithm ('{word}')")
        else:
            digests[_sync_digest(word)] = None
    return tuple(digests), cdnskey


def _sync_digest(word: str) -> int:
    number = digest_number(word.removeprefix("cds:"))
    if number is None:
        raise FatalError(f"bad digest '{word}'")
    if number > 255:
        raise FatalError(f"bad digest '{word}': out of range")
    if number not in DIGESTS:
        raise FatalError(f"unsupported digest '{word}'")
    return number


def _key_ttl(text: str | None) -> int | None:
    ttl = None if text is None else common.parse_ttl(text)
    if ttl is not None and ttl > _TTL_MAX:
        raise FatalError(f"TTL {ttl} is more than {_TTL_MAX} (RFC 2181 section 8)")
    return ttl


def _validity(line: CommandLine, values: dict[str, str], now: int) -> tuple[int, int, int]:
    inception = now - BEGINS_BEFORE
    if "s" in values:
        inception = _time(values["s"], now, now)
    expiration = _time(values["e"], now, inception) if "e" in values else inception + LASTS
    dnskey = expiration
    if "X" in values:
        dnskey = _time(values["X"], now, inception)
        if "e" in values and dnskey == expiration:
            line.env.stderr.write("WARNING: -e and -X were both set, but have identical values.\n")
    return inception % 2**32, expiration % 2**32, dnskey % 2**32


def _seconds(text: str | None, complaint: str) -> int | None:
    """A time as C's int has it: 32 bits of whatever number it is."""
    if text is None:
        return None
    number, rest = parse_integer(text, 0)
    seconds = (number + 2**31) % 2**32 - 2**31
    if rest or seconds < 0:
        raise FatalError(complaint)
    return seconds


def _time(text: str, now: int, base: int) -> int:
    value = common.parse_time(text, now, base)
    return 0 if value is None else value


def _rrclass(text: str) -> int:
    rrclass = parse_class(text)
    if rrclass != _IN:
        raise FatalError(f"option -c {text} is not supported by {VERSION}: only class IN is")
    return rrclass


def _serial_method(text: str) -> str:
    methods = {method: method for method in serial.METHODS} | {"incr": serial.INCREMENT}
    if text.lower() not in methods:
        raise FatalError(f"unknown soa serial format: {text}")
    return methods[text.lower()]


def _wanted_denial(options: Options) -> Wanted:
    salt = options.values.get("3")
    return Wanted(
        salt=None if salt is None else _salt(salt),
        iterations=_iterations(options.values.get("H")),
        opt_out=options.opt_out,
        update="u" in options.flags,
    )


def _salt(text: str) -> bytes:
    if text in ("-", ""):
        return b""
    try:
        salt = bytes.fromhex(text) if text.isalnum() else None
    except ValueError:
        salt = None
    if salt is None:
        raise FatalError("isc_hex_decodestring(salt): bad hex encoding")
    if len(salt) > SALT_MAX:
        raise FatalError("isc_hex_decodestring(salt): ran out of space")
    return salt


def _iterations(text: str | None) -> int | None:
    if text is None:
        return None
    number, rest = parse_integer(text, 0)
    if rest:
        raise FatalError("iterations must be numeric")
    if not 0 <= number <= 0xFFFF:
        raise FatalError("iterations too big")
    return number


def zonemd_hashes(text: str) -> list[int]:
    from fastsign.sign.zonemd import HASHES

    words = text.lower().split(",")
    for word in words:
        if word not in HASHES:
            raise FatalError(f"unknown ZONEMD hash '{word}'; it is one of {', '.join(HASHES)}")
    return [HASHES[word] for word in words]


def _dsset_directory(env: Env, text: str | None) -> str:
    if text is None:
        return "."
    if not text:
        raise FatalError("DS directory must be non-empty string")
    common.check_directory(env, text)
    return text


def _header(line: CommandLine, now: int) -> bytes:
    written = time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(now))
    return f"; File written on {written}\n; {line.program} version {VERSION}\n".encode()
