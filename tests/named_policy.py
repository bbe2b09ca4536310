"""Policies in the words of named.conf, as BIND 9.18 knows them."""

from __future__ import annotations

from fastsign.kasp.policy import KeyRule, Policy

# Statement -> the field of Policy that it sets, in seconds. What a policy leaves out it has from BIND's default.
_SECONDS = {
    "dnskey-ttl": "dnskey_ttl",
    "max-zone-ttl": "max_zone_ttl",
    "parent-ds-ttl": "parent_ds_ttl",
    "parent-propagation-delay": "parent_propagation_delay",
    "publish-safety": "publish_safety",
    "retire-safety": "retire_safety",
    "purge-keys": "purge_keys",
    "signatures-refresh": "signatures_refresh",
    "signatures-validity": "signatures_validity",
    "signatures-validity-dnskey": "signatures_validity_dnskey",
    "zone-propagation-delay": "zone_propagation_delay",
}
BUILT_IN = ("default", "insecure", "none")


def render(policy: Policy) -> str:
    """The dnssec-policy statement; empty for the policies that BIND has built in."""
    if policy.name in BUILT_IN:
        return ""
    lines = [f'dnssec-policy "{policy.name}" {{', "    keys {"]
    lines += [f"        {_key(rule)}" for rule in policy.keys]
    lines += ["    };", *(f"    {words} {getattr(policy, field)};" for words, field in _SECONDS.items())]
    if policy.nsec3 is not None:
        opt_out = "yes" if policy.nsec3.opt_out else "no"
        lines.append(
            f"    nsec3param iterations {policy.nsec3.iterations} optout {opt_out}"
            f" salt-length {policy.nsec3.salt_length};"
        )
    return "\n".join([*lines, "};"])


def _key(rule: KeyRule) -> str:
    lifetime = str(rule.lifetime) if rule.lifetime else "unlimited"
    bits = f" {rule.bits}" if rule.algorithm in (5, 7, 8, 10) else ""
    return f"{rule.role.lower()} key-directory lifetime {lifetime} algorithm {rule.algorithm}{bits};"
