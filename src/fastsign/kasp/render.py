"""A policy as text, in named.conf's syntax, and as plain values; with what follows from it."""

from __future__ import annotations

from fastsign.kasp.durations import format_duration
from fastsign.kasp.policy import KEY_DIRECTORY, UNLIMITED, KeyRule, Policy
from fastsign.kasp.vocabulary import DURATIONS, FLAGS
from fastsign.keys import facts

_MEANINGS = {
    "Ipub": "a DNSKEY is published so long before it is relied on",
    "Iret of a KSK": "an old DS and its key stay so long after the new DS is at the parent",
    "Iret of a ZSK": "an old key stays so long after it has stopped to sign",
    "Dsgn": "so long until every signature has been made anew",
}


def field_of(option: str) -> str:
    """The field of Policy that an option sets."""
    return option.replace("-", "_")


def intervals(policy: Policy) -> dict[str, int]:
    """The intervals that follow from a policy's options, in seconds (RFC 7583)."""
    return {
        "Ipub": policy.publish_interval(),
        "Iret of a KSK": policy.retire_interval_ksk(),
        "Iret of a ZSK": policy.retire_interval_zsk(),
        "Dsgn": policy.signing_delay,
    }


def policy_text(policy: Policy) -> str:
    """A dnssec-policy statement with every option, and the intervals as comments behind it."""
    lines = [f"\tcds-digest-types {{ {' '.join(f'{number};' for number in policy.cds_digest_types)} }};"]
    for option in DURATIONS:
        lines.append(f"\t{option} {format_duration(getattr(policy, field_of(option)))};")
    for option in FLAGS:
        lines.append(f"\t{option} {_yes_or_no(getattr(policy, field_of(option)))};")
    if policy.nsec3 is not None:
        rule = policy.nsec3
        opt_out = _yes_or_no(rule.opt_out)
        lines.append(f"\tnsec3param iterations {rule.iterations} optout {opt_out} salt-length {rule.salt_length};")
    keys = "".join(f"\t\t{_key_text(rule)};\n" for rule in policy.keys)
    lines.append(f"\tkeys {{\n{keys}\t}};")
    body = "\n".join(sorted(lines))
    return f"dnssec-policy {_quoted(policy.name)} {{\n{body}\n}};\n{_interval_text(policy)}"


def _interval_text(policy: Policy) -> str:
    return "".join(
        f"// {name + ':':15}{format_duration(seconds):10} {_MEANINGS[name]}\n"
        for name, seconds in intervals(policy).items()
    )


def _key_text(rule: KeyRule) -> str:
    store = KEY_DIRECTORY if rule.store == KEY_DIRECTORY else f"key-store {_quoted(rule.store)}"
    lifetime = "unlimited" if rule.lifetime == UNLIMITED else format_duration(rule.lifetime)
    text = f"{rule.role.lower()} {store} lifetime {lifetime} algorithm {facts.algorithm_name(rule.algorithm).lower()}"
    if (rule.tag_min, rule.tag_max) != (0, 0xFFFF):
        text += f" tag-range {rule.tag_min} {rule.tag_max}"
    return text + (f" {rule.bits}" if rule.algorithm in facts.RSA else "")


def _quoted(text: str) -> str:
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


def _yes_or_no(flag: bool) -> str:
    return "yes" if flag else "no"


def policy_values(policy: Policy) -> dict[str, object]:
    """A policy's options by their names, durations in seconds, and the intervals that follow; fit for JSON."""
    options = (*DURATIONS, *FLAGS)
    return {
        "name": policy.name,
        **{option: getattr(policy, field_of(option)) for option in options},
        "cds-digest-types": list(policy.cds_digest_types),
        "nsec3param": policy.nsec3
        and {
            "iterations": policy.nsec3.iterations,
            "optout": policy.nsec3.opt_out,
            "salt-length": policy.nsec3.salt_length,
        },
        "keys": [
            {
                "role": rule.role.lower(),
                "key-store": rule.store,
                "lifetime": rule.lifetime,
                "algorithm": facts.algorithm_name(rule.algorithm),
                "tag-range": [rule.tag_min, rule.tag_max],
                "bits": rule.bits,
            }
            for rule in policy.keys
        ],
        "intervals": {
            "ipub": policy.publish_interval(),
            "iret-ksk": policy.retire_interval_ksk(),
            "iret-zsk": policy.retire_interval_zsk(),
            "dsgn": policy.signing_delay,
        },
    }
