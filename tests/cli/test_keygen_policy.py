"""`fastsign keygen -k`: the keys of a policy, beside dnssec-keygen's."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat import keygen
from fastsign.cli.env import Env
from fastsign.keys.files import read_key

CONF = """dnssec-policy mine { keys { ksk lifetime P1Y algorithm 13; zsk lifetime P60D algorithm rsasha256 1024;
    zsk lifetime 90d algorithm 13; ksk lifetime unlimited algorithm 8; }; dnskey-ttl 77; };
dnssec-policy one { };
dnssec-policy bad { keys { ksk lifetime P1Y algorithm 13; }; };
dnssec-policy odd { keys { csk lifetime 20d algorithm rsasha1; }; };
dnssec-policy short { keys { csk lifetime 2d algorithm 13; }; };
zone without.type { };
"""


def run_mine(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    out, err = io.StringIO(), io.StringIO()
    code = keygen.main(Env(("dnssec-keygen", *arguments), io.StringIO(), out, err, str(folder)))
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def folder_with(path: Path) -> Path:
    path.mkdir()
    (path / "c.conf").write_text(CONF)
    (path / "syntax.conf").write_text("dnssec-policy p { keyz { }; };\n")
    (path / "end.conf").write_text("dnssec-policy p { keys { csk lifetime unlimited algorithm 13; } }\n")
    return path


def tagless(text: str) -> str:
    return re.sub(r"\+[0-9]{5}", "+TAG", text)


def alike(text: str, folder: Path) -> str:
    """Messages without columns, and without what we say besides."""
    text = re.sub(r"(\.conf:[0-9]+):[0-9]+: ", r"\1: ", text.replace(f"{folder}/", ""))
    return re.sub(r"; (did you mean|it takes) .*", "", text)


def states(folder: Path, names: list[str]) -> list[tuple[object, ...]]:
    """What the key files say, but for the keys and the time."""
    keys = [read_key(name, str(folder)) for name in names]
    found: list[tuple[object, ...]] = []
    for key in keys:
        assert key.times.created is not None
        times = {field: at - key.times.created for field, at in key.times._asdict().items() if at is not None}
        found.append((key.flags, key.algorithm, key.bits, key.ttl, key.state, times))
    return found


CASES = """
-k mine -l c.conf example
-k mine -l c.conf -G example
-k mine -l c.conf -P +1d -A +2d -I +5d -D +6d example
-k mine -l c.conf -a 8 example
-k odd -l c.conf example
-k default -l c.conf example
-k mine -l c.conf
-k mine -l c.conf a b
-k mine -l c.conf -R now example
-k mine -l c.conf -S Kx example
-k mine -l c.conf -b 2048 example
-k mine -l c.conf -n ZONE example
-k mine -l c.conf -i 3 example
-k mine -l c.conf -C example
-k mine -l c.conf -T KEY example
-k mine -l c.conf -L 3 example
-k mine -l c.conf -3 example
-k nope -l c.conf example
-k insecure -l c.conf example
-k none -l c.conf example
-k one -l c.conf example
-k bad -l c.conf example
-k short -l c.conf example
-k mine -l none.conf example
-k p -l syntax.conf example
-k p -l end.conf example
"""


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_keys_and_words_are_those_of_bind(case: str, tmp_path: Path) -> None:
    ours, theirs = folder_with(tmp_path / "ours"), folder_with(tmp_path / "theirs")
    mine = run_mine(ours, *case.split())
    bind = tools.run("dnssec-keygen", *case.split(), cwd=theirs, check=False)
    assert (mine.returncode, tagless(mine.stdout)) == (bind.returncode, tagless(bind.stdout))
    assert alike(mine.stderr, ours) == bind.stderr
    assert states(ours, mine.stdout.split()) == states(theirs, bind.stdout.split())
    assert sorted(tagless(path.name) for path in ours.iterdir()) == sorted(
        tagless(path.name) for path in theirs.iterdir()
    )


def made(folder: Path, options: str, policy: str, *before: str) -> tuple[int, list[str], str]:
    (folder / "c.conf").write_text(f"{' '.join(before)} dnssec-policy p {{ {policy} }};")
    done = run_mine(folder, "-k", "p", "-l", "c.conf", *options.split(), "example")
    return done.returncode, done.stdout.split(), done.stderr


PAIR = "keys { ksk lifetime unlimited algorithm 13; zsk lifetime unlimited algorithm 13; };"


@pytest.mark.parametrize(("options", "flags"), [("-f KSK", [257]), ("-f ZSK", [256]), ("-f K -f Z", [257, 256])])
def test_keys_of_one_role(options: str, flags: list[int], tmp_path: Path) -> None:
    _, names, _ = made(tmp_path, options, PAIR)
    assert [read_key(name, str(tmp_path)).flags for name in names] == flags


def test_a_key_for_both_is_of_either_role(tmp_path: Path) -> None:
    text = "keys { csk lifetime unlimited algorithm 13; };"
    assert [len(made(tmp_path, f"-f {role}", text)[1]) for role in ("KSK", "ZSK")] == [1, 1]


def test_a_role_that_no_key_has(tmp_path: Path) -> None:
    text = "keys { csk lifetime unlimited algorithm 13 tag-range 1 65000; };"
    code, names, err = made(tmp_path, "-f KSK -M 65001:65535", text)
    assert (code, names) == (1, [])
    assert "have no key tag in common" in err


def test_tags_are_within_the_policys_range_and_that_of_the_option(tmp_path: Path) -> None:
    text = "keys { csk lifetime unlimited algorithm 13 tag-range 1 40000; };"
    _, (name,), _ = made(tmp_path, "-M 20000:65535", text)
    assert 20000 <= read_key(name, str(tmp_path)).tag <= 40000


def test_keys_of_a_key_store_are_in_its_directory(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    text = "keys { csk key-store s lifetime unlimited algorithm 13; };"
    code, (name,), _ = made(tmp_path, "", text, 'key-store s { directory "store"; };')
    assert (code, read_key(name, str(tmp_path / "store")).algorithm) == (0, 13)


def test_a_key_of_an_hsm_that_there_is_none_of_is_not_made_elsewhere(tmp_path: Path) -> None:
    text = PAIR.replace("ksk", "ksk key-store s")
    code, names, err = made(tmp_path, "", text, 'key-store s { pkcs11-uri "pkcs11:pin-value=1234"; };')
    assert (code, names, [*tmp_path.glob("K*")]) == (1, [], [])
    assert "no PKCS #11 module is named" in err
    assert "1234" not in err
