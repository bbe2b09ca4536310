"""`fastsign settime` side by side with dnssec-settime: the same words, codes and files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat import settime
from fastsign.keys.files import read_key
from keyfile_scene import contents, key_names, run_both, run_ours, run_theirs, without_version

DATES = "-P 20200101 -A 20200201 -I 20400301 -D 20400401"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files under short names' links: K KSK, Z ZSK, N without times, L legacy, R revoked, S with state, ..."""
    folder = tmp_path_factory.mktemp("keys")
    made = {
        "K": f"-a 13 -f KSK -L 300 {DATES} Mixed.example",
        "Z": f"-a 13 {DATES} Mixed.example",
        "N": "-a 15 -G example",
        "L": "-a 8 -b 1024 -C -f KSK example",
        "R": "-a 15 -f KSK -f REVOKE -R 20210101 example",
        "S": f"-a 14 -f KSK {DATES} -P sync 20200301 example",
        "O": "-a 15 -D 20300101 -I 20310101 example",
    }
    for short, line in made.items():
        name = tools.run("dnssec-keygen", "-q", *line.split(), cwd=folder).stdout.strip()
        (folder / short).write_text(name)
    state = ("-s", "-g", "omnipresent", "-d", "rumoured", "20200101", "-k", "OMNIPRESENT", "20200102")
    tools.run("dnssec-settime", *state, (folder / "S").read_text(), cwd=folder)
    (folder / "sub").mkdir()
    tools.run("dnssec-keygen", "-q", "-a", "13", "-K", "sub", *DATES.split(), "example", cwd=folder)
    external = tools.run("dnssec-importkey", "-K", "sub", (folder / "Z").read_text(), cwd=folder).stdout
    (folder / "X").write_text(external.split()[0])
    return folder


def named(keys: Path, line: str) -> list[str]:
    """Arguments, with {K} and its like replaced by the names of key files."""
    names = key_names(keys)
    names["sub"] = next(path for path in (keys / "sub").glob("Kexample*.key")).stem
    return [word.replace("~", " ") for word in line.format(**names).split(" ")]


GOOD = """
-P 20300101 {K}
-A 20300101 {K}
-R 20300101 {K}
-I 20300101 {K}
-D 20500101 {K}
-P none -A none -I never -D unset {K}
-R none {K}
-P ds 20300101 -D ds 20310101 {K}
-P sync 20300101 -D SYNC 20310101 {K}
-P dnskey 20300101 -D dnskey 20500101 {K}
-P sync none -D sync none {K}
-P ds none {K}
-P 20300101000000+1y -A Tue~Jan~01~00:00:00~2030 {K}
-P 0 {K}
-P 1893456000-1d {K}
-P20300101 {Z}.
-P20300101 {Z}.key
-P20300101 {Z}.private
-P20300101 ./{Z}
-P20300101 sub/{sub}
-P20300101 sub//{sub}.
-P20300101 -K sub {sub}
-P20300101 -K sub/ {sub}
-P20300101 -K . {K}
-P20300101 -K . ./{K}
-P20300101 -K ./sub// .//{sub}
-L 0 {K}
-L 1h {K}
-L none {K}
-L 60 -P 20300101 {Z}
-p all {K}
-p all {N}
-p all {S}
-p ALL {R}
-f -p all {L}
-u -p all {K}
-u -p Pds {K}
-p C {K}
-p P {K}
-p Psync {S}
-p A~R {K}
-p RID {K}
-p Dds {K}
-p DsyncD {K}
-p all -P 20300101 -D 20500101 {K}
-u -p P -P 2147483648 {K}
{K}
-s {K}
-s -P 20300101 {K}
-s -L 5 {K}
-s -p all {S}
-s -P 20300101 {S}
-P 20300101 {S}
-s -g hidden {S}
-s -g none {S}
-s -g omnipresent {K}
-s -d hidden 20300101 {K}
-s -d RUMOURED 20300101 -k unretentive 20310101 -r omnipresent 20320101 -z hidden 20330101 {S}
-s -d none 20300101 -k none none {S}
-s -z none now {S}
-s -r rumoured none {S}
-s -P ds 20300101 -D ds 20310101 -R 20320101 {S}
-s -K sub -g hidden {sub}
-f -P 20300101 {L}
-f -P none {L}
-f -s -P 20300101 {L}
-f -P 20300101 {K}
-f -R 20300101 -p C {K}
-R 20300101 {Z}
-R 20300101 {R}
-R none {R}
-I 20190101 {K}
-D 20190101 {K}
-D 20190101 -I 20180101 {K}
-D 20190101 -I 20190102 {K}
-D none -I 20500101 {K}
-I 20500101 {K}
-P 20300101 {O}
-D 0 {O}
-i 1d -P 20400101 {N}
-i 1d -A 20400101 {N}
-i 1d -P 20400101 -A 20400103 {N}
-i 0 -P 20200101 -A 20200101 {N}
-i 1d -P 20400101 -A none {N}
-i 1d -P none {N}
-i 1d -L 60 {N}
-i -1 -A 20300101 {N}
-v 3 -P 20300101 {K}
-v 3 -p P {K}
-P 20300101 {X}
-P sync 20300101 -D 20310101 -s {X}
"""


