"""`fastsign keygen` with a key store that is an HSM, SoftHSM here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat import keygen_run
from fastsign.errors import HsmError, KeyFileError
from fastsign.keys.files import read_key
from fastsign.keys.metadata import read_label
from fastsign.keys.pkcs11 import make
from fastsign.keys.pkcs11.module import find_key
from fastsign.keys.pkcs11.uri import parse_uri
from hsm_token import PIN, Token
from inprocess import Done, command

NOW = 1_795_500_000
STAMP = "20261124060000"


@pytest.fixture
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    token = Token(tmp_path_factory.mktemp("hsm"))
    token.set_up()
    with token.in_use():
        yield token


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(token: Token, *arguments: str, check: bool = True) -> Done:
    return command("keygen", *arguments, check=check, now=NOW, environ={"PKCS11_MODULE_PATH": token.module})


def store(token: Token, *more: str) -> str:
    return ";".join([f"pkcs11:token={token.label}", f"pin-source={token.pin_file}", *more])


def labels_in(token: Token) -> set[str]:
    return set(re.findall(r"label: +(\S+)", token.pkcs11_tool("-O")))


@pytest.mark.parametrize(
    ("algorithm", "bits"), [("8", ""), ("8", "-b3072"), ("10", "-b2048"), ("13", ""), ("14", ""), ("15", "")]
)
def test_a_key_is_made_in_the_hsm_and_its_files_say_where(algorithm: str, bits: str, token: Token) -> None:
    options = [bits] if bits else []
    name = run(token, "--store", store(token), "-a", algorithm, *options, "-fK", "Example").stdout.strip()
    key = read_key(name, need_private=True)
    assert (key.flags, key.algorithm, key.metadata.in_hsm) == (257, int(algorithm), True)
    if algorithm in ("8", "10"):
        assert key.bits == int(bits[2:] or 2048)
    label = read_label(f"{name}.private")
    assert label == f"{store(token)};object=example.-ksk-{STAMP}000"
    found = find_key(parse_uri(label), token.module)
    assert found.public_key == key.public_key
    assert len(found.id) == 16
    # BIND takes the public half, and says the same tag.
    assert tools.run("dnssec-dsfromkey", name).stdout.split()[3] == str(key.tag)


def test_the_key_can_do_nothing_but_sign_and_stays_where_it_is(token: Token) -> None:
    run(token, "--store", store(token), "-a", "13", "example")
    private = token.pkcs11_tool("-O", "--type", "privkey")
    assert "sensitive, always sensitive, never extractable" in private
    assert "sign" in private


def test_the_policys_store_and_the_label_that_named_would_give(token: Token, folder: Path) -> None:
    (folder / "store").mkdir()
    (folder / "c.conf").write_text(
        f'key-store hsm {{ directory "store"; pkcs11-uri "{store(token)}"; }};\n'
        "dnssec-policy mine { keys { ksk key-store hsm lifetime P1Y algorithm 13; zsk lifetime P60D algorithm 13;"
        " zsk key-store hsm lifetime P90D algorithm 13; zsk key-store hsm lifetime P60D algorithm 13; }; };\n"
    )
    names = run(token, "-k", "mine", "-l", "c.conf", "-K", ".", "example").stdout.split()
    ksk, zsk, other, third = (read_key(n, "store" if (folder / "store" / f"{n}.key").exists() else ".") for n in names)
    assert [ksk.metadata.in_hsm, zsk.metadata.in_hsm, other.metadata.in_hsm, third.metadata.in_hsm] == [
        True, False, True, True,
    ]  # fmt: skip
    assert ksk.state is not None
    assert ksk.state.ksk
    labels = [read_label(f"{key.path}.private").rpartition("object=")[2] for key in (ksk, other, third)]
    assert labels == [f"example.-mine.-{end}" for end in (f"ksk-{STAMP}000", f"zsk-{STAMP}000", f"zsk-{STAMP}001")]
    assert labels_in(token) == set(labels)


def test_what_the_token_makes_signs_a_zone_that_verifies(token: Token, folder: Path) -> None:
    where = store(token, f"module-path={token.module}")
    for more in ((), ("-fK",)):
        run(token, "--store", where, "-a", "13", *more, "example")
    (folder / "db").write_text("$TTL 300\n@ SOA a b 1 2 3 4 5\n@ NS ns\nns A 10.0.0.1\n")
    command("signzone", "-S", "-o", "example", "db")
    tools.run("dnssec-verify", "-o", "example", "db.signed")


# ---- what goes wrong


def test_a_key_whose_files_cant_be_written_is_not_left_in_the_hsm(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> str:
        raise KeyFileError.at("K", "no space left on device")

    monkeypatch.setattr(keygen_run, "write_key", full)
    done = run(token, "--store", store(token), "-a", "13", "example", check=False)
    assert (done.code, labels_in(token)) == (1, set())
    assert "no space left on device" in done.stderr


def test_a_key_that_cant_be_removed_is_told_of(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **more: object) -> str:
        raise KeyFileError.at("K", "no space left on device")

    def refuse(*arguments: object) -> None:
        raise HsmError("the token is write-protected")

    monkeypatch.setattr(keygen_run, "write_key", full)
    monkeypatch.setattr(make, "destroy_key", refuse)
    done = run(token, "--store", store(token), "-a", "13", "example", check=False)
    (label,) = labels_in(token)
    assert done.code == 1
    assert f"the key {label!r} with id" in done.stderr
    assert "has no files and is left in the HSM (the token is write-protected)" in done.stderr


def test_a_key_whose_tag_is_not_to_be_had_is_removed(token: Token) -> None:
    done = run(token, "--store", store(token), "-a", "13", "-M", "0:30000", "example")
    assert read_key(done.stdout.strip()).tag <= 30000
    assert len(labels_in(token)) == 1


def test_the_next_token_makes_the_key_if_the_first_does_not(token: Token, folder: Path) -> None:
    uris = f'{{ "pkcs11:token=gone;pin-source={token.pin_file}"; "{store(token)}"; }}'
    (folder / "c.conf").write_text(
        f"key-store hsm {{ pkcs11-uri {uris}; }};\n"
        "dnssec-policy p { keys { csk key-store hsm lifetime unlimited algorithm 13; }; };\n"
    )
    done = run(token, "-k", "p", "-l", "c.conf", "example")
    assert "there is no token pkcs11:token=gone" in done.stderr
    assert f"the key is made in {store(token)}" in done.stderr
    assert read_label(f"{done.stdout.strip()}.private").startswith(store(token))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--store", "hsm", "-a", "13", "example"), "the key store's URI is no PKCS #11 URI"),
        (("--store", "pkcs11:object=a", "-a", "13", "example"), "names a key; a new one gets a name of its own"),
        (("--store", "pkcs11:token=none", "-a", "13", "example"), "there is no token pkcs11:token=none"),
        (("--store", "pkcs11:token=signer", "-a", "13", "example"), "failed to make a ECDSAP256SHA256 key"),
        (("--store", "STORE", "-a", "16", "example"), "no ED448 keys are made in an HSM"),
        (("--store", "STORE", "-k", "default", "example"), "-k and --store cannot be used together"),
        (("--store", "STORE", "-E", "chil", "-a", "13", "example"), "-E chil: no such engine"),
        (("--store", "STORE", "-E", "/none.so", "-a", "13", "example"), "the PKCS #11 module /none.so can't be loaded"),
    ],
)  # fmt: skip
def test_what_is_refused(arguments: tuple[str, ...], complaint: str, token: Token) -> None:
    done = run(token, *(store(token) if word == "STORE" else word for word in arguments), check=False)
    assert (done.code, done.stdout, list(Path().glob("K*")), labels_in(token)) == (1, "", [], set())
    assert complaint in done.stderr


def test_the_pin_is_nowhere_unless_it_was_in_the_uri(token: Token) -> None:
    done = run(token, "--store", store(token), "-a", "13", "example")
    written = "".join(path.read_text() for path in Path().glob("K*"))
    assert PIN not in written + read_label(f"{done.stdout.strip()}.private") + done.stderr
    given = run(token, "--store", f"pkcs11:token=signer?pin-value={PIN}", "-a", "13", "example")
    assert "has a PIN in it, which will stand in the .private file" in given.stderr
    assert PIN not in given.stderr
    label = read_label(f"{given.stdout.strip()}.private")
    assert label == f"pkcs11:token=signer;object=example.-zsk-{STAMP}001?pin-value={PIN}"
    assert PIN not in os.environ.values()
