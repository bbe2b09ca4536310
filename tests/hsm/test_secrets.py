"""Where a PIN and a private key are while a zone is signed: not in command lines, environments, messages or files.

Nor are they in the memory of the program that signs, but for a page that holds the PIN, is locked, and is left out of
core dumps. What the PKCS #11 module keeps of the key in the memory of its own process is the module's affair.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import hsm_shim
from hsm_scene import HsmScene, import_key
from hsm_token import Token

SENTINEL = "sesame-74c1e09d"  # the PIN
SCALAR = 0x7D3A9C5E11F8462B9A0D47E6C35B81F20E6D94A7538CB1F6204FE97D18AC635B  # the key
NAME_OF_PAGE = "fastsign-pin "  # among the mappings of a process


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """A token with a PIN and a key that can be told from everything else."""
    token = Token(tmp_path_factory.mktemp("hsm"))
    token.set_up()
    import_key(token, SCALAR, "csk")
    token.pkcs11_tool("--change-pin", "--new-pin", SENTINEL)
    token.pin_file.write_text(SENTINEL + "\n")
    with token.in_use():
        yield token


@pytest.fixture
def scene(tmp_path: Path, token: Token, monkeypatch: pytest.MonkeyPatch) -> HsmScene:
    monkeypatch.chdir(tmp_path)
    return HsmScene(tmp_path, token)


def family(pid: int) -> list[int]:
    """A process and those that it has started, and those that they have."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def found_in_memory(pid: int, secret: bytes) -> list[str]:
    """The mappings of a process that have a secret in them, as the system lists them."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            first, last = (int(number, 16) for number in line.split()[0].split("-"))
            try:
                memory.seek(first)
                if secret in memory.read(last - first):
                    found.append(line)
            except (OSError, OverflowError, ValueError):
                assert "[v" in line or not line.split()[1].startswith("r"), line  # the kernel's own pages
    return found


def is_left_out_of_dumps(pid: int, mapping: str) -> bool:
    """Has the mapping the flag of MADV_DONTDUMP?"""
    text = Path(f"/proc/{pid}/smaps").read_text()
    flags = re.search(rf"^{mapping.split(maxsplit=1)[0]} .*?^VmFlags:(.*?)$", text, re.MULTILINE | re.DOTALL)
    return flags is not None and "dd" in flags[1].split()


@contextmanager
def hanging(scene: HsmScene, said: list[str]) -> Iterator[list[int]]:
    """A program and its HSM process, which waits for the hundredth signature and then dies; to *said*: what it says."""
    scene.shim.plan(hsm_shim.hang("C_Sign", 100))
    process = scene.start("-z", "-v", "10", shim=scene.shim)
    with process:
        try:
            while not scene.shim.hanging:
                assert process.poll() is None, process.communicate()
                time.sleep(0.01)
            processes = family(process.pid)
            assert len(processes) == 2
            yield processes
            os.kill(processes[1], signal.SIGSEGV)
            said += process.communicate(timeout=120)
        finally:
            process.kill()


def nowhere(secret: str, scene: HsmScene, processes: Sequence[int]) -> None:
    """Fail if it is in a command line, an environment, or a file, other than that of the PIN."""
    for pid in processes:
        for part in ("cmdline", "environ"):
            assert secret.encode() not in Path(f"/proc/{pid}/{part}").read_bytes()
    for path in [*scene.folder.rglob("*"), *scene.token.folder.rglob("*")]:
        if path.is_file() and path != scene.token.pin_file:
            assert secret.encode() not in path.read_bytes(), path


def test_a_pin_from_a_file_is_in_one_page_alone(scene: HsmScene) -> None:
    scene.add_key("csk", "-f", "KSK")
    said: list[str] = []
    with hanging(scene, said) as processes:
        nowhere(SENTINEL, scene, processes)
        for pid in processes:
            held = found_in_memory(pid, SENTINEL.encode())
            assert all(NAME_OF_PAGE in line and is_left_out_of_dumps(pid, line) for line in held), held
            assert found_in_memory(pid, b"pkcs11:token=signer")  # what is there is found
    assert SENTINEL not in "".join(said)
    nowhere(SENTINEL, scene, [])


def test_the_key_is_in_the_process_of_the_module_alone(scene: HsmScene) -> None:
    scene.add_key("csk", "-f", "KSK")
    with hanging(scene, []) as (program, hsm):
        for octets in (SCALAR.to_bytes(32, "big"), SCALAR.to_bytes(32, "little")):
            assert found_in_memory(program, octets) == []
        limits = Path(f"/proc/{hsm}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_a_pin_in_the_label_is_in_the_key_file_alone(scene: HsmScene) -> None:
    """There it is the user's, in base64; Python's text of it can't be wiped from our memory, which is not looked at."""
    scene.add_key("csk", "-f", "KSK", uri=f"pkcs11:token=signer;object=csk;pin-value={SENTINEL}")
    said: list[str] = []
    with hanging(scene, said) as processes:
        nowhere(SENTINEL, scene, processes)
    assert SENTINEL not in "".join(said)


def test_a_wrong_pin_is_not_told(scene: HsmScene) -> None:
    scene.add_key("csk", "-f", "KSK", uri=f"pkcs11:token=signer;object=csk;pin-value={SENTINEL}")
    done = scene.sign("-z", "-v", "10", check=False, faults=[hsm_shim.answer("C_Login", "CKR_PIN_INCORRECT", 1)])
    assert "the PIN is wrong" in scene.refused(done)
    assert SENTINEL not in done.stdout + done.stderr
