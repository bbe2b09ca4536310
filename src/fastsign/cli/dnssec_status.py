"""The text of `fastsign dnssec -status`: rndc's, and behind it what the operator has to do now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastsign.cli.compat.common import CommandLine
from fastsign.cli.ds_records import at_parent
from fastsign.cli.rndc_words import Subject, moment, utc
from fastsign.kasp.policy import KeyRule
from fastsign.keys.facts import algorithm_name
from fastsign.keys.files import KeyFile
from fastsign.rollover.key import Key
from fastsign.rollover.status import KeyStatus, Use, status


def show(line: CommandLine, subject: Subject, now: int, as_json: bool = False) -> int:
    """Print the status of a zone's keys."""
    from fastsign.agent.keyring import key_of

    files = subject.files()
    keys = sorted((key_of(file, store) for file, store in files), key=_order)
    tasks = list(todo(subject, [file for file, _ in files], keys, now))
    if as_json:
        import json

        line.env.stdout.write(json.dumps(_facts(subject, keys, tasks, now), indent=2) + "\n")
        return 0
    line.env.stdout.write("\n".join(status_lines(subject, keys, now)) + "\n")
    if tasks:
        line.env.stdout.write("\n".join(["What you have to do now:", *(f"  * {task}" for task in tasks)]) + "\n")
    return 0


def _order(key: Key) -> tuple[bool, int, int]:
    """Those that the parent knows first, then as they came into use."""
    return not key.ksk, key.times.publish or 0, key.tag


def status_lines(subject: Subject, keys: Sequence[Key], now: int) -> Iterator[str]:
    """As rndc dnssec -status has it (dns_keymgr_status of BIND 9.18 and 9.20)."""
    yield f"dnssec-policy: {subject.policy.name}"
    yield f"current time:  {moment(now)}"
    yield ""
    for each in status(subject.policy, keys, now, subject.seen(now)):
        yield from _key_lines(each)


def _key_lines(each: KeyStatus) -> Iterator[str]:
    key = each.key
    yield f"key: {key.tag} ({algorithm_name(key.algorithm)}), {key.role}"
    yield f"  published:      {_use(each.published)}"
    if each.key_signing is not None:
        yield f"  key signing:    {_use(each.key_signing)}"
    if each.zone_signing is not None:
        yield f"  zone signing:   {_use(each.zone_signing)}"
    yield ""
    if each.outlook is not None:
        when = f" {moment(each.outlook.when)}" if each.outlook.when is not None else ""
        yield f"  {each.outlook.what}{when}"
    for label, state in each.states:
        yield f"  - {label + ':':<16}{state}"
    yield ""


def _use(use: Use) -> str:
    if use.phase == "no":
        return "no"
    words = "yes - since" if use.phase == "yes" else "no  - scheduled"
    return f"{words} {moment(use.when)}" if use.when is not None else f"{words} "


def _facts(subject: Subject, keys: Sequence[Key], tasks: Sequence[str], now: int) -> dict[str, Any]:
    """The same for programs: moments in UTC, states by rndc's words."""
    return {
        "zone": subject.name,
        "policy": subject.policy.name,
        "time": utc(now),
        "keys": [
            {
                "tag": each.key.tag,
                "algorithm": each.key.algorithm,
                "role": each.key.role,
                "published": _use_facts(each.published),
                "key_signing": _use_facts(each.key_signing),
                "zone_signing": _use_facts(each.zone_signing),
                "outlook": each.outlook and {"what": each.outlook.what, "when": utc(each.outlook.when)},
                "states": dict(each.states),
            }
            for each in status(subject.policy, keys, now, subject.seen(now))
        ],
        "todo": list(tasks),
    }


def _use_facts(use: Use | None) -> dict[str, Any] | None:
    return None if use is None else {"phase": use.phase, "when": utc(use.when)}


# ---- what is left for the operator


def todo(subject: Subject, files: Sequence[KeyFile], keys: Sequence[Key], now: int) -> Iterator[str]:
    """A sentence for each thing that happens only if somebody sees to it."""
    zone = subject.name
    for key in at_parent(subject.zone.name, files, subject.policy).keys:
        if key.action not in ("add", "remove"):
            continue
        tag, coming = key.file.tag, key.action == "add"
        since = f", since {moment(key.since)}" if key.since is not None else ""
        what = "bring the DS of key {} to the parent" if coming else "have the parent take out the DS of key {}"
        done, word = ("it is there", "published") if coming else ("it is gone", "withdrawn")
        after = f"once {done}, say `fastsign dnssec -checkds -key {tag} {word} {zone}`"
        if subject.asks_parent:
            after = f"that {done} is looked for with every run; `fastsign dnssec -checkds {zone}` looks now"
        yield f"{what.format(tag)}{since}: `fastsign ds {zone}` prints it; {after}"
    yield from _held_back(subject, keys, now)


def _held_back(subject: Subject, keys: Sequence[Key], now: int) -> Iterator[str]:
    """What the next run would not do by itself: manual-mode holds it back, or a private key is not here."""
    from fastsign.rollover.step import step

    done = step(subject.policy, keys, now, subject.seen(now), make_key=_StandIns())
    yield from done.refusals
    waits = [wait.reason for wait in done.waits if wait.rule in ("manual", "offline")]
    yield from dict.fromkeys(waits)


class _StandIns:
    """Keys that are never made: this is only to see what would be done. Each has a tag of its own."""

    def __init__(self) -> None:
        self._made = 0

    def __call__(self, rule: KeyRule, now: int) -> Key:
        tag = rule.tag_min + self._made % (rule.tag_max - rule.tag_min + 1)
        self._made += 1
        return Key("", rule.algorithm, tag, tag, rule.bits, rule.ksk, rule.zsk, 0, store=rule.store)
