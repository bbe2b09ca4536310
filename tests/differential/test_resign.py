"""Signing a signed zone again: what stays and what is made anew, as dnssec-signzone counts it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tools
from differential_zones import ORIGIN, ZONE, records
from inprocess import signzone

VALIDITY = ("-s", "20261101000000", "-e", "20391201000000")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for role in ((), ("-f", "KSK")):
        tools.run("dnssec-keygen", "-q", "-a", "15", *role, "-K", folder, ORIGIN)
    return folder


def counts(stdout: str) -> list[int]:
    """Generated, retained, dropped."""
    return [int(n) for n in re.findall(r"^Signatures (?:generated|retained|dropped):\s+(\d+)$", stdout, re.MULTILINE)]


CHANGES = {
    "nothing": (lambda text: text, ()),
    "all is due": (lambda text: text, ("-i", "999999999")),
    "a record has other data": (lambda text: text.replace("192.0.2.1\n", "192.0.2.77\n"), ()),
    "a TTL is another": (lambda text: re.sub(r"60(\s+IN A\s+192.0.2.1)\n", r"61\1\n", text), ()),
    "a name has gone": (lambda text: "".join(x for x in text.splitlines(True) if not x.startswith("a.b.ent.")), ()),
    "a name is new": (lambda text: text + "new.Example. 60 IN A 192.0.2.8\n", ()),
    "a delegation is new": (lambda text: text + "new.Example. 60 IN NS ns.Example.\n", ()),
    "a name became a delegation": (lambda text: text + "w.Example. 60 IN NS ns.Example.\n", ()),
    "a signature is broken": (lambda text: re.sub(r"(IN RRSIG\s+MX .*example\. )..", r"\1AA", text), ()),
}


@pytest.mark.parametrize("chain", [(), ("-3", "AB"), ("-3", "-", "-A")], ids=["nsec", "nsec3", "opt-out"])
@pytest.mark.parametrize("change", sorted(CHANGES))
def test_signatures_stay_as_bind_lets_them_stay(change, chain, keys, tmp_path):
    (tmp_path / "zone").write_text("\n".join(ZONE) + "\n")
    common = ("-K", keys, "-o", ORIGIN, "-d", tmp_path)
    first = tmp_path / "first"
    tools.run("dnssec-signzone", "-S", *common, *VALIDITY, *chain, "-O", "full", "-f", first, tmp_path / "zone")
    edit, options = CHANGES[change]
    first.write_text(edit(first.read_text()))

    again = ("-S", "-t", *common, "-s", "20261102000000", "-e", "20391202000000", *options)
    theirs = tools.run("dnssec-signzone", *again, "-f", tmp_path / "theirs", first)
    ours = signzone(*again, "-f", tmp_path / "ours", first)
    assert records(tmp_path / "ours") == records(tmp_path / "theirs")
    assert counts(ours.stdout) == counts(theirs.stdout)


def test_a_signature_of_the_future_is_replaced(keys, tmp_path):
    """BIND keeps it and makes none that is valid now."""
    (tmp_path / "zone").write_text("\n".join(ZONE) + "\n")
    common = ("-S", "-K", keys, "-o", ORIGIN, "-d", tmp_path)
    late = ("-s", "20381101000000", "-e", "20391201000000")
    tools.run("dnssec-signzone", "-P", *common, *late, "-f", tmp_path / "first", tmp_path / "zone")
    done = signzone("-t", *common, "-f", tmp_path / "ours", tmp_path / "first")
    assert counts(done.stdout)[1] == 0
    tools.accept(tmp_path / "ours", ORIGIN)


def test_many_workers_keep_the_same(keys, tmp_path):
    (tmp_path / "zone").write_text("\n".join([*ZONE, *(f"n{i} 60 A 192.0.2.1" for i in range(9000))]) + "\n")
    common = ("-S", "-K", keys, "-o", ORIGIN, "-d", tmp_path, *VALIDITY, "-3", "-", "-P")
    made = counts(signzone(*common, "-t", "-f", tmp_path / "first", tmp_path / "zone").stdout)[0]
    assert made > 18000
    for workers in ("1", "3"):
        done = signzone(*common, "-t", "-n", workers, "-f", tmp_path / workers, tmp_path / "first")
        assert counts(done.stdout) == [0, made, 0]
        assert (tmp_path / workers).read_bytes().splitlines()[2:] == (tmp_path / "first").read_bytes().splitlines()[2:]


def roll(folder: Path) -> Path:
    """Keys with a ZSK that is retired now and its successor."""
    for role in (("-f", "KSK"), ("-A", "now-10d", "-P", "now-10d", "-I", "now+2d", "-D", "now+40d")):
        name = tools.run("dnssec-keygen", "-q", "-a", "15", *role, "-K", folder, ORIGIN).stdout.strip()
    tools.run("dnssec-keygen", "-q", "-S", name, "-K", folder, "-i", "0")
    return folder / name


@pytest.mark.parametrize("chain", [(), ("-3", "AB")], ids=["nsec", "nsec3"])
def test_in_a_gradual_roll_the_successor_signs_where_the_predecessor_does_not(chain, tmp_path):
    old = roll(tmp_path)
    (tmp_path / "zone").write_text("\n".join(ZONE) + "\n")
    common = ("-S", "-t", "-K", tmp_path, "-o", ORIGIN, "-d", tmp_path)
    first = tmp_path / "first"
    tools.run("dnssec-signzone", *common, *VALIDITY, *chain, "-O", "full", "-f", first, tmp_path / "zone")
    first.write_text(first.read_text().replace("192.0.2.1\n", "192.0.2.77\n"))
    tools.run("dnssec-settime", "-I", "now-1h", old)
    new = next(path for path in tmp_path.glob("K*.key") if "zone-signing" in path.read_text() and path.stem != old.name)
    tools.run("dnssec-settime", "-P", "now-1h", "-A", "now-1h", new)

    again = (*common, "-s", "20261102000000", "-e", "20391202000000")
    theirs = tools.run("dnssec-signzone", *again, "-f", tmp_path / "theirs", first)
    ours = signzone(*again, "-f", tmp_path / "ours", first)
    assert records(tmp_path / "ours") == records(tmp_path / "theirs")
    assert counts(ours.stdout) == counts(theirs.stdout)
    assert counts(ours.stdout)[1] > 10


def test_signatures_of_an_offline_key_stay_while_they_are_valid(keys, tmp_path):
    """As BIND 9.20 has it: nobody could make them anew."""
    (tmp_path / "zone").write_text("\n".join(ZONE) + "\n")
    folder = tmp_path / "keys"
    folder.mkdir()
    for path in keys.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    common = ("-K", folder, "-o", ORIGIN, "-d", tmp_path)
    signzone("-S", *common, "-e", "now+10d", "-f", tmp_path / "first", tmp_path / "zone")
    ksk = next(path for path in folder.glob("K*.key") if "key-signing" in path.read_text())
    ksk.with_suffix(".private").unlink()
    done = signzone("-t", *common, "-i", "900000", "-f", tmp_path / "ours", tmp_path / "first")
    assert counts(done.stdout)[1] == 1
    tools.accept(tmp_path / "ours", ORIGIN)
