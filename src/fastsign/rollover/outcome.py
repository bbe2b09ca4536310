"""What a step takes in besides keys and policy, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign.rollover.key import CHANGE_OF, Key


@dataclass(frozen=True, slots=True)
class Signing:
    """How far a zone is signed with keys whose signatures come by and by, so many a run: (algorithm, tag) of each."""

    begun: frozenset[tuple[int, int]] = frozenset()
    done: frozenset[tuple[int, int]] = frozenset()  # those of them by which every RRset of the zone is signed


@dataclass(frozen=True, slots=True)
class Observations:
    """What has been seen of the zone as it is out there. None: nothing is known, the policy's figure counts alone."""

    zone_ttl: int | None = None  # the highest TTL of any RRset that caches may still hold, of the zone as it was or is
    dnskey_ttl: int | None = None  # the same of the DNSKEY RRset
    ds_ttl: int | None = None  # TTL of the DS RRset, as seen at the parent
    published: frozenset[tuple[int, int]] = frozenset()  # (algorithm, tag) of the DNSKEYs in the zone
    foreign: frozenset[tuple[int, int]] = frozenset()  # those of them that are other signers' (RFC 8901)
    # By whom RRsets that caches may hold are signed, but for DNSKEY, CDS and CDNSKEY: all sets of (algorithm, tag)
    # that occur. None: nothing is known, and all signatures are supposed to have been made anew after Dsgn
    signers: frozenset[frozenset[tuple[int, int]]] | None = None
    signatures_validity: int | None = None  # the longest that signatures which may still stand were made for
    signing: Signing | None = None  # None: what a key is to sign it signs in one run


NOTHING_SEEN = Observations()


@dataclass(frozen=True, slots=True)
class Change:
    """A state that this step changes."""

    key: str  # Key.name
    record: str  # DNSKEY, ZRRSIG, KRRSIG or DS
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Wait:
    """A change of state that is wanted and not yet allowed."""

    key: str
    record: str
    before: str
    after: str
    rule: str  # "policy", "rule 1 (3a)" to "rule 3 (3f-3i)", "time", "parent", "manual", "offline", "signing"
    reason: str  # a sentence for the operator
    until: int | None = None  # when it is allowed by time alone; None where something else must happen first

    @property
    def asks_operator(self) -> bool:
        """Does it wait for what somebody has to do?"""
        return self.rule in ("parent", "manual", "offline") and self.until is None


@dataclass(frozen=True, slots=True)
class Step:
    """One pass of the key manager over a zone's keys."""

    keys: tuple[Key, ...]  # all that stay, with their new times and states
    made: tuple[Key, ...] = ()  # those of them that are new
    purged: tuple[Key, ...] = ()  # whose files may go
    changes: tuple[Change, ...] = ()
    waits: tuple[Wait, ...] = ()
    signing: tuple[str, ...] = ()  # names of keys by which the zone is to be signed by and by; they do not count yet
    refusals: tuple[str, ...] = ()  # keys that are not made, rolled or retired, and what to do: sentences
    next_event: int | None = None  # seconds since 1970; None: nothing will happen by time alone, but for purges
    log: tuple[str, ...] = ()  # lines in BIND's words

    def settled(self, published_at: int) -> tuple[Key, ...]:
        """The keys once the zone is in place: what this step has changed counts from that moment.

        Caches may hold the zone as it was for its TTLs from when it was replaced, not from when that was decided.
        """
        fields: dict[str, dict[str, int | None]] = {}
        for change in self.changes:
            fields.setdefault(change.key, {})[CHANGE_OF[change.record]] = published_at
        return tuple(key.with_times(**fields[key.name]) if key.name in fields else key for key in self.keys)
