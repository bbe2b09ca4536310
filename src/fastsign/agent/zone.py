"""The zones of a run as they are loaded: what is to be signed, and what was published last."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace

from fastsign import _core
from fastsign.agent.content import DELETE_CDS, Content
from fastsign.agent.marks import Mark, Marks, mark_of
from fastsign.agent.memory import Memory
from fastsign.errors import FileError, JournalError, ZoneError, system_reason
from fastsign.keys import facts
from fastsign.sign import serial as serials
from fastsign.sign.apex import CDNSKEY, CDS, DNSKEY, NSEC3PARAM, RRSIG, Apex
from fastsign.sign.private_type import is_progress, unfinished
from fastsign.zone.arena import Arena
from fastsign.zone.arithmetic import is_greater
from fastsign.zone.load import Loaded
from fastsign.zone.source import FileSource, Source

_NSEC, _NSEC3 = 47, 50
_OF_SIGNING = (RRSIG, _NSEC, _NSEC3, NSEC3PARAM)
_RAW = 2  # the first word of a file in BIND's raw format


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """A zone that has been read. Names are in wire form."""

    arena: Arena
    apex: Apex
    source: FileSource
    mark: Mark | None
    beside: Marks  # of the files that it includes, and of the journal
    warnings: tuple[str, ...]

    @property
    def highest_ttl(self) -> int:
        return _core.highest_ttl(self.arena)

    def identities(self, known: Iterable[bytes] = ()) -> tuple[tuple[int, int], ...]:
        """(algorithm, tag) of the DNSKEYs, without those *known*."""
        left_out = set(known)
        return tuple(
            sorted((rdata[3], facts.key_tag(rdata)) for rdata in self.apex.rdata_of(DNSKEY) if rdata not in left_out)
        )


def read_zone(path: str, origin: bytes, now: int) -> ZoneFile:
    """Read a zone, text or raw, with the journal that a name server has left beside it.

    The marks are those of the files as they were read. Errors as in fastsign.zone.load; FileError if the file can't be
    opened.
    """
    journal = path + ".jnl"
    try:
        mark, of_journal = mark_of(path), mark_of(journal)
        source = FileSource(path, is_raw(path), journal if _is_newer(of_journal, mark) else None)
    except OSError as error:
        raise FileError(f"{path}: {system_reason(error)}") from None
    try:
        loaded = source.load(origin, now=now)
    except JournalError:  # of a zone that is another by now
        source = replace(source, journal=None)
        loaded = source.load(origin, now=now)
    beside = {os.path.abspath(name): Mark(*facts) for name, *facts in loaded.included}
    try:
        apex = Apex.of(loaded.arena, origin)
    except ZoneError as error:
        raise ZoneError(f"{path}: {error}") from None
    return ZoneFile(loaded.arena, apex, source, mark, {**beside, journal: of_journal}, tuple(loaded.warnings))


def is_raw(path: str) -> bool:
    with open(path, "rb") as file:
        head = file.read(4)
    return len(head) == 4 and struct.unpack(">I", head)[0] == _RAW


def _is_newer(journal: Mark | None, zone: Mark | None) -> bool:
    """Is a journal not older than its zone file? Those of former zones stay behind."""
    return journal is not None and zone is not None and journal.modified >= zone.modified


def remember_published(memory: Memory, zone: ZoneFile, private_type: int, now: int, linger: int) -> Memory:
    """What there is to know of a published zone that another program has put in place, or whose memory is lost.

    *linger* as in Memory.retired.
    """
    notes = [rdata for rdata in zone.apex.rdata_of(private_type) if is_progress(rdata)]
    makers = _core.find_signature_makers(zone.arena, zone.apex.name.lower())
    coming, going = unfinished(notes)
    left = _core.first_expiration(zone.arena, now % 2**32)
    serial = zone.apex.serial
    if memory.serial is not None and is_greater(memory.serial, serial):
        serial = memory.serial  # it is out there
    return replace(
        memory.retired(now, linger),
        signed=zone.mark,
        serial=serial,
        chain=None,
        fingerprint="",
        dnskeys=zone.identities(),
        zone_ttl=zone.highest_ttl,
        dnskey_ttl=zone.apex.ttl_of(DNSKEY),
        expires=None if left is None else now + left,
        makers=tuple(sorted({*zone.identities(), *makers})),
        notes=tuple(rdata.hex() for rdata in notes),
        coming=tuple((*key, 1) for key in coming),
        going=tuple((*key, 1) for key in going),
        goes_on=now if coming or going else None,
    )


# ---- what is signed


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source that gives the zone away as it was prepared, once (fastsign.zone.source.Source)."""

    arena: Arena
    first: Source

    def load(self, origin: bytes, rrclass: int = 1, now: int = 0, arena: Arena | None = None) -> Loaded:
        return Loaded(self.arena, [], 0)

    def line_of(self, origin: bytes, rrclass: int, record: int) -> tuple[str, int]:
        return self.first.line_of(origin, rrclass, record)


