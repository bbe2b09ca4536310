"""Key files, read as BIND's tools read them."""

from __future__ import annotations

import os
import random
from pathlib import Path

import dns.dnssec
import dns.rdata
import pytest

import tools
from fastsign.errors import KeyFileError
from fastsign.keys import ds, facts, names
from fastsign.keys.files import find_keys, read_key

ALGORITHMS = (5, 7, 8, 10, 13, 14, 15, 16)


def keygen(folder: Path, *arguments: str) -> str:
    return tools.run("dnssec-keygen", "-q", "-K", folder, *arguments).stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for algorithm in ALGORITHMS:
        keygen(folder, "-a", str(algorithm), "-b", "1024", "-f", "KSK", "-L", "300", "example")
    keygen(folder, "-a", "13", "-C", "old.example")
    keygen(folder, "-a", "13", "1/2.$x\\.y.example")
    return folder


def test_keys_of_every_algorithm_are_found_and_agree_with_dnspython(repository: Path) -> None:
    keys = find_keys(names.from_text("example"), str(repository))
    assert sorted(key.algorithm for key in keys) == list(ALGORITHMS)
    for key in keys:
        rdata = dns.rdata.from_wire("IN", "DNSKEY", key.rdata, 0, len(key.rdata))
        assert key.tag == dns.dnssec.key_id(rdata)
        assert os.path.basename(key.path) == names.key_file_name(key.name, key.algorithm, key.tag)
        assert (key.flags, key.protocol, key.ttl, key.can_sign) == (257, 3, 300, True)
        assert key.format_version == (1, 3)
        assert key.times.created == key.times.publish == key.times.activate
        assert facts.signature_length(key.algorithm, key.public_key) in (64, 96, 114, 128)


def test_ds_records_equal_those_of_dnssec_dsfromkey(repository: Path) -> None:
    for key in find_keys(names.from_text("example"), str(repository)):
        theirs = tools.run("dnssec-dsfromkey", "-a", "1", "-a", "2", "-a", "4", key.path).stdout.splitlines()
        mine = [f"example. IN DS {ds.ds_text(ds.ds_rdata(key.name, key.rdata, digest))}" for digest in (1, 2, 4)]
        assert mine == theirs


def test_dsset_files_equal_those_of_dnssec_signzone(repository: Path, tmp_path: Path) -> None:
    for zone in ("example", "1/2.$x\\.y.example", "a.rather.long.name.example"):
        for arguments in (["-f", "KSK", "-a", "13"], ["-a", "15"], ["-a", "13"], ["-f", "KSK", "-a", "14"]):
            tools.run("dnssec-keygen", "-q", "-K", tmp_path, *arguments, zone)
        (tmp_path / "zone").write_text("@ 60 SOA . . 1 2 3 4 5\n@ NS .\n")
        tools.run("dnssec-signzone", "-q", "-P", "-S", "-o", zone, "zone", cwd=tmp_path)
        owner = names.from_text(zone)
        dnskeys = [key.rdata for key in find_keys(owner, str(tmp_path))]
        assert ds.dsset_text(owner, dnskeys) == (tmp_path / ds.dsset_name(owner)).read_text()


def test_a_key_goes_by_any_of_its_names(repository: Path) -> None:
    key = find_keys(names.from_text("example"), str(repository))[0]
    base = os.path.basename(key.path)
    for name in (base, base + ".", base + ".key", base + ".private"):
        assert read_key(name, str(repository)) == key
        assert read_key(str(repository / name), "/nowhere") == key


def test_special_characters_of_a_name_are_coded_in_the_file_name(repository: Path) -> None:
    (key,) = find_keys(names.from_text("1/2.$X\\.y.EXAMPLE"), str(repository))
    assert os.path.basename(key.path).startswith("K1%2F2.%24x%2Ey.example.+013+")
    assert names.to_text(key.owner) == "1/2.\\$x\\.y.example."


def test_a_key_of_format_1_2_has_no_times(repository: Path) -> None:
    (key,) = find_keys(names.from_text("old.example"), str(repository))
    assert key.format_version == (1, 2)
    assert key.times.created is None


def test_times_and_successors_are_read(tmp_path: Path) -> None:
    moments = "-P 20260101 -A 20260201 -I 20280301 -D 20280401 -P sync 20260102 -D sync 20270102"
    old = keygen(tmp_path, "-a", "13", *moments.split(), "example")
    new = keygen(tmp_path, "-S", old, "-i", "1w")
    key, successor = read_key(old, str(tmp_path)), read_key(new, str(tmp_path))
    shown = tools.run("dnssec-settime", "-K", tmp_path, "-u", "-p", "all", old).stdout.splitlines()
    theirs = [None if line.endswith("UNSET") else int(line.split(": ")[1]) for line in shown]
    times = key.times
    assert theirs == [times.created, times.publish, times.activate, times.revoke, times.inactive, times.delete,
                      times.sync_publish, times.sync_delete, times.ds_publish, times.ds_delete]  # fmt: skip
    assert key.successor == successor.tag
    assert successor.predecessor == key.tag
    assert successor.times.activate == key.times.inactive


