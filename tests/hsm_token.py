"""A SoftHSM token with keys, made by softhsm2-util and OpenSC's pkcs11-tool."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import tools

PIN, SO_PIN = "mellon-1", "balrog-12"
KINDS = {8: "rsa:2048", 13: "EC:prime256v1", 14: "EC:secp384r1", 15: "EC:edwards25519"}


def find_module() -> str:
    """Path of SoftHSM's module, which distributions put in different folders."""
    for folder in ("/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/local/lib/softhsm"):
        if os.path.exists(f"{folder}/libsofthsm2.so"):
            return f"{folder}/libsofthsm2.so"
    raise AssertionError("SoftHSM is not installed; the tests need it: apt-get install softhsm2")


@dataclass
class Token:
    """A folder with SoftHSM's files, and a token in it."""

    folder: Path
    label: str = "signer"
    module: str = field(default_factory=find_module)

    @property
    def configuration(self) -> Path:
        return self.folder / "softhsm2.conf"

    @property
    def pin_file(self) -> Path:
        return self.folder / "pin"

    def set_up(self) -> None:
        (self.folder / "tokens").mkdir(parents=True)
        self.configuration.write_text(f"directories.tokendir = {self.folder}/tokens\nlog.level = ERROR\n")
        self.pin_file.write_text(PIN + "\n")
        self.add_token(self.label)

    def add_token(self, label: str) -> None:
        self._run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", SO_PIN)

    def make_key(self, kind: str, label: str, key_id: str, token: str | None = None) -> None:
        self.pkcs11_tool("-k", "--key-type", kind, "--label", label, "--id", key_id, token=token)

    def import_key(self, pem: Path, label: str, key_id: str, token: str | None = None) -> None:
        """A key pair of a PKCS #8 file."""
        where = ("--token", token or self.label, "--pin", PIN)
        self._run("softhsm2-util", "--import", str(pem), "--label", label, "--id", key_id, *where)

    def pkcs11_tool(self, *arguments: str, token: str | None = None) -> str:
        where = ("--module", self.module, "--token-label", token or self.label, "-l", "--pin", PIN)
        return self._run("pkcs11-tool", *where, *arguments)

    def read_rsa(self, label: str) -> bytes:
        """The public key in DER, as OpenSC gives it."""
        path = self.folder / "der"
        self.pkcs11_tool("-r", "--type", "pubkey", "--label", label, "-o", str(path))
        return path.read_bytes()

    def read_point(self, label: str) -> bytes:
        """The point of a public key on a curve, as OpenSC lists it: in an OCTET STRING of DER."""
        listed = self.pkcs11_tool("-O", "--type", "pubkey")
        after = listed[: listed.index(f"label:      {label}\n")]
        octets = bytes.fromhex(re.findall(r"EC_POINT: +([0-9a-f]+)", after)[-1])
        assert octets[:2] == bytes([4, len(octets) - 2])
        return octets[2:]

    def uri(self, name: str, *more: str, token: str | None = None) -> str:
        return ";".join([f"pkcs11:token={token or self.label}", f"object={name}", f"pin-source={self.pin_file}", *more])

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """SoftHSM finds the token by its environment, in this process too."""
        before = os.environ.get("SOFTHSM2_CONF")
        os.environ["SOFTHSM2_CONF"] = str(self.configuration)
        try:
            yield
        finally:
            if before is None:
                del os.environ["SOFTHSM2_CONF"]
            else:
                os.environ["SOFTHSM2_CONF"] = before

    def _run(self, tool: str, *arguments: str) -> str:
        environ = {**os.environ, "SOFTHSM2_CONF": str(self.configuration)}
        done = subprocess.run([tools.find(tool), *arguments], env=environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
