"""Canonical order, RRsets and what each node is, against dnspython and ten lines of Python."""

import dns.name
from hypothesis import given
from hypothesis import strategies as st

from fastsign import _core
from fastsign.zone import order as zo
from fastsign.zone.arena import Arena
from fastsign.zone.order import order_zone
from zones import arena_of, wire

A, NS, CNAME, SOA, MX, DNAME, DS, RRSIG = 1, 2, 5, 6, 15, 39, 43, 46


def names_in_order(arena: Arena, apex: bytes) -> list[bytes]:
    return [arena.name(n) for n in order_zone(arena, apex).node_name.view()]


def test_rfc4034_example_order():
    # RFC 4034 section 6.1
    expected = [
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "Z.a.example.",
        "zABC.a.EXAMPLE.",
        "z.example.",
        "\\001.z.example.",
        "*.z.example.",
        "\\200.z.example.",
    ]
    arena = arena_of([(wire(n), A, 1, b"\1\2\3\4") for n in reversed(expected)])
    assert names_in_order(arena, wire("example.")) == [wire(n) for n in expected]


labels = st.lists(
    st.binary(min_size=1, max_size=4) | st.sampled_from([b"a", b"A", b"b", b"*", b"\0", b"@", b"Z", b"["]), max_size=5
)


@given(st.lists(labels, min_size=1, max_size=120))
def test_order_is_dnspythons_order(zone):
    names = [dns.name.Name([*parts, b"example", b""]) for parts in zone]
    arena = arena_of([(n.to_wire(), A, 1, b"\1\2\3\4") for n in names])
    got = [dns.name.from_wire(n, 0)[0] for n in names_in_order(arena, wire("example."))]
    assert got == sorted(set(names))


@given(labels, labels)
def test_keys_compare_as_names_do(a, b):
    x, y = dns.name.Name([*a, b""]), dns.name.Name([*b, b""])
    key_x, key_y = _core.canonical_key(x.to_wire()), _core.canonical_key(y.to_wire())
    assert (key_x < key_y, key_x == key_y) == (x < y, x == y)
    assert key_x.startswith(key_y) == x.is_subdomain(y)


def test_rrsets_stand_as_soa_ns_then_by_type_with_canonical_rdata():
    ns = [wire("b.example."), wire("A.example.")]
    arena = arena_of(
        [
            (wire("example."), t, 5, r)
            for t, r in [
                (MX, b"\0\1" + ns[0]),
                (A, b"\t\t\t\t"),
                (NS, ns[0]),
                (NS, ns[1]),
                (NS, wire("B.Example.")),
                (SOA, b"s" * 22),
            ]
        ]
    )
    order = order_zone(arena, wire("example."))
    assert order.rrset_type.view().tolist() == [SOA, NS, A, MX]
    assert [arena.record_rdata(r) for r in order.rows(1)] == [ns[1], wire("B.Example.")], "by folded case"


def test_of_equal_records_the_last_of_the_first_block_stays():
    names = [wire(name) for name in ("a.B.", "A.b.", "A.B.")]
    owners = [wire("example."), wire("example."), wire("x.example."), wire("example.")]
    rdata = [names[0], names[1], names[0], names[2]]
    arena = arena_of([(owner, NS, 5, name) for owner, name in zip(owners, rdata, strict=True)])
    order = order_zone(arena, wire("example."))
    assert [arena.record_rdata(r) for r in order.rows(0)] == [names[1]]


def test_a_merged_rrset_takes_the_later_ttl_and_the_earlier_spelling():
    arena = arena_of(
        [
            (wire("WWW.example."), A, 300, b"\1\1\1\1"),
            (wire("x.example."), A, 1, b"\1\1\1\1"),
            (wire("www.example."), A, 600, b"\2\2\2\2"),
        ]
    )
    order = order_zone(arena, wire("example."))
    assert order.rrset_ttl.view().tolist() == [600, 1]
    assert arena.name(order.rrset_owner.view()[0]) == wire("WWW.example.")


def test_node_kinds():
    rows = [
        ("example.", SOA),
        ("example.", NS),
        ("cut.example.", NS),
        ("cut.example.", A),
        ("ns.cut.example.", A),
        ("d.example.", DNAME),
        ("x.d.example.", A),
        ("sec.example.", NS),
        ("sec.example.", DS),
        ("sig.example.", RRSIG),
        ("cutx.example.", A),
        ("other.", A),
    ]
    arena = arena_of([(wire(n), t, 1, wire("a.")) for n, t in rows])
    order = order_zone(arena, wire("example."))
    kinds = {
        dns.name.from_wire(arena.name(n), 0)[0].to_text(): f
        for n, f in zip(order.node_name.view(), order.node_flags.view(), strict=True)
    }
    assert kinds == {
        "example.": zo.APEX, "cut.example.": zo.CUT, "ns.cut.example.": zo.OCCLUDED, "cutx.example.": 0,
        "d.example.": 0,
        "x.d.example.": zo.OCCLUDED, "sec.example.": zo.CUT | zo.SECURE, "sig.example.": zo.EMPTY, "other.": zo.OUTSIDE,
    }  # fmt: skip
    assert order.apex is not None
    assert order.node_flags.view()[order.apex] == zo.APEX


def test_records_taken_out_own_nothing():
    arena = arena_of([(wire("example."), SOA, 1, b"x" * 22), (wire("gone.example."), A, 1, b"\1\2\3\4")])
    arena.rrtype.view()[1] = 0
    assert names_in_order(arena, wire("example.")) == [wire("example.")]
