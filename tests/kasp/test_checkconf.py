"""Our words for a configuration beside those of BIND's named-checkconf."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from named_conf import ours, theirs

# The same lines, wherever their order in a file is.
ALIKE = """
dnssec-policy "a" { };
dnssec-policy a { dnskey-ttl 3600; }; zone e { type primary; file "x"; inline-signing yes; dnssec-policy a; };
dnssec-policy "a" {| dnskey-ttl| foo; };
dnssec-policy "a" { dnskey-ttl 3600| };
dnssec-policy "a" { dnskey-ttl 3600; }
dnssec-policy a { keys { ksk lifetime unlimited algorithm 13;| zsk lifetime unlimited algorithm 13 }; };
dnssec-policy a { keys {| ksk| lifetim unlimited algorithm 13; }; };
dnssec-policy a { keys { ksk lifetime|never algorithm 13; }; };
dnssec-policy a { keys { csk lifetime "unlimited" algorithm "13"; }; };
dnssec-policy a { keys { csk| lifetime| 1d| algorithm| 13; }; };
dnssec-policy a { keys { csk lifetime 10d algorithm 13; }; };
dnssec-policy a { keys { csk lifetime P10DT1H5M algorithm 13; }; };
dnssec-policy a { keys { csk lifetime P10DT1H5M1S algorithm 13; }; };
dnssec-policy a { keys { ksk lifetime P1DT2H algorithm 13; zsk lifetime unlimited algorithm 13; }; };
dnssec-policy a { keys { ksk lifetime P1DT2H1S algorithm 13; zsk lifetime unlimited algorithm 13; }; };
dnssec-policy a { max-zone-ttl 0; keys { csk lifetime P9DT1H5M algorithm 13; }; };
dnssec-policy a { max-zone-ttl 0; keys { csk lifetime P9DT1H5M1S algorithm 13; }; };
dnssec-policy a { dnskey-ttl 60d; keys { csk lifetime 60d algorithm 13; }; };
dnssec-policy a { keys { csk lifetime unlimited algorithm| rsasha1| 500; }; };
dnssec-policy a { keys { csk lifetime unlimited algorithm rsasha256| 4097; }; };
dnssec-policy a { keys { csk lifetime unlimited algorithm rsasha256 1023; }; };
dnssec-policy a { keys { csk lifetime unlimited algorithm rsasha512 1024; }; };
dnssec-policy a { keys { csk lifetime unlimited algorithm| ecdsa384| 3; }; };
dnssec-policy a { keys { csk lifetime unlimited algorithm| nonesuch; }; };
dnssec-policy a { keys| {| ksk lifetime unlimited algorithm 8; zsk lifetime unlimited algorithm 13; }; };
dnssec-policy a { keys {| ksk lifetime 0 algorithm 8; csk lifetime 60d algorithm 8; zsk lifetime 60d algorithm 8; }; };
dnssec-policy a { keys { csk lifetime unlimited algorithm| rsasha1; };|nsec3param|; };
dnssec-policy a { keys { csk lifetime unlimited algorithm nsec3rsasha1; };|nsec3param; };
dnssec-policy a {| dnskey-ttl 1;| dnskey-ttl 2; };
dnssec-policy a { nsec3param iterations 0 optout| maybe salt-length 8; };
dnssec-policy a { nsec3param optout no| salt-length| 256; };
dnssec-policy a { nsec3param salt-length 255; };
dnssec-policy a { nsec3param optout; };
dnssec-policy a { nsec3param iterations -1; };
dnssec-policy a {| parent-registration-delay| 1d; };
dnssec-policy| default { };
dnssec-policy insecure { };
dnssec-policy "none" { };
dnssec-policy a { };| dnssec-policy| a| { };
dnssec-policy a { };| dnssec-policy| A| { };
|dnssec-policy| a {| signatures-refresh 14d; };
dnssec-policy a { signatures-refresh P12DT14H23M59S; };
dnssec-policy a { signatures-refresh P12DT14H24M; };
dnssec-policy a { signatures-validity 5d; };
dnssec-policy a { signatures-validity-dnskey 5d; };
dnssec-policy a {| signatures-jitter 15d; };
dnssec-policy a { signatures-jitter 14d; };
dnssec-policy a { purge-keys; };
dnssec-policy a { DNSKEY-TTL 3; };
DNSSEC-policy a { keys { CSK key-DIRECTORY LIFETIME 90d ALGORITHM 13;}; };
dnssec-policy { };
dnssec-policy a;
dnssec-policy a#b| { };
dnssec-policy a//b;| { };
dnssec-policy a /*b;| */ { };
}
zone example { type primary; file x; };
zone example { type primary; file "x"; inline-signing 3; };
zone example { type primary; file "x"; dnssec-loadkeys-interval|x; };
zone example { type primary; file "x"; dnssec-policy b;| inline-signing yes; };
|zone| example { file "x"; };
zone| example {| type primary; };
zone ex..ample { type primary; file "x"; };
zone example { type primary; file "x"; };| zone| EXAMPLE. { type primary; file "y"; };
zone a in { };
zone a { type primary; file "x";| file "y"; };
zone a { type primary; file "x"; inline-signing yes; dnssec-policy| { dnskey-ttl 1; }; };
zone a { type primary; file "x"; inline-signing yes; dnssec-policy default; key-directory| "nokeys"; };
zone a { type primary; file "x"; inline-signing yes; dnssec-policy default; };| zone b { type primary; file| "x"; };
zone a { type primary; file "x"; }; zone b { type primary; file "x"; };
zone a { type primary; file "x"; sig-signing-type| 65279; };
zone a { type primary; file "x"; sig-signing-type 65280; sig-signing-nodes 0; };
zone a { type secondary; file "x"; primaries { 1.2.3.4; }; inline-signing yes; dnssec-policy default; };
zone a { type primary; file "x"; allow-update { none; }; notify no; check-names ignore; };
zone a { type primary; file "x"; inline-signing yes; dnssec-policy default;| dnskey-sig-validity| 3; };
zone a { type primary; file "x"; inline-signing yes; dnssec-policy default; update-check-ksk| yes; };
zone a { type primary; file "x"; inline-signing yes; dnssec-policy default;| max-zone-ttl| 3; };
zone a { type primary; file "x"; parental-agents {| 1.2.3.4;| foo; }; };
zone a { type primary; file "x";| parental-agents| { }; };
parental-agents a { b; }; parental-agents b { a; }; zone e { type primary; file "x"; parental-agents { a; }; };
parental-agents a { 1.2.3.4 port| 70000; };
parental-agents a { 1.2.3.4 key; };
parental-agents a { 1.2.3.4| };
parental-agents a { 1.2.3.4; };| parental-agents| a { 1.2.3.5; };
parental-agents a { 1.2.3.4; }; primaries a { 1.2.3.4; }; zone e { type primary; file "x"; parental-agents { A; }; };
parental-agents a port 5300 { 1.2.3.4 port 53; fd00::1; };
key| foo { algorithm hmac-sha256; };
key foo { algorithm hmac-sha256; secret| "$$$"; };
key foo { algorithm| hmac-shax; secret "aaaa"; };
key a { algorithm hmac-sha256; secret aaaa; };| key| A { algorithm hmac-sha256; secret aaaa; };
key a { algorithm hmac-sha256-264; secret aaaa; };
key a { algorithm hmac-sha256-30; secret aaaa; };
key a { algorithm hmac-sha256-120; secret aaaa; };
key a { algorithm HMAC-MD5; secret aaaa; };
options { dnssec-policy foo; }; zone example { type primary; file "x"; inline-signing yes; };
options { key-directory| "nodir"; }; zone e { type primary; file "x"; dnssec-policy default; inline-signing yes; };
options { recursion yes| }
options { listen-on port 53 { any; }; forwarders { 1.1.1.1; }; dnssec-validation auto; querylog yes; };
options { }; options { };
view chaos ch { recursion no; zone bind ch { type primary; database "_builtin version"; }; };
view a { zone e { type primary; file "x"; }; };| view b { zone e { in-view a; }; };
"""

# Where we say the same and more, or in a better way, or where BIND's second line is a consequence of its first.
BEGIN_ALIKE = """
dnssec-policy "a" { dnskey-tll 3600; };
dnssec-policy a { keys { xsk lifetime unlimited algorithm 13; }; };
dnssec-policy a { nsec3param salt-length 8 iterations 0; };
dnssec-policy a { purge-keys 0 1; };
dnssec-policy a { keys { ksk algorithm 13; zsk algorithm 13; }; };
zone example { type primary;| fle "x"; };
zone example { type foo; file "x"; };
zone example { type primary; file "x"; serial-update-method foo; };
zone e { type primary; file "x"; }; view a { zone e { type primary; file "y"; }; };
options { directory "/nonexist"; };
options { key-directory "a" "b"; };
options { recursion yes dnssec-policy foo; };
options { dnsec-policy default; };
acl a { any; } dnssec-policy b { };
dnssec-policy a { dnskey-ttl 50000d; };
"""


def lines_of(cases: str) -> list[str]:
    return [case for case in cases.splitlines() if case]


@pytest.mark.parametrize("case", lines_of(ALIKE))
def test_the_words_are_those_of_named_checkconf(case: str, tmp_path: Path) -> None:
    text = case.replace("|", "\n")
    (code, lines), (their_code, their_lines) = ours(tmp_path, text), theirs(tmp_path, text)
    assert [re.sub("; (did you mean|it is|it takes) .*", "", line) for line in sorted(lines)] == sorted(their_lines)
    assert code == their_code


@pytest.mark.parametrize("case", lines_of(BEGIN_ALIKE))
def test_the_words_begin_as_those_of_named_checkconf(case: str, tmp_path: Path) -> None:
    text = case.replace("|", "\n")
    (code, lines), (their_code, their_lines) = ours(tmp_path, text), theirs(tmp_path, text)
    assert lines[0].startswith(their_lines[0])
    assert (code, their_code) == (1, 1)


def test_an_include_that_is_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "2.conf").write_text("dnssec-policy b { };")
    (tmp_path / "inc" / "1.conf").write_text("\ndnssec-policy a { dnskey-ttl soon; };")
    (tmp_path / "inc" / "no").write_text("no")
    text = f'include "{tmp_path}/inc/*.conf";'
    code, lines = ours(tmp_path, text)
    assert (code, lines) == (1, ["inc/1.conf:2: expected ISO 8601 duration or TTL value near 'soon'"])
    assert theirs(tmp_path, text) == (1, [f"{tmp_path}/{lines[0]}"])


def test_what_9_20_has_and_9_18_has_not_is_taken(tmp_path: Path) -> None:
    text = 'zone e { type primary; file "x"; checkds no; dnssec-policy default; };'
    assert (ours(tmp_path, text)[0], theirs(tmp_path, text)[0]) == (0, 1)


# What 9.20 says, of which 9.18 knows nothing.
OF_9_20 = {
    "offline-ksk yes; keys { csk lifetime unlimited algorithm 13; };":
        "dnssec-policy: csk keys are not allowed when offline-ksk is enabled",
    "keys { csk key-store hsm lifetime unlimited algorithm 13; };": "dnssec-policy: keystore hsm does not exist",
    "keys { csk lifetime unlimited algorithm 12; };": "dnssec-policy: algorithm 12 not supported",
    "keys { csk lifetime unlimited algorithm 13 tag-range 9 9; };": "dnssec-policy: tag-min >= tag_max",
    "keys { csk lifetime unlimited algorithm 13 tag-range 70000 1; };": "dnssec-policy: tag-min too big",
    "keys { csk lifetime unlimited algorithm 13 tag-range 1 70000; };": "dnssec-policy: tag-max too big",
    "nsec3param iterations 1;": "dnssec-policy: nsec3 iterations value 1 not allowed, must be zero",
    "cds-digest-types { sha-512; };": "dnssec-policy: bad cds digest-type sha-512",
    "cds-digest-types { 3; };": "dnssec-policy: unsupported cds digest-type 3",
    "cds-digest-types { 1; 2; };": "dnssec-policy: deprecated CDS digest-type 1",
    "keys { };": "dnssec-policy: policy 'a' has no keys",
}  # fmt: skip


@pytest.mark.parametrize("options", OF_9_20)
def test_checks_of_9_20(options: str, tmp_path: Path) -> None:
    _, lines = ours(tmp_path, f"dnssec-policy a {{ {options} }};")
    assert [line.partition(": ")[2][: len(OF_9_20[options])] for line in lines] == [OF_9_20[options]]


def test_key_stores_of_one_name(tmp_path: Path) -> None:
    code, lines = ours(tmp_path, 'key-store a { directory "x"; };\nkey-store a { directory "y"; };')
    assert (code, lines) == (1, ["t.conf:2: key-store: duplicate key-store found 'a'"])
