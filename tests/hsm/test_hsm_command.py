"""`fastsign hsm` with SoftHSM."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastsign.errors import HsmError
from fastsign.keys.pkcs11 import objects
from hsm_token import KINDS, PIN, Token
from inprocess import Done, command


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """A token with a key of each kind, one that may leave it, one that DNSSEC has no use for; and a second token."""
    token = Token(tmp_path_factory.mktemp("hsm"))
    token.set_up()
    for algorithm, kind in KINDS.items():
        token.make_key(kind, f"key-{algorithm}", f"{algorithm:02x}")
    token.pkcs11_tool("-k", "--key-type", "EC:prime256v1", "--label", "loose", "--id", "c1", "--extractable")
    token.make_key("EC:secp521r1", "odd", "b1")
    token.add_token("second token")
    with token.in_use():
        yield token


def run(token: Token, *arguments: str, check: bool = True) -> Done:
    return command("hsm", *arguments, check=check, environ={"PKCS11_MODULE_PATH": token.module})


def uri(token: Token, *more: str) -> str:
    return ";".join([f"pkcs11:token={token.label}", f"pin-source={token.pin_file}", *more])


def test_all_tokens_are_listed(token: Token) -> None:
    listed = run(token, "list").stdout
    assert "token 'signer', serial " in listed
    assert "token 'second token', serial " in listed
    assert "(SoftHSM project, SoftHSM v2)" in listed
    for what in ("signs", "makes keys"):
        assert f"    {what}: RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519\n" in listed
    assert "RSA keys that it makes have 512 to 16384 bits" in listed
    assert "private keys are hidden" in listed
    assert "    no keys are seen" in listed


def test_the_keys_of_a_token_and_what_is_bad_about_them(token: Token) -> None:
    listed = run(token, "list", uri(token)).stdout
    assert "second" not in listed
    assert "hidden" not in listed
    for text in (
        "key 'key-8', id 08: RSA, 2048 bits",
        "key 'key-13', id 0d: ECDSAP256SHA256",
        "key 'key-14', id 0e: ECDSAP384SHA384",
        "key 'key-15', id 0f: ED25519",
    ):
        assert f"    {text}\n" in listed
    assert (
        "    key 'loose', id c1: ECDSAP256SHA256\n"
        "        warning: it is extractable: its secret can leave the token\n" in listed
    )
    assert (
        "key 'odd', id b1: not for DNSSEC\n        warning: the key pkcs11:object=odd is neither RSA nor on" in listed
    )


def test_a_list_for_programs(token: Token) -> None:
    found = json.loads(run(token, "list", "--json", uri(token, "object=loose")).stdout)
    assert found["module"] == token.module
    (one,) = found["tokens"]
    assert (one["label"], one["logged_in"]) == ("signer", True)
    assert {"algorithm": "ED25519", "signs": True, "makes_keys": True, "bits": None} in one["algorithms"]
    assert one["keys"] == [
        {
            "uri": "pkcs11:object=loose;id=%C1",
            "label": "loose",
            "id": "c1",
            "kind": "ECDSAP256SHA256",
            "algorithms": ["ECDSAP256SHA256"],
            "private": True,
            "warnings": ["it is extractable: its secret can leave the token"],
        }
    ]
    assert one["uri"] == f"pkcs11:token=signer;serial={one['serial']}"


def test_each_key_is_tried(token: Token) -> None:
    done = run(token, "test", uri(token), check=False)
    assert done.code == 1
    assert done.stdout.count("signs, and the signature verifies") == len(KINDS) + 1
    assert "key 'odd', id b1: not for DNSSEC: its public half is not to be found, or none of DNSSEC's\n" in done.stdout
    done = run(token, "test", uri(token, "object=key-8"))
    assert done.stdout == "key 'key-8', id 08: RSA, 2048 bits: signs, and the signature verifies\n"


def test_a_key_that_does_not_sign_is_told_of(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise HsmError("it made a signature that does not verify")

    monkeypatch.setattr(objects, "try_key", broken)
    done = run(token, "test", "--json", uri(token, "object=key-13"), check=False)
    (key,) = json.loads(done.stdout)["keys"]
    assert (done.code, key["signs"], key["error"]) == (1, False, "it made a signature that does not verify")


def test_twins_can_not_be_used(tmp_path: Path) -> None:
    alone = Token(tmp_path / "alone")
    alone.set_up()
    for _ in range(2):
        alone.make_key("EC:prime256v1", "twin", "aa")
    with alone.in_use():
        listed = run(alone, "list", uri(alone)).stdout
    assert listed.count("warning: there are 2 keys of this label and id: none of them can be used") == 2


@pytest.mark.parametrize("name", ["object=key-13", "object=key-15"])
def test_signatures_are_counted(name: str, token: Token) -> None:
    few = ("bench", "--seconds", "0.01", "--processes", "1,2", "--sessions", "1,2", uri(token, name))
    lines = run(token, *few).stdout.splitlines()
    assert lines[1].split() == ["processes", "sessions", "signatures/s"]
    assert [line.split()[:2] for line in lines[2:6]] == [["1", "1"], ["1", "2"], ["2", "1"], ["2", "2"]]
    assert lines[6].startswith("best: --hsm-workers ")


def test_measures_for_programs(token: Token) -> None:
    few = ("bench", "--json", "--seconds", "0.01", "--processes", "1", "--sessions", "1", uri(token, "object=key-8"))
    (key,) = json.loads(run(token, *few).stdout)["keys"]
    (measure,) = key["runs"]
    assert measure == key["best"]
    assert (measure["processes"], measure["sessions"]) == (1, 1)
    assert measure["signatures_per_second"] > 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["lits"], "unknown word lits; did you mean list?"),
        (["test"], "test needs the URI of a token"),
        (["list", "URI", "more"], "extraneous arguments"),
        (["list", "--sessions", "2"], "are options of bench"),
        (["bench", "--seconds", "nan", "URI"], "--seconds nan is no number of seconds"),
        (["bench", "--sessions", "0", "URI"], "--sessions takes numbers from 1 to 256"),
        (["list", "signer"], "the URI is no PKCS #11 URI"),
        (["list", "pkcs11:token=none"], "has no token pkcs11:token=none"),
        (["test", "pkcs11:token=signer"], "without a PIN (pin-source=PATH) none are seen"),
        (["test", "pkcs11:token=signer?pin-value=wrong-1"], "the PIN is wrong (it was tried once)"),
        (["list", f"pkcs11:?pin-value={PIN}"], "2 tokens are pkcs11:: with a PIN, name the one that it is for"),
    ],
)
def test_what_is_refused(arguments: list[str], complaint: str, token: Token) -> None:
    done = run(token, *(uri(token) if word == "URI" else word for word in arguments), check=False)
    assert (done.code, done.stdout) == (1, "")
    assert complaint in done.stderr
    assert PIN not in done.stderr
    assert "wrong-1" not in done.stderr
