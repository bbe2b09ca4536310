"""Signing with --zonemd: what others make of it, and that a wrong digest never leaves."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import dns.zone
import pytest

import tools
from fastsign.sign import pipeline
from fastsign.sign import verify as verify_module
from inprocess import Done, command, signzone
from spoiling import spoil

# Nothing that Knot or ldns refuses in a zone: names below a DNAME, records out of the zone.
ZONE = """\
$TTL 3600
@ IN SOA ns1 host 1 7200 3600 1209600 900
  NS ns1
  NS ns2.Sub
  MX 10 Mail
ns1 A 192.0.2.1
Mail A 192.0.2.2
  AAAA 2001:db8::1
*.wild TXT "x"
a.b.c.ent A 192.0.2.9
sub NS ns2.Sub
sub A 192.0.2.77
ns2.sub A 192.0.2.3
UPPER.Sub 60 TXT "occluded"
sec NS ns.sec
sec DS 12345 13 2 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE000000000000000000000000
ns.sec A 192.0.2.4
dn DNAME example.net.
srv._tcp SRV 1 2 3 Target.Example.
alias CNAME Mail
dup 60 TXT "once"
dup 60 TXT "once"
"""

OPTIONS = ("-o", "example", "-S", "-f", "signed")
ZEROS = f"@ ZONEMD 1 1 1 {'0' * 96}\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for options in (("-f", "KSK"), ()):
        tools.run("dnssec-keygen", "-q", "-a", "15", *options, "example", cwd=folder)
    return folder


@pytest.fixture
def folder(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(keys, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    Path("zone").write_text(ZONE)
    return tmp_path


def verify(path: str = "signed") -> Done:
    return command("verify", "-q", "-o", "example", path, check=False)


def zonemds(path: str = "signed") -> list[list[str]]:
    """Serial, scheme and hash of the zone's ZONEMD records."""
    return [found.split() for found in re.findall(r"(?<!RRSIG)\sZONEMD\s+(\d+ \d+ \d+)", Path(path).read_text())]


# ---- others agree


@pytest.mark.parametrize(
    ("hashes", "options"),
    [
        (["--zonemd", "sha384"], []),
        (["--zonemd=SHA512"], ["-3", "abcd"]),
        (["--zonemd", "sha512,sha384"], ["-O", "full", "-j", "3600"]),
        (["--zonemd", "sha384", "--zonemd", "sha512", "--zonemd", "sha384"], ["-3", "-", "-N", "increment"]),
        (["--zonemd", "sha384"], ["-x", "-P", "-e", "now+600", "-3", "-"]),
    ],
    ids=" ".join,
)
def test_bind_ldns_and_dnspython_accept_it(hashes: list[str], options: list[str], folder: Path) -> None:
    signzone(*OPTIONS, *hashes, *options, "zone")
    tools.accept(folder / "signed", "example")
    tools.run("ldns-verify-zone", "-Z", "-Z", "signed", cwd=folder)
    zone = dns.zone.from_file("signed", "example.", relativize=False)
    found = zone.get_rdataset("example.", "ZONEMD")
    assert found is not None
    assert len(found) == (2 if "384" in str(hashes) and "512" in str(hashes) else 1)
    for record in found:
        zone.verify_digest(record)
        assert record.serial == zone.get_soa().serial
    assert verify() == Done(0, "", "")


def test_an_opt_out_chain_and_records_out_of_the_zone_are_digested_right(folder: Path) -> None:
    """ldns can't read either."""
    Path("zone").write_text(ZONE + "out.of.zone. 60 A 192.0.2.1\n")
    signzone(*OPTIONS, "--zonemd", "sha384", "-3", "-", "-A", "zone")
    assert "out.of.zone" in Path("signed").read_text()
    tools.run("dnssec-verify", "-q", "-o", "example", "signed", cwd=folder)
    zone = dns.zone.from_file("signed", "example.", relativize=False)
    zone.verify_digest()
    assert verify() == Done(0, "", "")


