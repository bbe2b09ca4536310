"""Private keys to sign with, wherever they are kept: in a .private file, or in an HSM that the file leads to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from fastsign._core import Column, PrivateKey
from fastsign.keys.files import KeyFile

if TYPE_CHECKING:  # HSMs are rare, and a start-up is not to wait for them
    from fastsign.keys.pkcs11.settings import HsmKeyReference, HsmSettings


@dataclass(frozen=True, slots=True)
class KeyReference:
    """Where a worker finds a private key: the key itself never travels."""

    path: str  # of the .private file
    algorithm: int
    public_key: bytes  # as in the DNSKEY RDATA
    hsm: HsmKeyReference | None = None  # if that is where the key is
    check_all: bool = False  # is each signature of an HSM verified as it comes? Nobody else will do it


class Secret(Protocol):
    """A private key that can sign. Nothing can be read out of it."""

    @property
    def digest_length(self) -> int:
        """Octets of the digest that is signed; 0 where messages are signed (EdDSA)."""

    @property
    def signature_length(self) -> int: ...

    def sign_digests(self, digests: Column, count: int, signatures: Column, /) -> None:
        """Sign rows of digest_length octets into rows of signature_length octets. HsmError, SigningError."""

    def sign_messages(self, messages: Column, offsets: Column, count: int, signatures: Column, /) -> None:
        """Sign messages[offsets[i]:offsets[i + 1]] into rows of signature_length octets. HsmError, SigningError."""


def refer_to(file: KeyFile, settings: HsmSettings | None = None, *, check_all: bool = False) -> KeyReference:
    """Where the secret of a key is that can sign. KeyFileError or HsmError if the way to an HSM can't be made out."""
    assert file.private_path is not None
    hsm = None
    if file.metadata.in_hsm:
        from fastsign.keys.pkcs11.settings import HsmSettings, refer

        hsm = refer(file.private_path, file.algorithm, file.public_key, settings or HsmSettings())
    return KeyReference(file.private_path, file.algorithm, file.public_key, hsm, check_all)


def open_secret(reference: KeyReference, engine: str = "") -> Secret:
    """This process's own way to sign with a key; one in a file is copied into C memory.

    KeyFileError if it is gone or does not fit its public half; HsmError if an HSM has it not, or will not sign.
    """
    if reference.hsm is None:
        return PrivateKey.load(reference.path, reference.algorithm, reference.public_key, engine)
    from fastsign.keys.pkcs11.client import HsmPrivateKey

    return HsmPrivateKey(reference.hsm, check_all=reference.check_all)


@contextmanager
def closing_hsms() -> Iterator[None]:
    """At the end of the block this process's sessions with HSMs end, if it has any, and its keys there are closed."""
    try:
        yield
    finally:
        client = sys.modules.get("fastsign.keys.pkcs11.client")
        if client is not None:
            client.close_all()


def take_warnings(secret: Secret) -> tuple[str, ...]:
    """What is to be told of a key since one last asked."""
    if isinstance(secret, PrivateKey):
        return ()
    warnings: list[str] = getattr(secret, "warnings", [])
    taken = tuple(warnings)
    warnings.clear()
    return taken
