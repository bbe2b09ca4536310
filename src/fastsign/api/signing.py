"""Signing a zone: the arguments become a Job, which runs as a command's does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, Unpack

from fastsign.api.keys import Digest, Key, Keys, StrPath, digest_type
from fastsign.api.options import FLAG, FUNCTION, MOMENT, NUMBER, PATH, SPAN, TEXT, TIME, WORDS, Types, expect, given
from fastsign.api.signed import SignedZone
from fastsign.api.times import Moment, Span, clock, number_of_32_bits, seconds_since_1970
from fastsign.api.zone import (
    OutputFormat,
    Zone,
    ZoneFile,
    class_of,
    is_of_dnspython,
    name_of,
    output_path,
    system_errors,
)
from fastsign.errors import ZoneError
from fastsign.keys import names
from fastsign.keys.facts import class_name
from fastsign.keys.pkcs11.settings import HsmSettings
from fastsign.sign import serial as serials
from fastsign.sign.denial import ITERATIONS_MAX, SALT_MAX, Wanted
from fastsign.sign.job import BEGINS_BEFORE, LASTS, RAW, Job
from fastsign.sign.report import Report
from fastsign.sign.run import open_output, run
from fastsign.sign.zonemd import HASHES
from fastsign.zone.load import CLASS_IN
from fastsign.zone.raw import raw_header
from fastsign.zone.source import Source
from fastsign.zone.write import MemoryFile

SerialMethod = Literal["keep", "increment", "unixtime", "date"]
ZonemdHash = Literal["sha384", "sha512"]

_STYLES = {"text": 0, "full": 1, "raw": RAW}  # of the core's signer


@dataclass(frozen=True, slots=True)
class NSEC3:
    """Denial of existence by NSEC3 (RFC 5155), with the parameters that RFC 9276 asks for unless others are given."""

    salt: bytes = b""
    iterations: int = 0
    opt_out: bool = False

    def __post_init__(self) -> None:
        expect("salt", self.salt, (bytes,))
        expect("iterations", self.iterations, NUMBER)
        expect("opt_out", self.opt_out, FLAG)
        if not 0 <= self.iterations <= ITERATIONS_MAX:
            raise ValueError(f"iterations={self.iterations}: NSEC3 has at most {ITERATIONS_MAX}, and should have none")
        if len(self.salt) > SALT_MAX:
            raise ValueError(f"an NSEC3 salt has at most {SALT_MAX} octets")


class SigningOptions(TypedDict, total=False):
    """What sign_zone takes by name. What is not given, or None, has BIND's default."""

    now: int | datetime | None  # the moment of signing; None: by the clock
    inception: Moment | None  # of signatures; a timedelta counts from now. None: an hour ago, for clocks that are late
    expiration: Moment | None  # a timedelta counts from inception. None: thirty days after it
    expiration_dnskey: Moment | None  # the same for DNSKEY, CDS and CDNSKEY RRsets. None: as all others
    jitter: Span  # expirations are spread over so much time
    nsec3: NSEC3 | bool | None  # True: NSEC3(); False: NSEC; None: what the zone has, NSEC if it has neither
    serial: SerialMethod  # of the SOA record: "keep", "increment", "unixtime" or "date"
    zonemd: Iterable[ZonemdHash]  # digests over the whole zone (RFC 8976): "sha384", "sha512"
    dnskey_ttl: int | None  # of DNSKEY records where neither the zone nor its keys have a TTL
    max_ttl: int | None  # higher TTLs are brought down to it
    cds: Iterable[Digest]  # digests of the CDS records of keys whose time for them has come
    cdnskey: bool  # have those keys CDNSKEY records?
    refresh: Span | None  # signatures of the input with less to live are made anew. None: a quarter of the validity
    image: StrPath | None  # file with the last run's signatures, which stay as those of the input; it gets the new ones
    drop_inactive: bool  # signatures of the input by keys that are not active any more go
    drop_unpublished: bool  # and those by keys that have left the zone
    csk: bool | None  # key-signing keys sign everything. None: if one has that role, or if no other key is known at all
    ksk_only: bool  # zone-signing keys leave the DNSKEY RRset to the key-signing keys
    verify: bool  # False: what was written is not verified
    output: StrPath | None  # file for the signed zone; None: it stays in memory
    format: OutputFormat  # of the signed zone: "text", "full" or "raw"
    workers: int  # processes at most, 0: one a core; a small zone has none but this
    engine: str  # "openssl", "batch" or "crypto_mb"; "": the fastest
    hsm: HsmSettings | None  # how keys in HSMs are found and used
    watch: Callable[[str, int, int], None] | None  # told (step, done, all) on the way


