"""The module that makes calls go wrong, by itself: what it lets through, what it spoils, what it counts."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import hsm_shim
from hsm_shim import FOREVER, Shim
from hsm_token import PIN, Token

PROGRAM = """
import sys, PyKCS11
from PyKCS11 import *

class Tries:
    def __init__(self):
        self.library = PyKCS11Lib()
        self.library.load(sys.argv[1])

    def enter(self):
        (slot, *_) = self.library.getSlotList(tokenPresent=True)
        self.session = self.library.openSession(slot)
        self.session.login(sys.argv[2])
        self.find()

    def find(self):
        self.key = self.session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY)])[0]
        (self.public,) = self.session.findObjects([(CKA_CLASS, CKO_PUBLIC_KEY)])

    def sign(self):
        "Does the token make a signature, and a good one?"
        try:
            made = self.session.sign(self.key, b"message", Mechanism(CKM_SHA256_RSA_PKCS))
        except PyKCS11Error as error:
            return str(error).split()[0]
        good = self.session.verify(self.public, b"message", made, Mechanism(CKM_SHA256_RSA_PKCS))
        return "good" if good and len(made) == 256 else f"bad {len(made)}"

tries = Tries()
"""


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    token = Token(tmp_path_factory.mktemp("hsm"))
    token.set_up()
    token.make_key("rsa:2048", "key", "01")
    return token


@pytest.fixture
def shim(tmp_path: Path, token: Token) -> Shim:
    return Shim(tmp_path / "shim.so", token.module)


def run(token: Token, shim: Shim, code: str) -> list[str]:
    """What a program prints that uses the module."""
    with token.in_use():
        command = [sys.executable, "-c", PROGRAM + textwrap.dedent(code), shim.path, PIN]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_without_a_plan_the_module_is_that_behind_it(token: Token, shim: Shim) -> None:
    assert run(token, shim, "tries.enter(); print(tries.sign())") == ["good"]
    counted = ("C_Initialize", "C_OpenSession", "C_Login", "C_SignInit", "C_Sign")
    assert [shim.calls(call) for call in counted] == [1, 1, 1, 1, 2]  # PyKCS11 asks for a signature's length first
    assert shim.faults == 0


def test_calls_of_all_processes_are_counted_together(token: Token, shim: Shim) -> None:
    for _ in range(3):
        run(token, shim, "tries.enter()")
    assert shim.calls("C_Login") == 3
    shim.plan()
    assert shim.calls("C_Login") == 0


SIGN_THRICE = "tries.enter(); print(*(tries.sign() for _ in range(3)), sep='\\n')"


def test_a_call_answers_what_it_is_told_to(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.answer("C_SignInit", "CKR_DEVICE_ERROR", 2))
    assert run(token, shim, SIGN_THRICE) == ["good", "CKR_DEVICE_ERROR", "good"]
    assert shim.faults == 1


def test_a_signature_is_spoilt(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.spoil(4))
    assert run(token, shim, SIGN_THRICE) == ["good", "bad 256", "good"]


def test_a_session_ends(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.close("C_SignInit", 2))
    assert run(token, shim, SIGN_THRICE) == ["good", *["CKR_SESSION_HANDLE_INVALID"] * 2]


def test_a_session_is_logged_out(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.log_out("C_SignInit", 2))
    first, *others = run(token, shim, SIGN_THRICE)
    assert first == "good"
    assert all(other.startswith("CKR_") for other in others)


def test_a_token_is_away_for_some_calls(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.remove("C_SignInit", 2, 2))
    code = (
        f"{SIGN_THRICE}; print(tries.library.getSlotList(tokenPresent=True) != []); tries.enter(); print(tries.sign())"
    )
    said = ["good", "CKR_DEVICE_REMOVED", "CKR_DEVICE_REMOVED", "True", "good"]
    assert run(token, shim, code) == said


def test_a_token_is_away_for_good(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.remove("C_SignInit", 2, FOREVER))
    code = f"{SIGN_THRICE}; print(tries.library.getSlotList(tokenPresent=True))"
    assert run(token, shim, code) == ["good", *["CKR_DEVICE_REMOVED"] * 2, "[]"]


def test_a_slow_call_is_a_good_one(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.delay("C_Sign", 2000))
    assert run(token, shim, SIGN_THRICE) == ["good"] * 3
    assert shim.faults == shim.calls("C_Sign") == 6


def test_a_process_dies(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.die(hsm_shim.ANY, 5, 9))
    with pytest.raises(AssertionError):
        run(token, shim, SIGN_THRICE)


def test_a_call_hangs(token: Token, shim: Shim) -> None:
    shim.plan(hsm_shim.hang("C_Login", 1))
    command = [sys.executable, "-c", f"{PROGRAM}\ntries.enter()", shim.path, PIN]
    with token.in_use(), subprocess.Popen(command) as process:
        while not shim.hanging:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    assert shim.calls("C_Login") == 1
