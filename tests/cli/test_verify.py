"""`fastsign verify` says what dnssec-verify says, on the same streams, with the same exit code."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import tools
from fastsign.cli.compat.common import VERSION
from fastsign.cli.compat.verify import main
from fastsign.cli.env import Env
from signed_zones import ZONE, make_key


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the zone `example`, signed with NSEC and with NSEC3, a record a line; and as BIND writes it."""
    folder = tmp_path_factory.mktemp("zones")
    keys = [make_key(folder, 13, "-f", "KSK"), make_key(folder, 13)]
    (folder / "source").write_text(ZONE + "".join((folder / f"{key}.key").read_text() for key in keys))
    for name, options in {"nsec": (), "nsec3": ("-3", "aabb")}.items():
        tools.run("dnssec-signzone", "-q", "-o", "example", *options, "-O", "full", "-f", name, "source", cwd=folder)
    tools.run("dnssec-signzone", "-q", "-o", "example", "-f", "example", "source", cwd=folder)
    return folder


def ours(folder: Path, *arguments: str) -> tuple[int, str, list[str]]:
    env = Env(("dnssec-verify", *arguments), io.StringIO(), io.StringIO(), io.StringIO())
    with contextlib.chdir(folder):
        code = main(env)
    assert isinstance(env.stdout, io.StringIO)
    assert isinstance(env.stderr, io.StringIO)
    return code, env.stdout.getvalue(), sorted(env.stderr.getvalue().splitlines())


def theirs(folder: Path, *arguments: str) -> tuple[int, str, list[str]]:
    done = tools.run("dnssec-verify", *arguments, cwd=folder, check=False)
    return done.returncode, done.stdout, sorted(done.stderr.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        "-o example nsec", "-o example nsec3", "example", "nsec", "-q example", "-x -z -o example nsec",
        "-qxz -oexample nsec3", "-o EXAMPLE. nsec", "-o ex\\097mple nsec", "-v x example", "-I foo example",
        "-c FOO example", "-o a..b nsec", "missing", "-o example /missing/file", "-o example source",
    ],
)  # fmt: skip
def test_invocations(folder: Path, arguments: str) -> None:
    assert ours(folder, *arguments.split()) == theirs(folder, *arguments.split())


SIGNATURE = "Mail.*RRSIG\tA "


def without(pattern: str) -> Callable[[str], str]:
    return lambda text: re.sub(rf"(?m)^{pattern}.*\n", "", text)


def with_more(pattern: str, old: str = "", new: str = "") -> Callable[[str], str]:
    """More records: those of a pattern, changed."""
    return lambda text: text + "".join(re.sub(old, new, m) for m in re.findall(rf"(?m)^{pattern}.*\n", text))


