"""Keys for Python programs: from folders, files and private keys of cryptography; what they say and what they hide."""

from __future__ import annotations

import base64
import gc
import pickle
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519

import fastsign
import tools
from fastsign import Key, Keys, Zone, sign_zone, verify_zone
from keyfile_scene import contents

ZONE = "@ 300 SOA ns h 1 1 1 1 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER, EARLIER = datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
MAKERS = {
    "RSASHA256": lambda: rsa.generate_private_key(65537, 2048),
    "RSASHA512": lambda: rsa.generate_private_key(65537, 1024),
    "NSEC3RSASHA1": lambda: rsa.generate_private_key(3, 1024),
    "ECDSAP256SHA256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ECDSAP384SHA384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ED25519": ed25519.Ed25519PrivateKey.generate,
    "ED448": ed448.Ed448PrivateKey.generate,
}


def zone_of(origin: str = "example.") -> Zone:
    return Zone.from_text(ZONE, origin)


def dnskeys(zone: Zone) -> list[str]:
    return [record.rdata for record in zone if record.rrtype == "DNSKEY"]


@pytest.mark.parametrize("algorithm", MAKERS)
def test_a_private_key_of_each_kind_signs_and_the_peers_accept_it(tmp_path: Path, algorithm: str) -> None:
    keys = [Key(MAKERS[algorithm](), "example.", role, algorithm=algorithm) for role in ("ksk", "zsk")]
    signed = sign_zone(zone_of(), keys)
    signed.write(tmp_path / "signed")
    assert verify_zone(signed.zone).algorithms == (keys[0].algorithm,) == (algorithm,)
    if algorithm == "NSEC3RSASHA1":
        tools.run("dnssec-verify", "-q", "-o", "example.", tmp_path / "signed")
    else:
        tools.accept(tmp_path / "signed", "example.")
    assert signed.dsset.split()[3:6] == [str(keys[0].tag), str(keys[0].dnskey[3]), "2"]
    assert "".join(signed.dsset.split()[3:]) == "".join(keys[0].ds().split())


@pytest.mark.parametrize("algorithm", MAKERS)
def test_the_files_of_a_key_are_those_that_bind_makes(tmp_path: Path, algorithm: str) -> None:
    made = Key(MAKERS[algorithm](), "example.", "ksk", algorithm=algorithm, ttl=300)
    base = made.write(tmp_path, now=NOW)
    before = contents(tmp_path)
    assert before[f"{Path(base).name}.private"][0] == 0o600
    # BIND reads the files and writes them anew: not an octet changes but where it sets a time.
    tools.run("dnssec-settime", "-I", "none", base, cwd=tmp_path)
    assert contents(tmp_path) == before
    read = Key.load(base)
    assert (read.dnskey, read.role, read.tag, read.zone) == (made.dnskey, "ksk", made.tag, "example.")
    loaded, original = (sign_zone(zone_of(), key, csk=True, now=NOW) for key in (read, made))
    assert loaded.to_bytes() == original.to_bytes()


def test_a_generated_key_is_as_asked_for(tmp_path: Path) -> None:
    key = Key.generate("Example.", "ksk", "RSASHA512", bits=1536, ttl=60)
    assert (key.zone, key.role, key.algorithm) == ("Example.", "ksk", "RSASHA512")
    text = Path(key.write(tmp_path) + ".key").read_text()
    assert re.search(r"^Example\. 60 IN DNSKEY 257 3 10 ", text, re.MULTILINE)
    assert repr(key) == f"<Key Example/RSASHA512/{key.tag} ksk>"
    with pytest.raises(fastsign.KeyFileError, match="has or will have the tag"):
        key.write(tmp_path)


def test_the_ttl_of_a_key_is_that_of_its_record_where_the_zone_has_none(tmp_path: Path) -> None:
    def ttl_by(*keys: Key | str, zone: Zone | None = None, **options: int) -> set[int]:
        signed = sign_zone(zone or zone_of(), keys, now=NOW, **options).zone
        return {record.ttl for record in signed if record.rrtype == "DNSKEY"}

    def pair(ttl: int | None, **times: datetime) -> list[Key]:
        return [Key.generate("example.", role, ttl=ttl, **times) for role in ("ksk", "zsk")]

    timed = pair(77, publish=EARLIER, activate=EARLIER)
    bases = [key.write(tmp_path, now=EARLIER) for key in timed]
    assert ttl_by(*pair(77)) == ttl_by(*timed) == ttl_by(*bases) == ttl_by(str(tmp_path)) == {77}
    assert ttl_by(*pair(50), *timed) == ttl_by(*timed, *pair(50)) == {50}
    assert ttl_by(*pair(None)) == ttl_by(*pair(0)) == {300}
    assert ttl_by(*pair(None), dnskey_ttl=60) == {60}
    assert ttl_by(*pair(77), dnskey_ttl=60) == {77}
    with_keys = sign_zone(zone_of(), pair(None), now=NOW, dnskey_ttl=40).zone
    assert ttl_by(*pair(77), zone=with_keys) == {40}


