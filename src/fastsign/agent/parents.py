"""The parents of many zones, asked side by side before the first of these zones is looked after.

    parents = Parents()
    world = World(..., ask_parent=parents.look)
    count = parents.ask_ahead(zones, stores, now)  # the first of them, whose passes will find their answers

Threads do nothing but ask, and there are none while a zone is signed: that forks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastsign.agent.checkds import Asking, Findings, check_parent, covers, record, waiting
from fastsign.agent.keyring import folders_of, load_keyring
from fastsign.errors import FastsignError
from fastsign.kasp.config import KeyStore, Zone
from fastsign.keys.files import KeyFile
from fastsign.rollover.key import Key

_Question = tuple[Zone, tuple[KeyFile, ...]]


@dataclass(slots=True)
class Parents:
    """What was found ahead, until the zone's pass takes it."""

    asking: Asking | None = None
    together: int = 64  # zones whose parents are asked at the same time
    _found: dict[bytes, Findings] = field(default_factory=dict)

    def ask_ahead(self, zones: Sequence[Zone], stores: Mapping[str, KeyStore], now: int) -> int:
        """Ask for those zones at the head of the list that wait for their parent; how many zones these are the head of.

        The rest of the list has its turn once these have been looked after: answers do not get old. It takes as long
        as the slowest parent, at most the deadline of one zone. What is wrong with a zone's keys is told by its pass.
        """
        questions: list[_Question] = []
        count = 0
        for zone in zones:
            if files := _files_waiting(zone, stores):
                if len(questions) == self.together:
                    break
                questions.append((zone, files))
            count += 1
        self._found = self._ask(questions, now)
        return count

    def look(
        self, zone: Zone, files: tuple[KeyFile, ...], keys: tuple[Key, ...], now: int
    ) -> tuple[tuple[Key, ...], int | None]:
        """As checkds.look, by what was found ahead; the parent is asked now if that is nothing, or says too little."""
        findings = self._found.pop(zone.name, None)
        if findings is None or not covers(findings, files):
            findings = check_parent(zone, files, now, asking=self.asking)
        return record(findings, keys), findings.ttl

    def _ask(self, questions: list[_Question], now: int) -> dict[bytes, Findings]:
        if not questions:
            return {}
        from concurrent.futures import ThreadPoolExecutor

        from fastsign.agent import checkds_ask  # noqa: F401 - which is not for many threads to import

        with ThreadPoolExecutor(len(questions)) as pool:
            asked = {
                zone.name: pool.submit(check_parent, zone, files, now, asking=self.asking) for zone, files in questions
            }
        return {name: future.result() for name, future in asked.items() if future.exception() is None}


def _files_waiting(zone: Zone, stores: Mapping[str, KeyStore]) -> tuple[KeyFile, ...]:
    """The keys of a zone, if its parent is to be asked for one."""
    if zone.policy is None or zone.file is None or zone.checkds == "no":
        return ()
    try:
        files = tuple(load_keyring(zone.name.lower(), folders_of(zone, stores)).files.values())
    except (FastsignError, OSError, ValueError):
        return ()
    return files if waiting(files) else ()
