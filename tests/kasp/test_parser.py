"""named.conf as fastsign reads it."""

from __future__ import annotations

import pytest

from fastsign.errors import PolicyError
from fastsign.kasp.builtin import DEFAULT, INSECURE
from fastsign.kasp.config import KeyStore, Place, Server, TsigKey, Zone
from fastsign.kasp.policy import KeyRule, Nsec3Rule
from named_conf import config_of, policy_of, problems_of

ZONE = 'zone example { type primary; file "x"; dnssec-policy default; %s };'
EXAMPLE = b"\7example\0"


def zone_of(options: str, before: str = "") -> Zone:
    return config_of(before + ZONE % options).zones[EXAMPLE]


def test_built_in_policies_need_no_definition() -> None:
    assert config_of("").policies == {"default": DEFAULT, "insecure": INSECURE}


def test_an_empty_policy_is_the_default_one() -> None:
    policy = policy_of("")
    assert (policy.name, policy.keys, policy.signatures_validity) == ("p", DEFAULT.keys, DEFAULT.signatures_validity)


def test_every_option_of_a_policy_is_taken() -> None:
    policy = policy_of("""
        cdnskey no; cds-digest-types { 2; SHA-384; }; dnskey-ttl 1; inline-signing no; manual-mode yes; offline-ksk yes;
        keys { ksk lifetime unlimited algorithm 13; zsk key-directory lifetime P90D algorithm ecdsap256sha256; };
        max-zone-ttl 2; nsec3param iterations 0 optout yes salt-length 8; parent-ds-ttl 3; parent-propagation-delay 4;
        publish-safety 5; purge-keys 6; retire-safety 7; signatures-jitter 8; signatures-refresh 9;
        signatures-validity 1w; signatures-validity-dnskey 2w; zone-propagation-delay 10;
    """)
    keys = (
        KeyRule(ksk=True, zsk=False, algorithm=13, bits=256),
        KeyRule(ksk=False, zsk=True, algorithm=13, bits=256, lifetime=90 * 86400),
    )
    assert (policy.cdnskey, policy.cds_digest_types, policy.dnskey_ttl, policy.inline_signing) == (
        False,
        (2, 4),
        1,
        False,
    )
    assert (policy.manual_mode, policy.offline_ksk, policy.keys) == (True, True, keys)
    assert (policy.max_zone_ttl, policy.nsec3) == (2, Nsec3Rule(0, True, 8))
    assert (policy.parent_ds_ttl, policy.parent_propagation_delay, policy.publish_safety) == (3, 4, 5)
    assert (policy.purge_keys, policy.retire_safety, policy.signatures_jitter, policy.signatures_refresh) == (
        6,
        7,
        8,
        9,
    )
    assert (policy.signatures_validity, policy.signatures_validity_dnskey) == (604800, 1209600)
    assert policy.zone_propagation_delay == 10


@pytest.mark.parametrize("order", ["tag-range 5 9 3072", "3072 tag-range 5 9"])
def test_tag_range_and_size_in_either_order(order: str) -> None:
    (key,) = policy_of(f"keys {{ csk lifetime unlimited algorithm rsasha256 {order}; }};").keys
    assert (key.bits, key.tag_min, key.tag_max) == (3072, 5, 9)


def test_key_store() -> None:
    text = """
        key-store hsm { directory "/keys"; pkcs11-uri "pkcs11:token=t;pin-value=1234"; };
        dnssec-policy p { keys { csk key-store hsm lifetime unlimited algorithm 13; }; };
    """
    config = config_of(text)
    assert config.stores["hsm"] == KeyStore("hsm", "/keys", ("pkcs11:token=t;pin-value=1234",))
    (warning,) = config.warnings
    assert "pkcs11-uri: the URI has a PIN in it" in warning
    assert config.stores["key-directory"] == KeyStore()
    assert config.policies["p"].keys[0].store == "hsm"


def test_a_key_store_of_several_tokens() -> None:
    config = config_of('key-store hsm { pkcs11-uri { "pkcs11:token=a"; "pkcs11:token=b;pin-source=/p"; }; };')
    assert config.stores["hsm"].pkcs11_uris == ("pkcs11:token=a", "pkcs11:token=b;pin-source=/p")
    (warning,) = config.warnings
    assert "a list of tokens is fastsign's own: named does not read it" in warning


