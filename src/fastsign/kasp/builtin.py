"""The policies that need no definition (bin/named/config.c of BIND)."""

from __future__ import annotations

from fastsign.kasp.policy import KeyRule, Policy
from fastsign.keys.facts import ECDSAP256SHA256, key_bits

DEFAULT = Policy(
    "default", (KeyRule(ksk=True, zsk=True, algorithm=ECDSAP256SHA256, bits=key_bits(ECDSAP256SHA256, b"")),)
)

INSECURE = Policy("insecure", (), max_zone_ttl=0)
"""Ends the signing of a zone in order: its DS leaves the parent first. A zone without dnssec-policy is left alone."""

NONE = "none"
"""The name that stands for no policy."""

NAMES = (INSECURE.name, NONE, DEFAULT.name)
