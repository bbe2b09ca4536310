"""A child zone's DNSKEY, CDS and CDNSKEY records with any signatures, and the dsset file of its parent."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ORIGIN = dns.name.from_text("Child.example.")
DAY = 86400


@dataclass(frozen=True)
class Key:
    private: Any
    rdata: dns.rdata.Rdata

    @property
    def tag(self) -> int:
        return dns.dnssec.key_id(self.rdata)

    def ds(self, digest: str = "SHA256") -> str:
        return str(dns.dnssec.make_ds(ORIGIN, self.rdata, digest, policy=dns.dnssec.allow_all_policy))


def make_key(algorithm: int = 13, flags: int = 257) -> Key:
    private: Any
    if algorithm in (5, 8, 10):
        private = rsa.generate_private_key(65537, 1024)
    elif algorithm == 15:
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = ec.generate_private_key(ec.SECP384R1() if algorithm == 14 else ec.SECP256R1())
    public = private.public_key()
    return Key(private, dns.dnssec.make_dnskey(public, algorithm, flags))


def records(rrtype: str, texts: list[str], ttl: int = 300) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(ORIGIN, ttl, "IN", rrtype, texts)


def signatures(
    rrset: dns.rrset.RRset, key: Key, begins: int = -3600, ends: int = DAY, signer: dns.name.Name = ORIGIN
) -> str:
    """A line with a signature over the RRset; the moments in seconds from now."""
    now = int(time.time())
    times = {"inception": now + begins, "expiration": now + ends}
    made = dns.dnssec.sign(rrset, key.private, signer, key.rdata, policy=dns.dnssec.allow_all_policy, **times)
    return f"{ORIGIN} {rrset.ttl} IN RRSIG {made}\n"


def write_child(
    path: Path, rrsets: list[dns.rrset.RRset], signers: list[Key], begins: int = -3600, ends: int = DAY
) -> str:
    """A file of RRsets, each signed by each key."""
    lines = [f"{rrset}\n" + "".join(signatures(rrset, key, begins, ends) for key in signers) for rrset in rrsets]
    path.write_text("".join(lines))
    return path.name


def write_parent(path: Path, ds: list[str], age: int = 2 * 3600, ttl: str = "") -> str:
    """A dsset file that is some seconds old."""
    path.write_text("".join(f"{ORIGIN}\t\t{ttl} IN DS {text}\n" for text in ds))
    then = int(time.time()) - age
    os.utime(path, (then, then))
    return path.name


def dnskeys(*keys: Key) -> dns.rrset.RRset:
    return records("DNSKEY", [str(key.rdata) for key in keys])


def cds(*keys: Key, digests: tuple[str, ...] = ("SHA256",)) -> dns.rrset.RRset:
    return records("CDS", [key.ds(digest) for key in keys for digest in digests])


def cdnskeys(*keys: Key) -> dns.rrset.RRset:
    return records("CDNSKEY", [str(key.rdata) for key in keys])