@pytest.mark.parametrize("line", GOOD.strip().splitlines())
def test_files_and_words_are_those_of_bind(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-settime", *named(keys, line))
    assert theirs.code == 0, theirs.stderr
    assert ours == theirs


BAD = """
-P 20300101
-P 20300101 {K} {Z}
-P 2030 {K}
-P 20301301 {K}
-P now -P now {K}
-P none -P now {K}
-P sync now -P sync now {K}
-P ds now -P ds none {K}
-D now -D dnskey now {K}
-D sync now -D sync now {K}
-D ds now -D ds now {K}
-A now -A now {K}
-R now -R now {K}
-I now -I now {K}
-g hidden {K}
-d hidden now {K}
-k hidden now {K}
-r hidden now {K}
-z hidden now {K}
-s -g rumoured {K}
-s -g foo {K}
-s -d foo now {K}
-s -d hidden soon {K}
-s -g hidden -g hidden {K}
-s -d hidden now -d hidden now {K}
-s -k hidden now -k hidden now {K}
-s -r hidden now -r hidden now {K}
-s -z hidden now -z hidden now {K}
-L x {K}
-L 1m {K}
-v x {K}
-i x {K}
-P now Kexample.+013+00001
-P now sub/
-P now /
-P now -K nowhere {K}
-P now -K  {K}
-P now -K  sub/{sub}
-P now -K sub ./{K}
-P now -K sub sub/{sub}.private
-P now -K . sub/
-P now -K sub /nowhere/{K}
-P now -K .
-P now {L}
-p all {L}.
-L 5 {L}
-i 1d -P 20400101 -A 20400101 {N}
-i 1d -A 20200101 {N}
-S {K} -P now {N}
-S {K} -A none {N}
"""


@pytest.mark.parametrize("line", BAD.strip().splitlines())
def test_complaints_are_those_of_bind(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-settime", *named(keys, line))
    assert theirs.code == 1
    assert ours == theirs


NONSENSE = ["", "-Y", "-P", "-P sync", "-P ds", "-D ds", "-s -d hidden", "-p x {K}", "-p Pd {K}", "-h"]


@pytest.mark.parametrize("line", NONSENSE)
def test_usage_follows_a_command_line_that_makes_no_sense(line: str, keys: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(keys, tmp_path, "dnssec-settime", *(named(keys, line) if line else []))
    assert without_version(ours.stderr) == without_version(theirs.stderr)
    assert "Usage:\n    dnssec-settime [options] keyfile\n" in ours.stderr
    assert ours.code == (0 if line == "-h" else theirs.code)  # 9.18 ends -h with 1, 9.20 with 0


def test_usage_lists_every_option_that_is_offered() -> None:
    letters = set(settime.TOOL.options) - {":"} - set(settime.TOOL.refused)
    assert letters == set(re.findall(r"^    -(\w)", settime.TOOL.usage, re.MULTILINE))


# ---- successors


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys that may follow each other, and some that may not."""
    folder = tmp_path_factory.mktemp("pairs")
    made = {
        "A": f"-a 13 -f KSK {DATES} example",
        "B": "-a 13 -f KSK -G example",
        "C": f"-a 13 {DATES} example",
        "D": f"-a 15 -f KSK {DATES} example",
        "E": f"-a 13 -f KSK {DATES} other.example",
        "F": "-a 13 -f KSK -A 20200101 -I 20400101 example",
        "G": "-a 13 -f KSK -A 20200101 -I 20400101 -D 20300101 example",
        "H": "-a 13 -f KSK -A none example",
        "I": "-a 13 -f KSK -A 20200101 example",
        "J": "-a 13 -f KSK -A 20200101 -I 20210101 example",
        "L": "-a 13 -f KSK -C example",
        "M": f"-a 8 -b 1024 {DATES} example",
        "N": f"-a 8 -b 1032 {DATES} example",
    }
    for short, line in made.items():
        name = tools.run("dnssec-keygen", "-q", *line.split(), cwd=folder).stdout.strip()
        (folder / short).write_text(name)
    (folder / "sub").mkdir()
    tools.run("dnssec-keygen", "-q", "-a", "13", "-f", "KSK", "-K", "sub", "-G", "example", cwd=folder)
    return folder


@pytest.mark.parametrize(
    "line",
    [
        "-S {A} {B}",
        "-S {A}.key {B}.private",
        "-i 1d -S {A} {B}",
        "-i 0 -S {A} {B}",
        "-s -S {A} {B}",
        "-S {A} -I 20500101 -D 20510101 -R 20490101 -L 5 {B}",
        "-v 3 -p all -S {A} {B}",
        "-S {F} {B}",
        "-S {G} {B}",
        "-S {H} {B}",
        "-S {I} {B}",
        "-S {J} {B}",
        "-i 0 -S {J} {B}",
        "-S {L} {B}",
        "-S {B} {A}",
        "-S {A} {L}",
        "-f -S {A} {L}",
        "-S {A} {C}",
        "-S {A} {D}",
        "-S {A} {E}",
        "-S {M} {N}",
        "-S {A} Kexample.+013+00001",
    ],
)
def test_successors_are_those_of_bind(line: str, pairs: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(pairs, tmp_path, "dnssec-settime", *named(pairs, line))
    assert ours == theirs


def test_a_predecessor_that_is_not_there_is_named(pairs: Path, tmp_path: Path) -> None:
    ours, theirs = run_both(pairs, tmp_path, "dnssec-settime", *named(pairs, "-S Kexample.+013+00001 {B}"))
    assert theirs.stderr == ours.stderr.replace("Kexample.+013+00001", "(null)")
    assert (ours.code, ours.files) == (theirs.code, theirs.files)


def test_keys_are_changed_where_they_lie(pairs: Path, tmp_path: Path) -> None:
    """BIND writes copies of them into the folder of -K, or of the other key."""
    ours, _ = run_both(pairs, tmp_path, "dnssec-settime", "-S", *named(pairs, "{A} sub/{sub}"))
    assert ours.code == 0
    assert ours.files.keys() == contents(pairs).keys()
    folder = tmp_path / "ours"
    absolute = str(folder / "sub" / named(pairs, "{sub}")[0])
    again = run_ours(folder, "dnssec-settime", "-K", ".", "-I", "20300101", absolute)
    assert again.stdout == f"{absolute}.key\n{absolute}.private\n"
    assert read_key(absolute).times.inactive is not None
    assert again.files.keys() == contents(pairs).keys()


# ---- files


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o400, 0o700, 0o600])
def test_a_private_file_that_was_open_is_closed_and_told_of(mode: int, keys: Path, tmp_path: Path) -> None:
    private = keys / ((keys / "Z").read_text() + ".private")
    private.chmod(mode)
    try:
        ours, theirs = run_both(keys, tmp_path, "dnssec-settime", *named(keys, "-P 20300101 {Z}"))
    finally:
        private.chmod(0o600)
    assert ours == theirs
    assert ("have changed from" in ours.stderr) == (mode != 0o600)


def test_a_private_file_of_another_key_is_refused(keys: Path, tmp_path: Path) -> None:
    outcome = run_theirs(tmp_path, "dnssec-keygen", "-q", "-a", "15", "example")
    name = outcome.stdout.strip()
    other = (keys / ((keys / "N").read_text() + ".private")).read_text()
    (tmp_path / f"{name}.private").write_text(other)
    before = contents(tmp_path)
    ours, theirs = (run(tmp_path, "dnssec-settime", "-P", "now", name) for run in (run_ours, run_theirs))
    assert ours == theirs
    assert "private key is invalid" in ours.stderr
    assert contents(tmp_path) == before


def test_a_key_of_ldns_becomes_one_of_bind(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    for algorithm in ("RSASHA256", "ECDSAP256SHA256", "ED25519"):
        name = tools.run("ldns-keygen", "-k", "-a", algorithm, "-b", "1024", "example", cwd=folder).stdout.strip()
        scratch = tmp_path / algorithm
        ours, theirs = run_both(folder, scratch, "dnssec-settime", "-f", "-P", "20300101", "-L", "60", name)
        assert theirs.code == 0, theirs.stderr
        assert ours == theirs
