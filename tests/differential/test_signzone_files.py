"""Options of signzone about what is read and written: -C, -D, -G, -g, -M, -a; each beside dnssec-signzone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tools
from differential_zones import ORIGIN, ZONE, records
from inprocess import signzone
from narration import counts, details, hashes
from signing_scene import VALIDITY, Scene

CHAINS = [(), ("-3", "AB"), ("-3", "-", "-A")]
CHAIN_NAMES = ["nsec", "nsec3", "opt-out"]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene.begin(tmp_path, monkeypatch, keys=True)


# ---- -C, dsset-


@pytest.mark.parametrize(
    "origin",
    [
        ".",
        "Example",
        "a/b.Example",
        *(f"{'n' * n}.{'m' * 3}" for n in (17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 40)),
    ],
)
def test_keyset_and_dsset_are_written_octet_for_octet(origin, scene):
    scene.origin = origin
    scene.write("$TTL 600", "@ SOA . . 1 2 3 4 5", "@ NS .")
    for role in ((), ("-f", "KSK")):
        scene.keygen(*role)
        scene.keygen(*role, algorithm="8")
    said = []
    for name in ("ours", "theirs"):
        (scene.folder / f"d-{name}").mkdir()
        line = ("-q", "-S", "-C", "-o", origin, *VALIDITY, "-d", f"d-{name}", "-f", name, "zone")
        said.append(signzone(*line).code if name == "ours" else tools.run("dnssec-signzone", *line).returncode)
    files = [{p.name: p.read_bytes() for p in (scene.folder / f"d-{name}").iterdir()} for name in ("ours", "theirs")]
    assert files[0] == files[1]
    assert len(files[0]) == 2


def test_a_key_of_k_is_in_the_dsset(scene):
    zsk = scene.keygen()
    sets = []
    for run in (signzone, lambda *line: tools.run("dnssec-signzone", *line)):
        run("-q", "-S", "-C", "-P", "-o", ORIGIN, *VALIDITY, "-k", zsk, "-f", "out", "zone")
        sets.append([(scene.folder / f"{kind}set-example.").read_text() for kind in ("ds", "key")])
    assert sets[0] == sets[1]
    assert sets[0][0].count("IN DS") == 2


def test_a_key_that_is_not_in_the_zone_is_in_no_dsset(scene):
    """BIND announces keys of the future to the parent."""
    scene.keygen("-f", "KSK", "-P", "now+10d", "-A", "now+20d")
    signzone("-q", "-S", "-o", ORIGIN, *VALIDITY, "-f", "out", "zone")
    assert (scene.folder / "dsset-example.").read_text().count("IN DS") == 1
    tools.run("dnssec-signzone", "-q", "-S", "-o", ORIGIN, *VALIDITY, "-f", "out", "zone")
    assert (scene.folder / "dsset-example.").read_text().count("IN DS") == 2


# ---- -D


def blocks(text: str) -> list[str]:
    """The RRsets of -D's output: BIND has them in the order of a hash table."""
    lines = [line for line in text.splitlines(True) if not line.startswith(";")]
    return sorted(re.findall(r"^\S.*\n(?:\s.*\n)*", "".join(lines), re.MULTILINE))


@pytest.mark.parametrize("style", ["text", "full"])
@pytest.mark.parametrize("chain", CHAINS, ids=CHAIN_NAMES)
@pytest.mark.parametrize("smart", [True, False])
def test_dnssec_records_alone(smart, chain, style, scene):
    long_names = ["a-very-long-owner-name-here 60 TXT x", "a-very-long-owner-name-here 60 A 192.0.2.9"]
    scene.write(*ZONE, *long_names, *(() if smart else ["$INCLUDE keys"]))
    keys = "".join(path.read_text() for path in scene.folder.glob("K*.key"))
    (scene.folder / "keys").write_text(keys)
    written = []
    for _ in range(2):  # the second time the input is signed
        for name in ("ours", "theirs"):
            line = ("-D", "-O", style, "-o", ORIGIN, *VALIDITY, *chain, *(["-S"] if smart else []), "-f", name, "zone")
            signzone(*line) if name == "ours" else tools.run("dnssec-signzone", *line)
        written.append([(scene.folder / name).read_text() for name in ("ours", "theirs")])
        assert blocks(written[-1][0]) == blocks(written[-1][1])
        scene.write(*ZONE, *long_names, *(() if smart else ["$INCLUDE keys"]), "$INCLUDE theirs")
        (scene.folder / "theirs").write_text(written[-1][0])
    tools.run("dnssec-verify", "-o", ORIGIN, "zone")


