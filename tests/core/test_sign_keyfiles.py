"""Private key files as PrivateKey.load reads them: what it takes, what it refuses, and what its errors say."""

from __future__ import annotations

import base64
import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastsign._core import PrivateKey, verify_one
from fastsign.errors import KeyFileError
from private_keys import ALGORITHMS, KeyPair, keygen, sign, write_key

RSA_TAGS = (
    "Modulus",
    "PublicExponent",
    "PrivateExponent",
    "Prime1",
    "Prime2",
    "Exponent1",
    "Exponent2",
    "Coefficient",
)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, KeyPair]:
    folder = tmp_path_factory.mktemp("keys")
    return {algorithm: keygen(folder, algorithm, "-P", "now", "-I", "+1y") for algorithm in ALGORITHMS}


def changed(pair: KeyPair, folder: Path, old: str, new: str) -> KeyPair:
    """A copy of the key whose file has *new* for the regular expression *old*."""
    text, found = re.subn(old, new, pair.path.read_text(), flags=re.MULTILINE)
    assert found, old
    path = folder / pair.path.name
    path.write_text(text)
    return replace(pair, path=path)


def assert_refused(pair: KeyPair, why: str) -> None:
    with pytest.raises(KeyFileError, match=why) as caught:
        pair.load()
    assert str(pair.path) in str(caught.value)
    assert_no_key_in(str(caught.value), pair)


def assert_no_key_in(message: str, pair: KeyPair) -> None:
    text = pair.path.read_bytes() if pair.path.is_file() else b""
    for value in re.findall(rb"[A-Za-z0-9+/]{16,}", text):
        assert value.decode() not in message.replace(str(pair.path), "")


def works(key: PrivateKey, pair: KeyPair) -> bool:
    row = bytes(key.digest_length or 33)
    return verify_one(pair.algorithm, pair.public_key, row, sign(key, [row])[0])


# ---- what is taken


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_bind_writes_version_1_2_too(algorithm: int, tmp_path: Path) -> None:
    pair = keygen(tmp_path, algorithm, "-C")
    assert "v1.2" in pair.path.read_text()
    assert works(pair.load(), pair)


@pytest.mark.parametrize("algorithm", [8, 13, 16])
def test_tags_are_case_insensitive_and_blanks_do_not_matter(
    algorithm: int, pairs: dict[int, KeyPair], tmp_path: Path
) -> None:
    path = tmp_path / "K.private"
    lines = pairs[algorithm].path.read_text().splitlines()
    path.write_text("\r\n\n".join("\t" + re.sub(r"^([^:]*):", lambda tag: tag[0].upper(), line) for line in lines))
    pair = replace(pairs[algorithm], path=path)
    assert works(pair.load(), pair)


@pytest.mark.parametrize("name", ["Predecessor", "Successor", "MaxTTL", "RollPeriod", "SyncDelete", "Revoke"])
def test_every_tag_that_bind_writes_is_known(name: str, pairs: dict[int, KeyPair], tmp_path: Path) -> None:
    assert changed(pairs[13], tmp_path, r"\Z", f"{name}: 20260101000000\n").load()


def test_a_tag_of_a_later_minor_version_is_skipped(pairs: dict[int, KeyPair], tmp_path: Path) -> None:
    later = changed(pairs[13], tmp_path, r"v1\.3", "v1.4")
    assert changed(later, tmp_path, r"\Z", "Colour: blue\n").load()


def test_leading_zeros_of_a_scalar_may_be_left_out(tmp_path: Path) -> None:
    for number in range(200):
        pair = write_scalar_until_short(tmp_path, number)
        if pair:
            assert works(pair.load(), pair)
            return
    pytest.fail("no scalar was short")


def write_scalar_until_short(folder: Path, number: int) -> KeyPair | None:
    from cryptography.hazmat.primitives.asymmetric import ec

    d = 2**240 - 1 - number
    point = ec.derive_private_key(d, ec.SECP256R1()).public_key().public_numbers()
    return write_key(folder, 13, point.x.to_bytes(32) + point.y.to_bytes(32), PrivateKey=d.to_bytes(30))


