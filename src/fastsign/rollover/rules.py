"""What may change without breaking a zone: Y. Schaeffer, W. Overeinder, M. Mekking, "Flexible and Robust Key Rollover".

A key's four records stand in states; a rule says of all keys of a zone whether every validator, whatever it has cached,
finds what it needs. A change is allowed if each rule that holds before it holds after it (equation 1). Equations have
the paper's numbers. States are written in four letters, DNSKEY ZRRSIG KRRSIG DS: H(idden), R(umoured), O(mnipresent),
U(nretentive), and "-" for any.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from fastsign.rollover.key import (
    DNSKEY,
    DS,
    HIDDEN,
    KRRSIG,
    OMNIPRESENT,
    RECORDS,
    RUMOURED,
    UNRETENTIVE,
    Key,
)

RULES = {1: "rule 1 (3a)", 2: "rule 2 (3b-3e)", 3: "rule 3 (3f-3i)"}

_LETTERS = {HIDDEN: "H", RUMOURED: "R", OMNIPRESENT: "O", UNRETENTIVE: "U"}
_AT = {record: at for at, record in enumerate(RECORDS)}


class View:
    """The keys of a zone, as they are or with one record in another state."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = keys
        self.now = [_code(key, "H") for key in keys]  # a state that was never set is as good as hidden
        self.then = self.now
        self._of: dict[int, list[int]] = {}

    def after(self, at: int, record: str, state: str) -> View:
        """The same keys, as if that record of the key at *at* had changed."""
        view = View.__new__(View)
        view.keys, view.now, view.then, view._of = self.keys, self.now, self.now.copy(), self._of
        code = view.then[at]
        view.then[at] = code[: _AT[record]] + _LETTERS[state] + code[_AT[record] + 1 :]
        return view

    def of(self, algorithm: int) -> list[int]:
        """Where the keys of an algorithm are."""
        if algorithm not in self._of:
            self._of[algorithm] = [at for at, key in enumerate(self.keys) if key.algorithm == algorithm]
        return self._of[algorithm]

    def exists(self, states: str, algorithm: int | None = None) -> bool:
        """Is there a key in these states?"""
        found = self.then if algorithm is None else [self.then[at] for at in self.of(algorithm)]
        return any(_match(code, states) for code in found)

    def swaps(self, predecessor: str, successor: str, algorithm: int, *, had_ds: bool = False) -> bool:
        """Is there a key in the first states whose successor is in the second?

        *had_ds*: one whose DS was seen at the parent. If it never was there, caches have older ones than these two.
        """
        new = [z for z in self.of(algorithm) if _match(self.then[z], successor)]
        old = [x for x in self.of(algorithm) if _match(self.then[x], predecessor)] if new else []
        if had_ds:
            old = [x for x in old if self.keys[x].times.ds_publish is not None]
        return any(self.is_successor(x, z) for x in old for z in new if x != z)

    def is_successor(self, x: int, z: int) -> bool:
        """(2) Is z, now or after more rollovers in a row, what replaces x?

        Nothing depends on x, and what depends on z is x, or a key y in the same states as z which replaces x.
        """
        if self.dependant(x) is not None:
            return False
        seen = {z}
        while (y := self.dependant(z)) is not None:
            if y == x:
                return True
            if y in seen or not _match(self.then[y], _code(self.keys[z], "-")):
                return False
            seen.add(y)
            z = y
        return False

    def dependant(self, at: int) -> int | None:
        """The key that depends on this one: its predecessor, unless all of that is hidden."""
        key = self.keys[at]
        for other, predecessor in enumerate(self.keys):
            if follows(key, predecessor) and self.now[other] != "HHHH":
                return other
        return None


def follows(key: Key, predecessor: Key) -> bool:
    """Do both keys say that one follows the other?"""
    return (
        key.predecessor == predecessor.tag
        and predecessor.successor == key.tag
        and key.algorithm == predecessor.algorithm
    )


# ---- the three rules


def have_ds(view: View, insecure: bool) -> bool:
    """Rule 1: there is a DS at all times, unless the zone is on its way to being unsigned."""
    return insecure or view.exists("---O") or view.exists("---R")  # (3a)


