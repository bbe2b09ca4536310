"""`fastsign signing -list`: the records of the private type in a signed zone, as rndc lists them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import journals
import plain_named
import tools
from fastsign.keys import names
from fastsign.sign.private_type import CREATE, REMOVE, ChainProgress, KeyProgress
from inprocess import command
from policy_zone import ORIGIN, PolicyZone

ZONE = "$TTL 300\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n"
# So large that named, which is to take a name at a time, has not finished with what the records ask for.
LARGE = ZONE + "$GENERATE 1-20000 a$ A 192.0.2.1\n"
RECORDS = (
    KeyProgress(13, 1234),
    ChainProgress(CREATE),
    ChainProgress(REMOVE, 1, 10, b"\xaa"),
    KeyProgress(8, 5, True, True),
)


def with_records(*records: bytes, rrtype: int = 65534, zone: str = ZONE) -> str:
    return zone + "".join(f"@ 0 TYPE{rrtype} \\# {len(rdata)} {rdata.hex()}\n" for rdata in records)


def listed(path: Path, *words: str) -> str:
    return command("signing", "-list", "-f", path, "-o", "example", *words).stdout


def test_the_list_is_rndcs(tmp_path: Path) -> None:
    text = with_records(*(record.rdata for record in RECORDS), zone=LARGE)
    with plain_named.serving(tmp_path, {"example": text, "none": ZONE}) as rndc:
        theirs = [rndc("signing", "-list", name).stdout for name in ("example", "none")]
    assert [listed(tmp_path / "example.db"), listed(tmp_path / "none.db")] == theirs


def test_a_raw_file_and_its_journal_are_read(tmp_path: Path) -> None:
    """As named leaves them."""
    text = with_records(KeyProgress(13, 1).rdata)
    (tmp_path / "zone").write_text(text)
    tools.run("named-compilezone", "-q", "-F", "raw", "-o", "zone.raw", "example", "zone", cwd=tmp_path)
    assert listed(tmp_path / "zone.raw") == "Signing with key 1/ECDSAP256SHA256\n"
    origin = names.from_text("example.")
    done = ("@", 0, "TYPE65534", f"\\# 5 {KeyProgress(13, 1, complete=True).rdata.hex()}")
    begun = ("@", 0, "TYPE65534", f"\\# 5 {KeyProgress(13, 1).rdata.hex()}")
    change = journals.transaction(1, 2, [begun], [done], origin)
    (tmp_path / "zone.raw.jnl").write_bytes(journals.journal(1, 2, change))
    assert listed(tmp_path / "zone.raw") == "Done signing with key 1/ECDSAP256SHA256\n"


def test_the_configuration_tells_the_file_and_the_type(tmp_path: Path) -> None:
    zone = PolicyZone(tmp_path)
    zone.configure("sig-signing-type 65300;")
    zone.signed.write_text(
        with_records(KeyProgress(13, 7).rdata) + with_records(KeyProgress(15, 8).rdata, rrtype=65300)
    )
    assert zone.run("signing", "-list", ORIGIN).stdout == "Signing with key 8/ED25519\n"
    assert zone.run("signing", "-list", "-t", "65534", ORIGIN).stdout == "Signing with key 7/ECDSAP256SHA256\n"
    (tmp_path / "bare.db").write_text(ZONE)
    assert zone.run("signing", "-list", "bare.test").stdout == "No signing records found\n"


def test_a_record_that_says_nothing_spoils_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text(with_records(KeyProgress(13, 1).rdata, bytes(3)))
    done = command("signing", "-list", "-f", tmp_path / "zone", "-o", "example", check=False)
    assert (done.code, done.stdout) == (1, "Signing with key 1/ECDSAP256SHA256\n")
    assert done.stderr == "fastsign signing: record \\# 3 000000: 3 octets are no NSEC3 parameters\n"


def test_json_has_the_fields(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text(with_records(RECORDS[2].rdata, b"\1"))
    chain, broken = json.loads(listed(tmp_path / "zone", "--json"))
    assert (chain["iterations"], chain["salt"], chain["flags"], chain["text"]) == (10, "AA", 64, RECORDS[2].text)
    assert broken["problem"] == "1 octets are no signing record"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["-list", "-f", "x"], "-f FILE and -o ORIGIN need each other"),
        (["-list", "-f", "/nowhere", "-o", "x"], "/nowhere: file not found"),
        (["-f", "x", "-o", "x"], "syntax error: say -list"),
        (["-list", "-f", "x", "-o", "x", "y"], "extraneous arguments"),
        (["-list", "-t", "0", "-f", "x", "-o", "x"], "the type must be a number from 1 to 65535"),
        (["-list"], "unexpected end of input: no zone is named"),
    ],
)
def test_what_can_not_be_listed_is_said(words: list[str], complaint: str) -> None:
    done = command("signing", *words, check=False)
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr == f"fastsign signing: fatal: {complaint}\n"
