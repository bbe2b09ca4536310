"""fastsign signzone's command line: what it says, where, with which exit code, and what it leaves behind."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tools
from differential_zones import ORIGIN, ZONE, records, without_signatures
from fastsign.cli.compat import signzone_run
from fastsign.sign.report import Report
from inprocess import Done, signzone
from narration import details

NAME = ORIGIN.lower()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for role in ((), ("-f", "KSK")):
        tools.run("dnssec-keygen", "-q", "-a", "13", *role, "-K", folder, ORIGIN)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a zone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zone").write_text("\n".join(ZONE) + "\n")
    return tmp_path


def bind(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return tools.run("dnssec-signzone", *arguments, check=False)


def said(text: str) -> str:
    """A message less what differs between BIND's versions and builds."""
    return text.replace("illegal option -- Y\ndnssec-signzone: ", "")


BAD_CALLS = [
    ("-S", "-K", "{keys}", "-o", ORIGIN, "nonexistent"),
    ("-S", "-K", "/nonexistent", "-o", ORIGIN, "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-f", "/nonexistent/out", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-d", "/nonexistent", "zone"),
    ("-S", "-K", "{keys}", "-o", "exa..mple", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-N", "foo", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-O", "foo", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-T", "foo", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-3", "xx", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-3", "-", "-H", "x", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-3", "-", "-H", "-1", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-3", "-", "-H", "65536", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-i", "x", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-i", "3000000000", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-j", "x", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-n", "x", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-s", "yesterday", "zone"),
    ("-S", "-K", "{keys}", "-o", ORIGIN, "-e", "+1m", "zone"),
    ("-S", "-o", ORIGIN, "zone"),
    ("-S", "-P", "-o", ORIGIN, "zone"),
    ("-K", "{keys}", "-o", ORIGIN, "zone"),
    ("-K", "{keys}", "-o", ORIGIN, "zone", "Knone.+013+00001"),
    ("-p", "zone"),
    ("-r", "x", "zone"),
    ("-l", "x", "zone"),
    *[("-k", "x") * 9 + ("zone",)],
]


@pytest.mark.parametrize("call", BAD_CALLS, ids=" ".join)
def test_a_bad_call_fails_as_binds_does(call, keys, folder):
    arguments = [part.format(keys=keys) for part in call]
    ours = signzone(*arguments, check=False)
    assert sorted(os.listdir(folder)) == ["zone"]
    theirs = bind(*arguments)
    assert (ours.code, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, said(theirs.stderr))


VALUES = ["e", "X", "s", "i", "3", "d", "T", "c", "f", "K", "N", "o", "n", "j", "H", "O", "k", "v"]


@pytest.mark.parametrize("letter", VALUES)
def test_an_empty_value_means_what_it_means_to_bind(letter, keys, folder):
    arguments = ("-P", "-S", "-K", keys, "-o", ORIGIN, f"-{letter}", "", "zone")
    theirs, ours = bind(*arguments), signzone(*arguments, check=False)
    assert (ours.code, re.sub(r"/\d+'", "/tag'", ours.stderr)) == (
        theirs.returncode,
        re.sub(r"/\d+'", "/tag'", theirs.stderr),
    )


INVALID = [
    ("-s", "+3600", "-e", "now+60"), ("-X", "20200101000000"), ("-e", "+86400", "-j", "864000"), ("-e", "+80y"),
    ("-e", "0"), ("-e", "never"),
]  # fmt: skip


@pytest.mark.parametrize("validity", INVALID, ids=" ".join)
def test_signatures_that_end_before_they_begin_are_not_made(validity, keys, folder):
    arguments = ("-P", "-S", "-K", keys, "-o", ORIGIN, *validity, "zone")
    ours = signzone(*arguments, check=False)
    assert ours.code == bind(*arguments).returncode == 1
    assert re.search(r"fatal: dnskey 'Example/ECDSAP256SHA256/\d+' failed to sign data: invalid time$", ours.stderr)
    assert "zone.signed" not in os.listdir(folder)


def test_numbers_may_be_octal_or_hexadecimal_as_in_bind(keys, folder):
    validity = ("-s", "20261101000000", "-e", "20391201000000")
    for number in ("010", "0x5"):
        arguments = ("-S", "-P", "-K", keys, "-o", ORIGIN, *validity, "-3", "-", "-H", number, "-i", "0x100")
        signzone(*arguments, "-f", "ours", "zone")
        bind(*arguments, "-f", "theirs", "zone")
        assert without_signatures(records(folder / "ours")) == without_signatures(records(folder / "theirs"))


@pytest.mark.parametrize("name", ["/dev/null", "fifo", "directory"])
def test_only_a_file_is_replaced(name, keys, folder):
    os.mkfifo("fifo")
    os.mkdir("directory")
    before = os.lstat(name)
    done = signzone("-S", "-K", keys, "-o", ORIGIN, "-f", name, "zone", check=False)
    assert done.code == 1
    assert f"{name} is not a regular file" in done.stderr
    assert (os.lstat(name).st_mode, os.lstat(name).st_ino) == (before.st_mode, before.st_ino)


def test_closed_streams_are_no_reason_to_fail(keys, folder):
    call = f"{sys.executable} -m fastsign signzone -S -K {keys} -o {ORIGIN} zone"
    assert subprocess.run(f"{call} >&- 2>&- <&-", shell=True, check=False).returncode == 0
    tools.accept(folder / "zone.signed", ORIGIN)


BAD_ZONES = {
    "DS without NS": ["ds 60 DS 12345 13 2 " + "AB" * 32],
    "DNSKEY below the apex": ["sub 60 DNSKEY 256 3 13 " + "AAAA" * 21 + "AA=="],
    "CNAME and other data": ["c 60 CNAME x", "c 60 A 192.0.2.1"],
    "two CNAMEs": ["c 60 CNAME x", "c 60 CNAME y"],
    "two SOAs": ["@ 600 SOA ns hostmaster 2 7200 3600 1209600 300"],
    "bad address": ["a 60 A 192.0.2.256"],
    "bad base64": ["@ 60 DNSKEY 256 3 13 A"],
    "unknown type": ["a 60 FOO bar"],
    "open parenthesis": ["a 60 TXT ( foo"],
    "label too long": ["a" * 64 + " 60 A 192.0.2.1"],
}


@pytest.mark.parametrize("zone", sorted(BAD_ZONES))
def test_a_bad_zone_is_refused_in_binds_words(zone, keys, folder):
    (folder / "zone").write_text("\n".join([*ZONE, *BAD_ZONES[zone]]) + "\n")
    arguments = ("-S", "-K", keys, "-o", ORIGIN, "zone")
    ours = signzone(*arguments, check=False)
    assert sorted(os.listdir(folder)) == ["zone"]
    theirs = bind(*arguments)
    assert (ours.code, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)


@pytest.mark.parametrize("zone", ["@ 60 TXT x", "below 60 TXT x", "", "outside. 60 TXT x"])
def test_no_soa_is_refused_in_binds_words(zone, keys, folder):
    (folder / "zone").write_text(zone + "\n")
    arguments = ("-S", "-K", keys, "-o", ORIGIN, "zone")
    assert signzone(*arguments, check=False).stderr == bind(*arguments).stderr


@pytest.mark.parametrize("options", [(), ("-q",), ("-x",), ("-z",), ("-P",)], ids=" ".join)
def test_success_is_reported_as_bind_reports_it(options, keys, folder):
    arguments = ("-S", "-K", keys, "-o", ORIGIN, *options, "zone")
    theirs, ours = bind(*arguments), signzone(*arguments)

    def sorted_keys(text: str) -> list[str]:  # BIND fetches keys in the order of its directory reads
        lines = text.splitlines()
        return sorted(x for x in lines if x.startswith("Fetching")) + [x for x in lines if not x.startswith("Fetching")]

    assert sorted_keys(ours.stdout) == sorted_keys(theirs.stdout)
    assert (ours.stderr, ours.code) == (theirs.stderr, theirs.returncode)
    assert sorted(os.listdir(folder)) == [f"dsset-{NAME}.", "zone", "zone.signed"]


def test_statistics_have_binds_columns(keys, folder):
    arguments = ("-S", "-q", "-t", "-K", keys, "-o", ORIGIN, "zone")

    def lines(text: str) -> list[str]:  # BIND's coarse clock may see no time pass, and then there is no rate
        return [line for line in text.splitlines() if not line.startswith("Signatures per second")]

    ours, theirs = lines(signzone(*arguments).stdout), lines(bind(*arguments).stdout)
    assert [len(line) for line in ours] == [len(line) for line in theirs]
    assert [line.split(":")[0] for line in ours] == [line.split(":")[0] for line in theirs]
    assert ours[:4] == theirs[:4], "the counts are equal"


def test_statistics_are_told_of_a_zone_that_does_not_verify(keys, folder):
    expired = ("-s", "20200101000000", "-e", "20200201000000")
    arguments = ("-S", "-q", "-t", *expired, "-K", keys, "-o", ORIGIN, "zone")
    ours, theirs = signzone(*arguments, check=False), bind(*arguments)
    assert (ours.code, ours.stdout.splitlines()[:6]) == (theirs.returncode, theirs.stdout.splitlines()[:6])
    assert ours.stdout.startswith("Zone verification failed (failure)\nSignatures generated:")


def test_a_ttl_that_no_record_can_have_is_refused(keys, folder):
    done = signzone("-S", "-K", keys, "-T", "3000000000", "-o", ORIGIN, "zone", check=False)
    assert (done.code, done.stderr) == (
        1,
        "dnssec-signzone: fatal: TTL 3000000000 is more than 2147483647 (RFC 2181 section 8)\n",
    )


def test_the_usage_text_has_binds_lines(folder):
    ours, theirs = (done.stderr.splitlines() for done in (signzone("-h", check=False), bind("-h")))
    assert not [line for line in theirs if line not in ours and not line.startswith("Version")]


@pytest.mark.parametrize(
    ("signing", "rate"),
    [
        (0.25, "Signatures per second:                   8.000\n"),
        (0.0009, "Signatures per second:                2222.222\n"),
        (0.0, ""),
    ],
)
def test_a_rate_is_printed_where_the_time_of_signing_is_not_zero(signing, rate):
    out = io.StringIO()
    signzone_run.print_statistics(out, Report(time.monotonic, generated=2, phases={"sign": signing}), 1.5)
    after_times = out.getvalue().split("Signing time in seconds:")[1].split("\n", 1)[1]
    assert after_times == rate + "Runtime in seconds:                      1.500\n"


def test_to_standard_output_goes_the_verified_zone_alone(keys, folder):
    done = signzone("-S", "-K", keys, "-o", ORIGIN, "-f", "-", "zone")
    (folder / "signed").write_text(done.stdout)
    tools.accept(folder / "signed", ORIGIN)
    assert "; resign=" in done.stdout, "the default format is full then"
    assert "Zone fully signed" in done.stderr
    expired = ("-s", "20200101000000", "-e", "20200201000000")
    failed = signzone("-S", "-K", keys, "-o", ORIGIN, *expired, "-f", "-", "zone", check=False)
    assert (failed.code, failed.stdout) == (1, "")


def test_a_zone_that_does_not_verify_replaces_nothing_and_is_announced_to_nobody(keys, folder):
    signzone("-S", "-K", keys, "-o", ORIGIN, "zone")
    (folder / f"dsset-{NAME}.").unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    expired = ("-s", "20200101000000", "-e", "20200201000000")
    done = signzone("-S", "-C", "-K", keys, "-o", ORIGIN, *expired, "zone", check=False)
    assert done.code == 1
    assert "Zone verification failed" in done.stdout
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_option_that_is_not_there_is_refused_by_name(folder):
    for option in (["-F"], ["-U"], ["-Z", "nonsecify"]):
        done = signzone(*option, "-o", ORIGIN, "zone", check=False)
        assert done.code == 1
        assert f"option {option[0]} is not supported" in done.stderr


def test_help_and_version(folder):
    done = signzone("-h", check=False)
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr.startswith("Usage:\n\tdnssec-signzone [options] zonefile [keys]\n")
    assert signzone("-V").stdout.startswith("dnssec-signzone fastsign-")
    assert signzone(check=False).code == 1


@pytest.fixture(scope="module")
def large_zone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "zone"
    path.write_text("\n".join([*ZONE, *(f"n{i} 60 NS ns.n{i}" for i in range(60000))]) + "\n")
    return path


def sign_large(zone: Path, keys: Path, output: Path, *options: str) -> Done:
    validity = ("-s", "20261101000000", "-e", "20391201000000")
    common = ("-S", "-P", "-3", "-", "-K", keys, "-o", ORIGIN, "-d", output.parent, *validity, "-f", output)
    return signzone(*common, *options, zone)


def test_any_number_of_workers_writes_the_same_octets(large_zone, keys, tmp_path):
    outputs = []
    for workers in ("1", "2", "3"):
        sign_large(large_zone, keys, tmp_path / workers, "-n", workers)
        outputs.append((tmp_path / workers).read_bytes().split(b"\n", 1)[1])
    assert outputs[0] == outputs[1] == outputs[2]


def test_a_small_zone_is_signed_in_one_process_however_many_are_allowed(folder, keys):
    arguments = ("-S", "-v", "4", "-K", keys, "-o", ORIGIN, "-n", "8", "zone")
    assert "using 1 cpus" in signzone(*arguments).stderr


def start_large(zone: Path, keys: Path, folder: Path, *signals: str) -> subprocess.Popen[str]:
    # A job in the background ignores SIGINT, one under nohup SIGHUP, and so would what it starts: `env` mends that.
    command = ["env", *(signals or ["--default-signal=INT,TERM,HUP"]), sys.executable, "-m", "fastsign", "signzone"]
    options = ["-S", "-P", "-3", "-", "-n", "2", "-K", keys, "-o", ORIGIN, "-d", folder, "-f", folder / "out", zone]
    environ = {**os.environ, "FASTSIGN_ENGINE": "openssl"}
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, *map(str, options)], stdout=pipe, stderr=pipe, text=True, env=environ)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, once it has."""
    for _ in range(2000):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if len(found) >= 2:
            return [int(child) for child in found]
        time.sleep(0.005)
    raise AssertionError("no workers were started")


def test_a_killed_worker_ends_the_run_and_leaves_nothing(large_zone, keys, tmp_path):
    running = start_large(large_zone, keys, tmp_path)
    os.kill(children_of(running.pid)[0], signal.SIGKILL)
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "a worker process died" in stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_run_and_leaves_nothing(number, large_zone, keys, tmp_path):
    running = start_large(large_zone, keys, tmp_path)
    workers = children_of(running.pid)
    running.send_signal(number)
    running.communicate(timeout=30)
    assert running.returncode not in (0, None)
    assert os.listdir(tmp_path) == []
    for worker in workers:
        assert not Path(f"/proc/{worker}").exists()


def test_a_run_under_nohup_survives_a_hangup(large_zone, keys, tmp_path):
    running = start_large(large_zone, keys, tmp_path, "--ignore-signal=HUP")
    for pid in (running.pid, *children_of(running.pid)):
        os.kill(pid, signal.SIGHUP)
    _, stderr = running.communicate(timeout=60)
    assert running.returncode == 0, stderr
    assert (tmp_path / "out").exists()


CONFLICTS = [
    ["c CNAME a", "c A 192.0.2.1", "", "d A 192.0.2.1"],
    ["c CNAME a", "d A 192.0.2.1", "C A 192.0.2.1", "e A 192.0.2.1"],
    ["c CNAME a", "c CNAME b", "c TXT x", "d A 192.0.2.1"],
    ["c A 192.0.2.1", "c CNAME b", "c CNAME b2", "d A 192.0.2.1"],
    ["c DNAME a", "c CNAME b", "d A 192.0.2.1"],
    ["c DNAME a", "d A 192.0.2.1", "c DNAME b", "d A 192.0.2.2"],
    ["z CNAME a", "z A 192.0.2.1", "c CNAME a", "c A 192.0.2.1"],
    ["c NS a", "x.c CNAME b", "x.c A 192.0.2.1", "c NS b"],
    ["other. CNAME b", "other. A 192.0.2.1", "d A 192.0.2.1"],
]


@pytest.mark.parametrize("lines", CONFLICTS, ids=", ".join)
def test_conflicts_are_found_where_bind_finds_them(lines, keys, folder):
    (folder / "zone").write_text("\n".join(["$TTL 60", *ZONE, *lines]) + "\n")
    arguments = ("-S", "-K", keys, "-o", ORIGIN, "zone")
    ours, theirs = signzone(*arguments, check=False), bind(*arguments)
    assert (ours.code, ours.stderr) == (theirs.returncode, theirs.stderr)


@pytest.mark.parametrize("lines", [["c CNAME a", "c CNAME A"], ["c CNAME a", "c KEY 256 3 8 AwEAAaEE"]], ids=", ".join)
def test_what_may_stand_beside_a_cname(lines, keys, folder):
    (folder / "zone").write_text("\n".join(["$TTL 60", *ZONE, *lines]) + "\n")
    signzone("-S", "-K", keys, "-o", ORIGIN, "zone")


@pytest.mark.parametrize("chain", [(), ("-3", "-")], ids=["nsec", "nsec3"])
@pytest.mark.parametrize("level", ["1", "2"])
def test_details_are_binds(level, chain, keys, folder):
    arguments = ("-S", "-P", "-v", level, "-K", keys, "-o", ORIGIN, *chain)
    ours, theirs = signzone(*arguments, "zone"), bind(*arguments, "-n", "1", "zone")
    assert details(ours.stderr) == details(theirs.stderr) != []
    assert sorted(x for x in ours.stderr.splitlines() if "info:" in x) == sorted(
        x for x in theirs.stderr.splitlines() if "info:" in x
    )
    again = [signzone(*arguments, "zone.signed").stderr, bind(*arguments, "-n", "1", "zone.signed").stderr]
    kept = [
        sorted(re.findall(r"^dnssec-signzone: (\trrsig by .*|.*/[a-z0-9]+:)$", x.lower(), re.MULTILINE)) for x in again
    ]
    assert kept[0] == kept[1]
