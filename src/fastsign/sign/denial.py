"""The denial chain: NSEC (RFC 4034 section 4) or NSEC3 (RFC 5155) records, as columns."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign import _core
from fastsign._core import Column
from fastsign.errors import ZoneError
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order

NSEC, NSEC3 = 1, 2
ITERATIONS_MAX = 50  # BIND 9.20's limit, whether asked for or found in the zone; RFC 9276 asks for 0
SALT_MAX = 255  # octets
OPT_OUT = 1  # NSEC3 flag (RFC 5155 section 3.1.2.1)


@dataclass(frozen=True, slots=True)
class Denial:
    """The chain that is wanted."""

    kind: int = NSEC  # NSEC or NSEC3
    opt_out: bool = False
    iterations: int = 0
    salt: bytes = b""

    def nsec3param(self) -> bytes:
        """NSEC3PARAM RDATA; its flags are 0 whatever the records' own are (RFC 5155 section 4.1.2)."""
        return bytes([1, 0]) + self.iterations.to_bytes(2, "big") + bytes([len(self.salt)]) + self.salt


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says of the chain; None where it says nothing."""

    salt: bytes | None = None  # -3: NSEC3 with this salt
    iterations: int | None = None  # -H
    opt_out: bool | None = None  # -A, -AA
    update: bool = False  # -u: an existing chain may be replaced


@dataclass(frozen=True, slots=True)
class Existing:
    """What the input has of a chain; of its parameters None where it does not say."""

    nsec: bool = False  # an NSEC record at the apex, or a signature over one
    nsec3: bool = False  # an NSEC3PARAM record at the apex, or a signature over one
    salt: bytes | None = None
    iterations: int | None = None
    opt_out: bool | None = None


def choose_denial(wanted: Wanted, existing: Existing) -> Denial:
    """The chain to build, given the input's own. ZoneError, in BIND's words, where -u would be needed."""
    if wanted == Wanted(update=True):
        return Denial(NSEC)
    if not wanted.update:
        _refuse_other_parameters(wanted, existing)
    salt = existing.salt if wanted.salt is None else wanted.salt
    if salt is None:
        if existing.nsec3 and not wanted.update:
            raise ZoneError("Zone contains NSEC3 chains.  Use -u to update to NSEC.")
        return Denial(NSEC)
    iterations = existing.iterations if wanted.iterations is None else wanted.iterations
    opt_out = existing.opt_out if wanted.opt_out is None else wanted.opt_out
    if iterations is not None and iterations > ITERATIONS_MAX:
        raise ZoneError(f"NSEC3 iterations too big. Maximum iterations allowed {ITERATIONS_MAX}.")
    if existing.nsec and not wanted.update:
        raise ZoneError("Zone contains NSEC records.  Use -u to update to NSEC3.")
    return Denial(NSEC3, bool(opt_out), iterations or 0, salt)


def _refuse_other_parameters(wanted: Wanted, existing: Existing) -> None:
    if _differ(wanted.salt, existing.salt):
        raise ZoneError("An NSEC3 chain exists with a different salt. Use -u to update it.")
    if _differ(wanted.iterations, existing.iterations):
        raise ZoneError("An NSEC3 chain exists with different iterations. Use -u to update it.")
    if _differ(wanted.opt_out, existing.opt_out):
        found, flag, verb = ("without", "-A", "set") if wanted.opt_out else ("with", "-AA", "clear")
        raise ZoneError(f"An NSEC3 chain exists {found} OPTOUT. Use -u {flag} to {verb} it.")


def _differ(one: object, other: object) -> bool:
    """Do two that say something say different things?"""
    return None not in (one, other) and one != other


@dataclass(frozen=True, slots=True)
class Chain:
    """The entries of a denial chain; entry i's next is entry i + 1, the last one's is the first.

    NSEC entries stand in the order of their nodes, NSEC3 entries in the order of their hashes.
    """

    kind: int  # NSEC or NSEC3
    flags: int  # NSEC3: 1 is opt-out
    iterations: int  # NSEC3
    salt: bytes  # NSEC3
    ttl: int  # seconds; RFC 9077: min(SOA TTL, SOA MINIMUM)
    source: Column  # I [entries]: node that the entry belongs to
    skip: Column  # B [entries], NSEC3: labels to leave off the node's name; above 0 for an empty non-terminal
    hash: Column  # B [entries * 20], NSEC3: ascending
    bitmap: Column  # I [entries]: id of the type bitmap
    bitmap_offset: Column  # I [bitmaps + 1]
    bitmaps: Column  # B: type bitmaps in wire form (RFC 4034 section 4.1.2)


def make_chain(arena: Arena, order: Order, denial: Denial, ttl: int) -> Chain:
    """Build the chain over the nodes of *order*. ZoneError if two names share an NSEC3 hash (RFC 5155 7.1)."""
    columns = _core.make_chain(arena, order, denial.kind, denial.opt_out, denial.salt, denial.iterations)
    flags = OPT_OUT if denial.kind == NSEC3 and denial.opt_out else 0
    return Chain(denial.kind, flags, denial.iterations, denial.salt, ttl, *columns)
