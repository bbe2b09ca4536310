"""`fastsign keygen`: dnssec-keygen's command line."""

from __future__ import annotations

from dataclasses import replace

from fastsign.cli.compat import long_names
from fastsign.cli.compat.common import (
    CommandLine,
    FatalError,
    Tool,
    check_directory,
    parse_number,
    parse_ttl,
    parse_verbosity,
    run_tool,
)
from fastsign.cli.compat.engines import LIBCRYPTO, parse_engine
from fastsign.cli.compat.keyfiles import parse_interval, read_moment
from fastsign.cli.compat.keygen_policy import requests_of
from fastsign.cli.compat.keygen_run import Request, Store, make
from fastsign.cli.env import Env
from fastsign.keys import facts

USAGE = """\
Usage:
    {program} [options] name

Version: {version}
    name: owner of the key
Options:
    -K <directory>: write keys into directory
    -k <policy>: generate keys for dnssec-policy
    -l <file>: configuration file with dnssec-policy statement
        (/etc/fastsign/named.conf; default needs none)
    -a <algorithm>:
        RSASHA1 (deprecated) | NSEC3RSASHA1 (deprecated) |
        RSASHA256 | RSASHA512 |
        ECDSAP256SHA256 | ECDSAP384SHA384 |
        ED25519 | ED448
    -3: use NSEC3-capable algorithm
    -b <key size in bits>:
        RSASHA1 (deprecated) :	[1024..4096]
        NSEC3RSASHA1 (deprecated) :	[1024..4096]
        RSASHA256:	[1024..4096]
        RSASHA512:	[1024..4096]
        ECDSAP256SHA256:	ignored
        ECDSAP384SHA384:	ignored
        ED25519:	ignored
        ED448:	ignored
        (key size defaults to 2048)
    -n <nametype>: ZONE | HOST | ENTITY | USER | OTHER
        (DNSKEY generation defaults to ZONE; HOST, ENTITY and USER are for KEY)
    -c <class>: (default: IN)
    -d <digest bits>: of no effect for these algorithms
    -f <keyflag>: ZSK | KSK | REVOKE (with -k: only keys of this role)
    -E <engine>:
        openssl, or pkcs11 or the path of a PKCS #11 module for keys in an HSM
    --store <uri>: make the key in an HSM, a PKCS #11 URI
    -L <ttl>: default key TTL
    -M <min>:<max>: allowed Key ID range
    -p <protocol>: (default: 3 [dnssec])
    -s <strength>: strength value this key signs DNS records with
        (default: 0; KEY alone)
    -T <rrtype>: DNSKEY | KEY (default: DNSKEY; use KEY for SIG(0))
    -t <type>: AUTHCONF | NOAUTH | NOCONF (default: AUTHCONF; KEY alone)
    -q: quiet
    -h: print usage and exit
    -v <level>: set verbosity level (0 - 10)
    -V: print version information
Timing options:
    -P date/[+-]offset/none: set key publication date (default: now)
    -P sync date/[+-]offset/none: set CDS and CDNSKEY publication date
    -A date/[+-]offset/none: set key activation date (default: now)
    -R date/[+-]offset/none: set key revocation date
    -I date/[+-]offset/none: set key inactivation date
    -D date/[+-]offset/none: set key deletion date
    -D sync date/[+-]offset/none: set CDS and CDNSKEY deletion date
    -G: generate key only; do not set -P or -A
    -C: generate a backward-compatible key, omitting all dates
    -S <key>: generate a successor to an existing key
    -i <interval>: prepublication interval for successor key (default: 30 days)
Output:
     K<name>+<alg>+<id>.key, K<name>+<alg>+<id>.private
     and, with -k, K<name>+<alg>+<id>.state
"""

TOOL = Tool(
    "dnssec-keygen",
    "3A:a:b:Cc:D:d:E:Ff:GhI:i:K:k:L:l:M:m:n:P:p:qR:r:S:s:T:t:v:V",
    USAGE,
    refused="Fm",
    long={**long_names.KEYGEN, "store": ":"},
)


