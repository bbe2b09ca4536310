"""A PKCS #11 module of the tests' own, which stands before SoftHSM and makes chosen calls go wrong; see hsm_shim.c."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tools

SOURCE = Path(__file__).parent / "hsm_shim.c"
FOREVER = 2**64 - 1
RULES, FUNCTIONS = 64, 68

ANY = "any"  # of the calls below, counted together
CALLS = {
    "C_Initialize": 0,
    "C_Finalize": 1,
    "C_GetSlotList": 4,
    "C_GetTokenInfo": 6,
    "C_OpenSession": 12,
    "C_CloseSession": 13,
    "C_Login": 18,
    "C_Logout": 19,
    "C_GetAttributeValue": 24,
    "C_FindObjectsInit": 26,
    "C_FindObjects": 27,
    "C_FindObjectsFinal": 28,
    "C_SignInit": 42,
    "C_Sign": 43,
    ANY: FUNCTIONS,
}
ANSWERS = {
    "CKR_GENERAL_ERROR": 0x5,
    "CKR_FUNCTION_FAILED": 0x6,
    "CKR_DEVICE_ERROR": 0x30,
    "CKR_DEVICE_REMOVED": 0x32,
    "CKR_PIN_INCORRECT": 0xA0,
    "CKR_SESSION_HANDLE_INVALID": 0xB3,
    "CKR_TOKEN_NOT_PRESENT": 0xE0,
    "CKR_USER_ALREADY_LOGGED_IN": 0x100,
    "CKR_USER_NOT_LOGGED_IN": 0x101,
    "CKR_MECHANISM_INVALID": 0x70,
}


class _Rule(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("function", "first", "last", "kind", "value"))


class _Plan(ctypes.Structure):
    """`plan` of hsm_shim.c"""

    _fields_ = (
        ("module", ctypes.c_char * 1024),
        ("rules", _Rule * RULES),
        ("calls", ctypes.c_uint64 * (FUNCTIONS + 1)),
        ("faults", ctypes.c_uint64),
        ("absent", ctypes.c_uint64),
        ("removals", ctypes.c_uint64),
        ("hanging", ctypes.c_uint64),
    )


@dataclass(frozen=True)
class Fault:
    """What happens to the calls number *first* to *last*, from 1, of a function, whichever process makes them."""

    call: str
    first: int
    last: int
    kind: int
    value: int = 0


# ---- kinds of faults; each at the n-th call alone, unless it says how long


def answer(call: str, name: str, first: int, last: int | None = None) -> Fault:
    """The call says so, and nothing is done."""
    return Fault(call, first, last or first, 1, ANSWERS[name])


def delay(call: str, microseconds: int, first: int = 1, last: int = FOREVER) -> Fault:
    """Each call takes up to so much longer, some more and some less."""
    return Fault(call, first, last, 2, microseconds)


def spoil(first: int, last: int | None = None, mask: int = 1) -> Fault:
    """A signature of the right length with a wrong octet."""
    return Fault("C_Sign", first, last or first, 3, mask)


def close(call: str, first: int) -> Fault:
    """The session ends just before the call in it."""
    return Fault(call, first, first, 4)


def log_out(call: str, first: int) -> Fault:
    """All sessions are logged out just before the call."""
    return Fault(call, first, first, 5)


def remove(call: str, first: int, calls: int = FOREVER) -> Fault:
    """The token is out of its slot for so many calls; sessions end."""
    return Fault(call, first, first, 6, calls)


def hang(call: str, first: int, last: int | None = None) -> Fault:
    """The call does not come back."""
    return Fault(call, first, last or first, 7)


def die(call: str, first: int, signal: int, last: int | None = None) -> Fault:
    """The process gets a signal."""
    return Fault(call, first, last or first, 8, signal)


# ---- the module


@cache
def _built() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "shim.so"
        flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread"]
        subprocess.run([tools.find("cc"), *flags, "-o", str(out), str(SOURCE), "-ldl"], check=True)
        return out.read_bytes()


class Shim:
    """The module in a file of its own, with a plan of its own."""

    def __init__(self, path: Path, behind: str) -> None:
        """Write it to *path*, before the module *behind*. Nothing goes wrong yet."""
        self.path = str(path)
        path.write_bytes(_built())
        plan = path.with_name(path.name + ".plan")
        plan.write_bytes(bytes(ctypes.sizeof(_Plan)))
        with plan.open("r+b") as file:
            self._plan = _Plan.from_buffer(mmap.mmap(file.fileno(), 0))
        self._plan.module = behind.encode()

    def plan(self, *faults: Fault) -> None:
        """What is to go wrong from now on; the counters begin again."""
        module = self._plan.module
        ctypes.memset(ctypes.addressof(self._plan), 0, ctypes.sizeof(_Plan))
        self._plan.module = module
        for place, fault in enumerate(faults):
            self._plan.rules[place] = _Rule(CALLS[fault.call], fault.first, fault.last, fault.kind, fault.value)

    def calls(self, call: str) -> int:
        """How often all processes together have called a function since the last plan."""
        return int(self._plan.calls[CALLS[call]])

    @property
    def faults(self) -> int:
        """How many calls have gone wrong."""
        return int(self._plan.faults)

    @property
    def hanging(self) -> int:
        """How many calls do not come back."""
        return int(self._plan.hanging)
