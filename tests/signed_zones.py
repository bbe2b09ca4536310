"""Zones that BIND has signed, as records that a test can change, and as an arena to verify."""

from __future__ import annotations

import contextlib
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass

import tools
from fastsign.errors import VerificationError
from fastsign.sign.verify import verify_records
from fastsign.sign.verify_report import VerifyOptions, VerifyReport
from fastsign.zone.order import order_zone
from zones import arena_of

ZONE = """\
$TTL 3600
@ IN SOA ns1 host 1 7200 3600 1209600 900
  NS ns1
  NS ns2.Sub
  MX 10 Mail
  TXT "apex" "two"
ns1 A 192.0.2.1
Mail A 192.0.2.2
  A 192.0.2.3
  AAAA 2001:db8::1
*.wild TXT "x"
a.b.c.ent A 192.0.2.9
x.ent NS ns1
low.deep.insecure NS ns1
sub NS ns2.Sub
sub A 192.0.2.77
ns2.sub A 192.0.2.3
sec NS ns.sec
sec DS 12345 13 2 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE000000000000000000000000
ns.sec A 192.0.2.4
dn DNAME example.net.
x.dn A 192.0.2.5
srv._tcp SRV 1 2 3 Target.Example.
rare TYPE65400 \\# 3 abcdef
  CAA 0 issue "ca.example"
  NAPTR 1 2 "S" "sip" "" Next.Example.
alias CNAME Mail
esc\\.aped\\001 HINFO "a" "b"
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One record; its RDATA in wire form."""

    owner: dns.name.Name
    rrtype: int
    ttl: int
    wire: bytes

    @property
    def identity(self) -> tuple[bytes, int, int, bytes]:
        """Equal for records that DNS takes for the same; RDATA that is not well formed is as it is."""
        canonical = self.wire
        with contextlib.suppress(dns.exception.DNSException):
            rdata = dns.rdata.from_wire(dns.rdataclass.IN, self.rrtype, self.wire, 0, len(self.wire))
            canonical = rdata.to_digestable(dns.name.root)
        return self.owner.canonicalize().to_wire(), self.rrtype, self.ttl, canonical

    def text(self) -> str:
        """A line of a zone file, in the form of RFC 3597."""
        return f"{self.owner} {self.ttl} IN TYPE{self.rrtype} \\# {len(self.wire)} {self.wire.hex()}\n"


def read_raw(path: Path) -> list[Record]:
    """The records of a zone in BIND's raw format (lib/dns/masterdump.c)."""
    octets = path.read_bytes()
    _, version, _ = struct.unpack_from(">III", octets)
    at, records = 12 + (12 if version == 1 else 0), []
    while at < len(octets):
        _, _, rrtype, _, ttl, count, name_length = struct.unpack_from(">IHHHIIH", octets, at)
        at += 20
        owner, _ = dns.name.from_wire(octets[at : at + name_length], 0)
        at += name_length
        for _ in range(count):
            (length,) = struct.unpack_from(">H", octets, at)
            records.append(Record(owner, rrtype, ttl, octets[at + 2 : at + 2 + length]))
            at += 2 + length
    return records


def write_records(path: Path, records: list[Record]) -> Path:
    path.write_text("".join(r.text() for r in records))
    return path


def make_key(folder: Path, algorithm: int, *options: str, zone: str = "example") -> str:
    """A key pair in *folder*; returns its file name without the ending."""
    size = ("-b", "1024") if algorithm in (5, 7, 8, 10) else ()
    return tools.run("dnssec-keygen", "-q", "-a", str(algorithm), *size, *options, zone, cwd=folder).stdout.strip()


def sign(folder: Path, text: str, *options: str, zone: str = "example", keys: tuple[str, ...] = ()) -> list[Record]:
    """Sign with dnssec-signzone, all keys in *folder* in the zone; without *keys* all that have private parts sign."""
    names = sorted(path.read_text() for path in folder.glob("K*.key"))
    source, signed = folder / "zone", folder / "zone.signed"
    source.write_text(text + "".join(names))
    tools.run("dnssec-signzone", "-q", "-O", "raw", "-o", zone, "-f", signed, *options, source, *keys, cwd=folder)
    return read_raw(signed)


def verify(
    records: list[Record], options: VerifyOptions | None = None, zone: str = "example", now: int | None = None
) -> VerifyReport:
    """Our verdict on these records: the report, whether they pass or not."""
    arena = arena_of([(r.owner.to_wire(), r.rrtype, r.ttl, r.wire) for r in records])
    apex = dns.name.from_text(zone).to_wire()
    moment = int(time.time()) if now is None else now
    try:
        return verify_records(arena, order_zone(arena, apex), apex, options or VerifyOptions(), moment)
    except VerificationError as error:
        report = error.report
    assert isinstance(report, VerifyReport)
    assert report.failed
    return report


@dataclass(frozen=True, slots=True)
class Said:
    """What a verifier said."""

    code: int
    output: list[str]
    messages: list[str]


def bind_verify(path: Path, *options: str, zone: str = "example") -> Said:
    """dnssec-verify's verdict; its report without the line that names the file, its messages sorted."""
    done = tools.run("dnssec-verify", *options, "-o", zone, path, check=False)
    return Said(done.returncode, done.stdout.splitlines()[2:], sorted(done.stderr.splitlines()))


def our_words(report: VerifyReport) -> Said:
    return Said(int(report.failed), list(report.output()), sorted("\n".join(report.messages()).splitlines()))
