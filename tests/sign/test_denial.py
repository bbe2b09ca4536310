"""The denial chain against RFC 5155's example zone and a chain built the slow way."""

import base64
import hashlib
from dataclasses import replace

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastsign import _core
from fastsign.errors import ZoneError
from fastsign.sign.denial import NSEC, NSEC3, Denial, Existing, Wanted, choose_denial, make_chain
from fastsign.zone.order import order_zone
from zones import arena_of, wire

SOA, NS, A, TXT, DS, RRSIG, NSEC_TYPE = 6, 2, 1, 16, 43, 46, 47


def test_rfc5155_hashes():
    # RFC 5155 appendix A: salt aabbccdd, 12 iterations
    expected = {
        "example.": "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "a.example.": "35mthgpgcu1qg68fab165klnsnk3dpvl",
        "*.w.example.": "r53bq7cc2uvmubfu5ocmm6pers9tk9en", "xx.example.": "t644ebqk9bibcna874givr6joj62mlhv",
    }  # fmt: skip
    for name, text in expected.items():
        digest = _core.nsec3_hash(wire(name.upper()), bytes.fromhex("aabbccdd"), 12)
        assert base64.b32hexencode(digest).decode().lower() == text
        assert _core.hash_label(digest) == text.encode()


def nsec3_reference(name: bytes, salt: bytes, iterations: int) -> bytes:
    digest = hashlib.sha1(name.lower() + salt).digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest + salt).digest()
    return digest


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=6), st.binary(max_size=20), st.integers(0, 5))
def test_nsec3_hash_is_hashlibs(labels, salt, iterations):
    name = dns.name.Name([*labels, b""]).to_wire()
    assert _core.nsec3_hash(name, salt, iterations) == nsec3_reference(name, salt, iterations)


@given(st.sets(st.integers(1, 65535), max_size=40))
def test_type_bitmap_is_dnspythons(types):
    import io

    import dns.rdtypes.util

    stream = io.BytesIO()
    windows = dns.rdtypes.util.Bitmap.from_rdtypes(list(types)) if types else dns.rdtypes.util.Bitmap()
    windows.to_wire(stream)
    assert _core.type_bitmap(types) == stream.getvalue()


def chain_entries(records, denial):
    arena = arena_of(records)
    order = order_zone(arena, wire("example."))
    chain = make_chain(arena, order, denial, 300)
    offsets, pool = chain.bitmap_offset.view(), bytes(chain.bitmaps.view())
    bitmaps = [pool[offsets[b] : offsets[b + 1]] for b in chain.bitmap.view()]
    names = [arena.name(order.node_name.view()[node]) for node in chain.source.view()]
    if denial.kind == NSEC3:
        names = [dns.name.from_wire(n, 0)[0].labels[s:] for n, s in zip(names, chain.skip.view(), strict=True)]
        names = [dns.name.Name(labels).to_wire() for labels in names]
        hashes = [bytes(chain.hash.view()[i : i + 20]) for i in range(0, len(chain.hash), 20)]
        assert hashes == sorted(hashes)
        assert hashes == [nsec3_reference(n, denial.salt, denial.iterations) for n in names]
    return dict(zip(names, bitmaps, strict=True))


ZONE = [
    (wire("example."), SOA, 1, b"s" * 22), (wire("example."), NS, 1, wire("ns.example.")),
    (wire("ns.example."), A, 1, b"\1\2\3\4"), (wire("a.b.C.example."), TXT, 1, b"\1x"),
    (wire("insecure.deep.example."), NS, 1, wire("ns.insecure.deep.example.")),
    (wire("ns.insecure.deep.example."), A, 1, b"\1\2\3\4"),
    (wire("secure.example."), NS, 1, wire("ns.example.")), (wire("secure.example."), DS, 1, b"\0\1\15\2" + b"d" * 32),
    (wire("secure.example."), A, 1, b"\1\2\3\4"), (wire("old.example."), RRSIG, 1, b"r" * 40),
]  # fmt: skip


def test_nsec_names_and_bitmaps():
    assert chain_entries(ZONE, Denial(NSEC)) == {
        wire("example."): _core.type_bitmap([SOA, NS, RRSIG, NSEC_TYPE]),
        wire("a.b.C.example."): _core.type_bitmap([TXT, RRSIG, NSEC_TYPE]),
        wire("insecure.deep.example."): _core.type_bitmap([NS, RRSIG, NSEC_TYPE]),
        wire("ns.example."): _core.type_bitmap([A, RRSIG, NSEC_TYPE]),
        wire("secure.example."): _core.type_bitmap([NS, DS, RRSIG, NSEC_TYPE]),
    }


