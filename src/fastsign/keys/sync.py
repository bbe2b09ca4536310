"""CDS and CDNSKEY records of the keys (RFC 7344), as smart signing keeps them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fastsign.keys import facts, timing
from fastsign.keys.ds import SHA1, SHA256, SHA384, ds_rdata
from fastsign.keys.select import SelectedKey, Selection

_DIGEST_NAMES = {SHA1: "SHA-1", SHA256: "SHA-256", SHA384: "SHA-384"}


@dataclass(frozen=True, slots=True)
class SyncChange:
    """RDATA to add to and to take out of the apex's CDS and CDNSKEY RRsets, and BIND's log lines (-v 1) about it."""

    add_cds: tuple[bytes, ...]
    remove_cds: tuple[bytes, ...]
    add_cdnskey: tuple[bytes, ...]
    remove_cdnskey: tuple[bytes, ...]
    logs: tuple[str, ...]


def select_sync(
    zone: bytes,
    selection: Selection,
    cds: Collection[bytes],
    cdnskey: Collection[bytes],
    now: int,
    *,
    digests: tuple[int, ...] = (SHA256,),
    publish_cdnskey: bool = True,
) -> SyncChange:
    """What the keys' metadata ask of CDS and CDNSKEY records, given those in the zone (RDATA).

    Of a key whose records are published, CDS records with other digests than *digests* go. A key that leaves the zone
    or has left it has none: a parent must not be asked to trust what is not there (RFC 7344 section 4.1). BIND 9.18
    leaves them, and even makes them.
    """
    change = _Change(zone, cds, cdnskey)
    for key in (*selection.keys, *selection.removed_keys):
        if key.deleted or (key.file is not None and timing.wants_no_cds(key.file, now)):
            change.withdraw(key)
        elif key.file is not None and timing.wants_cds(key.file, now):
            change.publish(key, digests, publish_cdnskey)
    return SyncChange(
        tuple(change.add_cds),
        tuple(change.remove_cds),
        tuple(change.add_cdnskey),
        tuple(change.remove_cdnskey),
        tuple(change.logs),
    )


class _Change:
    def __init__(self, zone: bytes, cds: Collection[bytes], cdnskey: Collection[bytes]) -> None:
        self.zone, self.cds, self.cdnskey = zone, cds, cdnskey
        self.add_cds: list[bytes] = []
        self.remove_cds: list[bytes] = []
        self.add_cdnskey: list[bytes] = []
        self.remove_cdnskey: list[bytes] = []
        self.logs: list[str] = []

    def log(self, records: str, key: SelectedKey, event: str) -> None:
        self.logs.append(f"{records} for key {facts.key_text(self.zone, key.rdata)} is now {event}")

    def publish(self, key: SelectedKey, digests: tuple[int, ...], publish_cdnskey: bool) -> None:
        if publish_cdnskey and key.rdata not in self.cdnskey:
            self.add_cdnskey.append(key.rdata)
            self.log("CDNSKEY", key, "published")
        if not publish_cdnskey:
            self.drop_cdnskey(key)
        for digest in _DIGEST_NAMES:
            if digest not in digests:
                self.drop_cds(key, digest)
        for digest in digests:
            record = ds_rdata(self.zone, key.rdata, digest)
            if record not in self.cds:
                self.add_cds.append(record)
                self.log("CDS", key, "published")

    def withdraw(self, key: SelectedKey) -> None:
        for digest in _DIGEST_NAMES:
            self.drop_cds(key, digest)
        self.drop_cdnskey(key)

    def drop_cds(self, key: SelectedKey, digest: int) -> None:
        record = ds_rdata(self.zone, key.rdata, digest)
        if record in self.cds and record not in self.remove_cds:
            self.remove_cds.append(record)
            self.log(f"CDS ({_DIGEST_NAMES[digest]})", key, "deleted")

    def drop_cdnskey(self, key: SelectedKey) -> None:
        if key.rdata in self.cdnskey and key.rdata not in self.remove_cdnskey:
            self.remove_cdnskey.append(key.rdata)
            self.log("CDNSKEY", key, "deleted")
