"""`fastsign cds` follows and refuses what dnssec-cds does, in the same words, and leaves the same dsset file."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

import child_zone
from child_zone import DAY, Key, cdnskeys, cds, dnskeys, make_key, records, signatures, write_child, write_parent
from inprocess import Done
from peer_tool import ours, theirs

PROGRAM = "dnssec-cds"
ZONE = "Child.example"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def old() -> Key:
    return make_key()


@pytest.fixture(scope="module")
def new() -> Key:
    return make_key()


@pytest.fixture(scope="module")
def zsk() -> Key:
    return make_key(flags=256)


def both(folder: Path, *arguments: str) -> Done:
    """What both say to a command line that changes no file."""
    mine, wanted = ours(PROGRAM, *arguments), theirs(PROGRAM, *arguments, cwd=folder)
    assert mine.stderr.splitlines() == wanted.stderr.splitlines()
    assert mine == wanted
    return mine


@pytest.fixture
def rolled(folder: Path, old: Key, new: Key, zsk: Key) -> Path:
    """The parent lists the old key; the child asks for the new one, signed by both."""
    write_parent(folder / "dsset-child.example.", [old.ds()])
    write_child(folder / "child", [dnskeys(old, new, zsk), cds(new), cdnskeys(new)], [old, new, zsk])
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        "", "-v 1", "-v 3", "-u", "-u -v 1", "-u -T 5mi", "-T 77", "-D", "-D -a SHA-1 -a 4 -a SHA256", "-a sha-384",
        "-a 1 -a 2 -u", "-a GOST", "-D -a GOST", "-a FOO", "-s -7d -v 1", "-s now", "-s now -v 1", "-s none -v 2",
        "-s 20260101 -v 3", "-s foo", "-v x", "-T x", "-c CH", "-c XX", "-D -u -a 1 -a 2 -v 2",
    ],
)  # fmt: skip
def test_a_rollover_is_followed(arguments: str, rolled: Path) -> None:
    both(rolled, *arguments.split(), "-f", "child", "-d", ".", ZONE)


@pytest.mark.parametrize("options", ["-D -a 4 -a 1 -a 2", "-D -u -a 2 -a 1", "-a 4 -a 1"])
def test_records_come_digest_by_digest(options: str, folder: Path, old: Key, new: Key) -> None:
    write_parent(folder / "parent", [old.ds()])
    write_child(folder / "child", [dnskeys(old, new), cdnskeys(old, new)], [old, new])
    both(folder, *options.split(), "-f", "child", "-d", "parent", ZONE)


@pytest.mark.parametrize("arguments", ["-v 3", "-D -T 9", "-D -a 1"])
def test_the_case_of_a_name_does_not_matter(arguments: str, rolled: Path) -> None:
    both(rolled, *arguments.split(), "-f", "child", "-d", ".", "cHILD.exampLE.")


@pytest.mark.parametrize(
    "arguments",
    [
        "-d . child.example", "-f child child.example", "-d . -f none child.example", "-d none -f child child.example",
        "-d . -f child other", "-d . -f child a..b", "-d /dev/null -f child child.example",
        "-d child -f child child.example",
        "-d . -f dsset-child.example. child.example", "-d ./ -f child child.example",
        "-d dsset-child.example. -f child child.example", "", "-d . -f child", "-d . -f child child.example more",
    ],
)  # fmt: skip
def test_command_lines(arguments: str, rolled: Path) -> None:
    mine = ours(PROGRAM, *arguments.split())
    wanted = theirs(PROGRAM, *arguments.split(), cwd=rolled)
    assert mine == Done(wanted.code, wanted.stdout, wanted.stderr)


WANTS = {
    "cds": lambda keys: [cds(*keys)],
    "cdnskey": lambda keys: [cdnskeys(*keys)],
    "both": lambda keys: [cds(*keys), cdnskeys(*keys)],
    "two digests": lambda keys: [cds(*keys, digests=("SHA1", "SHA256"))],
    "nothing": lambda keys: [],
    "a digest that is not accepted": lambda keys: [cds(*keys, digests=("SHA384",))],
    "a key that is not there": lambda keys: [records("CDS", ["1 8 2 " + "00" * 32, *(key.ds() for key in keys)])],
    "a wrong digest": lambda keys: [records("CDS", [f"{keys[0].tag} 13 2 " + "00" * 32])],
    "an unknown digest type": lambda keys: [records("CDS", [f"{keys[0].tag} 13 5 " + "00" * 32, keys[0].ds()])],
}


@pytest.mark.parametrize("wish", sorted(WANTS))
@pytest.mark.parametrize("options", ["-v 1", "-u", "-D -u -a 2", "-a 1 -a 2 -T 9", "-a 4 -v 1"])
def test_what_a_child_may_ask_for(wish: str, options: str, folder: Path, old: Key, new: Key) -> None:
    write_parent(folder / "parent", [old.ds(), old.ds("SHA1")], ttl="3600")
    write_child(folder / "child", [dnskeys(old, new), *WANTS[wish]([new])], [old, new])
    both(folder, *options.split(), "-f", "child", "-d", "parent", ZONE)


@pytest.mark.parametrize("algorithm", [5, 8, 10, 14, 15])
def test_algorithms(algorithm: int, folder: Path, old: Key) -> None:
    other = make_key(algorithm)
    write_parent(folder / "parent", [other.ds()])
    write_child(folder / "child", [dnskeys(old, other), cds(old, other)], [old, other])
    assert both(folder, "-v", "1", "-f", "child", "-d", "parent", ZONE).code == 0
    write_child(folder / "child", [dnskeys(old, other), cds(old, other)], [other])
    assert both(folder, "-v", "1", "-f", "child", "-d", "parent", ZONE).code == 1


TIMES = {
    "older than the dsset file": (-3 * 3600, DAY),
    "not yet valid": (3600, DAY),
    "expired": (-3600, -60),
    "ends before it begins": (-60, -3600),
    "valid": (-3600, 3600),
}


@pytest.mark.parametrize("when", sorted(TIMES))
@pytest.mark.parametrize("options", ["-v 2", "-s -7d -v 2"])
def test_times_of_signatures(when: str, options: str, folder: Path, old: Key, new: Key) -> None:
    write_parent(folder / "parent", [old.ds()])
    rrsets = [dnskeys(old, new), cds(new)]
    begins, ends = TIMES[when]
    write_child(folder / "child", rrsets, [old, new], begins, ends)
    both(folder, *options.split(), "-f", "child", "-d", "parent", ZONE)
    # One good signature beside the bad one over each RRset.
    with (folder / "child").open("a") as file:
        file.write("".join(signatures(rrset, key, -1800) for rrset in rrsets for key in (old, new)))
    assert both(folder, *options.split(), "-f", "child", "-d", "parent", ZONE).code == 0


def spoil(text: str, rrtype: str) -> str:
    """Change a few bits of each signature over a type."""
    return re.sub(rf"(RRSIG {rrtype} .*)(.)(.)==", lambda m: f"{m[1]}{'B' if m[2] == 'A' else 'A'}{m[3]}==", text)


SPOILED = {
    "DNSKEY": lambda text: spoil(text, "DNSKEY"),
    "CDS": lambda text: spoil(text, "CDS"),
    "CDNSKEY": lambda text: spoil(text, "CDNSKEY"),
    "no DNSKEY": lambda text: re.sub(".* DNSKEY .*\n", "", text),
    "no signature of the DNSKEYs": lambda text: re.sub(".*RRSIG DNSKEY .*\n", "", text),
    "no signature of the CDS": lambda text: re.sub(".*RRSIG CDS .*\n", "", text),
    "no signature of the CDNSKEYs": lambda text: re.sub(".*RRSIG CDNSKEY .*\n", "", text),
    "original TTL": lambda text: re.sub(r"(RRSIG DNSKEY \d+ \d+) 300", r"\1 301", text),
    "TTL run down": lambda text: text.replace(" 300 IN", " 17 IN"),
    "signer": lambda text: re.sub(r"(RRSIG CDS .*)Child\.", r"\1other.", text),
    "labels": lambda text: re.sub(r"(RRSIG CDS \d+) 2", r"\1 3", text),
    "another record": lambda text: text + f"{ZONE}. 300 IN CDS 1 13 2 {'00' * 32}\n",
}


@pytest.mark.parametrize("fault", sorted(SPOILED))
@pytest.mark.parametrize("options", ["-v 3", "-D -u"])
def test_what_is_wrong_with_a_child(fault: str, options: str, folder: Path, old: Key, new: Key) -> None:
    write_parent(folder / "parent", [old.ds()])
    write_child(folder / "child", [dnskeys(old, new), cds(new), cdnskeys(new)], [old, new])
    path = folder / "child"
    path.write_text(SPOILED[fault](path.read_text()))
    done = both(folder, *options.split(), "-f", "child", "-d", "parent", ZONE)
    assert (done.code, bool(done.stdout)) == ((0, True) if fault == "TTL run down" else (1, False))


def test_only_keys_that_the_parent_lists_count(folder: Path, old: Key, new: Key, zsk: Key) -> None:
    write_parent(folder / "parent", [old.ds()])
    for signers in ([new, zsk], [new], [zsk], [old], [old, zsk]):
        write_child(folder / "child", [dnskeys(old, new, zsk), cds(old)], signers)
        done = both(folder, "-v", "1", "-f", "child", "-d", "parent", ZONE)
        assert done.code == (0 if old in signers else 1)


def test_a_new_key_that_has_not_signed_is_not_taken(folder: Path, old: Key, new: Key) -> None:
    write_parent(folder / "parent", [old.ds()])
    write_child(folder / "child", [dnskeys(old, new), cds(new)], [old])
    assert both(folder, "-v", "1", "-f", "child", "-d", "parent", ZONE).code == 1


def file_state(path: Path) -> tuple[str, float, int]:
    status = path.stat()
    return path.read_text(), status.st_mtime, status.st_mode


@pytest.mark.parametrize(
    "options", ["-i", "-i.old", "-iX -u", "-i -u -v 1", "-T 60 -i~ -D", "-f nothing -i", "-f nothing -i.old -u"]
)
@pytest.mark.parametrize("parent", [".", "dsset-child.example."])
def test_the_dsset_file_is_replaced_in_place(options: str, parent: str, rolled: Path, old: Key, new: Key) -> None:
    write_child(rolled / "nothing", [dnskeys(old, new)], [old, new], begins=-1800)
    before = (rolled / "dsset-child.example.").read_text()
    results = []
    shutil.copy2(rolled / "dsset-child.example.", rolled / "saved")
    for run in (lambda *words: theirs(PROGRAM, *words, cwd=rolled), lambda *words: ours(PROGRAM, *words)):
        shutil.copy2(rolled / "saved", rolled / "dsset-child.example.")
        done = run("-f", "child", *options.split(), "-d", parent, ZONE)
        results.append((done, {path.name: file_state(path) for path in sorted(rolled.iterdir())}))
        for path in rolled.glob("dsset-child.example.?*"):
            assert path.read_text() == before
            path.unlink()
    assert results[0] == results[1]
    assert results[0][0].code == 0


def test_a_dsset_file_is_left_alone_when_anything_is_wrong(rolled: Path, old: Key, new: Key) -> None:
    write_child(rolled / "child", [dnskeys(old, new), cds(new)], [new])
    before = {path.name: file_state(path) for path in rolled.iterdir()}
    done = ours(PROGRAM, "-i.old", "-u", "-f", "child", "-d", ".", ZONE)
    assert (done.code, done.stdout) == (1, "")
    assert {path.name: file_state(path) for path in rolled.iterdir()} == before


def test_what_can_not_be_written_leaves_the_dsset_file(rolled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: file_state(path) for path in rolled.iterdir()}

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    done = ours(PROGRAM, "-i", "-f", "child", "-d", ".", ZONE)
    assert done == Done(1, "", "dnssec-cds: fatal: disc full\n")
    assert {path.name: file_state(path) for path in rolled.iterdir()} == before


def test_a_link_to_what_is_open_is_not_replaced(rolled: Path) -> None:
    with next(rolled.glob("dsset-*")).open() as dsset:
        (rolled / "link").symlink_to(f"/proc/self/fd/{dsset.fileno()}")
        done = ours(PROGRAM, "-i", "-f", "child", "-d", "link", ZONE)
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr == "dnssec-cds: fatal: link is not a regular file and will not be replaced\n"
    assert (rolled / "link").is_symlink()


def test_an_old_answer_is_not_followed_after_a_newer_one(rolled: Path, old: Key, new: Key) -> None:
    """The dsset file has the time of the oldest signature that was followed, and what is older no longer counts."""
    write_child(rolled / "older", [dnskeys(old, new), cds(old)], [old, new], begins=-5400)
    assert both(rolled, "-f", "older", "-d", ".", ZONE).code == 0
    assert ours(PROGRAM, "-i", "-f", "child", "-d", ".", ZONE).code == 0
    assert both(rolled, "-f", "older", "-d", ".", ZONE).code == 1
    assert both(rolled, "-f", "child", "-d", ".", ZONE).code == 0


def test_signatures_of_a_wildcard_are_refused(folder: Path, old: Key, new: Key) -> None:
    write_parent(folder / "parent", [old.ds()])
    write_child(folder / "child", [dnskeys(old, new)], [old, new])
    wild = cds(new)
    wild.name = child_zone.dns.name.from_text("*.example.")
    with (folder / "child").open("a") as file:
        file.write(f"{cds(new)}\n" + signatures(wild, old))
    assert both(folder, "-f", "child", "-d", "parent", ZONE).code == 1


# ---- where we ask for more than BIND


def refused(folder: Path, *arguments: str) -> str:
    """The last message about something that BIND follows."""
    assert theirs(PROGRAM, *arguments, cwd=folder).code == 0
    done = ours(PROGRAM, *arguments)
    assert (done.code, done.stdout) == (1, "")
    return done.stderr.splitlines()[-1]


def test_cds_and_cdnskey_records_about_different_keys_are_refused(folder: Path, old: Key, new: Key) -> None:
    write_parent(folder / "parent", [old.ds()])
    write_child(folder / "child", [dnskeys(old, new), cds(new), cdnskeys(new, old)], [old, new])
    message = refused(folder, "-f", "child", "-d", "parent", ZONE)
    assert message == (
        f"dnssec-cds: fatal: CDS and CDNSKEY records at {ZONE} are not about the same keys (RFC 7344 section 4)"
    )


def test_a_key_with_fewer_digests_than_another_is_refused_wherever_it_sorts(folder: Path, old: Key, new: Key) -> None:
    write_parent(folder / "parent", [old.ds()])
    low, high = sorted((old, new), key=lambda key: key.tag)
    texts = [low.ds("SHA1"), low.ds(), high.ds("SHA1")]
    write_child(folder / "child", [dnskeys(old, new), records("CDS", texts)], [old, new])
    message = refused(folder, "-a", "1", "-a", "2", "-f", "child", "-d", "parent", ZONE)
    assert message.endswith("do not cover each key with the same set of digest types")


def test_a_revoked_key_vouches_for_nothing_but_the_keys(folder: Path, new: Key) -> None:
    revoked = make_key(flags=257 | 128)
    write_parent(folder / "parent", [revoked.ds()])
    write_child(folder / "child", [dnskeys(revoked, new), cds(new)], [revoked, new])
    message = refused(folder, "-f", "child", "-d", "parent", ZONE)
    assert message == f"dnssec-cds: fatal: could not validate child CDS RRset for {ZONE}"


DELETE = {"CDS": ["0 0 0 00"], "CDNSKEY": ["0 3 0 AA=="]}


@pytest.mark.parametrize("kinds", [("CDS",), ("CDNSKEY",), ("CDS", "CDNSKEY")])
def test_a_child_that_asks_to_become_insecure_is_not_followed(
    kinds: tuple[str, ...], folder: Path, old: Key, new: Key
) -> None:
    """BIND takes the CDNSKEY record for that of a key and makes a DS record of algorithm 0."""
    write_parent(folder / "parent", [old.ds()])
    write_child(folder / "child", [dnskeys(old, new), *(records(kind, DELETE[kind]) for kind in kinds)], [old, new])
    assert theirs(PROGRAM, "-f", "child", "-d", "parent", ZONE, cwd=folder).code == (1 if kinds == ("CDS",) else 0)
    done = ours(PROGRAM, "-i", "-u", "-f", "child", "-d", "parent", ZONE)
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"dnssec-cds: fatal: {ZONE} asks to have its DS records removed")


def test_the_child_may_come_from_standard_input_by_a_dash(rolled: Path) -> None:
    text = (rolled / "child").read_text()
    wanted = theirs(PROGRAM, "-f", "/dev/stdin", "-d", ".", ZONE, cwd=rolled, stdin=text)
    assert ours(PROGRAM, "-f", "-", "-d", ".", ZONE, stdin=text) == wanted
    assert ours(PROGRAM, "-f", "/dev/stdin", "-d", ".", ZONE, stdin=text) == wanted


def test_the_options_of_the_tool(rolled: Path) -> None:
    usage = theirs(PROGRAM, "-h", cwd=rolled)
    assert usage.code == 1
    assert ours(PROGRAM, "-h") == Done(0, "", usage.stderr)
    assert ours(PROGRAM, "-q") == Done(1, "", "dnssec-cds: invalid argument -q\n" + usage.stderr)
    memory = ours(PROGRAM, "-m", "-f", "child", "-d", ".", ZONE)
    assert memory.stderr == "dnssec-cds: warning: -m: fastsign has no memory debugging; nothing is recorded\n"
    assert memory.stdout == theirs(PROGRAM, "-m", "-f", "child", "-d", ".", ZONE, cwd=rolled).stdout