def test_in_a_folder_a_written_key_is_in_use_from_then_on(tmp_path: Path) -> None:
    for role in ("ksk", "zsk"):
        Key.generate("example.", role).write(tmp_path, now=NOW)
    assert len(dnskeys(sign_zone(zone_of(), tmp_path, now=NOW).zone)) == 2
    with pytest.raises(fastsign.SigningError):
        sign_zone(zone_of(), tmp_path, now=EARLIER)


def test_times_decide_as_in_key_files() -> None:
    ksk, zsk = Key.generate("example.", "ksk"), Key.generate("example.", "zsk")

    def outcome(**times: object) -> tuple[bool, bool]:
        """Is a key with these times in the zone, and does it sign?"""
        key = Key.generate("example.", "zsk", **times)
        signed = sign_zone(zone_of(), [ksk, zsk, key], now=NOW).zone
        published = any(record.startswith("256 ") and len(dnskeys(signed)) == 3 for record in dnskeys(signed))
        return published, any(f" {key.tag} example. " in record.rdata for record in signed if record.rrtype == "RRSIG")

    assert outcome() == (True, True)
    assert outcome(publish=EARLIER) == (True, False)
    assert outcome(publish=EARLIER, activate=EARLIER) == (True, True)
    assert outcome(publish=EARLIER, activate=LATER) == (True, False)
    assert outcome(publish=LATER, activate=LATER) == (False, False)
    assert outcome(publish=EARLIER, activate=EARLIER, inactive=EARLIER) == (True, False)
    assert outcome(inactive=EARLIER) == (True, False)
    assert outcome(delete=EARLIER) == (False, False)
    assert outcome(delete=LATER) == (True, True)


def test_cds_records_follow_the_times_of_a_key() -> None:
    ksk = Key.generate("example.", "csk", sync_publish=EARLIER)
    types = {record.rrtype for record in sign_zone(zone_of(), ksk, now=NOW).zone}
    assert {"CDS", "CDNSKEY"} <= types


def test_a_revoked_key_signs_the_dnskey_rrset_alone() -> None:
    old = Key.generate("example.", "ksk", publish=EARLIER, activate=EARLIER, revoke=EARLIER)
    signed = sign_zone(zone_of(), [old, Key.generate("example.", "ksk"), Key.generate("example.")], now=NOW)
    assert sum(record.startswith("385 ") for record in dnskeys(signed.zone)) == 1
    assert verify_zone(signed.zone, now=NOW).warnings == ()


def test_a_csk_signs_everything_and_so_do_keys_without_another() -> None:
    for keys in ([Key.generate("example.", "csk")], [Key.generate("example.", "ksk")]):
        assert verify_zone(sign_zone(zone_of(), keys).zone).signatures == 6
    both = sign_zone(zone_of(), [Key.generate("example.", "csk"), Key.generate("example.", "zsk")])
    assert verify_zone(both.zone).signatures == 2 * 6
    csk, zsk = Key.generate("example.", "csk"), Key.generate("example.", "zsk", publish=EARLIER, activate=LATER)
    assert csk.role == "csk"
    signed = sign_zone(zone_of(), [csk, zsk], now=NOW)
    assert verify_zone(signed.zone, now=NOW, csk=True).signatures == 6


def test_a_csk_is_one_in_its_files_too(tmp_path: Path) -> None:
    Key.generate("example.", "csk").write(tmp_path)
    (key,) = Keys(tmp_path).of("example.")
    assert key.role == "csk"
    assert verify_zone(sign_zone(zone_of(), tmp_path).zone).signatures == 6


def test_keys_of_many_kinds_go_together_and_serve_many_zones(tmp_path: Path) -> None:
    for zone in ("a.example.", "b.example."):
        Key.generate(zone, "ksk").write(tmp_path)
    single = Key.generate("a.example.").write(tmp_path / "..")
    keys = Keys(tmp_path, single, Key.generate("b.example."), Keys(Key.generate("c.example.", "csk")))
    for zone, roles in (("a.example.", ["ksk", "zsk"]), ("b.example.", ["ksk", "zsk"]), ("c.example.", ["csk"])):
        assert sorted(key.role for key in keys.of(zone)) == roles
        assert len(dnskeys(sign_zone(zone_of(zone), keys).zone)) == len(roles)
    assert keys.of("d.example.") == []


def test_keys_of_one_tag_are_different_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = keys_of_one_tag()
    assert len({key.tag for key in keys}) == 1
    signed = sign_zone(zone_of(), [*keys, Key.generate("example.", "ksk", "ED25519")])
    assert verify_zone(signed.zone).signatures == 2 * 6 + 1
    assert len(dnskeys(signed.zone)) == 3


