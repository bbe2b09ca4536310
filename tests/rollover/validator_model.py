"""A judge of rollovers: could any validator in the world, with whatever it has cached, have found the zone bogus?

It knows nothing of key states, rules or intervals, and shares no code with what it judges. It is told what a zone's
primary and its parent have published and when, and finds every combination of RRsets that some cache could have held
at the same moment. Of these each one must validate:

* An authoritative server may answer with an old version until the delay after a newer one was published, and a cache
  may keep what it got for its TTL: a version can be met from its publication until the next one's + delay + TTL.
* Where there is a DS RRset, there must be, for each algorithm in it, a DNSKEY that it names and that signs the DNSKEY
  RRset, and of every other RRset a signature by a key of that algorithm in that DNSKEY RRset (RFC 4035 sections 2.2
  and 5; RFC 6840 section 5.11 lets a validator choose any path, so one that knows a single algorithm has no choice).
* No server may answer with a signature that has expired (RFC 4035 section 5.3.1).
* Without DS records a zone is insecure, which is not bogus (RFC 4035 section 5.2).

Times are numbers on one true clock; all is exact, and nothing is stepped through second by second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

KeyId = tuple[int, int]  # algorithm, tag
Keys = frozenset[KeyId]
NONE: Keys = frozenset()
FOREVER = float("inf")
ALWAYS = -FOREVER


class RRset(NamedTuple):
    """An RRset of the zone, other than DNSKEY."""

    ttl: int
    signers: Keys
    expires: float = FOREVER  # the first of its signatures


class Zone(NamedTuple):
    """One version of a zone."""

    keys: Keys  # the DNSKEY RRset
    key_signers: Keys  # by which keys it is signed
    key_ttl: int  # of an absent DNSKEY RRset: how long its absence is cached
    rrsets: tuple[RRset, ...]  # the same ones in every version, in the same order
    key_expires: float = FOREVER


class Found(NamedTuple):
    """A combination that was not to be."""

    since: float
    until: float
    what: str


class Window(NamedTuple):
    """When something can be met, from a server or a cache."""

    since: float
    until: float
    what: object


@dataclass
class World:
    """What was published where and when, in the order of time."""

    zone_delay: int  # until a zone's last secondary has its new version
    parent_delay: int
    zones: list[tuple[float, Zone]] = field(default_factory=list)
    delegations: list[tuple[float, Keys, int]] = field(default_factory=list)  # since when, DS records, TTL

    def publish(self, at: float, zone: Zone) -> None:
        """The primary has a new version."""
        assert not self.zones or self.zones[-1][0] <= at
        self.zones.append((at, zone))

    def delegate(self, at: float, ds: Keys, ttl: int) -> None:
        """The parent's primary has another DS RRset; NONE: none at all."""
        assert not self.delegations or self.delegations[-1][0] <= at
        self.delegations.append((at, ds, ttl))

    @property
    def ds(self) -> Keys:
        return self.delegations[-1][1] if self.delegations else NONE

    def bogus(self) -> list[Found]:
        """All that some validator could have found bogus, in the order of time."""
        return sorted(set(self._combinations()) | set(self._expired()))

    # ---- what can be met

    def _ds_windows(self) -> list[Window]:
        return _windows(self.delegations, self.parent_delay)

    def _key_windows(self) -> list[Window]:
        return _windows([(at, (z.keys, z.key_signers), z.key_ttl) for at, z in self.zones], self.zone_delay)

    def _rrset_windows(self) -> set[Window]:
        """Of all RRsets: where two are signed alike at the same time, one stands for both."""
        streams = zip(*([(at, one.signers, one.ttl) for one in z.rrsets] for at, z in self.zones), strict=True)
        return {window for stream in streams for window in _windows(list(stream), self.zone_delay)}

    # ---- what must not be

    def _combinations(self) -> Iterator[Found]:
        keys, rrsets = self._key_windows(), sorted(self._rrset_windows(), key=lambda window: window.since)
        for ds in self._ds_windows():
            for dnskey in _meeting(ds, keys):
                known, signers = dnskey.what
                for algorithm in {number for number, _ in ds.what}:
                    if not any(key[0] == algorithm for key in ds.what & known & signers):
                        yield _found(dnskey, f"{_names(ds.what)} lead to no key of {_names(known)} that signs them")
                        continue
                    usable = {key for key in known if key[0] == algorithm}
                    for rrset in _meeting(dnskey, rrsets):
                        if not usable & rrset.what:
                            yield _found(rrset, f"{_names(rrset.what)} have signed, {_names(known)} are known")

    def _expired(self) -> Iterator[Found]:
        for (_, zone), (replaced, _) in pairwise([*self.zones, (ALWAYS, self.zones[-1][1])]):
            for expires in [zone.key_expires, *(one.expires for one in zone.rrsets)]:
                if expires < replaced + self.zone_delay:
                    yield Found(expires, replaced + self.zone_delay, "a signature has expired")


def _windows(versions: list[tuple[float, object, int]], delay: int) -> list[Window]:
    """When each version can be met. A version that is met twice without a gap is met once."""
    last: dict[object, Window] = {}
    windows: list[Window] = []
    for (since, what, ttl), (replaced, _, _) in pairwise([*versions, (FOREVER, None, 0)]):
        window = Window(since, replaced + delay + ttl, what)
        before = last.get(what)
        if before is not None and before.until >= window.since:
            window = Window(before.since, max(before.until, window.until), what)
        elif before is not None:
            windows.append(before)
        last[what] = window
    return sorted([*windows, *last.values()], key=lambda window: window.since)


def _meeting(one: Window, others: Iterable[Window]) -> Iterator[Window]:
    """The others that can be met together with this one, and when."""
    for other in others:
        if other.since >= one.until:
            return
        if other.until > one.since:
            yield Window(max(one.since, other.since), min(one.until, other.until), other.what)


def _found(window: Window, what: str) -> Found:
    return Found(window.since, window.until, what)


def _names(keys: object) -> str:
    assert isinstance(keys, frozenset)
    return "{" + " ".join(f"{algorithm}/{tag}" for algorithm, tag in sorted(keys)) + "}"
