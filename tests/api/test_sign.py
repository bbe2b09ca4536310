"""Signing from Python: what the command writes with the same keys and times, octet for octet, and what BIND makes."""

from __future__ import annotations

import gc
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import dns.dnssec
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import fastsign
import tools
from differential_zones import ORIGIN, ZONE, records
from fastsign import NSEC3, Key, Keys, Zone, ZoneFile, sign_zone
from inprocess import signzone
from signing_scene import VALIDITY, Scene

INCEPTION, EXPIRATION = datetime(2026, 11, 1, tzinfo=UTC), datetime(2039, 12, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = "$TTL 300\n" + "\n".join(ZONE) + "\n"
HEADER = re.compile(r"\A; File written on .*\n; dnssec-signzone version .*\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a zone and its keys, Ed25519 for equal octets."""
    made = tmp_path_factory.mktemp("scene")
    (made / "zone").write_text(TEXT)
    for options in ((), ("-f", "KSK", "-P", "sync", "20200101")):
        dates = ("-P", "20200101", "-A", "20200101")
        tools.run("dnssec-keygen", "-q", "-a", "15", *dates, *options, ORIGIN, cwd=made)
    return made


# The command's options, and the same in Python.
PAIRS: list[tuple[str, dict[str, object]]] = [
    ("", {}),
    ("-3 -", {"nsec3": True}),
    ("-3 abcd -H 5 -A", {"nsec3": NSEC3(b"\xab\xcd", 5, True)}),
    ("-N increment", {"serial": "increment"}),
    ("-N unixtime", {"serial": "unixtime"}),
    ("-N date", {"serial": "date"}),
    ("-x", {"ksk_only": True}),
    ("-z", {"csk": True}),
    ("-T 77", {"dnskey_ttl": 77}),
    ("-M 100", {"max_ttl": 100}),
    ("-X 20300101000000", {"expiration_dnskey": datetime(2030, 1, 1, tzinfo=UTC)}),
    ("-G cds:sha-384", {"cds": ["sha384"], "cdnskey": False}),
    ("-G cdnskey", {"cds": []}),
    ("-O full", {"format": "full"}),
    ("-O raw", {"format": "raw"}),
    ("--zonemd sha384,sha512", {"zonemd": ["sha512", "sha384"]}),
    ("-P", {"verify": False}),
    ("-n 2", {"workers": 2}),
    ("--image image", {"image": "image"}),
]


@pytest.mark.parametrize(("options", "arguments"), PAIRS, ids=[pair[0] or "plain" for pair in PAIRS])
def test_the_signed_zone_is_that_of_the_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: str, arguments: dict[str, object]
) -> None:
    monkeypatch.chdir(folder)
    now = int(NOW.timestamp())
    signzone("-S", *VALIDITY, *options.split(), "-o", ORIGIN, "-f", "signed", "zone", now=now)
    zone = Zone.load("zone", ORIGIN)
    signed = sign_zone(zone, ".", now=NOW, inception=INCEPTION, expiration=EXPIRATION, **arguments)
    command = (folder / "signed").read_bytes()
    if "raw" not in options:
        command = HEADER.sub("", command.decode()).encode()
    assert signed.to_bytes() == command
    assert signed.dsset == (folder / f"dsset-{ORIGIN.lower()}.").read_text()
    assert zone.to_text() == Zone.load("zone", ORIGIN).to_text(), "the zone itself has changed"


@pytest.mark.parametrize("nsec3", [False, NSEC3(b"\xab", 1), NSEC3(opt_out=True)])
def test_the_signed_zone_is_that_of_bind(folder: Path, monkeypatch: pytest.MonkeyPatch, nsec3: NSEC3 | bool) -> None:
    scene = Scene(folder)
    monkeypatch.chdir(folder)
    options = {False: (), NSEC3(b"\xab", 1): ("-3", "ab", "-H", "1"), NSEC3(opt_out=True): ("-3", "-", "-A")}[nsec3]
    tools.run("dnssec-signzone", "-S", *VALIDITY, *options, "-o", ORIGIN, "-f", "theirs", "zone", cwd=scene.folder)
    sign_zone(ZoneFile("zone", ORIGIN), ".", inception=INCEPTION, expiration=EXPIRATION, nsec3=nsec3, output="ours")
    assert records(folder / "ours") == records(folder / "theirs")


def test_what_is_not_said_has_the_command_s_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    signzone("-S", "-o", ORIGIN, "-f", "signed", "zone", now=int(NOW.timestamp()))
    signed = sign_zone(ZoneFile("zone", ORIGIN), ".", now=NOW)
    assert signed.to_bytes().decode() == HEADER.sub("", (folder / "signed").read_text())


def test_times_may_be_numbers_moments_and_spans(folder: Path) -> None:
    zone, keys = Zone.from_text(TEXT, ORIGIN), Keys(folder)
    start = int(NOW.timestamp()) - 86400
    forms = [
        {"now": NOW, "inception": NOW - timedelta(days=1), "expiration": NOW + timedelta(days=6)},
        {"now": int(NOW.timestamp()), "inception": start, "expiration": start + 7 * 86400},
        {"now": NOW, "inception": timedelta(days=-1), "expiration": timedelta(days=7)},
        {"now": NOW, "inception": timedelta(days=-1), "expiration": timedelta(days=7), "jitter": None},
    ]
    assert len({sign_zone(zone, keys, **form).to_bytes() for form in forms}) == 1


def test_a_chain_that_is_asked_for_replaces_the_one_that_is_there_and_else_it_stays(folder: Path) -> None:
    def parameters(zone: Zone) -> list[str]:
        return [record.rdata for record in zone if record.rrtype == "NSEC3PARAM"]

    zone, keys = Zone.from_text(TEXT, ORIGIN), Keys(folder)
    with_nsec3 = sign_zone(zone, keys, nsec3=NSEC3(b"\xab")).zone
    assert parameters(with_nsec3) == parameters(sign_zone(with_nsec3, keys).zone) == ["1 0 0 AB"]
    assert parameters(sign_zone(with_nsec3, keys, nsec3=True).zone) == ["1 0 0 -"]
    assert parameters(sign_zone(with_nsec3, keys, nsec3=False).zone) == []


def test_signatures_that_are_right_and_not_due_stay(folder: Path) -> None:
    zone, keys = Zone.from_text(TEXT, ORIGIN), Keys(folder)
    first = sign_zone(zone, keys, now=NOW)
    again = sign_zone(first.zone, keys, now=NOW + timedelta(days=1))
    assert (again.report.retained, again.report.generated) == (first.report.generated, 0)
    anew = sign_zone(first.zone, keys, now=NOW + timedelta(days=1), refresh=timedelta(days=40))
    assert (anew.report.retained, anew.report.generated) == (0, first.report.generated)


RESIGNED: list[tuple[str, dict[str, object]]] = [
    ("", {}),
    ("-i 31d", {"refresh": timedelta(days=31)}),
    ("-Q", {"drop_inactive": True}),
    ("-R", {"drop_unpublished": True}),
]


@pytest.mark.parametrize(("options", "arguments"), RESIGNED, ids=[pair[0] or "plain" for pair in RESIGNED])
def test_a_signed_zone_is_signed_again_as_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, arguments: dict[str, object]
) -> None:
    """One key becomes inactive and one leaves the zone between the signings."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zone").write_text(TEXT)
    made = partial(Key.generate, ORIGIN, algorithm="ED25519", publish=0, activate=0)
    for key in (made("ksk"), made("zsk"), made("zsk", inactive=NOW), made("zsk", delete=NOW)):
        key.write(".", now=0)
    sign_zone(ZoneFile("zone", ORIGIN), ".", now=NOW - timedelta(days=1), output="before")
    cycle = options.replace("31d", str(31 * 86400)).split()
    now = int(NOW.timestamp())
    done = signzone("-S", "-t", "--json", *cycle, "-o", ORIGIN, "-f", "after", "before", now=now)
    signed = sign_zone(ZoneFile("before", ORIGIN), ".", now=NOW, **arguments)
    assert signed.to_bytes().decode() == HEADER.sub("", (tmp_path / "after").read_text())
    assert signed.report.as_dict()["signatures"] == json.loads(done.stdout)["signatures"]


def test_jitter_spreads_the_expirations(folder: Path) -> None:
    signed = sign_zone(Zone.from_text(TEXT, ORIGIN), Keys(folder), now=NOW, jitter=timedelta(hours=1)).zone
    ends = {record.rdata.split()[4] for record in signed if record.rrtype == "RRSIG"}
    assert len(ends) > 3
    assert all("20261224100000" <= end <= "20261224110000" for end in ends)


def test_the_engine_is_the_one_that_is_asked_for(folder: Path) -> None:
    zone, keys = Zone.from_text(TEXT, ORIGIN), Keys(folder)
    assert len({sign_zone(zone, keys, now=NOW, engine=engine).to_bytes() for engine in ("", "batch", "openssl")}) == 1
    with pytest.raises(fastsign.FastsignError, match="abacus"):
        sign_zone(zone, keys, engine="abacus")


def test_every_option_is_compared_with_the_command_s_or_tested_here() -> None:
    compared = {name for _, arguments in PAIRS + RESIGNED for name in arguments}
    here = {"now", "inception", "expiration", "jitter", "output", "engine", "watch"}
    with_a_token = {"hsm"}  # tests/hsm
    assert compared | here | with_a_token == set(fastsign.SigningOptions.__annotations__)


def test_the_report_is_that_of_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    told = json.loads(signzone("-S", "-t", "--json", "-o", ORIGIN, "-f", "signed", "zone").stdout)
    report = sign_zone(ZoneFile("zone", ORIGIN), ".").report.as_dict()
    assert report.keys() | {"zone", "output"} == told.keys()
    assert report["signatures"] == told["signatures"]
    assert list(report["seconds"]) == list(told["seconds"])


def test_a_zone_of_dnspython_is_signed_and_dnspython_and_the_peers_accept_it(tmp_path: Path) -> None:
    keys = [Key.generate(ORIGIN, "ksk"), Key.generate(ORIGIN, "zsk")]
    unsigned = Zone.from_dnspython(dns.zone.from_text(TEXT, ORIGIN))
    with sign_zone(unsigned, keys, nsec3=True) as signed:
        signed.write(tmp_path / "signed")
        zone = signed.to_dnspython(relativize=False)
    assert zone.origin is not None
    dnskeys = {zone.origin: zone.find_rdataset(zone.origin, "DNSKEY")}
    validated = 0
    for name, node in zone.nodes.items():
        for rdataset in node:
            signatures = node.get_rdataset(rdataset.rdclass, dns.rdatatype.RRSIG, rdataset.rdtype)
            if signatures is not None:
                dns.dnssec.validate((name, rdataset), (name, signatures), dnskeys)
                validated += 1
    assert validated == signed.report.generated - 1  # both keys sign the DNSKEY RRset
    tools.accept(tmp_path / "signed", ORIGIN)


def test_with_an_output_the_file_is_replaced_by_a_verified_zone_or_stays(tmp_path: Path) -> None:
    (tmp_path / "signed").write_text("what stood there")
    zone, key = Zone.from_text(TEXT, ORIGIN), Key.generate(ORIGIN, "csk")
    with pytest.raises(fastsign.VerificationError, match="does not verify"):
        # A signature that has expired.
        sign_zone(zone, key, output=tmp_path / "signed", inception=0, expiration=1000)
    assert (tmp_path / "signed").read_text() == "what stood there"
    signed = sign_zone(zone, key, output=tmp_path / "signed")
    assert (tmp_path / "signed").read_bytes() == signed.to_bytes()
    fastsign.verify_zone(ZoneFile(tmp_path / "signed", ORIGIN))
    os.replace(tmp_path / "signed", tmp_path / "moved")
    assert len(signed.zone) > len(zone)
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]


def test_without_an_output_nothing_is_on_a_disk_and_no_descriptor_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    zone = Zone.from_text(TEXT, ORIGIN)
    gc.collect()
    before = open_files()
    signed = sign_zone(zone, Key.generate(ORIGIN, "csk"), zonemd=["sha384"])
    assert signed.to_bytes()
    with pytest.raises(fastsign.VerificationError):
        sign_zone(zone, Key.generate(ORIGIN, "csk"), inception=0, expiration=1000)
    del signed
    gc.collect()
    assert (list(tmp_path.iterdir()), open_files()) == ([], before)


def open_files() -> list[str]:
    """What the descriptors of this process lead to, columns aside, which are kept for the next zone."""
    found = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:
            continue  # that of the listing
    return sorted(name for name in found if "memfd:fastsign-" in name or not name.startswith("/memfd:"))


def test_a_closed_zone_is_not_another_file(tmp_path: Path) -> None:
    for is_loaded in (False, True):
        with sign_zone(Zone.from_text(TEXT, ORIGIN), Key.generate(ORIGIN, "csk")) as signed:
            taken = signed.zone if is_loaded else None
        for use in (
            signed.to_bytes,
            signed.to_dnspython,
            lambda: signed.write(tmp_path / "signed"),
            lambda: signed.zone,
            lambda: signed.serial,
            lambda: fastsign.verify_zone(signed),
        ):
            with pytest.raises(ValueError, match="is closed"):
                use()
        assert (signed.origin, bool(signed.dsset), signed.report.generated > 0) == ("Example.", True, True)
        if taken is not None:
            fastsign.verify_zone(taken)


def test_threads_sign_the_same_zone_side_by_side() -> None:
    zone, keys = Zone.from_text(TEXT, ORIGIN), [Key(Ed25519PrivateKey.generate(), ORIGIN, "csk")]
    with ThreadPoolExecutor(4) as pool:
        signings = [pool.submit(sign_zone, zone, keys, now=NOW, workers=1) for _ in range(12)]
        assert len({signing.result().to_bytes() for signing in signings}) == 1


def test_warnings_are_kept(folder: Path) -> None:
    zone = Zone.from_text(TEXT.replace("hostmaster 1 ", "hostmaster 4294967295 "), ORIGIN)
    assert sign_zone(zone, Keys(folder), serial="unixtime", now=NOW).warnings == ()
    sealed = sign_zone(zone, Keys(folder), zonemd=["sha384"]).zone
    (warning,) = sign_zone(sealed, Keys(folder)).warnings
    assert warning.startswith("the zone's ZONEMD record does not fit")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inception": datetime(2026, 1, 1)}, "no time zone"),
        ({"serial": "random"}, "keep, increment, unixtime, date"),
        ({"zonemd": ["md5"]}, "sha384, sha512"),
        ({"cds": ["md5"]}, "sha1, sha256, sha384"),
        ({"format": "zip"}, "text, full, raw"),
        ({"jitter": -1}, "32 bits"),
        ({"workers": -1}, "32 bits"),
    ],
)
def test_arguments_that_make_no_sense_are_value_errors(
    folder: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sign_zone(Zone.from_text(TEXT, ORIGIN), Keys(folder), **arguments)


def test_an_option_that_there_is_not_is_a_type_error(folder: Path) -> None:
    with pytest.raises(TypeError, match=r"sign_zone\(\) got an unexpected keyword argument 'nsec4'"):
        sign_zone(Zone.from_text(TEXT, ORIGIN), Keys(folder), nsec4=True)
    with pytest.raises(TypeError, match="str is neither a Zone nor a ZoneFile"):
        sign_zone("zone", Keys(folder))
    for parameters in ({"iterations": 51}, {"iterations": -1}, {"salt": bytes(256)}):
        with pytest.raises(ValueError, match="at most"):
            NSEC3(**parameters)


def test_what_can_not_be_signed_is_an_error_of_the_tree(tmp_path: Path, folder: Path) -> None:
    zone = Zone.from_text(TEXT, ORIGIN)
    with pytest.raises(fastsign.SigningError, match="No signing keys"):
        sign_zone(zone, [])
    with pytest.raises(fastsign.SigningError, match="No signing keys"):
        sign_zone(zone, Key.generate("other.", "csk"))
    with pytest.raises(fastsign.ZoneError, match="SOA"):
        sign_zone(Zone.from_text("", ORIGIN), Keys(folder))
    with pytest.raises(fastsign.FileError, match="temporary output file: file not found"):
        sign_zone(zone, Keys(folder), output=tmp_path / "no" / "folder")
    with pytest.raises(fastsign.ZoneSyntaxError, match="file not found"):
        sign_zone(ZoneFile(tmp_path / "nothing", ORIGIN), Keys(folder))
    with pytest.raises(fastsign.SigningError, match="invalid time"):
        sign_zone(zone, Keys(folder), expiration=timedelta(seconds=-1))
    assert list(tmp_path.iterdir()) == []


def test_only_a_file_is_ever_replaced(tmp_path: Path) -> None:
    zone, key = Zone.from_text(TEXT, ORIGIN), Key.generate(ORIGIN, "csk")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        for use in (lambda: sign_zone(zone, key, output=path), lambda: sign_zone(zone, key).write(path)):  # noqa: B023
            with pytest.raises(fastsign.FileError, match="not a regular file"):
                use()
        with pytest.raises(fastsign.FileError, match="not a regular file"):
            zone.write(path)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_large_zone_is_signed_by_workers_and_the_same(folder: Path) -> None:
    names = "".join(f"n{i:05} 60 A 192.0.2.1\n" for i in range(7000))
    zone, keys = Zone.from_text(TEXT + names, ORIGIN), Key(Ed25519PrivateKey.generate(), ORIGIN, "csk")
    one, two = (sign_zone(zone, keys, now=NOW, workers=workers) for workers in (1, 2))
    assert (one.report.workers, two.report.workers) == (1, 2)
    assert one.to_bytes() == two.to_bytes()
    steps = []
    sign_zone(zone, keys, workers=2, watch=lambda step, done, all_: steps.append((step, done, all_)))
    assert {step for step, _, _ in steps} == {"load", "order", "chain", "sign", "verify", "publish"}
