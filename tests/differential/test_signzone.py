"""fastsign signzone and dnssec-signzone on the same zones, keys and times: the same records."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import tools
from differential_zones import ORIGIN, ZONE, records, without_signatures
from inprocess import signzone
from random_zones import zone_lines

VALIDITY = ("-s", "20261101000000", "-e", "20291201000000")
CHAINS = {
    "nsec": (),
    "nsec3": ("-3", "-"),
    "nsec3-salt": ("-3", "AABBCC", "-H", "5"),
    "opt-out": ("-3", "-", "-A"),
}
EQUAL_BYTES = {8, 10, 15, 16}  # deterministic in BIND too


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A folder with a KSK and a ZSK for each algorithm."""
    folders = {}
    for algorithm in (8, 10, 13, 14, 15, 16):
        folder = folders[algorithm] = tmp_path_factory.mktemp(f"keys{algorithm}")
        bits = ("-b", "1024") if algorithm in (8, 10) else ()
        for role in ((), ("-f", "KSK")):
            tools.run("dnssec-keygen", "-q", "-a", str(algorithm), *bits, *role, "-K", folder, ORIGIN)
    return folders


def sign_by_both(lines: list[str], folder: Path, keys: Path, *options: str) -> tuple[Path, Path]:
    zone = folder / "zone"
    zone.write_text("\n".join(lines) + "\n")
    common = ("-S", "-K", keys, "-o", ORIGIN, "-d", folder, *VALIDITY, *options)
    ours, theirs = folder / "ours", folder / "theirs"
    signzone(*common, "-P", "-f", ours, zone)
    tools.run("dnssec-signzone", *common, "-f", theirs, zone)
    return ours, theirs


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would run six programs a step
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lines=zone_lines(), chain=st.sampled_from(sorted(CHAINS)), algorithm=st.sampled_from([8, 13, 15]))
def test_random_zones_have_the_records_that_bind_gives_them(lines, chain, algorithm, keys, tmp_path):
    ours, theirs = sign_by_both(lines, tmp_path, keys[algorithm], *CHAINS[chain])
    mine, bind = records(ours), records(theirs)
    if algorithm in EQUAL_BYTES:
        assert mine == bind
    else:
        assert without_signatures(mine) == without_signatures(bind)
    tools.run("dnssec-verify", "-q", "-o", ORIGIN, ours)
    # Knot and ldns refuse some content itself (data below a DNAME); then they refuse it in BIND's output too.
    for verifier in (("kzonecheck", "-d", "on", "-o", ORIGIN), ("ldns-verify-zone",)):
        verdicts = [tools.run(*verifier, path, check=False).returncode for path in (ours, theirs)]
        assert verdicts[0] == verdicts[1]


@pytest.mark.parametrize("chain", sorted(CHAINS))
@pytest.mark.parametrize("algorithm", [8, 10, 13, 14, 15, 16])
def test_every_algorithm_with_every_chain(algorithm, chain, keys, tmp_path):
    ours, theirs = sign_by_both(ZONE, tmp_path, keys[algorithm], *CHAINS[chain])
    mine, bind = records(ours), records(theirs)
    assert without_signatures(mine) == without_signatures(bind)
    if algorithm in EQUAL_BYTES:
        assert mine == bind
    tools.accept(ours, ORIGIN)


SPELLINGS = [
    "WWW 300 A 192.0.2.1", "www 600 A 192.0.2.2", "x 60 A 192.0.2.1", "www 60 TXT x", "Www 300 TXT y", "www 300 TXT z",
    "w.CUT 60 A 192.0.2.4", "Cut 60 NS W.cut", "cuT 60 NS other.", "*.W 60 MX 1 A", "*.w 70 MX 1 a",
]  # fmt: skip


@pytest.mark.parametrize("chain", ["nsec3", "opt-out"])
def test_spellings_of_a_name_are_merged_as_bind_merges_them(chain, keys, tmp_path):
    ours, theirs = sign_by_both([*ZONE[:3], *SPELLINGS], tmp_path, keys[15], *CHAINS[chain])
    assert records(ours) == records(theirs)


@pytest.mark.parametrize("style", ["text", "full"])
@pytest.mark.parametrize("chain", ["nsec", "nsec3"])
def test_the_origin_of_the_command_line_spells_the_apex(chain, style, keys, tmp_path):
    lines = ["EXAMPLE. 600 SOA ns.example. h.example. 1 2 3 4 5", "exAmple. 600 NS ns.other.", "a.Example. 60 TXT x"]
    ours, theirs = sign_by_both(lines, tmp_path, keys[15], "-O", style, *CHAINS[chain])
    assert sorted(ours.read_text().splitlines()[2:]) == sorted(theirs.read_text().splitlines()[2:])


@pytest.mark.parametrize(
    "options",
    [
        ("-x",),
        ("-z",),
        ("-N", "increment"),
        ("-T", "1234"),
        ("-X", "20280101000000"),
    ],
)
def test_options_that_change_records(options, keys, tmp_path):
    ours, theirs = sign_by_both(ZONE, tmp_path, keys[15], *options)
    assert records(ours) == records(theirs)


@pytest.mark.parametrize("method", ["unixtime", "date"])
def test_a_serial_of_the_clock_is_binds(method, keys, tmp_path):
    """With the clock of fastsign at what BIND's serial says that it was when BIND ran."""
    zone, ours, theirs = tmp_path / "zone", tmp_path / "ours", tmp_path / "theirs"
    zone.write_text("\n".join(ZONE) + "\n")
    common = ("-S", "-K", keys[15], "-o", ORIGIN, "-d", tmp_path, *VALIDITY, "-N", method)
    tools.run("dnssec-signzone", *common, "-O", "full", "-f", theirs, zone)
    serial = next(line for line in theirs.read_text().splitlines() if "IN SOA\t" in line).split()[6]
    if method == "unixtime":
        moment = int(serial)
    else:  # late on the day, when the keys, made today, are active
        moment = int(time.mktime(time.strptime(serial[:8] + "23", "%Y%m%d%H"))) + 3599
    signzone(*common, "-P", "-O", "full", "-f", ours, zone, now=moment)
    assert records(ours) == records(theirs)


@pytest.mark.parametrize("style", ["text", "full"])
@pytest.mark.parametrize("chain", sorted(CHAINS))
def test_the_text_is_binds_but_for_the_order_of_nodes(chain, style, keys, tmp_path):
    ours, theirs = sign_by_both(ZONE, tmp_path, keys[15], "-O", style, *CHAINS[chain])
    # BIND 9.18 writes nodes as its threads finish them, and begins with other comment lines.
    assert sorted(ours.read_text().splitlines()[2:]) == sorted(theirs.read_text().splitlines()[2:])


def test_dsset_is_binds(keys, tmp_path):
    sign_by_both(ZONE, tmp_path, keys[13])
    theirs = (tmp_path / f"dsset-{ORIGIN.lower()}.").read_text()
    (tmp_path / f"dsset-{ORIGIN.lower()}.").unlink()
    signzone("-S", "-K", keys[13], "-o", ORIGIN, "-d", tmp_path, "-f", tmp_path / "ours", tmp_path / "zone")
    assert (tmp_path / f"dsset-{ORIGIN.lower()}.").read_text() == theirs