@pytest.mark.parametrize("number", ["384", "512"])
def test_zones_of_ldns_and_knot_verify(number: str, folder: Path) -> None:
    names = sorted(path.stem for path in folder.glob("K*.private"))
    tools.run("ldns-signzone", "-z", f"sha{number}", "-n", "-o", "example", "-f", "ldns", "zone", *names, cwd=folder)
    assert zonemds("ldns") == [["1", "1", {"384": "1", "512": "2"}[number]]]
    assert verify("ldns") == Done(0, "", "")
    (folder / "knot").mkdir()
    (folder / "db").mkdir()
    zone = f"zone:\n  - domain: example\n    file: {folder}/zone\n    dnssec-signing: on\n"
    generate = f"    zonemd-generate: zonemd-sha{number}\n    semantic-checks: off\n"
    (folder / "knot.conf").write_text(f"database:\n  storage: {folder}/db\n{zone}{generate}")
    tools.run("kzonesign", "-c", "knot.conf", "-o", "knot", "example", cwd=folder)
    (signed,) = map(str, (folder / "knot").iterdir())
    assert len(zonemds(signed)) == 1
    assert verify(signed).code == 0


def test_a_wrong_digest_fails_where_bind_sees_nothing(folder: Path) -> None:
    """BIND signs the ZONEMD record that it finds."""
    Path("zone").write_text(ZONE + ZEROS)
    tools.run("dnssec-signzone", *OPTIONS, "zone", cwd=folder)
    tools.run("dnssec-verify", "-q", "-o", "example", "signed", cwd=folder)
    done = command("verify", "-o", "example", "signed", check=False)
    assert done.code == 1
    assert done.stdout.splitlines()[-1] == "DNSSEC completeness test failed (bad zone digest)."
    pattern = r"Bad ZONEMD record for example \(SIMPLE SHA384\), digest mismatch \(expected:[0-9a-f]{96}, found:0+\)\n"
    assert re.fullmatch(pattern, done.stderr)
    assert tools.run("ldns-verify-zone", "-Z", "-Z", "signed", cwd=folder, check=False).returncode != 0


# ---- the same octets however it is made


def test_any_number_of_workers_writes_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_POOL_FROM_ROWS", 0)
    monkeypatch.setattr(verify_module, "_POOL_FROM_RRSETS", 0)
    many = "".join(f"h{i} NS ns.h{i}\nns.h{i} A 192.0.2.{i % 250}\n" for i in range(700))
    Path("zone").write_text(ZONE + many)
    written = set()
    for workers in ("1", "2", "5"):
        signzone(*OPTIONS, "--zonemd", "sha384,sha512", "-3", "-", "-n", workers, "zone", now=1_800_000_000)
        written.add(Path("signed").read_bytes())
    assert len(written) == 1


def test_standard_output_gets_what_the_file_gets(folder: Path) -> None:
    options = ("--zonemd", "sha384", "-O", "full", "zone")
    signzone(*OPTIONS, *options, now=1_800_000_000)
    done = signzone("-o", "example", "-S", "-f", "-", *options, now=1_800_000_000)
    assert done.stdout == Path("signed").read_text()


@pytest.mark.parametrize("algorithm", ["8", "13", "14"])
def test_every_kind_of_signature_fits_its_place(algorithm: str, folder: Path) -> None:
    for options in (("-f", "KSK"), ()):
        tools.run("dnssec-keygen", "-q", "-a", algorithm, *(("-b", "1024") if algorithm == "8" else ()), *options,
                  "example", cwd=folder)  # fmt: skip
    signzone(*OPTIONS, "--zonemd", "sha384", "zone")
    assert verify().code == 0
    tools.run("ldns-verify-zone", "-Z", "-Z", "signed", cwd=folder)


# ---- signing again


def test_a_signed_zone_is_signed_again_with_a_new_digest(folder: Path) -> None:
    signzone(*OPTIONS, "--zonemd", "sha384", "zone")
    shutil.copy("signed", "old")
    Path("zone2").write_text(Path("signed").read_text() + "new 60 TXT new\n")
    done = signzone(*OPTIONS, "--zonemd", "sha512", "-N", "increment", "-t", "zone2")
    retained = re.search(r"Signatures retained: +(\d+)", done.stdout)
    assert retained
    assert int(retained[1]) > 20
    assert zonemds() == [["2", "1", "2"]]
    assert verify() == Done(0, "", "")


def test_an_old_digest_is_never_published(folder: Path) -> None:
    """Knot, ldns and BIND sign it again as it stands."""
    signzone(*OPTIONS, "--zonemd", "sha384", "zone")
    shutil.copy("signed", "zone2")
    done = signzone(*OPTIONS, "zone2")
    assert "warning: the zone's ZONEMD record does not fit the signed zone and is left out; --zonemd" in done.stderr
    assert "ZONEMD" not in Path("signed").read_text()
    assert verify().code == 0


