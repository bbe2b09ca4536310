"""The signed zone as text, octet for octet as dnssec-signzone writes it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import tools
from fastsign import _core
from fastsign._core import Column
from fastsign.sign.denial import NSEC3, Denial
from rendering import KSK, START, STYLES, ZSK, Key, Signed, Zone, bind_sign, by_owner, sign_range
from zones import Record, wire

DENIALS = {"nsec": Denial(), "nsec3": Denial(NSEC3, False, 5, b"\xaa\xbb\xcc")}
OPTIONS = {"nsec": ["-u"], "nsec3": ["-3", "AABBCC", "-H", "5"]}
EVERY_TYPE = (Path(__file__).parents[1] / "data" / "every_type.zone").read_text()
HEAD = "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 900\n@ NS ns1\nns1 A 192.0.2.1\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[Key]:
    folder = tmp_path_factory.mktemp("keys")
    return [Key.make(folder, KSK), Key.make(folder, ZSK)]


def dnskeys(keys: list[Key]) -> str:
    return "".join(key.record() for key in keys)


@pytest.fixture(scope="module", params=DENIALS)
def signed(
    request: pytest.FixtureRequest, keys: list[Key], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Signed, Denial]:
    folder = tmp_path_factory.mktemp("signed")
    return bind_sign(folder, keys, EVERY_TYPE + dnskeys(keys), *OPTIONS[request.param]), DENIALS[request.param]


@pytest.mark.parametrize("style", STYLES)
def test_a_zone_with_every_type_is_as_bind_writes_it(
    signed: tuple[Signed, Denial], keys: list[Key], style: str
) -> None:
    zone, denial = signed
    mine = Zone.of(zone.apex, zone.unsigned(), denial).write(keys, style)
    assert by_owner(mine) == by_owner(zone.text[style])


@pytest.mark.parametrize("style", STYLES)
def test_pieces_of_a_zone_make_up_the_whole(signed: tuple[Signed, Denial], keys: list[Key], style: str) -> None:
    zone = Zone.of(signed[0].apex, signed[0].unsigned(), signed[1])
    whole = zone.write(keys, style)
    assert zone.write(keys, style, step=7) == whole
    assert zone.write(keys, style, step=41) == whole


NUMBERS = ["0 0 0 0 0", "4294967295 1 60 61 3600", "1 604800 90061 694861 31536000", "1 2419200 59 86400 4294967295"]


@pytest.mark.parametrize("denial", DENIALS)
@pytest.mark.parametrize(
    ("zone", "origin"),
    [
        *((HEAD.replace("1 7200 3600 1209600 900", numbers), "example.") for numbers in NUMBERS),
        (HEAD, "exaMPLE."),
        (HEAD + "Host A 192.0.2.2\nHOST TXT a\nhost MX 1 Mail\nbelow.Host A 192.0.2.3\n", "Example."),
        (HEAD + "*.a.b.c.d.e.f.g.h.i.j.k.l A 192.0.2.2\n" + "a." * 100 + "b A 192.0.2.3\n", "example."),
        (HEAD + "large 4294967295 A 192.0.2.2\nlarge 2147483647 TXT a\nzero 0 A 192.0.2.3\n", "example."),
    ],
)
def test_a_small_zone_is_as_bind_writes_it(
    tmp_path: Path, keys: list[Key], zone: str, origin: str, denial: str
) -> None:
    made = bind_sign(tmp_path, keys, zone + dnskeys(keys), *OPTIONS[denial], origin=origin)
    mine = Zone.of(made.apex, made.unsigned(), DENIALS[denial])
    for style in STYLES:
        assert mine.write(keys, style) == made.text[style]


@pytest.mark.parametrize("denial", DENIALS)
def test_the_root_zone_is_as_bind_writes_it(tmp_path: Path, denial: str) -> None:
    keys = [Key.make(tmp_path, KSK, "."), Key.make(tmp_path, ZSK, ".")]
    zone = "$TTL 3600\n. SOA . . 1 7200 3600 1209600 900\n. NS ns.\nns. A 192.0.2.1\ntest. NS ns.\n" + dnskeys(keys)
    made = bind_sign(tmp_path, keys, zone, *OPTIONS[denial], origin=".")
    mine = Zone.of(made.apex, made.unsigned(), DENIALS[denial])
    for style in STYLES:
        assert mine.write(keys, style) == made.text[style]


@pytest.mark.parametrize("labels", ["a", "abcdefghijkl", "abcdefghijklm", "a" * 63 + "." + "b" * 60])
def test_nsec3_names_past_a_column_are_as_bind_writes_them(tmp_path: Path, labels: str) -> None:
    keys = [Key.make(tmp_path, KSK, labels), Key.make(tmp_path, ZSK, labels)]
    made = bind_sign(tmp_path, keys, HEAD + dnskeys(keys), *OPTIONS["nsec3"], origin=labels + ".")
    mine = Zone.of(made.apex, made.unsigned(), DENIALS["nsec3"])
    for style in STYLES:
        assert mine.write(keys, style) == made.text[style]


@pytest.mark.parametrize("denial", DENIALS)
def test_an_rrsig_lives_no_longer_than_it_is_valid(tmp_path: Path, keys: list[Key], denial: str) -> None:
    times = ("20200101000000", "20200101003000")
    made = bind_sign(tmp_path, keys, HEAD + dnskeys(keys), *OPTIONS[denial], times=times)
    short = [key.during(*times) for key in keys]
    mine = Zone.of(made.apex, made.unsigned(), DENIALS[denial])
    for style in STYLES:
        assert mine.write(short, style) == made.text[style]


@pytest.mark.parametrize("denial", DENIALS)
def test_signatures_of_many_keys_stand_in_canonical_order(tmp_path: Path, denial: str) -> None:
    keys = [Key.make(tmp_path, KSK), Key.make(tmp_path, KSK), *(Key.make(tmp_path, ZSK) for _ in range(4))]
    made = bind_sign(tmp_path, keys, HEAD + dnskeys(keys), *OPTIONS[denial])
    mine = Zone.of(made.apex, made.unsigned(), DENIALS[denial])
    for style in STYLES:
        assert mine.write(keys, style) == made.text[style]
        assert mine.write(keys[::-1], style) == made.text[style]


def test_kept_signatures_stand_among_the_new_ones(tmp_path: Path) -> None:
    ksk, old, new = Key.make(tmp_path, KSK), Key.make(tmp_path, ZSK), Key.make(tmp_path, ZSK)
    before, now = ("20200101000000", "20850101000000"), ("20210101000000", "20860101000000")
    first = bind_sign(tmp_path, [ksk, old], HEAD + dnskeys([ksk, old, new]), times=before)
    again = bind_sign(tmp_path, [ksk, old, new], first.text["text"], times=now)
    mine = Zone.of(first.apex, first.unsigned(keep=[46]), Denial())
    for style in STYLES:
        assert mine.write([new.during(*now)], style) == again.text[style]


def test_signatures_that_cover_nothing_signed_are_left_out(keys: list[Key]) -> None:
    apex = wire("example.")
    soa: Record = (apex, 6, 60, b"\0\0" + b"\0" * 20)
    glue = [(wire("cut.example."), 2, 60, wire("ns.cut.example.")), (wire("ns.cut.example."), 1, 60, b"\1\2\3\4")]

    def rrsig(owner: str, covered: int) -> Record:
        return wire(owner), 46, 60, covered.to_bytes(2, "big") + b"\15\2" + b"\0" * 14 + apex + b"signature"

    plain = Zone.of(apex, [soa, *glue], None).write([], "full")
    stray = [rrsig("cut.example.", 2), rrsig("ns.cut.example.", 1), rrsig("example.", 16), rrsig("lone.example.", 1)]
    assert Zone.of(apex, [soa, *glue, *stray], None).write([], "full") == plain
    assert "RRSIG" in Zone.of(apex, [soa, *glue, rrsig("example.", 6)], None).write([], "full")


@pytest.mark.parametrize("denial", DENIALS)
def test_expirations_with_jitter_are_those_that_were_signed(tmp_path: Path, keys: list[Key], denial: str) -> None:
    made = bind_sign(tmp_path, keys, HEAD + "a TXT a\nb TXT b\n" + dnskeys(keys), *OPTIONS[denial])
    jittery = [replace(key, signer=replace(key.signer, jitter=86400, seed=7)) for key in keys]
    text = Zone.of(made.apex, made.unsigned(), DENIALS[denial]).write(jittery, "text")
    (tmp_path / "mine").write_text(text)
    tools.run("dnssec-verify", "-q", "-x", "-o", "example", "mine", cwd=tmp_path)
    assert len(set(re.findall(rf"\t(\d{{14}}) {START} ", text))) > 5


@pytest.mark.parametrize("change", [-64, -1, 1, 64])
def test_rows_that_do_not_fit_the_range_are_refused(
    signed: tuple[Signed, Denial], keys: list[Key], change: int
) -> None:
    zone = Zone.of(signed[0].apex, signed[0].unsigned(), signed[1])
    end, key = len(zone.order.node_name), keys[1]
    row, out = sign_range(key, zone.digest_nodes, 0, end), Column("B")
    row.resize(len(row) + change)
    with pytest.raises(ValueError, match=f"of key {key.signer.tag} has too few|of key {key.signer.tag} has more"):
        _core.render_nodes(zone.arena, zone.order, zone.chain, 0, zone.apex, [key.signer], [row], 0, end, out)


def test_malformed_rdata_names_its_owner() -> None:
    apex = wire("example.")
    zone = Zone.of(apex, [(apex, 6, 60, b"\0\0" + b"\0" * 20), (wire("bad.example."), 1, 60, b"\1\2\3")], None)
    with pytest.raises(Exception, match=r"bad\.example\. A is malformed"):
        zone.write([], "text")


def test_a_dsset_line_is_as_bind_writes_it(tmp_path: Path, keys: list[Key]) -> None:
    bind_sign(tmp_path, keys, HEAD + dnskeys(keys))
    line = (tmp_path / "dsset-example.").read_text()
    fields = line.split("DS ")[1].split()
    rdata = int(fields[0]).to_bytes(2, "big") + bytes(map(int, fields[1:3])) + bytes.fromhex("".join(fields[3:]))
    assert _core.render_record(wire("example."), 43, 0, rdata, 2).decode() == line
