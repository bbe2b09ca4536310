"""Which signatures of the input stay, which are made anew, and what -v and -t say of it: as dnssec-signzone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import tools
from differential_zones import ORIGIN, records
from inprocess import Done, signzone
from narration import counts, details
from signing_scene import VALIDITY, Scene

LATER = ("-s", "20261102000000", "-e", "20391202000000")


def nothing(scene: Scene, zsk: str, ksk: str) -> None:
    pass


def edit(pattern: str, replacement: str) -> Callable[[Scene, str, str], None]:
    """Change the signed zone, which is in the full style: a record a line."""

    def change(scene: Scene, zsk: str, ksk: str) -> None:
        path = scene.folder / "signed"
        text = path.read_text()
        changed = re.sub(pattern, replacement, text, flags=re.MULTILINE)
        assert changed != text
        path.write_text(changed)

    return change


def both(*changes: Callable[[Scene, str, str], object]) -> Callable[[Scene, str, str], None]:
    def change(scene: Scene, zsk: str, ksk: str) -> None:
        for one in changes:
            one(scene, zsk, ksk)

    return change


def retire(scene: Scene, zsk: str, ksk: str) -> None:
    """The ZSK is inactive and in the zone; another signs."""
    scene.settime(zsk, "-I", "now-1h", "-D", "now+30d")
    scene.keygen()


def forget(scene: Scene, zsk: str, ksk: str) -> None:
    """The ZSK's files are gone; another signs."""
    for kind in ("private", "key"):
        (scene.folder / f"{zsk}.{kind}").unlink()
    scene.keygen()


def postpone(scene: Scene, zsk: str, ksk: str) -> None:
    """The ZSK is in the zone, and its files say that it is to come; another signs."""
    scene.settime(zsk, "-P", "now+1d", "-A", "now+2d")
    scene.keygen()


def put_in(scene: Scene, zsk: str, ksk: str) -> None:
    """A new ZSK is in the zone in the place of the old one."""
    new = (scene.folder / f"{scene.keygen()}.key").read_text()
    edit(r"^.*IN DNSKEY\s+256 .*\n", "")(scene, zsk, ksk)
    with (scene.folder / "signed").open("a") as file:
        file.write(new)


@dataclass(frozen=True)
class Case:
    """How a zone is signed by BIND, what happens then, and how it is signed again by both."""

    first: tuple[str, ...] = ()
    change: Callable[[Scene, str, str], object] = nothing
    again: tuple[str, ...] = ()
    smart: bool = True
    kept: tuple[int, int] = field(default=(1, 999))  # bounds of the number of signatures that stay


ALL_DUE = ("-i", "999999999")
CASES = {
    "nothing is due": Case(),
    "all is due": Case(again=ALL_DUE, kept=(0, 0)),
    "all is due by a number of more than 32 bits": Case(again=("-i", "9999999999"), kept=(0, 0)),
    "nothing is ever due": Case(again=("-i", "0")),
    "KSKs had signed everything": Case(("-z",)),
    "KSKs had signed everything and all is due": Case(("-z",), again=ALL_DUE, kept=(0, 0)),
    "KSKs had signed everything and a record changes": Case(("-z",), edit("192.0.2.1$", "192.0.2.77")),
    "ZSKs had signed the keys and all is due with -x": Case(again=("-x", *ALL_DUE), kept=(0, 0)),
    "ZSKs had signed the keys and a key comes with -x": Case((), lambda s, z, k: s.keygen("-f", "KSK"), ("-x",)),
    "a TTL changes": Case((), edit(r" 60 IN A(\s+192.0.2.1)$", r" 61 IN A\1")),
    "a signature has another TTL": Case((), edit(r" 60 IN RRSIG(\s+A )", r" 59 IN RRSIG\1")),
    "a signature is broken": Case((), edit(r"(IN RRSIG\s+MX .*example\. )..", r"\1AA")),
    "a signature ends before it begins": Case(
        (), edit(r"(IN RRSIG\s+MX [0-9 ]+)20391201000000 20261101000000", r"\g<1>20261101000000 20391201000000")
    ),
    "a signature is of an unknown key": Case((), edit(r"(IN RRSIG\s+MX .* )\d+( example\. )", r"\g<1>4711\2")),
    "the ZSK is inactive": Case((), retire),
    "the ZSK is inactive, with -Q": Case((), retire, ("-Q",), kept=(0, 0)),
    "the ZSK is inactive, with -R": Case((), retire, ("-R",)),
    "the ZSK is inactive and all is due": Case((), retire, ALL_DUE, kept=(0, 0)),
    "the ZSK is to come": Case((), postpone),
    "the ZSK is to come, with -R": Case((), postpone, ("-R",), kept=(0, 2)),
    "the ZSK is to come, with -R without -S": Case((), postpone, ("-R",), smart=False),
    "the ZSK has no files": Case((), both(forget, edit(r"^.*IN DNSKEY\s+256 .*\n", "")), kept=(0, 0)),
    "the ZSK has left the zone": Case((), put_in, smart=False),
    "the ZSK has left the zone, with -R": Case((), put_in, ("-R",), smart=False, kept=(0, 0)),
    "the ZSK has left the zone, with -Q": Case((), put_in, ("-Q",), smart=False),
    "the ZSK has left the zone and all is due": Case((), put_in, ALL_DUE, smart=False, kept=(0, 0)),
    "without -S inactive keys sign": Case((), lambda s, z, k: s.settime(z, "-I", "now-1h"), smart=False),
    "without -S, with -Q, inactive keys sign anew": Case(
        (), lambda s, z, k: s.settime(z, "-I", "now-1h"), ("-Q",), smart=False
    ),
}  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene.begin(tmp_path, monkeypatch)