def main(env: Env) -> int:
    """Run dnssec-keygen."""
    return run_tool(TOOL, keygen, env)


def keygen(line: CommandLine) -> int:
    """Make the keys and print their names."""
    request = parse(line)
    if not line.env.stdin.isatty():
        request.quiet = True
    if request.store is not None:
        request.store = replace(request.store, engine=request.engine)
    parts = requests_of(line, request)
    check_engine(request, parts)
    for part in parts:
        line.env.stdout.write(make(line, part) + "\n")
    return 0


# ---- options


_WORDS = {
    "a": "algorithm",
    "c": "rrclass",
    "k": "policy",
    "l": "policy_file",
    "n": "nametype",
    "S": "predecessor",
    "t": "key_type",
}


def parse(line: CommandLine) -> Request:
    """Read the options."""
    request = Request(line.env.now())
    for letter, value in line:
        match letter:
            case "3" | "C" | "G" | "q":
                setattr(request, {"3": "nsec3", "C": "legacy", "G": "generate_only", "q": "quiet"}[letter], True)
            case "E":
                request.engine = value if "/" in value else parse_engine(value)
            case "store":
                request.store = Store((value,))
            case "a" | "c" | "k" | "l" | "n" | "S" | "t":
                setattr(request, _WORDS[letter], value)
            case "P" | "D" | "A" | "R" | "I":
                field, moment = read_moment(line, letter, value, request.times, request.now, ("sync",))
                if moment is not None or not field.startswith("sync"):  # as in BIND, "none" leaves no mark there
                    request.times[field] = moment
            case _:
                parse_value(line, request, letter, value)
    return request


def parse_value(line: CommandLine, request: Request, letter: str, value: str) -> None:
    """Read the value of an option that is not just taken as it is."""
    match letter:
        case "b" | "d":
            number = parse_number(value, f"-{letter} requires a non-negative number")
            request.bits = number if letter == "b" else request.bits
        case "f":
            request.flags |= parse_flag(value)
            request.roles |= {value[:1].upper()} - {"R"}
        case "i":
            request.prepublication = parse_interval(value)
        case "K":
            check_directory(line.env, value)
            request.directory = value
        case "L":
            request.ttl = parse_ttl(value)
        case "M":
            request.tags = parse_tags(value)
        case "p":
            request.protocol = parse_number(value, "-p must be followed by a number [0..255]", 0, 255)
        case "r":
            raise FatalError("The -r option has been deprecated.\nSystem random data is always used.\n")
        case "s":
            request.strength = parse_number(value, "-s must be followed by a number [0..15]", 0, 15)
        case "T":
            request.record = parse_record(value)
        case "v":
            request.verbosity = parse_verbosity(value)


def check_engine(request: Request, parts: list[Request]) -> None:
    """FatalError if -E names an HSM, or its module, and none of the keys is made there."""
    if request.engine not in ("", LIBCRYPTO) and not any(part.store for part in parts):
        raise FatalError(
            f"-E {request.engine}: no HSM is named to make the key in; name it by --store or in the key-store of the "
            "policy, write the files of a key that is there by dnssec-keyfromlabel, or leave -E out"
        )


def parse_flag(text: str) -> int:
    """Flag bits of -f: the first letter counts."""
    flags = {"K": facts.SEP, "Z": 0, "R": facts.REVOKE}
    if text[:1].upper() not in flags:
        raise FatalError(f"unknown flag '{text}'")
    return flags[text[:1].upper()]


def parse_tags(text: str) -> range:
    """The range of -M."""
    lowest, colon, highest = text.partition(":")
    bounds = [int(word) if word.isascii() and word.isdigit() else -1 for word in (lowest, highest)]
    if not colon or not 0 <= bounds[0] < bounds[1] <= 0xFFFF:
        raise FatalError("-M range invalid")
    return range(bounds[0], bounds[1] + 1)


def parse_record(text: str) -> str:
    """The record type of -T."""
    if text.upper() not in ("DNSKEY", "KEY"):
        raise FatalError(f"unknown type '{text}'")
    return text.upper()