@pytest.mark.parametrize("exponent", [3, 65537, 2**32 + 15])
@pytest.mark.parametrize("bits", [1024, 1032])
def test_rsa_keys_with_other_exponents_and_sizes(exponent: int, bits: int, tmp_path: Path) -> None:
    pair = write_rsa(tmp_path, exponent, bits)
    key = pair.load()
    assert key.signature_length == bits // 8
    assert works(key, pair)


def write_rsa(folder: Path, exponent: int, bits: int, long_form: bool = False) -> KeyPair:
    """An RSA key from OpenSSL's primes, with an exponent of our choice."""
    while True:
        numbers = rsa.generate_private_key(65537, bits).private_numbers()
        p, q = numbers.p, numbers.q
        try:
            d = pow(exponent, -1, (p - 1) * (q - 1))
        except ValueError:
            continue
        break
    n, e = (p * q).to_bytes(bits // 8), exponent.to_bytes((exponent.bit_length() + 7) // 8)
    head = b"\0" + len(e).to_bytes(2) if long_form else bytes([len(e)])
    values = (p * q, exponent, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    fields = {tag: value.to_bytes((value.bit_length() + 7) // 8) for tag, value in zip(RSA_TAGS, values, strict=True)}
    return write_key(folder, 8, head + e + n, **fields)


def test_the_long_form_of_an_exponents_length_is_read(tmp_path: Path) -> None:
    pair = write_rsa(tmp_path, 65537, 1024, long_form=True)  # RFC 3110 section 2
    assert works(pair.load(), pair)


def test_rfc_8080_examples(tmp_path: Path) -> None:
    """Section 6.1: the key files; the signatures over the RRsets are compared where zones are signed."""
    for seed, public in (
        ("ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=", "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4="),
        ("DSSF3o0s0f+ElWzj9E/Osxw8hLpk55chkmx0LYN5WiY=", "zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs="),
    ):
        pair = write_key(tmp_path, 15, base64.b64decode(public), PrivateKey=base64.b64decode(seed))
        signature = sign(pair.load(), [b"message"])[0]
        assert signature == ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed)).sign(b"message")
    public = "3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA"
    seed = "xZ+5Cgm463xugtkY5B0Jx6erFTXp13rYegst0qRtNsOYnaVpMx0Z/c5EiA9x8wWbDDct/U3FhYWA"
    pair = write_key(tmp_path, 16, base64.b64decode(public), PrivateKey=base64.b64decode(seed))
    assert works(pair.load(), pair)


def test_rfc_6605_keys(tmp_path: Path) -> None:
    """Section 6.1 and 6.2."""
    for algorithm, scalar, public in (
        (
            13,
            "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=",
            "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
        ),
        (
            14,
            "WURgWHCcYIYUPWgeLmiPY2DJJk02vgrmTfitxgqcL4vwW7BOrbawVmVe0d9V94SR",
            "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur"
            "8I/mlVNgF6W/qTI37m40",
        ),
    ):
        pair = write_key(tmp_path, algorithm, base64.b64decode(public), PrivateKey=base64.b64decode(scalar))
        assert works(pair.load(), pair)


# ---- what is refused


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_private_key_of_another_dnskey_is_refused(algorithm: int, pairs: dict[int, KeyPair], tmp_path: Path) -> None:
    other = keygen(tmp_path, algorithm)
    assert_refused(replace(pairs[algorithm], path=other.path), "does not belong to the public key")


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("Modulus", "does not belong to the public key"),
        ("PublicExponent", "does not belong to the public key"),
        ("PrivateExponent", "Exponent1 does not fit PrivateExponent"),
        ("Prime1", "Prime1 . Prime2 is not Modulus"),
        ("Prime2", "Prime1 . Prime2 is not Modulus"),
        ("Exponent1", "Exponent1 does not fit"),
        ("Exponent2", "Exponent2 does not fit"),
        ("Coefficient", "Coefficient is not the inverse"),
    ],
)
def test_an_rsa_key_with_one_wrong_number_is_refused(
    tag: str, why: str, pairs: dict[int, KeyPair], tmp_path: Path
) -> None:
    pair = pairs[8]
    wrong = bytearray(pair.field(tag))
    wrong[-1] ^= 2
    text = base64.b64encode(wrong).decode()
    assert_refused(changed(pair, tmp_path, rf"^{tag}: .*", f"{tag}: {text}"), why)


