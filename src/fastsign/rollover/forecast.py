"""What will happen to a zone's keys: one step after the other, from event to event, with a parent that is supposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fastsign.kasp.policy import KeyRule, Policy
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.key import DS, HIDDEN, RECORDS, RUMOURED, UNRETENTIVE, Key
from fastsign.rollover.outcome import NOTHING_SEEN, Observations, Step, Wait
from fastsign.rollover.step import step

MOST_STEPS = 20_000  # a guard: keys with lifetimes of an hour, over years
GOAL = "goal"


@dataclass(frozen=True, slots=True)
class Event:
    """A change: of a record's state, of a key's goal, of a key that is made (record "", before "") or purged."""

    moment: int  # seconds since 1970
    key: str  # Key.name
    record: str  # DNSKEY, ZRRSIG, KRRSIG, DS; GOAL; "" for the key as a whole
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Span:
    """A record of a key in one state, from *since* until *until*."""

    key: str
    record: str
    state: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Delegation:
    """The keys that have a DS at the parent, from *since* until *until*."""

    keys: tuple[str, ...]
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A key of the forecast, as it is at its end. *new*: it does not exist yet."""

    key: Key
    label: str  # ZSK 12345; of a key that is still to be made "new ZSK 2"
    new: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """The future of a zone's keys, from *begins* to *ends*, in seconds since 1970."""

    begins: int
    ends: int
    subjects: tuple[Subject, ...]
    events: tuple[Event, ...]
    spans: tuple[Span, ...]  # states other than HIDDEN
    delegations: tuple[Delegation, ...]
    waits: tuple[Wait, ...]  # what still waits at the end
    refusals: tuple[str, ...]  # of the last step
    next_event: int | None  # after the end

    def label(self, name: str) -> str:
        return next((subject.label for subject in self.subjects if subject.key.name == name), name)


def forecast(
    policy: Policy,
    keys: Sequence[Key],
    now: int,
    until: int,
    seen: Observations = NOTHING_SEEN,
    *,
    ds_delay: int = 0,
    zone: str = "",
) -> Timeline:
    """Step from *now* to *until*, a parent following each CDS after *ds_delay* seconds.

    Each step is supposed to come at its time and to be published at once. A policy in manual mode is stepped as if the
    operator always agreed. New keys get placeholders for names (Kexample.+013+new1). RolloverError as from step.
    """
    return _Forecast(policy, list(keys), now, until, seen, ds_delay, zone).run()


