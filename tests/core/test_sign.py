"""Signatures of every algorithm: the RFCs' examples, and what other libraries make of them."""

from __future__ import annotations

import hashlib
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature

from fastsign._core import Column, PrivateKey, verify_one
from private_keys import ALGORITHMS, KeyPair, column, keygen, octets, sign, write_key

HASHES = {
    5: hashes.SHA1(),
    7: hashes.SHA1(),
    8: hashes.SHA256(),
    10: hashes.SHA512(),
    13: hashes.SHA256(),
    14: hashes.SHA384(),
}
ORDERS = {
    13: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    14: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
}
CURVES = {13: ec.SECP256R1(), 14: ec.SECP384R1()}

# RFC 6979 sections A.2.5 and A.2.6: (key, {message: (r, s)})
RFC6979 = {
    13: (
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        {
            b"sample": (
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            b"test": (
                "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
                "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
            ),
        },
    ),
    14: (
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
        {
            b"sample": (
                "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
                "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
            ),
            b"test": (
                "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB",
                "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
            ),
        },
    ),
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, KeyPair]:
    folder = tmp_path_factory.mktemp("keys")
    return {algorithm: keygen(folder, algorithm) for algorithm in ALGORITHMS}


def rows_for(key: PrivateKey, count: int, seed: int = 1) -> list[bytes]:
    draw = random.Random(seed)
    return [draw.randbytes(key.digest_length or draw.randrange(300)) for _ in range(count)]


def ec_public(pair: KeyPair) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[pair.algorithm], b"\x04" + pair.public_key)


@cache
def rsa_private(pair: KeyPair) -> rsa.RSAPrivateKey:
    tags = ["Prime1", "Prime2", "PrivateExponent", "Exponent1", "Exponent2", "Coefficient", "PublicExponent", "Modulus"]
    p, q, d, dp, dq, qinv, e, n = (int.from_bytes(pair.field(tag)) for tag in tags)
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qinv, rsa.RSAPublicNumbers(e, n)).private_key()


def reference(pair: KeyPair, row: bytes) -> bytes:
    """The one signature that the algorithm (for ECDSA: RFC 6979) allows, by the cryptography package."""
    if pair.algorithm == 15:
        return ed25519.Ed25519PrivateKey.from_private_bytes(pair.field("PrivateKey")).sign(row)
    if pair.algorithm == 16:
        return ed448.Ed448PrivateKey.from_private_bytes(pair.field("PrivateKey")).sign(row)
    prehashed = Prehashed(HASHES[pair.algorithm])
    if pair.algorithm in CURVES:
        scalar = ec.derive_private_key(int.from_bytes(pair.field("PrivateKey")), CURVES[pair.algorithm])
        r, s = decode_dss_signature(scalar.sign(row, ec.ECDSA(prehashed, deterministic_signing=True)))
        return r.to_bytes(len(row)) + s.to_bytes(len(row))
    return rsa_private(pair).sign(row, padding.PKCS1v15(), prehashed)


@pytest.mark.parametrize("algorithm", RFC6979)
def test_rfc_6979_examples(algorithm: int, tmp_path: Path) -> None:
    key, examples = RFC6979[algorithm]
    public = ec.derive_private_key(int(key, 16), CURVES[algorithm]).public_key().public_numbers()
    width = len(key) // 2
    field = public.x.to_bytes(width) + public.y.to_bytes(width)
    loaded = write_key(tmp_path, algorithm, field, PrivateKey=bytes.fromhex(key)).load()
    digests = [hashlib.new(HASHES[algorithm].name, message).digest() for message in examples]
    assert sign(loaded, digests) == [bytes.fromhex(r + s) for r, s in examples.values()]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_signatures_equal_those_of_another_library(algorithm: int, pairs: dict[int, KeyPair]) -> None:
    pair = pairs[algorithm]
    key = pair.load("openssl")
    assert key.algorithm == algorithm
    rows = rows_for(key, 150)
    assert sign(key, rows) == [reference(pair, row) for row in rows]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_signature_at_a_time_equals_a_batch(algorithm: int, pairs: dict[int, KeyPair]) -> None:
    key = pairs[algorithm].load()
    rows = rows_for(key, 21, seed=2)
    assert sign(key, rows) == [signature for row in rows for signature in sign(key, [row])]