SIGNING_TYPES: dict[str, Types] = {
    "now": TIME,
    "inception": MOMENT,
    "expiration": MOMENT,
    "expiration_dnskey": MOMENT,
    "jitter": SPAN,
    "nsec3": (NSEC3, bool),
    "serial": TEXT,
    "zonemd": WORDS,
    "dnskey_ttl": NUMBER,
    "max_ttl": NUMBER,
    "cds": WORDS,
    "cdnskey": FLAG,
    "refresh": SPAN,
    "image": PATH,
    "drop_inactive": FLAG,
    "drop_unpublished": FLAG,
    "csk": FLAG,
    "ksk_only": FLAG,
    "verify": FLAG,
    "output": PATH,
    "format": TEXT,
    "workers": NUMBER,
    "engine": TEXT,
    "hsm": (HsmSettings,),
    "watch": FUNCTION,
}


def sign_zone(
    zone: Zone | ZoneFile,
    keys: Keys | Key | StrPath | Iterable[Keys | Key | StrPath],
    **options: Unpack[SigningOptions],
) -> SignedZone:
    """Sign a zone, and verify what was written before anyone sees it.

    *zone* is a Zone, of which a copy is signed, or a ZoneFile, which is read straight into the signer. *keys* are Keys,
    or what Keys is made of; as with `signzone -S`, keys whose time has come enter the DNSKEY RRset, those whose time is
    over leave it, and each signs what its role says. *options* are listed, one a line, in SigningOptions.

    With *output*, that file is replaced once the signed zone is verified and on the disk, or else stays as it is.

    ValueError and TypeError for arguments that make no sense. If the zone can't be signed, a FastsignError:
    ZoneSyntaxError, ZoneError, JournalError, KeyFileError, SigningError, VerificationError, FileError.
    """
    options = given(options, SIGNING_TYPES, "sign_zone()")
    started = time.monotonic()
    report, told = Report(time.monotonic, watch=options.get("watch")), _Told()
    job = _job(zone, keys if isinstance(keys, Keys) else _keys(keys), options)
    with system_errors(f"{names.to_text(job.origin)} can't be signed"), ExitStack() as failing:
        output = failing.enter_context(MemoryFile() if job.output is None else open_output(job))
        fd = os.dup(output.fd)
        failing.callback(os.close, fd)
        signed = run(job, output, report, told)
        failing.pop_all()  # the descriptor is kept, and the output is closed
    return SignedZone(job, fd, signed.dsset, report.conclude(time.monotonic() - started), told.warnings)


class _Told:
    """Keeps what a signing warns of."""

    verbosity = 0

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def report(self, line: str) -> None: ...

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    remark = warn

    def note(self, text: str) -> None:
        self.warnings.append(text.strip())

    def detail(self, level: int, line: str) -> None: ...


def _keys(keys: Key | StrPath | Iterable[Keys | Key | StrPath]) -> Keys:
    return Keys(keys) if isinstance(keys, Key | str | os.PathLike) else Keys(*keys)


def _job(zone: Zone | ZoneFile, keys: Keys, options: SigningOptions) -> Job:
    """What the signer is to do: the options, resolved."""
    file, source, origin, rrclass = _subject(zone)
    now = clock(options.get("now"))
    store = keys.store(origin, now, options.get("csk"))
    inception, expiration, expiration_dnskey = _validity(options, now)
    style, output, image = _style(options.get("format", "text")), options.get("output"), options.get("image")
    return Job(
        zone_file=file,
        source=source,
        origin=origin,
        rrclass=rrclass,
        now=now,
        inception=inception,
        expiration=expiration,
        expiration_dnskey=expiration_dnskey,
        denial=_denial(options.get("nsec3")),
        output=None if output is None else output_path(output),
        image=None if image is None else output_path(image),
        style=style,
        header=raw_header(1, now) if style == RAW else b"",
        keys=store,
        smart=True,
        named_ttls=True,
        key_names=store.names,
        ignore_ksk_flag=store.csk,
        serial_method=_serial_method(options.get("serial", serials.KEEP)),
        today=serials.day_of(now),
        seed=int.from_bytes(os.urandom(8), "big") if "jitter" in options else 0,
        dsset_directory=None,
        **_numbers(options),
        **_switches(options),
    )