@pytest.mark.parametrize(
    ("uri", "warning"),
    [
        ("token", "the URI does not begin with pkcs11:"),
        ("pkcs11:token=a;colour=1", "the URI has the attribute 'colour'"),
        ("pkcs11:token=a;object=k", "the URI names a key"),
        ("pkcs11:token=a?pin-value=1234", "the URI has a PIN in it"),
    ],
)
def test_what_is_wrong_with_the_uri_of_a_key_store(uri: str, warning: str) -> None:
    (told,) = config_of(f'key-store hsm {{ pkcs11-uri "{uri}"; }};').warnings
    assert warning in told
    assert "1234" not in told


def test_comments_of_all_styles() -> None:
    text = """
        dnssec-policy a { # one; }
            // two { "
            dnskey-ttl/* three
            ; */ 60; };// four
    """
    assert config_of(text).policies["a"].dnskey_ttl == 60


def test_comment_signs_within_a_string_are_text() -> None:
    assert zone_of('key-directory "/a//b#c/*d"; ').key_directory == "/a//b#c/*d"


def test_an_escaped_quote() -> None:
    assert zone_of(r'key-directory "a\"b"; ').key_directory == 'a"b'


def test_include_anywhere() -> None:
    text = 'include "top.conf"; zone example { type primary; include "inner.conf"; };'
    config = config_of(text, top_conf='dnssec-policy p { include "deep.conf"; };', deep_conf="dnskey-ttl 9;",
                       inner_conf='file "x"; dnssec-policy p;')  # fmt: skip
    assert config.zones[EXAMPLE].policy == config.policies["p"]
    assert config.policies["p"].dnskey_ttl == 9


def test_a_file_that_includes_itself_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"a\.conf:1:9: include 'a\.conf': the file includes itself"):
        config_of('include "a.conf";', a_conf='include "a.conf";')


def test_includes_are_relative_to_the_directory_once_it_is_said() -> None:
    problems = problems_of('include "a"; options { directory "/run"; }; include "b";')
    assert problems == ["t.conf:1:9: include 'a': file not found", "t.conf:1:53: include '/run/b': file not found"]
    config = config_of('options { directory "/etc"; }; include "b";', **{"/etc/b": "dnssec-policy p { };"})
    assert "p" in config.policies


def test_an_error_in_an_included_file_is_told_with_its_place() -> None:
    with pytest.raises(PolicyError, match=r"^inc\.conf:2:1: unknown option 'dnskey-tll'; did you mean dnskey-ttl\?$"):
        config_of('dnssec-policy p { include "inc.conf"; };', inc_conf="\ndnskey-tll 5;")


def test_paths_are_relative_to_the_directory_wherever_it_stands() -> None:
    zone = zone_of('key-directory "keys"; ')
    assert (zone.file, zone.key_directory) == ("x", "keys")
    zone = config_of(ZONE % 'key-directory "keys"; ' + 'options { directory "/d"; };').zones[EXAMPLE]
    assert (zone.file, zone.key_directory, zone.signed_file) == ("/d/x", "/d/keys", "/d/x.signed")


def test_keys_are_in_the_directory_without_a_key_directory() -> None:
    assert zone_of("").key_directory == "."
    assert zone_of("", 'options { directory "/d"; };').key_directory == "/d/"


def test_zone_inherits_from_view_and_options() -> None:
    text = """
        dnssec-policy p { };
        options { key-directory "o"; dnssec-policy p; checkds no; sig-signing-nodes 7; };
        view v { key-directory "v"; checkds explicit;
                 zone example { type master; file "x"; sig-signing-signatures 3; }; };
    """
    zone = config_of(text).zones[EXAMPLE]
    assert zone.policy is not None
    assert (zone.policy.name, zone.key_directory, zone.checkds) == ("p", "v", "explicit")
    assert (zone.sig_signing_nodes, zone.sig_signing_signatures) == (7, 3)