def test_state_files_beat_private_files(tmp_path: Path) -> None:
    name = keygen(tmp_path, "-k", "default", "example")
    states = "-g omnipresent -k rumoured now -d hidden now -r omnipresent 20260101 -z unretentive now"
    moments = "-P ds 20260202 -D ds 20260303"
    tools.run("dnssec-settime", "-s", "-K", tmp_path, *states.split(), *moments.split(), name)
    key = read_key(name, str(tmp_path))
    assert key.state is not None
    assert (key.state.ksk, key.state.zsk, key.state.lifetime) == (True, True, 0)
    assert (key.state.dnskey, key.state.ds, key.state.krrsig) == ("rumoured", "hidden", "omnipresent")
    assert (key.state.zrrsig, key.state.goal) == ("unretentive", "omnipresent")
    assert names.from_text("example") == key.name
    assert (key.times.ds_publish, key.times.ds_delete, key.times.krrsig_change) == (1769990400, 1772496000, 1767225600)


PRIVATE_HEAD = "Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\n"


@pytest.mark.parametrize(
    "private",
    [
        "",
        "garbage\n",
        "Private-key-format: v2.0\nAlgorithm: 13 (x)\nPrivateKey: AAAA\n",
        "Private-key-format: v1.3\nAlgorithm: 14 (x)\nPrivateKey: AAAA\n",
        "private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: AAAA\n",
        PRIVATE_HEAD,
        PRIVATE_HEAD + "PrivateKey: AAAA\nFoo: bar\n",
        PRIVATE_HEAD + "Modulus: AAAA\n",
        PRIVATE_HEAD + "PrivateKey: AAAA\nCreated: 2026\n",
        PRIVATE_HEAD + "PrivateKey: AAAA\nCreated: 20261301000000\n",
        PRIVATE_HEAD + "PrivateKey: AAAA\nPredecessor: x\n",
        PRIVATE_HEAD + "External:\nPrivateKey: AAAA\n",
        PRIVATE_HEAD + "Engine: AAAA\n",
        PRIVATE_HEAD + "no tag\n",
    ],
)
def test_a_broken_private_file_is_an_error_with_binds_reason(private: str, tmp_path: Path) -> None:
    name = keygen(tmp_path, "-a", "13", "example")
    (tmp_path / f"{name}.private").write_text(private)
    theirs = tools.run("dnssec-settime", "-K", tmp_path, "-p", "all", name, check=False)
    with pytest.raises(KeyFileError) as raised:
        read_key(name, str(tmp_path))
    assert theirs.stderr == f"dnssec-settime: fatal: Invalid keyfile {name}: {raised.value.reason}\n"


@pytest.mark.parametrize(
    "private",
    [
        PRIVATE_HEAD + "External:\nCreated: 20260101000000\n",
        PRIVATE_HEAD.replace("v1.3", "v1.4") + "\n\nPRIVATEKEY: {secret}\nfoo: bar\nCREATED: 20260101000000\n",
    ],
)
def test_what_bind_takes_for_a_private_file_is_one(private: str, tmp_path: Path) -> None:
    name = keygen(tmp_path, "-a", "13", "example")
    path = tmp_path / f"{name}.private"
    secret = path.read_text().splitlines()[2].split()[1]
    path.write_text(private.format(secret=secret))
    theirs = tools.run("dnssec-settime", "-K", tmp_path, "-u", "-p", "C", name, check=False)
    assert theirs.stdout == "Created: 1767225600\n" or "has incompatible format version 1.4" in theirs.stderr
    key = read_key(name, str(tmp_path))
    assert key.times.created == 1767225600
    assert key.can_sign is ("External" not in private)


RECORDS = [
    "",
    "; only a comment\n",
    "@ IN DNSKEY 256 3 13 AAAA\n",
    "x. IN TXT 256 3 13 AAAA\n",
    "x. IN KEY 256 3 13 AAAA\n",
    "x. IN DNSKEY 256 3 13\n",
    "x. IN DNSKEY 256 3 13 AAAA\n",
    "x. IN DNSKEY 256 3 99 AAAA\n",
    "a..b. IN DNSKEY 256 3 15 {key}\n",
]


@pytest.mark.parametrize("record", RECORDS)
def test_a_broken_key_file_is_an_error_with_binds_reason(record: str, tmp_path: Path) -> None:
    name = keygen(tmp_path, "-a", "15", "x")
    (tmp_path / f"{name}.key").write_text(record)
    theirs = tools.run("dnssec-settime", "-K", tmp_path, "-p", "all", name, check=False)
    with pytest.raises(KeyFileError) as raised:
        read_key(name, str(tmp_path))
    assert theirs.stderr.splitlines()[-1] == f"dnssec-settime: fatal: Invalid keyfile {name}: {raised.value.reason}"


