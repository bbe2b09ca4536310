"""The one tree of exceptions. Each message says what, where, why and what to do."""


class FastsignError(Exception):
    """Whatever fastsign refuses to do."""


class ZoneSyntaxError(FastsignError):
    """The master file can't be read: *message*, as the loader words it, at *line* of *file*."""

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else message)
        self.message, self.file, self.line = message, file, line


class ZoneError(FastsignError):
    """The zone was read, but its content breaks a rule that signing depends on."""


class KeyFileError(FastsignError):
    """A key file is missing, unreadable or does not fit."""


class SigningError(FastsignError):
    """libcrypto, a signing engine or a self-check failed; no signature was let out."""


class VerificationError(FastsignError):
    """The signed zone does not verify."""
