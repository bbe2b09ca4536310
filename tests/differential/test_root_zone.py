"""The real root zone of 2021, signed with NSEC and NSEC3."""

from __future__ import annotations

from pathlib import Path

import pytest

import tools
from differential_zones import records, without_signatures
from fastsign.sign import pipeline
from inprocess import signzone

ROOT = Path(__file__).parents[2] / "examples" / "root.zone"
VALIDITY = ("-s", "20261101000000", "-e", "20291201000000")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for role in ((), ("-f", "KSK")):
        tools.run("dnssec-keygen", "-q", "-a", "13", *role, "-K", folder, ".")
    return folder


@pytest.mark.parametrize("chain", [(), ("-3", "-"), ("-3", "-", "-A")], ids=["nsec", "nsec3", "opt-out"])
def test_it_is_signed_as_by_bind_and_accepted_by_all(chain, keys, tmp_path):
    common = ("-S", "-K", keys, "-o", ".", "-d", tmp_path, *VALIDITY, *chain)
    signzone(*common, "-f", tmp_path / "ours", ROOT)
    tools.run("dnssec-signzone", "-P", *common, "-f", tmp_path / "theirs", ROOT)
    ours, theirs = records(tmp_path / "ours", "."), records(tmp_path / "theirs", ".")
    assert without_signatures(ours) == without_signatures(theirs)
    tools.accept(tmp_path / "ours", ".")


def test_every_engine_and_any_number_of_workers_write_the_same_octets(keys, tmp_path, monkeypatch):
    from fastsign._core import engines

    monkeypatch.setattr(pipeline, "_POOL_FROM_ROWS", 0)
    common = ("-S", "-P", "-K", keys, "-o", ".", "-d", tmp_path, *VALIDITY, "-3", "-")
    outputs = {}
    for engine in engines()[13]:
        for workers in ("1", "2", "3"):
            path = tmp_path / f"{engine}{workers}"
            signzone(*common, "-n", workers, "-f", path, ROOT, engine=engine)
            outputs[engine, workers] = path.read_bytes().split(b"\n", 1)[1]  # less the line with the time
    assert len(outputs) >= 3
    assert len(set(outputs.values())) == 1
