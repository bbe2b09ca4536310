"""Zones in memory: from files, text and dnspython, as the command loads them, and back."""

from __future__ import annotations

import os
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.zone
import pytest

import fastsign
import tools
from differential_zones import ORIGIN, ZONE, records
from fastsign import Zone, ZoneFile
from journals import journal, soa, transaction

TEXT = "$TTL 300\n" + "\n".join(ZONE) + "\n"
EVERY_TYPE = Path(__file__).parents[1] / "data" / "every_type.zone"
SMALL = "@ 300 SOA ns h 7 1 1 1 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n"


def as_set(zone: Zone) -> set[tuple[str, int, str, str]]:
    return {(owner.lower(), ttl, rrtype, rdata) for owner, ttl, rrtype, rdata in zone}


def test_text_octets_and_file_are_the_same_zone(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text(TEXT)
    zones = [
        Zone.from_text(TEXT, ORIGIN),
        Zone.from_text(TEXT.encode(), ORIGIN),
        Zone.load(tmp_path / "zone", ORIGIN),
        ZoneFile(tmp_path / "zone", ORIGIN).load(),
    ]
    assert {tuple(zone) for zone in zones} == {tuple(zones[0])}
    assert len(zones[0]) == len(ZONE)
    assert (zones[0].origin, zones[0].rrclass, zones[0].serial) == ("Example.", "IN", 1)


def normal(path: Path) -> list[str]:
    """The records as BIND has them, whatever their case: 9.18 takes a name's from where it first met its labels."""
    return sorted(line.lower() for line in records(path, "example."))


@pytest.mark.parametrize("format", ["text", "full", "raw"])
def test_a_written_zone_is_the_same_zone_and_bind_reads_it_alike(tmp_path: Path, format: str) -> None:
    zone = Zone.load(EVERY_TYPE, "example.")
    zone.write(tmp_path / "written", format, now=0)
    again = Zone.load(tmp_path / "written", "example.", format="raw" if format == "raw" else "text")
    assert as_set(again) == {record for record in as_set(zone) if not record[0].endswith("other.test.")}
    if format != "raw":
        assert normal(tmp_path / "written") == normal(EVERY_TYPE)
    assert [path.name for path in tmp_path.iterdir()] == ["written"]


@pytest.mark.parametrize("format", ["text", "full", "raw"])
def test_a_written_zone_is_what_bind_writes_octet_by_octet(tmp_path: Path, format: str) -> None:
    (tmp_path / "zone").write_text(TEXT)
    layout = {"text": ("-s", "relative"), "full": ("-s", "full"), "raw": ("-F", "raw")}[format]
    tools.run("named-compilezone", "-q", "-i", "none", *layout, "-o", "theirs", ORIGIN, "zone", cwd=tmp_path)
    theirs = (tmp_path / "theirs").read_bytes()
    written_at = int.from_bytes(theirs[8:12], "big") if format == "raw" else 0
    Zone.from_text(TEXT, ORIGIN).write(tmp_path / "ours", format, now=written_at)
    ours = (tmp_path / "ours").read_bytes()
    if format == "raw":  # BIND's order is that of its hash tables
        assert sorted(Zone.from_raw(ours, ORIGIN)) == sorted(Zone.from_raw(theirs, ORIGIN))
        assert (len(ours), ours[:24]) == (len(theirs), theirs[:24])
    else:
        assert ours == theirs


def test_signatures_that_belong_to_nothing_are_written_too() -> None:
    signature = "13 2 300 20300101000000 20200101000000 1 example. AAAA"
    text = (
        f"{SMALL}sub 300 NS ns.sub\nns.sub 300 A 192.0.2.5\nns.sub 300 RRSIG A {signature}\nx 300 RRSIG A {signature}\n"
    )
    zone = Zone.from_text(text, "example.")
    assert as_set(Zone.from_text(zone.to_text("full"), "example.")) == as_set(zone)


def test_a_raw_zone_is_what_bind_compiles(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text(TEXT)
    tools.run("named-compilezone", "-q", "-i", "none", "-F", "raw", "-o", "raw", ORIGIN, "zone", cwd=tmp_path)
    assert as_set(Zone.from_raw((tmp_path / "raw").read_bytes(), ORIGIN)) == as_set(Zone.from_text(TEXT, ORIGIN))
    assert as_set(Zone.load(tmp_path / "raw", ORIGIN, format="raw")) == as_set(Zone.from_text(TEXT, ORIGIN))


@pytest.mark.parametrize("relativize", [True, False])
def test_every_type_travels_to_dnspython_and_back(relativize: bool) -> None:
    zone = Zone.load(EVERY_TYPE, "example.")
    bridged = zone.to_dnspython(relativize)
    assert bridged.relativize == relativize
    inside = {record for record in as_set(zone) if not record[0].endswith("other.test.")}
    back = as_set(Zone.from_dnspython(bridged))
    if relativize:  # a name that was relative has the origin's spelling
        inside, back = ({(*head, rdata.lower()) for *head, rdata in records} for records in (inside, back))
    assert back == inside


def test_a_zone_of_dnspython_is_that_of_its_text() -> None:
    for relativize in (True, False):
        theirs = dns.zone.from_text(TEXT, ORIGIN, relativize=relativize)
        assert as_set(Zone.from_dnspython(theirs)) == as_set(Zone.from_text(TEXT, ORIGIN))
        assert Zone.from_text(TEXT, ORIGIN).to_dnspython(relativize) == theirs


def test_ttls_of_an_rrset_and_its_signatures_reach_dnspython() -> None:
    text = "@ 60 SOA ns h 1 1 1 1 1\n@ 5 A 192.0.2.2\na 5 A 192.0.2.1\n@ 50 A 192.0.2.1\n"
    for ttl, covered in ((7, "A"), (9, "SOA")):
        text += f"@ {ttl} RRSIG {covered} 13 1 60 20300101000000 20200101000000 1 example. AAAA\na 5 A 192.0.2.1\n"
    zone = Zone.from_text(text, "example.").to_dnspython()
    assert (zone.find_rdataset("@", "A").ttl, len(zone.find_rdataset("@", "A"))) == (50, 2)
    assert [zone.find_rdataset("@", "RRSIG", covers=covered).ttl for covered in ("A", "SOA")] == [7, 9]


def test_the_class_travels() -> None:
    zone = Zone.from_text("@ 300 CH SOA ns h 1 1 1 1 1\n@ 300 CH TXT x\n", "example.", rrclass="CH")
    assert zone.rrclass == "CH"
    bridged = zone.to_dnspython()
    assert bridged.rdclass == dns.rdataclass.CH
    assert Zone.from_dnspython(bridged).rrclass == "CH"
    assert list(Zone.from_text(zone.to_text(), "example.", rrclass="CH")) == list(zone)
    with pytest.raises(fastsign.ZoneError, match="only class IN"):
        fastsign.sign_zone(zone, [])


def test_the_spelling_of_names_is_kept() -> None:
    zone = Zone.from_text(SMALL + "WwW 300 CNAME Ns.eXample.\n", "eXample.")
    assert list(zone)[-1] == ("WwW.eXample.", 300, "CNAME", "Ns.eXample.")
    assert zone.origin == Zone.from_dnspython(zone.to_dnspython()).origin == "eXample."


def test_records_outside_of_the_zone_pass_through_a_signing_and_go_nowhere_else() -> None:
    zone = Zone.from_text(SMALL + "a.other. 300 A 192.0.2.9\n", "example.")
    signed = fastsign.sign_zone(zone, fastsign.Key.generate("example.", "csk"))
    assert b"a.other." in signed.to_bytes()
    assert "a.other." not in zone.to_text() + signed.zone.to_text()
    assert "a.other." in {record.owner for record in zone}
    assert len(list(zone.to_dnspython().iterate_rdatas())) == 3


def test_an_error_tells_the_file_and_the_line(tmp_path: Path) -> None:
    with pytest.raises(fastsign.ZoneSyntaxError) as caught:
        Zone.from_text(SMALL + "www 300 A 192.0.2.256\n", "example.", name="<upload>")
    assert (caught.value.file, caught.value.line) == ("<upload>", 4)
    (tmp_path / "zone").write_text(SMALL + "www 300 NOTYPE x\n")
    with pytest.raises(fastsign.ZoneSyntaxError) as caught:
        Zone.load(tmp_path / "zone", "example.")
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "zone"), 4)


