"""checkzone and compilezone beside BIND's tools: the same words, exit codes and files."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

import tools
from bind_loader import read_raw
from inprocess import command
from random_zones import zone_lines

DATA = Path(__file__).parent.parent / "data"
NOW = 1800000000  # every signature here begins before and ends after it and today
KEY = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3"

PLAIN = "$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n"

# One of everything that is told of, but for names that a resolver would be asked about.
ODD = (
    PLAIN
    + """\
@ NS ns.sub
 MX 10 mail
 MX 10 alias
 MX 5 1.2.3.4
alias CNAME ns
sub NS ns.sub
 NS ns.other
 NS 1.2.3.4
ns.sub A 192.0.2.9
other NS ns.gone.other
_x._tcp SRV 0 0 1 alias
 SRV 0 0 1 gone
bad_host A 192.0.2.3
host MX 5 bad_host
a.*.c TXT "x"
b.c 60 A 192.0.2.7
  A 192.0.2.5
spf SPF "v=spf1 -all"
dn DNAME there
under MX 1 x.dn
lp LP 10 l64
lp LP 10 L64
out.side. A 192.0.2.1
"""
)

SIGNED = (
    PLAIN
    + f"""\
@ DNSKEY 257 3 5 {KEY}
@ DNSKEY 256 3 8 AQOxCutQI9MS+Q==
@ NSEC3PARAM 1 0 200 AB
@ 60 RRSIG SOA 8 1 60 20380101000000 20200101000000 123 example. {KEY}
@ RRSIG NS 8 1 3600 20380101000000 20200101000000 123 example. {KEY}
@ RRSIG NS 8 1 3600 20370101000000 20200101000000 124 example. {KEY}
@ RRSIG TXT 8 1 3600 20370101000000 20200101000000 124 example. {KEY}
0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM NSEC3 1 1 12 AABB 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG
0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM RRSIG NSEC3 8 2 3600 20370101000000 20200101000000 124 example. {KEY}
0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM A 192.0.2.7
2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NSEC3 1 1 12 AABB 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM NS
"""
)

# Names that branch, wildcards within and without, spellings, TTLs that change.
SHAPES = (
    PLAIN
    + """\
a.b.c.d A 192.0.2.1
X.B.c.d 60 A 192.0.2.2
x.b.C.d TXT "y"
*.w.x A 192.0.2.3
u.*.v.y TXT "z"
lonely.deep.name A 192.0.2.4
t 5 TXT "a"
t 6 MX 0 T.example.
 MX 0 t.EXAMPLE.
 MX 1 .
 MX 2 example.
t.t CNAME a.t.t
q PTR a.b.c.d.example.
"""
)

EVERY = (DATA / "every_type.zone").read_text()
WRONG = (
    PLAIN + 'a A 1.2.3\nb FOO x\nc CNAME a\nc CNAME b\nc A 192.0.2.1\n$BAR\n\nd TXT "x\ne A 192.0.2.2\n$TTL 60 x\ne\n'
)
FILES = {
    "plain": PLAIN, "odd": ODD, "signed": SIGNED, "shapes": SHAPES, "every": EVERY, "wrong": WRONG,
    "nothing": "", "no-ns": "@ 1 SOA . . 1 2 3 4 5\n", "ttl": PLAIN + "a 7200 A 192.0.2.1\n",
    "root": "$TTL 3\n@ SOA . . 1 2 3 4 5\n@ NS foo.\nfoo A 192.0.2.1\nx.foo A 192.0.2.3\n",
    "servers": PLAIN + "@ NS nowhere\n",
}  # fmt: skip
CHECKS = ("-i", "none", "-k", "ignore", "-n", "ignore")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("checkzone")
    for name, text in FILES.items():
        (made / name).write_text(text)
        tools.run(
            "named-compilezone", "-q", *CHECKS, "-F", "raw", "-o", f"{name}.raw", "example", name, cwd=made, check=False
        )
    (made / "sub").mkdir()
    (made / "sub" / "inner").write_text(PLAIN + "$INCLUDE more\n")
    (made / "sub" / "more").write_text("m A 192.0.2.8\nm_m A 192.0.2.8\n")
    for name in ("example.db", "example.db.jnl"):
        (made / name).write_bytes((DATA / "journal" / name).read_bytes())
    (made / "plain.jnl").write_text("no journal at all, but of some length: sixty-four octets are its header")
    return made


def both(folder: Path, tool: str, *arguments: str, output: str | None = None) -> tuple[bytes, bytes]:
    """Run BIND's tool and ours, compare what they say, and return what each wrote to *output*."""
    path = folder / (output or "-")
    files = []
    path.unlink(missing_ok=True)
    theirs = tools.run(f"named-{tool}", *arguments, cwd=folder, check=False)
    files.append(path.read_bytes() if path.exists() else b"")
    path.unlink(missing_ok=True)
    with chdir(folder):
        ours = command(tool, *arguments, check=False)
    files.append(path.read_bytes() if path.exists() else b"")
    assert (ours.stdout, ours.stderr, ours.code) == (theirs.stdout, theirs.stderr, theirs.returncode)
    return files[0], files[1]


def cases(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().split("\n")]


