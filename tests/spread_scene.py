"""What a published change is made of: the signatures of two zones, one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent_scene import START, Scene
from fastsign.agent.status import Outcome
from fastsign.kasp.policy import DAY
from fastsign.sign.private_type import KeyProgress, decode

NAMES = 100
_KEYSET = {"DNSKEY", "CDS", "CDNSKEY"}
Signatures = dict[tuple[str, str], set[tuple[str, ...]]]


def large(zone: str) -> str:
    return zone + "".join(f"h{number} A 192.0.2.{number}\n" for number in range(NAMES))


def signatures(records: list[str]) -> Signatures:
    """(owner, type) -> the RRSIGs over it, as words from the algorithm on, but for those over the key records."""
    found: Signatures = defaultdict(set)
    for record in records:
        if record.startswith(";"):
            continue
        owner, _, _, rrtype, *words = record.split()
        if rrtype == "RRSIG" and words[0] not in _KEYSET:
            found[owner, words[0]].add(tuple(words[1:]))
        elif rrtype != "RRSIG":
            found.setdefault((owner, rrtype), set())
    return found


def tags(one: set[tuple[str, ...]]) -> set[int]:
    return {int(words[5]) for words in one}


@dataclass
class Watch:
    """A zone that is looked after, and each of its publications measured against the one before."""

    scene: Scene
    limit: int
    before: list[str] = field(default_factory=list)
    largest: int = 0  # signatures that came or went where nothing asked for it
    notes: list[list[str]] = field(default_factory=list)  # what the zone has said of its signing, each thing once

    def until(self, day: float) -> Iterator[Outcome]:
        for outcome in self.scene.run_until(int(START + day * DAY)):
            self.scene.hand_ds_over()
            if outcome.deed == "signed":
                self._measure()
            yield outcome

    def go(self, day: float) -> None:
        for _ in self.until(day):
            pass

    def _measure(self) -> None:
        self.scene.accept()
        records = self.scene.records()
        changes = self._beyond_what_must(records) if self.before else 0
        assert changes <= self.limit
        self.largest = max(self.largest, changes)
        self.before = records
        self._rules_wait(records)

    def rdata(self, rrtype: str) -> list[str]:
        """RDATA of a type at the apex of the zone as it was published last."""
        words = (record.split(maxsplit=4) for record in self.before)
        return sorted(each[4] for each in words if each[0] == self.scene.origin and each[3:4] == [rrtype])

    def _beyond_what_must(self, records: list[str]) -> int:
        """New signatures beside all the old ones of an RRset, and such as went while the others stayed."""
        old, new = signatures(self.before), signatures(records)
        count = 0
        for place, rrsigs in new.items():
            known = old.get(place, set())
            if known and known < rrsigs:
                count += len(rrsigs - known)
            elif rrsigs and rrsigs < known:
                count += len(known - rrsigs)
        return count

    def _rules_wait(self, records: list[str]) -> None:
        """A key counts once the zone is signed by it; a new algorithm shows no DNSKEY before that."""
        notes = self.progress()
        if [note.text for note in notes] not in self.notes[-1:]:
            self.notes.append([note.text for note in notes])
        signed = [tags(rrsigs) for (owner, rrtype), rrsigs in signatures(records).items() if rrsigs]
        in_zone = {key.algorithm for key in self.scene.keys if key.in_zone and key.state.dnskey != "hidden"}
        shown = {int(rdata.split()[2]) for rdata in self.rdata("DNSKEY")}
        assert shown == in_zone
        for key in self.scene.keys:
            if key.signs_zone and key.state.zrrsig == "rumoured":
                assert all(key.tag in each for each in signed if len(each) > 1) or key.predecessor is not None
            if key.state.zrrsig == "hidden" and key.tag in {note.tag for note in notes if not note.removing}:
                assert not any(note.complete for note in notes if note.tag == key.tag)

    def progress(self) -> list[KeyProgress]:
        """The records of the private type."""
        rrtype = f"TYPE{self.scene.options.get('sig_signing_type', 65534)}"
        found = [decode(bytes.fromhex(rdata.split()[2])) for rdata in self.rdata(rrtype)]
        assert all(isinstance(note, KeyProgress) for note in found)
        return [note for note in found if isinstance(note, KeyProgress)]
