"""Durations, beside BIND's: dnssec-keygen writes the lifetime of a key in seconds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tools
from fastsign.kasp.durations import LONGEST, format_duration, parse_duration
from fastsign.keys.files import read_key
from named_conf import ours, theirs


def words(text: str) -> list[str]:
    return text.split()


DURATIONS = words(
    """
    P1Y2M3DT5H6M7S P1Y P1M PT1M P3W p2d P1DT1H pt5s PT90M P1M1D P1Y1DT1M P0Y5D P+2D PT+3M P49710D P137Y
    P50000Y PT4294967295S     2 3600 1h 1H30M 1w2d3h4m5s 2d2d 1D 90d 0d5 5s 4294967295 49710d 60m60m
    000000000000000000000000000000000000000000000000000000000003
    """
)
NONE = words(
    """
    P1W1D P1WT1H PW1 P1 P1D1 PT1D P1H T1H P-1D 1 1x 1d5 -1 +5 1.5 P1.5D 1d2 0x10 1y 1M1Y d 4294967296
    4294967296s 49711d P4294967296D P1D2D     PT1S1M P1D1Y ,5 1_0 ٣d
    """
)


LONG = ["P" + "1D".rjust(78, "0"), "P" + "1D".rjust(79, "0"), "1d".rjust(63, "0"), "1d".rjust(64, "0")]


def lifetimes(folder: Path, durations: list[str]) -> list[int | None]:
    """What BIND takes durations for."""
    keys = "".join(f"csk lifetime {duration} algorithm 13; " for duration in durations)
    (folder / "t.conf").write_text(f"""dnssec-policy p {{
        dnskey-ttl 0; max-zone-ttl 0; parent-ds-ttl 0; parent-propagation-delay 0; publish-safety 0; retire-safety 0;
        zone-propagation-delay 0; signatures-validity 10; signatures-validity-dnskey 10; signatures-jitter 0;
        signatures-refresh 8; keys {{ {keys} }}; }};""")
    done = tools.run("dnssec-keygen", "-q", "-k", "p", "-l", "t.conf", "example", cwd=folder)
    states = [read_key(name, str(folder)).state for name in done.stdout.split()]
    return [state.lifetime for state in states if state]


def test_seconds_are_binds(tmp_path: Path) -> None:
    taken = [duration for duration in DURATIONS if parse_duration(duration) > 2]
    assert lifetimes(tmp_path, taken) == [parse_duration(duration) for duration in taken]


def test_random_durations_are_binds(tmp_path: Path) -> None:
    source = random.Random(1)
    pieces = [source.choice("PpTtYMWDHSymwdhs0123456789") for _ in range(6000)]
    texts = ["P" * source.randrange(2) + "".join(pieces[at : at + source.randrange(2, 7)]) for at in range(6000)]
    taken = []
    for text in texts:
        try:
            taken += [text] if parse_duration(text) > 2 else []
        except ValueError:
            continue
    taken = [*dict.fromkeys(taken)][:120]
    assert len(taken) == 120
    assert lifetimes(tmp_path, taken) == [parse_duration(text) for text in taken]


@pytest.mark.parametrize("text", [*NONE, "P", "PT", "PD", "PTM", *LONG])
def test_what_is_no_duration_is_none_for_bind(text: str, tmp_path: Path) -> None:
    config = f"dnssec-policy p {{ purge-keys {text}; }};"
    assert ours(tmp_path, config) == theirs(tmp_path, config)


def test_the_parts_of_a_duration() -> None:
    assert parse_duration("P1Y2M3DT5H6M7S") == 365 * 86400 + 62 * 86400 + 3 * 86400 + 5 * 3600 + 6 * 60 + 7
    assert parse_duration("P4W") == 28 * 86400
    assert parse_duration("P50000Y") == LONGEST


@given(st.integers(0, LONGEST))
def test_what_is_written_is_read(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


def test_durations_are_written_short() -> None:
    assert [format_duration(number) for number in (0, 1, 60, 3600, 86400, 90000, 604800)] == [
        "PT0S", "PT1S", "PT1M", "PT1H", "P1D", "P1DT1H", "P7D",
    ]  # fmt: skip
