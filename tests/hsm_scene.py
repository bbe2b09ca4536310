"""A zone that is signed with keys in SoftHSM, through the shim, by the whole program."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import tools
from fastsign.keys.pkcs11 import client
from hsm_shim import Fault, Shim
from hsm_token import Token
from inprocess import Done, command

ORIGIN = "example."
OLD = "; what was published before\n"
NAMES = 98  # with a CSK and NSEC: 200 signatures

_HEAD = "$TTL 3600\n@ SOA ns1 hostmaster 7 7200 3600 1209600 900\n@ NS ns1\n"


def import_key(token: Token, scalar: int, label: str, on: str | None = None) -> None:
    """Put a key on P-256 that is known into a token, the first unless another is named."""
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    files = {
        "privkey": key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        "pubkey": key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    }
    for kind, octets in files.items():
        path = token.folder / kind
        path.write_bytes(octets)
        token.pkcs11_tool("-w", str(path), "--type", kind, "--label", label, "--id", "01", "--usage-sign", token=on)
        path.unlink()


@dataclass
class HsmScene:
    """The current directory: a zone, key files in `keys`; the signed zone goes to `signed`."""

    folder: Path
    token: Token
    shim: Shim = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "keys").mkdir()
        self.write_zone(NAMES)
        self.shim = Shim(self.folder / "shim.so", self.token.module)

    @property
    def signed(self) -> Path:
        return self.folder / "signed"

    def write_zone(self, names: int) -> None:
        """A zone of *names* hosts and its apex, of which two RRsets and NSEC are to be signed, and DNSKEY."""
        hosts = "".join(f"host{i} A 192.0.2.{i % 250}\n" for i in range(names - 1))
        (self.folder / "zone").write_text(f"{_HEAD}ns1 A 192.0.2.251\n{hosts}")

    def add_key(self, label: str, *options: str, algorithm: int = 13, uri: str = "", folder: str = "keys") -> str:
        """Files for a key of the token; their name."""
        arguments = ("-K", folder, "-a", str(algorithm), "-l", uri or self.token.uri(label), *options, ORIGIN)
        return command("keyfromlabel", *arguments, environ={"PKCS11_MODULE_PATH": self.token.module}).stdout.strip()

    def sign(self, *options: str, faults: Sequence[Fault] = (), check: bool = True, keep: bool = False) -> Done:
        """Sign by fastsign in this process, as the faults let it; *keep* the HSM process for the next time."""
        self.shim.plan(*faults)
        self.signed.write_text(OLD)
        arguments = ("-S", "-K", "keys", "-o", ORIGIN, "-f", "signed", *options, "zone")
        try:
            return command("signzone", *arguments, environ={"PKCS11_MODULE_PATH": self.shim.path}, check=check)
        finally:
            if not keep:
                client.close_all()

    def start(self, *options: str, shim: Shim, output: str = "signed") -> subprocess.Popen[str]:
        """The same in a process of its own, which goes on, through a module that has its plan."""
        (self.folder / output).write_text(OLD)
        arguments = ("-S", "-K", "keys", "-o", ORIGIN, "-f", output, *options, "zone")
        environ = {**os.environ, "PKCS11_MODULE_PATH": shim.path}
        program = [sys.executable, "-m", "fastsign", "signzone", *arguments]
        return subprocess.Popen(program, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def accept(self, output: str = "signed") -> None:
        """Fail unless BIND accepts the signed zone."""
        tools.run("dnssec-verify", "-q", "-z", "-o", ORIGIN, output, cwd=self.folder)

    def refused(self, done: Done) -> str:
        """Fail unless there is a clear error, and what was published before is there yet; what the error is."""
        assert done.code == 1
        assert self.signed.read_text() == OLD
        assert "Traceback" not in done.stderr
        return done.stderr

    def well(self, done: Done) -> bool:
        """Has it signed the zone, and well? Or else told why not."""
        if done.code == 0:
            self.accept()
        else:
            self.refused(done)
        return done.code == 0