def prepare(zone: ZoneFile, content: Content, serial: int) -> None:
    """Bring the apex in line with the keys' states. What other signers have put there stays (RFC 8901)."""
    apex = zone.apex
    dnskeys = content.foreign_dnskeys(apex.rdata_of(DNSKEY))
    cds, cdnskeys = content.foreign_cds(apex.rdata_of(CDS)), content.foreign_cdnskeys(apex.rdata_of(CDNSKEY))
    apex.replace(DNSKEY, content.ttl, [*dnskeys, *content.dnskeys])
    wants_delete = DELETE_CDS in content.cds
    if not (wants_delete and cds):  # RFC 8078 section 4: it stands alone
        cds += content.cds
    if not (wants_delete and cdnskeys):
        cdnskeys += content.cdnskeys
    apex.replace(CDS, content.ttl, cds)
    apex.replace(CDNSKEY, content.ttl, cdnskeys)
    if content.notes is not None:
        others = [rdata for rdata in apex.rdata_of(content.private_type) if not is_progress(rdata)]
        apex.replace(content.private_type, 0, [*others, *content.notes])
    apex.set_serial(serial)
    apex.rows[:] = _core.find_rows(apex.arena, apex.name)


def strip(zone: ZoneFile) -> None:
    """Take out all that signing has added but the DNSKEY, CDS and CDNSKEY records."""
    _core.take_out(zone.arena, _OF_SIGNING)
    zone.apex.rows[:] = _core.find_rows(zone.arena, zone.apex.name)


def add_signatures(zone: ZoneFile, path: str, origin: bytes) -> list[bytes]:
    """Lay the RRSIGs of the zone published last beside the records of the new one, to be judged by the signer.

    Returns its NSEC3PARAM RDATA.
    """
    first = len(zone.arena.owner)
    FileSource(path, is_raw(path)).load(origin, arena=zone.arena)
    types = zone.arena.rrtype.view()
    at_apex = _core.find_rows(zone.arena, origin)
    parameters = [zone.arena.record_rdata(row) for row in at_apex if row >= first and types[row] == NSEC3PARAM]
    for row in range(first, len(types)):
        if types[row] != RRSIG:
            types[row] = 0
    return parameters


def next_serial(method: str, own: int, last: int | None, now: int) -> int:
    """The serial of the zone to be published: after the last one in any case (RFC 1982).

    *own* is that of the zone as it was loaded, which counts, as with named's inline-signing, where it is ahead.
    """
    if last is None and method == serials.INCREMENT:
        return own
    last = own if last is None else last
    wanted, _ = serials.new_serial(method, last, now, serials.day_of(now))
    if is_greater(own, wanted) and is_greater(own, last):
        return own
    return wanted if is_greater(wanted, last) else serials.increment(last)


def real_path(path: str) -> str:
    """Where a file is that is to be replaced: a link to it stays a link."""
    return os.path.realpath(path) if os.path.islink(path) else path