def _style(format: str) -> int:
    if format not in _STYLES:
        raise ValueError(f"format={format!r}: a zone is signed as one of {', '.join(_STYLES)}")
    return _STYLES[format]


def _subject(zone: Zone | ZoneFile) -> tuple[str, Source, bytes, int]:
    """(name for messages, where the records come from, the zone's name, its class)."""
    if isinstance(zone, Zone):
        subject = zone.origin, zone.source, zone.name, zone.class_number
    elif isinstance(zone, ZoneFile):
        subject = os.fspath(zone.path), zone.source, name_of(zone.origin), class_of(zone.rrclass)
    else:
        raise TypeError(f"{type(zone).__name__} is neither a Zone nor a ZoneFile{_hint(zone)}")
    if subject[3] != CLASS_IN:
        raise ZoneError(f"{names.to_text(subject[2])} has class {class_name(subject[3])}: only class IN can be signed")
    return subject


def _hint(zone: object) -> str:
    if isinstance(zone, SignedZone):
        return "; its .zone is one"
    return "; Zone.from_dnspython makes one of it" if is_of_dnspython(zone) else ""


def _validity(options: SigningOptions, now: int) -> tuple[int, int, int]:
    """Inception, expiration, and expiration of what key-signing keys sign; modulo 2**32, as they stand in RRSIGs."""
    by_default = {"inception": timedelta(seconds=-BEGINS_BEFORE), "expiration": timedelta(seconds=LASTS)}
    moments: dict[str, Any] = {**by_default, **options}
    inception = seconds_since_1970(moments["inception"], now)
    expiration = seconds_since_1970(moments["expiration"], inception)
    expiration_dnskey = seconds_since_1970(moments.get("expiration_dnskey", expiration), inception)
    for name, moment, base in (
        ("inception", inception, now),
        ("expiration", expiration, inception),
        ("expiration_dnskey", expiration_dnskey, inception),
    ):
        if abs(moment - base) >= 2**31:  # RFC 4034 section 3.1.5: it would be taken for another
            raise ValueError(f"{name} is more than 68 years from {'now' if name == 'inception' else 'inception'}")
    return inception % 2**32, expiration % 2**32, expiration_dnskey % 2**32


def _denial(nsec3: NSEC3 | bool | None) -> Wanted:
    """What is asked for replaces a chain that the zone has."""
    if nsec3 is None:
        return Wanted()
    if nsec3 is False:
        return Wanted(update=True)
    wanted = NSEC3() if nsec3 is True else nsec3
    return Wanted(wanted.salt, wanted.iterations, wanted.opt_out, update=True)


def _serial_method(method: str) -> str:
    if method not in serials.METHODS:
        raise ValueError(f"serial={method!r}: it is one of {', '.join(serials.METHODS)}")
    return method


# Options that are numbers, or spans of time -> the fields of a Job.
_NUMBERS = {"jitter": "jitter", "refresh": "cycle", "dnskey_ttl": "key_ttl", "max_ttl": "max_ttl", "workers": "workers"}


def _numbers(options: SigningOptions) -> dict[str, Any]:
    spans: dict[str, Any] = {name: span for name, span in dict[str, Any](options).items() if name in _NUMBERS}
    return {_NUMBERS[name]: number_of_32_bits(name, span) for name, span in spans.items()}


def _switches(options: SigningOptions) -> dict[str, Any]:
    switches = {
        "zonemd": tuple(sorted({_zonemd_hash(name) for name in options.get("zonemd", ())})),
        "sync_digests": tuple(digest_type(name) for name in options["cds"]) if "cds" in options else None,
        "sync_cdnskey": options.get("cdnskey"),
        "drop_inactive": options.get("drop_inactive"),
        "drop_unpublished": options.get("drop_unpublished"),
        "ksk_only_keyset": options.get("ksk_only"),
        "verify": options.get("verify"),
        "engine": options.get("engine"),
        "hsm": options.get("hsm"),
    }
    return {name: value for name, value in switches.items() if value is not None}


def _zonemd_hash(name: str) -> int:
    if name not in HASHES:
        raise ValueError(f"unknown ZONEMD hash {name!r}; it is one of {', '.join(HASHES)}")
    return HASHES[name]
