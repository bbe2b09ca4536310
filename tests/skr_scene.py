"""Signed key responses for tests: keys in a folder, and bundles signed with them."""

from __future__ import annotations

from pathlib import Path

import tools
from fastsign.keys import names
from fastsign.keys.ds import ds_rdata
from fastsign.keys.files import KeyFile, read_key
from fastsign.keys.skr import CDNSKEY, CDS, DNSKEY, Bundle, bundle_text, end_text
from fastsign.keys.skr_sign import BundleSigner
from fastsign.zone.sets import RRset

ZONE_TEXT = "example."
ZONE = names.from_text(ZONE_TEXT)
NOW = 1_795_000_000  # 2026-11-18
TTL = 3600
DAY = 86400


def keygen(folder: Path, *options: str, algorithm: int = 13, active: str = "20200101") -> KeyFile:
    """A key that is published since before NOW; with -f KSK one for the key records."""
    folder.mkdir(exist_ok=True)
    dates = ("-P", "20200101", "-A", active)
    bits = ("-b", "1024") if algorithm == 8 else ()
    line = ("-q", "-a", str(algorithm), *bits, "-L", str(TTL), *dates, *options, ZONE_TEXT)
    name = tools.run("dnssec-keygen", *line, cwd=folder).stdout.strip()
    return read_key(name, str(folder))


def bundle_of(
    ksks: list[KeyFile], zsks: list[KeyFile], inception: int = NOW, lasts: int = 14 * DAY, announced: bool = True
) -> Bundle:
    """A bundle that these KSKs have signed."""
    dnskeys = [key.rdata for key in (*ksks, *zsks)]
    rrsets = {DNSKEY: RRset(TTL, tuple(sorted(dnskeys)))}
    if announced:
        rrsets[CDNSKEY] = RRset(TTL, tuple(sorted(key.rdata for key in ksks)))
        rrsets[CDS] = RRset(TTL, tuple(sorted(ds_rdata(ZONE, key.rdata) for key in ksks)))
    return BundleSigner(ZONE).sign(inception, inception + lasts, rrsets, ksks)


def text_of(*bundles: Bundle) -> str:
    """The response that has these bundles."""
    return "".join(bundle_text(ZONE, bundle) for bundle in bundles) + end_text(NOW, "a test")