@pytest.mark.parametrize("algorithm", [13, 14])
def test_a_digest_at_the_ends_of_its_range_is_reduced(algorithm: int, pairs: dict[int, KeyPair]) -> None:
    pair = pairs[algorithm]
    key = pair.load()
    order = ORDERS[algorithm]
    for value in (0, 1, order - 1, order, order + 1, 2 ** (8 * key.digest_length) - 1):
        row = value.to_bytes(key.digest_length)
        assert sign(key, [row]) == [reference(pair, row)]


def test_r_and_s_keep_their_leading_zeros(pairs: dict[int, KeyPair]) -> None:
    pair = pairs[13]
    key, public = pair.load(), ec_public(pair)
    rows = [hashlib.sha256(bytes([i & 255, i >> 8])).digest() for i in range(4000)]
    signatures = sign(key, rows)
    short = [(row, it) for row, it in zip(rows, signatures, strict=True) if it[0] == 0 or it[32] == 0]
    assert 5 < len(short) < 100
    for row, it in short:
        der = encode_dss_signature(int.from_bytes(it[:32]), int.from_bytes(it[32:]))
        public.verify(der, row, ec.ECDSA(Prehashed(hashes.SHA256())))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_verify_one_tells_a_good_signature_from_a_bad_one(algorithm: int, pairs: dict[int, KeyPair]) -> None:
    pair = pairs[algorithm]
    key = pair.load()
    row = rows_for(key, 1)[0]
    good = sign(key, [row])[0]
    assert verify_one(algorithm, pair.public_key, row, good)
    for octet in (0, len(good) // 2, len(good) - 1):
        bad = bytearray(good)
        bad[octet] ^= 1
        assert not verify_one(algorithm, pair.public_key, row, bytes(bad))
    assert not verify_one(algorithm, pair.public_key, row, good[:-1])
    assert not verify_one(algorithm, pair.public_key, row[:-1] + bytes([row[-1] ^ 1]), good)


def test_a_bad_signature_leaves_no_trace_in_libcrypto(pairs: dict[int, KeyPair]) -> None:
    assert not verify_one(8, pairs[8].public_key, bytes(32), b"\xff" * 256)
    with pytest.raises(InvalidSignature):  # and not the left-over error of ours
        ec_public(pairs[13]).verify(encode_dss_signature(1, 1), bytes(32), ec.ECDSA(Prehashed(hashes.SHA256())))


def test_what_does_not_fit_is_refused(pairs: dict[int, KeyPair]) -> None:
    by_digest, by_message = pairs[13].load(), pairs[15].load()
    out, data = Column("B", 128), octets(bytes(64))
    with pytest.raises(ValueError, match="96 are needed"):
        by_digest.sign_digests(data, 3, out)
    with pytest.raises(ValueError, match="128 are needed"):
        by_digest.sign_digests(octets(bytes(96)), 2, Column("B", 127))
    with pytest.raises(ValueError, match="messages, not digests"):
        by_message.sign_digests(data, 1, out)
    with pytest.raises(ValueError, match="digests, not messages"):
        by_digest.sign_messages(data, Column("Q", 2), 1, out)
    with pytest.raises(ValueError, match="column of B"):
        by_digest.sign_digests(Column("I", 64), 1, out)
    with pytest.raises(ValueError, match="more than a batch"):
        by_digest.sign_digests(data, 2**63, out)


@pytest.mark.parametrize("offsets", [[0, 65], [3, 2], [0, 2**63]])
def test_offsets_beyond_the_messages_are_refused(offsets: list[int], pairs: dict[int, KeyPair]) -> None:
    with pytest.raises(ValueError, match="beyond"):
        pairs[15].load().sign_messages(octets(bytes(64)), column("Q", offsets), 1, Column("B", 64))


@pytest.mark.parametrize("algorithm", [8, 13, 15])
def test_no_rows_are_no_work(algorithm: int, pairs: dict[int, KeyPair]) -> None:
    assert sign(pairs[algorithm].load(), []) == []


def test_a_private_key_is_made_by_load_alone_and_stays_here(pairs: dict[int, KeyPair]) -> None:
    with pytest.raises(TypeError):
        PrivateKey()
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(pairs[13].load())


def test_many_threads_may_sign_with_one_key(pairs: dict[int, KeyPair]) -> None:
    for algorithm in (8, 13, 15):
        key = pairs[algorithm].load()
        rows = rows_for(key, 60, seed=3)
        expected = sign(key, rows)
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(sign, [key] * 8, [rows] * 8)) == [expected] * 8
