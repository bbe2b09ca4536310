"""What the commands that go by named.conf have in common: -c, reading it, and finding a zone in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastsign.cli import typos
from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.errors import PolicyError
from fastsign.keys import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastsign.kasp.config import Config, KeyStore, Zone
    from fastsign.kasp.policy import Policy

CONFIG = "/etc/fastsign/named.conf"  # without -c
LONG = {"config": "c"}


def read_config(line: CommandLine, path: str = CONFIG) -> Config:
    """The configuration in a file, its warnings told on standard error. FatalError with all errors that it has."""
    from fastsign.agent.configuration import load_config

    try:
        config = load_config(line.env.path(path), line.env.cwd)
    except PolicyError as error:
        tell(line, "warning", error.warnings)
        tell(line, "error", error.problems[:-1])
        raise FatalError(error.problems[-1]) from None
    tell(line, "warning", config.warnings)
    return config


def read_policy(line: CommandLine, name: str, path: str) -> tuple[Policy, Mapping[str, KeyStore]]:
    """A policy by its name, whatever is wrong with the zones beside it, and the key stores it may name.

    The default policy needs no configuration. FatalError in BIND's words if there is no such policy, or none to use, or
    one that lists no keys: only to a zone does named give those of the default policy then.
    """
    from fastsign.agent.configuration import load_policies
    from fastsign.kasp.builtin import DEFAULT
    from fastsign.kasp.config import KeyStore

    if name == DEFAULT.name:
        return DEFAULT, {KeyStore().name: KeyStore()}
    reason = f"unable to load dnssec-policy '{name}' from '{path}'"
    try:
        policies = load_policies(line.env.path(path), line.env.cwd)
        reason = f"failed to configure dnssec-policy '{name}': failure"
        policy, warnings = policies.find(name)
    except PolicyError as error:
        tell(line, "warning", error.warnings)
        tell(line, "error", error.problems)
        raise FatalError(reason) from None
    tell(line, "warning", warnings)
    if policy is None:
        raise FatalError(f"failed to load dnssec-policy '{name}'")
    if not policies.lists_keys(name):
        raise FatalError(f"dnssec-policy '{name}' has no keys configured")
    return policy, policies.stores


def tell(line: CommandLine, level: str, messages: tuple[str, ...]) -> None:
    """A line on standard error for each message."""
    for message in messages:
        line.warn(f"{level}: {message}")


def find_zone(config: Config, text: str, path: str = CONFIG) -> Zone:
    """The zone of this name. FatalError if the configuration has none."""
    try:
        name = names.from_text(text).lower()
    except ValueError as error:
        raise FatalError(f"{text} is no name of a zone: {error}") from None
    if name in config.zones:
        return config.zones[name]
    known = [names.to_message(wire) for wire in config.zones]
    hint = typos.hint(names.to_message(name), known) or _what_there_is(known)
    raise FatalError(f"there is no zone {names.to_message(name)} of type primary or secondary in {path}{hint}")


def find_signed_zone(config: Config, text: str, path: str = CONFIG) -> Zone:
    """The zone of this name, which must have a policy."""
    zone = find_zone(config, text, path)
    if zone.policy is None:
        where = f" ({zone.place.file}:{zone.place.line})" if zone.place else ""
        raise FatalError(
            f"zone {names.to_message(zone.name)} has no dnssec-policy{where}: its keys are not looked after; "
            "give it one, such as dnssec-policy default"
        )
    return zone


def _what_there_is(known: list[str]) -> str:
    if not known:
        return "; it has none at all"
    return f"; its zones are {', '.join(known)}" if len(known) <= 5 else f"; it has {len(known)} others"
