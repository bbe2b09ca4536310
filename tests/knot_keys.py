"""Knot's key store: keys made in it, keys taken into it from BIND's files, and zones signed by it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import tools

CONFIGURATION = """\
server:
    rundir: {folder}/knot
database:
    storage: {folder}/knot
policy:
  - id: manual
    manual: on
    cds-cdnskey-publish: none
zone:
  - domain: {zone}
    storage: {folder}
    file: {file}
    dnssec-signing: on
    dnssec-policy: manual
"""


class KnotKeys:
    """The key store of one zone, in a folder."""

    def __init__(self, folder: Path, zone: str, file: str = "zone") -> None:
        self.folder, self.zone = folder, zone
        self.configuration = folder / "knot.conf"
        (folder / "knot").mkdir()
        self.configuration.write_text(CONFIGURATION.format(folder=folder, zone=zone, file=file))

    def keymgr(self, *arguments: str | Path) -> str:
        return tools.run("keymgr", "-c", self.configuration, self.zone, *arguments).stdout

    def take(self, base: str) -> None:
        """Take a key in from BIND's files."""
        self.keymgr("import-bind", self.folder / f"{base}.key")

    def make(self, algorithm: int, *, ksk: bool) -> str:
        """Make a key and write BIND's files of it: Knot has the secret as PEM, and prints the record."""
        size = ("size=1024",) if algorithm < 13 else ()
        key_id = self.keymgr("generate", f"algorithm={algorithm}", f"ksk={'yes' if ksk else 'no'}", *size).split()[0]
        (made,) = [key for key in json.loads(self.keymgr("list", "-j")) if key["id"] == key_id]
        pem = (self.folder / f"knot/keys/keys/{key_id}.pem").read_bytes()
        base = f"K{self.zone}+{algorithm:03d}+{made['tag']:05d}"
        (self.folder / f"{base}.key").write_text(self.keymgr("dnskey", key_id))
        (self.folder / f"{base}.private").write_text(private_file(algorithm, pem))
        return base

    def sign(self, output: Path) -> None:
        """Sign the zone with the keys of the store; *output* is a folder."""
        output.mkdir()
        tools.run("kzonesign", "-c", self.configuration, "-o", output, self.zone)


def private_file(algorithm: int, pem: bytes) -> str:
    """BIND's .private file, of the form without times, for a key in PEM."""
    lines = ["Private-key-format: v1.2", f"Algorithm: {algorithm}"]
    return "\n".join(lines + [f"{tag}: {base64.b64encode(value).decode()}" for tag, value in material(pem)]) + "\n"


def material(pem: bytes) -> list[tuple[str, bytes]]:
    der = base64.b64decode("".join(pem.decode().splitlines()[1:-1]))
    if _P256 in der or _P384 in der:
        return [("PrivateKey", scalar(der, 32 if _P256 in der else 48))]
    key = load_pem_private_key(pem, None)
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        public = numbers.public_numbers
        parts = [public.n, public.e, numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
        tags = "Modulus PublicExponent PrivateExponent Prime1 Prime2 Exponent1 Exponent2 Coefficient"
        return [(t, n.to_bytes((n.bit_length() + 7) // 8, "big")) for t, n in zip(tags.split(), parts, strict=True)]
    assert isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return [("PrivateKey", key.private_bytes_raw())]


_P256, _P384 = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06052b81040022")  # names of the curves in DER


def scalar(der: bytes, width: int) -> bytes:
    """The number of an EC key in PKCS #8. GnuTLS puts a zero before some, which cryptography refuses."""
    pkcs8 = values(values(der)[0])
    ec_private_key = values(values(pkcs8[2])[0])
    return int.from_bytes(ec_private_key[1], "big").to_bytes(width, "big")


def values(der: bytes) -> list[bytes]:
    """The contents of values of DER that stand one behind the other."""
    found, at = [], 0
    while at < len(der):
        length, at = der[at + 1], at + 2
        if length > 0x80:
            length, at = int.from_bytes(der[at : at + length - 0x80], "big"), at + length - 0x80
        found.append(der[at : at + length])
        at += length
    return found
