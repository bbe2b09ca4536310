"""`fastsign plan`: what the next run over a zone would do, and why it would not do more. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from fastsign.cli.compat.common import CommandLine, Tool, run_tool
from fastsign.cli.env import Env
from fastsign.cli.rndc_words import Subject, moment, subject_of, utc

if TYPE_CHECKING:
    from fastsign.agent.status import Preview
    from fastsign.rollover.key import Key

USAGE = """\
Usage:
    {program} [--json] [-c file] zone

Version: {version}
Options:
    -c <file>: the configuration, in named.conf's syntax (/etc/fastsign/named.conf)
    --json: the same for programs
    -h: print usage and exit
    -V: print version information
    --help: print the whole page
"""

TOOL = Tool("fastsign plan", "c:hV", USAGE, long={"config": "c", "json": "", "version": "V"}, mixed=True)


def main(env: Env) -> int:
    """Run `fastsign plan`."""
    return run_tool(TOOL, _plan, env)


def _plan(line: CommandLine) -> int:
    from fastsign.agent.cycle import World, preview

    options = dict(line)
    if len(line.operands) != 1:
        line.usage(1)
    subject, now = subject_of(line, line.operands[0], options), line.env.now()
    seen = preview(subject.zone, World(lambda: float(now), lambda: 0.0, stores=subject.config.stores))
    if "json" in options:
        import json

        line.env.stdout.write(json.dumps(_facts(subject, seen, now), indent=2) + "\n")
    else:
        line.env.stdout.write("".join(f"{text}\n" for text in _lines(subject, seen, now)))
    return 0


def _lines(subject: Subject, seen: Preview, now: int) -> Iterator[str]:
    yield f"zone {subject.name}, dnssec-policy {subject.policy.name}, {moment(now)}"
    if seen.interrupted:
        yield "The last run was interrupted; the next one finishes it before all this."
    yield from _section("The next run would", _deeds(seen), "do nothing")
    waits = [_wait(seen, wait.key, wait.record, wait.before, wait.after) for wait in seen.step.waits]
    reasons = [f"{wait.rule}: {_worded(seen, wait.reason)}{_until(wait.until)}" for wait in seen.step.waits]
    yield from _section("Not yet", [f"{what}\n      {why}" for what, why in zip(waits, reasons, strict=True)])
    yield from _section("Held back", [_worded(seen, each) for each in seen.step.refusals])
    yield from _section("Wrong", seen.problems)
    yield ""
    for name, at in (("next event of the keys", seen.step.next_event), ("signatures to be renewed", seen.due)):
        yield f"{name + ':':26}{moment(at) if at is not None else 'none'}"


def _section(title: str, items: Iterable[str], nothing: str = "") -> Iterator[str]:
    listed = list(items)
    if listed or nothing:
        yield from ("", title)
        yield from (f"  * {item}" for item in listed or [nothing])


def _deeds(seen: Preview) -> Iterator[str]:
    """What changes, in the order in which it would be done."""
    before = {key.name: key for key in seen.before}
    for key in seen.step.made:
        yield f"make {_called(seen, key)}"
    for key in seen.step.keys:
        old = before.get(key.name)
        if old is not None and key.state.goal == "hidden" and old.state.goal != "hidden":
            yield f"retire {_called(seen, key)}"
    for change in seen.step.changes:
        yield _wait(seen, change.key, change.record, change.before, change.after)
    if seen.reasons:
        yield f"publish {seen.path}: {', and '.join(seen.reasons)}"
    for key in seen.step.purged:
        yield f"remove the files of {_called(seen, key)}"


def _wait(seen: Preview, name: str, record: str, before: str, after: str) -> str:
    key = next(key for key in seen.step.keys if key.name == name)
    return f"{_called(seen, key)}: {record} from {before} to {after}"


def _called(seen: Preview, key: Key) -> str:
    """`KSK 12345`; a key that is still to be made has no tag."""
    return f"a new {key.role}" if key in seen.step.made else f"{key.role} {key.tag}"


def _worded(seen: Preview, sentence: str) -> str:
    """The sentence without tags of keys that are still to be made: they will have others."""
    for key in seen.step.made:
        sentence = sentence.replace(f"{key.role} {key.tag}", _called(seen, key))
    return sentence


def _until(moment_or_none: int | None) -> str:
    return "" if moment_or_none is None else f", until {moment(moment_or_none)}"


def _facts(subject: Subject, seen: Preview, now: int) -> dict[str, Any]:
    by_name = {key.name: key for key in (*seen.step.keys, *seen.step.purged)}

    def fact(name: str) -> dict[str, Any]:
        key = by_name[name]
        return {"role": key.role, "algorithm": key.algorithm, "tag": None if key in seen.step.made else key.tag}

    return {
        "zone": subject.name,
        "policy": subject.policy.name,
        "time": utc(now),
        "interrupted": seen.interrupted,
        "make": [fact(key.name) for key in seen.step.made],
        "remove": [fact(key.name) for key in seen.step.purged],
        "changes": [
            {"key": fact(each.key), "record": each.record, "before": each.before, "after": each.after}
            for each in seen.step.changes
        ],
        "publish": list(seen.reasons),
        "waits": [
            {
                "key": fact(each.key),
                "record": each.record,
                "before": each.before,
                "after": each.after,
                "rule": each.rule,
                "reason": _worded(seen, each.reason),
                "until": utc(each.until),
            }
            for each in seen.step.waits
        ],
        "refusals": [_worded(seen, each) for each in seen.step.refusals],
        "problems": list(seen.problems),
        "next_event": utc(seen.step.next_event),
        "renewal": utc(seen.due),
    }
