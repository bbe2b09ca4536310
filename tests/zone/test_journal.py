"""A journal brings a zone to where BIND's named-compilezone -J brings it, or is refused in its words."""

from __future__ import annotations

import random
import re
import struct
from collections import Counter
from pathlib import Path

import pytest

import tools
from bind_loader import IGNORE
from fastsign import _core
from fastsign.errors import JournalError
from fastsign.zone.load import load_zone
from fastsign.zone.rollforward import roll_forward
from journals import V1, V2, Line, journal, record, soa, transaction
from raw_files import APEX, mutate

DATA = Path(__file__).parent.parent / "data" / "journal"
ZONE: list[Line] = [
    soa(7), ("@", 300, "NS", "ns"), ("ns", 300, "A", "192.0.2.1"), ("www", 300, "A", "192.0.2.2"),
    ("www", 300, "A", "192.0.2.3"), ("Mixed", 300, "TXT", '"case"'), ("mx", 60, "MX", "10 Mail"),
    ("c", 300, "CNAME", "www"),
]  # fmt: skip
CHECKS = ("-i", "none", *IGNORE, "-s", "full")


def write_zone(folder: Path, lines: list[Line]) -> None:
    (folder / "zone").write_text("".join(f"{owner} {ttl} {rrtype} {text}\n" for owner, ttl, rrtype, text in lines))


def ours(folder: Path, zone: str = "zone", name: str = "zone.jnl") -> list[str]:
    """The zone's records after its journal, normal and sorted."""
    arena = load_zone(folder / zone, APEX).arena
    roll_forward(arena, APEX, folder / name, shown=name)
    owners, types, ttls = arena.owner.view(), arena.rrtype.view(), arena.ttl.view()
    rows = [row for row in range(len(owners)) if types[row]]
    return sorted(
        _core.render_record(arena.name(owners[row]), types[row], ttls[row], arena.record_rdata(row)).decode().rstrip()
        for row in rows
    )


def theirs(folder: Path, zone: str = "zone", name: str = "zone.jnl") -> tuple[list[str], list[str]]:
    """The same of BIND, and what it said."""
    line = ("named-compilezone", *CHECKS, "-J", name, "-o", "-", "example", zone)
    done = tools.run(*line, cwd=folder, check=False)
    return sorted(done.stdout.splitlines()), done.stderr.splitlines()


def compare(folder: Path, data: bytes) -> None:
    (folder / "zone.jnl").write_bytes(data)
    mine = ours(folder)  # first: BIND rewrites old journals
    records, said = theirs(folder)
    assert records, said
    assert mine == records


def test_a_journal_of_named(tmp_path: Path) -> None:
    for name in ("example.db", "example.db.jnl"):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    assert ours(tmp_path, "example.db", "example.db.jnl") == theirs(tmp_path, "example.db", "example.db.jnl")[0]


STEPS = [
    ([("www", 300, "A", "192.0.2.3")], [("www", 300, "A", "192.0.2.4"), ("new", 5, "AAAA", "::1")]),
    ([("MIXED", 300, "TXT", '"case"')], [("mixed", 9, "TXT", '"other"')]),
    ([("mx", 60, "MX", "10 mail")], []),
    ([("c", 300, "CNAME", "WWW")], [("c", 300, "CNAME", "ns")]),
    ([], []),
]


def steps(versions: tuple[int, ...], first: int = 7) -> bytes:
    made = b""
    for number, ((deleted, added), version) in enumerate(zip(STEPS, versions, strict=True), first):
        made += transaction(number, number + 1, deleted, added, APEX, version)
    return made