def keys_of_one_tag() -> list[Key]:
    """Two zone-signing keys, found by trying: among some hundred keys there are two of one tag."""
    by_tag: dict[int, ed25519.Ed25519PrivateKey] = {}
    while True:
        private_key = ed25519.Ed25519PrivateKey.generate()
        with Key(private_key, "example.") as key:
            if key.tag in by_tag:
                return [Key(each, "example.") for each in (by_tag[key.tag], private_key)]
            by_tag[key.tag] = private_key


def test_the_keys_of_a_signed_zone_are_known_again(tmp_path: Path) -> None:
    keys = [Key.generate("example.", "ksk"), Key.generate("example.")]
    signed = sign_zone(zone_of(), keys).zone
    for key in keys:
        key.write(tmp_path)
    for again in (keys, [tmp_path]):
        result = sign_zone(signed, again)
        assert (result.report.generated, result.warnings) == (0, ())
    lost = sign_zone(signed, keys[0], csk=False, verify=False)
    assert lost.warnings == (f"the secret of the zone's key example/ECDSAP256SHA256/{keys[1].tag} is not at hand",)


def test_a_key_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    base = Key.generate("example.", "csk").write(tmp_path)
    Path(base + ".private").write_text("Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\n")
    for keys in (tmp_path, base):
        with pytest.raises(fastsign.KeyFileError, match="private key is invalid"):
            sign_zone(zone_of(), keys)
    with pytest.raises(fastsign.KeyFileError, match="neither a folder nor the name of a key's files"):
        Keys(tmp_path / "nothing")


def test_private_keys_that_dnssec_has_no_algorithm_for_are_refused() -> None:
    for key in (ec.generate_private_key(ec.SECP521R1()), x25519.X25519PrivateKey.generate()):
        with pytest.raises(ValueError, match="DNSSEC has RSA, P-256"):
            Key(key, "example.")
    with pytest.raises(ValueError, match="DNSSEC has RSA, P-256"):
        Key(dsa.generate_private_key(1024), "example.")
    with pytest.raises(ValueError, match="ED448 is no algorithm for Ed25519PrivateKey"):
        Key(ed25519.Ed25519PrivateKey.generate(), "example.", algorithm="ED448")


def test_arguments_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="ksk, zsk, csk"):
        Key.generate("example.", "master")
    with pytest.raises(ValueError, match="no such algorithm"):
        Key.generate("example.", "zsk", "MD5")
    with pytest.raises(ValueError, match="1024 to 4096"):
        Key.generate("example.", "zsk", "RSASHA256", bits=512)
    with pytest.raises(ValueError, match="is not for ED25519"):
        Key.generate("example.", "zsk", "ED25519", bits=2048)
    with pytest.raises(ValueError, match="no time zone"):
        Key.generate("example.", publish=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="before 1970 or after 2106"):
        Key.generate("example.", publish=2**32)
    with pytest.raises(TypeError, match="unexpected keyword argument 'until'"):
        Key.generate("example.", until=7)
    with pytest.raises(ValueError, match="empty label"):
        Key.generate("a..b")
    with pytest.raises(ValueError, match="sha1, sha256, sha384"):
        Key.generate("example.").ds("md5")


# ---- secrets


def test_a_closed_key_is_wiped_and_can_not_sign() -> None:
    key = Key(ed25519.Ed25519PrivateKey.generate(), "example.", "csk")
    assert key._secret is not None
    with open(key._secret.path, "rb") as file:
        assert b"PrivateKey: " in file.read()
        key.close()
        file.seek(0)
        assert set(file.read()) == {0}
    with pytest.raises(fastsign.KeyFileError, match="not a private key"):
        sign_zone(zone_of(), key)


def test_a_forgotten_key_is_wiped() -> None:
    key = Key(ed25519.Ed25519PrivateKey.generate(), "example.", "csk")
    assert key._secret is not None
    with open(key._secret.path, "rb") as file:
        del key
        gc.collect()
        assert set(file.read()) == {0}


def test_the_secret_is_in_no_message_and_in_no_pickle() -> None:
    private_key = ed25519.Ed25519PrivateKey.generate()
    secret = base64.b64encode(private_key.private_bytes_raw()).decode()
    key = Key(private_key, "example.", "csk")
    assert secret not in repr(key) + repr(Keys(key)) + repr(key._file) + repr(vars(key))
    for held in (key, Keys(key)):
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(held)


def test_every_buffer_that_the_secret_went_through_is_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastsign.keys import memory

    seen: list[bytearray] = []
    real = memory.private_file

    def watched(key, material):
        content = real(key, material)
        seen.extend([content, *(value for _, value in material)])
        return content

    monkeypatch.setattr(memory, "private_file", watched)
    Key(rsa.generate_private_key(65537, 1024), "example.")
    assert len(seen) == 9
    assert all(not any(buffer) for buffer in seen)