@dataclass(slots=True)
class _Forecast:
    policy: Policy
    keys: list[Key]
    now: int
    until: int
    seen: Observations
    ds_delay: int
    zone: str
    events: list[Event] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    delegations: list[Delegation] = field(default_factory=list)
    known: dict[str, Subject] = field(default_factory=dict)
    opened: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)  # (key, record) -> state, since
    asked: dict[tuple[str, bool], int] = field(default_factory=dict)  # (key, published) -> when the parent has done it
    at_parent: tuple[str, ...] = ()
    at_parent_since: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def run(self) -> Timeline:
        begins = self.now
        self.know_keys()
        self.at_parent, self.at_parent_since = self._ds(), begins
        self._note_states()
        done = self._step()
        for _ in range(MOST_STEPS):
            moments = [done.next_event, *self.asked.values()]
            moment = min((each for each in moments if each is not None and each > self.now), default=None)
            if moment is None or moment > self.until:
                break
            self.now = moment
            done = self._step()
        return self._conclude(begins, done)

    def know_keys(self) -> None:
        for key in self.keys:
            self.known[key.name] = Subject(key, f"{key.role} {key.tag}", False)

    def _step(self) -> Step:
        self._follow()
        before = {key.name: key for key in self.keys}
        done = step(self.policy, self.keys, self.now, self.seen, make_key=self.make, force=True)
        self.keys = list(done.keys)
        for key in done.made:
            self._tell(key, "", "", "made", f"policy {self.policy.name} asks for a {key.role}")
        for key in done.keys:
            self._compare(before.get(key.name), key)
        for change in done.changes:
            self._tell_change(change.key, change.record, change.before, change.after)
        for key in done.purged:
            self._tell(key, "", "hidden", "purged", "long enough hidden: its files may go")
        self._ask_parent()
        self._note_states()
        in_zone = frozenset(key.identity for key in self.keys if key.in_zone)
        self.seen = replace(self.seen, published=in_zone | self.seen.foreign, signers=None)
        return done

    # ---- the parent

    def _ds(self) -> tuple[str, ...]:
        """Keys whose DS is at the parent as far as is known."""
        return tuple(
            key.name
            for key in self.keys
            if key.state.ds not in (HIDDEN, None)
            and (key.times.ds_publish or key.state.ds != RUMOURED)
            and not (key.state.ds == UNRETENTIVE and _is_past(key.times.ds_delete, key.times.ds_publish, self.now))
        )

    def _ask_parent(self) -> None:
        for key in self.keys:
            for state, published, moment in (
                (RUMOURED, True, key.times.ds_publish),
                (UNRETENTIVE, False, key.times.ds_delete),
            ):
                if key.state.ds == state and moment is None:
                    self.asked.setdefault((key.name, published), self.now + max(self.ds_delay, 1))

    def _follow(self) -> None:
        """The parent does what it was asked for, and is seen to have done it."""
        due = {wanted for wanted, moment in self.asked.items() if moment <= self.now}
        for name, published in due:
            del self.asked[name, published]
        for at, key in enumerate(self.keys):
            if (key.name, True) in due and key.state.ds == RUMOURED:
                self.keys[at] = key.with_times(ds_publish=self.now)
                self._tell(key, "DS", "", "at the parent", "the parent is supposed to follow the CDS records")
            if (key.name, False) in due and key.state.ds == UNRETENTIVE:
                self.keys[at] = key.with_times(ds_delete=self.now)
                self._tell(key, "DS", "at the parent", "gone", "the parent is supposed to follow the CDS records")

    # ---- what is told

    def make(self, rule: KeyRule, now: int) -> Key:
        number = self.counts[rule.role] = self.counts.get(rule.role, 0) + 1
        total = sum(self.counts.values())
        tag = self._free_tag(rule)
        key = Key(
            name=f"K{self.zone}+{rule.algorithm:03}+new{total}",
            algorithm=rule.algorithm,
            tag=tag,
            revoked_tag=tag,
            bits=rule.bits,
            ksk=rule.ksk,
            zsk=rule.zsk,
            ttl=0,
            times=KeyTimes(created=now),
            store=rule.store,
        )
        self.known[key.name] = Subject(key, f"new {rule.role} {number}", True)
        return key

    def _free_tag(self, rule: KeyRule) -> int:
        """A number that no key has; it stands for a tag that nobody knows yet."""
        taken = {tag for key in self.keys for tag in (key.tag, key.revoked_tag)}
        taken |= {tag for _, tag in self.seen.published} | {subject.key.tag for subject in self.known.values()}
        return next((tag for tag in range(rule.tag_min, rule.tag_max + 1) if tag not in taken), rule.tag_min)

    def with_labels(self, waits: Sequence[Wait]) -> tuple[Wait, ...]:
        """Waits that call new keys by their labels."""
        return tuple(replace(wait, reason=self._with_label(wait)) for wait in waits)

    def _with_label(self, wait: Wait) -> str:
        subject = self.known[wait.key]
        if not subject.new:
            return wait.reason
        key = subject.key
        return wait.reason.replace(f"{key.role} {key.tag}", subject.label).replace(f"-key {key.tag} ", "-key TAG ")

    def _tell(self, key: Key, record: str, before: str, after: str, why: str) -> None:
        self.events.append(Event(self.now, key.name, record, before, after, why))

    def _tell_change(self, name: str, record: str, before: str, after: str) -> None:
        self.events.append(Event(self.now, name, record, before, after, _WHY[record, after]))

    def _compare(self, before: Key | None, key: Key) -> None:
        """Tell of a new goal."""
        if before is not None and before.state.goal != key.state.goal:
            successor = key.successor is not None and key.successor != before.successor
            why = "its successor is there" if successor else f"by policy {self.policy.name}"
            self._tell(key, GOAL, before.state.goal or "", key.state.goal or "", why)

    def _note_states(self) -> None:
        """Close the spans whose state has ended, and open new ones."""
        present = {key.name: key for key in self.keys}
        for name, subject in list(self.known.items()):
            key = present.get(name)
            if key is not None:
                self.known[name] = replace(subject, key=key)
            for record in RECORDS:
                state = (key.state_of(record) if key else None) or HIDDEN
                self._note(name, record, state)
        ds = self._ds()
        if ds != self.at_parent:
            self._close_delegation(self.now)
            self.at_parent, self.at_parent_since = ds, self.now

    def _note(self, name: str, record: str, state: str) -> None:
        before = self.opened.get((name, record))
        if before is not None and before[0] == state:
            return
        if before is not None:
            self._close(name, record, before, self.now)
        self.opened[name, record] = (state, self.now)

    def _close(self, name: str, record: str, opened: tuple[str, int], moment: int) -> None:
        state, since = opened
        if state != HIDDEN and moment > since:
            self.spans.append(Span(name, record, state, since, moment))

    def _close_delegation(self, moment: int) -> None:
        if self.at_parent and moment > self.at_parent_since:
            self.delegations.append(Delegation(self.at_parent, self.at_parent_since, moment))

    def _conclude(self, begins: int, done: Step) -> Timeline:
        for (name, record), opened in self.opened.items():
            self._close(name, record, opened, self.until)
        self._close_delegation(self.until)
        return Timeline(
            begins=begins,
            ends=self.until,
            subjects=tuple(self.known.values()),
            events=tuple(self.events),
            spans=tuple(sorted(self.spans, key=lambda span: (span.since, span.key, RECORDS.index(span.record)))),
            delegations=tuple(self.delegations),
            waits=self.with_labels(done.waits),
            refusals=done.refusals,
            next_event=done.next_event,
        )


