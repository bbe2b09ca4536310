"""`fastsign skr`: rndc's skr, which brings a signed key response in for a zone whose KSK is offline."""

from __future__ import annotations

import time

from fastsign.cli import rndc_words
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, run_tool
from fastsign.cli.env import Env
from fastsign.errors import SkrError
from fastsign.keys import names

_USAGE = """\
Usage:
    {program} [-c config] -import file zone

Version: {version}
Options:
    -c file: configuration, in named.conf's syntax (default /etc/fastsign/named.conf)
    -h: print help information
    -import file: the signed key response
    -V: print version information
"""

TOOL = Tool("fastsign skr", "c:hV", _USAGE, long={"config": "c", "version": "V"}, words={"import": ":"}, mixed=True)


def main(env: Env) -> int:
    """Bring a signed key response in."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    options = dict(line)
    if "import" not in options or len(line.operands) != 1:
        line.usage(1)
    subject = rndc_words.subject_of(line, line.operands[0], options)
    if not subject.policy.offline_ksk:
        raise FatalError(
            f"zone {subject.name} has dnssec-policy {subject.policy.name}, which is without offline-ksk yes"
        )
    from fastsign.agent.ksr import bring_in

    keys = [file for file, _ in subject.files()]
    path = line.env.path(options["import"])
    try:
        response, warnings = bring_in(subject.zone, subject.policy, path, keys, line.env.now())
    except SkrError as error:
        raise FatalError(f"import failed: {error}") from None
    for warning in warnings:
        line.warn(f"warning: {warning}")
    begin, end = response.bundles[0].inception, response.expiration
    zone = names.to_message(subject.zone.name)
    bundles = f"{len(response.bundles)} bundle" + "s" * (len(response.bundles) != 1)
    line.env.stdout.write(f"{zone}: {bundles}, from {time.ctime(begin)} to {time.ctime(end)}\n")
    return 0