def test_a_conflict_is_told_of_when_the_zone_is_used_with_its_line() -> None:
    zone = Zone.from_text(SMALL + "ns 300 CNAME x\n", "example.", name="<upload>")
    with pytest.raises(fastsign.ZoneSyntaxError, match=r"^<upload>:4: ns.example: CNAME and other data"):
        zone.to_text()


def test_text_from_elsewhere_reads_no_files_unless_it_may(tmp_path: Path) -> None:
    (tmp_path / "included").write_text("www 300 A 192.0.2.80\n")
    text = f"{SMALL}$INCLUDE {tmp_path / 'included'}\n"
    with pytest.raises(fastsign.ZoneSyntaxError, match=r"^<text>:4: \$INCLUDE is not allowed here"):
        Zone.from_text(text, "example.")
    assert len(Zone.from_text(text, "example.", include=True)) == 4


@pytest.mark.parametrize(
    ("octets", "error"),
    [(b"", fastsign.RawFormatError), (b"\0" * 40, fastsign.RawFormatError), (b"\0\0\0\2", fastsign.RawFormatError)],
)
def test_octets_that_are_no_raw_zone_are_refused(octets: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        Zone.from_raw(octets, "example.")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(fastsign.FastsignError, match="file not found"):
        Zone.load(tmp_path / "nothing", "example.")
    with pytest.raises(fastsign.FastsignError, match="file not found"):
        Zone.load(tmp_path / "nothing", "example.", format="raw")
    with pytest.raises(fastsign.FileError, match="file not found"):
        Zone.from_text(SMALL, "example.").write(tmp_path / "no" / "folder")
    with pytest.raises(fastsign.ZoneError, match="no SOA"):
        assert Zone.from_text("", "example.").serial


def test_arguments_that_make_no_sense_are_value_errors() -> None:
    with pytest.raises(ValueError, match="no name of a zone: empty label"):
        Zone.from_text(SMALL, "a..b")
    with pytest.raises(ValueError, match="unknown class"):
        Zone.from_text(SMALL, "example.", rrclass="INTERNET")
    with pytest.raises(ValueError, match="no origin"):
        Zone.from_dnspython(dns.zone.Zone(None))
    with pytest.raises(ValueError, match="text or raw"):
        Zone.load("zone", "example.", format="zip")
    with pytest.raises(ValueError, match="text, full, raw"):
        Zone.from_text(SMALL, "example.").to_text("zip")


@pytest.mark.parametrize(("rrtype", "rdata"), [("A", b"\1\2\3"), ("TKEY", b"\0"), ("ANY", b""), ("OPT", b"")])
def test_what_no_zone_may_have_does_not_come_in_from_dnspython(rrtype: str, rdata: bytes) -> None:
    theirs = dns.zone.from_text(SMALL, "example.")
    number = dns.rdatatype.from_text(rrtype)
    rdataset = dns.rdataset.Rdataset(dns.rdataclass.IN, number)
    rdataset.add(dns.rdata.GenericRdata(dns.rdataclass.IN, number, rdata))
    theirs.replace_rdataset("bad", rdataset)
    with pytest.raises(fastsign.RawFormatError):
        Zone.from_dnspython(theirs)


def test_the_loader_s_warnings_are_kept() -> None:
    text = SMALL + "ns 300 RRSIG A 13 2 300 20200101000000 20190101000000 1 example. AAAA\n"
    assert [warning.partition(": ")[2] for warning in Zone.from_text(text, "example.").warnings] == [
        "signature has expired"
    ]
    assert Zone.from_text(text, "example.", now=1560000000).warnings == ()


def test_a_journal_brings_the_zone_up_to_date_and_a_missing_one_is_told_of(tmp_path: Path) -> None:
    text = "\n".join(
        f"{owner} {ttl} {rrtype} {rdata}" for owner, ttl, rrtype, rdata in (soa(7), ("@", 300, "NS", "ns"))
    )
    (tmp_path / "zone").write_text(text + "\n")
    path, key = tmp_path / "zone.jnl", fastsign.Key.generate("example.", "csk")
    file = ZoneFile(tmp_path / "zone", "example.", journal=path)
    warning = f"journal file {path} not found"
    assert file.load().warnings == fastsign.sign_zone(file, key).warnings == (warning,)
    path.write_bytes(journal(7, 8, transaction(7, 8, [], [("new", 300, "TXT", "x")], b"\7example\0")))
    assert (file.load().serial, list(file.load())[-1].owner) == (8, "new.example.")
    signed = fastsign.sign_zone(file, key)
    assert (signed.serial, signed.warnings) == (8, ())
    path.write_bytes(b"no journal")
    for use in (file.load, lambda: fastsign.sign_zone(file, key)):
        with pytest.raises(fastsign.JournalError):
            use()


def test_importing_the_package_imports_next_to_nothing() -> None:
    code = "import sys; before = set(sys.modules); import fastsign; print(*sorted(set(sys.modules) - before))"
    # Without site-packages, whose own start-up imports this and that.
    environ = os.environ | {"PYTHONPATH": str(Path(fastsign.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env=environ)
    assert [name for name in done.stdout.split() if name not in ("fastsign", "__future__")] == []


def test_loading_signing_and_verifying_import_nothing_heavy() -> None:
    code = "import sys, fastsign; [getattr(fastsign, name) for name in fastsign.__all__]; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "dns", "cryptography", "rich", "multiprocessing", "asyncio"}
    assert not heavy & {name.partition(".")[0] for name in done.stdout.split()}


def test_what_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        attrgetter("nonsense")(fastsign)
    assert set(fastsign.__all__) <= set(dir(fastsign))
