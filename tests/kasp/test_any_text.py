"""Whatever a configuration is, it is read or refused; nothing else happens."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from fastsign.errors import PolicyError
from named_conf import config_of

WORDS = """
{ } ; { } ; ; " /* */ // # \\ = ! * include dnssec-policy default p keys ksk csk zsk lifetime unlimited P1Y
30d algorithm 13 8 rsasha256 2048 tag-range 1 70000 key-store "s" nsec3param iterations 0 optout yes
salt-length 8 options directory "/d" zone "example" type primary file "x" inline-signing no key
key-directory parental-agents remote-servers template pa 10.0.0.1 fd00::1 port 53 source tls view in-view v ch in
cds-digest-types sha-256 dnskey-ttl 1h signatures-validity -1 acl any checkds explicit update-policy local
allow-update none max-zone-ttl 0 purge-keys secret "c2VjcmV0" hmac-sha256 sig-signing-type 65534 . .. \\000
\udcff
""".split()  # noqa: SIM905

FRAGMENTS = [
    "dnssec-policy p { keys { csk lifetime unlimited algorithm 13; }; };",
    'zone example { type primary; file "x"; dnssec-policy p; parental-agents { pa; 10.0.0.1 key k; }; };',
    'remote-servers pa port 53 { 10.0.0.1; }; key k { algorithm hmac-sha256; secret "c2VjcmV0"; };',
    'options { directory "/d"; key-directory "k"; dnssec-policy default; };',
    'view v { zone example { type secondary; file "y"; inline-signing yes; }; };',
    'key-store s { directory "/s"; pkcs11-uri "pkcs11:pin-value=1234"; };',
    'acl a { !any; 10.0.0.0/8; }; logging { channel c { null; }; };',
]  # fmt: skip


def read_or_refused(text: str) -> None:
    for problem in problems_of(text):
        assert re.match(r"t\.conf:[0-9]+:[0-9]+: \S", problem)
        problem.encode()  # can be printed


def problems_of(text: str) -> tuple[str, ...]:
    try:
        config_of(text)
    except PolicyError as error:
        return error.problems or ("refused without a word",)
    return ()


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text(text: str) -> None:
    read_or_refused(text)


@given(st.lists(st.sampled_from(WORDS), max_size=25))
@settings(max_examples=250, deadline=None)
def test_any_words(words: list[str]) -> None:
    read_or_refused(" ".join(words))


@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4), st.data())
@settings(max_examples=250, deadline=None)
def test_configurations_with_words_lost_and_added(fragments: list[str], data: st.DataObject) -> None:
    tokens = re.findall(r'"[^"]*"|[{};]|[^\s{};"]+', " ".join(fragments))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(tokens) - 1))
        tokens[at : at + data.draw(st.integers(0, 2))] = data.draw(st.lists(st.sampled_from(WORDS), max_size=2))
        tokens = tokens or [";"]
    read_or_refused(" ".join(tokens))


def test_blocks_in_blocks_without_end() -> None:
    read_or_refused("a { " * 3000 + "x; " + "}; " * 3000)
    read_or_refused("a { " * 3000)
