"""Zones with something odd in them are signed as by dnssec-signzone: the same records, or the same refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from differential_zones import ZONE
from signing_scene import Scene

DS, SHA1_DS = "DS 12345 13 2 " + "AB" * 32, "DS 12345 13 1 " + "AB" * 20
LABEL = "a" * 63

ODD = {
    "escapes": [
        r"esc\.aped TXT x", r"\001\255\032x A 192.0.2.1", r"a\*b TXT q", r"sp\ ace TXT \"q\"", r"p\@x MX 1 \(\)",
        r"\\bs TXT \\", r"\097bc TXT same", r"d\$d TXT y", r"semi\;colon TXT a\;b", r"\"quoted\" TXT \010\200",
    ],
    "wildcards": ["* TXT x", "*.a.*.b TXT x", "*.*.c TXT y", r"\*.d TXT q", "*.sec TXT occluded"],
    "empty non-terminals": ["x.y.z A 192.0.2.1", "q.y.z TXT x", "deep.below.dele.gation NS ns"],
    "delegations below delegations": [
        "ins A 192.0.2.1", "a.ins NS ns", f"b.a.ins {DS}", "b.a.ins NS ns", "x.ins CNAME y", "sec TXT occluded",
    ],
    "data outside of the zone": ["other. A 192.0.2.1", "com. NS x.", f"a.other. {DS}", "aexample. TXT x", "z.z. TXT x"],
    "TTLs of one RRset": ["a 60 A 192.0.2.1", "a 70 A 192.0.2.2", "a 50 A 192.0.2.3"],
    "a second TTL of the apex's NS": ["@ 300 NS ns.other."],
    "DS by SHA-1": [f"sec {SHA1_DS}"],
    "unknown types": [r"u TYPE65400 \# 3 abcdef", r"u TYPE1 \# 4 c0000201", r"u TYPE65280 \# 0", "v CLASS1 TYPE16 x"],
    "doubles": ["d TXT x", "d TXT x", "d TXT X", "e NS a", "e NS A"],
    "the SOA twice": ["@ 600 SOA ns hostmaster 1 7200 3600 1209600 300"],
    "a SOA below the apex": ["sub SOA ns hostmaster 2 7200 3600 1209600 300"],
    "a SOA outside": ["other. SOA ns hostmaster 2 7200 3600 1209600 300"],
    "a TTL of 0 and the longest": ["t0 0 TXT x", "t1 2147483647 TXT x"],
    "NSEC3 parameters without keys": ["@ 60 NSEC3PARAM 1 0 0 AB"],
    "NSEC records": ["ns NSEC a A", "ns.ins NSEC a A"],
    "signatures over nothing": ["lone RRSIG A 15 2 60 20391201000000 20261101000000 1 Example. AAAA"],
    "a signature of an unknown algorithm": ["ns RRSIG A 255 2 60 20391201000000 20261101000000 1 Example. AAAA"],
    "a signature of a negative time": ["ns RRSIG A 15 2 60 20261101000000 20391201000000 1 Example. AAAA"],
    "old signatures and keys": [
        "k KEY 256 3 8 AwEAAaEE", "k SIG A 8 2 60 20391201000000 20261101000000 1 Example. AAAA", "k NXT a A",
    ],
    "the wish to delete the DS RRset": ["@ CDS 0 0 0 00", "@ CDNSKEY 0 3 0 AA=="],
    "strings as long as they may be": ["l TXT " + " ".join(['"' + "x" * 255 + '"'] * 200)],
    "NS beside CNAME": ["nc NS ns", "nc CNAME x"],
    "DS without NS": [f"q {DS}"],
    "a CNAME at the apex": ["@ CNAME x."],
    "an octet of 0 in a name": ["n\0ul TXT x"],
    "a relative origin and one outside": ["$ORIGIN sub", "a TXT x", "$ORIGIN other.", "b TXT y", "$ORIGIN ..bad"],
}  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene.begin(tmp_path, monkeypatch, keys=True)


@pytest.mark.parametrize("odd", sorted(ODD))
def test_an_odd_zone(odd, scene):
    scene.write("$TTL 60", *ZONE, *ODD[odd])
    made = [scene.sign_alike("-S", "-u", *chain) for chain in ((), ("-3", "-"), ("-3", "AB", "-A"))]
    assert len({bool(lines) for lines in made}) == 1


@pytest.mark.parametrize(
    "text", ["", "; nothing\n", "@ 60 SOA . . 1 2 3 4 5\r\n@ 60 NS .\r\n", "@ 60 SOA . . 1 2 3 4 5\n@ 60 NS ."]
)
def test_an_odd_file(text, scene):
    (scene.folder / "zone").write_bytes(text.encode())
    scene.sign_alike("-S")


def test_octets_beyond_ascii(scene):
    (scene.folder / "zone").write_bytes(b"$TTL 60\n@ SOA . . 1 2 3 4 5\n@ NS .\nn\xe4me TXT \xff\xfe\n")
    assert scene.sign_alike("-S")


def test_the_longest_name_that_leaves_room_for_a_wildcard(scene):
    """BIND refuses, with NSEC3, a name that leaves none."""
    name = ".".join([LABEL] * 3 + ["b" * 51])
    scene.write("$TTL 60", *ZONE, f"{name} TXT x")
    assert scene.sign_alike("-S", "-3", "-")
    scene.write("$TTL 60", *ZONE, f"{name}b TXT x")
    ours, theirs = scene.sign("-S", "-3", "-")
    assert (ours.code, theirs.code) == (0, 1)
    assert "name too long" in theirs.stderr
