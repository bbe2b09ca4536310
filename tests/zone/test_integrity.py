"""Is a loaded zone fit to be served? Findings, and what they refuse a zone for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fastsign import _core
from fastsign.zone.arena import Arena
from fastsign.zone.integrity import ERROR, WARNING, Rules, Zone, examine, is_secure, serial
from fastsign.zone.order import order_zone
from fastsign.zone.outside import Answer, Outside

ORIGIN = b"\7example\0"
APEX = "$TTL 300\n@ SOA ns hostmaster 42 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
LONG = "49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE"


def zone(text: str) -> Zone:
    arena = Arena.empty()
    _core.scan_text(text.encode(), ORIGIN, arena)
    return Zone(arena, order_zone(arena, ORIGIN), ORIGIN)


def found(
    text: str, rules: Rules | None = None, resolve: Callable[[str], Answer] | None = None
) -> list[tuple[str, str]]:
    """(severity, text) of all findings; without a resolver nobody is asked."""
    ask = None if resolve is None else Outside(resolve)
    return [(finding.severity, finding.text) for finding in examine(zone(text), rules or Rules(), ask)]


def test_a_sound_zone() -> None:
    text = APEX + "a MX 1 ns\n MX 2 w.x\n*.x A 192.0.2.2\nd NS ns.d\nns.d AAAA ::1\ns SRV 0 0 0 .\n"
    assert found(text) == []
    assert serial(zone(text)) == 42


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("a MX 1 b", "a.example/MX 'b.example' has no address records (A or AAAA)"),
        ("b TXT x\na MX 1 b", "a.example/MX 'b.example' has no address records (A or AAAA)"),
        ("a MX 1 c\nc CNAME ns", "a.example/MX 'c.example' is a CNAME (illegal)"),
        ("a SRV 1 1 1 x.d\nd DNAME e", "a.example/SRV 'x.d.example' is below a DNAME 'd.example' (illegal)"),
        ("d NS x.d", "d.example/NS 'x.d.example' has no REQUIRED GLUE address records (A or AAAA)"),
        ("d NS d", "d.example/NS 'd.example' has no REQUIRED GLUE address records (A or AAAA)"),
        ("d NS x.e\ne NS ns", "d.example/NS 'x.e.example' has no SIBLING GLUE address records (A or AAAA)"),
        ("d NS x", "d.example/NS 'x.example' has no address records (A or AAAA)"),
        ("d NS c\nc CNAME ns", "d.example/NS 'c.example' is a CNAME (illegal)"),
        ("d NS w.b.x\n*.x A 192.0.2.9\nb.x TXT x", "d.example/NS 'w.b.x.example' has no address records (A or AAAA)"),
    ],
)  # fmt: skip
def test_names_that_lead_nowhere(line: str, result: str) -> None:
    assert found(f"{APEX}{line}\n") == [(WARNING, result)]
    assert found(f"{APEX}{line}\n", Rules(targets=False)) == []


def test_what_is_below_a_cut_is_not_looked_at() -> None:
    assert found(APEX + "d NS ns\nx.d MX 1 nowhere\ny DNAME z\nx.y MX 1 nowhere\n") == []


def test_siblings_can_be_left_out() -> None:
    assert found(APEX + "d NS x.e\ne NS ns\n", Rules(siblings=False)) == []


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("a MX 1 b", Rules(mx="fail")),
        ("a MX 1 c\nc CNAME ns", Rules(mx_cname="fail")),
        ("a SRV 1 1 1 c\nc CNAME ns", Rules(srv_cname="fail")),
        ("a LP 1 b\na LP 1 B", Rules(duplicates="fail")),
    ],
)
def test_a_finding_can_refuse_the_zone(line: str, rules: Rules) -> None:
    assert [severity for severity, _ in found(f"{APEX}{line}\n")] == [WARNING]
    assert [severity for severity, _ in found(f"{APEX}{line}\n", rules)] == [ERROR]


def test_a_step_with_an_error_is_the_last_one() -> None:
    text = APEX + "a MX 1 b\na LP 1 b\na LP 1 B\n"
    assert len(found(text)) == 2
    assert len(found(text, Rules(mx="fail"))) == 1


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$TTL 300\na A 192.0.2.1\n", ["has 0 SOA records", "has no NS records"]),
        ("$TTL 300\n@ SOA . . 1 2 3 4 5\n", ["has no NS records"]),
        ("$TTL 300\n@ SOA . . 1 2 3 4 5\n@ NS a\n", ["NS 'a.example' has no address records (A or AAAA)"]),
        ("$TTL 300\n@ SOA . . 1 2 3 4 5\n@ NS a\na CNAME b\n", ["NS 'a.example' is a CNAME (illegal)"]),
        ("$TTL 300\n@ SOA . . 1 2 3 4 5\n@ NS a.b.\n", []),
    ],
)
def test_the_apex(text: str, result: list[str]) -> None:
    assert found(text) == [(ERROR, one) for one in result]


def test_a_chain_that_nobody_can_follow() -> None:
    assert found(APEX + "@ NSEC3PARAM 1 0 200 -\n") == [(WARNING, "excessive NSEC3PARAM iterations 200 > 150")]
    assert found(APEX + "@ NSEC3PARAM 2 0 1 -\n") == [
        (WARNING, "unsupported nsec3 hash algorithm: 2"), (ERROR, "no supported nsec3 hash algorithm"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "secure"),
    [
        (f"@ DNSKEY 257 3 13 {'A' * 88}\n@ NSEC3PARAM 1 0 0 -\n", True),
        (f"@ DNSKEY 257 3 13 {'A' * 88}\n@ NSEC3PARAM 1 1 0 -\n", False),
        (f"@ DNSKEY 257 3 13 {'A' * 88}\n@ NSEC ns A\n", False),
        (f"@ DNSKEY 1 3 13 {'A' * 88}\n@ NSEC3PARAM 1 0 0 -\n", False),
        ("@ NSEC3PARAM 1 0 0 -\n", False),
    ],
)
def test_what_passes_for_signed(lines: str, secure: bool) -> None:
    assert is_secure(zone(APEX + lines)) is secure


def test_a_policy_needs_its_twin() -> None:
    told = "found type SPF record but no SPF TXT record found, add matching type TXT record"
    assert found(APEX + 'a SPF "v=spf1"\n') == [(WARNING, f"'a.example' {told}")]
    assert found(APEX + 'a SPF "v=spf1"\na TXT "v=spf10"\n') == [(WARNING, f"'a.example' {told}")]
    assert found(APEX + 'a SPF "v=spf1"\na TXT x\na TXT "v=s" "pf1" " -all"\n') == []


# ---- names in other zones

ALIAS = Answer("other.test", (bytes(4),))
OUT = f"{APEX}a MX 1 m.test.\nb MX 1 m.test.\n"


def test_each_name_is_told_of_once() -> None:
    place = "a.example/MX 'm.test' (out of zone)"
    assert found(OUT, resolve=lambda name: Answer()) == [(WARNING, f"{place} has no addresses records (A or AAAA)")]
    assert found(OUT, resolve=lambda name: ALIAS) == [(WARNING, f"{place} is a CNAME 'other.test' (illegal)")]
    failed = Answer(failure="no network")
    assert found(OUT, resolve=lambda name: failed) == [(WARNING, "getaddrinfo(m.test) failed: no network")]
    assert found(OUT, resolve=lambda name: Answer("M.test", (bytes(4),))) == []
    assert found(OUT) == []


def test_an_alias_elsewhere_can_refuse_the_zone() -> None:
    findings = list(examine(zone(OUT), Rules(), Outside(lambda name: ALIAS, mx_cname="fail")))
    assert [finding.severity for finding in findings] == [ERROR]
    assert list(examine(zone(OUT), Rules(), Outside(lambda name: ALIAS, mx_cname="ignore"))) == []


def test_glue_is_compared_with_what_the_child_says() -> None:
    text = APEX + "d NS x.d\nx.d A 192.0.2.5\nx.d AAAA 2001:db8::1\n"
    child = Answer("x.d.example", (bytes([192, 0, 2, 5]), bytes([192, 0, 2, 6])))
    assert found(text, resolve=lambda name: child) == [
        (WARNING, "d.example/NS 'x.d.example' extra GLUE AAAA record (2001:db8::1)"),
        (WARNING, "d.example/NS 'x.d.example' missing GLUE A record (192.0.2.6)"),
    ]


def test_only_records_that_name_others_in_another_case_are_duplicates() -> None:
    hip = "2 200100107B1A74DF365639CC39F1D578 AwEAAbdx"
    pairs = {
        "LP": ("1 b", "1 B"), "NSEC": ("b.example. A", "B.example. A"), "IPSECKEY": ("1 3 2 g AQNR", "1 3 2 G AQNR"),
        "HIP": (f"{hip} a b", f"{hip} A b"), "AMTRELAY": ("1 0 3 a", "1 0 3 A"),
    }  # fmt: skip
    for rrtype, (one, other) in pairs.items():
        lines = f"a {rrtype} {one}\na {rrtype} {other}\n"
        assert found(APEX + lines) == [(WARNING, f"a.example/{rrtype} has semantically identical records")], rrtype
    assert found(APEX + "a LP 1 b\na LP 2 B\na TXT x\na TXT X\na SSHFP 1 1 " + LONG + "\n") == []
