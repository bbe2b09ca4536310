"""`fastsign settime`: dnssec-settime's command line."""

from __future__ import annotations

from fastsign.cli.compat import long_names
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_time, parse_ttl, parse_verbosity, run_tool
from fastsign.cli.compat.engines import parse_engine
from fastsign.cli.compat.keyfiles import one_operand, parse_interval, read_moment
from fastsign.cli.compat.settime_run import Request, change
from fastsign.cli.env import Env
from fastsign.keys.state import STATES

USAGE = """\
Usage:
    {program} [options] keyfile

Version: {version}
General options:
    -f:                 force update of old-style keys
    -K directory:       set key file location
    -L ttl:             set default key TTL
    -E engine:          name of an OpenSSL engine: openssl or pkcs11
    -v level:           set level of verbosity
    -V:                 print version information
    -h:                 help
Timing options:
    -P date/[+-]offset/none: set/unset key publication date
    -P ds date/[+-]offset/none: set/unset DS publication date
    -P sync date/[+-]offset/none: set/unset CDS and CDNSKEY publication date
    -A date/[+-]offset/none: set/unset key activation date
    -R date/[+-]offset/none: set/unset key revocation date
    -I date/[+-]offset/none: set/unset key inactivation date
    -D date/[+-]offset/none: set/unset key deletion date
    -D ds date/[+-]offset/none: set/unset DS deletion date
    -D sync date/[+-]offset/none: set/unset CDS and CDNSKEY deletion date
    -S <key>: make this key the successor of an existing key
    -i <interval>: prepublication interval for successor key (default: 30 days)
Key state options:
    -s: update key state file (default no)
    -g state: set the goal state for this key
    -d state date/[+-]offset: set the DS state
    -k state date/[+-]offset: set the DNSKEY state
    -r state date/[+-]offset: set the RRSIG (KSK) state
    -z state date/[+-]offset: set the RRSIG (ZSK) state
Printing options:
    -p C/P/Pds/Psync/A/R/I/D/Dds/Dsync/all: print a particular time value or values
    -u:                 print times in unix epoch format
Output:
     K<name>+<alg>+<id>.key, K<name>+<alg>+<id>.private
     and, with -s, K<name>+<alg>+<id>.state
"""

TOOL = Tool("dnssec-settime", "A:D:d:E:fg:hI:i:K:k:L:P:p:R:r:S:suv:Vz:", USAGE, long=long_names.SETTIME)

# Word of -p -> field of KeyTimes; the longer ones first.
_PRINTED = {
    "Psync": "sync_publish",
    "Pds": "ds_publish",
    "Dsync": "sync_delete",
    "Dds": "ds_delete",
    "C": "created",
    "P": "publish",
    "A": "activate",
    "R": "revoke",
    "I": "inactive",
    "D": "delete",
}
_STATE_OPTIONS = {"d": "ds", "k": "dnskey", "r": "krrsig", "z": "zrrsig"}


def main(env: Env) -> int:
    """Run dnssec-settime."""
    return run_tool(TOOL, settime, env)


def settime(line: CommandLine) -> int:
    """Change or print one key's times and states."""
    request = parse(line)
    request.name = one_operand(line)
    if request.states and not request.write_state:
        raise FatalError("Options -g, -d, -k, -r and -z require -s to be set")
    change(line, request)
    return 0


def parse(line: CommandLine) -> Request:
    """Read the options."""
    request = Request(line.env.now())
    for letter, value in line:
        match letter:
            case "f" | "s" | "u":
                setattr(request, {"f": "force", "s": "write_state", "u": "epoch"}[letter], True)
            case "A" | "D" | "I" | "P" | "R":
                field, moment = read_moment(line, letter, value, request.times, request.now, ("sync", "ds"))
                request.times[field] = moment
            case "g":
                request.states["goal"] = (parse_goal(request, value), None)
            case "d" | "k" | "r" | "z":
                parse_state_option(line, request, letter, value)
            case "p":
                request.printed |= parse_printed(line, value)
            case _:
                parse_value(request, letter, value)
    return request


def parse_value(request: Request, letter: str, value: str) -> None:
    """Read the value of an option that is given once and is one word."""
    match letter:
        case "E":
            parse_engine(value)  # the secret is carried over unread: there is nothing for it to do
        case "i":
            request.prepublication = parse_interval(value)
        case "K":
            request.directory = value
        case "L":
            request.ttl = parse_ttl(value)
        case "S":
            request.predecessor = value
        case "v":
            request.verbosity = parse_verbosity(value)


def parse_goal(request: Request, value: str) -> str | None:
    """-g STATE."""
    if "goal" in request.states:
        raise FatalError("-g specified more than once")
    state = parse_state(value)
    if state not in (None, "hidden", "omnipresent"):
        raise FatalError("-g must be either none, hidden, or omnipresent")
    return state


def parse_state_option(line: CommandLine, request: Request, letter: str, value: str) -> None:
    """-d, -k, -r, -z STATE DATE. "none" for a date is the time 0, as in BIND."""
    field = _STATE_OPTIONS[letter]
    if field in request.states:
        raise FatalError(f"-{letter} specified more than once")
    state = parse_state(value)
    date = line.take_keyword(letter, value, value.lower()) or ""
    request.states[field] = (state, parse_time(date, request.now, request.now) or 0)


def parse_state(text: str) -> str | None:
    """A key state in any case, or None for "none"."""
    word = text.lower()
    if word in ("none", "never", "unset"):
        return None
    if word not in STATES:
        raise FatalError(f"unknown key state {text}")
    return word


def parse_printed(line: CommandLine, text: str) -> set[str]:
    """The times that -p asks for."""
    if text.lower() == "all":
        return set(_PRINTED.values())
    printed, rest = set(), text
    while rest or not text:
        word = next((word for word in _PRINTED if rest.startswith(word)), None)
        if word is not None:
            printed.add(_PRINTED[word])
        elif not rest.startswith(" "):
            line.usage(1)
        rest = rest[len(word or " ") :]
    return printed