def test_nsec3_adds_empty_non_terminals_and_signs_no_insecure_delegation():
    assert chain_entries(ZONE, Denial(NSEC3, salt=b"\xaa", iterations=1)) == {
        wire("example."): _core.type_bitmap([SOA, NS, RRSIG]),
        wire("C.example."): b"",
        wire("b.C.example."): b"",
        wire("a.b.C.example."): _core.type_bitmap([TXT, RRSIG]),
        wire("deep.example."): b"",
        wire("insecure.deep.example."): _core.type_bitmap([NS]),
        wire("ns.example."): _core.type_bitmap([A, RRSIG]),
        wire("secure.example."): _core.type_bitmap([NS, DS, RRSIG]),
    }


def test_opt_out_leaves_out_insecure_delegations_and_what_is_only_above_them():
    names = chain_entries(ZONE, Denial(NSEC3, opt_out=True))
    assert wire("insecure.deep.example.") not in names
    assert wire("deep.example.") not in names
    assert wire("b.C.example.") in names
    assert wire("secure.example.") in names


def test_two_names_with_one_hash_are_an_error_that_names_both():
    arena = arena_of([(wire("example."), SOA, 1, b"s" * 22), (wire("a.example."), A, 1, b"\1\2\3\4")])
    order = order_zone(arena, wire("example."))
    # No two names are known whose SHA-1 hashes collide: let one name stand for two nodes.
    order.node_name.view()[1] = order.node_name.view()[0]
    with pytest.raises(ZoneError, match=r"Duplicate hash detected \(example\. and example\.\)"):
        make_chain(arena, order, Denial(NSEC3), 300)


SIGNED = Existing(nsec3=True, salt=b"\xaa", iterations=5, opt_out=False)
OPTED_OUT = replace(SIGNED, opt_out=True)
HAS_NSEC = Existing(nsec=True)
UNUSED = Existing(nsec3=True)  # NSEC3PARAM, but no key or no parameters that can be used
CHAINLESS = replace(SIGNED, opt_out=None)  # NSEC3PARAM without an NSEC3 record of the apex


def nsec3(**fields):
    return Denial(NSEC3, **{"opt_out": False, "iterations": 5, "salt": b"\xaa", **fields})


@pytest.mark.parametrize(
    ("wanted", "has", "chosen"),
    [
        (Wanted(), Existing(), Denial(NSEC)),
        (Wanted(), HAS_NSEC, Denial(NSEC)),
        (Wanted(salt=b""), Existing(), Denial(NSEC3)),
        (Wanted(iterations=3), Existing(), Denial(NSEC)),
        (Wanted(iterations=300), HAS_NSEC, Denial(NSEC)),
        (Wanted(), SIGNED, nsec3()),
        (Wanted(salt=b"\xaa"), OPTED_OUT, nsec3(opt_out=True)),
        (Wanted(salt=b"\xbb", iterations=50), UNUSED, nsec3(salt=b"\xbb", iterations=50)),
        (Wanted(opt_out=True), CHAINLESS, nsec3(opt_out=True)),
        (Wanted(update=True), SIGNED, Denial(NSEC)),
        (Wanted(update=True), UNUSED, Denial(NSEC)),
        (Wanted(update=True, opt_out=True), SIGNED, nsec3(opt_out=True)),
        (Wanted(update=True, salt=b""), SIGNED, nsec3(salt=b"")),
        (Wanted(update=True, salt=b""), HAS_NSEC, Denial(NSEC3)),
        (Wanted(update=True, iterations=1), HAS_NSEC, Denial(NSEC)),
        (Wanted(update=True, iterations=1), UNUSED, Denial(NSEC)),
    ],
)
def test_the_chain_is_inherited_unless_the_command_line_says_otherwise(wanted, has, chosen):
    assert choose_denial(wanted, has) == chosen


TOO_BIG = "NSEC3 iterations too big. Maximum iterations allowed 50."


@pytest.mark.parametrize(
    ("wanted", "has", "message"),
    [
        (Wanted(salt=b""), HAS_NSEC, "Zone contains NSEC records.  Use -u to update to NSEC3."),
        (Wanted(), replace(SIGNED, nsec=True), "Zone contains NSEC records.  Use -u to update to NSEC3."),
        (Wanted(), UNUSED, "Zone contains NSEC3 chains.  Use -u to update to NSEC."),
        (Wanted(salt=b""), SIGNED, "An NSEC3 chain exists with a different salt. Use -u to update it."),
        (Wanted(iterations=1), SIGNED, "An NSEC3 chain exists with different iterations. Use -u to update it."),
        (Wanted(opt_out=True), SIGNED, "An NSEC3 chain exists without OPTOUT. Use -u -A to set it."),
        (Wanted(opt_out=False), OPTED_OUT, "An NSEC3 chain exists with OPTOUT. Use -u -AA to clear it."),
        (Wanted(salt=b"", iterations=51), Existing(), TOO_BIG),
        (Wanted(), replace(SIGNED, iterations=51), TOO_BIG),
    ],
)
def test_a_chain_is_not_changed_in_silence(wanted, has, message):
    with pytest.raises(ZoneError) as error:
        choose_denial(wanted, has)
    assert str(error.value) == message
