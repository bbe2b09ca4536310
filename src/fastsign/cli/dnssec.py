"""`fastsign dnssec`: what rndc dnssec says of a zone's keys and does to them, without a server: by their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastsign.cli import rndc_words
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_time, run_tool
from fastsign.cli.env import Env
from fastsign.cli.rndc_words import Subject
from fastsign.keys.facts import algorithm_number

_USAGE = """\
Usage:
    {program} [-c config] [--json] -status zone

    {program} [-c config] -checkds [-key id [-alg algorithm]] [-when time]
        published|withdrawn zone

    {program} [-c config] -checkds zone

    {program} [-c config] -rollover -key id [-alg algorithm] [-when time] zone

    {program} [-c config] -step zone

Version: {version}
Options:
    -alg algorithm: the algorithm of the key
    -c file: configuration, in named.conf's syntax (default /etc/fastsign/named.conf)
    -checkds: the DS of a key is at the parent, or is gone; without either word, ask the parent
    -h: print help information
    -key id: the tag of the key
    -rollover: roll a key
    -status: show the keys and their states
    -step: with manual-mode, do what waits for it
    -V: print version information
    -when time: since when, or when; YYYYMMDDHHMMSS in UTC (default now)
    --json: print the status as JSON
"""

_WORDS = {"status": "", "checkds": "", "rollover": "", "step": "", "key": ":", "alg": ":", "when": ":"}
TOOL = Tool(
    "fastsign dnssec", "c:hV", _USAGE, long={"config": "c", "json": "", "version": "V"}, words=_WORDS, mixed=True
)

_ACTIONS = ("status", "checkds", "rollover", "step")
_SEEN = ("published", "withdrawn")


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for."""

    action: str
    now: int
    when: int
    tag: int | None = None
    algorithm: int | None = None
    seen: str = ""  # published or withdrawn, of -checkds


