"""A policy written in full, and read again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fastsign.kasp.builtin import DEFAULT, INSECURE
from fastsign.kasp.durations import LONGEST
from fastsign.kasp.policy import DAY, KeyRule, Nsec3Rule, Policy
from fastsign.kasp.render import DURATIONS, FLAGS, field_of, policy_text, policy_values
from fastsign.keys import facts
from named_conf import config_of, theirs

_SHORT = st.integers(0, 30 * DAY)


@st.composite
def key_pairs(draw: Any) -> tuple[KeyRule, ...]:
    """A KSK and a ZSK, or a CSK, of one algorithm that can do without rollover or whose keys live long enough."""
    algorithm = draw(st.sampled_from(sorted(facts.SUPPORTED - facts.NSEC_ONLY)))
    bits = draw(st.integers(1024, 4096)) if algorithm in facts.RSA else facts.key_bits(algorithm, b"")
    lowest = draw(st.integers(0, 0xFFFE))
    highest = draw(st.integers(lowest + 1, 0xFFFF))
    lifetime = draw(st.just(0) | st.integers(400 * DAY, LONGEST))
    rule = KeyRule(
        True, True, algorithm, bits, lifetime, lowest, highest, draw(st.sampled_from(["key-directory", "hsm"]))
    )
    return draw(st.sampled_from([(rule,), (replace(rule, zsk=False), replace(rule, ksk=False))]))


@st.composite
def policies(draw: Any) -> Policy:
    """Any policy that passes BIND's checks."""
    refresh = draw(st.integers(0, 100 * DAY))
    validities = [draw(st.integers(refresh * 10 // 9 + 1, refresh * 10 // 9 + 200 * DAY)) for _ in range(2)]
    names = st.text(st.characters(codec="utf-8", exclude_characters="\\\0\r"), min_size=1)
    keys = draw(st.lists(key_pairs(), min_size=1, max_size=2).map(lambda pairs: sum(pairs, ())))
    return Policy(
        name=draw(names.filter(lambda name: name not in ("default", "insecure", "none"))),
        keys=keys,
        cdnskey=draw(st.booleans()),
        cds_digest_types=draw(st.lists(st.sampled_from([1, 2, 4]), min_size=1, unique=True).map(tuple)),
        inline_signing=draw(st.booleans()),
        manual_mode=draw(st.booleans()),
        offline_ksk=draw(st.just(False) if any(key.ksk and key.zsk for key in keys) else st.booleans()),
        nsec3=draw(st.none() | st.builds(Nsec3Rule, st.just(0), st.booleans(), st.integers(0, 255))),
        signatures_jitter=draw(st.integers(0, min(validities))),
        signatures_refresh=refresh,
        signatures_validity=validities[0],
        signatures_validity_dnskey=validities[1],
        **{
            field_of(option): draw(_SHORT)
            for option in DURATIONS
            if not option.startswith("signatures")
        },
    )  # fmt: skip


@given(policies())
@settings(max_examples=60, deadline=None)
def test_what_is_shown_is_read_as_the_same_policy(policy: Policy) -> None:
    text = 'key-store hsm { directory "/hsm"; };\n' + policy_text(policy)
    assert config_of(text).policies[policy.name] == policy


def test_every_option_is_shown() -> None:
    shown = policy_text(replace(DEFAULT, nsec3=Nsec3Rule()))
    options = re.findall(r"^\t([a-z0-9-]+)", shown, re.MULTILINE)
    assert options == sorted({*DURATIONS, *FLAGS, "keys", "nsec3param", "cds-digest-types"})


def test_named_reads_what_is_shown(tmp_path: Path) -> None:
    """Without what 9.18 has no word for."""
    text = policy_text(replace(DEFAULT, name="p", nsec3=Nsec3Rule(0, True, 8)))
    of_9_20 = [*FLAGS, "cds-digest-types"]
    lines = [line for line in text.splitlines() if line.strip().partition(" ")[0] not in of_9_20]
    assert theirs(tmp_path, "\n".join(lines)) == (0, [])


def test_the_intervals_are_those_of_the_manual() -> None:
    shown = policy_text(DEFAULT)
    assert re.findall(r"^// (.*?): +(P\S+)", shown, re.MULTILINE) == [
        ("Ipub", "PT2H5M"), ("Iret of a KSK", "P1DT2H"), ("Iret of a ZSK", "P10DT1H5M"), ("Dsgn", "P9D"),
    ]  # fmt: skip


def test_values_are_fit_for_json() -> None:
    values = policy_values(replace(DEFAULT, nsec3=Nsec3Rule()))
    assert json.loads(json.dumps(values)) == values
    assert values["keys"] == [
        {"role": "csk", "key-store": "key-directory", "lifetime": 0, "algorithm": "ECDSAP256SHA256",
         "tag-range": [0, 65535], "bits": 256}
    ]  # fmt: skip
    assert values["intervals"] == {"ipub": 7500, "iret-ksk": 93600, "iret-zsk": 867900, "dsgn": 777600}


def test_the_insecure_policy_has_no_keys() -> None:
    assert "\tkeys {\n\t};" in policy_text(INSECURE)
    assert "max-zone-ttl PT0S;" in policy_text(INSECURE)
