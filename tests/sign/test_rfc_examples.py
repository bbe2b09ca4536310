"""The example zones of RFC 4035 and RFC 5155, and zones of our own, as validators from outside see them."""

from __future__ import annotations

from pathlib import Path

import pytest

import tools
from differential_zones import ZONE, records
from inprocess import signzone

DATA = Path(__file__).parents[1] / "data/rfc"
ALGORITHMS = ("8", "13")
VALIDNS_KNOWS = ("8",)  # it knows no Ed25519, and with OpenSSL 3 it builds no ECDSA key


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {}
    for algorithm in ALGORITHMS:
        folders[algorithm] = tmp_path_factory.mktemp("keys")
        bits = ("-b", "1024") if algorithm == "8" else ()
        for role in ((), ("-f", "KSK")):
            tools.run("dnssec-keygen", "-q", "-a", algorithm, *bits, *role, "-K", folders[algorithm], "example")
    return folders


def rfc_zone(name: str, folder: Path) -> Path:
    """An RFC's example zone without its keys and what signing adds."""
    lines = (DATA / f"example.{name}").read_text().splitlines(keepends=True)
    path = folder / name
    path.write_text("".join(line for line in lines if not {"DNSKEY", "NSEC3PARAM"} & set(line.split()[3:4])))
    return path


def sign(zone: Path, keys: Path, folder: Path, *options: str) -> Path:
    signed = folder / "signed"
    signzone("-S", "-K", keys, "-o", "example", "-d", folder, *options, "-f", signed, zone)
    return signed


def denials(signed: Path, rrtype: str) -> dict[str, list[str]]:
    """The fields of each NSEC or NSEC3 record by its owner, in lower case but for the types."""
    rows = [line.split() for line in records(signed, "example")]
    return {row[0].lower(): row[4:] for row in rows if row[3] == rrtype}


RFC4035 = {  # owner: next name, types (RFC 4035 appendix A)
    "example.": ("a.example.", "NS SOA MX RRSIG NSEC DNSKEY"),
    "a.example.": ("ai.example.", "NS DS RRSIG NSEC"),
    "ai.example.": ("b.example.", "A HINFO AAAA RRSIG NSEC"),
    "b.example.": ("ns1.example.", "NS RRSIG NSEC"),
    "ns1.example.": ("ns2.example.", "A RRSIG NSEC"),
    "ns2.example.": ("*.w.example.", "A RRSIG NSEC"),
    "*.w.example.": ("x.w.example.", "MX RRSIG NSEC"),
    "x.w.example.": ("x.y.w.example.", "MX RRSIG NSEC"),
    "x.y.w.example.": ("xx.example.", "MX RRSIG NSEC"),
    "xx.example.": ("example.", "A HINFO AAAA RRSIG NSEC"),
}


def test_the_nsec_chain_is_that_of_rfc_4035(keys, tmp_path):
    signed = sign(rfc_zone("rfc4035", tmp_path), keys["13"], tmp_path)
    found = {owner: (fields[0], " ".join(fields[1:])) for owner, fields in denials(signed, "NSEC").items()}
    assert found == RFC4035


RFC5155 = {  # hash: next hash, types (RFC 5155 appendix A); the name that was hashed
    "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom": ("2t7b4g4vsa5smi47k61mv5bv1a22bojr", "MX DNSKEY NS SOA NSEC3PARAM RRSIG"),
    "2t7b4g4vsa5smi47k61mv5bv1a22bojr": ("2vptu5timamqttgl4luu9kg21e0aor3s", "A RRSIG"),  # ns1
    "2vptu5timamqttgl4luu9kg21e0aor3s": ("35mthgpgcu1qg68fab165klnsnk3dpvl", "MX RRSIG"),  # x.y.w
    "35mthgpgcu1qg68fab165klnsnk3dpvl": ("b4um86eghhds6nea196smvmlo4ors995", "NS DS RRSIG"),  # a
    "b4um86eghhds6nea196smvmlo4ors995": ("gjeqe526plbf1g8mklp59enfd789njgi", "MX RRSIG"),  # x.w
    "gjeqe526plbf1g8mklp59enfd789njgi": ("ji6neoaepv8b5o6k4ev33abha8ht9fgc", "HINFO A AAAA RRSIG"),  # ai
    "ji6neoaepv8b5o6k4ev33abha8ht9fgc": ("k8udemvp1j2f7eg6jebps17vp3n8i58h", ""),  # y.w, an empty non-terminal
    "k8udemvp1j2f7eg6jebps17vp3n8i58h": ("kohar7mbb8dc2ce8a9qvl8hon4k53uhi", ""),  # w, an empty non-terminal
    "kohar7mbb8dc2ce8a9qvl8hon4k53uhi": ("q04jkcevqvmu85r014c7dkba38o0ji5r", "A RRSIG"),  # 2t7b...: a hash as a name
    "q04jkcevqvmu85r014c7dkba38o0ji5r": ("r53bq7cc2uvmubfu5ocmm6pers9tk9en", "A RRSIG"),  # ns2
    "r53bq7cc2uvmubfu5ocmm6pers9tk9en": ("t644ebqk9bibcna874givr6joj62mlhv", "MX RRSIG"),  # *.w
    "t644ebqk9bibcna874givr6joj62mlhv": ("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "HINFO A AAAA RRSIG"),  # xx
}


def test_the_nsec3_chain_is_that_of_rfc_5155(keys, tmp_path):
    signed = sign(rfc_zone("rfc5155", tmp_path), keys["13"], tmp_path, "-3", "aabbccdd", "-H", "12", "-A")
    found = {}
    for owner, (algorithm, flags, iterations, salt, following, *types) in denials(signed, "NSEC3").items():
        assert (algorithm, flags, iterations, salt.lower()) == ("1", "1", "12", "aabbccdd")
        found[owner.removesuffix(".example.")] = (following.lower(), set(types))
    assert found == {owner: (following, set(types.split())) for owner, (following, types) in RFC5155.items()}
    assert denials(signed, "NSEC3PARAM") == {"example.": ["1", "0", "12", "AABBCCDD"]}


CHAINS = {
    "nsec": (),
    "nsec3": ("-3", "aabbccdd", "-H", "12"),
    "opt-out": ("-3", "aabbccdd", "-H", "12", "-A"),
    "no-salt": ("-3", "-"),
}


# Not rfc5155: validns takes its name that looks like a hash for the owner of an NSEC3 record.
@pytest.mark.parametrize("zone", ["rfc4035", "own"])
@pytest.mark.parametrize("chain", sorted(CHAINS))
@pytest.mark.parametrize("algorithm", VALIDNS_KNOWS)
def test_all_validators_accept_the_zone(algorithm, chain, zone, keys, tmp_path):
    """validns beside BIND, Knot and ldns."""
    source = tmp_path / "zone"
    if zone == "own":
        source.write_text("\n".join(ZONE) + "\n")
    else:
        source = rfc_zone(zone, tmp_path)
    signed = sign(source, keys[algorithm], tmp_path, *CHAINS[chain])
    done = tools.run("validns", "-z", "example.", signed)
    assert (done.stdout, done.stderr) == ("", "")
    tools.accept(signed, "example")
