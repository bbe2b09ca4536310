"""`fastsign dsfromkey` says what dnssec-dsfromkey says, on the same streams, with the same exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tools
from inprocess import Done
from peer_tool import ours, theirs

PROGRAM = "dnssec-dsfromkey"

# Master files that the loader gives up, each for another reason.
UNREADABLE = (
    "x. DNSKEY 257 3 15 AAAA\n",
    "x. 60\n",
    " 60 A 192.0.2.1\n",
    "$FOO bar\n",
    "x. 60 NONSENSE 1\n",
    "x. 60 CH A 1.2.3.4\n",
    "$TTL\n",
    "x. 60 DNSKEY 257 3 15 !\n",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of several kinds as P-256-ZSK.key ... and files of DNSKEY records."""
    folder = tmp_path_factory.mktemp("keys")
    kinds = {"ksk": "-a 13 -f KSK", "zsk": "-a 13", "rsa": "-a 8 -b 1024 -f KSK -L 77", "ed": "-a 15 -f KSK -L 300"}
    for kind, options in kinds.items():
        name = tools.run("dnssec-keygen", "-q", *options.split(), "Ex-ample", cwd=folder).stdout.strip()
        (folder / f"{kind}.key").write_bytes((folder / f"{name}.key").read_bytes())
        if kind == "ed":
            revoked = tools.run("dnssec-revoke", "-r", name, cwd=folder).stdout.strip()
            (folder / "revoked.key").write_bytes((folder / f"{revoked}.key").read_bytes())
    texts = {kind: (folder / f"{kind}.key").read_text() for kind in (*kinds, "revoked")}
    (folder / "zone").write_text("$TTL 60\n" + "".join(texts.values()) + texts["ksk"])
    (folder / "ex-ample").write_text("$TTL 60\n@ SOA a. b. 1 2 3 4 5\nsub NS a.\n" + texts["rsa"] + texts["zsk"])
    (folder / "no-ttl").write_text(texts["rsa"] + texts["ksk"])
    (folder / "no-flag").write_text(texts["rsa"].replace(" 257 3 ", " 1 3 "))
    (folder / "unknown").write_text("ex-ample. 60 DNSKEY 257 3 99 AAAA\nex-ample. 60 DNSKEY 257 3 13 AAAA\n")
    (folder / "broken").write_text("$TTL 60\n@ DNSKEY 257 3\n")
    for number, text in enumerate(UNREADABLE):
        (folder / f"unreadable{number}").write_text(text)
    (folder / "point.key").write_text(f"x. DNSKEY 257 3 13 {'A' * 86}==\n")
    (folder / "keyset-ex-ample.").write_text(texts["rsa"])
    (folder / "sub").mkdir()
    (folder / "sub/keyset-ex-ample.").write_text(texts["ed"])
    return folder


@pytest.fixture
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


@pytest.mark.parametrize(
    "arguments",
    [
        "ksk", "ksk.key", "zsk", "rsa", "./ed", "revoked", "-A revoked", "no", "./no.key", "-C ksk", "-T 5mi ksk",
        "-T 0 -C rsa", "-T 3x ksk", "-2 ksk", "-a 2 ksk", "-a SHA-256 -a 4 ed", "-a sha384 -a sha-256 -2 ed",
        "-a 0 ksk",
        "-a 2 -a 3 ksk", "-a 5 -a 6 -a 7 -a 8 -a 9 -a 10 -a 11 -a 12 ksk", "-f . ex-ample", "-f . -A",
        "-a 3 ksk", "-a GOST ksk", "-a FOO ksk", "-a 256 ksk", "-a 0x2 ksk", "-a5 ksk", "-v 3 ksk", "-v x ksk",
        "-K . ksk", "-K /nowhere ksk", "-d . ksk", "-K", "-c XX ksk", "-c CH ksk", "-l dlv ksk", "ksk zsk", "-w", "",
        "-f zone ex-ample", "-fzone EX-ample.", "-A -f zone ex-ample", "-C -T 9 -A -f zone ex-ample", "-f ex-ample",
        "-f zone other", "-f zone", "-f missing ex-ample", "-f no-ttl ex-ample", "-f no-flag ex-ample",
        "-A -v 3 -f unknown ex-ample", "-f broken ex-ample", "-c CH -f zone ex-ample", "-v 3 -f zone ex-ample",
        "-f zone a..b", "-f zone ex-ample extra", "-s ex-ample", "-s -K sub ex-ample", "-sK sub/ ex-ample", "-s other",
        "-s -K nowhere ex-ample", "-s", "-s -f zone", "-s -v 3 -A ex-ample", "-Ks", "-f /dev/null ex-ample",
    ],
)  # fmt: skip
def test_command_lines(arguments: str, folder: Path) -> None:
    assert ours(PROGRAM, *arguments.split()) == theirs(PROGRAM, *arguments.split(), cwd=folder)


