"""dnssec-keygen with a key store that is an HSM: the key is made there, and stays only if its files are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.cli.compat.engines import TOKEN
from fastsign.cli.compat.hsm_options import module_for, token_uri
from fastsign.cli.compat.keygen_run import Bench, Store
from fastsign.errors import HsmError
from fastsign.keys import facts
from fastsign.keys.files import KeyFile
from fastsign.keys.write import Material, hsm_material

if TYPE_CHECKING:
    from fastsign.keys.pkcs11.module import HsmKey, Token
    from fastsign.keys.pkcs11.uri import KeyUri


@contextmanager
def hsm_bench(line: CommandLine, store: Store) -> Iterator[Bench]:
    """Make keys in an HSM. One that has not been kept when this ends is removed, or at least told of."""
    failure: HsmError | None = None
    for text in store.uris:
        uri = _token_of(line, text)
        try:
            opened = _open(line, store, uri)
            token, session = opened.__enter__()
        except HsmError as error:
            if failure is not None:
                line.warn(f"warning: {failure}")
            failure = error
            continue
        if failure is not None:
            line.warn(f"warning: {failure}; the key is made in {uri.describe()}")
        with _closing(opened):
            workshop = _Workshop(line, store, text, token, session)
            try:
                yield Bench(workshop.make, workshop.discard, workshop.keep)
            finally:
                workshop.discard()
        return
    raise FatalError(f"no key can be made in the HSM: {failure}")


def _token_of(line: CommandLine, text: str) -> KeyUri:
    uri = token_uri(text, "the key store's URI")
    if uri.object is not None or uri.id is not None:
        raise FatalError(f"the key store's URI {uri.describe()} names a key; a new one gets a name of its own")
    if uri.pin_value is not None:
        line.warn(
            "warning: the key store's URI has a PIN in it, which will stand in the .private file, and in the list of "
            "processes if it is on the command line: name a file with it by pin-source instead"
        )
    return uri


def _open(line: CommandLine, store: Store, uri: KeyUri) -> AbstractContextManager[tuple[Token, Any]]:
    from fastsign.keys.pkcs11.module import open_token

    return open_token(uri, module_for(line.env, store.engine, uri), read_write=True)


@contextmanager
def _closing(opened: AbstractContextManager[Any]) -> Iterator[None]:
    try:
        yield
    finally:
        opened.__exit__(None, None, None)


@dataclass(slots=True)
class _Workshop:
    """A token that is open, and the key that has been made there and has no files yet."""

    line: CommandLine
    store: Store
    text: str  # the URI as it is to stand in the files
    token: Token
    session: Any
    made: HsmKey | None = None

    def make(self, key: KeyFile, bits: int) -> tuple[bytes, Material]:
        """(public key, what is to stand in the .private file). FatalError if the HSM does not make one."""
        from fastsign.keys.pkcs11.make import is_taken, label_of, make_key
        from fastsign.keys.pkcs11.uri import with_object

        moment = int(self.line.env.clock() * 1000)
        try:
            is_ksk = bool(key.flags & facts.SEP)
            while is_taken(self.session, label := label_of(key.name, self.store.policy, is_ksk, moment)):
                moment += 1
            self.made = make_key(self.token, self.session, key.algorithm, bits, label)
        except HsmError as error:
            raise FatalError(f"failed to make a {facts.algorithm_name(key.algorithm)} key: {error}") from None
        public_key = self.made.public_key
        return public_key, hsm_material(replace(key, public_key=public_key), TOKEN, with_object(self.text, label))

    def keep(self) -> None:
        self.made = None

    def discard(self) -> None:
        """Remove the key from the HSM: nobody will know of it. If that can't be done somebody is told."""
        from fastsign.keys.pkcs11.make import destroy_key

        made, self.made = self.made, None
        if made is None:
            return
        try:
            destroy_key(self.token, self.session, made.label, made.id)
        except HsmError as error:
            self.line.warn(
                f"warning: the key {made.label!r} with id {made.id.hex()} has no files and is left in the HSM "
                f"({error}): remove it by the HSM's tools, or write its files by dnssec-keyfromlabel"
            )