@pytest.mark.parametrize("tag", RSA_TAGS)
def test_an_rsa_key_without_one_of_its_numbers_is_refused(tag: str, pairs: dict[int, KeyPair], tmp_path: Path) -> None:
    assert_refused(changed(pairs[8], tmp_path, rf"^{tag}: .*\n", ""), f"has no {tag}")


ORDER_256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize("scalar", [0, ORDER_256, ORDER_256 + 1, 2**256 - 1, 2**300])
def test_a_scalar_out_of_range_is_refused(scalar: int, pairs: dict[int, KeyPair], tmp_path: Path) -> None:
    text = base64.b64encode(scalar.to_bytes(max(32, (scalar.bit_length() + 7) // 8))).decode()
    assert_refused(changed(pairs[13], tmp_path, "^PrivateKey: .*", f"PrivateKey: {text}"), "zero or beyond the order")


@pytest.mark.parametrize("octets", [31, 33, 57])
def test_an_eddsa_seed_of_another_length_is_refused(octets: int, pairs: dict[int, KeyPair], tmp_path: Path) -> None:
    text = base64.b64encode(b"s" * octets).decode()
    assert_refused(changed(pairs[15], tmp_path, "^PrivateKey: .*", f"PrivateKey: {text}"), "length of its algorithm")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (r"v1\.3", "v2.0", ":1: this version .* is not known"),
        (r"v1\.3", "v1", ":1: this version .* is not known"),
        (r"^Private-key-format", "Public-key-format", ":1: expected 'Private-key-format"),
        (r"^Algorithm: 13", "Algorithm: 14", ":2: the algorithm is not 13"),
        (r"^Algorithm: 13", "Algorithm: ", ":2: the algorithm is not 13"),
        (r"^PrivateKey: .*\n", "", "has no PrivateKey"),
        (r"^PrivateKey: .*", "PrivateKey:", ":3: the value is no base64"),
        (r"^PrivateKey: ..", "PrivateKey: !!", ":3: the value is no base64"),
        (r"^PrivateKey: .", "PrivateKey: ", ":3: the value is no base64"),
        (r"=$", "", ":3: the value is no base64"),
        (r"=$", "==", ":3: the value is no base64"),
        (r"^PrivateKey: .*", "PrivateKey: " + 4 * 200 * "A", ":3: the value is no base64"),
        (r"^(PrivateKey: .*)", r"\1\n\1", ":4: this tag stands twice"),
        (r"^Created: .*", "Colour: blue", ":4: unknown tag"),
        (r"^Created: .*", "Created", ":4: expected 'Tag: value'"),
        (r"^Created: .*", "Modulus: AAAA", ":4: this tag does not go with the key's algorithm"),
        (r"^PrivateKey: .*", "External:", "kept elsewhere"),
        (r"^PrivateKey: .*", "Engine: cGtjczExAA==\nLabel: cGtjczExOgA=", "in an HSM"),
        (r"(?s)\A.*", "", "ends before"),
        (r"(?s)\A.*", "Private-key-format: v1.3\n", "ends before"),
        (r"(?s)\A.*", "\0" * 100, ":1: expected 'Tag: value'"),
        (r"\Z", "x" * 20000, "longer than any private key"),
    ],
)
def test_what_is_malformed_is_refused_by_line(
    old: str, new: str, why: str, pairs: dict[int, KeyPair], tmp_path: Path
) -> None:
    assert_refused(changed(pairs[13], tmp_path, old, new), why)


@pytest.mark.parametrize(
    ("algorithm", "public"),
    [
        (8, b""),
        (8, b"\x03\x01\x00\x01"),
        (8, b"\x00\x00"),
        (8, b"\x00\x00\x00" + b"\x01" * 128),
        (8, b"\x03\x01\x00\x01" + b"\xff" * 513),
        (8, b"\x03\x01\x00\x01" + b"\xff" * 40),
        (8, b"\x03\x01\x00\x01" + b"\xfe" * 128),
        (8, b"\x03\x00\x00\x03" + b"\xff" * 128),
        (8, b"\x01\x01" + b"\xff" * 128),
        (8, b"\x09" + b"\x01" * 9 + b"\xff" * 128),
        (8, b"\xff" * 2000),
        (13, b"\x01" * 63),
        (13, b"\x01" * 64),
        (14, b"\x01" * 64),
        (15, b"\x01" * 31),
        (16, b"\x01" * 32),
    ],
)
def test_a_malformed_dnskey_is_refused(algorithm: int, public: bytes, pairs: dict[int, KeyPair]) -> None:
    assert_refused(replace(pairs[algorithm], public_key=public), "public key of the DNSKEY is malformed")
    with pytest.raises(KeyFileError, match="malformed"):
        verify_one(algorithm, public, bytes(32), bytes(64))


@pytest.mark.parametrize("algorithm", [0, 1, 3, 6, 12, 17, 253, 255])
def test_an_algorithm_that_can_not_sign_is_refused(algorithm: int, pairs: dict[int, KeyPair]) -> None:
    assert_refused(replace(pairs[13], algorithm=algorithm), f"algorithm {algorithm} is none that can sign")


def test_what_is_no_file_is_refused(pairs: dict[int, KeyPair], tmp_path: Path) -> None:
    assert_refused(replace(pairs[13], path=tmp_path / "Kmissing.private"), "No such file or directory")
    assert_refused(replace(pairs[13], path=tmp_path), "not a regular file")
    fifo = tmp_path / "Kfifo.private"
    os.mkfifo(fifo)  # and nobody writes: reading it would hang
    assert_refused(replace(pairs[13], path=fifo), "not a regular file")
    with pytest.raises(ValueError, match="NUL"):
        PrivateKey.load("K\0.private", 13, pairs[13].public_key)


def test_a_file_that_may_not_be_read_is_refused(pairs: dict[int, KeyPair], tmp_path: Path) -> None:
    """As another user, since root may read everything."""
    code = (
        "import sys; from fastsign._core import PrivateKey\n"
        "import os; os.getuid() == 0 and os.setuid(65534)\n"
        "try: PrivateKey.load(sys.argv[1], 13, bytes.fromhex(sys.argv[2]))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    path = tmp_path / "K.private"
    path.write_bytes(pairs[13].path.read_bytes())
    path.chmod(0)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), pairs[13].public_key.hex()], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("KeyFileError")
    assert "Permission denied" in done.stdout


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(algorithm=st.sampled_from([5, 13, 15, 16]), seed=st.integers(0, 2**32))
def test_a_file_with_random_faults_signs_right_or_is_refused(
    algorithm: int, seed: int, pairs: dict[int, KeyPair], tmp_path: Path
) -> None:
    draw, octets = random.Random(seed), bytearray(pairs[algorithm].path.read_bytes())
    for _ in range(draw.randrange(1, 4)):
        if not octets:
            break
        at = draw.randrange(len(octets))
        kind = draw.randrange(5)
        if kind == 0:
            octets[at] = draw.randrange(256)
        elif kind == 1:
            octets[at] ^= 1 << draw.randrange(8)
        elif kind == 2:
            del octets[at : at + draw.randrange(1, 40)]
        elif kind == 3:
            octets[at:at] = octets[draw.randrange(len(octets)) :][: draw.randrange(1, 80)]
        else:
            octets = octets[: at + 1]
    path = tmp_path / "K.private"
    path.write_bytes(octets)
    pair = replace(pairs[algorithm], path=path)
    try:
        key = pair.load()
    except KeyFileError as error:
        assert_no_key_in(str(error), pair)
    else:
        assert works(key, pair)