def test_dnssec_records_of_the_keys_and_children_are_complete(scene):
    """BIND signs the CDS and DS records that it has made, and leaves them out."""
    ksk = next(path.stem for path in scene.folder.glob("K*.key") if "key-signing" in path.read_text())
    scene.settime(ksk, "-P", "sync", "now-1h")
    (scene.folder / "dsset-ins.example.").write_text(f"ins.Example. IN DS 7 13 2 {'CD' * 32}\n")
    signzone("-D", "-S", "-g", "-o", ORIGIN, *VALIDITY, "-f", "added", "zone")
    said = (scene.folder / "added").read_text()
    assert re.search(r"\tIN CDS\t", said)
    assert re.search(r"\tIN CDNSKEY ", said)
    assert re.search(r"^ins\.Example\.\t.*\tIN DS", said, re.MULTILINE)


def test_what_the_zone_file_would_be_with_the_dnssec_records_is_verified(scene):
    """The zone has a record of a type that the signer changes, and it would stay."""
    (scene.folder / "dsset-sec.example.").write_text(f"sec.Example. IN DS 7 13 2 {'CD' * 32}\n")
    done = signzone("-D", "-S", "-g", "-o", ORIGIN, *VALIDITY, "-f", "added", "zone")
    assert done.code == 0
    scene.write(*ZONE, name="other")
    assert signzone("-D", "-S", "-o", ORIGIN, "-f", "added", "/dev/stdin", check=False).code == 1


@pytest.mark.parametrize(
    "options",
    [("-O", "raw"), ("-N", "increment"), ("-M", "60"), ("-O", "raw", "-N", "unixtime", "-M", "1")],
    ids=" ".join,
)
def test_what_dnssec_records_alone_do_not_go_with(options, scene):
    ours, theirs = scene.sign("-S", "-D", *options)
    assert (ours.code, ours.stderr) == (theirs.code, theirs.stderr)
    assert ours.code == 1


# ---- -g


def child_files(scene: Scene) -> None:
    """dsset- and keyset- files of some children, among them some that are none."""
    child = Scene(scene.folder, "Ins.Example")
    (scene.folder / "child").mkdir()
    for role in ((), ("-f", "KSK")):
        tools.run("dnssec-keygen", "-q", "-a", "15", *role, "-K", "child", child.origin)
    scene.write("$TTL 60", "@ SOA . . 1 2 3 4 5", "@ NS .", name="child/zone")
    line = ("-S", "-C", "-K", "child", "-d", "child", "-o", child.origin, "-f", "child/signed", "child/zone")
    tools.run("dnssec-signzone", *line)


@pytest.mark.parametrize("chain", CHAINS, ids=CHAIN_NAMES)
@pytest.mark.parametrize("files", ["dsset", "keyset", "both", "none"])
def test_ds_records_are_those_of_the_children(files, chain, scene):
    child_files(scene)
    for kind in ("dsset", "keyset"):
        if files not in (kind, "both"):
            (scene.folder / f"child/{kind}-ins.example.").unlink()
    options = ("-S", "-g", "-d", "child", *chain)
    made = scene.sign_alike(*options)
    assert sum("IN DS" in line for line in made) == (files != "none")
    scene.keep("zone")
    scene.sign_alike(*options)


@pytest.mark.parametrize("change", ["same", "other", "gone", "ttl"])
def test_a_signature_over_ds_records_stays_if_it_is_still_good(change, scene):
    ds = f"sec.Example. IN DS 12345 13 2 {'AB' * 32}\n"
    options = ("-S", "-g", "-t", "-v", "2", "-n", "1")
    (scene.folder / "dsset-sec.example.").write_text(ds)
    scene.sign_alike("-S", "-g", "-O", "full")
    scene.keep("signed")
    if change == "other":
        (scene.folder / "dsset-sec.example.").write_text(ds.replace("AB", "CD"))
    elif change == "gone":
        (scene.folder / "dsset-sec.example.").unlink()
    elif change == "ttl":
        text = (scene.folder / "signed").read_text()
        (scene.folder / "signed").write_text(re.sub(r"(sec\.Example\.\s+)60( IN NS)", r"\g<1>61\2", text))
    ours, theirs = scene.sign(*options, zone="signed")
    assert records(scene.folder / "ours") == records(scene.folder / "theirs")
    assert counts(ours.stdout) == counts(theirs.stdout)
    assert details(ours.stderr) == details(theirs.stderr)
    found = [sorted(re.findall(r"found .* records$", x.stderr, re.MULTILINE)) for x in (ours, theirs)]
    assert found[0] == found[1]


