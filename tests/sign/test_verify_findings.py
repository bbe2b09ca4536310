"""Findings about a zone: many, packed, and told in dnssec-verify's order."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastsign import _core
from fastsign.sign.verify_findings import Finding, Findings, Kind

NSEC3 = 50

_nodes = st.one_of(st.integers(0, 5), st.just(2**32 - 1))
_rows = st.builds(
    Finding, _nodes, st.integers(0, 9), st.sampled_from([1, 47, NSEC3]), st.integers(0, 9),
    st.sampled_from([kind for kind in Kind if kind < Kind.ZONEMD]), st.just(13), st.integers(0, 3), st.just(0),
)  # fmt: skip


def pack(finding: Finding) -> bytes:
    return struct.pack("<IIHHBBBB", *finding)


def place(finding: Finding) -> tuple[int, int, int]:
    """Where dnssec-verify would come to it: the names, then the NSEC3 records, then the chains."""
    if finding.kind in (Kind.NSEC3_STRAY, Kind.NSEC3_BREAK, Kind.NSEC3_FLAGS):
        return (2, finding.node, 0)
    about_chain = Kind.NSEC_MISSING <= finding.kind <= Kind.NSEC3_MULTIPLE
    return (1 if finding.rrtype == NSEC3 else 0, finding.node, int(about_chain))


@given(rows=st.lists(_rows, max_size=40), cut=st.integers(0, 40))
def test_findings_come_in_the_order_of_dnssec_verify(rows: list[Finding], cut: int) -> None:
    findings = Findings()
    findings.add(b"".join(map(pack, rows[:cut])))
    findings.add(b"".join(map(pack, rows[cut:])))
    assert list(findings) == rows
    findings.sort()
    assert list(findings) == sorted(rows, key=place)  # which is stable
    assert len(findings) == len(rows)


def many(count: int) -> Iterator[bytes]:
    """Of every name a wrong A record, and of every second one a wrong NSEC3 record."""
    for node in range(count):
        yield pack(Finding(node, 0, NSEC3 if node % 2 else 1, 7, Kind.NO_CORRECT, 13, 2, 0))


def test_a_zone_that_fails_everywhere_takes_sixteen_octets_a_finding() -> None:
    count = 100_000
    tracemalloc.start()
    findings = Findings()
    for rows in many(count):
        findings.add(rows)
    findings.sort()
    assert all(a.rrtype <= b.rrtype for a, b in pairwise(findings))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 16 * count  # and no object a finding, which takes 200


def test_octets_that_are_no_findings_are_refused() -> None:
    with pytest.raises(ValueError, match="16 octets"):
        _core.sort_findings(bytearray(17))
