"""Keys that live for years in a millisecond: a zone's keys, stepped from event to event."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fastsign.kasp.policy import DAY, KeyRule, Policy
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.commands import checkds
from fastsign.rollover.key import DS, NO_STATE, RUMOURED, UNRETENTIVE, Key
from fastsign.rollover.outcome import NOTHING_SEEN, Observations, Step
from fastsign.rollover.step import step

START = 1_800_000_000
_LETTERS = {None: "-", "hidden": "H", "rumoured": "R", "omnipresent": "O", "unretentive": "U"}
_WORDS = {letter: word for word, letter in _LETTERS.items()}

KSK = KeyRule(True, False, 13, 256)
ZSK = KeyRule(False, True, 13, 256)
CSK = KeyRule(True, True, 13, 256)


def policy(*rules: KeyRule, **options: object) -> Policy:
    return Policy("mine", rules or (CSK,), **options)


def key(tag: int, rule: KeyRule = CSK, states: str = "----", goal: str | None = "O", **fields: object) -> Key:
    """A key in four letters: DNSKEY, ZRRSIG, KRRSIG, DS; "-" is not set."""
    words = [_WORDS[letter] for letter in states]
    state = NO_STATE._replace(dnskey=words[0], zrrsig=words[1], krrsig=words[2], ds=words[3], goal=_WORDS[goal or "-"])
    return Key(
        name=f"Kexample.+{rule.algorithm:03}+{tag:05}",
        algorithm=rule.algorithm,
        tag=tag,
        revoked_tag=(tag + 128) % 65536,
        bits=rule.bits,
        ksk=rule.ksk,
        zsk=rule.zsk,
        ttl=3600,
        state=state._replace(ksk=rule.ksk, zsk=rule.zsk),
        **fields,
    )


def letters(one: Key) -> str:
    """Goal and states: O:OOOO."""
    states = "".join(_LETTERS[one.state_of(record)] for record in ("dnskey", "zrrsig", "krrsig", "ds"))
    return f"{_LETTERS[one.state.goal]}:{states}"


@dataclass
class Zone:
    """A zone under a policy, and its clock."""

    policy: Policy
    keys: tuple[Key, ...] = ()
    now: int = START
    seen: Observations = NOTHING_SEEN
    parent_follows: bool = True  # the parent does at once what CDS records ask for
    next_tag: int = 1000
    steps: list[Step] = field(default_factory=list)

    def make(self, rule: KeyRule, now: int) -> Key:
        self.next_tag = (self.next_tag + 1000) % 65536
        bare = key(self.next_tag, rule, goal=None, times=KeyTimes(created=now))
        return replace(bare, ttl=0, state=NO_STATE)

    def step(self, **options: bool) -> Step:
        done = step(self.policy, self.keys, self.now, self.seen, make_key=self.make, **options)
        self.keys = done.keys
        self.steps.append(done)
        if self.parent_follows:
            self.follow()
        return done

    def follow(self) -> None:
        for one in self.keys:
            state = one.state_of(DS)
            published, gone = one.times.ds_publish, one.times.ds_delete
            if state == RUMOURED and published is None:
                self.keys = checkds(self.keys, self.policy, self.now, True, one.tag, one.algorithm)
            elif state == UNRETENTIVE and gone is None:
                self.keys = checkds(self.keys, self.policy, self.now, False, one.tag, one.algorithm)

    def run(self, seconds: int) -> Zone:
        """Step at every event for so long."""
        end = self.now + seconds
        self.step()
        for _ in range(10_000):
            event = self.steps[-1].next_event
            if event is None or event > end:
                break
            assert event > self.now
            self.now = event
            self.step()
        self.now = end
        return self

    def settle(self) -> Zone:
        """A zone whose first keys have long been known to everybody."""
        return self.run(30 * DAY)

    def states(self) -> dict[int, str]:
        return {one.tag: letters(one) for one in self.keys}

    def key(self, tag: int) -> Key:
        return next(one for one in self.keys if one.tag == tag)
