"""Putting a zone in place: signed and verified, or unsigned once that is safe."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from glob import escape, glob
from typing import TYPE_CHECKING, Protocol

from fastsign import _core
from fastsign.agent.content import Content
from fastsign.agent.job import choose_salt, make_job, nsec3param
from fastsign.agent.marks import Mark, mark_of
from fastsign.agent.place import named
from fastsign.agent.status import Deed
from fastsign.agent.zone import ZoneFile, add_signatures, prepare, strip
from fastsign.errors import FastsignError
from fastsign.kasp.policy import Policy
from fastsign.keys import facts
from fastsign.keys.files import KeyFile
from fastsign.sign import run
from fastsign.sign.apex import DNSKEY, NSEC3PARAM
from fastsign.sign.image_facts import read_facts
from fastsign.sign.report import Report
from fastsign.sign.spread import Held, Spread
from fastsign.sign.tell import Tell
from fastsign.zone.checks import check_rrsets
from fastsign.zone.order import order_zone
from fastsign.zone.write import AtomicFile, Output, place_file

if TYPE_CHECKING:
    from fastsign.keys.pkcs11.settings import HsmSettings

_TEXT = 4  # style of the core's write_zone: for people


class Means(Protocol):
    """What a publication needs of the world."""

    @property
    def tick(self) -> Callable[[], float]: ...
    @property
    def random(self) -> Callable[[int], bytes]: ...
    @property
    def tell(self) -> Tell: ...
    @property
    def hsm(self) -> HsmSettings | None: ...


class Pass(Protocol):
    """What a publication needs to know of the pass that it is part of."""

    name: bytes
    policy: Policy
    now: int
    output: str
    in_place: bool
    chain: bytes | None
    spread: Spread | None

    @property
    def world(self) -> Means: ...


@dataclass(frozen=True, slots=True)
class Published:
    """A zone that is in place."""

    deed: Deed
    dnskeys: tuple[tuple[int, int], ...]
    foreign: tuple[tuple[int, int], ...]
    highest_ttl: int
    chain: bytes = b""  # NSEC3PARAM RDATA; none: NSEC
    expires: int | None = None
    generated: int = 0
    retained: int = 0
    held: Held | None = None  # what waits for the next run of a change of keys


class ZoneOutput(AtomicFile):
    """A signed zone on its way. It has one name only, so that what a crash leaves is found, and gone, the next time."""

    def __init__(self, path: str) -> None:
        self.path, self.temporary, self.fd = path, path + ".fastsign", -1
        with suppress(FileNotFoundError):
            os.unlink(self.temporary)
        self.fd = os.open(self.temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)


def image_of(path: str) -> str:
    """The image of the signatures of a zone that is signed into *path* (fastsign.sign.image)."""
    return path + ".fsi"


def discard(path: str, *, interrupted: bool) -> None:
    """Remove what a crash has left of a zone, and of its image, on the way to *path*.

    *interrupted*: the last run is known not to have come to its end; else the zone's own temporary file tells.
    """
    with suppress(FileNotFoundError):
        os.unlink(path + ".fastsign")
        interrupted = True
    if interrupted:
        for left in glob(f"{escape(image_of(path))}.{'[0-9a-f]' * 8}"):
            os.unlink(left)


Announce = Callable[[Mark], None]


def publish_signed(
    by: Pass, zone: ZoneFile, content: Content, keys: Sequence[KeyFile], serial: int, announce: Announce
) -> Published:
    """Sign what was loaded, verify what was written, and put it in place. *announce* is called right before that."""
    image = None if by.in_place else image_of(by.output)
    parameters = _parameters_of_last(by, zone, image)
    foreign = _identities(content.foreign_dnskeys(zone.apex.rdata_of(DNSKEY)))
    prepare(zone, content, serial)
    dnskeys = zone.apex.rdata_of(DNSKEY)
    salt = choose_salt(by.policy, parameters, dnskeys, by.world.random)
    spread = None if by.spread is None else replace(by.spread, late=content.late)
    job = make_job(by.name, by.policy, zone, content, keys, salt, by.now, by.output, image, spread)
    job = replace(job, hsm=by.world.hsm)
    report = Report(by.world.tick)
    with named(by.output), ZoneOutput(by.output) as output:
        prepared = run.prepare(job, output, report, by.world.tell)
        with prepared.image or nullcontext():
            _keep_mode(output)
            announce(_mark(output))
            for error in run.publish([prepared]).values():
                raise error
    left = report.first_expiration
    return Published(
        deed="signed",
        dnskeys=_identities(dnskeys),
        foreign=foreign,
        highest_ttl=report.highest_ttl,
        chain=b"" if salt is None else nsec3param(by.policy, salt),
        expires=None if left is None else by.now + left,
        generated=report.generated,
        retained=report.retained,
        held=prepared.signed.held,
    )


def publish_unsigned(
    by: Pass, zone: ZoneFile, content: Content, keys: Sequence[KeyFile], serial: int, announce: Announce
) -> Published:
    """Put the zone in place without what signing adds: it has no keys, or no keys any more."""
    strip(zone)
    foreign = _identities(content.foreign_dnskeys(zone.apex.rdata_of(DNSKEY)))
    prepare(zone, content, serial)
    order = order_zone(zone.arena, by.name)
    check_rrsets(zone.arena, order, lambda row: zone.source.line_of(by.name, 1, row))
    with suppress(FileNotFoundError):
        os.unlink(image_of(by.output))  # nobody would ever look into it again
    with named(by.output), ZoneOutput(by.output) as output:
        _core.write_zone(zone.arena, order, _TEXT, by.name, output.fd, 1, by.now % 2**32)
        _keep_mode(output)
        announce(_mark(output))
        place_file(output)
    return Published("unsigned", foreign, foreign, zone.highest_ttl)


def _parameters_of_last(by: Pass, zone: ZoneFile, image: str | None) -> list[bytes]:
    """NSEC3PARAM RDATA of the zone published last, whose signatures are to be had from the image or else its file."""
    if image is not None and by.chain is not None and read_facts(image) is not None:
        return [by.chain] if by.chain else []
    return _lay_beside(by, zone)


def _lay_beside(by: Pass, zone: ZoneFile) -> list[bytes]:
    """The signatures made before go beside the zone; returns the NSEC3PARAM RDATA that go with them."""
    if zone.source.path == by.output or mark_of(by.output) is None:
        return zone.apex.rdata_of(NSEC3PARAM)
    try:
        return add_signatures(zone, by.output, by.name)
    except FastsignError:
        return []  # it has been told of: all signatures are made anew


def _identities(dnskeys: Sequence[bytes]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((rdata[3], facts.key_tag(rdata)) for rdata in dnskeys))


def _mark(output: Output) -> Mark:
    mark = mark_of(output.fd)
    assert mark is not None  # it is open
    return mark


def _keep_mode(output: ZoneOutput) -> None:
    """Mode, and as far as this user may, owner and group, of the file that is replaced."""
    with suppress(FileNotFoundError, PermissionError):
        old = os.stat(output.path)
        os.fchmod(output.fd, stat.S_IMODE(old.st_mode))
        os.fchown(output.fd, old.st_uid, old.st_gid)
