"""The records by which named tells how far it has signed a zone under a policy, and ours: octet for octet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import pytest

import named_server
import plain_named
from agent_scene import PAIR, START, Scene
from fastsign.kasp.policy import DAY, KeyRule
from fastsign.sign.private_type import KeyProgress, decode
from named_server import NamedServer

_SMALL = "$TTL 60\n@ SOA ns host 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n"
# So large that named, which makes a signature at a time, has not finished when it is looked at.
_LARGE = _SMALL + "$GENERATE 1-20000 a$ A 192.0.2.1\n"
_P384 = replace(PAIR, name="p384", keys=(KeyRule(True, False, 14, 384), KeyRule(False, True, 14, 384)))


def apex(port: int, zone: str, rrtype: str) -> tuple[int, list[bytes]]:
    """TTL and RDATA of an RRset."""
    answer = dns.query.tcp(dns.message.make_query(zone, rrtype), "127.0.0.1", port=port, timeout=30).answer
    found = [rrset for rrset in answer if rrset.rdtype == dns.rdatatype.from_text(rrtype)]
    return (found[0].ttl, sorted(rdata.to_wire() for rdata in found[0])) if found else (-1, [])


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def progress(rdatas: list[bytes]) -> list[KeyProgress]:
    records = [decode(rdata) for rdata in rdatas]
    assert [record.rdata for record in records] == rdatas
    keys = [record for record in records if isinstance(record, KeyProgress)]
    assert len(keys) == len(records)
    return keys


def test_records_are_nameds(tmp_path: Path) -> None:
    """One key: being at it, and done; their TTL is 0."""
    more = "inline-signing yes; dnssec-policy default; key-directory"
    with plain_named.serving(tmp_path, {"large": _LARGE, "small": _SMALL}, f'{more} "{tmp_path}";') as rndc:
        tags = {path.name[1:6]: int(path.name[-9:-4]) for path in tmp_path.glob("K*.key")}
        expected = {
            "large": KeyProgress(13, tags["large"]).rdata,
            "small": KeyProgress(13, tags["small"], complete=True).rdata,
        }
        for zone, rdata in expected.items():
            wait_for(lambda zone=zone, rdata=rdata: apex(rndc.port, zone, "TYPE65534") == (0, [rdata]))  # type: ignore[misc]


def test_algorithm_roll_ends_with_the_records_that_named_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of both keys of the first algorithm and of both of the new one, and they are all done."""
    options = named_server._OPTIONS.replace("sig-signing-signatures 1000", "sig-signing-signatures 1")
    monkeypatch.setattr(named_server, "_OPTIONS", options)
    theirs = tmp_path / "named"
    theirs.mkdir()
    with NamedServer(theirs, START) as server:
        server.add_zone("example", PAIR)
        server.start()

        def told() -> list[tuple[int, bool, bool]]:
            found = progress(apex(server._port, "example", "TYPE65534")[1])
            return sorted((key.algorithm, key.removing, key.complete) for key in found)

        wait_for(lambda: told() == [(13, False, True)] * 2)
        server.jump(START + 2 * DAY)
        server.reconfig({"example": _P384})
        wait_for(lambda: told() == [(13, False, True)] * 2 + [(14, False, True)] * 2)
        expected = told()
    scene = Scene(tmp_path, PAIR, options={"sig_signing_signatures": 5})
    for policy, until in ((PAIR, START + 2 * DAY), (_P384, START + 3 * DAY)):
        scene.policy = policy
        for _ in scene.run_until(until):
            scene.hand_ds_over()
        scene.now = until
    ours = progress(sorted(bytes.fromhex(rdata.split()[2]) for rdata in scene.rdata("TYPE65534")))
    assert sorted((key.algorithm, key.removing, key.complete) for key in ours) == expected
    assert {(key.algorithm, key.tag) for key in ours} == {key.identity for key in scene.keys}
