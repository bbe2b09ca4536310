"""`fastsign ksr keygen`: make the keys that a zone needs for a time to come, those that are there already aside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from fastsign.agent.keyring import key_of
from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.cli.compat.keyfiles import file_name, in_folder
from fastsign.cli.compat.ksr import Request
from fastsign.errors import KeyFileError
from fastsign.kasp.policy import KEY_DIRECTORY, KeyRule, Policy
from fastsign.keys import facts
from fastsign.keys.files import KeyFile, tags_in_use
from fastsign.keys.generate import RSA_BITS, make_key
from fastsign.keys.metadata import FORMAT, KeyState, KeyTimes, Metadata
from fastsign.keys.write import Material, write_key
from fastsign.rollover.succession import matches

_TRIES = 100_000  # at a key whose tag is free and in range


def keygen(line: CommandLine, request: Request, policy: Policy, keys: list[KeyFile]) -> None:
    """Print the names of the keys of the time asked for, and make those that are missing.

    ZSKs or, with -o, KSKs: a key that is both is for neither, as it could not be offline.
    """
    rules = [rule for rule in policy.keys if (rule.ksk, rule.zsk) == (request.ksk, not request.ksk)]
    if not rules:
        raise FatalError(f"no keys created for policy '{policy.name}'")
    for rule in rules:
        check_rule(policy, rule)
    for rule in rules:
        for name in provide(line, request, policy, rule, keys):
            line.env.stdout.write(f"{name}\n")
            line.env.stdout.flush()


def check_rule(policy: Policy, rule: KeyRule) -> None:
    """FatalError for a key that can't be made."""
    if rule.algorithm not in facts.SUPPORTED:
        raise FatalError(f"unsupported algorithm: {facts.algorithm_name(rule.algorithm)}")
    if rule.algorithm in facts.RSA and rule.bits not in RSA_BITS:
        raise FatalError(f"RSA key size {rule.bits} out of range")
    if rule.store != KEY_DIRECTORY:
        raise FatalError(
            f"dnssec-policy '{policy.name}': key-store '{rule.store}' is not supported by ksr keygen, which makes keys "
            "in the folder of -K; make those of an HSM by dnssec-keygen"
        )


def provide(line: CommandLine, request: Request, policy: Policy, rule: KeyRule, keys: list[KeyFile]) -> Iterator[str]:
    """Names of the keys that a line of the policy has from start to end, each from where the one before it ends.

    BIND goes on by lifetimes: where a key is in the middle of its life at the start, the last one is missing.
    """
    inception = request.start
    while inception < (request.end or 0):
        key = serving(rule, keys, inception)
        if key is None:
            tell(line, request, "Generating", inception)
            key = create(line, request, policy, rule, inception, first=inception == request.start)
        else:
            tell(line, request, "Selecting", inception)
        yield file_name(key)
        if not rule.lifetime or key.times.inactive is None:
            return
        inception = key.times.inactive


def serving(rule: KeyRule, keys: list[KeyFile], moment: int) -> KeyFile | None:
    """The key of a line of the policy that is active at a moment."""
    for key in keys:
        begins, ends = key.times.activate or 0, key.times.inactive
        if matches(rule, key_of(key, rule.store)) and begins <= moment and (not ends or moment < ends):
            return key
    return None


def tell(line: CommandLine, request: Request, what: str, inception: int) -> None:
    """With -v, which bundle a key is for."""
    if request.verbosity > 0:
        line.env.stderr.write(f"{what} key pair for bundle {time.ctime(inception)}: \n")
        line.env.stderr.flush()


def create(
    line: CommandLine, request: Request, policy: Policy, rule: KeyRule, activate: int, *, first: bool
) -> KeyFile:
    """Make a key that becomes active at a moment, and write its files."""
    flags = facts.ZONE | (facts.SEP if rule.ksk else 0)
    metadata = metadata_of(policy, rule, request.now, activate, first=first)
    key = KeyFile(
        request.zone, flags, facts.DNSSEC_PROTOCOL, rule.algorithm, b"", policy.dnskey_ttl, "", metadata=metadata
    )
    key, material = draw(line, request, rule, key)
    try:
        write_key(key, material, line.env.path(request.directory))
    except KeyFileError as error:
        raise FatalError(f"failed to write key {key.text}: {error.reason}\n") from None
    return key


def metadata_of(policy: Policy, rule: KeyRule, now: int, activate: int, *, first: bool) -> Metadata:
    """The times of a key's life. *first*: what it signs is not in the caches yet when it becomes active."""
    publish = activate - policy.publish_interval()
    moments: dict[str, int] = {"created": now, "publish": publish, "activate": activate}
    if rule.ksk:  # dns_keymgr_settime_syncpublish
        signed = policy.zone_ttl + policy.zone_propagation_delay if first else 0
        moments["sync_publish"] = publish + max(policy.publish_interval(), signed)
    if rule.lifetime:
        moments["inactive"] = activate + rule.lifetime
        moments["delete"] = moments["inactive"] + policy.retire_interval(rule.ksk, rule.zsk)
        if rule.ksk:
            moments["sync_delete"] = moments["inactive"]
    times = KeyTimes(**{name: moment % 2**32 for name, moment in moments.items()})
    state = KeyState(ksk=rule.ksk, zsk=rule.zsk, lifetime=rule.lifetime)
    return Metadata(format_version=FORMAT, times=times, state=state)


def draw(line: CommandLine, request: Request, rule: KeyRule, key: KeyFile) -> tuple[KeyFile, Material]:
    """A key whose tag, now and once it is revoked, is in the line's range and no other key's."""
    taken = tags_in_use(key.name, key.algorithm, line.env.path(request.directory))
    for _ in range(_TRIES):
        public_key, material = make_key(key.algorithm, rule.bits)
        key = replace(key, public_key=public_key)
        tags = {key.tag, facts.revoked_tag(key.rdata)}
        if not tags & taken.keys() and all(rule.tag_min <= tag <= rule.tag_max for tag in tags):
            return key, material
        for _, value in material:
            value[:] = bytes(len(value))
        if request.verbosity > 0:
            path = in_folder(request.directory, file_name(key))
            line.warn(
                f"{path} already exists, or might collide with another key upon revokation.  Generating a new key"
            )
    raise FatalError(f"no key tag is left for {request.zone_text} in {request.directory}")