@pytest.mark.parametrize("kind", [V1, V2])
@pytest.mark.parametrize("index", [0, 8])
def test_transactions_are_applied(kind: bytes, index: int, tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    compare(tmp_path, journal(7, 12, steps((2, 2, 2, 2, 2)), kind, index))


@pytest.mark.parametrize(
    "versions", [(1, 1, 1, 1, 1), (1, 2, 1, 2, 1), (2, 1, 2, 1, 2), (3, 2, 1, 3, 2), (2, 2, 3, 3, 1)]
)
def test_old_journals_mix_headers(versions: tuple[int, ...], tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    compare(tmp_path, journal(7, 12, steps(versions), V1))


@pytest.mark.parametrize("serial", [5, 6, 7])
def test_what_the_zone_has_already_is_passed_over(serial: int, tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    before = b"".join(transaction(number, number + 1, [], [], APEX) for number in range(serial, 7))
    compare(tmp_path, journal(serial, 12, before + steps((2, 2, 2, 2, 2))))


def test_a_journal_that_ends_where_the_zone_is_changes_nothing(tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    compare(tmp_path, journal(6, 7, transaction(6, 7, [], [], APEX)))
    compare(tmp_path, journal(7, 7, b""))


def good() -> bytes:
    return journal(7, 12, steps((2, 2, 2, 2, 2)))


def one(deleted: list[Line], added: list[Line]) -> bytes:
    return journal(7, 8, transaction(7, 8, deleted, added, APEX))


def spoiled(at: int, octets: bytes) -> bytes:
    data = good()
    return data[:at] + octets + data[at + len(octets) :]


WARNED = {
    "what was there before": one([], [("WWW", 300, "A", "192.0.2.2")]),
    "some of which was there before": one([], [("www", 300, "A", "192.0.2.2"), ("www", 300, "A", "192.0.2.9")]),
    "two TTLs": one([], [("n", 300, "A", "192.0.2.2"), ("n", 301, "A", "192.0.2.9"), ("n", 302, "A", "192.0.2.8")]),
    "two TTLs of deleted ones": one([("www", 300, "A", "192.0.2.2"), ("www", 2, "A", "192.0.2.3")], []),
}


@pytest.mark.parametrize("case", WARNED)
def test_careless_changes_are_warned_of(case: str, tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    compare(tmp_path, WARNED[case])
    arena = load_zone(tmp_path / "zone", APEX).arena
    said = [line for line in theirs(tmp_path)[1] if "loaded" not in line and line != "OK"]
    assert roll_forward(arena, APEX, tmp_path / "zone.jnl") == said


SERIALS = [(0xFFFFFFFE, 1), (7, 0x80000006), (0x7FFFFFFF, 0x80000005)]


@pytest.mark.parametrize(("before", "after"), SERIALS)
def test_serials_wrap(before: int, after: int, tmp_path: Path) -> None:
    write_zone(tmp_path, [soa(before), *ZONE[1:]])
    compare(tmp_path, journal(before, after, transaction(before, after, [], [("x", 1, "TXT", "y")], APEX)))


WRONG = {
    "no journal": b"$TTL 300\n" * 20,
    "too short": good()[:63],
    "empty": b"",
    "of a version to come": b";BIND LOG V9.3\n\0" + good()[16:],
    "begins later": journal(8, 12, steps((2, 2, 2, 2, 2))),
    "ended before": journal(5, 6, transaction(5, 6, [], [], APEX)),
    "passes the serial over": journal(5, 9, transaction(5, 9, [], [], APEX)),
    "another serial before": spoiled(64 + 8, b"\0\0\0\x09"),
    "a serial that goes back": spoiled(64 + 12, b"\0\0\0\7"),
    "an empty transaction": spoiled(64, b"\0\0\0\0"),
    "a record of 10 octets": spoiled(80, b"\0\0\0\x0a"),
    "a record of 70,001 octets": spoiled(80, struct.pack(">I", 70001)),
    "a record without an end": spoiled(84, b"\x3f"),
    "a pointer": spoiled(84, b"\xc0"),
    "a long label": spoiled(84, b"\x40"),
    "RDATA shorter than it says": spoiled(84 + 9 + 8, b"\0\x20"),
    "RDATA that is none": spoiled(84 + 9, b"\0\1"),
    "no SOA first": journal(7, 8, struct.pack(">IIII", 27, 1, 7, 8) + record(("@", 1, "A", "192.0.2.1"), APEX)),
    "what was not there": one([("www", 300, "A", "192.0.2.9")], []),
    "a name that was not there": one([("nobody", 300, "A", "192.0.2.9")], []),
    "what has another TTL": one([("www", 301, "A", "192.0.2.2")], []),
    "another TTL beside it": one([], [("www", 301, "A", "192.0.2.9")]),
    "another CNAME": one([], [("c", 300, "CNAME", "ns")]),
    "two CNAMEs": one([], [("d", 300, "CNAME", "ns"), ("d", 300, "CNAME", "www")]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_as_bind_says_it(case: str, tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    (tmp_path / "zone.jnl").write_bytes(WRONG[case])
    records, said = theirs(tmp_path)
    (tmp_path / "zone.jnl").write_bytes(WRONG[case])
    with pytest.raises(JournalError) as wrong:
        ours(tmp_path)
    assert records == []
    error = wrong.value
    reason = "journal out of sync with zone" if error.out_of_sync else error.reason
    step = "open" if error.unreadable else "rollforward"
    expected = [*error.lines, f"zone example/IN: journal {step} failed: {reason}"]
    assert [line for line in said if "not loaded" not in line] == expected


STRICTER = {
    "cut off": good()[:-7],
    "cut off between transactions": journal(7, 12, steps((2, 2, 2, 2, 2)))[:-150],
    "a record past its transaction": spoiled(67, bytes([good()[67] - 4])),
    "another class": journal(7, 8, transaction(7, 8, [], [], APEX).replace(b"\0\6\0\1", b"\0\6\0\3")),
}


@pytest.mark.parametrize("case", STRICTER)
def test_what_is_not_whole_is_refused(case: str, tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    (tmp_path / "zone.jnl").write_bytes(STRICTER[case])
    with pytest.raises(JournalError):
        ours(tmp_path)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    with pytest.raises(FileNotFoundError):
        ours(tmp_path)
    (tmp_path / "zone.jnl").mkdir()
    with pytest.raises(JournalError) as wrong:
        ours(tmp_path)
    assert wrong.value.unreadable


NAMES = ["a", "A", "b", "x.b", "*.b", "Www"]
DATA_OF = {
    "A": ["192.0.2.7", "192.0.2.8"], "TXT": ['"t"', '"T"'], "MX": ["1 Host", "2 host"], "NS": ["a", "b"],
    "RRSIG": [f"{covered} 13 2 60 20390101000000 20260101000000 7 @ AA==" for covered in ("A", "TXT")],
}  # fmt: skip


def test_random_changes(tmp_path: Path) -> None:
    for seed in range(25):
        draw = random.Random(seed)
        zone: Counter[Line] = Counter(ZONE[:3])
        write_zone(tmp_path, list(zone))
        transactions = b"".join(_random_step(draw, zone, serial) for serial in range(7, 12))
        compare(tmp_path, journal(7, 12, transactions))


def _key(line: Line) -> tuple[str, str, str]:
    return line[0].lower(), line[2], line[3].lower() if line[2] in ("MX", "NS") else line[3]


def _random_step(draw: random.Random, zone: Counter[Line], serial: int) -> bytes:
    """A transaction that deletes what is in the zone and adds what is not, each RRset with one TTL."""
    there = [line for line in zone if line[0] not in ("@", "ns")]
    deleted = draw.sample(there, draw.randrange(len(there) + 1))
    left, added = {_key(line) for line in there if line not in deleted}, []
    for _ in range(draw.randrange(6)):
        owner, rrtype = draw.choice(NAMES), draw.choice(list(DATA_OF))
        line = (owner, 300, rrtype, draw.choice(DATA_OF[rrtype]))
        if _key(line) not in left and not (rrtype == "NS" and "*" in owner):
            left.add(_key(line))
            added.append(line)
    for line in deleted:
        del zone[line]
    zone.update(added)
    return transaction(serial, serial + 1, deleted, added, APEX)


def assert_printable(text: str) -> None:
    assert text
    assert not re.search(r"[\x00-\x1f]", text)


def test_spoiled_journals_do_no_harm(tmp_path: Path) -> None:
    write_zone(tmp_path, ZONE)
    draw = random.Random(3)
    for _ in range(1500):
        (tmp_path / "zone.jnl").write_bytes(mutate(good(), draw))
        try:
            assert len(ours(tmp_path)) > 3
        except JournalError as error:
            assert_printable(error.reason)