def sign_again(scene: Scene, *options: str) -> tuple[Done, Done]:
    """Sign the zone `signed` by both; what they said."""
    line = ("-o", ORIGIN, "-P", "-t", "-v", "2", *LATER, *options)
    theirs = tools.run("dnssec-signzone", "-n", "1", *line, "-f", "theirs", "signed", cwd=scene.folder, check=False)
    ours = signzone(*line, "-f", "ours", "signed", check=False)
    return ours, Done(theirs.returncode, theirs.stdout, theirs.stderr)


@pytest.mark.parametrize("chain", [(), ("-3", "AB", "-A")], ids=["nsec", "opt-out"])
@pytest.mark.parametrize("name", sorted(CASES))
def test_a_signed_zone_is_signed_again_as_bind_does(name, chain, scene):
    case = CASES[name]
    zsk, ksk = scene.keygen(), scene.keygen("-f", "KSK")
    first = ("-S", "-O", "full", "-o", ORIGIN, *VALIDITY, *chain, *case.first)
    tools.run("dnssec-signzone", *first, "-f", "signed", "zone", cwd=scene.folder)
    case.change(scene, zsk, ksk)
    ours, theirs = sign_again(scene, *(("-S",) if case.smart else ()), *case.again)
    assert (ours.code, counts(ours.stdout)) == (theirs.code, counts(theirs.stdout))
    assert case.kept[0] <= counts(ours.stdout)[1] <= case.kept[1]
    assert details(ours.stderr) == details(theirs.stderr)
    assert records(scene.folder / "ours") == records(scene.folder / "theirs")


def test_a_predecessor_that_has_left_the_zone_keeps_nobody_from_signing(scene):
    """BIND makes no new signature where that of the predecessor still stands, which nobody can verify any more."""
    old = scene.keygen("-A", "now-10d", "-P", "now-10d", "-I", "now+2d", "-D", "now+40d")
    scene.keygen("-f", "KSK")
    new = tools.run("dnssec-keygen", "-q", "-S", old, "-i", "0", cwd=scene.folder).stdout.strip()
    tools.run("dnssec-signzone", "-S", "-o", ORIGIN, *VALIDITY, "-f", "signed", "zone", cwd=scene.folder)
    scene.settime(old, "-I", "now-2h", "-D", "now-1h")
    scene.settime(new, "-P", "now-1h", "-A", "now-1h")
    line = ("-S", "-o", ORIGIN, *LATER)
    theirs = tools.run("dnssec-signzone", *line, "-f", "theirs", "signed", cwd=scene.folder, check=False)
    assert "No correct ED25519 signature" in theirs.stderr
    ours = signzone(*line, "-t", "-f", "ours", "signed")
    assert counts(ours.stdout)[0] > 10
    assert counts(ours.stdout)[1] > 10  # the old ones stay beside the new ones
    tools.run("dnssec-verify", "-o", ORIGIN, "ours", cwd=scene.folder)


def test_a_key_without_files_is_taken_for_active_and_published(scene):
    """BIND drops its signatures with -Q, and with -R too, and leaves the keys unsigned."""
    scene.keygen()
    ksk = scene.keygen("-f", "KSK")
    tools.run("dnssec-signzone", "-S", "-o", ORIGIN, *VALIDITY, "-f", "signed", "zone", cwd=scene.folder)
    (scene.folder / f"{ksk}.private").unlink()
    for option in ("-Q", "-R"):
        line = ("-S", option, "-o", ORIGIN, *LATER)
        theirs = tools.run("dnssec-signzone", *line, "-f", "theirs", "signed", cwd=scene.folder, check=False)
        assert theirs.returncode == 1
        signzone(*line, "-f", "ours", "signed")
        tools.run("dnssec-verify", "-o", ORIGIN, "ours", cwd=scene.folder)
