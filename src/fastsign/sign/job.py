"""What one signing is asked to do: the command line, parsed and resolved, and nothing of it left to guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastsign.keys.ds import SHA256
from fastsign.keys.folder import KeyStore
from fastsign.sign import serial
from fastsign.sign.denial import Wanted
from fastsign.zone.source import FileSource, Source

if TYPE_CHECKING:  # a rare thing, and a start-up that is not to wait for it
    from fastsign.keys.pkcs11.settings import HsmSettings
    from fastsign.keys.skr import Bundle
    from fastsign.sign.spread import Spread

RAW = 3  # the style that is no text

# BIND's default validity, in seconds: from an hour ago, for clocks that are late, for thirty days.
BEGINS_BEFORE = 3600
LASTS = 30 * 86400

_DS = 43
_CHAIN_TYPES = (47, 50, 51)  # NSEC, NSEC3, NSEC3PARAM
_KEY_TYPES = (48, 59, 60)  # DNSKEY, CDS, CDNSKEY


@dataclass(frozen=True, slots=True)
class Job:
    """One signing of one zone. Times are seconds since 1970; names are in wire form as the user spelled them."""

    zone_file: str
    origin: bytes
    now: int
    inception: int
    expiration: int
    expiration_dnskey: int
    denial: Wanted  # -3, -H, -A, -u
    output: str | None = None  # None: standard output
    image: str | None = None  # file with the last run's signatures, which are kept where they fit; it gets the new ones
    style: int = 0  # 0: text, 1: full, 3: raw
    raw_input: bool = False  # -I raw
    journal: str | None = None  # -J: of the changes since the zone's file was written
    source: Source | None = None  # where the records come from, if not from these files; zone_file is its name then
    rrclass: int = 1
    key_directory: str = "."
    keys: KeyStore | None = None  # where the keys come from, if not from the folder
    smart: bool = False  # -S: keys and their use from the directory's timing metadata
    spread: Spread | None = None  # how much of a change of keys this run may make; None: all of it
    roles: Mapping[bytes, int] | None = None  # DNSKEY RDATA -> what it signs (SIGNS_*): a policy has decided it all
    key_names: tuple[str, ...] = ()  # keys that sign, instead of all that the zone has
    ksk_names: tuple[str, ...] = ()  # -k: keys that are key-signing keys whatever their flags
    serial_method: str = serial.KEEP
    today: int = 0  # YYYYMMDD in local time, for the serial method "date"
    check: bool = False  # -a: each new signature is verified, and that is counted
    dnssec_only: bool = False  # -D: of the signed zone only what signing adds to it is written
    drop_inactive: bool = False  # -Q: signatures by keys that are not active any more go
    drop_unpublished: bool = False  # -R: signatures by keys that are not in the zone any more go
    cycle: int | None = None  # -i: a signature of the input is replaced when it ends within so many seconds
    jitter: int = 0
    seed: int = 0  # of the jitter
    key_ttl: int | None = None  # -T
    named_ttls: bool = False  # do the TTLs of named keys count too? BIND asks those in the folder alone
    zonemd: tuple[int, ...] = ()  # hash numbers of the digests of the whole zone (RFC 8976)
    ksk_only_keyset: bool = False  # -x
    offline_keyset: Bundle | None = None  # DNSKEY, CDS, CDNSKEY records and signatures by a KSK elsewhere
    ignore_ksk_flag: bool = False  # -z
    verify: bool = True  # False: -P
    dsset_directory: str | None = "."  # None: no dsset- file
    keyset: bool = False  # -C: a keyset- file is written too
    child_ds: bool = False  # -g: DS records are those of the dsset- and keyset- files
    sync_digests: tuple[int, ...] = (SHA256,)  # -G: digest types of the CDS records
    sync_cdnskey: bool = True  # -G
    max_ttl: int | None = None  # -M
    workers: int = 0  # at most, 0: as many as there are cores; a small zone has one
    engine: str = ""
    hsm: HsmSettings | None = None  # how keys in HSMs are found and used
    header: bytes = b""  # what the output begins with: comment lines, or the header of a raw file

    @property
    def input(self) -> Source:
        """Where the records come from."""
        return self.source or FileSource(self.zone_file, self.raw_input, self.journal)

    @property
    def refresh(self) -> int:
        """Seconds that a signature has to last if it is to stay."""
        return (self.expiration - self.inception) % 2**32 // 4 if self.cycle is None else self.cycle

    @property
    def raw_output(self) -> bool:
        """Is the signed zone to be in BIND's raw format?"""
        return self.style == RAW

    @property
    def only(self) -> tuple[int, ...]:
        """Types of records that are written besides RRSIGs; empty: all.

        BIND leaves out CDS, CDNSKEY and DS records that it has changed, and signs them; with the file that is to
        include them such a zone would be bogus.
        """
        if not self.dnssec_only:
            return ()
        return _CHAIN_TYPES + (_KEY_TYPES if self.smart else ()) + ((_DS,) if self.child_ds else ())
