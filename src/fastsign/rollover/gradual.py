"""A zone that is signed by a new key by and by, so many signatures a run: the key does not count before it is done.

Only what doubles the signatures is spread. A successor's signatures take the place of its predecessor's one by one as
these are due, which is slow enough, and the first signing of a zone can't be half done: its DNSKEYs are there from the
beginning.
"""

from __future__ import annotations

from fastsign.rollover.key import DNSKEY, OMNIPRESENT, RUMOURED, ZRRSIG, Key
from fastsign.rollover.rules import follows
from fastsign.rollover.work import Work

_SIGNS = (RUMOURED, OMNIPRESENT)


def comes_later(work: Work, at: int, record: str, state: str) -> bool:
    """Is it too early for that record of the key at *at* to be RUMOURED, as the zone is not signed accordingly?

    ZRRSIG waits for the signatures of the key itself. The first DNSKEY of an algorithm waits for some key's: every
    RRset has to have a signature of each algorithm that the DNSKEY RRset has (RFC 4035 section 2.2, RFC 6840 section
    5.11, RFC 6781 section 4.1.4).
    """
    if work.seen.signing is None or state != RUMOURED:
        return False
    if record == ZRRSIG:
        return work.keys[at].identity not in work.seen.signing.done and _doubles(work.keys, at)
    return record == DNSKEY and _is_new_algorithm(work.keys, at)


def has_begun(work: Work, at: int, record: str) -> bool:
    """Is the zone being signed by the key at *at*? In manual mode that was allowed when it began."""
    signing = work.seen.signing
    return signing is not None and record == ZRRSIG and work.keys[at].identity in signing.begun


def _doubles(keys: list[Key], at: int) -> bool:
    """Would the key sign what another goes on signing?"""
    key = keys[at]
    others = [other for other in keys if other is not key and other.zsk and other.state.zrrsig in _SIGNS]
    return bool(others) and not any(_takes_the_place(key, other) for other in others)


def _takes_the_place(key: Key, other: Key) -> bool:
    """Do signatures by *other* stay until they are due, and does *key* make none where one does?"""
    return follows(key, other) and not (key.ksk or other.ksk or other.is_wanted)


def _is_new_algorithm(keys: list[Key], at: int) -> bool:
    """Is the zone signed, by other algorithms alone, and about to be signed by this one?"""
    algorithm = keys[at].algorithm
    ours = [key for key in keys if key.algorithm == algorithm]
    if any(key.in_zone or key.state.zrrsig in _SIGNS for key in ours):
        return False
    will_sign = any(key.zsk and key.is_wanted and key.has_secret for key in ours)
    return will_sign and any(key.in_zone for key in keys if key.algorithm != algorithm)