def test_a_digest_below_the_apex_is_data(folder: Path) -> None:
    """RFC 8976 section 2: it is allowed there and means nothing."""
    Path("zone").write_text(ZONE + ZEROS.replace("@", "below"))
    done = signzone(*OPTIONS, "zone")
    assert done.stderr == ""
    assert len(zonemds()) == 1
    assert verify().code == 0


# ---- the gate


def test_the_gate_sees_what_no_signature_covers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bit of glue flips between the signer and the verifier."""
    Path("signed").write_text("what was there before\n")
    spoil(monkeypatch, lambda path: path.write_bytes(path.read_bytes().replace(b"192.0.2.77", b"192.0.2.76")))
    done = signzone(*OPTIONS, "--zonemd", "sha384", "zone", check=False)
    assert done.code == 1
    assert done.stdout.splitlines()[-1] == "Zone verification failed (bad zone digest)"
    assert "digest mismatch (expected:" in done.stderr
    assert Path("signed").read_text() == "what was there before\n"


@pytest.mark.parametrize(
    ("pattern", "put", "words"),
    [
        (rb"\t\t\t3600\tZONEMD\t[^)]*\)\n", b"", r"Missing ZONEMD record for example \(SIMPLE SHA384\)"),
        (rb"3600\tZONEMD\t1 ", b"3600\tZONEMD\t2 ", r"serial mismatch \(expected:1, found:2\)"),
    ],
)
def test_the_gate_asks_for_the_digest_that_was_wanted(
    pattern: bytes, put: bytes, words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is gone, or its serial is another's; its signature breaks with it."""
    spoil(monkeypatch, lambda path: path.write_bytes(re.sub(pattern, put, path.read_bytes())))
    done = signzone(*OPTIONS, "--zonemd", "sha384", "zone", check=False)
    assert done.code == 1
    assert re.search(words, done.stderr)


def test_every_flipped_bit_of_a_signed_file_is_found(folder: Path) -> None:
    """Text that reads as other records fails; what reads as the same ones (blanks, cases of names) may pass."""
    signzone(*OPTIONS, "--zonemd", "sha384", "-3", "-", "-O", "full", "zone")
    octets = Path("signed").read_bytes()
    right = records("signed")
    for at in range(0, len(octets), 1 + len(octets) // 400):
        changed = bytearray(octets)
        changed[at] ^= 1 << at % 7
        Path("mutant").write_bytes(changed)
        if verify("mutant").code == 0:
            assert records("mutant") == right, f"octet {at}: {octets[at - 30 : at + 10]!r} -> {chr(changed[at])!r}"


def records(path: str) -> list[str]:
    done = tools.run("named-compilezone", "-q", "-i", "none", "-k", "ignore", "-s", "full", "-o", "-", "example", path)
    return sorted(line.lower() for line in done.stdout.splitlines() if not line.startswith(";"))


# ---- the option


@pytest.mark.parametrize("value", ["sha256", "", "sha384,", "1", "simple:sha384"])
def test_an_unknown_hash_is_refused(value: str, folder: Path) -> None:
    done = signzone(*OPTIONS, "--zonemd", value, "zone", check=False)
    assert done.code == 1
    assert re.search(r"fatal: unknown ZONEMD hash '.*'; it is one of sha384, sha512\n", done.stderr)
    assert not Path("signed").exists()


def test_a_part_of_the_zone_gets_no_digest(folder: Path) -> None:
    """-D writes the signatures alone, to be included."""
    done = signzone(*OPTIONS, "--zonemd", "sha384", "-D", "zone", check=False)
    assert done.code == 1
    assert re.search(r"fatal: .*-D", done.stderr)
    assert not Path("signed").exists()


def test_the_counts_have_the_signature_of_the_digest_once(folder: Path) -> None:
    counts = []
    for options in ((), ("--zonemd", "sha384,sha512")):
        done = signzone(*OPTIONS, *options, "-t", "zone")
        generated = re.search(r"Signatures generated: +(\d+)", done.stdout)
        assert generated
        counts.append(int(generated[1]))
    assert counts[1] == counts[0] + 1
