"""A zone's life: an agent that steps, signs, publishes and commits, a parent, an operator, and what goes wrong.

All of it happens on one true clock, while the agent only sees its own. A `Schedule` says what happens; nothing in here
is random. The judge (validator_model) is told what the primary and the parent publish.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import NamedTuple

from fastsign.errors import RolloverError
from fastsign.kasp.policy import DAY, HOUR, KeyRule, Policy
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover import commands
from fastsign.rollover.key import OMNIPRESENT, RUMOURED, UNRETENTIVE, Key
from fastsign.rollover.outcome import Observations, Step
from fastsign.rollover.step import step
from rollover.validator_model import ALWAYS, NONE, Keys, RRset, World, Zone

START = 1_800_000_000
FULL, BEFORE_PUBLISH, BEFORE_COMMIT = "full", "before publish", "before commit"  # where a pass ends

Stepper = Callable[..., Step]


@dataclass(frozen=True)
class Schedule:
    """What happens. Moments are seconds since START; a sequence without moments is gone through again and again."""

    policies: tuple[tuple[int, Policy], ...]  # from when; the first at 0
    until: int
    passes: int = 150  # at most
    ttls: tuple[tuple[int, tuple[int, ...]], ...] = ((0, (HOUR,)),)  # of the zone's RRsets, as its file has them
    zone_delay: int = 300  # true delays and TTL, not those that the policy supposes
    parent_delay: int = HOUR
    ds_ttl: int = HOUR
    skews: tuple[tuple[int, int], ...] = ()  # what the agent's clock is off, from when
    late: tuple[int, ...] = (0,)  # by how much a pass comes after its time
    poll: int = HOUR  # between looks at a parent that is being waited for
    signing: tuple[int, ...] = (0,)  # how long a pass takes until its zone is in place
    ends: tuple[str, ...] = (FULL,)  # how passes end
    restart: int = 60  # after a crash
    parent: tuple[int, ...] = (0,)  # how long the parent takes to follow CDS records
    withdrawal: tuple[int, ...] = (0,)  # by how much later it takes the old DS records out
    report: tuple[int, ...] = (0,)  # by how much later the agent hears of it
    backdated: bool = False  # and is it told when it was, or that it is so now?
    edits: tuple[bool, ...] = (False,)  # is an RRset changed, and signed, just before the next event?
    jitter: tuple[int, ...] = (0,)  # what is taken off a signature's validity
    gradual: bool = True  # do an old key's signatures stay until they are due?
    rolls: tuple[tuple[int, int], ...] = ()  # when the operator rolls which of the keys in use
    clashes: int = 0  # every so many new keys have the tag of another; 0: none


class Signature(NamedTuple):
    key: tuple[int, int]
    made: int
    expires: int


@dataclass
class Ledger:
    """What the agent has in its files."""

    keys: tuple[Key, ...] = ()
    stock: dict[str, Key] = field(default_factory=dict)  # keys as they were made


class Life:
    """A schedule, played. `world` has what was published, `passes` what the steps said."""

    def __init__(self, schedule: Schedule, stepper: Stepper = step) -> None:
        self.schedule, self.stepper = schedule, stepper
        self.world = World(schedule.zone_delay, schedule.parent_delay)
        self.files = Ledger()
        self.now = START  # true time
        self.passes: list[tuple[int, tuple[Key, ...], Step]] = []  # agent's time, keys before, what was to be done
        self.agenda: list[tuple[int, Callable[[], None]]] = []  # what happens outside the agent
        self.rrsets: list[list[Signature]] = [[] for _ in schedule.ttls[0][1]]
        self.next_tag = 1000
        self._late, self._signing, self._ends = cycle(schedule.late), cycle(schedule.signing), cycle(schedule.ends)
        self._parent, self._withdrawal = cycle(schedule.parent), cycle(schedule.withdrawal)
        self._report, self._edits, self._jitter = cycle(schedule.report), cycle(schedule.edits), cycle(schedule.jitter)
        unsigned = tuple(RRset(ttl, NONE) for ttl in schedule.ttls[0][1])
        self.world.publish(ALWAYS, Zone(NONE, NONE, min(schedule.ttls[0][1]), unsigned))
        self.world.delegate(ALWAYS, NONE, schedule.ds_ttl)
        self.asked: Keys | None = NONE  # what the CDS records in the zone ask for
        for at, which in schedule.rolls:
            self._plan(START + at, lambda which=which: self._roll(which))
        for at in [moment for moments in (schedule.policies, schedule.ttls, schedule.skews) for moment, _ in moments]:
            self._plan(START + at, lambda: None)

    # ---- time

    def clock(self) -> int:
        """What the agent takes for now."""
        return self.now + _since(self.schedule.skews, self.now - START, 0)

    @property
    def policy(self) -> Policy:
        policy = _since(self.schedule.policies, self.now - START, None)
        assert isinstance(policy, Policy)
        return policy

    def _plan(self, at: int, what: Callable[[], None]) -> None:
        self.agenda.append((at, what))
        self.agenda.sort(key=lambda entry: entry[0])

    def play(self) -> Life:
        """From the beginning to the end of the schedule."""
        wake = START
        end = START + self.schedule.until
        while min([wake, *(at for at, _ in self.agenda[:1])]) <= end and len(self.passes) < self.schedule.passes:
            while self.agenda and self.agenda[0][0] <= wake:
                at, what = self.agenda.pop(0)
                self.now = max(self.now, at)
                what()
                wake = self.now
            self.now = max(self.now, wake)
            wake = self._pass()
        return self

    # ---- the agent

    def _pass(self) -> int:
        """Step, sign, publish, commit; when the next pass is due."""
        before, now = self.files.keys, self.clock()
        done = self.stepper(
            self.policy, before, now, self._seen(now), make_key=self._make_key, force=len(self.passes) % 3 == 2
        )
        self.passes.append((now, before, done))
        end = next(self._ends)
        started = self.now
        if end == BEFORE_PUBLISH:
            return self._crashed(done)
        rrsets, zone = self._signed(done)
        self.now += next(self._signing)
        self.rrsets = rrsets
        self.world.publish(self.now, zone)
        self._publish_cds(done)
        if end == BEFORE_COMMIT:  # the next start finishes what is published: the parent may have followed it
            self.files.keys = done.settled(self.clock() + self.schedule.restart)
            return self.now + self.schedule.restart
        self.files.keys = done.settled(self.clock())
        self._look_at_parent()
        return max(self._next_pass(done, started), self.now + 1)

    def _crashed(self, done: Step) -> int:
        """New keys are there, as if made in stock; nothing else is remembered."""
        self.files.keys += tuple(self.files.stock[key.name] for key in done.made)
        return self.now + self.schedule.restart

    def _next_pass(self, done: Step, started: int) -> int:
        offset = self.clock() - self.now
        due = [self._due(rrset) for rrset in self.rrsets if rrset]
        if done.next_event is not None:
            event = done.next_event - offset
            waits_for_parent = event - started == HOUR and any(wait.rule == "parent" for wait in done.waits)
            due.append(started + self.schedule.poll if waits_for_parent else event)
        if self.policy.manual_mode:
            due.append(started + 12 * HOUR)
        if not due:
            return START + self.schedule.until + 1
        if next(self._edits) and min(due) - self.now > 10:
            self.rrsets[-1] = []
            return min(due) - 5
        return min(due) + next(self._late)

    def _make_key(self, rule: KeyRule, now: int) -> Key:
        self.next_tag += 1
        clashes = self.schedule.clashes and self.next_tag % self.schedule.clashes == 0
        tag = 1001 if clashes else self.next_tag
        key = Key(
            name=f"Kexample.+{rule.algorithm:03}+{tag:05}",
            algorithm=rule.algorithm,
            tag=tag,
            revoked_tag=tag + 128 * 100,
            bits=rule.bits,
            ksk=rule.ksk,
            zsk=rule.zsk,
            ttl=0,
            times=KeyTimes(created=now),
        )
        self.files.stock.setdefault(key.name, key)
        return key

    def _seen(self, now: int) -> Observations:
        """What an agent knows of the zone as it is out there: of every version that caches may still have."""
        policy, versions = self.policy, self.world.zones
        zone_ttl = dnskey_ttl = 0
        margin = policy.zone_propagation_delay + policy.retire_safety + policy.publish_safety
        replaced, signers = float(now), set[Keys]()
        for published, zone in reversed(versions):
            highest = max(rrset.ttl for rrset in zone.rrsets)
            if replaced + margin + highest >= now:
                zone_ttl = max(zone_ttl, highest)
            signers |= {one.signers for one in zone.rrsets if one.signers and replaced + margin + one.ttl >= now}
            if replaced + margin + zone.key_ttl >= now:
                dnskey_ttl = max(dnskey_ttl, zone.key_ttl)
            replaced = published
            if replaced + margin + 30 * DAY < now:
                break
        zone_ttl = max(zone_ttl, *self._file_ttls())
        published, ds_ttl = versions[-1][1].keys, self.schedule.ds_ttl
        return Observations(zone_ttl, dnskey_ttl, ds_ttl, published, signers=frozenset(signers))

    # ---- signing

    def _file_ttls(self) -> tuple[int, ...]:
        ttls: tuple[int, ...] = _since(self.schedule.ttls, self.now - START, ())
        return ttls

    def _due(self, rrset: Sequence[Signature]) -> int:
        return min(one.expires for one in rrset) - self.policy.signatures_refresh

    def _signed(self, done: Step) -> tuple[list[list[Signature]], Zone]:
        in_zone = frozenset(key.identity for key in done.keys if key.in_zone)
        signing = {key.identity for key in done.keys if key.signs_zone}
        ttls = self._file_ttls()
        ttls_before = [rrset.ttl for rrset in self.world.zones[-1][1].rrsets]
        rrsets = [
            self._sign(signatures if ttl == before else [], in_zone, signing)
            for signatures, ttl, before in zip(self.rrsets, ttls, ttls_before, strict=True)
        ]
        signers = frozenset(key.identity for key in done.keys if key.in_zone and key.signs_dnskey)
        zone = Zone(
            in_zone,
            signers,
            max((key.ttl for key in done.keys if key.in_zone), default=min(ttls)),
            tuple(
                RRset(
                    ttl,
                    frozenset(one.key for one in rrset),
                    min((one.expires for one in rrset), default=float("inf")),
                )
                for ttl, rrset in zip(ttls, rrsets, strict=True)
            ),
        )
        return rrsets, zone

    def _sign(self, old: list[Signature], in_zone: Keys, signing: set[tuple[int, int]]) -> list[Signature]:
        """Of each algorithm: the signatures that stay, else new ones by every key that signs."""
        policy = self.policy
        kept = [
            one
            for one in old
            if (one.key in in_zone or one.key in signing)
            and one.expires - policy.signatures_refresh > self.now
            and (self.schedule.gradual or one.key in signing)
            and any(algorithm == one.key[0] for algorithm, _ in signing)
        ]
        have = {one.key[0] for one in kept}
        expires = self.now + policy.signatures_validity - min(next(self._jitter), policy.signatures_jitter)
        return kept + [Signature(key, self.now, expires) for key in sorted(signing) if key[0] not in have]

    # ---- the parent, and the operator

    def _publish_cds(self, done: Step) -> None:
        asked: Keys | None = frozenset(key.identity for key in done.keys if key.announces_ds and key.in_zone)
        if not asked and self.policy.keys:
            asked = None  # no CDS records: nothing is asked for
        if asked != self.asked:
            self.asked = asked
            if asked is not None:
                self._plan(self.now + next(self._parent), lambda: self._follow(asked))

    def _follow(self, asked: Keys) -> None:
        """The parent looks, and does what it is asked for if that is still so."""
        if asked != self.asked or asked == self.world.ds:
            return
        late = next(self._withdrawal)
        self._delegate(asked | self.world.ds if late and asked else asked)
        if late and asked != self.world.ds:
            self._plan(self.now + late, lambda: self._withdraw(asked))

    def _withdraw(self, asked: Keys) -> None:
        if asked == self.asked and asked <= self.world.ds:
            self._delegate(asked)

    def _delegate(self, ds: Keys) -> None:
        self.world.delegate(self.now, ds, self.schedule.ds_ttl)
        at = self.now
        self._plan(at + next(self._report), lambda: self._report_ds(at))

    def _report_ds(self, at: int) -> None:
        """The agent hears of the DS RRset as it is since *at*."""
        if self.world.delegations[-1][0] != at:
            return
        offset = self.clock() - self.now
        when = at + offset if self.schedule.backdated else self.clock()
        for key in self.files.keys:
            there = key.identity in self.world.ds
            if key.ksk and key.state.ds == (RUMOURED if there else UNRETENTIVE):
                self._command(lambda keys, key=key, there=there: commands.checkds(
                    keys, self.policy, when, there, key.tag, key.algorithm
                ))  # fmt: skip

    def _look_at_parent(self) -> None:
        """A DS that already is there, or is gone, when the agent first asks."""
        at = self.world.delegations[-1][0]
        for key in self.files.keys:
            there = key.identity in self.world.ds
            moment = key.times.ds_publish if there else key.times.ds_delete
            if key.ksk and key.state.ds == (RUMOURED if there else UNRETENTIVE) and moment is None:
                self._plan(self.now + 1 + next(self._report), lambda: self._report_ds(at))
                return

    def _roll(self, which: int) -> None:
        wanted = [key for key in self.files.keys if key.is_wanted]
        if wanted:
            key, now = wanted[which % len(wanted)], self.clock()
            self._command(lambda keys: commands.rollover_now(keys, self.policy, key.tag, key.algorithm, now, now))

    def _command(self, command: Callable[[tuple[Key, ...]], tuple[Key, ...]]) -> None:
        with suppress(RolloverError):  # the operator is told
            self.files.keys = command(self.files.keys)


def _since(values: Sequence[tuple[int, object]], moment: int, default: object) -> object:
    """The value that counts at that moment."""
    found = default
    for since, value in values:
        if since <= moment:
            found = value
    return found


def settled(life: Life) -> bool:
    """Has each line of the policy one key that everybody knows, and is nothing left of all others?"""
    in_use = [key for key in life.files.keys if key.state.goal == OMNIPRESENT and not key.is_unused]
    done = all(
        state == OMNIPRESENT
        for key in in_use
        for state in (key.state.dnskey, key.state.zrrsig, key.state.krrsig, key.state.ds)
        if state is not None
    )
    gone = all(not key.in_zone for key in life.files.keys if key not in in_use)
    return done and gone and len(in_use) == len(life.policy.keys)
