"""`fastsign policy`: check a configuration, and show what a policy says in full."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastsign.cli import typos
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, run_tool
from fastsign.cli.env import Env
from fastsign.cli.kasp_options import CONFIG, LONG, read_config
from fastsign.errors import FastsignError, PolicyError
from fastsign.keys import names

if TYPE_CHECKING:
    from fastsign.kasp.config import Config, Zone
    from fastsign.kasp.policy import Policy

USAGE = """\
Usage:
    {program} check [-z] [-c file]
    {program} show [--json] [-c file] [policy|zone]

Version: {version}
Options:
    -c <file>: the configuration, in named.conf's syntax (/etc/fastsign/named.conf)
    -z: load the zones too, and tell where they and their policies do not fit together
    --json: show values for programs, durations in seconds
    -h: print usage and exit
    -V: print version information
    --help: print the whole page
"""

TOOL = Tool("fastsign policy", "c:hVz", USAGE, long={**LONG, "json": "", "with-zones": "z", "version": "V"}, mixed=True)


def main(env: Env) -> int:
    """Run `fastsign policy`."""
    return run_tool(TOOL, _policy, env)


@dataclass(slots=True)
class _Request:
    config: str | None = None
    zones: bool = False
    json: bool = False


def _policy(line: CommandLine) -> int:
    request = _Request()
    words = _take(line, request)
    if not words:
        line.usage(1)
    word, *rest = words
    if word not in ("check", "show"):
        raise FatalError(f"unknown word {word}{typos.hint(word, ['check', 'show']) or '; it is check or show'}")
    if len(rest) > 1:
        line.usage(1)
    return (_check if word == "check" else _show)(line, request, rest[0] if rest else None)


def _take(line: CommandLine, request: _Request) -> list[str]:
    """Read the options, wherever they stand, and return the words between them."""
    for letter, value in line:
        match letter:
            case "c":
                request.config = value
            case "z":
                request.zones = True
            case "json":
                request.json = True
    return line.operands


# ---- check


def _check(line: CommandLine, request: _Request, file: str | None) -> int:
    """Tell what is wrong with a configuration, on standard output as named-checkconf does: 0 if nothing is."""
    from fastsign.agent.configuration import load_config

    path = file or request.config or CONFIG
    try:
        config = load_config(line.env.path(path), line.env.cwd)
    except PolicyError as error:
        _print(line, (*error.warnings, *error.problems))
        return 1
    _print(line, config.warnings)
    if not request.zones:
        return 0
    failures = [_check_zone(line, zone) for zone in config.zones.values() if zone.policy]
    return 1 if any(failures) else 0


def _print(line: CommandLine, messages: Iterable[str]) -> None:
    for message in messages:
        line.env.stdout.write(f"{message}\n")


def _check_zone(line: CommandLine, zone: Zone) -> bool:
    """Load a zone and tell where it does not fit its policy; has it failed to load?"""
    place = f"{zone.place.file}:{zone.place.line}:{zone.place.column}: " if zone.place else ""
    about = f"{place}zone '{names.to_message(zone.name)}'"
    try:
        messages = _advice(zone, line.env.now())
    except (FastsignError, OSError) as error:
        _print(line, [f"{about}: {error}"])
        return True
    _print(line, [f"{about}: {message}" for message in messages])
    return False


def _advice(zone: Zone, now: int) -> tuple[str, ...]:
    """What is to be said of a policy and the zone in its file."""
    from fastsign.agent.zone import read_zone
    from fastsign.kasp.advice import advise, without_effect

    if zone.policy is None or zone.file is None:
        return ()
    read = read_zone(zone.file, zone.name, now)
    expire = int.from_bytes(read.apex.soa[-8:-4], "big")  # the last but one of its numbers (RFC 1035 section 3.3.13)
    told = advise(zone.policy, expire, read.apex.minimum, read.highest_ttl)
    return (*without_effect(zone), *told)


# ---- show


def _show(line: CommandLine, request: _Request, name: str | None) -> int:
    """Print policies in full."""
    from fastsign.kasp.render import policy_text, policy_values

    config = _config(line, request)
    policies = [_named(config, name, request)] if name else [*config.policies.values()]
    if request.json:
        import json

        line.env.stdout.write(json.dumps([policy_values(policy) for policy in policies], indent=2) + "\n")
    else:
        line.env.stdout.write("\n".join(map(policy_text, policies)))
    return 0


def _config(line: CommandLine, request: _Request) -> Config:
    """The configuration; where there is none at the usual place, that of the built-in policies."""
    if request.config is None and not os.path.exists(line.env.path(CONFIG)):
        from fastsign.kasp.parser import parse_config

        return parse_config("", CONFIG, str, cwd="")
    return read_config(line, request.config or CONFIG)


def _named(config: Config, word: str, request: _Request) -> Policy:
    """The policy of this name, or of the zone of this name."""
    if word in config.policies:
        return config.policies[word]
    try:
        zone = config.zones.get(names.from_text(word).lower())
    except ValueError:
        zone = None
    path = request.config or CONFIG
    if zone is None:
        known = [*config.policies, *map(names.to_message, config.zones)]
        hint = typos.hint(word, known) or f"; the policies are {', '.join(config.policies)}"
        raise FatalError(f"there is no policy and no zone {word} in {path}{hint}")
    if zone.policy is None:
        raise FatalError(f"zone {word} has no dnssec-policy in {path}")
    return zone.policy
