"""Key files for the tests, and signing a few rows at a time."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tools
from fastsign._core import Column, PrivateKey

DIGEST_ALGORITHMS = (5, 7, 8, 10, 13, 14)
MESSAGE_ALGORITHMS = (15, 16)
ALGORITHMS = DIGEST_ALGORITHMS + MESSAGE_ALGORITHMS


@dataclass(frozen=True)
class KeyPair:
    """A key file and the public key field of its DNSKEY."""

    path: Path
    algorithm: int
    public_key: bytes

    def load(self, engine: str = "") -> PrivateKey:
        return PrivateKey.load(self.path, self.algorithm, self.public_key, engine)

    @property
    def signature_length(self) -> int:
        """Octets: for RSA those of the modulus (RFC 3110 section 2, short exponent)."""
        fixed = {13: 64, 14: 96, 15: 64, 16: 114}
        return fixed.get(self.algorithm) or len(self.public_key) - 1 - self.public_key[0]

    def field(self, tag: str) -> bytes:
        found = re.search(rf"^{tag}: (\S+)$", self.path.read_text(), re.MULTILINE)
        assert found, f"{self.path} has no {tag}"
        return base64.b64decode(found[1])


def keygen(folder: Path, algorithm: int, *arguments: str, name: str = "example") -> KeyPair:
    """A key made by BIND."""
    stem = tools.run("dnssec-keygen", "-q", "-K", folder, "-a", str(algorithm), *arguments, name).stdout.strip()
    return KeyPair(folder / f"{stem}.private", algorithm, public_key_of(folder / f"{stem}.key"))


def public_key_of(key_file: Path) -> bytes:
    record = next(line for line in key_file.read_text().splitlines() if not line.startswith(";"))
    return base64.b64decode("".join(record.partition("DNSKEY")[2].split()[3:]))


def write_key(folder: Path, algorithm: int, public_key: bytes, **fields: bytes) -> KeyPair:
    """A key file of known numbers."""
    path = folder / f"Kexample.+{algorithm:03d}+00001.private"
    lines = [f"{tag}: {base64.b64encode(value).decode()}" for tag, value in fields.items()]
    path.write_text("\n".join(["Private-key-format: v1.3", f"Algorithm: {algorithm} (X)", *lines, ""]))
    return KeyPair(path, algorithm, public_key)


def column(typecode: str, values: Sequence[int]) -> Column:
    made = Column(typecode, len(values))
    view = made.view()
    for i, value in enumerate(values):
        view[i] = value
    view.release()
    return made


def octets(values: bytes) -> Column:
    made = Column("B", len(values))
    with made.view() as view:
        view[:] = values
    return made


def sign(key: PrivateKey, rows: Sequence[bytes]) -> list[bytes]:
    """Sign digests or messages, whichever the key's algorithm takes."""
    length, count = key.signature_length, len(rows)
    data, signatures = octets(b"".join(rows)), Column("B", count * length)
    if key.digest_length:
        key.sign_digests(data, count, signatures)
    else:
        ends = [0]
        for row in rows:
            ends.append(ends[-1] + len(row))
        key.sign_messages(data, column("Q", ends), count, signatures)
    with signatures.view() as view:
        joined = bytes(view)
    return [joined[i * length : (i + 1) * length] for i in range(count)]
