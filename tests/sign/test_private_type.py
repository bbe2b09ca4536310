"""Records of the private type: wire form both ways, and the text that rndc gives."""

from __future__ import annotations

from subprocess import CompletedProcess

import pytest
from hypothesis import given
from hypothesis import strategies as some

import plain_named
from fastsign.sign.private_type import (
    CREATE,
    INITIAL,
    NONSEC,
    OPT_OUT,
    REMOVE,
    ChainProgress,
    KeyProgress,
    Progress,
    decode,
)

# So large that named, which is to take a name at a time, has not finished with what the records ask for.
ZONE = "$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n$GENERATE 1-20000 a$ A 192.0.2.1\n"

KEYS: list[Progress] = [
    KeyProgress(algorithm, 1234, removing, complete)
    for algorithm in (5, 8, 13, 15, 99, 253)
    for removing in (False, True)
    for complete in (False, True)
]
CHAINS: list[Progress] = [ChainProgress(flags) for flags in range(256)]
CHAINS += [
    ChainProgress(CREATE | OPT_OUT, 1, 10, bytes.fromhex("aabbccdd")),
    ChainProgress(REMOVE, 2, 256, b"\x0f"),
    ChainProgress(REMOVE | NONSEC, 1, 65535, bytes(range(255))),
]


# Records that no BIND would write.
ODD = [b"\x0d\0", bytes([0, 1, 0, 0]), bytes([0, 1, 0, 0, 0, 5, 1]), bytes(7), b"\x0d" * 6]
AT_ONCE = 80  # named takes no more than 100 records of an RRset


def text_of(*records: bytes) -> str:
    return ZONE + "".join(f"@ 0 TYPE65534 \\# {len(rdata)} {rdata.hex()}\n" for rdata in records)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[bytes, ...], CompletedProcess[str]]:
    """What `rndc signing -list` says of zones with these records."""
    everything = [record.rdata for record in KEYS + CHAINS]
    zones = [tuple(everything[at : at + AT_ONCE]) for at in range(0, len(everything), AT_ONCE)]
    zones += [(), *((rdata,) for rdata in ODD)]
    texts = {f"zone{number}": text_of(*records) for number, records in enumerate(zones)}
    with plain_named.serving(tmp_path_factory.mktemp("named"), texts) as rndc:
        return {records: rndc("signing", "-list", name) for records, name in zip(zones, texts, strict=True)}


def test_named_reads_what_we_write_and_says_the_same(
    said: dict[tuple[bytes, ...], CompletedProcess[str]],
) -> None:
    texts = {record.rdata: record.text for record in KEYS + CHAINS}
    read = 0
    for records, done in said.items():
        if texts.keys() > set(records) and records:
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout.splitlines() == [texts[rdata] for rdata in sorted(records)]
            read += len(records)
    assert read == len(texts)


@pytest.mark.parametrize("rdata", ODD, ids=bytes.hex)
def test_what_is_no_such_record_is_an_error_as_in_named(
    said: dict[tuple[bytes, ...], CompletedProcess[str]], rdata: bytes
) -> None:
    with pytest.raises(ValueError, match="octets are no"):
        decode(rdata)
    assert said[(rdata,)].returncode != 0


def test_the_flags_are_where_named_has_them() -> None:
    """INITIAL is 0x20 and NONSEC 0x10; BIND's manual has it otherwise."""
    assert (CREATE, REMOVE, INITIAL, NONSEC, OPT_OUT) == (0x80, 0x40, 0x20, 0x10, 0x01)
    assert ChainProgress(CREATE | INITIAL).text == "Pending NSEC3 chain 1 0 0 -"
    assert ChainProgress(REMOVE).text == "Removing NSEC3 chain 1 0 0 - / creating NSEC chain"
    assert ChainProgress(REMOVE | NONSEC).text == "Removing NSEC3 chain 1 0 0 -"


def test_a_chain_has_the_parameters_of_its_nsec3param_record() -> None:
    assert ChainProgress(CREATE | OPT_OUT, 1, 5, b"\xab").param == bytes([1, 1, 0, 5, 1, 0xAB])


@pytest.mark.parametrize("record", KEYS + CHAINS, ids=lambda record: record.rdata.hex()[:24])
def test_the_wire_form_goes_both_ways(record: Progress) -> None:
    assert decode(record.rdata) == record


def test_the_longer_form_is_kept_as_it_is() -> None:
    rdata = bytes([253, 0x04, 0xD2, 0, 1, 0x01, 0x00])
    assert decode(rdata) == KeyProgress(253, 1234, False, True, 256)
    assert decode(rdata).rdata == rdata
    assert decode(rdata).text == "Done signing with key 1234/PRIVATEDNS"


@given(some.binary(max_size=12))
def test_any_octets_are_read_or_refused(rdata: bytes) -> None:
    try:
        record = decode(rdata)
    except ValueError:
        return
    assert decode(record.rdata) == record
    assert record.text