@pytest.mark.parametrize("arguments", cases("""\
-i local example odd
-i local-sibling example odd
-i none example odd
-i local -k fail example odd
-i local -k ignore example odd
-i local -m fail example odd
-i local -m ignore example odd
-i local -n fail example odd
-i local -n ignore example odd
-i local -M fail example odd
-i local -M ignore example odd
-i local -S fail example odd
-i local -S ignore example odd
-i local -r fail example odd
-i local -r ignore example odd
-i local -T ignore example odd
-i local -T warn example odd
-i local -W ignore example odd
-i local -W warn example odd
-i local -q example odd
-i local -d example odd
-i local -l 3600 example ttl
-i local -l 7200 example ttl
-i local -l 0x1000 example ttl
-i local -l 0 example ttl
-i local -l 5x example ttl
-i local -L 5x example plain
-i local -f raw -l 60 example ttl.raw
-i local example signed
-i local example wrong
-i local -k fail example wrong
-q example wrong
-i local example nothing
-i local example no-ns
-i local example servers
-i none example servers
-i local example absent
-i local -f raw example absent
-i local -f raw example plain
-i local -f raw other plain.raw
-i local -f raw=1 example plain.raw
-i local -f text example plain
-i local other.test plain
-i none . root
-i local -c IN example plain
-w sub -i local example inner
-w nowhere example plain
-i none -j example example.db
-i none -J example.db.jnl example example.db
-i none -J nowhere example plain
-i none -J plain.jnl example plain
-i none -J example.db.jnl example odd
-i none example sub
-i everything example plain
-k often example plain
-T fail example plain
-s nice example plain
-f map example plain
-F map example plain
-F raw=2 example plain
-F raw=x example plain
-h
-x
-c
example plain more
"""), ids=" ".join)  # fmt: skip
def test_checkzone_says_what_bind_says(folder: Path, arguments: list[str]) -> None:
    both(folder, "checkzone", *arguments)


@pytest.mark.parametrize("arguments", cases("""\
-i local example odd
-i local -k ignore example odd
-i local -k warn -n warn example odd
-i none -k warn example signed
-i none -k warn -q example signed
-i local example wrong
-i none -k warn example every
-i none -k warn -D example every
-i none example shapes
-i none -j example example.db
-i none . root
"""), ids=" ".join)  # fmt: skip
@pytest.mark.parametrize("style", ["full", "relative"])
def test_compilezone_writes_what_bind_writes(folder: Path, arguments: list[str], style: str) -> None:
    theirs, ours = both(folder, "compilezone", "-s", style, "-o", "out", *arguments, output="out")
    assert ours == theirs


@pytest.mark.parametrize("name", ["odd", "signed", "shapes", "every"])
@pytest.mark.parametrize("style", ["full", "relative"])
def test_what_was_raw_is_text_again(folder: Path, name: str, style: str) -> None:
    arguments = (*CHECKS, "-s", style, "-f", "raw", "-o", "out", "example", f"{name}.raw")
    theirs, ours = both(folder, "compilezone", *arguments, output="out")
    assert ours == theirs


@pytest.mark.parametrize("name", ["odd", "signed", "shapes", "every"])
@pytest.mark.parametrize("form", ["raw", "raw=0", "raw=1"])
def test_raw_files_hold_the_same(folder: Path, name: str, form: str) -> None:
    arguments = (*CHECKS, "-F", form, "-L", "77", "-o", "out", "example", name)
    theirs, ours = both(folder, "compilezone", *arguments, output="out")
    assert sorted(read_raw(ours)) == sorted(read_raw(theirs))
    head = 12 if form == "raw=0" else 24
    assert ours[:8] + ours[12:head] == theirs[:8] + theirs[12:head]


@pytest.mark.parametrize("arguments", cases("""\
-i none -D example odd
-i none -D -s relative example signed
-i none -o - example odd
-i none -o /dev/stdout example odd
-i none -q -D example odd
-i local -D example servers
-i none -o nowhere/out example plain
"""), ids=" ".join)  # fmt: skip
def test_checkzone_dumps_too(folder: Path, arguments: list[str]) -> None:
    both(folder, "checkzone", *arguments)


def test_compilezone_says_where_it_writes(folder: Path) -> None:
    both(folder, "compilezone", "-i", "local", "-o", "out", "example", "plain", output="out")
    both(folder, "compilezone", "-i", "local", "-q", "-o", "out", "example", "plain", output="out")
    both(folder, "compilezone", "-i", "local", "-o", "-", "example", "plain")
    both(folder, "compilezone", "-i", "local", "-o", "/dev/null", "example", "plain")
    both(folder, "compilezone", "-i", "local", "-o", "nowhere/out", "example", "plain")
    both(folder, "compilezone", "example", "plain")


def test_names_in_other_zones_are_asked_for(folder: Path) -> None:
    """What the resolver knows is the same for both; here it mostly knows nothing."""
    text = PLAIN + "a MX 1 m.invalid.\nb SRV 1 1 1 m.invalid.\nd NS x.d\nx.d A 192.0.2.1\ne NS y.e\nf NS y.invalid.\n"
    (folder / "asks").write_text(text)
    both(folder, "checkzone", "-i", "full", "example", "asks")
    both(folder, "checkzone", "-i", "full-sibling", "example", "asks")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zone_lines())
def test_random_zones_from_text_to_raw_to_text(tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "zone").write_text("\n".join(lines) + "\n")
    for style in ("full", "relative"):
        there = ("-q", *CHECKS, "-s", style, "-o", "text")
        tools.run("named-compilezone", *there, "Example", "zone", cwd=tmp_path)
        expected = (tmp_path / "text").read_bytes()
        command("compilezone", "-w", tmp_path, "-q", *CHECKS, "-F", "raw", "-o", "raw", "Example", "zone")
        command("compilezone", "-w", tmp_path, *there, "-f", "raw", "Example", "raw")
        assert (tmp_path / "text").read_bytes() == expected
        command("compilezone", "-w", tmp_path, *there, "Example", "zone")
        assert (tmp_path / "text").read_bytes() == expected
