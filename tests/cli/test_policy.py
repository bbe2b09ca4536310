"""`fastsign policy`: a configuration checked, a policy shown."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from fastsign.cli import policy
from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.cli.env import Env
from fastsign.cli.kasp_options import find_signed_zone, find_zone, read_config
from fastsign.kasp.builtin import DEFAULT, INSECURE
from fastsign.kasp.render import policy_text
from named_conf import config_of, theirs

CONF = """
dnssec-policy mine { dnskey-ttl 77; keys { csk lifetime 20d algorithm 13; }; };
options { key-directory "."; };
zone example.com { type primary; file "example.db"; dnssec-policy mine; };
zone plain.example { type primary; file "plain.db"; };
"""
ZONE = """$TTL {ttl}
@ IN SOA ns hostmaster 1 3600 600 {expire} 300
@ IN NS ns
ns IN A 192.0.2.1
"""


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = policy.main(Env(("fastsign policy", *words), io.StringIO(), out, err, str(folder)))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "named.conf").write_text(CONF)
    (tmp_path / "example.db").write_text(ZONE.format(ttl=300, expire=432000))
    return tmp_path


SHORT = "named.conf:2:57: dnssec-policy: key lifetime is shorter than 30 days\n"


def test_a_configuration_that_can_be_used(folder: Path) -> None:
    code, out, err = run(folder, "check", "-c", "named.conf")
    assert (code, out.replace(f"{folder}/", ""), err) == (0, SHORT, "")
    assert run(folder, "-c", "named.conf", "check") == (code, out, err)
    assert run(folder, "check", "named.conf") == (code, out, err)


def test_errors_are_told_where_named_checkconf_tells_them(folder: Path) -> None:
    text = "dnssec-policy a {\n  keys { csk lifetime 2d algorithm 13; };\n};\n"
    code, lines = theirs(folder, text)
    ours = run(folder, "check", "-c", "t.conf")
    assert ours[1].endswith("; it takes P10DT1H5M\n")  # which named-checkconf leaves to be worked out
    assert (ours[0], ours[1].replace("; it takes P10DT1H5M", ""), ours[2]) == (
        code, "".join(f"{folder}/{line.replace('t.conf:2:', 't.conf:2:23:')}\n" for line in lines), ""
    )  # fmt: skip


def test_a_configuration_that_is_not_there(folder: Path) -> None:
    assert run(folder, "check", "-c", "none") == (1, f"open: {folder}/none: file not found\n", "")


def test_zones_are_checked_against_their_policies(folder: Path) -> None:
    assert run(folder, "check", "-z", "-c", "named.conf")[:2] == run(folder, "check", "-c", "named.conf")[:2]
    (folder / "example.db").write_text(ZONE.format(ttl=86401, expire=432001))
    code, out, _ = run(folder, "check", "-z", "-c", "named.conf")
    assert code == 0
    lines = out.replace(f"{folder}/", "").splitlines()
    assert [line[:60] for line in lines[1:]] == [
        "named.conf:4:1: zone 'example.com': the zone has a TTL of P1",
        "named.conf:4:1: zone 'example.com': signatures-refresh P5D i",
    ]


def test_a_zone_that_cannot_be_loaded_fails_the_check(folder: Path) -> None:
    (folder / "example.db").unlink()
    code, out, _ = run(folder, "check", "-z", "-c", "named.conf")
    assert code == 1
    assert out.endswith("example.db: file not found\n")


def test_a_policy_is_shown_by_its_name_and_by_its_zones(folder: Path) -> None:
    code, out, _ = run(folder, "show", "-c", "named.conf", "mine")
    assert code == 0
    assert out == policy_text(config_of(CONF).policies["mine"])
    assert "\tdnskey-ttl PT1M17S;\n" in out
    for name in ("example.com", "EXAMPLE.COM."):
        assert run(folder, "show", "-c", "named.conf", name)[1] == out


def test_all_policies_are_shown_without_a_name(folder: Path) -> None:
    _, out, _ = run(folder, "show", "-c", "named.conf")
    assert out == "\n".join(map(policy_text, (DEFAULT, INSECURE, config_of(CONF).policies["mine"])))


def test_values_for_programs(folder: Path) -> None:
    code, out, _ = run(folder, "show", "--json", "-c", "named.conf", "mine")
    (values,) = json.loads(out)
    assert (code, values["name"], values["dnskey-ttl"], values["intervals"]["ipub"]) == (0, "mine", 77, 3977)


def test_built_in_policies_need_no_configuration(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "CONFIG", "nowhere/named.conf")
    assert run(folder, "show", "default")[:2] == (0, policy_text(DEFAULT))
    assert run(folder, "show", "mine")[0] == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["show", "mien"], "there is no policy and no zone mien in named.conf; did you mean mine?"),
        (["show", "plain.example"], "zone plain.example has no dnssec-policy in named.conf"),
        (["chek"], "unknown word chek; did you mean check?"),
        (["x"], "unknown word x; it is check or show"),
    ],
)
def test_complaints(words: list[str], complaint: str, folder: Path) -> None:
    code, out, err = run(folder, *words, "-c", "named.conf")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == f"fastsign policy: fatal: {complaint}"


def test_usage_without_a_word(folder: Path) -> None:
    code, _, err = run(folder, "-c", "named.conf")
    assert (code, err.startswith("Usage:\n    fastsign policy check")) == (1, True)


# ---- what the other commands share


def line_in(folder: Path) -> CommandLine:
    return CommandLine(policy.TOOL, Env(("fastsign x",), io.StringIO(), io.StringIO(), io.StringIO(), str(folder)))


def test_a_configuration_is_read_and_its_warnings_are_told(folder: Path) -> None:
    line = line_in(folder)
    config = read_config(line, "named.conf")
    zone = find_signed_zone(config, "example.com", "named.conf")
    assert (zone.file, zone.key_directory) == (f"{folder}/example.db", f"{folder}/.")
    assert line.env.stderr.getvalue().endswith("key lifetime is shorter than 30 days\n")


def test_all_errors_of_a_configuration_are_told(folder: Path) -> None:
    (folder / "named.conf").write_text("dnssec-policy a { x; };\ndnssec-policy b { y; };")
    line = line_in(folder)
    with pytest.raises(FatalError, match=r"named\.conf:2:19: unknown option 'y'"):
        read_config(line, "named.conf")
    assert "named.conf:1:19: unknown option 'x'\n" in line.env.stderr.getvalue()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("exmaple.com", r"there is no zone exmaple.com .* in c; did you mean example.com\?"),
        ("other", r"there is no zone other .*; its zones are example.com, plain.example"),
        ("a..b", r"a..b is no name of a zone: empty label"),
        ("plain.example", r"zone plain.example has no dnssec-policy \(t.conf:5\): .* such as dnssec-policy default"),
    ],
)
def test_zones_that_are_not_to_be_found(name: str, complaint: str) -> None:
    with pytest.raises(FatalError, match=complaint):
        find_signed_zone(config_of(CONF), name, "c")


def test_a_zone_is_found_in_any_case() -> None:
    assert find_zone(config_of(CONF), "PLAIN.example.").name == b"\5plain\7example\0"