def test_policy_none_and_no_policy() -> None:
    text = 'options { dnssec-policy default; }; zone example { type primary; file "x"; dnssec-policy none; };'
    zone = config_of(text).zones[EXAMPLE]
    assert (zone.policy, zone.inline_signing, zone.signed_file) == (None, False, "x")


def test_inline_signing_is_the_zones_word_then_the_policys() -> None:
    assert zone_of("").inline_signing
    assert not zone_of("inline-signing no; update-policy local; ").inline_signing
    assert not zone_of("inline-signing no; allow-update { any; }; ").inline_signing


def test_the_other_options_of_a_zone() -> None:
    zone = zone_of("serial-update-method date; dnssec-loadkeys-interval 5; sig-signing-type 65333; ")
    assert (zone.serial_update_method, zone.loadkeys_interval, zone.sig_signing_type) == ("date", 300, 65333)
    assert zone.place == Place("t.conf", 1, 1)


def test_a_loadkeys_interval_over_a_day_is_a_day() -> None:
    config = config_of(ZONE % "dnssec-loadkeys-interval 2000; ")
    assert config.zones[EXAMPLE].loadkeys_interval == 86400
    assert "2000 minutes are taken for 1440" in config.warnings[0]


def test_zones_that_nobody_signs_are_left_out() -> None:
    text = 'zone "." { type hint; file "r"; }; zone f { type forward; forwarders { 1.2.3.4; }; };'
    assert config_of(text).zones == {}


def test_unknown_statements_elsewhere_are_passed_over() -> None:
    text = """
        acl good { !10.0.0.0/8; localhost; }; logging { channel c { file "x" versions 3; severity info; }; };
        controls { inet 127.0.0.1 port 953 allow { any; } keys { k; }; };
        options { response-policy { zone "rpz"; } min-ns-dots 1; version "x=y"; listen-on port 53 { any; }; };
        server 10.0.0.1 { keys k; }; dnssec-policy p { };
    """
    config = config_of(text)
    assert "p" in config.policies
    assert config.warnings == ()


def test_what_even_bind_does_not_know_is_told_unless_it_looks_like_ours() -> None:
    assert config_of("future-thing { x; }; ").warnings == ("t.conf:1:1: unknown option 'future-thing': passed over",)
    assert problems_of("dnsec-policy p { };") == [
        "t.conf:1:1: unknown option 'dnsec-policy'; did you mean dnssec-policy?"
    ]
    assert problems_of('options { key-dirctory "x"; };') == [
        "t.conf:1:11: unknown option 'key-dirctory'; did you mean key-directory?"
    ]


def test_no_statement_hides_behind_a_missing_semicolon() -> None:
    assert problems_of("acl a { any; } dnssec-policy p { };") == ["t.conf:1:16: missing ';' before 'dnssec-policy'"]
    assert problems_of("options { recursion yes dnssec-policy default; };") == [
        "t.conf:1:25: missing ';' before 'dnssec-policy'"
    ]


def test_all_errors_are_told_at_once() -> None:
    text = """dnssec-policy a { dnskey-tll 1; purge-keys soon; };
zone x { type primry; fil "x"; };
dnssec-policy b { dnskey-ttl 1 };
"""
    assert [problem.split(": ")[0] for problem in problems_of(text)] == [
        "t.conf:3:32", "t.conf:1:19", "t.conf:1:44", "t.conf:2:15", "t.conf:2:23",
    ]  # fmt: skip


def test_one_zone_in_two_views_with_other_settings_is_told() -> None:
    view = 'view %s { zone example { type primary; file "%s"; dnssec-policy default; }; };'
    config = config_of(view % ("a", "x") + view % ("b", "y"))
    assert config.zones[EXAMPLE].file == "x"
    assert "that of view 'b' is passed over" in config.warnings[0]
    assert config_of(view % ("a", "x") + "view b { zone example { in-view a; }; };").warnings == ()


# ---- servers

KEY = 'key "k" { algorithm hmac-sha256; secret "c2VjcmV0"; };'


