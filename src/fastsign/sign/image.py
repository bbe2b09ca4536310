"""The image of a zone's signatures: what the next run need not make again, and how it is found without parsing a zone.

A file beside the signed zone: a header of facts, a list of DNSKEYs, and rows (image.h). A row is a signature with a
digest of what it is over. It is trusted only as far as it verifies: an image that is damaged, old, new or of another
zone costs time and nothing else.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import BinaryIO

from fastsign import _core
from fastsign._core import Column, PublicKeys
from fastsign.errors import system_reason
from fastsign.sign.image_facts import UNKNOWN, Facts, FileState, UnusableError, may_be_replaced
from fastsign.sign.tell import Tell
from fastsign.zone.write import AtomicFile, Output

KEYS_MAX = 64  # FS_SIGNERS_MAX of the core
_FIRST, _KEPT = 1, 2
_ROW = struct.Struct("=16s16sIIHHHBB")  # fs_image_row
_NEVER = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Image:
    """The signatures of the last run, in memory."""

    dnskeys: tuple[bytes, ...]  # RDATA of the keys that made them
    keys: PublicKeys  # the same
    rows: Column  # B
    index: Column  # I: where each RRset's first row is, by a hash of its owner and type
    count: int  # rows
    makers: tuple[int | None, ...] = ()  # number of each key among those that judge; None: nobody knows it

    def judged_by(self, dnskeys: tuple[bytes, ...]) -> Image:
        """The same for those who judge by these keys."""
        numbers = {dnskey: number for number, dnskey in enumerate(dnskeys)}
        return replace(self, makers=tuple(numbers.get(dnskey) for dnskey in self.dnskeys))


def read_image(path: str, apex: bytes, tell: Tell) -> Image | None:
    """The image in a file; None if there is none, or if it is of no use, which is warned of."""
    try:
        with open(path, "rb") as file:
            return _read(file, apex)
    except FileNotFoundError:
        return None
    except (UnusableError, OSError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else str(error)
        tell.warn(f"the image {path} is of no use: {reason}; all signatures are made anew")
        return None


def _read(file: BinaryIO, apex: bytes) -> Image:
    facts = Facts.read(file)
    if facts.apex != sha256(apex.lower()).digest():
        raise UnusableError("it is of another zone")
    if os.fstat(file.fileno()).st_size != Facts.SIZE + facts.key_octets + facts.row_octets:
        raise UnusableError("it is cut off, or longer than it should be")
    listed, rows = file.read(facts.key_octets), Column("B", facts.row_octets)
    digest = sha256(listed)
    with rows.view() as room:
        _fill(file, room)
        digest.update(room)
    if digest.digest() != facts.body:
        raise UnusableError("it is damaged")
    dnskeys = tuple(_dnskeys(listed))
    keys = PublicKeys(dnskeys)
    try:
        return Image(dnskeys, keys, rows, _core.image_index(rows, facts.rows, keys), facts.rows)
    except ValueError as error:
        raise UnusableError(str(error)) from None


def _fill(file: BinaryIO, room: memoryview) -> None:
    done = 0
    while done < len(room):
        octets = os.preadv(file.fileno(), [room[done:]], file.tell() + done)
        if octets == 0:
            raise UnusableError("it is cut off")
        done += octets


def _dnskeys(listed: bytes) -> Iterator[bytes]:
    while listed:
        end = 2 + int.from_bytes(listed[:2], "big")
        if end > len(listed):
            raise UnusableError("its list of keys is malformed")
        yield listed[2:end]
        listed = listed[end:]


def kept_signatures(rows: Column, reference: int) -> Iterator[tuple[int, int]]:
    """(algorithm, tag) of the signatures that stay over an RRset; *reference* is the image's for it, not 0."""
    at, first = 8 * (reference - 1), True
    with rows.view() as octets:
        while at < len(octets):
            *_, length, tag, algorithm, flags = _ROW.unpack_from(octets, at)
            if flags & _FIRST and not first:
                return
            if flags & _KEPT:
                yield algorithm, tag
            at, first = at + _ROW.size + (length + 7) // 8 * 8, False


