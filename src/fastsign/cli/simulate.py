"""`fastsign simulate`: the future of a zone's keys, as a table, as JSON and as a picture. None of its files changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastsign.cli import rndc_words
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, run_tool
from fastsign.cli.env import Env
from fastsign.cli.rndc_words import utc

_USAGE = """\
Usage:
    {program} [-c config] [--until period] [--ds-delay period] [--json]
        [--picture file] zone

Version: {version}
Options:
    -c file: configuration, in named.conf's syntax (default /etc/fastsign/named.conf)
    -h: print help information
    -V: print version information
    --ds-delay period: how long the parent takes to follow CDS records (default PT2H)
    --json: print JSON
    --picture file: draw a timeline, .svg or .png
    --until period: how far to look ahead (default P1Y)
"""

_LONG = {"config": "c", "ds-delay": ":", "json": "", "picture": ":", "until": ":", "version": "V"}
TOOL = Tool("fastsign simulate", "c:hV", _USAGE, long=_LONG, mixed=True)

_FORMATS = (".svg", ".png")


def main(env: Env) -> int:
    """Look ahead."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    from fastsign.agent.keyring import key_of
    from fastsign.rollover.forecast import forecast

    options = dict(line)
    if len(line.operands) != 1:
        raise FatalError("extraneous arguments" if line.operands else "unexpected end of input: no zone is named")
    picture = options.get("picture", "")
    if picture and not picture.endswith(_FORMATS):
        raise FatalError(f"a picture's file ends with {' or '.join(_FORMATS)}, not as {picture}")
    period, delay = _period(options, "until", "P1Y"), _period(options, "ds-delay", "PT2H")
    subject = rndc_words.subject_of(line, line.operands[0], options)
    now = line.env.now()
    keys, until = tuple(key_of(file, store) for file, store in subject.files()), now + period
    timeline = forecast(subject.policy, keys, now, until, subject.seen(now), ds_delay=delay, zone=subject.name.lower())
    if picture:
        from fastsign.cli.timeline import draw

        draw(timeline, f"{subject.name} under policy {subject.policy.name}", line.env.path(picture))
    if "json" in options:
        _print_json(line, subject.name, subject.policy.name, timeline)
    else:
        line.env.stdout.writelines(f"{text}\n" for text in _lines(subject.name, subject.policy.name, delay, timeline))
    return 0


def _period(options: dict[str, str], option: str, default: str) -> int:
    from fastsign.kasp.durations import parse_duration

    text = options.get(option, default)
    try:
        return parse_duration(text)
    except ValueError as error:
        raise FatalError(f"--{option} {text}: {error}") from None


def _lines(zone: str, policy: str, delay: int, timeline: Any) -> Iterator[str]:
    from fastsign.kasp.durations import format_duration

    yield f"zone:    {zone}"
    yield f"policy:  {policy}"
    yield f"period:  {_date(timeline.begins)} to {_date(timeline.ends)}, UTC"
    yield f"parent:  follows CDS records after {format_duration(delay)}, as is supposed here"
    yield ""
    width = max([len(subject.label) for subject in timeline.subjects], default=0)
    last = None
    for event in timeline.events:
        date = _date(event.moment) if event.moment != last else ""
        last = event.moment
        yield f"{date:19}  {timeline.label(event.key):{width}}  {_change(event):36}  {event.why}"
    if not timeline.events:
        yield "Nothing changes."
    yield ""
    waits = [wait for wait in timeline.waits if wait.until is None]
    for wait in waits:
        yield f"Still waiting at the end: {timeline.label(wait.key)}, {wait.record} {wait.after}: {wait.reason}"
    yield from (f"Not done: {refusal}" for refusal in timeline.refusals)
    yield f"Next event after that: {_date(timeline.next_event) if timeline.next_event else 'none'}"


def _change(event: Any) -> str:
    if not event.before:
        return f"{event.record} {event.after}".strip()
    return f"{event.record} {event.before} -> {event.after}".strip()


def _date(moment: int) -> str:
    return (utc(moment) or "").replace("T", " ").rstrip("Z")


def _print_json(line: CommandLine, zone: str, policy: str, timeline: Any) -> None:
    import json

    def span(item: Any) -> dict[str, Any]:
        return {"since": utc(item.since), "until": utc(item.until)}

    facts = {
        "zone": zone,
        "policy": policy,
        "begins": utc(timeline.begins),
        "ends": utc(timeline.ends),
        "keys": [
            {
                "name": each.key.name,
                "label": each.label,
                "role": each.key.role,
                "algorithm": each.key.algorithm,
                "tag": None if each.new else each.key.tag,
                "new": each.new,
                "states": [
                    {"record": one.record, "state": one.state, **span(one)}
                    for one in timeline.spans
                    if one.key == each.key.name
                ],
            }
            for each in timeline.subjects
        ],
        "events": [
            {
                "moment": utc(event.moment),
                "key": event.key,
                "record": event.record,
                "before": event.before,
                "after": event.after,
                "why": event.why,
            }
            for event in timeline.events
        ],
        "ds": [{"keys": list(one.keys), **span(one)} for one in timeline.delegations],
        "next_event": utc(timeline.next_event),
    }
    line.env.stdout.write(json.dumps(facts, indent=2) + "\n")
