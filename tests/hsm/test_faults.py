"""What an HSM does wrong, and what becomes of the zone: it is signed and well, or unchanged, and it is said why.

The faults are made by a module before SoftHSM, at places drawn from a seed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hsm_shim
from fastsign.keys.pkcs11 import client
from fastsign.sign import pipeline
from hsm_scene import OLD, ORIGIN, HsmScene
from hsm_shim import ANY, FOREVER, Fault, Shim
from hsm_token import PIN, Token
from inprocess import command

RUNS, AT_ONCE = 5, 10  # of a fault that passes: fifty places in all
SIGNATURES = 200


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    token = Token(tmp_path_factory.mktemp("hsm"))
    token.set_up()
    token.make_key("EC:prime256v1", "csk", "01")
    with token.in_use():
        yield token


@pytest.fixture
def scene(tmp_path: Path, token: Token, monkeypatch: pytest.MonkeyPatch) -> Iterator[HsmScene]:
    monkeypatch.chdir(tmp_path)
    scene = HsmScene(tmp_path, token)
    scene.add_key("csk", "-f", "KSK")
    yield scene
    client.close_all()


# ---- faults that pass

PASSING: dict[str, Callable[[str, int], Fault]] = {
    "the session is not known": lambda call, n: hsm_shim.answer(call, "CKR_SESSION_HANDLE_INVALID", n),
    "the session has ended": hsm_shim.close,
    "a device error": lambda call, n: hsm_shim.answer(call, "CKR_DEVICE_ERROR", n),
    "a general error": lambda call, n: hsm_shim.answer(call, "CKR_GENERAL_ERROR", n),
    "nobody is logged in, it says": lambda call, n: hsm_shim.answer(call, "CKR_USER_NOT_LOGGED_IN", n),
    "nobody is logged in": hsm_shim.log_out,
    "the token is away for some calls": lambda call, n: hsm_shim.remove(call, n, 1 + n % 3),
}


def places(seed: str, count: int = AT_ONCE, first: int = 2) -> list[int]:
    """Numbers of calls, drawn from a seed; the first signature is but a try."""
    return sorted(random.Random(seed).sample(range(first, SIGNATURES + 1), count))


@pytest.mark.parametrize("what", PASSING)
def test_a_fault_that_passes_is_overcome(what: str, scene: HsmScene) -> None:
    """And on the way the token says that it is logged in already, which is well."""
    for turn in range(RUNS):
        calls = random.Random(f"{what} {turn}").choices(["C_Sign", "C_SignInit"], k=AT_ONCE)
        faults = [PASSING[what](call, n) for call, n in zip(calls, places(f"{what} {turn}"), strict=True)]
        scene.sign("-z", faults=faults, keep=True)
        scene.accept()
        assert scene.shim.faults == AT_ONCE
        assert scene.shim.calls("C_Sign") >= SIGNATURES
        assert scene.shim.calls("C_Initialize") <= AT_ONCE


def test_a_slow_hsm_is_waited_for(scene: HsmScene) -> None:
    for turn in range(RUNS):
        slow = [hsm_shim.delay("C_Sign", 50_000, n, n) for n in places(f"slow {turn}")]
        scene.sign("-z", faults=slow, keep=True)
        scene.accept()
        assert scene.shim.faults == AT_ONCE
        assert scene.shim.calls("C_Sign") - SIGNATURES in (0, 1)  # a try, in the first run


def test_a_process_that_dies_is_replaced(scene: HsmScene) -> None:
    for n in places("death"):
        scene.sign("-z", faults=[hsm_shim.die("C_Sign", n, 11 if n % 2 else 9)], keep=True)
        scene.accept()
        assert scene.shim.faults == 1


@pytest.mark.parametrize("turn", range(25))
def test_a_fault_at_any_call_does_no_harm(turn: int, scene: HsmScene) -> None:
    """While the key is found as well as while it signs, of every kind that there is."""
    chance = random.Random(turn)
    kind = chance.choice(list(PASSING.values()))
    done = scene.sign("-z", check=False, faults=[kind(ANY, chance.randrange(1, 40))])
    assert scene.shim.faults == 1
    scene.well(done)


# ---- signatures that are none


@pytest.mark.parametrize(("options", "count"), [(("-z",), 20), (("-z", "-P"), 30)], ids=["verified", "not verified"])
def test_a_wrong_signature_is_never_published(options: tuple[str, ...], count: int, scene: HsmScene) -> None:
    """Each in a run of its own, one bit of it; with -P nobody but the worker looks at them, and has them made again."""
    for n in places("garbage", count, first=1):
        done = scene.sign(*options, faults=[hsm_shim.spoil(n, mask=1 << n % 8)], check=False, keep=True)
        assert scene.shim.faults == 1
        if not scene.well(done):
            assert re.search("does not verify|No correct ECDSAP256SHA256 signature", done.stderr)


def test_a_key_whose_first_signature_is_wrong_is_not_used(scene: HsmScene) -> None:
    done = scene.sign("-z", faults=[hsm_shim.spoil(1)], check=False)
    assert "does not verify, when it was tried" in scene.refused(done)


@pytest.mark.parametrize("options", [("-z",), ("-z", "-P")], ids=["verified", "not verified"])
@pytest.mark.parametrize("first", [1, 2, 100])
def test_an_hsm_that_makes_none_but_wrong_ones_is_refused(
    options: tuple[str, ...], first: int, scene: HsmScene
) -> None:
    done = scene.sign(*options, "--hsm-patience", "2", faults=[hsm_shim.spoil(first, FOREVER)], check=False)
    assert "does not verify" in scene.refused(done)


# ---- faults that stay


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (hsm_shim.answer("C_Sign", "CKR_DEVICE_ERROR", 60, FOREVER), "CKR_DEVICE_ERROR"),
        (hsm_shim.answer("C_Initialize", "CKR_GENERAL_ERROR", 1, FOREVER), "can't be loaded"),
        (hsm_shim.answer("C_Login", "CKR_DEVICE_ERROR", 1, FOREVER), "CKR_DEVICE_ERROR"),
        (hsm_shim.answer("C_SignInit", "CKR_USER_NOT_LOGGED_IN", 60, FOREVER), "CKR_USER_NOT_LOGGED_IN"),
        (hsm_shim.remove("C_Sign", 60), "there is no token"),
        (hsm_shim.hang("C_Sign", 60, FOREVER), "has not answered for 2 seconds"),
        (hsm_shim.hang("C_Login", 1, FOREVER), "has not answered for 2 seconds"),
        (hsm_shim.die("C_Sign", 60, 9, FOREVER), "killed by signal 9"),
    ],
)
def test_a_fault_that_stays_is_told(fault: Fault, said: str, scene: HsmScene) -> None:
    """In words of the HSM, unless the machine is so slow that it has not come to that."""
    told = scene.refused(scene.sign("-z", "--hsm-patience", "2", faults=[fault], check=False))
    assert re.search(f"{said}|has not answered for 2 seconds", told)


def test_a_mechanism_that_the_token_has_not_is_not_asked_for_twice(scene: HsmScene) -> None:
    done = scene.sign("-z", faults=[hsm_shim.answer("C_SignInit", "CKR_MECHANISM_INVALID", 60, FOREVER)], check=False)
    assert "CKR_MECHANISM_INVALID" in scene.refused(done)
    assert scene.shim.calls("C_SignInit") == 60


def test_a_token_that_is_logged_in_already_is_used(scene: HsmScene) -> None:
    """Some modules keep a log-in: for us there is nothing to do then, if the key is to be had."""
    done = scene.sign("-z", faults=[hsm_shim.answer("C_Login", "CKR_USER_ALREADY_LOGGED_IN", 1)], check=False)
    assert not scene.well(done)  # here it is not true, and so the private key is not seen
    assert "there is no private key" in done.stderr
    scene.sign("-z", faults=[hsm_shim.close("C_Sign", 50)])  # after which it is
    scene.accept()


def test_a_call_that_hangs_is_given_up_at_any_place(scene: HsmScene) -> None:
    """In some runs side by side, for most of their time is spent waiting."""
    running = []
    for n in places("hang")[::2]:
        shim, output = Shim(scene.folder / f"shim-{n}.so", scene.token.module), f"signed-{n}"
        shim.plan(hsm_shim.hang("C_Sign", n))
        running.append((shim, output, scene.start("-z", "--hsm-patience", "5", shim=shim, output=output)))
    for shim, output, process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "has not answered for 5 seconds" in said
        assert shim.hanging == 1
        assert (scene.folder / output).read_text() == OLD


def test_a_module_that_is_not_there_is_told(scene: HsmScene) -> None:
    os.unlink(scene.shim.path)
    said = scene.refused(scene.sign("-z", check=False))
    assert f"the PKCS #11 module {scene.shim.path} can't be loaded" in said


def test_a_file_that_is_no_module_is_told(scene: HsmScene) -> None:
    Path(scene.shim.path).write_text("no module")
    assert "can't be loaded" in scene.refused(scene.sign("-z", check=False))


def test_no_module_is_told(scene: HsmScene) -> None:
    scene.signed.write_text(OLD)
    done = command("signzone", "-S", "-z", "-K", "keys", "-o", ORIGIN, "-f", "signed", "zone", check=False)
    assert "no PKCS #11 module is named" in scene.refused(done)


# ---- the PIN


@pytest.mark.parametrize("workers", [1, 4])
def test_a_wrong_pin_is_tried_once(workers: int, scene: HsmScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """By all workers together, and never again in this process."""
    monkeypatch.setattr(pipeline, "_HSM_POOL_FROM_ROWS", 1 if workers > 1 else 10_000)
    pin = scene.folder / "pin"
    pin.write_text(PIN)
    shutil.rmtree("keys")
    os.mkdir("keys")
    scene.add_key("csk", "-f", "KSK", uri=f"pkcs11:token=signer;object=csk;pin-source={pin}")
    pin.write_text("mellon-2")
    said = scene.refused(scene.sign("-z", "-n", str(workers), check=False))
    assert "the PIN is wrong" in said
    assert scene.shim.calls("C_Login") == 1
    assert "the PIN is wrong" in scene.refused(scene.sign("-z", "-n", str(workers), check=False))
    assert scene.shim.calls("C_Login") == 0


def test_a_right_pin_is_given_once_a_worker(scene: HsmScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_HSM_POOL_FROM_ROWS", 1)
    scene.sign("-z", "-n", "4")
    scene.accept()
    assert scene.shim.calls("C_Login") == scene.shim.calls("C_Initialize")
