"""The engines' C files built as a library of their own, some of them exchanged, and driven through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

from private_keys import KeyPair

ROOT = Path(__file__).parents[1]
KERNELS = ROOT / "src/_core/kernels"
INCLUDES = [f"-I{folder}" for folder in sorted(KERNELS.iterdir())]
PARTS = ROOT / "tests/core"

OK, ERROR_CRYPTO = 0, 4


class Error(ctypes.Structure):
    """fs_error of fs.h."""

    _fields_ = (
        ("status", ctypes.c_int),
        ("number", ctypes.c_int),
        ("line", ctypes.c_uint64),
        ("file", ctypes.c_char * 512),
        ("message", ctypes.c_char * 1024),
    )


class Rows(ctypes.Structure):
    """fs_rows of engine.h."""

    _fields_ = (
        ("data", ctypes.c_char_p),
        ("offset", ctypes.POINTER(ctypes.c_uint64)),
        ("width", ctypes.c_uint32),
        ("count", ctypes.c_size_t),
    )


def crypto_mb_headers() -> Path:
    files = distribution("ipp-crypto-include").files or []
    header = next(file for file in files if file.name == "ec_nistp256.h")
    return Path(str(header.locate())).parents[1]


def build(folder: Path, add: Sequence[str] = (), leave_out: Sequence[str] = (), crypto_mb: bool = False) -> ctypes.CDLL:
    """Compile the engines without the kernels *leave_out*, with the test's own files *add*."""
    patterns = ("fs.c", "cpu.c", "sha*.c", "ec_nonce.c", "engine*.c", "private_key*.c")
    kernels = [path for pattern in patterns for path in KERNELS.glob(f"*/{pattern}")]
    sources = [path for path in kernels if path.name not in ("engine_batch.c", *leave_out)]
    sources += [PARTS / name for name in ("no_batch.c", *add)]
    library = folder / "engines.so"
    flags = ["-shared", "-fPIC", "-O0", "-std=gnu11", "-Wall", "-Wextra", "-Werror", *INCLUDES]
    if crypto_mb:
        flags += ["-DFASTSIGN_CRYPTO_MB=1", f"-I{crypto_mb_headers()}"]
    subprocess.run(["gcc", *flags, "-o", library, *sources, "-lcrypto"], check=True)
    return ctypes.CDLL(str(library))


def another(library: ctypes.CDLL, folder: Path) -> ctypes.CDLL:
    """The same library as a process finds it that has not opened a key yet."""
    return ctypes.CDLL(shutil.copy(library._name, folder / "another.so"))


class LibraryKey:
    """fs_private_key of such a library."""

    def __init__(self, library: ctypes.CDLL, pair: KeyPair, engine: str = "") -> None:
        self.library, self.pair = library, pair
        self.handle, self.error = ctypes.c_void_p(), Error()
        public = pair.public_key
        self.status = library.fs_private_key_open(
            ctypes.byref(self.handle),
            str(pair.path).encode(),
            ctypes.c_uint8(pair.algorithm),
            public,
            ctypes.c_size_t(len(public)),
            engine.encode(),
            ctypes.byref(self.error),
        )

    def sign(self, rows: Sequence[bytes]) -> list[bytes]:
        """Sign; self.status and self.error say how it went. What stands in the output is returned either way."""
        length = self.pair.signature_length
        data, out = b"".join(rows), ctypes.create_string_buffer(b"\xee" * (length * len(rows)), length * len(rows))
        ends = [0]
        for row in rows:
            ends.append(ends[-1] + len(row))
        offsets = (ctypes.c_uint64 * len(ends))(*ends)
        by_message = self.pair.algorithm >= 15
        batch = Rows(data, offsets if by_message else None, 0 if by_message else len(rows[0]), len(rows))
        self.status = self.library.fs_sign(self.handle, ctypes.byref(batch), out, ctypes.byref(self.error))
        return [out.raw[i * length : (i + 1) * length] for i in range(len(rows))]

    @property
    def message(self) -> str:
        return str(self.error.message.decode())

    def close(self) -> None:
        self.library.fs_private_key_close(self.handle)
