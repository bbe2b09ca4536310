"""The agent with keys in SoftHSM: it signs by them, and by what other tokens of the key-store have of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import tools
from hsm_token import Token
from inprocess import Done, command

NOW = 1_795_500_000
CONFIGURATION = """
key-store "hsm" {{ directory "{folder}"; pkcs11-uri {{ "{first}"; "{second}"; }}; }};
dnssec-policy "one" {{
    keys {{ ksk key-store "hsm" lifetime unlimited algorithm 13; zsk key-store "hsm" lifetime P90D algorithm 13; }};
}};
zone "example" {{
    type primary; file "{folder}/zone"; dnssec-policy "one"; inline-signing yes; key-directory "{folder}";
}};
"""


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Token]:
    """A token without keys, and a configuration where another is to have the same."""
    monkeypatch.chdir(tmp_path)
    token = Token(tmp_path / "hsm")
    token.set_up()
    uris = [f"pkcs11:token={name};pin-source={token.pin_file}" for name in (token.label, "gone")]
    (tmp_path / "named.conf").write_text(CONFIGURATION.format(folder=tmp_path, first=uris[0], second=uris[1]))
    (tmp_path / "zone").write_text("@ 300 IN SOA ns hm 1 3600 600 86400 300\n@ 300 NS ns.example.net.\n")
    with token.in_use():
        yield token


def run(token: Token, name: str, *arguments: str, check: bool = True) -> Done:
    return command(name, *arguments, check=check, now=NOW, environ={"PKCS11_MODULE_PATH": token.module})


def test_a_zone_is_signed_by_a_key_of_a_key_store(token: Token, tmp_path: Path) -> None:
    done = run(token, "run", "-c", "named.conf", "--once", check=False)
    assert done.code == 1
    assert "make it by fastsign keygen -k POLICY -l CONFIGURATION" in done.stderr
    run(token, "keygen", "-k", "one", "-l", "named.conf", "example")
    done = run(token, "run", "-c", "named.conf", "--once")
    assert "an HSM is left out: there is no token pkcs11:token=gone" in done.stderr
    tools.accept(tmp_path / "zone.signed", "example")
