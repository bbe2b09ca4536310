"""fastsign signs DNS zones for DNSSEC: dnssec-signzone's command line, ten times the speed.

For Python programs: load a zone, sign_zone, verify_zone. docs/python.md is the guide. Importing the package is cheap:
what it offers is imported at its first use.
"""

from __future__ import annotations

TYPE_CHECKING = False  # but true for type checkers, and typing is not imported for it

if TYPE_CHECKING:
    from fastsign.api.keys import Key, Keys, Timing
    from fastsign.api.signed import SignedZone
    from fastsign.api.signing import NSEC3, SigningOptions, sign_zone
    from fastsign.api.verifying import Verification, VerifyingOptions, verify_zone
    from fastsign.api.zone import Record, Zone, ZoneFile
    from fastsign.errors import (
        FastsignError,
        FileError,
        HsmError,
        JournalError,
        KeyFileError,
        RawFormatError,
        SigningError,
        VerificationError,
        ZoneError,
        ZoneSyntaxError,
    )
    from fastsign.keys.pkcs11.settings import HsmSettings
    from fastsign.sign.report import SigningReport

__version__ = "0.1.0"

__all__ = [
    "NSEC3",
    "FastsignError",
    "FileError",
    "HsmError",
    "HsmSettings",
    "JournalError",
    "Key",
    "KeyFileError",
    "Keys",
    "RawFormatError",
    "Record",
    "SignedZone",
    "SigningError",
    "SigningOptions",
    "SigningReport",
    "Timing",
    "Verification",
    "VerificationError",
    "VerifyingOptions",
    "Zone",
    "ZoneError",
    "ZoneFile",
    "ZoneSyntaxError",
    "__version__",
    "sign_zone",
    "verify_zone",
]

_HOMES = {
    "fastsign.api.keys": ("Key", "Keys", "Timing"),
    "fastsign.api.signed": ("SignedZone",),
    "fastsign.api.signing": ("NSEC3", "SigningOptions", "sign_zone"),
    "fastsign.api.verifying": ("Verification", "VerifyingOptions", "verify_zone"),
    "fastsign.api.zone": ("Record", "Zone", "ZoneFile"),
    "fastsign.keys.pkcs11.settings": ("HsmSettings",),
    "fastsign.sign.report": ("SigningReport",),
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = next((home for home, names in _HOMES.items() if name in names), "fastsign.errors")
        value = globals()[name] = getattr(import_module(home), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