@pytest.mark.parametrize(
    ("form", "ttl"),
    [
        ("X. 1h30m IN DNSKEY 256 3 ED25519 {key}\n", 5400),
        ("x IN\tDNSKEY (256 3\n 15 ; comment\n {key} )\nother. IN TXT 1\n", None),
        ("x. 60 dnskey 256 3 15 {key} ;{{id = 1 (zsk)}}\n", 60),
    ],
)
def test_a_key_file_is_a_record_in_any_form(form: str, ttl: int | None, tmp_path: Path) -> None:
    name = keygen(tmp_path, "-a", "15", "x")
    path = tmp_path / f"{name}.key"
    before = read_key(name, str(tmp_path))
    path.write_text(form.format(key=path.read_text().split()[-1]))
    tools.run("dnssec-settime", "-K", tmp_path, "-p", "all", name)
    after = read_key(name, str(tmp_path))
    assert (after.name, after.rdata, after.ttl) == (before.name, before.rdata, ttl)


def test_broken_files_end_in_key_file_errors_and_nothing_else(tmp_path: Path) -> None:
    source = random.Random(1)
    name = keygen(tmp_path, "-k", "default", "example")
    tools.run("dnssec-settime", "-s", "-K", tmp_path, "-g", "hidden", "-k", "hidden", "now", name)
    outcomes = {"read": 0, "refused": 0}
    for suffix in (".key", ".private", ".state"):
        path = tmp_path / (name + suffix)
        good = path.read_bytes()
        for _ in range(400):
            bad = bytearray(good)
            for _ in range(source.choice((1, 1, 3))):
                at = source.randrange(len(bad))
                match source.randrange(4):
                    case 0:
                        bad[at] = source.randrange(256)
                    case 1:
                        del bad[at : at + source.randrange(1, 30)]
                    case 2:
                        bad[at:at] = bad[: source.randrange(60)]
                    case 3:
                        bad[at:at] = source.choice((b"(", b")", b";", b"\\", b"\n", b":", b"\0", b"9" * 5000))
            path.write_bytes(bad)
            try:
                read_key(name, str(tmp_path))
                outcomes["read"] += 1
            except KeyFileError:
                outcomes["refused"] += 1
        path.write_bytes(good)
    assert min(outcomes.values()) > 100


def test_ldns_keys_are_read(tmp_path: Path) -> None:
    for algorithm in ("RSASHA256", "ECDSAP256SHA256", "ED25519"):
        name = tools.run("ldns-keygen", "-a", algorithm, "-k", "example", cwd=tmp_path).stdout.strip()
        key = read_key(name, str(tmp_path))
        assert key.tag == int(name[-5:])
        assert key.format_version == (1, 2)
        assert key.can_sign


def test_an_unreadable_key_of_the_zone_is_not_passed_over(tmp_path: Path) -> None:
    good, bad = keygen(tmp_path, "-a", "13", "example"), keygen(tmp_path, "-a", "15", "example")
    (tmp_path / f"{bad}.key").unlink()
    with pytest.raises(KeyFileError, match=r"\+015\+.*\.key: file not found"):
        find_keys(names.from_text("example"), str(tmp_path))
    problems: list[KeyFileError] = []
    keys = find_keys(names.from_text("example"), str(tmp_path), problems)
    assert [os.path.basename(key.path) for key in keys] == [good]
    assert len(problems) == 1


def test_a_missing_private_file_leaves_a_public_key(tmp_path: Path) -> None:
    name = keygen(tmp_path, "-a", "13", "example")
    (tmp_path / f"{name}.private").unlink()
    assert not read_key(name, str(tmp_path)).can_sign
    with pytest.raises(KeyFileError, match="file not found"):
        read_key(name, str(tmp_path), need_private=True)


# RFC 8080 section 6 and RFC 6605 section 6: keys of the RFCs, with the tags of their DS records.
RFC_KEYS = """
example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=  3613
example.com. 3600 IN DNSKEY 257 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=  35217
example.com. 3600 IN DNSKEY 257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA  9713
example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb
    krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==  55648
example.net. 3600 IN DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRS
    EkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40  10771
"""


@pytest.mark.parametrize("line", RFC_KEYS.replace("\n    ", " ").strip().splitlines())
def test_keys_of_the_rfcs_have_their_tags(line: str, tmp_path: Path) -> None:
    record, tag = line.rsplit(maxsplit=1)
    (tmp_path / "Kx.key").write_text(record + "\n")
    key = read_key("Kx", str(tmp_path))
    assert (key.tag, key.ttl, key.can_sign) == (int(tag), 3600, False)


def test_metadata_are_read_without_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastsign.keys import metadata

    seen: list[bytearray] = []
    lines_of = metadata.lines_of

    def spy(content: bytearray):
        seen.append(content)
        return lines_of(content)

    monkeypatch.setattr(metadata, "lines_of", spy)
    read_key(keygen(tmp_path, "-a", "13", "example"), str(tmp_path))
    assert [set(content) for content in seen] == [{0}]
