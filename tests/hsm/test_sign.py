"""`fastsign signzone` with keys in SoftHSM: as the manual of BIND goes about it, beside keys on the disk, in a pool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from struct import unpack

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import tools
from fastsign.keys.files import read_key
from fastsign.sign import pipeline
from hsm_scene import ORIGIN, HsmScene, import_key
from hsm_token import Token
from inprocess import command

TIMES = ("-s", "20261101000000", "-e", "20391201000000")


def keys_of_one_tag() -> tuple[int, int]:
    """Two keys on P-256 that have the same tag as combined signing keys."""
    seen: dict[int, int] = {}
    for scalar in range(1, 3000):
        point = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
        rdata = b"\x01\x01\x03\x0d" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
        tag = sum(unpack(f">{len(rdata) // 2}H", rdata))  # RFC 4034 appendix B
        tag = (tag + (tag >> 16)) & 0xFFFF
        if tag in seen:
            return seen[tag], scalar
        seen[tag] = scalar
    raise AssertionError("it is not one in 10^29")


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """A token with the keys of BIND's manual, section 5.5, and such on P-256 and small ones."""
    token = Token(tmp_path_factory.mktemp("hsm"))
    token.set_up()
    token.make_key("rsa:2048", "example.net-ksk", "01")
    token.make_key("rsa:2048", "example.net-zsk", "02")
    token.make_key("EC:prime256v1", "ksk", "11")
    token.make_key("EC:prime256v1", "zsk", "12")
    token.make_key("EC:edwards25519", "ed", "13")
    token.make_key("EC:secp384r1", "p384", "14")
    token.make_key("rsa:1024", "small", "15")
    token.add_token("second")
    for scalar, on in zip(keys_of_one_tag(), (None, "second"), strict=True):
        import_key(token, scalar, "twin", on)
    with token.in_use():
        yield token


@pytest.fixture
def scene(tmp_path: Path, token: Token, monkeypatch: pytest.MonkeyPatch) -> HsmScene:
    monkeypatch.chdir(tmp_path)
    return HsmScene(tmp_path, token)


def signed_by(path: Path) -> dict[str, int]:
    """How many signatures of a zone each key has made, by its tag."""
    count: dict[str, int] = {}
    for tag in re.findall(r"RRSIG\s.*?(?:\d{14}\s+){2}(\d+)\s", path.read_text(), re.DOTALL):
        count[tag] = count.get(tag, 0) + 1
    return count


def test_the_walk_through_of_the_manual(scene: HsmScene) -> None:
    """Two RSA keys by pkcs11-tool, their files by keyfromlabel, the zone signed with them by name."""
    ksk = scene.add_key("example.net-ksk", "-f", "KSK", algorithm=8)
    zsk = scene.add_key("example.net-zsk", algorithm=8)
    records = "".join((scene.folder / "keys" / f"{name}.key").read_text() for name in (ksk, zsk))
    (scene.folder / "zone").write_text((scene.folder / "zone").read_text() + records)
    environ = {"PKCS11_MODULE_PATH": scene.shim.path}
    command("signzone", "-o", ORIGIN, "-f", "signed", "zone", f"keys/{ksk}", f"keys/{zsk}", environ=environ)
    scene.accept()
    tools.accept(scene.signed, ORIGIN)


def test_keys_on_a_curve_by_their_ids(scene: HsmScene) -> None:
    by_id = f"pkcs11:token=signer;pin-source={scene.token.pin_file};id="
    ksk, zsk = scene.add_key("", "-f", "KSK", uri=f"{by_id}%11"), scene.add_key("", uri=f"{by_id}%12")
    scene.sign()
    scene.accept()
    count = signed_by(scene.signed)
    tags = [str(read_key(f"keys/{name}").tag) for name in (ksk, zsk)]
    assert count == {tags[0]: 1, tags[1]: 200}


@pytest.mark.parametrize(("label", "algorithm"), [("ed", 15), ("p384", 14), ("small", 8), ("small", 10)])
def test_one_key_of_each_other_kind(label: str, algorithm: int, scene: HsmScene) -> None:
    scene.add_key(label, "-f", "KSK", algorithm=algorithm)
    scene.sign("-z")
    scene.accept()
    assert scene.shim.calls("C_Login") == 1


