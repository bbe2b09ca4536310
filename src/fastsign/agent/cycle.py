"""One pass over one zone: load, step, sign, verify, publish, commit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from fastsign.agent.commit import Ledger
from fastsign.agent.content import Content, content_of
from fastsign.agent.guard import refuse_to_lose_keys
from fastsign.agent.job import refresh_at
from fastsign.agent.keyring import Foundry, Keyring, folders_of, load_keyring, made_up_for, updated
from fastsign.agent.ksr import current
from fastsign.agent.marks import Marks, broken_file, mark_of, marks_of
from fastsign.agent.memory import Memory, load_memory, save_memory
from fastsign.agent.place import Place, locked
from fastsign.agent.publish import discard, publish_signed, publish_unsigned
from fastsign.agent.spread import remember, signing_seen, spread_of, unfinished_business, with_notes
from fastsign.agent.status import Outcome, Preview
from fastsign.agent.zone import ZoneFile, next_serial, read_zone, real_path, remember_published
from fastsign.errors import FastsignError, FileError, ZoneError, ZoneSyntaxError
from fastsign.kasp.config import KeyStore, Zone
from fastsign.kasp.policy import Policy
from fastsign.keys import names
from fastsign.keys.files import KeyFile
from fastsign.rollover.key import Key
from fastsign.rollover.outcome import Observations, Step
from fastsign.rollover.step import step as take_step
from fastsign.sign.tell import SILENT, Tell

if TYPE_CHECKING:
    from fastsign.keys.pkcs11.settings import HsmSettings

AskParent = Callable[[Zone, tuple[KeyFile, ...], tuple[Key, ...], int], tuple[tuple[Key, ...], int | None]]


@dataclass(frozen=True, slots=True)
class World:
    """What a pass needs besides the zone: time, chance, whom to tell, the parent."""

    clock: Callable[[], float]  # seconds since 1970
    tick: Callable[[], float]  # seconds that only go forward
    random: Callable[[int], bytes] = os.urandom
    tell: Tell = SILENT
    stores: Mapping[str, KeyStore] = field(default_factory=dict)
    ask_parent: AskParent | None = None  # tells of DS records: the keys with what it has seen, and the DS RRset's TTL
    hsm: HsmSettings | None = None
    hook: Callable[[str, str, int], str] | None = None  # (zone, file, serial) -> what went wrong, if anything


def run_zone(zone: Zone, world: World, *, reread: bool = False, force: bool = False) -> Outcome:
    """One pass over a zone. *reread*: the zone's file counts as changed; *force*: as in rollover.step.

    FastsignError or OSError if it can't be brought up to date; what is published stays then as it is.
    """
    policy, now = zone.policy, int(world.clock())
    if policy is None:
        return Outcome(zone.name, "none", last_success=now)
    if zone.file is None:
        raise ZoneError(f"zone {names.to_message(zone.name)} has a dnssec-policy but no file")
    with locked(Place(zone.name, zone.key_directory)):
        return _Pass(zone, policy, world, now).run(reread, force)


def preview(zone: Zone, world: World) -> Preview:
    """What a pass would do now. Nothing is written, and the parent is not asked. Errors as in run_zone."""
    if zone.policy is None or zone.file is None:
        raise ZoneError(f"zone {names.to_message(zone.name)} has no dnssec-policy and file to go by")
    return _Pass(zone, zone.policy, world, int(world.clock())).preview()


def remembered(zone: Zone) -> Outcome:
    """What the last run has left of a zone that can't be looked after now."""
    try:
        memory = load_memory(Place(zone.name.lower(), zone.key_directory).memory)
    except OSError:  # it is what is wrong with the zone, and has been told
        memory = Memory()
    output = zone.signed_file or ""
    success, expires = memory.last_success, memory.expires
    read = memory.read(zone.file or "", zone.file == zone.signed_file)
    return Outcome(zone.name, "failed", output, memory.serial, expires=expires, last_success=success, read=read)


