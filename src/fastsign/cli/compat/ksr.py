"""`fastsign ksr`: dnssec-ksr, for a zone whose KSK is offline. Make keys, ask for signatures over them, give these."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign.cli.compat import long_names
from fastsign.cli.compat.common import (
    CommandLine,
    FatalError,
    Tool,
    check_directory,
    parse_time,
    parse_verbosity,
    run_tool,
)
from fastsign.cli.compat.engines import TOKEN, parse_engine
from fastsign.cli.env import Env
from fastsign.cli.kasp_options import read_policy
from fastsign.errors import KeyFileError, system_reason
from fastsign.kasp.policy import Policy
from fastsign.keys import names, timing
from fastsign.keys.files import KeyFile, find_keys

USAGE = """\
Usage:
    {program} options [options] <command> <zone>

Version: {version}

Options:
    -E <engine>: name of an OpenSSL engine to use: openssl or pkcs11
    -e <date/offset>: end date
    -f: KSR file to sign
    -i <date/offset>: start date
    -K <directory>: key directory
    -k <policy>: name of a DNSSEC policy
    -l <file>: file with dnssec-policy config
    -o: create KSKs instead of ZSKs
    -h: print usage and exit
    -V: print version information
    -v <level>: set verbosity level

Commands:
    keygen:  pregenerate ZSKs
    request: create a Key Signing Request (KSR)
    sign:    sign a KSR, creating a Signed Key Response (SKR)
"""

TOOL = Tool("dnssec-ksr", "E:e:Ff:hi:K:k:l:ov:V", USAGE, refused="F", long=long_names.KSR)


@dataclass(slots=True)
class Request:
    """What the command line asks for. Moments are seconds since 1970."""

    now: int
    start: int
    end: int | None = None
    directory: str = "."
    policy: str | None = None
    configuration: str | None = None
    file: str | None = None
    ksk: bool = False
    verbosity: int = 0
    engine: str = ""
    zone: bytes = b""
    zone_text: str = ""  # as the command line has it, for messages


def main(env: Env) -> int:
    """Run dnssec-ksr."""
    return run_tool(TOOL, ksr, env)


def ksr(line: CommandLine) -> int:
    """Run the command that the command line names."""
    request = parse(line)
    if len(line.operands) != 2:
        raise FatalError("must provide a command and zone name")
    command, request.zone_text = line.operands
    try:
        request.zone = names.from_text(request.zone_text)
    except ValueError as error:
        raise FatalError(f"invalid zone name {request.zone_text}: {error}") from None
    match command:
        case "keygen":
            from fastsign.cli.compat.ksr_keygen import keygen

            if request.engine == TOKEN:
                raise FatalError(
                    f"-E {TOKEN}: the keys of keygen are made in files; make one in an HSM by dnssec-keygen --store"
                )
            keygen(line, request, *prepared(line, request, command))
        case "request":
            from fastsign.cli.compat.ksr_request import ask

            ask(line, request, *prepared(line, request, command))
        case "sign":
            from fastsign.cli.compat.ksr_sign import sign

            sign(line, request, *prepared(line, request, command))
        case _:
            raise FatalError(f"unknown command '{command}'")
    return 0


def parse(line: CommandLine) -> Request:
    """Read the options."""
    now = line.env.now()
    request = Request(now, now)
    for letter, value in line:
        match letter:
            case "E":
                request.engine = parse_engine(value)
            case "e":
                request.end = parse_time(value, now, now)
            case "i":
                start = parse_time(value, now, now)
                request.start = now if start is None else start
            case "K":
                check_directory(line.env, value)
                request.directory = value
            case "f" | "k" | "l":
                setattr(request, {"f": "file", "k": "policy", "l": "configuration"}[letter], value)
            case "o":
                request.ksk = True
            case "v":
                request.verbosity = parse_verbosity(value)
    return request


def prepared(line: CommandLine, request: Request, command: str) -> tuple[Policy, list[KeyFile]]:
    """The policy, and the zone's keys in the key directory by algorithm and tag."""
    if request.configuration is None:
        raise FatalError(f"{command} requires a configuration file")
    if request.policy is None:
        raise FatalError(f"{command} requires a dnssec-policy")
    if request.end is None:
        raise FatalError(f"{command} requires an end date")
    if command == "sign" and request.file is None:
        raise FatalError("'sign' requires a KSR file")
    policy, _ = read_policy(line, request.policy, request.configuration)
    return policy, load_keys(line, request)


def load_keys(line: CommandLine, request: Request) -> list[KeyFile]:
    """The zone's keys with times, revoked where their time has come (dns_dnssec_findmatchingkeys), in BIND's order."""
    try:
        found = find_keys(request.zone, line.env.path(request.directory))
    except (KeyFileError, OSError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else str(error)
        raise FatalError(f"failed to load existing keys from {request.directory}: {reason}") from None
    keys = [timing.revoked(key, timing.hints(key, request.now)) for key in found if key.format_version >= (1, 3)]
    return sorted(keys, key=lambda key: (key.algorithm, key.tag))
