"""-g: the DS records of delegations, from the dsset- and keyset- files that signing the children has left."""

from __future__ import annotations

import os
from collections.abc import Iterator

from fastsign import _core
from fastsign.errors import ZoneError, ZoneSyntaxError, system_reason
from fastsign.keys.ds import ds_rdata, dsset_name, keyset_name
from fastsign.sign.job import Job
from fastsign.sign.tell import Tell
from fastsign.zone.arena import Arena
from fastsign.zone.load import load_zone
from fastsign.zone.order import CUT, OCCLUDED, Order

_NS, _DS, _DNSKEY = 2, 43, 48


def replace_ds(job: Job, arena: Arena, order: Order, tell: Tell) -> bool:
    """Replace the DS RRset of every delegation by that of its file; without a file it goes. Has the zone changed?

    The records have the TTL of the NS RRset. A file that can't be read is an error: BIND takes it for none, which would
    make the child insecure.
    """
    directory = job.dsset_directory or "."
    files, changed = _files(directory), False
    for node, name, rrsets in _delegations(arena, order):
        old = [arena.record_rdata(row) for row in order.rows(rrsets[_DS])] if _DS in rrsets else []
        new = _child_ds(directory, name, files, tell)
        ttl = order.rrset_ttl.view()[rrsets[_NS]]
        if sorted(old) == sorted(new) and (not old or order.rrset_ttl.view()[rrsets[_DS]] == ttl):
            continue
        changed = True
        _take_out(arena, order.rows(rrsets[_DS]) if old else [])
        for rdata in new:
            arena.add_record(order.node_name.view()[node], _DS, ttl, rdata)
    return changed


def _delegations(arena: Arena, order: Order) -> Iterator[tuple[int, bytes, dict[int, int]]]:
    names = order.node_name.view()
    for node, flags in enumerate(order.node_flags.view()):
        if flags & CUT and not flags & OCCLUDED:
            yield node, arena.name(names[node]), order.rrsets(node)


def _files(directory: str) -> set[str]:
    try:
        return set(os.listdir(directory))
    except OSError as error:
        raise ZoneError(f"cannot open directory {directory}: {system_reason(error)}") from None


def _take_out(arena: Arena, rows: list[int]) -> None:
    types = arena.rrtype.view()
    for row in rows:
        types[row] = 0


def _child_ds(directory: str, child: bytes, files: set[str], tell: Tell) -> list[bytes]:
    """DS RDATA from the child's dsset- file, else of all keys in its keyset- file."""
    if dsset_name(child) in files:
        found = _read(directory, dsset_name(child), child, _DS, tell)
        if found:
            tell.detail(2, "found DS records")
            return found
    if keyset_name(child) in files:
        keys = _read(directory, keyset_name(child), child, _DNSKEY, tell)
        if keys:
            tell.detail(2, "found DNSKEY records")
        return [ds_rdata(child, key) for key in keys]
    return []


def _read(directory: str, file: str, child: bytes, rrtype: int, tell: Tell) -> list[bytes]:
    path = file if directory == "." else os.path.join(directory, file)
    try:
        loaded = load_zone(path, b"\0", hint=True)
    except ZoneSyntaxError as error:
        raise ZoneError(str(error)) from None
    except OSError as error:
        raise ZoneError(f"{path}: {system_reason(error)}") from None
    for warning in loaded.warnings:
        tell.warn(warning)
    arena, types = loaded.arena, loaded.arena.rrtype.view()
    rows = [row for row in _core.find_rows(arena, child) if types[row] == rrtype]
    return list(dict.fromkeys(arena.record_rdata(row) for row in rows))