def changed(pattern: str, old: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(rf"(?m)^{pattern}.*$", lambda m: re.sub(old, new, m[0]), text)


def added(line: str) -> Callable[[str], str]:
    return lambda text: text + line + "\n"


@pytest.mark.parametrize(
    "change",
    [
        without("Mail.*IN NSEC"),
        without("Mail.*NSEC"),
        without(SIGNATURE),
        without("Mail.*RRSIG\tAAAA"),
        without("Mail.*"),
        without(".*RRSIG\tDNSKEY"),
        without(".*RRSIG\tSOA"),
        without("example.*RRSIG\tNSEC"),
        without(".*IN SOA"),
        without(".*IN DNSKEY"),
        without(".*IN DNSKEY.256"),
        without(".*IN DNSKEY.257"),
        without(".*IN NSEC"),
        changed("Mail.*IN NSEC", "AAAA", "HINFO"),
        changed("Mail.*IN NSEC", "ns1", "ns7"),
        changed("Mail.*IN AAAA", "::1", "::2"),
        changed("Mail.*IN AAAA", "3600 IN", "3601 IN"),
        changed(SIGNATURE, " 2 3600 ", " 2 3601 "),
        changed(SIGNATURE, " 13 2 3600 ", " 13 1 3600 "),
        changed(SIGNATURE, " example\\. ", " example.example. "),
        changed(SIGNATURE, " 2\\d{13} 2\\d{13} ", " 20200102000000 20200101000000 "),
        changed(SIGNATURE, " 2\\d{13} 2\\d{13} ", " 20990102000000 20990101000000 "),
        changed(".*IN DNSKEY.256", "256 3", "257 3"),
        added("new.example. 3600 IN A 192.0.2.1"),
        added("new.example. 3600 IN NS ns1.example."),
        added("mail.example. 3600 IN TYPE65399 \\# 0"),
        added("glue.sec.example. 3600 IN A 192.0.2.1"),
        added("elsewhere. 3600 IN A 192.0.2.1"),
    ],
)
def test_nsec_zones_that_fail(folder: Path, change: Callable[[str], str]) -> None:
    (folder / "changed").write_text(change((folder / "nsec").read_text()))
    assert ours(folder, "-o", "example", "changed") == theirs(folder, "-o", "example", "changed")


# The NSEC3 record of sec.example, a secure delegation.
HASH = "[0-9A-V]{32}.example.*IN NSEC3.*NS DS RRSIG"


@pytest.mark.parametrize(
    "change",
    [
        without("IE6E.*NSEC3"),
        without(".*IN NSEC3PARAM"),
        without(".*RRSIG\tNSEC3PARAM"),
        changed(HASH, "1 0 0 AABB", "1 1 0 AABB"),
        changed(HASH, "AABB (.)...", r"AABB \g<1>000"),
        changed(HASH, "900 IN", "901 IN"),
        with_more("[0-9A-V]{32}.example.*NSEC3[\t ]", "^....", "0000"),
        added("new.example. 3600 IN A 192.0.2.1"),
        added("new.low.deep.insecure.example. 3600 IN A 192.0.2.1"),
    ],
)
def test_nsec3_zones_that_fail(folder: Path, change: Callable[[str], str]) -> None:
    (folder / "changed").write_text(change((folder / "nsec3").read_text()))
    assert ours(folder, "-o", "example", "changed") == theirs(folder, "-o", "example", "changed")


@pytest.mark.parametrize(
    ("zone", "change", "message"),
    [
        ("nsec", with_more(SIGNATURE, "^Mail", "ns.sec"), "Warning: Found unexpected signatures for ns.sec.example/A"),
        ("nsec", with_more(SIGNATURE, "\tA", "\tTXT"), "Warning: Found unexpected signatures for mail.example/TXT"),
        ("nsec", added("x.dn.example. 900 IN NSEC y.example. A"), "unexpected NSEC RRset at x.dn.example"),
        ("nsec", changed(SIGNATURE, "3600 IN", "3599 IN"), "TTL of RRSIG differs from its RRset's for Mail.example A"),
        ("nsec", with_more(SIGNATURE, "....$", "AA=="), "Bad ECDSAP256SHA256 signature for Mail.example A keytag"),
        ("nsec3", added("new.example. 3600 IN NS ns1.example."), "Missing NSEC3 record for new.example "),
        ("nsec3", changed(".*IN NSEC3PARAM", "1 0", "1 1"), "No usable NSEC/NSEC3 chain for testing"),
        ("nsec3", with_more(HASH, "1 0 0 AABB", "1 0 0 AACC"), "Expected and found NSEC3 chains not equal"),
        ("nsec3", added("mail.example. 900 IN NSEC q.example. A"), "unexpected NSEC RRset at Mail.example"),
    ],
)  # fmt: skip
def test_what_dnssec_verify_lets_pass_or_does_not_name(
    folder: Path, zone: str, change: Callable[[str], str], message: str
) -> None:
    (folder / "changed").write_text(change((folder / zone).read_text()))
    code, _, messages = ours(folder, "-o", "example", "changed")
    assert code == 1
    assert [line for line in messages if line.lower().startswith(message.lower())], messages


def test_an_unknown_key_is_only_warned_of(folder: Path) -> None:
    change = with_more(SIGNATURE, r"(\d{14}) \d+ example\.", r"\1 1 example.")
    (folder / "changed").write_text(change((folder / "nsec").read_text()))
    code, output, messages = ours(folder, "-o", "example", "changed")
    assert (code, output) == theirs(folder, "-o", "example", "changed")[:2]
    assert messages == [
        "Warning: Found a signature by an unknown key for Mail.example/A (ECDSAP256SHA256 keytag 1)",
    ]


def test_help_version_and_wrong_options(folder: Path) -> None:
    def fit(text: str) -> str:
        text = re.sub(r"(?m)^\S*dnssec-verify: (illegal option|option requires).*\n", "", text)
        journal = "\t-J file:\n\t\tjournal of the changes since the zonefile was written\n\t-c class"  # of 9.20
        return text.replace("\t-c class", journal)

    bind = tools.run("dnssec-verify", "-V", check=False).stderr.split()[1]
    for arguments, code in (("-h", 0), ("-Y", 1), ("", 1), ("-v", 1)):
        done = tools.run("dnssec-verify", *arguments.split(), check=False)
        words = sorted(fit(done.stderr).replace(bind, VERSION).splitlines())
        assert ours(folder, *arguments.split()) == (code, "", words)
    assert ours(folder, "-V") == (0, f"dnssec-verify {VERSION}\n", [])


def test_keys_on_the_command_line_are_not_used_and_that_is_said(folder: Path) -> None:
    code, output, messages = ours(folder, "example", "Kexample.+013+00001")
    assert (code, output) == theirs(folder, "example", "Kexample.+013+00001")[:2]
    assert messages == ["dnssec-verify: warning: key arguments are not used: a zone is verified by the keys in it"]


@pytest.mark.parametrize("engine", ["openssl", "pkcs11"])
def test_engines(folder: Path, engine: str) -> None:
    assert ours(folder, "-E", engine, "example") == theirs(folder, "-E", engine, "example")
    assert ours(folder, "-E", engine, "-o", "example", "source") == theirs(folder, "-o", "example", "source")


def test_an_engine_that_there_is_none_of_is_refused(folder: Path) -> None:
    """BIND 9.18 without engines takes any."""
    code, output, messages = ours(folder, "-E", "chil", "example")
    assert (code, output) == (1, "")
    assert messages[0].startswith("dnssec-verify: fatal: -E chil: no such engine")


def test_memory_debugging_is_not_there(folder: Path) -> None:
    code, output, messages = ours(folder, "-m", "record", "example")
    assert (code, output) == theirs(folder, "-m", "record", "example")[:2]
    assert messages == ["dnssec-verify: warning: -m record: fastsign has no memory debugging; nothing is recorded"]


def test_verbosity_tells_the_counts(folder: Path) -> None:
    _, _, messages = ours(folder, "-q", "-v", "1", "example")
    assert re.fullmatch(r"dnssec-verify: \d+ names, \d+ RRsets, \d+ correct signatures", messages[-1])
