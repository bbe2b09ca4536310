"""What signing returns."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastsign.api.zone import StrPath, Zone, file_for, load, read_all
from fastsign.keys import names
from fastsign.zone.source import FileSource
from fastsign.zone.write import descriptor_path

if TYPE_CHECKING:
    import dns.zone

    from fastsign.sign.job import Job
    from fastsign.sign.report import SigningReport


class SignedZone:
    """A signed zone: the octets that were verified, in a file without a name or in the one that was asked for.

    `report` tells of the signing, `warnings` what it had to say, `dsset` is the DS RRset for the parent. Once it is
    closed, these and `origin` are what is left: all else raises ValueError. A Zone that was taken from it stays.
    """

    def __init__(self, job: Job, fd: int, dsset: str, report: SigningReport, warnings: Iterable[str]) -> None:
        """What came of a job; the descriptor is of the file that was verified, and becomes this object's own."""
        self._job, self._open_fd = job, fd
        self._zone: Zone | None = None
        self.dsset, self.report, self.warnings = dsset, report, tuple(warnings)
        self.close = weakref.finalize(self, os.close, fd)  # gives the memory back; else that is done in the end

    @property
    def origin(self) -> str:
        """The zone's name."""
        return names.to_text(self._job.origin)

    @property
    def _fd(self) -> int:
        if not self.close.alive:  # the number may be another file's by now
            raise ValueError("the signed zone is closed")
        return self._open_fd

    @property
    def zone(self) -> Zone:
        """The signed zone, loaded."""
        fd = self._fd
        if self._zone is None:
            source = FileSource(descriptor_path(fd), self._job.raw_output)
            self._zone = load(source, self._job.origin, self._job.rrclass, 0)
        return self._zone

    @property
    def key_use(self) -> tuple[bool, bool]:
        """Of the options csk and ksk_only, what the zone was signed with."""
        return self._job.ignore_ksk_flag, self._job.ksk_only_keyset

    @property
    def serial(self) -> int:
        """The serial of its SOA record."""
        return self.zone.serial

    def to_bytes(self) -> bytes:
        """The octets of the signed zone, in the format that it was signed in."""
        return read_all(self._fd)

    def to_dnspython(self, relativize: bool = True) -> dns.zone.Zone:
        """A new zone of dnspython."""
        return self.zone.to_dnspython(relativize)

    def write(self, path: StrPath) -> None:
        """Write these octets to a file, which appears under its name whole and durably, or not at all.

        FileError if it can't be written.
        """
        with file_for(path) as file:
            file.append_from(self._fd, os.fstat(self._fd).st_size)
            file.commit()

    def __enter__(self) -> SignedZone:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SignedZone {self.origin}, {self.report.octets} octets>"
