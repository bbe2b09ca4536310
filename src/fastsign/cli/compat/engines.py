"""The engines of -E, which BIND has from OpenSSL.

fastsign has none to load: a key in an HSM is found by its label, whatever -E says, and the rest is libcrypto's and its
own. So a name that stands for one of these is taken, and any other is refused.
"""

from __future__ import annotations

from fastsign.cli.compat.common import FatalError

LIBCRYPTO, TOKEN = "openssl", "pkcs11"


def parse_engine(text: str) -> str:
    """The value of -E: LIBCRYPTO, TOKEN, or "" for none, as in BIND. FatalError for another."""
    if text not in (LIBCRYPTO, TOKEN, ""):
        raise FatalError(
            f"-E {text}: no such engine; there are {LIBCRYPTO}, which is libcrypto, and {TOKEN}, for keys in an HSM"
        )
    return text
