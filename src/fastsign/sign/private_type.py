"""Records of the private type (sig-signing-type, TYPE65534): how far a change of keys or of the NSEC3 chain has come.

named keeps them at the apex while a change is spread over several steps. Their wire form has no RFC:

    algorithm(1) key tag(2) removing(1) complete(1)     signatures of a key are made, or removed
    0(1) NSEC3PARAM RDATA                               a chain is built or removed; its flags say what is done

Newer versions of BIND write two octets more behind the first form, the algorithm's number as BIND counts it, since
the private algorithms 253 and 254 are several.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fastsign.keys import facts

PRIVATE_TYPE = 65534  # unless sig-signing-type says something else

# What is done to a chain: flags of NSEC3PARAM that are no flags elsewhere (lib/dns/rdata/generic/nsec3_50.h of BIND).
CREATE, REMOVE, INITIAL, NONSEC = 0x80, 0x40, 0x20, 0x10
OPT_OUT = 0x01  # RFC 5155 section 3.1.2.1
_ACTIONS = CREATE | REMOVE | INITIAL | NONSEC

_KEY_LENGTH, _LONG_KEY_LENGTH = 5, 7  # octets
_PARAM_LENGTH = 6  # octets of a chain's record without salt


@dataclass(frozen=True, slots=True)
class KeyProgress:
    """The zone is being signed with a key, or a key's signatures are being removed."""

    algorithm: int
    tag: int
    removing: bool = False
    complete: bool = False
    long_algorithm: int | None = None  # of the form with two octets more

    @property
    def rdata(self) -> bytes:
        head = bytes([self.algorithm]) + self.tag.to_bytes(2, "big") + bytes([self.removing, self.complete])
        return head if self.long_algorithm is None else head + self.long_algorithm.to_bytes(2, "big")

    @property
    def text(self) -> str:
        """As `rndc signing -list` has it."""
        what = "removing signatures for" if self.removing else "signing with"
        what = f"Done {what}" if self.complete else what.capitalize()
        return f"{what} key {self.tag}/{facts.algorithm_name(self.algorithm)}"


@dataclass(frozen=True, slots=True)
class ChainProgress:
    """An NSEC3 chain is being built (CREATE) or removed (REMOVE), or will be once the zone is signed (INITIAL)."""

    flags: int  # CREATE | REMOVE | INITIAL | NONSEC | OPT_OUT
    hash: int = 1
    iterations: int = 0
    salt: bytes = b""

    @property
    def param(self) -> bytes:
        """RDATA of the chain's NSEC3PARAM record, with the flags of the chain alone."""
        return self._rdata(self.flags & ~_ACTIONS)

    @property
    def rdata(self) -> bytes:
        return b"\0" + self._rdata(self.flags)

    @property
    def text(self) -> str:
        """As `rndc signing -list` has it."""
        what = "Pending" if self.flags & INITIAL else "Removing" if self.flags & REMOVE else "Creating"
        salt = self.salt.hex().upper() or "-"
        text = f"{what} NSEC3 chain {self.hash} {self.flags & ~_ACTIONS} {self.iterations} {salt}"
        # NONSEC: the zone does not get an NSEC chain in exchange for the one that goes.
        return text + " / creating NSEC chain" if self.flags & REMOVE and not self.flags & NONSEC else text

    def _rdata(self, flags: int) -> bytes:
        return bytes([self.hash, flags]) + self.iterations.to_bytes(2, "big") + bytes([len(self.salt)]) + self.salt


Progress = KeyProgress | ChainProgress


def decode(rdata: bytes) -> Progress:
    """What a record of the private type says. ValueError if it is none of BIND's."""
    if rdata[:1] == b"\0":
        return _chain(rdata)
    if len(rdata) not in (_KEY_LENGTH, _LONG_KEY_LENGTH):
        raise ValueError(f"{len(rdata)} octets are no signing record")
    tag = int.from_bytes(rdata[1:3], "big")
    long_algorithm = int.from_bytes(rdata[5:], "big") if len(rdata) == _LONG_KEY_LENGTH else None
    return KeyProgress(rdata[0], tag, rdata[3] != 0, rdata[4] != 0, long_algorithm)


def _chain(rdata: bytes) -> ChainProgress:
    if len(rdata) < _PARAM_LENGTH or len(rdata) != _PARAM_LENGTH + rdata[5]:
        raise ValueError(f"{len(rdata)} octets are no NSEC3 parameters")
    return ChainProgress(rdata[2], rdata[1], int.from_bytes(rdata[3:5], "big"), rdata[6:])


def is_progress(rdata: bytes) -> bool:
    """Is it a record of BIND's, and not somebody else's of the same type?"""
    try:
        decode(rdata)
    except ValueError:
        return False
    return True


def unfinished(rdatas: Iterable[bytes]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """(algorithm, tag) of the keys whose signatures are being made, and of those whose signatures are being removed."""
    keys = [record for record in map(decode, rdatas) if isinstance(record, KeyProgress) and not record.complete]
    made = [(key.algorithm, key.tag) for key in keys if not key.removing]
    return made, [(key.algorithm, key.tag) for key in keys if key.removing]


def signed_by(rdatas: Iterable[bytes]) -> list[tuple[int, int]]:
    """(algorithm, tag) of the keys by which the zone is signed in full."""
    keys = [record for record in map(decode, rdatas) if isinstance(record, KeyProgress)]
    return [(key.algorithm, key.tag) for key in keys if key.complete and not key.removing]