def test_parental_agents_in_lists_of_lists() -> None:
    before = (
        KEY
        + """
        remote-servers inner { 10.0.0.1; 10.0.0.2 port 99 key k; fd00::1; };
        parental-agents outer port 5300 source 10.9.9.9 source-v6 fd00::9 port 77 { inner; inner; 10.0.0.3; };
    """
    )
    key = TsigKey("k", "hmac-sha256", b"secret")
    assert zone_of("parental-agents { outer; 10.0.0.4; }; ", before).parental_agents == (
        Server("10.0.0.1", 5300, None, "10.9.9.9"),
        Server("10.0.0.2", 99, key, "10.9.9.9"),
        Server("fd00::1", 5300, None, "fd00::9", 77),
        Server("10.0.0.3", 5300, None, "10.9.9.9"),
        Server("10.0.0.4"),
    )


def test_a_key_on_a_list_is_that_of_its_servers() -> None:
    before = KEY + "parental-agents inner { 10.0.0.1; };"
    (server,) = zone_of("parental-agents { inner key k; }; ", before).parental_agents
    assert server.key is not None
    assert server.key.secret == b"secret"


def test_parental_source_and_the_port_of_the_options() -> None:
    (server,) = zone_of(
        "parental-agents { 10.0.0.1; }; ", "options { parental-source 10.1.1.1; port 5353; };"
    ).parental_agents
    assert server == Server("10.0.0.1", 5353, None, "10.1.1.1")


def test_a_view_has_keys_of_its_own() -> None:
    text = "view v { " + KEY + ZONE % "parental-agents { 10.0.0.1 key K.; }; " + "};"
    assert config_of(text).zones[EXAMPLE].parental_agents[0].key == TsigKey("k", "hmac-sha256", b"secret")


@pytest.mark.parametrize(
    ("agents", "problem"),
    [
        ("10.0.0.1 key nokey;", "key 'nokey' is not defined; add a key statement for it"),
        ("10.0.0.1 tls t;", "tls 't' is not supported"),
        ("outre;", "unable to find parental-agents list 'outre'; did you mean outer?"),
    ],
)
def test_agents_that_cannot_be_asked_are_refused(agents: str, problem: str) -> None:
    text = "parental-agents outer { 10.0.0.1; };" + ZONE % f"parental-agents {{ {agents} }}; "
    assert [found.split(": ", 1)[1][: len(problem)] for found in problems_of(text)] == [problem]


# ---- secrets


@pytest.mark.parametrize(
    "text",
    [
        'key k { algorithm hmac-sha256; secret "SECRET" SECRET; };',
        "key k { algorithm hmac-sha256; secret SECRET SECRET; };",
        "key k { algorithm hmac-sha256; SECRET; };",
        'key k { algorithm hmac-sha256; "SECRET"; };',
        'key k { algorithm hmac-sha256; secret "SECRET=!"; };',
        "key k { algorithm hmac-sha256; secret { SECRET; }; };",
        'key k { algorithm hmac-sha256; secret "SECRET" }; }',
        "key-store s { pkcs11-uri SECRET; };",
        'key-store s { pkcs11-uri "pkcs11:x" SECRET; };',
        'key-store s { pkcs11-uri "pkcs11:pin-value=SECRET" };',
        "key-store s { pkcs11-uri { SECRET; }; };",
        'key-store s { pkcs11-uri { "pkcs11:x" SECRET; }; };',
        'key-store s { pkcs11-uri { "pkcs11:x" "SECRET"; }; };',
        'key-store s { pkcs11-uri { "pkcs11:x"; { SECRET; }; }; };',
        'key-store s { pkcs11-uri { "SECRET" }; };',
        "key-store s { pkcs11-uri { }; };",
    ],
)
def test_secrets_and_pins_are_in_no_message(text: str) -> None:
    problems = problems_of(text)
    assert problems
    assert "SECRET" not in "".join(problems)


def test_secrets_and_pins_are_in_no_representation() -> None:
    config = config_of(KEY + 'key-store s { pkcs11-uri "pkcs11:pin-value=1234"; };' +
                       ZONE % "parental-agents { 10.0.0.1 key k; }; ")  # fmt: skip
    assert "1234" not in repr(config)
    assert "secret" not in repr(config)
