"""Which engines a build and a CPU offer, how one is asked for, and the build without crypto_mb."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastsign._core import engines
from fastsign.errors import SigningError
from private_keys import ALGORITHMS, KeyPair, keygen, sign

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, KeyPair]:
    folder = tmp_path_factory.mktemp("keys")
    return {algorithm: keygen(folder, algorithm) for algorithm in (8, 13, 14, 15, 16)}


def rows_for(pair: KeyPair) -> list[bytes]:
    octets = {8: 32, 13: 32, 14: 48}.get(pair.algorithm, 100)
    return [i.to_bytes(octets) for i in range(20)]


def test_libcrypto_signs_with_every_algorithm_and_is_the_last_resort() -> None:
    offered = engines()
    assert sorted(offered) == sorted(ALGORITHMS)
    assert all(names[-1] == "openssl" and len(set(names)) == len(names) for names in offered.values())


def test_every_engine_on_offer_makes_the_same_signatures(pairs: dict[int, KeyPair]) -> None:
    for algorithm, pair in pairs.items():
        for name in engines()[algorithm]:
            key = pair.load(name)
            assert key.engine == name
            assert sign(key, rows_for(pair)) == sign(pair.load("openssl"), rows_for(pair))


def test_with_no_name_the_preferred_engine_signs(pairs: dict[int, KeyPair]) -> None:
    for algorithm, pair in pairs.items():
        assert pair.load().engine == engines()[algorithm][0]


def test_an_engine_that_lacks_the_algorithm_leaves_it_to_the_one_that_has_it(pairs: dict[int, KeyPair]) -> None:
    for name in engines()[13]:
        assert pairs[16].load(name).engine == "openssl"


@pytest.mark.parametrize("name", ["gpu", "OpenSSL", "openssl ", "x" * 200])
def test_an_unknown_engine_is_refused(name: str, pairs: dict[int, KeyPair]) -> None:
    with pytest.raises(SigningError, match=r"is not in this build; there are: .*openssl"):
        pairs[13].load(name)


def test_crypto_mb_signs_what_libcrypto_signs_where_the_cpu_is_fit(pairs: dict[int, KeyPair]) -> None:
    if "crypto_mb" not in engines()[13]:
        pytest.skip("this CPU has no AVX-512 IFMA, or this build no crypto_mb; the stand-in tests cover our side of it")
    for algorithm in (8, 13, 14, 15):
        assert pairs[algorithm].load("crypto_mb").engine == "crypto_mb"


def test_the_build_without_crypto_mb_has_none(tmp_path: Path, pairs: dict[int, KeyPair]) -> None:
    environment = os.environ | {"FASTSIGN_NO_CRYPTO_MB": "1", "FASTSIGN_DEBUG": "1"}
    command = [
        sys.executable,
        "setup.py",
        "-q",
        "build_ext",
        "--build-lib",
        tmp_path / "lib",
        "--build-temp",
        tmp_path / "o",
    ]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    code = (
        "import json, sys, importlib.util\n"
        "spec = importlib.util.spec_from_file_location('fastsign._core', sys.argv[1])\n"
        "core = importlib.util.module_from_spec(spec); spec.loader.exec_module(core)\n"
        "key = core.PrivateKey.load(sys.argv[2], 13, bytes.fromhex(sys.argv[3]))\n"
        "try: core.PrivateKey.load(sys.argv[2], 13, bytes.fromhex(sys.argv[3]), 'crypto_mb')\n"
        "except Exception as error: print(json.dumps([core.engines(), str(error)]))\n"
    )
    extension = next((tmp_path / "lib").glob("fastsign/_core*.so"))
    pair = pairs[13]
    arguments = [sys.executable, "-c", code, str(extension), str(pair.path), pair.public_key.hex()]
    done = subprocess.run(
        arguments, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": "src"}, cwd=ROOT
    )
    offered, message = json.loads(done.stdout)
    assert all("crypto_mb" not in names for names in offered.values())
    assert sorted(map(int, offered)) == sorted(ALGORITHMS)
    assert "'crypto_mb' is not in this build" in message
