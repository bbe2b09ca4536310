"""How a run uses HSMs, and where it finds its keys in them. Nothing here needs PyKCS11."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fastsign.errors import HsmError, KeyFileError
from fastsign.keys.metadata import read_label
from fastsign.keys.pkcs11.pin import Pins, shared_pins
from fastsign.keys.pkcs11.uri import KeyUri, module_of, parse_uri

if TYPE_CHECKING:
    from fastsign.keys.pkcs11.worker import Place

PATIENCE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class HsmSettings:
    """What holds for all HSM keys of a run."""

    module: str | None = None  # path, where a URI has no module-path
    sessions: int = 1  # of each worker with its token
    workers: int = 0  # at most so many processes use a token at once; 0: as many as sign
    patience: float = PATIENCE  # seconds without a signature after which an HSM is given up
    replicas: tuple[KeyUri, ...] = ()  # other tokens that have the same keys, all of them
    groups: tuple[tuple[KeyUri, ...], ...] = ()  # tokens that have the same keys as each other
    pins: Pins = field(default_factory=shared_pins, compare=False)

    def with_groups(self, groups: Iterable[Iterable[str]]) -> HsmSettings:
        """The same where the tokens of each group have the same keys. ValueError for what is no URI."""
        parsed = (tuple(parse_uri(text, needs_key=False) for text in group) for group in groups)
        return replace(self, groups=tuple(group for group in parsed if len(group) > 1))


@dataclass(frozen=True, slots=True)
class HsmKeyReference:
    """Where a worker finds a key that is in HSMs."""

    algorithm: int
    public_key: bytes  # as in the DNSKEY RDATA
    copies: tuple[tuple[Place, KeyUri], ...]


def refer(path: str, algorithm: int, public_key: bytes, settings: HsmSettings) -> HsmKeyReference:
    """Where the key is that a .private file names by its label. PINs are read here, before anything is forked.

    KeyFileError if the label is none; HsmError if no module is named or a PIN can't be read.
    """
    try:
        uri = parse_uri(read_label(path))
    except ValueError as error:
        raise KeyFileError.at(path, f"the Label {error}") from None
    return refer_to_uris(uri, algorithm, public_key, settings)


def refer_to_uris(uri: KeyUri, algorithm: int, public_key: bytes, settings: HsmSettings) -> HsmKeyReference:
    """The same for a key whose URI is at hand."""
    return HsmKeyReference(algorithm, public_key, tuple(_copies(uri, settings)))


def _copies(uri: KeyUri, settings: HsmSettings) -> Iterator[tuple[Place, KeyUri]]:
    from fastsign.keys.pkcs11.worker import Place

    for copy in (uri, *(_in_other_token(uri, token) for token in _others(uri, settings))):
        module = module_of(copy) or settings.module
        if module is None:
            raise HsmError(
                f"no PKCS #11 module is named for {copy.describe()}: do it by module-path= in its label, "
                "or in the environment by PKCS11_MODULE_PATH"
            )
        bare = replace(copy, pin_value=None)
        yield Place(module, bare.of_token, settings.pins.of(copy), settings.sessions, settings.patience), bare


def _others(uri: KeyUri, settings: HsmSettings) -> Iterator[KeyUri]:
    """The other tokens in which a key is."""
    yield from settings.replicas
    for group in settings.groups:
        if any(_names_token_of(uri, token) for token in group):
            yield from (token for token in group if not _names_token_of(uri, token))


def _names_token_of(key: KeyUri, token: KeyUri) -> bool:
    bare = (replace(uri.of_token, pin_source=None, pin_value=None, module_path=None) for uri in (key, token))
    return len(set(bare)) == 1


def _in_other_token(key: KeyUri, token: KeyUri) -> KeyUri:
    """The same key in another token, where it may have another name."""
    if token.object is not None or token.id is not None:
        return token
    return replace(token, object=key.object, id=key.id)
