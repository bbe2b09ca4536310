"""dnssec-keygen -k: one key for each line of a policy's keys { }."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.cli.compat.keygen_run import Request, Store
from fastsign.cli.kasp_options import CONFIG, read_policy
from fastsign.keys import facts
from fastsign.keys.metadata import KeyState

if TYPE_CHECKING:
    from fastsign.kasp.config import KeyStore
    from fastsign.kasp.policy import KeyRule, Policy


def requests_of(line: CommandLine, request: Request) -> list[Request]:
    """What is to be made: the one key that is described, or with -k the keys of the policy."""
    if request.policy is None:
        if request.policy_file is not None:
            raise FatalError("-l is of use with -k only: it says where the policy is described")
        return [request]
    _check_options(request)
    policy, stores = read_policy(line, request.policy, request.policy_file or CONFIG)
    rules = [rule for rule in policy.keys if _is_wanted(rule, request.roles)]
    if not rules:
        raise FatalError(f"dnssec-policy '{policy.name}' has no keys with the role that -f asks for")
    return [_request(line, request, policy, rule, stores) for rule in rules]


def _check_options(request: Request) -> None:
    """What a policy says can't be said by an option."""
    for option, given in (
        ("-S", request.predecessor is not None),
        ("-n", request.nametype is not None),
        ("-C", request.legacy),
        ("-L", request.ttl is not None),
        ("-i", bool(request.prepublication)),
        ("-b", request.bits is not None),
        ("-fR", bool(request.flags & facts.REVOKE)),
        ("-T KEY", request.record == "KEY"),
        ("-3", request.nsec3),
        ("--store", request.store is not None),
    ):
        if given:
            raise FatalError(f"-k and {option} cannot be used together")


def _is_wanted(rule: KeyRule, roles: frozenset[str]) -> bool:
    """Is a key of a role that -f names, or is none named?"""
    return not roles or (rule.ksk and "K" in roles) or (rule.zsk and "Z" in roles)


def _request(
    line: CommandLine, request: Request, policy: Policy, rule: KeyRule, stores: Mapping[str, KeyStore]
) -> Request:
    """The request for one key of a policy."""
    store = stores[rule.store]
    lowest, highest = max(rule.tag_min, request.tags[0]), min(rule.tag_max, request.tags[-1])
    if lowest >= highest:
        raise FatalError(f"-M and the tag-range of dnssec-policy '{policy.name}' have no key tag in common")
    return replace(
        request,
        algorithm=facts.algorithm_name(rule.algorithm),
        bits=rule.bits if rule.algorithm in facts.RSA else None,
        ttl=policy.dnskey_ttl,
        flags=facts.SEP if rule.ksk else 0,
        state=KeyState(ksk=rule.ksk, zsk=rule.zsk, lifetime=rule.lifetime),
        tags=range(lowest, highest + 1),
        directory=store.directory or request.directory,
        times=dict(request.times),
        store=Store(store.pkcs11_uris, request.engine, policy.name) if store.pkcs11_uris else None,
    )
