"""How keys in HSMs are found and used: options that several commands have, and what the environment says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastsign.cli.compat.common import FatalError, parse_number
from fastsign.cli.compat.engines import TOKEN
from fastsign.cli.env import Env
from fastsign.errors import HsmError

if TYPE_CHECKING:  # HSMs are rare, and a start-up is not to wait for them
    from fastsign.keys.pkcs11.settings import HsmSettings
    from fastsign.keys.pkcs11.uri import KeyUri

# Where the module's path is taken from if no URI has it: what OpenSSL's engine and its provider go by.
MODULE_VARIABLES = ("PKCS11_MODULE_PATH", "PKCS11_PROVIDER_MODULE")

RUN = {"hsm-patience": ":", "hsm-sessions": ":", "hsm-workers": ":"}
LONG = {**RUN, "hsm-replica": ":"}

_SESSIONS_MAX = 256


def module_of(env: Env) -> str | None:
    """Path of the PKCS #11 module that the environment names."""
    return next((env.environ[name] for name in MODULE_VARIABLES if env.environ.get(name)), None)


def module_for(env: Env, engine: str, uri: KeyUri) -> str:
    """Path of the PKCS #11 module: that of the URI, else of -E, else of the environment. HsmError if none is named."""
    from fastsign.keys.pkcs11.uri import module_of as named_by

    named = named_by(uri)
    if named is not None:
        return env.path(named) if "/" in named else named
    if "/" in engine:
        return env.path(engine)
    if engine not in ("", TOKEN):
        raise HsmError(f"-E {engine} is neither {TOKEN} nor the path of a PKCS #11 module")
    path = module_of(env)
    if path is None:
        ways = f"-E /path/to/module.so, module-path= in the URI, or the environment's {MODULE_VARIABLES[0]}"
        raise HsmError(f"no PKCS #11 module is named: do it by {ways}")
    return path


def hsm_settings(env: Env, values: Mapping[str, str], replicas: Sequence[str]) -> HsmSettings | None:
    """What the options and the environment ask for; None if that is nothing. FatalError if an option makes no sense."""
    module = module_of(env)
    if module is None and not replicas and not LONG.keys() & values.keys():
        return None
    from fastsign.keys.pkcs11.settings import PATIENCE, HsmSettings

    sessions = values.get("hsm-sessions", "1")
    return HsmSettings(
        module=module,
        sessions=parse_number(sessions, f"--hsm-sessions must be a number from 1 to {_SESSIONS_MAX}", 1, _SESSIONS_MAX),
        workers=parse_number(values.get("hsm-workers", "0"), "--hsm-workers must be a number"),
        patience=parse_number(values.get("hsm-patience", f"{PATIENCE:g}"), "--hsm-patience must be seconds, from 1", 1),
        replicas=tuple(token_uri(text, "--hsm-replica") for text in replicas),
    )


def token_uri(text: str, option: str) -> KeyUri:
    """The URI of a token that an option has. FatalError if it is none."""
    from fastsign.keys.pkcs11.uri import SCHEME, parse_uri

    try:
        if not text.lower().startswith(SCHEME):
            raise ValueError(f"is no PKCS #11 URI: it does not begin with {SCHEME}")
        return parse_uri(text, needs_key=False)
    except ValueError as error:
        raise FatalError(f"{option} {error}") from None
