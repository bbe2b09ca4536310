"""Key files, written byte for byte as BIND writes them, and safely."""

from __future__ import annotations

import base64
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

import tools
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names, write
from fastsign.keys.files import KeyFile, read_key
from fastsign.keys.generate import make_key
from fastsign.keys.metadata import FORMAT, KeyTimes, Metadata
from fastsign.keys.write import key_file_text, rewrite_key, write_key

ALGORITHMS = (5, 7, 8, 10, 13, 14, 15, 16)
TIMES = "-P 20260101 -A 20260201 -R 20270101 -I 20280301 -D 20280401 -P sync 20260102 -D sync 20270102"


def keygen(folder: Path, *arguments: str) -> str:
    return tools.run("dnssec-keygen", "-q", "-K", folder, *arguments).stdout.strip()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fresh(algorithm: int = 15, owner: str = "example", **times: int) -> tuple[KeyFile, write.Material]:
    public_key, material = make_key(algorithm, 1024)
    metadata = Metadata(format_version=FORMAT, times=KeyTimes(created=1700000000, **times))
    return KeyFile(names.from_text(owner), 257, 3, algorithm, public_key, 300, "", metadata=metadata), material


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_binds_files_are_written_back_byte_for_byte(
    algorithm: int, zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    line = ["-a", str(algorithm), "-b", "1024"]
    try:
        made = [
            keygen(tmp_path, *line, "-f", "KSK", "-L", "3600", *TIMES.split(), "Mixed.\\$Case.example"),
            keygen(tmp_path, *line, "-C", "-f", "KSK", "-f", "REVOKE", "."),
            keygen(tmp_path, *line, "-G", "-c", "CH", "-n", "other", "example"),
        ]
        before = contents(tmp_path)
        for name in made:
            rewrite_key(read_key(name, str(tmp_path)))
        assert contents(tmp_path) == before
    finally:
        monkeypatch.undo()
        time.tzset()


def test_changed_metadata_are_written_as_dnssec_settime_writes_them(tmp_path: Path) -> None:
    name = keygen(tmp_path, "-a", "13", "-f", "KSK", "example")
    key = read_key(name, str(tmp_path))
    times = key.times._replace(publish=None, inactive=2000000000)
    rewrite_key(replace(key, ttl=60, metadata=replace(key.metadata, times=times)))
    after = contents(tmp_path)
    tools.run("dnssec-settime", "-K", tmp_path, "-P", "none", "-I", "2000000000", "-L", "60", name)
    assert contents(tmp_path) == after


def test_a_file_of_ldns_becomes_one_of_bind(tmp_path: Path) -> None:
    name = tools.run("ldns-keygen", "-a", "RSASHA256", "-b", "1024", "example", cwd=tmp_path).stdout.strip()
    key = read_key(name, str(tmp_path))
    rewrite_key(replace(key, metadata=replace(key.metadata, format_version=FORMAT, times=KeyTimes(created=1700000000))))
    mine = contents(tmp_path)
    tools.run("dnssec-settime", "-K", tmp_path, "-A", "none", name)  # makes BIND write the files anew
    theirs = contents(tmp_path)
    assert mine[f"{name}.private"] == theirs[f"{name}.private"]
    assert mine[f"{name}.key"] == theirs[f"{name}.key"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_made_key_is_a_pair(algorithm: int) -> None:
    public_key, material = make_key(algorithm, 1024)
    facts.check_public_key(algorithm, public_key)
    secret = {tag: base64.b64decode(value) for tag, value in material}
    if algorithm in facts.RSA:
        number = {tag: int.from_bytes(value, "big") for tag, value in secret.items()}
        assert number["Prime1"] * number["Prime2"] == number["Modulus"]
        assert facts.rsa_numbers(public_key) == (secret["PublicExponent"], secret["Modulus"])
        public = rsa.RSAPublicNumbers(number["PublicExponent"], number["Modulus"])
        rsa.RSAPrivateNumbers(number["Prime1"], number["Prime2"], number["PrivateExponent"], number["Exponent1"],
                              number["Exponent2"], number["Coefficient"], public).private_key()  # fmt: skip
    elif algorithm in (13, 14):
        curve: ec.EllipticCurve = ec.SECP256R1() if algorithm == 13 else ec.SECP384R1()
        point = ec.derive_private_key(int.from_bytes(secret["PrivateKey"], "big"), curve).public_key().public_numbers()
        size = len(public_key) // 2
        assert len(secret["PrivateKey"]) == size
        assert (point.x, point.y) == (
            int.from_bytes(public_key[:size], "big"),
            int.from_bytes(public_key[size:], "big"),
        )
    else:
        kind = ed25519.Ed25519PrivateKey if algorithm == 15 else ed448.Ed448PrivateKey
        assert kind.from_private_bytes(secret["PrivateKey"]).public_key().public_bytes_raw() == public_key


def test_a_private_file_is_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    for mask, public_mode in ((0o000, 0o644), (0o077, 0o600)):
        previous = os.umask(mask)
        try:
            name = write_key(*fresh(), str(tmp_path))
        finally:
            os.umask(previous)
        assert stat.S_IMODE((tmp_path / f"{name}.private").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / f"{name}.key").stat().st_mode) == public_mode


def test_a_private_file_is_closed_to_others_before_it_has_an_octet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(write, "_write_all", lambda fd, content: seen.append(os.fstat(fd)))
    write_key(*fresh(), str(tmp_path))
    assert [(stat.S_IMODE(status.st_mode), status.st_size) for status in seen] == [(0o644, 0), (0o600, 0)]


def test_rewriting_closes_a_private_file_that_was_open(tmp_path: Path) -> None:
    name = keygen(tmp_path, "-a", "13", "example")
    private = tmp_path / f"{name}.private"
    private.chmod(0o644)
    rewrite_key(read_key(name, str(tmp_path)))
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_secrets_are_wiped_after_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents_seen: list[bytes | bytearray] = []
    put = write._write_all

    def spy(descriptor: int, content: bytes | bytearray) -> None:
        contents_seen.append(content)
        put(descriptor, content)

    monkeypatch.setattr(write, "_write_all", spy)
    key, material = fresh(8)
    name = write_key(key, material, str(tmp_path))
    rewrite_key(read_key(name, str(tmp_path)))
    private = [content for content in contents_seen if isinstance(content, bytearray)]
    assert len(private) == 2
    assert {octet for content in [*private, *(value for _, value in material)] for octet in content} == {0}


@pytest.mark.parametrize("suffix", [".private", ".key"])
def test_a_new_key_never_takes_the_place_of_a_file(suffix: str, tmp_path: Path) -> None:
    key, material = fresh()
    path = tmp_path / (names.key_file_name(key.name, key.algorithm, key.tag) + suffix)
    path.write_text("precious")
    with pytest.raises(KeyFileError, match="file already exists"):
        write_key(key, material, str(tmp_path))
    assert contents(tmp_path) == {path.name: b"precious"}


def test_a_failing_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for failing in (1, 2, 3):  # .key, .private, the folder with both in place
        calls = []

        def fail(descriptor: int, failing: int = failing, calls: list[int] = calls) -> None:
            calls.append(descriptor)
            if len(calls) == failing:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(KeyFileError, match="disc full"):
            write_key(*fresh(), str(tmp_path))
        assert contents(tmp_path) == {}


def test_a_file_system_without_links_does_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    key, material = fresh()
    name = write_key(key, material, str(tmp_path))
    assert read_key(name, str(tmp_path)).rdata == key.rdata
    assert stat.S_IMODE((tmp_path / f"{name}.private").stat().st_mode) == 0o600
    assert len(contents(tmp_path)) == 2
    with pytest.raises(KeyFileError, match="file already exists"):
        write_key(key, fresh()[1], str(tmp_path))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    for algorithm in ALGORITHMS:
        key, material = fresh(algorithm, "A\\.b.\\000\\255x.example", activate=1800000000)
        name = write_key(key, material, str(tmp_path))
        again = read_key(name, str(tmp_path))
        assert (again.owner, again.rdata, again.ttl, again.times) == (key.owner, key.rdata, key.ttl, key.times)
        assert key_file_text(again) == key_file_text(key)
        tools.run("dnssec-settime", "-K", tmp_path, "-p", "all", name)
