"""The whole of fastsign's agent over a copy of one of named's zones: keys, files, and the zone that it publishes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import dns.name
import dns.rdatatype
import dns.zone

from fastsign.agent.cycle import World, run_zone
from fastsign.agent.keyring import Foundry, key_of
from fastsign.kasp.config import Zone
from fastsign.kasp.policy import KeyRule
from fastsign.keys import names
from fastsign.keys.metadata import KeyState, KeyTimes, secret_tags
from fastsign.rollover.key import HIDDEN, Key
from fastsign.rollover.outcome import Step
from named_server import NamedServer, Run
from rollover_twin import Twin, compare


class AgentTwin(Twin):
    """As Twin, but what is run is a pass of the agent over the zone, and its signed file is what is published."""

    def __init__(self, server: NamedServer, zone: str, folder: Path) -> None:
        super().__init__(server, zone, folder)
        self.file = folder.parent / f"{zone}.db"
        self.file.write_bytes((server.zones[zone].folder / "zone").read_bytes())
        self.due: int | None = None

    def catch_up(self, until: int) -> None:
        """Passes wherever signatures have grown old before a moment."""
        while self.due is not None and self.due < until:
            self._pass(self.due)

    def run(self, run: Run) -> Step:
        return self._pass(run.at)

    def _pass(self, at: int) -> Step:
        name = names.from_text(self.zone.encode())
        zone = Zone(name, self.policy, str(self.file), str(self.folder), inline_signing=True)

        def make(foundry: Foundry, rule: KeyRule, now: int) -> Key:
            return self._forge(foundry, rule, now)

        with mock.patch.object(Foundry, "make", make):
            outcome = run_zone(zone, World(clock=lambda: float(at), tick=time.monotonic))
        assert not outcome.problems, outcome.problems
        self.due = None if outcome.due == outcome.next_event else outcome.due
        self.last = Step(outcome.keys, next_event=outcome.next_event)
        return self.last

    def _forge(self, foundry: Foundry, rule: KeyRule, now: int) -> Key:
        """The key that named has made, as if it were of our making."""
        theirs = self.made_by_named(rule, now)
        path = os.path.join(self.folder, os.path.basename(theirs.path))
        state = KeyState(ksk=rule.ksk, zsk=rule.zsk, lifetime=rule.lifetime)
        metadata = replace(theirs.metadata, times=KeyTimes(created=now), predecessor=None, successor=None, state=state)
        ours = replace(theirs, ttl=None, path=path, private_path=path + ".private", metadata=metadata)
        lines = Path(f"{theirs.path}.private").read_text().splitlines()
        material = [
            (tag, bytearray(value.encode()))
            for tag, _, value in (line.partition(": ") for line in lines)
            if tag in secret_tags(rule.algorithm)
        ]
        key = key_of(ours)
        foundry.made[key.name] = ours, material
        return key

    # ---- what tells us apart

    def published_otherwise(self) -> Iterable[str]:
        """What named serves that is not in our signed zone."""
        zone = dns.zone.from_file(f"{self.file}.signed", dns.name.from_text(self.zone), relativize=False)
        leaving = {key.tag for key in self.all_keys() if key.in_zone and key.state.goal == HIDDEN}
        for rdtype in ("DNSKEY", "CDS", "CDNSKEY"):
            ours, theirs = zone.get_rdataset("@", rdtype), self.server.query(self.zone, rdtype)[0]
            yield from compare(rdtype, _contents(ours), _contents(theirs))
        signing = {key.tag for key in self.all_keys() if key.signs_zone}
        known = signing | {key.tag for key in self.all_keys() if key.in_zone}
        everywhere = {signature.key_tag for *_, signature in zone.iterate_rdatas("RRSIG")}
        yield from compare("signers whose DNSKEY is gone", everywhere - known, set())
        for rdtype in ("SOA", "DNSKEY", "CDS"):
            signatures = zone.get_rdataset("@", "RRSIG", rdtype)
            signers = {signature.key_tag for signature in signatures or ()}
            _, their_signers = self.server.query(self.zone, rdtype)
            # Where a combined key rolls, named leaves old signatures of RRsets that have not changed for a while. A key
            # whose algorithm comes or goes signs the whole zone, and not only what is its own.
            spare = leaving - signers if rdtype != "CDS" else signing
            yield from compare(f"signers of {rdtype}", signers - spare, their_signers - spare)


def _contents(rdataset: dns.rdataset.Rdataset | None) -> tuple[int, list[str]] | None:
    """TTL and records."""
    return (rdataset.ttl, sorted(record.to_wire().hex() for record in rdataset)) if rdataset else None