@pytest.mark.parametrize("options", [(), ("-d", "sub")], ids=str)
@pytest.mark.parametrize("kind", ["dsset", "keyset"])
def test_what_is_odd_in_the_file_of_a_child_is_told(kind, options, scene):
    (scene.folder / "sub").mkdir()
    record = f"DS 7 13 2 {'CD' * 32}" if kind == "dsset" else f"DNSKEY 257 3 15 {'A' * 43}="
    for folder in (scene.folder, scene.folder / "sub"):
        (folder / f"{kind}-ins.example.").write_text(f"ins.Example. IN {record}")
    scene.sign_alike("-S", "-g", *options)
    assert "does not end with newline" in scene.sign("-S", "-g", *options)[0].stderr


def test_a_broken_dsset_file_is_an_error(scene):
    """BIND takes it for none and makes the child insecure."""
    (scene.folder / "dsset-sec.example.").write_text("sec.Example. IN DS 12345 13 2 XY\n")
    ours, theirs = scene.sign("-S", "-g")
    assert theirs.code == 0
    assert ours.code == 1
    assert "fatal: dsset-sec.example.:1: near eol: bad hex" in ours.stderr


# ---- -G

SYNC = ["", "cds:sha-256", "cdnskey", "cds:1,cds:sha-384", "cdnskey,cds:SHA384,cds:4,cds:2", "cds:sha1,cdnskey"]


@pytest.mark.parametrize("wanted", SYNC)
def test_cds_and_cdnskey_of_the_wanted_kinds(wanted, scene):
    """BIND 9.18 has no -G."""
    ksk = next(path.stem for path in scene.folder.glob("K*.key") if "key-signing" in path.read_text())
    scene.settime(ksk, "-P", "sync", "now-1h")
    signzone("-S", "-o", ORIGIN, *VALIDITY, "-f", "first", "zone")
    signzone("-S", "-G", wanted, "-o", ORIGIN, *VALIDITY, "-f", "second", "first")
    made = records(scene.folder / "second")
    digests = {int(m[1]) for line in made if (m := re.search(r"IN CDS\s+\d+ 15 (\d)", line))}
    words = {"cds:sha-256": 2, "cds:2": 2, "cds:1": 1, "cds:sha1": 1, "cds:sha-384": 4, "cds:SHA384": 4, "cds:4": 4}
    assert digests == {words[word] for word in wanted.split(",") if word in words}
    assert any("IN CDNSKEY" in line for line in made) == ("cdnskey" in wanted)
    for digest in digests:
        ds = tools.run("dnssec-dsfromkey", "-a", str(digest), f"{ksk}.key").stdout.split()[-1]
        assert any("IN CDS" in line and "".join(line.split()).endswith(ds) for line in made)


def test_cds_and_cdnskey_have_the_ttl_of_the_keys(scene):
    ksk = next(path.stem for path in scene.folder.glob("K*.key") if "key-signing" in path.read_text())
    scene.settime(ksk, "-P", "sync", "now-1h")
    made = scene.sign_alike("-S", "-T", "1234")
    assert {line.split()[1] for line in made if " IN CDS" in line or " IN CDNSKEY" in line} == {"1234"}


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ("x", "digest must specify cds:algorithm ('x')"),
        ("cds:", "digest must specify cds:algorithm ('cds:')"),
        ("cdnskey,", "digest must specify cds:algorithm ('')"),
        ("CDNSKEY", "digest must specify cds:algorithm ('CDNSKEY')"),
        ("cdnskey,cds:foobar", "bad digest 'cds:foobar'"),
        ("cds:256", "bad digest 'cds:256': out of range"),
        ("cds:gost", "unsupported digest 'cds:gost'"),
        ("cds:7", "unsupported digest 'cds:7'"),
    ],
)
def test_kinds_of_sync_records_that_are_none(wanted, complaint, scene):
    done = signzone("-S", "-G", wanted, "-o", ORIGIN, "zone", check=False)
    assert (done.code, done.stderr) == (1, f"dnssec-signzone: fatal: {complaint}\n")