_3D_BEFORE = ("U-UO", "O-UO", "U-OO")
_3D_AFTER = ("R-RO", "O-RO", "R-OO")


def have_dnskey(view: View, algorithm: int) -> bool:
    """Rule 2: whoever has a DS of this algorithm finds the DNSKEY that it names, and its signature."""
    return (
        view.exists("O-OO", algorithm)  # (3b)
        or view.swaps("O-OU", "O-OR", algorithm, had_ds=True)  # (3c) the DS records are swapped
        or any(view.swaps(before, after, algorithm) for before in _3D_BEFORE for after in _3D_AFTER)  # (3d) the DNSKEYs
        or all(_match(view.then[at], "---H") or _match(view.then[at], "O-O-") for at in view.of(algorithm))  # (3e)
    )


def have_signatures(view: View, algorithm: int) -> bool:
    """Rule 3: whoever has a DNSKEY of this algorithm finds signatures by a key that it knows."""
    return (
        all(_match(view.then[at], "---H") for at in view.of(algorithm))  # nobody looks for them
        or view.exists("OO--", algorithm)  # (3f)
        or view.swaps("UO--", "RO--", algorithm)  # (3g) the DNSKEYs are swapped
        or view.swaps("OU--", "OR--", algorithm)  # (3h) the signatures are swapped
        or all(
            _match(view.then[at], "H---") or view.exists(view.now[at][0] + "O--", algorithm)
            for at in view.of(algorithm)
        )  # (3i)
    )


def forbidding(view: View, at: int, record: str, state: str, *, insecure: bool = False) -> int | None:
    """(1) Which rule, 1 to 3, forbids that record of the key at *at* to enter *state*; None if none does.

    A rule that does not hold forbids nothing, so that a broken zone can mend; but as long as it does not hold, nothing
    is taken away either.
    """
    then, algorithm = view.after(at, record, state), view.keys[at].algorithm
    for rule in RULES:
        if not holds(rule, then, algorithm, insecure) and (
            state == UNRETENTIVE or holds(rule, view, algorithm, insecure)
        ):
            return rule
    return None


def holds(rule: int, view: View, algorithm: int, insecure: bool = False) -> bool:
    """Does rule 1, 2 or 3 hold? The last two are about one algorithm."""
    if rule == 1:
        return have_ds(view, insecure)
    return have_dnskey(view, algorithm) if rule == 2 else have_signatures(view, algorithm)


# ---- the method of rollover


def approved(view: View, at: int, record: str, state: str) -> bool:
    """Is the change in keeping with the methods: pre-publication for a ZSK, double signatures for a KSK?

    They only say when something new may appear.
    """
    if state != RUMOURED or record == DNSKEY:
        return True
    dnskey = view.keys[at].state.dnskey
    if record == KRRSIG:
        return dnskey not in (HIDDEN, None)
    if record == DS or dnskey == OMNIPRESENT:
        return dnskey == OMNIPRESENT
    return not _algorithm_in_use(view.after(at, record, state), view.keys[at].algorithm)


def _algorithm_in_use(view: View, algorithm: int) -> bool:
    """Is there a chain of trust of this algorithm? A new one starts with its signatures (RFC 6781 section 4.1.4)."""
    return (
        view.exists("O-OO", algorithm) or view.swaps("O-OU", "O-OR", algorithm) or view.swaps("U--O", "R--O", algorithm)
    )


def _code(key: Key, unset: str) -> str:
    state = key.state
    return _letters(state.dnskey, state.zrrsig, state.krrsig, state.ds, unset)


@cache
def _letters(dnskey: str | None, zrrsig: str | None, krrsig: str | None, ds: str | None, unset: str) -> str:
    return "".join(_LETTERS.get(state or "", unset) for state in (dnskey, zrrsig, krrsig, ds))


@cache  # a few hundred states by a few dozen patterns, asked for all the time
@cache
def _match(code: str, states: str) -> bool:
    return all(wanted in ("-", letter) for letter, wanted in zip(code, states, strict=True))
