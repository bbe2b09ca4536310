"""`fastsign ds`: the DS records to hand to the parent and to have taken out there, and what the zone tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastsign.cli import rndc_words
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, run_tool
from fastsign.cli.ds_records import KeyAtParent, Parent, at_parent, key_head
from fastsign.cli.env import Env
from fastsign.keys.ds import ds_text

_USAGE = """\
Usage:
    {program} [options] zone

Version: {version}
Options:
    -c file: configuration, in named.conf's syntax (default /etc/fastsign/named.conf)
    -h: print help information
    -u: print nsupdate's lines alone
    -V: print version information
    --json: print JSON
"""

TOOL = Tool(
    "fastsign ds", "c:huV", _USAGE, long={"config": "c", "json": "", "nsupdate": "u", "version": "V"}, mixed=True
)

# What is said of a key, and the words before the moment since when that is so.
_SAID = {
    "add": ("hand this to the parent", "since"),
    "keep": ("is at the parent", "since"),
    "remove": ("have the parent take this out", "since"),
    "removed": ("is no longer at the parent", "since"),
    "later": ("not yet: its DNSKEY has to be known everywhere first", "expected"),
}


def main(env: Env) -> int:
    """Print the records."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    options = dict(line)
    operands = line.operands
    if len(operands) != 1:
        raise FatalError("one zone is to be named" if not operands else "extraneous arguments")
    subject = rndc_words.subject_of(line, operands[0], options)
    parent = at_parent(subject.zone.name, [file for file, _ in subject.files()], subject.policy)
    if "json" in options:
        import json

        line.env.stdout.write(json.dumps(_facts(subject, parent), indent=2) + "\n")
    elif "u" in options:
        line.env.stdout.write("".join(f"{text}\n" for text in parent.nsupdate))
    else:
        line.env.stdout.write("\n".join(_lines(subject, parent, line.env.now())) + "\n")
    return 0


def _lines(subject: rndc_words.Subject, parent: Parent, now: int) -> Iterator[str]:
    yield f"; zone {subject.name}, dnssec-policy {subject.policy.name}, {rndc_words.moment(now)}"
    there = [key for key in parent.keys if key.belongs]
    yield from _section(parent, "These DS records belong at the parent.", there, "", "none")
    leaving = [key for key in parent.keys if key.action in ("remove", "removed")]
    yield from _section(parent, "These do not, any more.", leaving, ";")
    later = [key for key in parent.keys if key.action == "later"]
    yield from _section(parent, "These will, later.", later, ";")
    if parent.child_lines:
        yield from ("", "; The zone itself says so to a parent that looks at CDS or CDNSKEY records.")
        yield from parent.child_lines
    if parent.nsupdate:
        yield from ("", "; For nsupdate at the parent, all at once (-u prints these lines alone):")
        yield from parent.nsupdate


def _section(parent: Parent, title: str, keys: list[KeyAtParent], mark: str, none: str = "") -> Iterator[str]:
    if not keys and not none:
        return
    yield from ("", f"; {title}")
    if not keys:
        yield f"; {none}"
    for key in keys:
        said, before = _SAID[key.action]
        when = f", {before} {rndc_words.moment(key.since)}" if key.since is not None else ""
        yield f"; {key_head(key)}: {said}{when}"
        yield from (mark + text for text in parent.ds_lines(key))


def _facts(subject: rndc_words.Subject, parent: Parent) -> dict[str, Any]:
    return {
        "zone": subject.name,
        "policy": subject.policy.name,
        "keys": [
            {
                "tag": key.file.tag,
                "algorithm": key.file.algorithm,
                "role": key.role,
                "action": key.action,
                "since": rndc_words.utc(key.since),
                "ds": [ds_text(rdata) for rdata in parent.ds(key)],
            }
            for key in parent.keys
        ],
        "records": [text for key in parent.keys if key.belongs for text in parent.ds_lines(key)] + parent.child_lines,
        "nsupdate": parent.nsupdate,
    }
