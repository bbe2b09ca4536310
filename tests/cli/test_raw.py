"""signzone and verify read and write BIND's raw format: what BIND does with it, and says of it, they do and say."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import tools
from bind_loader import IGNORE
from differential_zones import records
from fastsign.zone.raw import raw_header
from inprocess import command, signzone
from raw_files import STRICTER, WRONG, WRONG_ZONES
from signing_scene import VALIDITY, Scene
from spoiling import spoil
from zones import read_raw

NOW = 1793500000


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene.begin(tmp_path, monkeypatch, keys=True)


def sets(path: str) -> list[tuple[object, ...]]:
    """The RRsets of a raw file, in any order: head and records."""
    data = Path(path).read_bytes()
    at, found = {0: 12, 1: 24}[struct.unpack_from(">I", data, 4)[0]], []
    while at < len(data):
        size, rrclass, rrtype, covers, ttl, count, length = struct.unpack_from(">IHHHIIH", data, at)
        owner = data[at + 20 : at + 20 + length]
        found.append((owner, rrclass, rrtype, covers, ttl, count, data[at + 20 + length : at + size]))
        at += size
    return sorted(found)


@pytest.mark.parametrize("options", ["", "-u -3 AABB", "-z -u -3 - -A", "-n 2"])
def test_a_signed_zone_in_raw_form_has_binds_rrsets(scene: Scene, options: str) -> None:
    ours, theirs = scene.sign("-S", "-O", "raw", *options.split())
    assert (ours.code, theirs.code) == (0, 0)
    assert ours.stdout.replace("ours", "theirs").splitlines()[-1] == "theirs"
    assert sets("ours") == sets("theirs")


@pytest.mark.parametrize(
    "options",
    [
        "-O raw",
        "-O raw=0",
        "-O raw=1",
        "-O RAW=1",
        "-O raw -L 42",
        "-O raw=0 -L 42",
        "-O raw -L 0x10",
        "-O raw -L -1",
        "-O raw -L 4294967297",
        "-O raw= 1",
        "-O raw -L 017",
    ],
)
def test_the_header_is_binds(scene: Scene, options: str) -> None:
    ours, theirs = scene.sign("-S", *options.split())
    assert (ours.code, ours.stderr) == (theirs.code, theirs.stderr)
    if ours.code == 0:
        size = 24 if Path("theirs").read_bytes()[7] else 12
        mine, bind = (Path(name).read_bytes()[:size] for name in ("ours", "theirs"))
        assert mine[:8] + mine[12:] == bind[:8] + bind[12:]


def test_the_header_has_the_time_of_the_run() -> None:
    assert raw_header(1, NOW, 7) == struct.pack(">6I", 2, 1, NOW, 2, 7, 0)
    assert raw_header(0, NOW, 7) == struct.pack(">3I", 2, 0, NOW)


@pytest.mark.parametrize(
    "options",
    [
        "-O raw=2",
        "-O raw=",
        "-O raw=x",
        "-O raw=-1",
        "-O rawer",
        "-O raw -L x",
        "-O raw -L 1x",
        "-I map",
        "-I raw2",
        "-O map",
    ],
)
def test_formats_that_there_are_none_of(scene: Scene, options: str) -> None:
    ours, theirs = scene.sign("-S", *options.split())
    assert (ours.code, ours.stderr) == (theirs.code, theirs.stderr) == (1, ours.stderr)


@pytest.mark.parametrize("form", ["raw", "raw=0", "RAW=9"])
def test_a_raw_zone_is_signed_as_its_text_is(scene: Scene, form: str) -> None:
    tools.run("named-compilezone", "-q", "-i", "none", *IGNORE, "-F", "raw=0", "-o", "zone.raw", scene.origin, "zone")
    ours, theirs = scene.sign("-S", "-I", form, zone="zone.raw")
    assert (ours.code, ours.stderr) == (theirs.code, theirs.stderr)
    assert records(Path("ours")) == records(Path("theirs"))


def test_a_signed_raw_zone_is_signed_again(scene: Scene) -> None:
    scene.sign("-S", "-O", "raw", "-u", "-3", "AABB")
    Path("theirs").rename("signed")
    ours, theirs = scene.sign("-S", "-t", "-I", "raw", "-O", "raw", "-u", "-3", "AABB", zone="signed")
    assert (ours.code, theirs.code) == (0, 0)
    retained = [line for line in ours.stdout.splitlines() if "retained" in line]
    assert retained == [line for line in theirs.stdout.splitlines() if "retained" in line]
    assert "  0" not in retained[0]
    assert sets("ours") == sets("theirs")


def test_a_raw_zone_has_digests_over_the_zone(scene: Scene) -> None:
    signzone("-S", "-o", scene.origin, "--zonemd", "sha384,sha512", "-O", "raw", "-f", "ours", "zone")
    tools.run(
        "named-compilezone", "-q", "-i", "none", *IGNORE, "-f", "raw", "-s", "full", "-o", "text", scene.origin, "ours"
    )
    tools.run("ldns-verify-zone", "-Z", "-Z", "text")


def test_raw_output_goes_to_standard_output(scene: Scene) -> None:
    done = tools.fastsign("signzone", "-S", "-o", scene.origin, *VALIDITY, "-O", "raw", "-f", "file", "zone")
    assert done.stdout.endswith("file\n")
    line = f"{tools.sys.executable} -m fastsign signzone -q -S -o {scene.origin} {' '.join(VALIDITY)} -O raw -f - zone"
    printed = tools.subprocess.run(line, shell=True, capture_output=True, check=True).stdout
    assert read_raw(printed[:12] + printed[24:]) == read_raw(
        Path("file").read_bytes()[:12] + Path("file").read_bytes()[24:]
    )


def test_the_gate_reads_the_raw_file_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, lambda path: path.write_bytes(path.read_bytes()[:200] + b"\xff" + path.read_bytes()[201:]))
    done = signzone("-S", "-o", scene.origin, "-O", "raw", "-f", "ours", "zone", check=False)
    assert (done.code, Path("ours").exists()) == (1, False)


@pytest.mark.parametrize("case", [*WRONG, *WRONG_ZONES])
def test_verify_says_of_a_wrong_raw_file_what_bind_says(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes((WRONG | WRONG_ZONES)[case])
    ours = command("verify", "-I", "raw", "-o", "example", "file", check=False)
    theirs = tools.run("dnssec-verify", "-I", "raw", "-o", "example", "file", check=False)
    assert (ours.code, ours.stderr) == (theirs.returncode, theirs.stderr)


@pytest.mark.parametrize("case", STRICTER)
def test_verify_refuses_what_bind_lets_pass(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(STRICTER[case][0])
    done = command("verify", "-I", "raw", "-o", "example", "file", check=False)
    reason = STRICTER[case][1]
    assert done.stderr == (
        f"dnssec-verify: error: dns_master_load: {reason}\n"
        f"dnssec-verify: fatal: failed loading zone from 'file': {reason}\n"
    )


@pytest.mark.parametrize("arguments", ["-I raw missing", "-I raw .", "-I raw=1 zone", "-I map zone", "-I raw zone"])
def test_other_files_and_formats(scene: Scene, arguments: str) -> None:
    ours = command("verify", "-o", scene.origin, *arguments.split(), check=False)
    theirs = tools.run("dnssec-verify", "-o", scene.origin, *arguments.split(), check=False)
    said = "".join(line for line in theirs.stderr.splitlines(True) if not line.startswith("master.c"))
    assert (ours.code, ours.stderr) == (theirs.returncode, said)


def test_a_raw_zone_of_ours_verifies_with_bind_and_one_of_binds_with_us(scene: Scene) -> None:
    scene.sign("-S", "-O", "raw", "-u", "-3", "-")
    theirs = tools.run("dnssec-verify", "-I", "raw", "-o", scene.origin, "ours")
    ours = command("verify", "-I", "raw", "-o", scene.origin, "theirs")
    assert ours.stdout.replace("theirs", "ours") == theirs.stdout