# ---- writing


@dataclass(frozen=True, slots=True)
class Recording:
    """How a worker names the keys of the rows that it writes."""

    key_of_signer: tuple[int, ...]
    key_of_old: tuple[int, ...]  # of each key of the image that was read
    now: int


class ImageFile(AtomicFile):
    """The image in the making. It goes into place with its zone; if it can't be written, the zone goes without."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.clock = os.fstat(self.fd).st_mtime_ns  # of the file system, when this began
        self.source = UNKNOWN  # the input, if the next run can tell by its file that nothing has changed
        self.serial = 0  # of the signed zone
        self.is_trusted = True  # is the gate's verification of what stays early enough?
        self.failure = ""  # why nothing more is written
        self.begin(())

    def record(self, now: int, signers: Sequence[bytes], last: Image | None) -> Recording:
        """Begin anew: rows by the signers, DNSKEYs, are to come, and such of *last* as may stay."""
        old = () if last is None else last.dnskeys
        kept = () if last is None else (key for key, maker in zip(old, last.makers, strict=True) if maker is not None)
        numbers = {dnskey: number for number, dnskey in enumerate(dict.fromkeys((*signers, *kept)))}
        self.begin(tuple(numbers))
        return Recording(tuple(numbers[key] for key in signers), tuple(numbers.get(key, 0) for key in old), now)

    def begin(self, dnskeys: tuple[bytes, ...]) -> None:
        """Begin anew: rows by these keys, which are numbered in this order, are to come."""
        self._listed = b"".join(len(dnskey).to_bytes(2, "big") + dnskey for dnskey in dnskeys)
        self._digest, self._octets, self._rows, self._soonest = sha256(self._listed), 0, 0, _NEVER
        if len(dnskeys) > KEYS_MAX:
            self.failure = f"more than {KEYS_MAX} keys have signed"
        self._attempt(self._write_list)

    def _write_list(self) -> None:
        self.restart()
        self.write(bytes(Facts.SIZE) + self._listed)

    def append_rows(self, slot: Column, octets: int, rows: int, soonest: int) -> None:
        """Append the rows that a worker has left in its slot; the first of its signatures ends in *soonest* seconds."""
        self._soonest = min(self._soonest, soonest)
        if octets == 0 or self.failure:
            return
        self._octets, self._rows = self._octets + octets, self._rows + rows
        with Column.attach(slot.fd, "B", octets).view() as written:
            self._digest.update(written)
        self._attempt(lambda: self.append_from(slot.fd, octets))

    def finish(self, apex: bytes, now: int, parameters: bytes, output: Output) -> None:
        """Write the header, once the zone is all that it will be."""
        facts = Facts(
            apex=sha256(apex.lower()).digest(),
            parameters=parameters,
            signed=now,
            ends=now + self._soonest,
            serial=self.serial,
            source=self.source,
            output=FileState.of(os.fstat(output.fd)) if output.directory else UNKNOWN,
            key_octets=len(self._listed),
            row_octets=self._octets,
            rows=self._rows,
            body=self._digest.digest(),
        )
        self._attempt(lambda: os.pwrite(self.fd, facts.pack(), 0))

    def _attempt(self, step: Callable[[], object]) -> None:
        if self.failure:
            return
        try:
            step()
        except OSError as error:
            self.failure = system_reason(error)


def open_image(path: str | None, tell: Tell) -> ImageFile | None:
    """The place for a new image; None if none is wanted, or if it can't be written, which is warned of."""
    if path is None:
        return None
    try:
        if may_be_replaced(path):
            return ImageFile(path)
        reason = "what is there is no image, and is left as it is"
    except OSError as error:
        reason = system_reason(error)
    tell.warn(f"the image {path} can't be written: {reason}")
    return None