@pytest.mark.parametrize(
    "arguments", ["-1 ksk", "-1 -a 4 -2 rsa", "-1 -f zone ex-ample", "-A -a 1 -2 -f zone ex-ample"]
)
def test_sha1_is_warned_of_by_its_number_and_not_as_type_0(arguments: str, folder: Path) -> None:
    wanted = theirs(PROGRAM, *arguments.split(), cwd=folder)
    assert "digest type 0 is deprecated" in wanted.stderr
    messages = wanted.stderr.replace("type 0", "type 1")
    assert ours(PROGRAM, *arguments.split()) == Done(0, wanted.stdout, messages)


@pytest.mark.parametrize("number", range(len(UNREADABLE)))
def test_what_is_wrong_with_a_master_file_is_said_as_bind_says_it(number: int, folder: Path) -> None:
    wanted = theirs(PROGRAM, "-f", f"unreadable{number}", "x", cwd=folder)
    assert wanted.code == 1
    assert ours(PROGRAM, "-f", f"unreadable{number}", "x") == wanted


def test_no_digest_is_made_of_a_point_that_is_not_on_its_curve(folder: Path) -> None:
    wanted = theirs(PROGRAM, "point", cwd=folder)
    told, reason = wanted.stderr.splitlines()
    assert "EVP_PKEY_fromdata failed" in told  # of OpenSSL, to which BIND passes the key
    assert ours(PROGRAM, "point") == Done(1, "", f"{reason}\n")


def test_an_empty_folder_name_is_refused(folder: Path) -> None:
    assert ours(PROGRAM, "-K", "", "ksk") == theirs(PROGRAM, "-K", "", "ksk", cwd=folder)


def test_a_key_that_is_not_at_its_path_is_looked_for_in_the_key_directory(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.key").write_bytes((folder / "ksk.key").read_bytes())
    assert theirs(PROGRAM, "-K", tmp_path, "elsewhere", cwd=folder).code == 1
    assert ours(PROGRAM, "-K", tmp_path, "elsewhere") == theirs(PROGRAM, "ksk", cwd=folder)


def test_records_come_from_standard_input(folder: Path) -> None:
    text = (folder / "zone").read_text()
    for arguments in (("-f", "-", "ex-ample"), ("-f-", "other")):
        wanted = theirs(PROGRAM, *arguments, cwd=folder, stdin=text)
        messages = re.sub("stream-0x[0-9a-f]+", "-", wanted.stderr)
        assert ours(PROGRAM, *arguments, stdin=text) == Done(wanted.code, wanted.stdout, messages)


def test_the_version_and_the_options_of_the_tool(folder: Path) -> None:
    text = theirs(PROGRAM, "-h", cwd=folder).stderr
    assert ours(PROGRAM, "-h") == Done(0, "", text)
    assert re.fullmatch(r"dnssec-dsfromkey fastsign-\S+\n", ours(PROGRAM, "-V").stdout)
    assert ours(PROGRAM, "-F", "ksk").stderr.startswith("dnssec-dsfromkey: fatal: option -F is not supported")
