"""fastsign signzone --batch: each zone as it would be by itself, whatever becomes of the others."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat import signzone_batch
from inprocess import Done, command
from tools import accept

NOW = 1_700_000_000  # in the past, so that what runs with today's clock finds the keys active
ZONES = [f"zone{number}.example" for number in range(12)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dozen small zones and one folder of keys for all of them."""
    folder = tmp_path_factory.mktemp("batch")
    (folder / "keys").mkdir()
    for number, zone in enumerate(ZONES):
        for role in ((), ("-f", "KSK")):
            command("keygen", "-q", "-a", "13" if number % 3 else "15", *role, "-K", folder / "keys", zone, now=NOW - 1)
        hosts = "\n".join(f"host{i} A 192.0.2.{i}" for i in range(number))
        apex = "$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns AAAA ::1\n"
        (folder / zone).write_text(f"{apex}{hosts}\n")
    return folder


@pytest.fixture
def folder(scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to work in."""
    shutil.copytree(scene, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(*options: str, suffix: str = ".signed") -> list[str]:
    """A line for each zone."""
    return [" ".join((*options, "-o", zone, "-f", zone + suffix, zone)) for zone in ZONES]


def batch(text: list[str], *options: str, check: bool = True) -> Done:
    """Sign a batch with these lines."""
    Path("batch").write_text("\n".join(text) + "\n")
    return command("signzone", "-S", "-K", "keys", *options, "--batch", "batch", check=check, now=NOW)


def alone(arguments: str, *options: str) -> Done:
    return command("signzone", "-S", "-K", "keys", *options, *arguments.split(), now=NOW)


@pytest.mark.parametrize("workers", ["1", "2", "5"])
@pytest.mark.parametrize("options", [(), ("-3", "-", "-N", "unixtime", "-t"), ("-O", "raw")], ids=" ".join)
def test_each_zone_is_what_it_is_when_it_is_signed_alone(options, workers, folder):
    together = batch(lines(suffix=".together"), "-n", workers, *options)
    each = [alone(line, *options) for line in lines(suffix=".alone")]
    for zone in ZONES:
        assert Path(zone + ".together").read_bytes() == Path(zone + ".alone").read_bytes()
    said = "".join(done.stdout for done in each).replace(".alone", ".together")
    if "-t" not in options:  # the times differ
        assert together.stdout == said
    assert together.stderr.startswith("".join(done.stderr for done in each))
    assert "12 zones signed, 0 failed, in " in together.stderr.splitlines()[-1]


def test_the_peers_accept_the_zones_and_their_ds_sets_are_written(folder):
    now = ["-s", "now-3600", "-e", "now+864000"]
    Path("batch").write_text("\n".join(lines(*now)) + "\n")
    tools.fastsign("signzone", "-q", "-S", "-K", "keys", "--batch", "batch", cwd=folder)
    for zone in ZONES[:4]:
        accept(folder / f"{zone}.signed", zone)
        ds_set = Path(f"dsset-{zone}.").read_text()
        (ksk,) = (path for path in Path("keys").glob(f"K{zone}.*.key") if " 257 " in path.read_text())
        digest = tools.run("dnssec-dsfromkey", "-2", ksk).stdout
        assert "".join(ds_set.split()) == "".join(digest.split())


def test_a_zone_that_fails_does_not_stop_the_others_and_is_named(folder):
    Path(ZONES[3]).write_text("@ SOA ns hostmaster 1 7200 3600 1209600\n")
    Path(ZONES[5] + ".signed").write_text("as it was\n")
    text = lines()
    text[5] = text[5].replace("-o", "-e 20200101 -o")  # it would have expired
    done = batch(["# a comment", "", *text, "-o zone0.example nowhere", "-o 'zone"], "-q", check=False)
    assert done.code == 1
    failed = [line for line in done.stderr.splitlines() if "was not signed" in line]
    assert [line.split()[1] for line in failed] == ["batch:6:", "batch:8:", "batch:15:", "batch:16:"]
    assert "dnssec-signzone: fatal: no closing quotation\n" in done.stderr
    assert "dnssec-signzone: fatal: failed loading zone from 'nowhere': file not found\n" in done.stderr
    signed = [zone for zone in ZONES if zone not in (ZONES[3], ZONES[5])]
    assert done.stdout.split() == [f"{zone}.signed" for zone in signed]
    assert all(Path(f"{zone}.signed").stat().st_size > 1000 for zone in signed)
    assert not Path(ZONES[3] + ".signed").exists()
    assert Path(ZONES[5] + ".signed").read_text() == "as it was\n"
    assert not [name for name in os.listdir() if ".signed." in name]


@pytest.mark.parametrize("line", ["-h", "-V", "-o zone0.example\0 zone0.example"], ids=["help", "version", "NUL"])
def test_a_line_that_signs_nothing_has_failed(line, folder):
    done = batch([*lines()[:2], line], check=False)
    assert done.code == 1
    assert "batch:3: the zone was not signed: " in done.stderr
    assert "2 zones signed, 1 failed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_two_lines_for_one_file_are_told_of(workers, folder):
    done = batch([*lines(), f"-o {ZONES[1]} -f ./{ZONES[0]}.signed {ZONES[1]}"], "-n", workers, check=False)
    assert done.code == 1
    last = f"batch:{len(ZONES) + 1}"
    assert f"fatal: batch:1 writes ./{ZONES[0]}.signed too: one of the two zones is lost\n" in done.stderr
    assert f"{last}: the zone was not signed: " in done.stderr
    assert f"{len(ZONES)} zones signed, 1 failed" in done.stderr


def test_a_workers_death_is_told_and_the_rest_goes_on(folder, monkeypatch):
    whole_prepare = signzone_batch.prepare

    def die_of_one(job, *rest):
        if job.zone_file == ZONES[4]:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole_prepare(job, *rest)

    monkeypatch.setattr(signzone_batch, "prepare", die_of_one)
    done = batch(lines(), "-q", check=False)
    assert done.code == 1
    assert "fatal: its worker process was killed by signal 9\n" in done.stderr
    assert f"batch:5: the zone was not signed: -o {ZONES[4]}" in done.stderr
    assert done.stdout.split() == [f"{zone}.signed" for zone in ZONES if zone != ZONES[4]]


def test_options_before_batch_are_those_of_every_line_and_a_line_may_say_otherwise(folder):
    text = lines()
    text[1] = "-3 aabb " + text[1]
    batch(text, "-3", "-", "-A")
    for zone in ZONES:
        salt = "AABB" if zone == ZONES[1] else "-"
        assert f"NSEC3PARAM 1 0 0 {salt}\n" in " ".join(Path(f"{zone}.signed").read_text().split(" "))


def test_the_batch_may_come_from_standard_input_and_quote_as_a_shell_does(folder):
    shutil.copy(ZONES[0], "a zone")
    text = f"-o {ZONES[0]} -f 'signed by '\"us\" a\\ zone # the only one\n"
    done = tools.fastsign("signzone", "-q", "-S", "-K", "keys", "--batch", "-", cwd=folder, stdin=text)
    assert (done.stdout, done.stderr) == ("signed by us\n", "")
    assert Path("signed by us").exists()


def test_a_zone_may_go_to_standard_output(folder):
    text = [f"-o {zone} -f - {zone}" for zone in ZONES[:3]]
    done = batch(text, "-q")
    assert done.stdout == "".join(alone(line, "-q").stdout for line in text)


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        (("zone0.example",), "what follows --batch batch belongs into the file, or before --batch"),
        (("-q",), "what follows --batch batch belongs into the file, or before --batch"),
    ],
    ids=str,
)
def test_nothing_follows_batch(rest, complaint, folder):
    done = command("signzone", "-S", "--batch", "batch", *rest, check=False)
    assert (done.code, done.stderr) == (1, f"dnssec-signzone: fatal: {complaint}\n")


def test_a_batch_that_is_not_there_or_in_a_batch_is_refused(folder):
    done = command("signzone", "--batch", "nowhere", check=False)
    assert (done.code, done.stderr) == (1, "dnssec-signzone: fatal: nowhere: file not found\n")
    assert "fatal: a batch can't name another one\n" in batch(["--batch batch"], check=False).stderr


def test_an_empty_batch_is_no_error(folder):
    done = batch(["# nothing"], "-q")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")


def test_statistics_are_told_of_each_zone_and_of_all(folder):
    done = batch(lines(), "-t")
    generated = [int(line.split()[-1]) for line in done.stdout.splitlines() if "generated" in line]
    assert len(generated) == 13
    assert generated[-1] == sum(generated[:-1])


def test_json_gives_an_object_for_each_zone_and_one_for_all(folder):
    text = lines()
    text[2] += " too-many.example"
    done = batch(text, "--json", "-t", check=False)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each.get("zone") for each in told[:2]] == ["zone0.example.", "zone1.example."]
    assert told[2]["place"] == "batch:3"
    assert told[2]["error"].startswith("cannot load dnskey too-many.example: ")
    assert (told[-1]["zones"], told[-1]["failed"]) == (12, 1)
    good = [each for each in told[:-1] if "zone" in each]
    assert told[-1]["signatures"]["generated"] == sum(each["signatures"]["generated"] for each in good)
    assert told[-1]["octets"] == sum(Path(each["output"]).stat().st_size for each in good)
