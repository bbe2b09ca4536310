"""`fastsign keyfromlabel` with SoftHSM: files for keys that OpenSC's pkcs11-tool has made in it.

Debian's dnssec-keyfromlabel is built without OpenSSL's engines and finds no key in an HSM: it is asked about all that
is wrong with a command line, and other tools of BIND's about the files.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

import tools
from fastsign.keys.files import read_key
from fastsign.keys.pkcs11 import module as hsm_module
from fastsign.keys.pkcs11.module import find_key
from fastsign.keys.pkcs11.uri import parse_uri
from hsm_shim import Shim
from hsm_token import KINDS, PIN, Token
from inprocess import Done, command
from peer_tool import theirs

PROGRAM = "dnssec-keyfromlabel"
NOW = 1_795_500_000
STAMP = "20261124060000"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """A token with a key of each kind, two of one label, and one that DNSSEC has no use for; and a second token."""
    token = Token(tmp_path_factory.mktemp("hsm"))
    token.set_up()
    for algorithm, kind in KINDS.items():
        token.make_key(kind, f"key-{algorithm}", f"{algorithm:02x}")
    token.make_key("EC:prime256v1", "twin", "a1")
    token.make_key("rsa:1024", "twin", "a2")
    token.make_key("EC:secp521r1", "odd", "b1")
    token.add_token("second token")
    token.make_key("EC:prime256v1", "elsewhere", "01", token="second token")
    with token.in_use():
        yield token


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(token: Token, *arguments: str, check: bool = True, module: str | None = None) -> Done:
    environ = {"PKCS11_MODULE_PATH": token.module if module is None else module}
    return command("keyfromlabel", *arguments, check=check, now=NOW, environ=environ)


def refused(token: Token, *arguments: str) -> str:
    """What it says when it gives up; no file is left."""
    done = run(token, *arguments, check=False)
    assert (done.code, done.stdout) == (1, "")
    assert list(Path().glob("K*")) == []
    return done.stderr


# ---- what is in the files


def dnskey_of(token: Token, algorithm: int) -> bytes:
    """The public key field of a DNSKEY (RFC 3110, RFC 6605, RFC 8080), worked out from what OpenSC says of the key."""
    label = f"key-{algorithm}"
    if algorithm != 8:
        point = token.read_point(label)
        return point if algorithm == 15 else point.removeprefix(b"\4")
    key = load_der_public_key(token.read_rsa(label))
    assert isinstance(key, rsa.RSAPublicKey)
    numbers = key.public_numbers()
    exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
    return bytes([len(exponent)]) + exponent + numbers.n.to_bytes(key.key_size // 8, "big")


@pytest.mark.parametrize("algorithm", KINDS)
def test_the_files_of_a_key(algorithm: int, token: Token, folder: Path) -> None:
    label = token.uri(f"key-{algorithm}")
    name = run(token, "-a", str(algorithm), "-f", "KSK", "-L", "300", "-l", label, "Example.").stdout.strip()
    key = read_key(name, need_private=True)
    assert key.public_key == dnskey_of(token, algorithm)
    assert (key.flags, key.ttl, key.metadata.in_hsm, key.can_sign) == (257, 300, True, True)
    assert name == f"Kexample.+{algorithm:03d}+{key.tag:05d}"
    lines = (folder / f"{name}.private").read_text().splitlines()
    numbers = ["Modulus", "PublicExponent"] if algorithm == 8 else []
    tags = ["Private-key-format", "Algorithm", *numbers, "Engine", "Label", "Created", "Publish", "Activate"]
    assert [line.partition(":")[0] for line in lines] == tags
    values = dict(line.split(": ", 1) for line in lines)
    assert base64.b64decode(values["Engine"]) == b"pkcs11\0"
    assert base64.b64decode(values["Label"]) == label.encode() + b"\0"
    assert {values[tag] for tag in ("Created", "Publish", "Activate")} == {STAMP}
    assert (folder / f"{name}.private").stat().st_mode & 0o777 == 0o600
    # BIND takes the public half, and says the same tag.
    assert tools.run("dnssec-dsfromkey", name, cwd=folder).stdout.split()[3] == str(key.tag)


def test_each_algorithm_of_rsa_takes_an_rsa_key(token: Token) -> None:
    for algorithm in (5, 7, 8, 10):
        assert run(token, "-a", str(algorithm), "-l", token.uri("key-8"), "example").stdout.startswith("Kexample.+")


@pytest.mark.parametrize(
    ("arguments", "tags"),
    [
        ("", {"Created": 0, "Publish": 0, "Activate": 0}),
        ("-G", {"Created": 0}),
        ("-P +1d -A +2d -I +3d -D +4d", {"Created": 0, "Publish": 1, "Activate": 2, "Inactive": 3, "Delete": 4}),
        ("-A +2d", {"Created": 0, "Publish": 2, "Activate": 2}),
        ("-P none -A +2d", {"Created": 0, "Activate": 2}),
        ("-f KSK -R +9d", {"Created": 0, "Publish": 0, "Activate": 0, "Revoke": 9}),
        ("-i 2d", {"Created": 0, "Publish": 0, "Activate": 2}),
        ("-P sync +1d -D sync +2d", {"Created": 0, "Publish": 0, "Activate": 0, "SyncPublish": 1, "SyncDelete": 2}),
        ("-C", {}),
    ],
)
def test_times(arguments: str, tags: dict[str, int], token: Token, folder: Path) -> None:
    name = run(token, *arguments.split(), "-a", "13", "-l", token.uri("key-13"), "example").stdout.strip()
    text = (folder / f"{name}.private").read_text()
    found = dict(re.findall(r"^(\w+): (\d{14})$", text, re.MULTILINE))
    assert found == {
        tag: f"202611{24 + days:02d}060000" if days < 7 else "20261203060000" for tag, days in tags.items()
    }
    assert text.startswith("Private-key-format: v1.2" if arguments == "-C" else "Private-key-format: v1.3")


@pytest.mark.parametrize(
    ("arguments", "record"),
    [
        ("-f KSK", "IN DNSKEY 257 3 13"),
        ("-f REVOKE", "IN DNSKEY 384 3 13"),
        ("-fk -fr", "IN DNSKEY 385 3 13"),
        ("-c CH -L 1h", "3600 CH DNSKEY 256 3 13"),
        ("-n OTHER", "IN DNSKEY 0 3 13"),
        ("-p 3", "IN DNSKEY 256 3 13"),
        ("-k -n HOST -t NOAUTH", "IN KEY 33280 3 13"),
        ("-3", "IN DNSKEY 256 3 13"),
    ],
)
def test_the_record(arguments: str, record: str, token: Token, folder: Path) -> None:
    name = run(token, *arguments.split(), "-a", "13", "-l", token.uri("key-13"), "example").stdout.strip()
    assert f"\nexample. {record} " in "\n" + (folder / f"{name}.key").read_text()


def test_a_successor_in_an_hsm(token: Token, folder: Path) -> None:
    times = ("-P", "-3d", "-A", "-2d", "-I", "+40d", "-D", "+60d")
    old = run(token, *times, "-a", "13", "-f", "KSK", "-l", token.uri("key-13"), "example").stdout.strip()
    new = run(token, "-S", old, "-i", "10d", "-l", token.uri("twin", "id=%A1")).stdout.strip()
    first, second = read_key(old), read_key(new)
    assert (first.successor, second.predecessor, second.flags) == (second.tag, first.tag, 257)
    assert second.times.activate == first.times.inactive == NOW + 40 * 86400
    assert second.times.publish == NOW + 30 * 86400


def test_the_directory_for_the_files(token: Token, folder: Path) -> None:
    (folder / "keys").mkdir()
    name = run(token, "-K", "keys", "-a", "13", "-l", token.uri("key-13"), "example").stdout.strip()
    assert sorted(path.name for path in (folder / "keys").iterdir()) == [f"{name}.key", f"{name}.private"]


# ---- which key it is


@pytest.mark.parametrize(
    "label",
    [
        "pkcs11:token=signer;object=key-13", "pkcs11:token=signer;id=%0d", "pkcs11:token=signer;id=%0D;object=key-13",
        "pkcs11:token=signer;manufacturer=SoftHSM%20project;model=SoftHSM%20v2;object=key-13;type=private",
        "pkcs11:token=signer;object=key%2D13;type=public",
    ],
)  # fmt: skip
def test_labels_that_name_a_key(label: str, token: Token) -> None:
    run(token, "-a", "13", "-l", f"{label};pin-source={token.pin_file}", "example")
    run(token, "-a", "13", "-y", "-l", f"{label}?pin-source=file://{token.pin_file}", "example.net")


def test_a_token_goes_by_its_serial_or_slot(token: Token) -> None:
    message = refused(token, "-a", "13", "-l", "pkcs11:token=none;object=key-13", "example")
    shown = re.search(r"'signer' with serial (\w+) in slot (\d+)", message)
    assert shown, message
    serial, slot = shown.groups()
    for name in (f"serial={serial}", f"slot-id={slot}", f"slot-id={slot};serial={serial};token=signer"):
        run(token, "-a", "13", "-l", f"pkcs11:{name};object=key-13;pin-source={token.pin_file}", f"{len(name)}.example")
    assert "there is no token" in refused_later(token, f"pkcs11:serial={serial};token=second%20token;object=key-13")


def refused_later(token: Token, label: str) -> str:
    done = run(token, "-a", "13", "-l", label, "late.example", check=False)
    assert done.code == 1
    return done.stderr


def test_a_plain_name_is_an_object_of_the_one_token(tmp_path: Path, folder: Path) -> None:
    alone = Token(tmp_path / "alone")
    alone.set_up()
    alone.make_key("EC:prime256v1", "my zsk", "01")
    with alone.in_use():
        name = run(alone, "-a", "13", "-l", "my zsk", "example").stdout.strip()
    label = re.search("Label: (.*)", (folder / f"{name}.private").read_text())
    assert label
    assert base64.b64decode(label[1]) == b"pkcs11:object=my%20zsk\0"


def test_the_module_is_named_in_one_of_three_ways(token: Token, folder: Path) -> None:
    label = token.uri("key-13")
    assert (
        run(token, "-a", "13", "-l", f"{label};module-path={token.module}", "a.example", module="/no/module").code == 0
    )
    assert run(token, "-E", token.module, "-a", "13", "-l", label, "b.example", module="/no/module").code == 0
    assert run(token, "-E", "pkcs11", "-a", "13", "-l", label, "c.example").code == 0
    done = command("keyfromlabel", "-a", "13", "-l", label, "d.example", check=False, environ={})
    assert "no PKCS #11 module is named: do it by -E" in done.stderr
    for module in ("/no/module", str(token.pin_file)):
        done = run(token, "-a", "13", "-l", label, "d.example", module=module, check=False)
        assert f"the PKCS #11 module {module} can't be loaded" in done.stderr


@pytest.mark.parametrize(
    ("name", "algorithm", "message"),
    [
        ("missing", "13", "there is no public key pkcs11:token=signer;object=missing;pin-source={pin} on its token"),
        ("twin", "13", "more than one key is pkcs11:token=signer;object=twin;pin-source={pin}: "
                       "object 'twin' with id a1 and object 'twin' with id a2; name one by its id"),
        ("odd", "13", "the key pkcs11:token=signer;object=odd;pin-source={pin} is neither RSA nor on "
                      "P-256, P-384 or Ed25519"),
        ("key-14", "13", "the key pkcs11:token=signer;object=key-14;pin-source={pin} is one for ECDSAP384SHA384"),
        ("key-8", "15", "the key pkcs11:token=signer;object=key-8;pin-source={pin} is one for "
                        "RSASHA1, NSEC3RSASHA1, RSASHA256, RSASHA512"),
        ("key-15", "16", "algorithm is unsupported"),
    ],
)  # fmt: skip
def test_keys_that_can_not_be_had(name: str, algorithm: str, message: str, token: Token) -> None:
    mnemonic = {"13": "ECDSAP256SHA256", "15": "ED25519", "16": "ED448"}[algorithm]
    complaint = message.format(pin=token.pin_file)
    wanted = f"dnssec-keyfromlabel: fatal: failed to get key example/{mnemonic}: {complaint}\n"
    assert refused(token, "-a", algorithm, "-l", token.uri(name), "example") == wanted


# ---- PINs


@pytest.mark.parametrize(
    ("label", "complaint"),
    [
        ("pin-source=/no/pin", "the PIN can't be read from /no/pin: file not found"),
        ("pin-source=empty", "the file empty has no PIN of 1 to 1024 octets"),
        ("pin-source=long", "the file long has no PIN of 1 to 1024 octets"),
        ("pin-source=wrong", "does not let us in: the PIN is wrong (it was tried once)"),
        ("pin-value=wrong-pin-1", "does not let us in: the PIN is wrong (it was tried once)"),
        ("pin-source=https://example/pin", "has a pin-source of the kind https:"),
        ("pin-source=|cat%20pin", "has a command as its pin-source"),
    ],
)
def test_pins_that_do_not_help(label: str, complaint: str, token: Token, folder: Path) -> None:
    for name, text in (("empty", "\n"), ("long", "1" * 1025), ("wrong", "wrong-pin-1\n")):
        (folder / name).write_text(text)
    message = refused(token, "-a", "13", "-l", f"pkcs11:token=signer;object=key-13;{label}", "example")
    assert complaint in message
    assert "wrong-pin-1" not in message


def test_a_wrong_pin_is_tried_once(token: Token, folder: Path) -> None:
    shim = Shim(folder / "shim.so", token.module)
    label = "pkcs11:token=signer;object=key-13;pin-value=wrong-pin-1"
    assert run(token, "-a", "13", "-l", label, "example", check=False, module=shim.path).code == 1
    assert shim.calls("C_Login") == 1


@pytest.mark.parametrize(
    ("flag", "words"), [("FINAL_TRY", "one more wrong PIN would lock"), ("LOCKED", "the PIN is locked")]
)
def test_a_pin_that_might_lock_the_token_is_not_tried(
    flag: str, words: str, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    import PyKCS11

    get_token_info = PyKCS11.PyKCS11Lib.getTokenInfo

    def pressed(library: PyKCS11.PyKCS11Lib, slot: int) -> PyKCS11.CK_TOKEN_INFO:
        info = get_token_info(library, slot)
        info.flags |= getattr(PyKCS11, f"CKF_USER_PIN_{flag}")
        return info

    monkeypatch.setattr(PyKCS11.PyKCS11Lib, "getTokenInfo", pressed)
    monkeypatch.setattr(hsm_module, "_log_in", lambda *words: pytest.fail("the PIN was tried"))
    assert words in refused(token, "-a", "13", "-l", token.uri("key-13"), "example")


def test_a_pin_in_the_label_is_warned_of_and_never_shown(token: Token, folder: Path) -> None:
    label = f"pkcs11:token=signer;object=key-13;pin-value={PIN}"
    done = run(token, "-v", "3", "-a", "13", "-l", label, "example")
    assert "warning: the label has a PIN in it" in done.stderr
    assert PIN not in done.stdout + done.stderr + (folder / f"{done.stdout.strip()}.key").read_text()
    for wrong in ("missing", "twin", "odd", "key-8"):
        done = run(token, "-a", "13", "-l", label.replace("key-13", wrong), "x.example", check=False)
        assert done.code == 1
        assert PIN not in done.stderr


def test_without_a_pin_only_what_all_may_see_is_found(token: Token) -> None:
    assert run(token, "-a", "13", "-l", "pkcs11:token=signer;object=key-13", "example").code == 0
    message = refused_later(token, "pkcs11:token=signer;object=hidden")
    assert "on its token that is seen without a PIN, which pin-source=PATH would give" in message


def test_the_pin_is_wiped(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastsign.keys.pkcs11 import pin

    seen: list[bytearray] = []
    read = pin._first_line
    monkeypatch.setattr(pin, "_first_line", lambda path: seen.append(read(path)) or seen[-1])
    find_key(parse_uri(token.uri("key-13")), token.module)
    assert seen == [bytearray(len(PIN))]


def test_only_one_module_knows_pykcs11_and_says_what_is_missing_without_it(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "PyKCS11", None)
    message = refused(token, "-a", "13", "-l", token.uri("key-13"), "example")
    assert "keys in an HSM need the package PyKCS11: pip install 'fastsign[pkcs11]'" in message
    source = Path(__file__).parents[2] / "src"
    assert [path.name for path in source.rglob("*.py") if "import PyKCS11" in path.read_text()] == ["module.py"]


# ---- tags


def test_no_file_is_written_over(token: Token, folder: Path) -> None:
    name = run(token, "-a", "13", "-l", token.uri("key-13"), "example").stdout.strip()
    before = (folder / f"{name}.private").read_bytes()
    done = run(token, "-y", "-a", "13", "-l", token.uri("key-13"), "example", check=False)
    assert done == Done(1, "", f"{PROGRAM}: fatal: {PROGRAM}: ./{name} already exists\n\n")
    assert (folder / f"{name}.private").read_bytes() == before


def test_a_tag_that_may_collide_is_refused_unless_accepted(token: Token, folder: Path) -> None:
    name = run(token, "-G", "-a", "13", "-l", token.uri("key-13"), "example").stdout.strip()
    key = read_key(name)
    text = (folder / f"{name}.key").read_text()
    other = f"Kexample.+013+{key.with_flags(key.flags | 0x80).tag:05d}"
    for path in folder.glob("K*"):
        path.unlink()
    (folder / f"{other}.key").write_text(text.replace(" 256 3 13 ", " 384 3 13 "))
    (folder / f"{other}.private").write_text("Private-key-format: v1.3\nAlgorithm: 13 (X)\nExternal:\n")
    path = f"./{name}"
    done = run(token, "-a", "13", "-l", token.uri("key-13"), "example", check=False)
    assert done == Done(
        1, "", f"{PROGRAM}: fatal: {PROGRAM}: {path} could collide with another key upon revokation\n\n"
    )
    done = run(token, "-y", "-a", "13", "-l", token.uri("key-13"), "example")
    assert done.stdout == name + "\n"
    assert f"WARNING: Key {path} could collide with another key upon revokation.  If you plan" in done.stderr


def test_a_tag_outside_of_the_range_is_refused(token: Token) -> None:
    tag = read_key(run(token, "-a", "13", "-l", token.uri("key-13"), "example").stdout.strip()).tag
    for path in Path().glob("K*"):
        path.unlink()
    bounds = (0, tag - 1) if tag > 1 else (tag + 1, 65535)
    message = refused(token, "-M", f"{bounds[0]}:{bounds[1]}", "-a", "13", "-l", token.uri("key-13"), "example")
    assert message == f"{PROGRAM}: fatal: Key ID {tag} outside of [{bounds[0]}..{bounds[1]}]\n"
    assert run(token, "-M", "0:65535", "-a", "13", "-l", token.uri("key-13"), "example").code == 0


# ---- command lines that fail before there is anything to look for


@pytest.mark.parametrize(
    "arguments",
    [
        "", "-a 13 example", "-l k -a 13", "-l k -a 13 example more", "-l k example", "-l k -a FOO example",
        "-l k -a RSA example", "-l k -a 1 -3 example", "-l k -a 3 -3 example", "-l k -a 99 example",
        "-l k -a 12 example", "-l k -a 13 -k example", "-l k -a 13 -f Z example", "-l k -a 13 -f x example",
        "-l k -a 13 -n host example", "-l k -a 13 -k -n foo example", "-l k -a 13 -k -t foo -n host example",
        "-l k -a 13 -p 4 example", "-l k -a 13 -p x example", "-l k -a 13 -K /nowhere example",
        "-l k -a 13 -S K example",
        "-l k -S K", "-l k -S K -P now", "-l k -S K -3", "-l k -S K -C", "-l k -S K -G", "-l k -S K -n ZONE",
        "-l k -S K -t AUTH", "-l k -a 13 -c XX example", "-l k -a 13 a..b", "-l k -a 13 -i 1d -P now -A now example",
        "-l k -a 13 -i 1d -A now example", "-l k -a 13 -i foo example", "-l k -a 13 -P now -P now example",
        "-l k -a 13 -P sync", "-l k -a 13 -A foo example", "-l k -a 13 -L x example", "-l k -v x example", "-Q",
    ],
)  # fmt: skip
def test_command_lines(arguments: str, token: Token, folder: Path) -> None:
    mine = run(token, *arguments.split(), check=False)
    wanted = theirs(PROGRAM, *arguments.split(), cwd=folder)
    usage = wanted.stderr.replace(
        "        name of an OpenSSL engine to use\n", "        pkcs11, or path of the PKCS #11 module\n"
    )
    usage = usage.replace("ED25519 | ED448\n", "ED25519\n")
    usage = usage.replace("    -n nametype:", "    -M <min>:<max>: allowed Key ID range\n    -n nametype:")
    assert mine.stderr.splitlines() == usage.splitlines()
    assert (mine.code, mine.stdout) == (wanted.code, wanted.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("-C -P now", "cannot use -C together with -P, -A, -R, -I, -D, or -G options"),
        ("-G -A now", "cannot use -G together with -P or -A options"),
    ],
)
def test_times_that_do_not_go_together(arguments: str, message: str, token: Token) -> None:
    """BIND looks at them once it has the key."""
    told = refused(token, *arguments.split(), "-a", "13", "-l", token.uri("key-13"), "example")
    assert told == f"{PROGRAM}: fatal: {message}\n"


@pytest.mark.parametrize("label", ["engine:key", "pkcs11:", "pkcs11:object=a;b=c", "pkcs11:object=%"])
def test_labels_that_are_none(label: str, token: Token) -> None:
    assert refused(token, "-a", "13", "-l", label, "example").startswith(f"{PROGRAM}: fatal: the key label ")


def test_an_unknown_engine_and_fips_mode_are_refused(token: Token) -> None:
    assert "-E chil is neither pkcs11 nor the path" in refused(token, "-E", "chil", "-a", "13", "-l", "k", "example")
    assert "option -F is not supported" in refused(token, "-F", "-a", "13", "-l", "k", "example")
