"""What the commands in rndc's words share: the zone they are about, its keys, moments as rndc prints them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastsign.cli import kasp_options
from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.kasp.config import Config, Zone
from fastsign.kasp.policy import Policy
from fastsign.keys import names
from fastsign.keys.files import KeyFile

if TYPE_CHECKING:
    from fastsign.rollover.key import Key
    from fastsign.rollover.outcome import Observations


@dataclass(frozen=True, slots=True)
class Subject:
    """The zone that a command is about."""

    config: Config
    zone: Zone
    policy: Policy

    @property
    def name(self) -> str:
        """Text of its name with the final dot."""
        return names.to_text(self.zone.name)

    @property
    def asks_parent(self) -> bool:
        """Is the DS looked for at the parent without being told to?"""
        return self.zone.checkds != "no" and not (self.zone.checkds == "explicit" and not self.zone.parental_agents)

    def files(self) -> list[tuple[KeyFile, str]]:
        """(key, name of its store) of all keys, by file name. KeyFileError if one can't be read."""
        from fastsign.agent.keyring import load_keyring

        keyring = load_keyring(self.zone.name, self.folders())
        return [(file, keyring.stores[name]) for name, file in sorted(keyring.files.items())]

    def seen(self, now: int) -> Observations:
        """What the last run remembered of the zone out there; nothing where there was none."""
        from fastsign.agent.memory import load_memory
        from fastsign.agent.place import Place

        return load_memory(Place(self.zone.name, self.zone.key_directory).memory).seen(now)

    def folders(self) -> dict[str, str]:
        """Key store -> folder in which keys of this zone may be."""
        from fastsign.agent.keyring import folders_of

        return folders_of(self.zone, self.config.stores)


class Keys:
    """The zone's keys as the rules see them, to be changed while nobody else works on them."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self.keys = keys


@contextmanager
def keys_to_change(subject: Subject) -> Iterator[Keys]:
    """The keys, under the zone's lock; what the block changes of them is written, all or nothing, unless it fails."""
    from fastsign.agent.commit import Ledger
    from fastsign.agent.keyring import key_of, updated
    from fastsign.agent.place import Place, locked

    place = Place(subject.zone.name, subject.zone.key_directory)
    with locked(place):
        ledger = Ledger(place)
        if ledger.recover(subject.folders().values()) is not None:
            run = f"fastsign run --once {subject.name}"
            raise FatalError(f"the last run was interrupted when it had just published the zone; say `{run}` first")
        found = subject.files()
        keyring = Keys(tuple(key_of(file, store) for file, store in found))
        before = keyring.keys
        yield keyring
        pairs = zip(found, before, keyring.keys, strict=True)
        ledger.replace([updated(file, after) for (file, _), key, after in pairs if after != key])


def moment(at: int) -> str:
    """`Tue Nov 24 14:47:08 2026`, local time, as in the status."""
    return time.ctime(at)


def utc(at: int | None) -> str | None:
    """`2026-11-24T14:47:08Z`, for programs."""
    return None if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def stamp(at: int) -> str:
    """`24-Nov-2026 14:47:08.000`, local time, as in replies."""
    return time.strftime("%d-%b-%Y %H:%M:%S.000", time.localtime(at))


def subject_of(line: CommandLine, operand: str, options: dict[str, str]) -> Subject:
    """The zone of the configuration that a command line names. FatalError if there is none, or it has no policy."""
    path = options.get("c", kasp_options.CONFIG)
    config = kasp_options.read_config(line, path)
    zone = kasp_options.find_signed_zone(config, operand, path)
    assert zone.policy is not None
    return Subject(config, zone, zone.policy)
