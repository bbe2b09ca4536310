"""Keys in SoftHSM tokens, signed with through processes that have the module: batches, copies, losses, PINs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import fastsign
import tools
from fastsign import _core
from fastsign._core import Column
from fastsign.errors import HsmError, HsmRefusedError
from fastsign.keys.pkcs11 import client
from fastsign.keys.pkcs11.client import HsmPrivateKey, close_all
from fastsign.keys.pkcs11.module import find_key
from fastsign.keys.pkcs11.pin import Marks, Pin, Pins
from fastsign.keys.pkcs11.settings import HsmKeyReference, HsmSettings, refer_to_uris
from fastsign.keys.pkcs11.uri import KeyUri, parse_uri
from fastsign.keys.pkcs11.worker import Worker
from hsm_token import KINDS, PIN, Token
from inprocess import command

TWIN = "twin token"  # has the same "copy" as the first


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    token = Token(tmp_path_factory.mktemp("hsm"))
    token.set_up()
    token.add_token(TWIN)
    for algorithm, kind in KINDS.items():
        token.make_key(kind, f"key-{algorithm}", f"{algorithm:02x}")
    pem = token.folder / "copy.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for name in (token.label, TWIN):
        token.import_key(pem, "copy", "77", token=name)
    with token.in_use():
        yield token


@pytest.fixture(autouse=True)
def _no_process_stays(token: Token) -> Iterator[None]:
    yield
    close_all()
    assert not subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "pkcs11.process"], capture_output=True).stdout


def settings(token: Token, **changes: object) -> HsmSettings:
    return replace(HsmSettings(module=token.module, pins=Pins(), patience=20.0), **changes)


def reference(token: Token, name: str, algorithm: int, **changes: object) -> HsmKeyReference:
    uri = parse_uri(token.uri(name))
    public_key = find_key(uri, token.module).public_key
    return refer_to_uris(uri, algorithm, public_key, settings(token, **changes))


def twin(token: Token) -> KeyUri:
    return replace(parse_uri(token.uri("copy", token=TWIN)), object=None)


def sign(key: HsmPrivateKey, count: int) -> None:
    """Sign rows, all of them different, and see each signature verify."""
    width = key.digest_length or 40
    rows, offsets, signatures = Column("B", count * width), Column("Q", count + 1), Column("B")
    for row in range(count):
        rows.view()[row * width : row * width + 4] = row.to_bytes(4, "big")
        offsets.view()[row + 1] = (row + 1) * width
    signatures.resize(count * key.signature_length)
    if key.digest_length:
        key.sign_digests(rows, count, signatures)
    else:
        key.sign_messages(rows, offsets, count, signatures)
    assert _core.count_good(key._checker, 0, rows, offsets, count, signatures) == count


@pytest.mark.parametrize(("algorithm", "count"), [(8, 40), (10, 10), (13, 2500), (14, 40), (15, 1100)])
@pytest.mark.parametrize("sessions", [1, 3])
def test_every_row_gets_its_signature(token: Token, algorithm: int, count: int, sessions: int) -> None:
    name = f"key-{8 if algorithm == 10 else algorithm}"
    sign(HsmPrivateKey(reference(token, name, algorithm, sessions=sessions)), count)


def test_one_process_has_all_keys_of_a_token(token: Token) -> None:
    shared = settings(token)
    for name, algorithm in (("key-13", 13), ("key-8", 8), ("key-13", 13)):
        uri = parse_uri(token.uri(name))
        public_key = find_key(uri, token.module).public_key
        sign(HsmPrivateKey(refer_to_uris(uri, algorithm, public_key, shared)), 3)
    (worker,) = client._crew.workers.values()
    assert len(worker.keys) == 2


def test_no_module_is_loaded_in_this_process(token: Token) -> None:
    code = (
        "import sys; from fastsign.keys.pkcs11.client import HsmPrivateKey, close_all\n"
        "from fastsign.keys.pkcs11.settings import HsmSettings, refer_to_uris\n"
        "from fastsign.keys.pkcs11.uri import parse_uri\n"
        "uri, module, key = sys.argv[1:]\n"
        "HsmPrivateKey(refer_to_uris(parse_uri(uri), 13, bytes.fromhex(key), HsmSettings(module=module)))\n"
        "assert 'softhsm' not in open('/proc/self/maps').read() and 'PyKCS11' not in sys.modules; close_all()\n"
    )
    public_key = find_key(parse_uri(token.uri("key-13")), token.module).public_key
    arguments = [token.uri("key-13"), token.module, public_key.hex()]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, timeout=60)


def test_a_python_program_signs_with_it(token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"PKCS11_MODULE_PATH": token.module}
    for flags in ((), ("-f", "KSK")):
        command(
            "keyfromlabel",
            *flags,
            "-a",
            "13",
            "-l",
            token.uri("copy" if flags else "key-13"),
            "example",
            environ=environ,
        )
    zone = fastsign.Zone.from_text("@ 300 IN SOA ns hm 1 3600 600 86400 300\n@ 300 NS ns.example.net.\n", "example")
    with pytest.raises(fastsign.HsmError, match="no PKCS #11 module is named"):
        fastsign.sign_zone(zone, ".")
    fastsign.sign_zone(zone, ".", hsm=fastsign.HsmSettings(module=token.module), output="signed")
    tools.accept(tmp_path / "signed", "example")


# ---- what is refused


def test_another_key_than_the_dnskeys_is_refused(token: Token) -> None:
    right = reference(token, "key-13", 13)
    other = find_key(parse_uri(token.uri("copy")), token.module).public_key
    with pytest.raises(HsmError, match="is another one than that of the DNSKEY"):
        HsmPrivateKey(replace(right, public_key=other))


def test_a_key_that_is_not_there_is_named(token: Token) -> None:
    right = reference(token, "key-13", 13)
    places = tuple((place, replace(uri, object="nobody")) for place, uri in right.copies)
    with pytest.raises(HsmError, match="there is no private key pkcs11:token=signer;object=nobody"):
        HsmPrivateKey(replace(right, copies=places))


def test_two_keys_of_one_label_are_both_listed(token: Token) -> None:
    for key_id in ("51", "52"):
        token.make_key("EC:prime256v1", "double", key_id)
    uri = replace(parse_uri(token.uri("double")), id=b"\x51")
    public_key = find_key(uri, token.module).public_key
    with pytest.raises(HsmError, match="object 'double' with id 51 and object 'double' with id 52; name one by its id"):
        HsmPrivateKey(refer_to_uris(replace(uri, id=None), 13, public_key, settings(token)))
    sign(HsmPrivateKey(refer_to_uris(uri, 13, public_key, settings(token))), 5)


def test_a_wrong_pin_is_not_tried_by_a_second_process(token: Token, tmp_path: Path) -> None:
    wrong = tmp_path / "pin"
    wrong.write_text("not-the-pin\n")
    right = reference(token, "key-13", 13)
    uri = replace(parse_uri(token.uri("key-13")), pin_source=str(wrong))
    reference_ = refer_to_uris(uri, 13, right.public_key, settings(token))
    with pytest.raises(HsmError, match=r"the PIN is wrong \(it was tried once\)"):
        HsmPrivateKey(reference_)
    close_all()
    with pytest.raises(HsmError, match="the PIN is wrong; it was tried once, and is not tried again"):
        HsmPrivateKey(reference_)
    token.pkcs11_tool("-O")  # resets SoftHSM's count


# ---- losses


def kill_after(monkeypatch: pytest.MonkeyPatch, batches: int, *, times: int = 1) -> list[int]:
    """Kill an HSM process when it has been given so many batches, and again so many times."""
    given, killed = [0], []
    give = Worker.give

    def give_and_kill(self: Worker, *arguments: object) -> None:
        give(self, *arguments)
        given[0] += 1
        if given[0] % batches == 0 and len(killed) < times and self._process is not None:
            killed.append(self._process.pid)
            os.kill(self._process.pid, signal.SIGKILL)

    monkeypatch.setattr(Worker, "give", give_and_kill)
    return killed


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_what_a_dead_process_has_left_is_done_by_another(
    token: Token, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    key = HsmPrivateKey(reference(token, "key-13", 13))
    killed = kill_after(monkeypatch, batches)
    sign(key, 2500)
    assert len(killed) == 1
    assert key.warnings == []


def test_a_process_that_always_dies_ends_in_an_error(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    key = HsmPrivateKey(reference(token, "key-13", 13, patience=2.0))
    kill_after(monkeypatch, 1, times=1000)
    with pytest.raises(HsmError, match="was killed by signal 9"):
        sign(key, 100)


def test_a_process_that_hangs_is_given_up(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    key = HsmPrivateKey(reference(token, "key-13", 13, patience=5.0))
    (worker,) = client._crew.workers.values()
    assert worker._process is not None
    os.kill(worker._process.pid, signal.SIGSTOP)
    with pytest.raises(HsmError, match="has not answered for 5 seconds"):
        sign(key, 100)


def test_the_load_is_shared(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    key = HsmPrivateKey(reference(token, "copy", 13, replicas=(twin(token),)))
    gave: list[str | None] = []
    give = Worker.give
    monkeypatch.setattr(Worker, "give", lambda self, *rest: (gave.append(self.place.uri.token), give(self, *rest))[1])
    sign(key, 4000)
    assert set(gave) == {"signer", TWIN}
    assert key.warnings == []


def test_one_of_two_is_enough_and_the_other_is_a_warning(token: Token) -> None:
    key = HsmPrivateKey(reference(token, "copy", 13, replicas=(replace(twin(token), token="gone"),)))
    assert len(key.warnings) == 1
    assert "an HSM is left out: there is no token pkcs11:token=gone" in key.warnings[0]
    assert "the signatures come from pkcs11:token=signer" in key.warnings[0]
    sign(key, 100)


def test_a_copy_that_is_another_key_is_left_out(token: Token) -> None:
    token.make_key("EC:prime256v1", "only-here", "61")
    token.make_key("EC:prime256v1", "only-here", "61", token=TWIN)
    key = HsmPrivateKey(reference(token, "only-here", 13, replicas=(twin(token),)))
    assert "is another one than that of the DNSKEY" in key.warnings[0]
    sign(key, 100)


def test_the_tokens_of_a_group_stand_in_for_each_other(token: Token) -> None:
    group = [f"pkcs11:token={name};pin-source={token.pin_file}" for name in (token.label, TWIN)]
    uri = parse_uri(token.uri("copy"))
    public_key = find_key(uri, token.module).public_key
    grouped = settings(token).with_groups([group, group[:1]])
    assert len(grouped.groups) == 1
    reference_ = refer_to_uris(uri, 13, public_key, grouped)
    assert [(place.uri.token, copy.object) for place, copy in reference_.copies] == [("signer", "copy"), (TWIN, "copy")]
    sign(HsmPrivateKey(reference_), 50)
    elsewhere = refer_to_uris(replace(uri, token="third"), 13, public_key, grouped)
    assert len(elsewhere.copies) == 1


def test_losing_one_in_the_middle_is_a_warning_and_losing_all_an_error(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = HsmPrivateKey(reference(token, "copy", 13, replicas=(twin(token),)))
    for copy in key._copies:
        copy.worker._patience = 0.2
    give, sick = Worker.give, {TWIN}

    def give_and_kill(self: Worker, *arguments: object) -> None:
        if self.place.uri.token in sick and self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
        give(self, *arguments)

    monkeypatch.setattr(Worker, "give", give_and_kill)
    sign(key, 4000)
    assert any("an HSM is left out: the process for pkcs11:token=twin%20token" in text for text in key.warnings)
    sick.add("signer")
    key._copies[0].worker._patience = 0.2
    with pytest.raises(HsmError, match=r"token=signer.* was killed by signal 9; and .*token=twin%20token"):
        sign(key, 100)


@pytest.mark.parametrize("check_all", [True, False])
def test_a_wrong_signature_is_not_used(token: Token, monkeypatch: pytest.MonkeyPatch, check_all: bool) -> None:
    key = HsmPrivateKey(reference(token, "key-13", 13), check_all=check_all)
    answer, spoilt = Worker.answer, []

    def spoil(self: Worker) -> object:
        answered = answer(self)
        if answered is not None and not spoilt:
            spoilt.append(1)
            row = 17 if check_all else 0
            answered[1].signatures.view()[row * 64 + 3] ^= 1
        return answered

    monkeypatch.setattr(Worker, "answer", spoil)
    sign(key, 100)
    assert spoilt


def test_an_hsm_that_signs_wrong_again_and_again_is_given_up(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    key = HsmPrivateKey(reference(token, "key-13", 13), check_all=True)
    answer = Worker.answer

    def spoil(self: Worker) -> object:
        answered = answer(self)
        if answered is not None:
            answered[1].signatures.view()[5] ^= 1
        return answered

    monkeypatch.setattr(Worker, "answer", spoil)
    with pytest.raises(HsmError, match="made a signature that does not verify; it was not used"):
        sign(key, 100)


# ---- PINs


def test_a_pin_is_known_to_be_wrong_wherever_it_is_shared() -> None:
    marks = Marks()
    octets = bytearray(b"sentinel")
    pin = Pin(octets, marks, marks.find(b"source" * 6))
    assert octets == bytes(8)
    other = Pin.inherited(os.dup(pin.fd), os.dup(marks.fd), pin.at)
    with pin.attempt() as seen:
        assert bytes(seen) == b"sentinel"
        kept = seen
    assert kept == bytearray(8)
    pin.found_wrong()
    assert other.is_wrong
    with pytest.raises(HsmRefusedError), other.attempt():
        pass
    with open(f"/proc/self/fd/{pin.fd}", "rb") as memory:
        assert b"sentinel" not in memory.read()


def test_a_pin_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    path, pins = tmp_path / "pin", Pins()
    uri = KeyUri(token="a", pin_source=str(path))
    path.write_text("first\n")
    first = pins.of(uri)
    assert pins.of(replace(uri, object="key")) is first
    path.write_text("another\n")
    second = pins.of(uri)
    assert second is not first
    with second.attempt() as octets:
        assert bytes(octets) == b"another"
    pins.close()


def test_pins_are_in_no_text(token: Token) -> None:
    uri = replace(parse_uri(token.uri("key-13")), pin_source=None, pin_value=PIN)
    public_key = find_key(uri, token.module).public_key
    referred = refer_to_uris(uri, 13, public_key, settings(token))
    assert PIN not in repr(referred)
    sign(HsmPrivateKey(referred), 5)
    (worker,) = client._crew.workers.values()
    assert worker._process is not None
    for name in ("cmdline", "environ"):
        assert PIN.encode() not in Path(f"/proc/{worker._process.pid}/{name}").read_bytes()
