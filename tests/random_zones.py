"""Random zones that dnssec-signzone signs: cuts, glue, wildcards, ENTs, DNAME, escapes, mixed case, many types."""

from __future__ import annotations

from hypothesis import strategies as st

# Few labels, so that names meet: as parents, children, wildcards, cuts. Each has one spelling: BIND 9.18 builds a name
# in an NSEC record from the spelling that each of its labels was first seen in, 9.20 and fastsign from the node's own.
_LABELS = ["A", "b", "Bb", "c", "*", "ns", "x-1", "_tcp", r"\000", r"\.", r"w\032x", r"\@", r"\200", r"\"q", "zz"]

_DS = "12345 13 2 " + "0123456789ABCDEF" * 4

# RDATA that needs nothing else, by type.
_DATA = {
    "A": ["192.0.2.1", "192.0.2.2", "10.0.0.255"],
    "AAAA": ["2001:db8::1", "::ffff:1.2.3.4", "::"],
    "TXT": ['"hello"', '"a" "b c"', r'"\"quoted\" \\ \255"', '""'],
    "MX": ["10 Mail", "10 mail", "0 ."],
    "SRV": ["1 2 443 Target.A", "0 0 0 ."],
    "PTR": ["Host.EXAMPLE."],
    "CAA": ['0 issue "ca.example.net"', '128 iodef "mailto:x@y"'],
    "NAPTR": ['100 50 "s" "http" "" Foo.Example.'],
    "HINFO": ['"cpu" "os"'],
    "RP": ["Admin Txt"],
    "AFSDB": ["1 Afs"],
    "LOC": ["52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"],
    "SSHFP": ["1 1 " + "AB" * 20],
    "TLSA": ["3 1 1 " + "0A" * 32],
    "CERT": ["PGP 0 0 AQIDBA=="],
    "SVCB": ['1 Svc alpn="h2,h3" port=8443'],
    "HTTPS": ["0 ."],
    "URI": ['10 1 "https://example.net/"'],
    "TYPE65400": [r"\# 3 ABCDEF", r"\# 0"],
    "KX": ["5 Kx"],
    "DHCID": ["AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="],
    "APL": ["1:192.0.2.0/24 !2:2001:db8::/32"],
    "SPF": ['"v=spf1 -all"'],
    "EUI48": ["00-11-22-33-44-55"],
    "NID": ["10 0014:4fff:ff20:ee64"],
    "OPENPGPKEY": ["AQIDBA=="],
    "IPSECKEY": ["10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="],
}

_ttls = st.sampled_from([60, 300, 3600])
_owners = st.lists(st.sampled_from(_LABELS), min_size=1, max_size=4).map(".".join)


@st.composite
def _data_lines(draw: st.DrawFn, owner: str) -> list[str]:
    types = draw(st.lists(st.sampled_from(sorted(_DATA)), min_size=1, max_size=4, unique=True))
    return [
        f"{owner} {draw(_ttls)} {rrtype} {rdata}"
        for rrtype in types
        for rdata in draw(st.lists(st.sampled_from(_DATA[rrtype]), min_size=1, max_size=3))
    ]


@st.composite
def _cut_lines(draw: st.DrawFn, owner: str) -> list[str]:
    lines = [
        f"{owner} {draw(_ttls)} NS {ns}"
        for ns in draw(st.lists(st.sampled_from(["Ns.a", "ns.b", "NS.other."]), min_size=1))
    ]
    if draw(st.booleans()):
        lines.append(f"{owner} {draw(_ttls)} DS {_DS}")
    if draw(st.booleans()):
        lines.append(f"{owner} 60 A 192.0.2.9")
    return lines


@st.composite
def zone_lines(draw: st.DrawFn) -> list[str]:
    """Lines of a master file for the zone Example, its SOA first; each name is of one kind, so BIND refuses nothing."""
    soa = "@ 600 SOA Ns.a Hostmaster 7 7200 3600 1209600 " + str(draw(st.sampled_from([300, 900])))
    lines = [soa, "@ 600 NS Ns.other.", *draw(_data_lines("@"))]
    seen = set()
    for owner in draw(st.lists(_owners, max_size=10)):
        if owner.lower() in seen:
            continue
        seen.add(owner.lower())
        kind = draw(st.sampled_from(["data", "data", "data", "cut", "cut", "cname", "dname"]))
        if kind == "data":
            lines += draw(_data_lines(owner))
        elif kind == "cut" and not owner.startswith("*"):  # BIND refuses a delegation at a wildcard
            lines += draw(_cut_lines(owner))
        elif kind == "cname":
            lines.append(f"{owner} {draw(_ttls)} CNAME Target.Example.")
        else:
            lines.append(f"{owner} {draw(_ttls)} DNAME Other.Example.")
    return lines