def _is_past(gone: int | None, published: int | None, now: int) -> bool:
    return gone is not None and gone <= now and (published is None or published <= gone)


_WHY = {
    ("dnskey", "rumoured"): "its DNSKEY is published",
    ("dnskey", "omnipresent"): "every cache that has a DNSKEY RRset has one with it",
    ("dnskey", "unretentive"): "its DNSKEY is withdrawn: nobody needs it any more",
    ("dnskey", "hidden"): "no cache has its DNSKEY any more",
    ("zrrsig", "rumoured"): "it begins to sign the zone",
    ("zrrsig", "omnipresent"): "all RRsets, in caches too, have a signature by it",
    ("zrrsig", "unretentive"): "it no longer signs the zone",
    ("zrrsig", "hidden"): "its last signature has left the caches",
    ("krrsig", "rumoured"): "it begins to sign the DNSKEY RRset",
    ("krrsig", "omnipresent"): "every cached DNSKEY RRset has a signature by it",
    ("krrsig", "unretentive"): "it no longer signs the DNSKEY RRset",
    ("krrsig", "hidden"): "no cached DNSKEY RRset has a signature by it",
    (DS, "rumoured"): "its CDS and CDNSKEY are published: the parent is asked for its DS",
    (DS, "omnipresent"): "every cache that has a DS RRset has one with it",
    (DS, "unretentive"): "its CDS and CDNSKEY are withdrawn: the parent is asked to take its DS out",
    (DS, "hidden"): "no cache has its DS any more",
}
