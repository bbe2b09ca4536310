"""`fastsign ksr request`: a key signing request (KSR), the ZSKs that are to be signed over, bundle by bundle."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from fastsign.agent.keyring import key_of
from fastsign.cli.compat.common import VERSION, CommandLine, FatalError
from fastsign.cli.compat.ksr import Request
from fastsign.kasp.policy import KeyRule, Policy
from fastsign.keys import facts, times
from fastsign.keys.files import KeyFile
from fastsign.keys.skr import DNSKEY, end_text, record_line
from fastsign.rollover.succession import matches

KIND = "KeySigningRequest"


def ask(line: CommandLine, request: Request, policy: Policy, keys: list[KeyFile]) -> None:
    """Print the request: a new bundle whenever a key is to be published or removed."""
    rules = [rule for rule in policy.keys if not rule.ksk]  # the KSKs are not here
    end = request.end or 0
    text, inception = [], request.start
    while inception <= end:
        text.append(f";; {KIND} 1.0 {times.digits_and_local(inception)}\n")
        for rule in rules:
            text += [
                record_line(request.zone, policy.dnskey_ttl, DNSKEY, key.rdata)
                for key in published(request, rule, keys, inception)
            ]
        inception = next_change(keys, inception, end + 1)
    line.env.stdout.write("".join(text) + end_text(request.now, VERSION, KIND))


def published(request: Request, rule: KeyRule, keys: list[KeyFile], moment: int) -> list[KeyFile]:
    """The keys of a line of the policy that are in the zone at a moment; there must be one."""
    found = [key for key in keys if matches(rule, key_of(key, rule.store)) and is_published(key, moment)]
    if not found:
        algorithm = facts.algorithm_name(rule.algorithm)
        raise FatalError(f"no {request.zone_text}/{algorithm} zsk key pair found for bundle {time.ctime(moment)}")
    return found


def is_published(key: KeyFile, moment: int) -> bool:
    """Is the key in the zone at a moment, by its times alone?"""
    return is_within(moment, key.times.publish, key.times.delete)


def is_within(moment: int, begins: int | None, ends: int | None) -> bool:
    """Is a moment in a time of which begin and end may be open?"""
    return (begins or 0) <= moment and (not ends or moment < ends)


def next_change(keys: Iterable[KeyFile], moment: int, latest: int) -> int:
    """When the next key is published or removed after a moment, or *latest*."""
    return earliest(moment, latest, (when for key in keys for when in (key.times.publish, key.times.delete)))


def earliest(moment: int, latest: int, candidates: Iterable[int | None]) -> int:
    """The first of some moments after a moment and before *latest*, or that."""

    def between() -> Iterator[int]:
        yield from (when for when in candidates if when and moment < when < latest)

    return min(between(), default=latest)