# ---- -M


@pytest.mark.parametrize("chain", CHAINS, ids=CHAIN_NAMES)
def test_a_limit_to_all_ttls(chain, scene):
    """BIND 9.18.49 never ends where there is a TTL to be lowered; it signs the same zone with low TTLs."""
    scene.write(*ZONE, "high 100000 TXT x", "sec 4000 NS ns2", "high 4000 A 192.0.2.1")
    low = [re.sub(r"^(\S+) (\d+)", lambda m: f"{m[1]} {min(int(m[2]), 100)}", line) for line in ZONE]
    scene.write(*low, "high 100 TXT x", "sec 100 NS ns2", "high 100 A 192.0.2.1", name="low")
    common = ("-S", "-o", ORIGIN, *VALIDITY, *chain)
    done = signzone(*common, "-M", "100", "-v", "2", "-f", "ours", "zone")
    tools.run("dnssec-signzone", *common, "-f", "theirs", "low")
    assert records(scene.folder / "ours") == records(scene.folder / "theirs")
    assert "dnssec-signzone: reducing ttl of high.Example/TXT from 100000 to 100\n" in done.stderr
    again = signzone(*common, "-M", "50", "-t", "-f", "again", "ours")
    assert counts(again.stdout)[1] == (0 if not chain else 1)  # NSEC3PARAM has a TTL of 0
    assert {line.split()[1] for line in records(scene.folder / "again")} <= {"0", "50"}


def test_a_limit_that_nothing_reaches(scene):
    scene.sign_alike("-S", "-M", "0x1000", "-T", "5000")
    assert (
        "Specified key TTL 5000 exceeds maximum zone TTL; reducing to 4096"
        in scene.sign("-S", "-M", "4096", "-T", "5000")[0].stderr
    )


def test_a_limit_that_is_no_number(scene):
    ours, theirs = scene.sign("-S", "-M", "10x")
    assert ours.code == theirs.code == 1
    assert ours.stderr == theirs.stderr == "maximum TTL must be numeric"


# ---- -a, -m, -v


@pytest.mark.parametrize("algorithm", ["8", "15"])
@pytest.mark.parametrize("chain", CHAINS, ids=CHAIN_NAMES)
def test_each_new_signature_is_verified(chain, algorithm, scene):
    scene.keygen(algorithm=algorithm)
    scene.keygen("-f", "KSK", algorithm=algorithm)
    line = ("-S", "-a", "-t", "-v", "3", "-n", "1", *chain)
    for zone in ("zone", "signed"):
        ours, theirs = scene.sign(*line, zone=zone)
        assert counts(ours.stdout) == counts(theirs.stdout)
        assert details(ours.stderr) == details(theirs.stderr)
        assert hashes(ours.stderr) == hashes(theirs.stderr)
        scene.keep("signed")
    assert counts(scene.sign(*line)[0].stdout)[3] > 30


def test_a_new_signature_that_is_wrong_is_only_counted(scene, monkeypatch):
    from fastsign import _core

    right = _core.count_good
    monkeypatch.setattr("fastsign.sign.shards._core.count_good", lambda *given: right(*given) - 1)
    done = signzone("-S", "-a", "-t", "-o", ORIGIN, *VALIDITY, "-f", "out", "zone")
    assert done.code == 0
    assert counts(done.stdout)[4] > 0


@pytest.mark.parametrize("what", ["record", "trace", "usage", "other"])
def test_memory_debugging_is_accepted_and_said_to_be_none(what, scene):
    ours, theirs = scene.sign("-S", "-m", what)
    assert ours.code == theirs.code == 0
    assert records(scene.folder / "ours") == records(scene.folder / "theirs")
    assert (
        ours.stderr == f"dnssec-signzone: warning: -m {what}: fastsign has no memory debugging; nothing is recorded\n"
    )