def main(env: Env) -> int:
    """Do one thing to the keys of one zone, or show them."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    options: dict[str, str] = {}
    actions = []
    for option, value in line:
        if option in _ACTIONS:
            actions.append(option)
        else:
            options[option] = value
    if len(actions) != 1:
        raise FatalError("say one of -status, -checkds, -rollover, -step")
    request, operands = _request(line, actions[0], options)
    if "json" in options and request.action != "status":
        raise FatalError("--json is for -status")
    subject = rndc_words.subject_of(line, _zone(operands), options)
    match request.action:
        case "status":
            from fastsign.cli.dnssec_status import show

            return show(line, subject, request.now, "json" in options)
        case "step":
            return _step(line, subject)
        case "rollover":
            return _rollover(line, subject, request)
    return _mark(line, subject, request) if request.seen else _ask(line, subject, request)


# ---- the command line


def _request(line: CommandLine, action: str, options: dict[str, str]) -> tuple[Request, Sequence[str]]:
    """(what is asked for, the operands that are left: the zone and perhaps its class)."""
    given = options.keys() & {"key", "alg", "when"}
    if given and action in ("status", "step"):
        raise FatalError(f"-{action} takes no -{sorted(given)[0]}")
    operands, seen = line.operands, ""
    if action == "checkds" and operands and operands[0].lower() in _SEEN and (len(operands) > 1 or given):
        seen, operands = operands[0].lower(), operands[1:]
    if action == "checkds" and given and not seen:
        raise FatalError("-checkds with -key, -alg or -when needs the word published or withdrawn")
    if action == "rollover" and "key" not in options:
        raise FatalError("Key id is required when scheduling rollover")
    if "alg" in options and "key" not in options:
        raise FatalError("-alg needs -key")
    now = line.env.now()
    when = parse_time(options["when"], now, now) if "when" in options else now
    if not when:
        raise FatalError(f"time value {options['when']} is invalid")
    return Request(action, now, when, _tag(options), _algorithm(options), seen), operands


def _tag(options: dict[str, str]) -> int | None:
    text = options.get("key")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise FatalError(f"key id {text}: not a valid number")
    if int(text) > 0xFFFF:
        raise FatalError(f"key id {text}: out of range")
    return int(text)


def _algorithm(options: dict[str, str]) -> int | None:
    text = options.get("alg")
    number = None if text is None else algorithm_number(text)
    if text is not None and number is None:
        raise FatalError(f"unknown algorithm {text}")
    return number


def _zone(operands: Sequence[str]) -> str:
    if not operands:
        raise FatalError("unexpected end of input: no zone is named")
    if len(operands) > 2 or (len(operands) == 2 and operands[1].upper() != "IN"):
        raise FatalError("extraneous arguments")
    return operands[0]


# ---- what changes the keys


def _mark(line: CommandLine, subject: Subject, request: Request) -> int:
    """-checkds published|withdrawn: what an operator has seen at the parent."""
    from fastsign.errors import RolloverError
    from fastsign.rollover.commands import checkds

    published = request.seen == "published"
    try:
        with rndc_words.keys_to_change(subject) as keyring:
            policy, when = subject.policy, request.when
            keyring.keys = checkds(keyring.keys, policy, when, published, request.tag, request.algorithm)
    except RolloverError as error:
        raise _refused("checkds", error) from None
    who = f"KSK {request.tag}: " if request.tag is not None else ""
    line.env.stdout.write(f"{who}Marked DS as {request.seen} since {rndc_words.stamp(request.when)}\n")
    return 0


def _rollover(line: CommandLine, subject: Subject, request: Request) -> int:
    """-rollover: a key retires, so that its successor is published then."""
    from fastsign.errors import RolloverError
    from fastsign.rollover.commands import rollover_now

    assert request.tag is not None  # _request has seen to it
    try:
        with rndc_words.keys_to_change(subject) as keyring:
            when, now = request.when, request.now
            keyring.keys = rollover_now(keyring.keys, subject.policy, request.tag, request.algorithm, when, now)
    except RolloverError as error:
        raise _refused("rollover", error) from None
    line.env.stdout.write(f"Key {request.tag}: Rollover scheduled on {rndc_words.stamp(request.when)}\n")
    return 0


def _refused(command: str, error: Exception) -> FatalError:
    """In rndc's words; which go to standard error here, and the exit code tells."""
    reason = getattr(error, "reason", "")
    if reason == "too many keys matching":
        return FatalError(f"{error}")
    return FatalError(f"Error executing {command} command: {reason}")


def _ask(line: CommandLine, subject: Subject, request: Request) -> int:
    """-checkds without a word: look at the parent, and mark what all agents agree on."""
    from fastsign.agent.checkds import check_parent, describe, record

    found = check_parent(subject.zone, [file for file, _ in subject.files()], request.now, every_key=True)
    line.env.stdout.write("".join(f"{text}\n" for text in describe(found) or ["there is no KSK to look for"]))
    if found.settled:
        with rndc_words.keys_to_change(subject) as keyring:
            keyring.keys = record(found, keyring.keys)
    stamp = rndc_words.stamp(request.now)
    for finding in found.settled:
        line.env.stdout.write(f"KSK {finding.tag}: Marked DS as {finding.wanted} since {stamp}\n")
    return 1 if found.problem else 0


# ---- one pass


def _step(line: CommandLine, subject: Subject) -> int:
    """-step: a pass over the zone that does what manual-mode holds back, and says what it has done."""
    import time

    from fastsign.agent.checkds import look
    from fastsign.agent.cycle import World, run_zone

    world = World(line.env.clock, time.monotonic, stores=subject.config.stores, ask_parent=look)
    outcome = run_zone(subject.zone, world, force=True)
    out = line.env.stdout
    out.write("".join(f"{text}\n" for text in outcome.log))
    done = f"{outcome.deed}: {outcome.path}" + (f", serial {outcome.serial}" if outcome.serial is not None else "")
    out.write(f"{done}\n")
    if outcome.due is not None:
        out.write(f"next event: {rndc_words.moment(outcome.due)}\n")
    for problem in outcome.problems:
        line.warn(problem)
    return 1 if outcome.problems else 0
