"""`fastsign run`: look after zones by their policies, once or for good."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from fastsign.cli import typos
from fastsign.cli.compat import hsm_options
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_number, parse_verbosity, run_tool
from fastsign.cli.compat.hsm_options import hsm_settings
from fastsign.cli.env import Env

if TYPE_CHECKING:
    from fastsign.agent.loop import Agent
    from fastsign.cli.run_log import Log

_USAGE = """\
Usage:
    {program} [options] [zone ...]

Version: {version}
    zone: of the configuration; all that have a dnssec-policy, unless some are named
Options:
    -c file: configuration (/etc/fastsign/named.conf)
    -v level: verbosity
    -h: print usage and exit
    -V: print version information
    --once: look after each zone once, and end; the exit code says whether all are as they should be
    --on-publish command: called with the zone and its file once a signed zone is in place
    --hook-timeout seconds: how long that may take (60)
    --metrics-file file: metrics for node_exporter's textfile collector
    --metrics-listen address:port: metrics by HTTP at this address
    --poll seconds: how often the zones' files are looked at (10)
    --json-log: a JSON object a line
    --hsm-sessions number: sessions of each worker with its HSM (1)
    --hsm-workers number: processes that sign with an HSM at once (as many as there are processors)
    --hsm-patience seconds: how long an HSM may make no signature (30)
    --help: print the whole page
"""

_LONG = {
    "config": "c",
    "verbose": "v",
    "version": "V",
    "once": "",
    "on-publish": ":",
    "hook-timeout": ":",
    "metrics-file": ":",
    "metrics-listen": ":",
    "poll": ":",
    "json-log": "",
    **hsm_options.RUN,
}
TOOL = Tool("fastsign run", "c:hv:V", _USAGE, long=_LONG, bare=True, mixed=True)

CONFIGURATION = "/etc/fastsign/named.conf"


def main(env: Env) -> int:
    """Run the agent: 0 if it has ended as asked, with --once 1 if a zone is not as it should be."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    options = dict(line)
    agent, log = _agent(line, options)
    with ExitStack() as stack:
        agent.after = _metrics(line.env, options, agent, log, stack)
        agent.load()
        _check_zones(agent)
        from fastsign.cli.run_signals import Signals

        signals = stack.enter_context(Signals())
        if "once" in options:
            return agent.run_once(lambda: signals.stopping) or int(log.troubled)
        poll = _seconds(options.get("poll", "10"), "--poll must be followed by a number of seconds")
        agent.run(signals, max(1, poll))
    return 0


def _agent(line: CommandLine, options: dict[str, str]) -> tuple[Agent, Log]:
    from fastsign.agent.configuration import load_config
    from fastsign.agent.cycle import World
    from fastsign.agent.loop import Agent
    from fastsign.agent.parents import Parents
    from fastsign.cli.run_log import Log

    env, verbosity = line.env, parse_verbosity(options.get("v", "0"))
    log = Log(env.stderr, line.program, env.clock, verbosity, "json-log" in options)
    path = env.path(options.get("c", CONFIGURATION))
    parents = Parents()
    hsm = hsm_settings(env, options, ())
    world = World(env.clock, time.monotonic, tell=log, ask_parent=parents.look, hook=_hook(env, options), hsm=hsm)
    wanted = {_name(zone) for zone in line.operands}
    return Agent(lambda: load_config(path), world, log, wanted, ahead=parents.ask_ahead), log


def _name(text: str) -> bytes:
    from fastsign.keys import names

    try:
        return names.from_text(text).lower()
    except ValueError as error:
        raise FatalError(f"'{text}' is no name of a zone: {error}") from None


def _hook(env: Env, options: dict[str, str]) -> Callable[[str, str, int], str] | None:
    if "on-publish" not in options:
        return None
    from fastsign.agent.hooks import Hook

    try:
        words = shlex.split(options["on-publish"])
    except ValueError as error:
        raise FatalError(f"--on-publish: {error}") from None
    if not words:
        raise FatalError("--on-publish must be followed by a command")
    timeout = _seconds(options.get("hook-timeout", "60"), "--hook-timeout must be followed by a number of seconds")
    return Hook(words, timeout, env.environ)


def _metrics(
    env: Env, options: dict[str, str], agent: Agent, log: Log, stack: ExitStack
) -> Callable[[object], None] | None:
    """Where metrics go; what is to be called when there are new ones."""
    if not options.keys() & {"metrics-file", "metrics-listen"}:
        return None
    from fastsign.agent import metrics
    from fastsign.errors import FastsignError

    registry = metrics.registry_of(lambda: agent.tasks)
    if "metrics-listen" in options:
        stack.callback(metrics.serve(registry, *_address(options["metrics-listen"])))
    if "metrics-file" not in options:
        return None
    path = env.path(options["metrics-file"])

    def write(_: object) -> None:
        try:
            metrics.write_file(registry, path)
        except FastsignError as error:
            log.trouble(error)

    return write


def _check_zones(agent: Agent) -> None:
    """Zones that were named have to be in the configuration."""
    from fastsign.keys import names

    for zone in sorted(set(agent.wanted) - agent.tasks.keys()):
        known = [names.to_message(name) for name in agent.known]
        hint = typos.hint(names.to_message(zone), known)
        raise FatalError(f"zone {names.to_message(zone)} is not in the configuration{hint}")


def _address(text: str) -> tuple[str, int]:
    address, colon, port = text.rpartition(":")
    if not colon:
        raise FatalError(f"--metrics-listen {text}: an address and a port are wanted, as 127.0.0.1:9153")
    number = parse_number(port, f"--metrics-listen {text}: the port is a number up to 65535", 0, 65535)
    return address.removeprefix("[").removesuffix("]") or "::", number


def _seconds(text: str, complaint: str) -> int:
    return parse_number(text, complaint, 1)
