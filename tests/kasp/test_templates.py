"""Templates of zones: a zone is as if its template's options stood in it, unless it has them itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.kasp.config import Config, Zone
from fastsign.kasp.templates import expanded
from fastsign.keys import names
from named_conf import config_of, problems_of

POLICY = "dnssec-policy p { dnskey-ttl 77; };"
PLAIN = (
    'type primary; file "x"; dnssec-policy p; inline-signing no; allow-update { any; }; key-directory "k"; '
    "checkds yes; serial-update-method unixtime; parental-agents { 10.0.0.1; }; dnssec-loadkeys-interval 5;"
)


def only_zone(config: Config) -> Zone:
    (zone,) = config.zones.values()
    return replace(zone, place=None, key_directory_place=None)


def test_a_zone_has_what_its_template_says() -> None:
    plain = only_zone(config_of(POLICY + f"zone example {{ {PLAIN} }};"))
    assert only_zone(config_of(POLICY + f'template t {{ {PLAIN} }}; zone example {{ template "t"; }};')) == plain


def test_a_template_may_stand_behind_the_zone_and_its_name_in_any_case() -> None:
    plain = only_zone(config_of(POLICY + f"zone example {{ {PLAIN} }};"))
    assert only_zone(config_of(f"zone example {{ template T; }}; {POLICY} template t {{ {PLAIN} }};")) == plain


def test_what_a_zone_says_itself_counts_before_its_template_and_that_before_view_and_options() -> None:
    text = """
        options { key-directory "of options"; serial-update-method date; checkds no; };
        template t {
            type primary; file "of template"; dnssec-policy insecure; key-directory "of template"; checkds explicit;
        };
        view v {
            key-directory "of view"; serial-update-method increment;
            zone example { template t; dnssec-policy default; file "of zone"; };
        };
    """
    zone = only_zone(config_of(text))
    assert (zone.policy and zone.policy.name, zone.file, zone.key_directory) == ("default", "of zone", "of template")
    assert (zone.serial_update_method, zone.checkds) == ("increment", "explicit")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("zone e { template u; };", "t.conf:1:19: zone 'e': template 'u' is not defined"),
        (
            "template primaries { type primary; }; zone e { template primarys; };",
            "t.conf:1:57: zone 'e': template 'primarys' is not defined; did you mean primaries?",
        ),
        ("template t { }; template T { };", "t.conf:1:17: template 'T' is duplicated: also defined at t.conf:1"),
        ("template t { template u; };", "t.conf:1:14: unknown option 'template'"),
        ("template t { in-view u; };", "t.conf:1:14: unknown option 'in-view'"),
        ("template t { file x; };", "t.conf:1:19: expected quoted string near 'x'"),
        ("template t { type primry; };", "t.conf:1:19: 'primry' unexpected; did you mean primary?"),
        ("template t { }; zone e { template t; };", "t.conf:1:17: zone 'e': type not present"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_templates_is_told(text: str, problem: str) -> None:
    assert problem in problems_of(text)


def test_an_option_of_a_template_is_told_of_where_it_stands() -> None:
    text = 'template t {\n type primary;\n file "x";\n dnssec-policy nowhere;\n};\nzone e { template t; };\n'
    assert problems_of(text) == [
        "t.conf:6:1: zone 'e': option 'dnssec-policy nowhere' has no matching dnssec-policy config"
    ]


def test_a_zone_in_another_view_needs_no_template() -> None:
    text = 'view a { zone e { type primary; file "x"; }; }; view b { zone e { in-view a; template none; }; };'
    assert problems_of(text) == []


def test_two_zones_of_a_template_do_not_write_to_one_file() -> None:
    template = 'template t { type primary; file "%s"; dnssec-policy default; };'
    zones = "zone a { template t; }; zone b { template t; };"
    assert problems_of(template % "same" + zones) == ["t.conf:1:33: writeable file 'same': already in use: t.conf:1"]
    files = [zone.file for zone in config_of(template % "$name.db" + zones).zones.values()]
    assert files == ["a.db", "b.db"]


def test_files_have_names_from_the_zone_where_a_template_is_named_only() -> None:
    text = 'template t { type master; }; zone EXAMPLE { %s file "$view/$type/%%s"; };'
    assert only_zone(config_of(text % "template t;")).file == "_default/primary/example"
    assert only_zone(config_of(text % "type primary;")).file == "$view/$type/%s"
    view = 'template t { type slave; file "%v/%t"; dnssec-policy default; inline-signing yes; }; '
    assert only_zone(config_of(view + "view inner { zone e { template t; }; };")).file == "inner/secondary"


@pytest.mark.parametrize(
    ("zone", "path", "expected"),
    [
        ("example.com", "$name", "example.com"),
        ("example.com", "./$NAME.db", "./example.com.db"),
        ("example.com", "./%s/%v-%t.db", "./example.com/local-primary.db"),
        ("example.com", "", ""),
        ("example.com", "$char1 $char2 $char3", "e x a"),
        ("example.com", "%1%2%3", "exa"),
        ("example.com", "$label1 $label2 $label3", "com example ."),
        ("example.com", "%z%y%x", "comexample."),
        ("example", "$label1 $label2", "example ."),
        ("a.b.c.d.e", "%z%y%x", "edc"),
        ("a.b.c", "%1%2%3", "a.b"),
        ("a", "%1%2%3", "a.."),
        ("a.b.c.d", "%1$char2%3$label1%x", "a.bdb"),
        ("a", "%s/%s $names %%", "a/%s as %%"),
        (".", "$name %1%2 %z", ". .. ."),
    ],
)
def test_words_in_files(zone: str, path: str, expected: str) -> None:
    """Most of them are those of BIND's own test."""
    assert expanded(path, names.from_text(zone), "local", "primary") == expected