def test_a_ksk_in_the_hsm_and_a_zsk_on_the_disk(scene: HsmScene) -> None:
    ksk = scene.add_key("ksk", "-f", "KSK")
    tools.run("dnssec-keygen", "-q", "-K", "keys", "-a", "13", ORIGIN, cwd=scene.folder)
    scene.sign()
    scene.accept()
    assert signed_by(scene.signed)[str(read_key(f"keys/{ksk}").tag)] == 1
    assert scene.shim.calls("C_Sign") == 2  # a try, and the DNSKEY RRset


@pytest.mark.parametrize(("label", "algorithm"), [("small", 8), ("ed", 15)])
def test_a_pool_makes_the_same_zone_as_one_worker(label: str, algorithm: int, scene: HsmScene) -> None:
    scene.add_key(label, "-f", "KSK", algorithm=algorithm)
    scene.write_zone(2100)
    written = []
    for workers in ("1", "4"):
        scene.sign("-z", "-n", workers, *TIMES)
        written.append(scene.signed.read_text().split("\n", 1)[1])  # less the time
        assert scene.shim.calls("C_Initialize") >= int(workers)
    scene.accept()
    assert written[0] == written[1]


def test_sessions_share_the_work(scene: HsmScene) -> None:
    scene.add_key("small", "-f", "KSK", algorithm=8)
    written = []
    for sessions in ("1", "3"):
        scene.sign("-z", "--hsm-sessions", sessions, *TIMES)
        assert scene.shim.calls("C_OpenSession") == int(sessions)
        assert scene.shim.calls("C_Login") == 1
        written.append(scene.signed.read_text().split("\n", 1)[1])  # less the time
    assert written[0] == written[1]


def test_a_setting_keeps_the_pool_small(scene: HsmScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_HSM_POOL_FROM_ROWS", 10)
    scene.add_key("ksk", "-f", "KSK")
    scene.sign("-z", "-n", "4", "--hsm-workers", "2")
    scene.accept()
    assert scene.shim.calls("C_Initialize") <= 3


# ---- another key under the same name


def other_key_file(scene: HsmScene, label: str, other: str) -> None:
    """Files that lead to the key *label*, with the public half of the key *other* and so with its name."""
    name = scene.add_key(label, "-f", "KSK", folder=".")
    wrong = scene.add_key(other, "-f", "KSK")
    (scene.folder / "keys" / f"{wrong}.private").write_bytes((scene.folder / f"{name}.private").read_bytes())


def test_another_key_in_the_hsm_than_in_the_zone_is_refused(scene: HsmScene) -> None:
    other_key_file(scene, "ksk", "zsk")
    said = scene.refused(scene.sign("-z", check=False))
    assert "is another one than that of the DNSKEY" in said
    assert scene.shim.calls("C_Sign") == 0


def test_another_key_of_the_same_label_and_tag_is_refused(scene: HsmScene) -> None:
    """As in .de in May 2026: each HSM had a key pair of its own, all under one name and tag."""
    name = scene.add_key("twin", "-f", "KSK")
    elsewhere = scene.token.uri("twin", token="second")
    assert scene.add_key("twin", "-f", "KSK", uri=elsewhere, folder=".") == name  # the same tag
    assert Path(f"{name}.key").read_bytes() != Path(f"keys/{name}.key").read_bytes()
    Path(f"keys/{name}.private").write_bytes(Path(f"{name}.private").read_bytes())
    said = scene.refused(scene.sign("-z", check=False))
    assert "is another one than that of the DNSKEY" in said
    assert scene.shim.calls("C_Sign") == 0


def test_a_replica_that_has_another_key_signs_nothing(scene: HsmScene) -> None:
    scene.add_key("twin", "-f", "KSK")
    done = scene.sign("-z", "--hsm-replica", f"pkcs11:token=second;pin-source={scene.token.pin_file}")
    scene.accept()
    assert "is another one than that of the DNSKEY" in done.stderr