class _Pass:
    """A pass under way. Everything is read under the zone's lock."""

    def __init__(self, zone: Zone, policy: Policy, world: World, now: int) -> None:
        self.zone, self.policy, self.world, self.now = zone, policy, world, now
        self.name = zone.name.lower()
        self.place = Place(self.name, zone.key_directory)
        self.ledger = Ledger(self.place)
        self.folders = folders_of(zone, world.stores)
        self.input, self.output = zone.file or "", real_path(zone.signed_file or "")
        self.in_place = zone.file == zone.signed_file
        self.linger = policy.zone_propagation_delay + max(policy.publish_safety, policy.retire_safety)
        self.spread = spread_of(zone, policy)
        self.chain: bytes | None = None  # NSEC3PARAM RDATA of what is published; none: NSEC; None: not known
        self.problems: list[str] = []
        self.broken: Marks = {}  # the file that the zone could not be read for
        self.offline = current(zone, policy, now) if policy.offline_ksk else None
        self.log: list[str] = []

    def run(self, reread: bool, force: bool) -> Outcome:
        """The story."""
        keyring = self._recover()
        memory = remembered = load_memory(self.place.memory)
        memory = self._look_at_published(memory)
        source = self._load_if_changed(memory, reread)
        keys, ds_ttl = self._ask_parent(keyring)
        memory = memory if ds_ttl is None else replace(memory, ds_ttl=ds_ttl)
        keys = made_up_for(keys, self.policy, refresh_at(self.policy, memory.expires), self.now)
        seen = self._seen(memory, source, keyring)
        step = self._step(keyring, keys, seen, force)
        keyring = replace(keyring, files=self._with_new_keys(keyring, step))
        files = {key.name: updated(keyring.files[key.name], key) for key in step.keys}
        content = self._content(memory, step, files)
        if self._is_current(memory, content, source):
            self.ledger.commit(keyring.files, step, self.now)
            outcome = Outcome(self.zone.name, "unchanged")
        else:
            refuse_to_lose_keys(self.zone, memory, seen, content, step, force=force)
            outcome, memory = self._publish(memory, source, keyring, step, files, content)
        memory = self._call_hook(replace(memory, last_success=self.now) if not self.problems else memory)
        if memory != remembered:
            save_memory(self.place.memory, memory)
        return self._conclude(outcome, step, memory)

    def preview(self) -> Preview:
        """The story as far as nothing is written."""
        keyring = load_keyring(self.name, self.folders)
        memory = self._look_at_published(load_memory(self.place.memory))
        source = self._load_if_changed(memory, reread=False)
        keys = made_up_for(keyring.keys, self.policy, refresh_at(self.policy, memory.expires), self.now)
        seen = self._seen(memory, source, keyring)
        foundry = Foundry(self.name, self.folders, self.world.stores)
        try:
            step = take_step(self.policy, keys, self.now, seen, make_key=foundry.make)
            known = {**keyring.files, **{name: made for name, (made, _) in foundry.made.items()}}
        finally:
            foundry.close()
        files = {key.name: updated(known[key.name], key) for key in step.keys}
        content = self._content(memory, step, files)
        reasons = tuple(self._reasons(memory, content, source))
        if reasons:
            try:
                refuse_to_lose_keys(self.zone, memory, seen, content, step)
            except FastsignError as error:
                self.problems.append(str(error))
        return Preview(
            before=keyring.keys,
            step=step,
            path=self.output,
            reasons=reasons,
            due=self._due(memory),
            problems=tuple(self.problems),
            interrupted=os.path.exists(self.place.intent),
        )

    # ---- what there is

    def _recover(self) -> Keyring:
        """Finish what an interrupted run had begun, then read the keys."""
        announced = self.ledger.recover(self.folders.values())
        discard(self.output, interrupted=announced is not None)
        keyring = load_keyring(self.name, self.folders)
        if announced is None:
            return keyring
        missing = [key.name for key in announced.step.keys if key.name not in keyring.files]
        if missing:
            raise FileError(f"{self.place.intent} tells of keys whose files are missing: {', '.join(missing)}")
        known = {key.name for key in announced.step.keys} | {key.name for key in announced.step.purged}
        purged = tuple(key for key in announced.step.purged if key.name in keyring.files)
        step = replace(announced.step, purged=purged)
        self.ledger.commit({name: file for name, file in keyring.files.items() if name in known}, step, self.now)
        return load_keyring(self.name, self.folders)

    def _look_at_published(self, memory: Memory) -> Memory:
        """What is out there, by memory if that is of the file which is there now."""
        mark = mark_of(self.output)
        if mark == memory.signed:
            return memory
        if mark is None:
            return replace(memory.retired(self.now, self.linger), signed=None, chain=None, fingerprint="", expires=None)
        try:
            published = read_zone(self.output, self.name, self.now)
        except FastsignError as error:
            if self.in_place:
                raise
            self._tell(f"the signed zone {self.output} can't be read and is made anew: {error}")
            return replace(memory.retired(self.now, self.linger), signed=None, chain=None, fingerprint="", expires=None)
        return remember_published(memory, published, self.zone.sig_signing_type, self.now, self.linger)

    def _load_if_changed(self, memory: Memory, reread: bool) -> ZoneFile | None:
        """The zone file if it is not that which was signed last; where it is no good, the last one serves on."""
        known = memory.unsigned if not self.in_place else memory.signed
        if not reread and known and memory.fingerprint and not self._changed(memory):
            return None
        try:
            return self._checked(read_zone(self.input, self.name, self.now))
        except FastsignError as error:
            if self.in_place or memory.signed is None:
                raise
            self.problems.append(f"{error}".strip())
            self.broken = broken_file(error)
            return None

    def _changed(self, memory: Memory) -> list[str]:
        """Those of the files that the zone was read from that are not what they were."""
        read = memory.read(self.input, self.in_place)
        marks = marks_of(read)
        return [path for path, mark in read.items() if path not in marks or marks[path] != mark]

    def _checked(self, zone: ZoneFile) -> ZoneFile:
        for warning in zone.warnings:
            self._tell(warning)
        limit = self.policy.max_zone_ttl
        if limit and zone.highest_ttl > limit:
            raise ZoneError(f"{self.input}: TTL {zone.highest_ttl} exceeds configured max-zone-ttl {limit}")
        return zone

    def _reload(self) -> ZoneFile:
        """The zone as it was signed last, to be signed again: its file, or where that is no good, what it became."""
        if self.problems:
            return read_zone(self.output, self.name, self.now)
        return self._checked(read_zone(self.input, self.name, self.now))

    # ---- the step

    def _ask_parent(self, keyring: Keyring) -> tuple[tuple[Key, ...], int | None]:
        if self.world.ask_parent is None or self.zone.checkds == "no":
            return keyring.keys, None
        before = keyring.keys
        after, ttl = self.world.ask_parent(self.zone, tuple(keyring.files.values()), before, self.now)
        for old, new in zip(before, after, strict=True):
            for event in _seen_of_ds(old, new):
                self.log.append(f"keymgr: checkds DS for key {new.label} seen {event} at {time.ctime(self.now)}")
        return after, ttl

    def _seen(self, memory: Memory, source: ZoneFile | None, keyring: Keyring) -> Observations:
        seen = memory.seen(self.now)
        if self.spread is not None:
            seen = replace(seen, signing=signing_seen(memory, self.now))
        if source is None:
            return seen
        foreign = self._foreign(source, keyring)
        return replace(
            seen,
            zone_ttl=max(seen.zone_ttl or 0, source.highest_ttl),
            published=frozenset(memory.dnskeys) | foreign,
            foreign=foreign,
        )

    def _foreign(self, source: ZoneFile, keyring: Keyring) -> frozenset[tuple[int, int]]:
        """Other signers' DNSKEYs. In a zone that is signed in place, and has none of ours, all may be ours and lost."""
        known = [file.rdata for file in keyring.files.values()]
        foreign = frozenset(source.identities(known))
        return frozenset() if self.in_place and foreign == frozenset(source.identities()) else foreign

    def _step(self, keyring: Keyring, keys: tuple[Key, ...], seen: Observations, force: bool) -> Step:
        """The step; a key that it wants made is first written as one that nobody has used yet."""
        foundry = Foundry(self.name, self.folders, self.world.stores)
        try:
            step = take_step(self.policy, keys, self.now, seen, make_key=foundry.make, force=force)
            for key in step.made:
                with foundry.files(key.name) as (file, content):
                    self.ledger.add(file, content)
        finally:
            foundry.close()
        return step

    def _with_new_keys(self, keyring: Keyring, step: Step) -> Mapping[str, KeyFile]:
        if not step.made:
            return keyring.files
        return load_keyring(self.name, self.folders).files

    # ---- what comes of it

    def _content(self, memory: Memory, step: Step, files: Mapping[str, KeyFile]) -> Content:
        """What is to be at the apex. Where the KSK is offline, the key records are those that it has signed ahead."""
        content = content_of(self.name, self.policy, step.keys, files)
        if self.spread is not None:
            content = with_notes(content, self.zone, memory, step, files, self.now)
        if self.offline is None:
            return content
        if self.offline.next_inception is None:
            self._tell(f"zone {names.to_message(self.name)}: last bundle in skr, please import new skr file")
        return self.offline.content(content)

    def _due(self, memory: Memory) -> int | None:
        """When the zone has to be signed again though nothing has changed."""
        due = refresh_at(self.policy, memory.expires)
        return due if self.offline is None else self.offline.due(memory.expires, due)

    def _is_current(self, memory: Memory, content: Content, source: ZoneFile | None) -> bool:
        """Is what is published what is to be published?"""
        return next(self._reasons(memory, content, source), None) is None

    def _reasons(self, memory: Memory, content: Content, source: ZoneFile | None) -> Iterator[str]:
        """Why the zone is to be published again."""
        if memory.signed is None:
            yield "there is no signed zone"
        elif source is not None:
            yield f"{next(iter(self._changed(memory)), self.input)} has changed"
        if memory.fingerprint != content.fingerprint(self.policy):
            yield "its keys, their records or its policy change"
        yield from unfinished_business(memory, self.now)
        due = self._due(memory)
        if not content.is_unsigned and (due is None or due <= self.now):
            yield "signatures are to be renewed"

    def _publish(
        self,
        memory: Memory,
        source: ZoneFile | None,
        keyring: Keyring,
        step: Step,
        files: Mapping[str, KeyFile],
        content: Content,
    ) -> tuple[Outcome, Memory]:
        """Put the zone in place, and then the keys' states; where its file is no good, the zone that it was before."""
        try:
            return self._put(memory, source, keyring, step, files, content)
        except (ZoneError, ZoneSyntaxError) as error:
            if self.problems or self.in_place or memory.signed is None:
                raise
            self.problems.append(f"{error}".strip())
        if self._is_current(memory, content, None):
            self.ledger.commit(keyring.files, step, self.now)
            return Outcome(self.zone.name, "unchanged"), memory
        return self._put(memory, None, keyring, step, files, content)

    def _put(
        self,
        memory: Memory,
        source: ZoneFile | None,
        keyring: Keyring,
        step: Step,
        files: Mapping[str, KeyFile],
        content: Content,
    ) -> tuple[Outcome, Memory]:
        zone = source or self._reload()
        serial = next_serial(self.zone.serial_update_method, zone.apex.serial, memory.serial, self.now)
        self.chain = None if memory.chain is None else bytes.fromhex(memory.chain)
        put = publish_unsigned if content.is_unsigned else publish_signed
        announce = partial(self.ledger.announce, keyring.files, step, self.output)
        done = put(self, zone, content, list(files.values()), serial, announce)
        published_at = int(self.world.clock())
        self.ledger.commit(keyring.files, step, published_at)
        unsigned = memory.unsigned if self.problems else zone.mark
        beside = memory.beside if self.problems else () if self.in_place else tuple(zone.beside.items())
        memory = remember(memory, content, done.held, self.policy, published_at)
        memory = replace(
            memory.retired(published_at, self.linger).signed_for(self.policy.signatures_validity, self.now),
            unsigned=unsigned,
            beside=beside,
            signed=mark_of(self.output),
            serial=serial,
            fingerprint=content.fingerprint(self.policy),
            dnskeys=done.dnskeys,
            chain=done.chain.hex(),
            foreign=done.foreign,
            zone_ttl=done.highest_ttl,
            dnskey_ttl=content.ttl,
            expires=done.expires,
        )
        deed = Outcome(self.zone.name, done.deed, generated=done.generated, retained=done.retained)
        return deed, memory

    def _call_hook(self, memory: Memory) -> Memory:
        """Once for each zone that was published, even if the run that published it was interrupted before."""
        if self.world.hook is None or memory.serial is None or memory.told == memory.serial:
            return memory
        problem = self.world.hook(names.to_text(self.name), self.output, memory.serial)
        if problem:
            self.problems.append(problem)
            return memory
        return replace(memory, told=memory.serial)

    def _conclude(self, outcome: Outcome, step: Step, memory: Memory) -> Outcome:
        moments = (step.next_event, self._due(memory), memory.goes_on)
        return replace(
            outcome,
            path=self.output,
            serial=memory.serial,
            keys=step.keys,
            changes=step.changes,
            waits=step.waits,
            expires=memory.expires,
            next_event=step.next_event,
            due=min((moment for moment in moments if moment is not None), default=None),
            last_success=memory.last_success,
            read={**memory.read(self.input, self.in_place), **self.broken},
            problems=tuple(self.problems),
            log=(*self.log, *step.log),
        )

    def _tell(self, text: str) -> None:
        self.world.tell.warn(text)


def _seen_of_ds(old: Key, new: Key) -> Iterator[str]:
    if new.times.ds_publish != old.times.ds_publish:
        yield "published"
    if new.times.ds_delete != old.times.ds_delete:
        yield "withdrawn"
