"""The one tree of exceptions. Each message says what, where, why and what to do."""

from __future__ import annotations

import errno


class FastsignError(Exception):
    """Whatever fastsign refuses to do."""


class ZoneSyntaxError(FastsignError):
    """The master file can't be read: *message*, as the loader words it, at *line* of *file*."""

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else message)
        self.message, self.file, self.line = message, file, line


class RawFormatError(ZoneSyntaxError):
    """A file in BIND's raw format can't be read; there is no line to tell of."""


class JournalError(FastsignError):
    """A journal can't be applied: *reason* in BIND's word; *lines* are what BIND's log says before.

    unreadable: the file is no journal. out_of_sync: the zone's serial is none that the journal can go on from.
    """

    def __init__(self, reason: str, *lines: str, unreadable: bool = False, out_of_sync: bool = False) -> None:
        super().__init__(lines[-1] if lines else reason)
        self.reason, self.lines = reason, lines
        self.unreadable, self.out_of_sync = unreadable, out_of_sync


class ZoneError(FastsignError):
    """The zone was read, but its content breaks a rule that signing depends on."""


class KeyFileError(FastsignError):
    """A key file is missing, unreadable or does not fit: *reason*, as BIND words it, about the file at *path*."""

    def __init__(self, message: str, path: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.path, self.reason = path, reason or message

    @classmethod
    def at(cls, path: str, reason: str) -> KeyFileError:
        """Something is wrong with the file at *path*."""
        return cls(f"{path}: {reason}", path, reason)

    @classmethod
    def of_system(cls, path: str, error: OSError) -> KeyFileError:
        """The system refuses the file at *path*."""
        return cls.at(path, system_reason(error))


class FileError(FastsignError):
    """The system refuses a file that is to be read or written."""


class PolicyError(FastsignError):
    """A configuration can't be used: *problems*, a line each with file:line: and BIND's words where BIND has any.

    *warnings*: what was odd besides.
    """

    def __init__(self, *problems: str, warnings: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join(problems))
        self.problems, self.warnings = problems, warnings


class RolloverError(FastsignError):
    """A rollover command can't be carried out: *reason* in BIND's words."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


class SkrError(FastsignError):
    """A signed key response (SKR) can't be used: it is malformed, does not verify, or has no bundle for the moment."""


class HsmError(FastsignError):
    """An HSM, or its PKCS #11 module, does not do what was asked of it."""


class HsmRefusedError(HsmError):
    """An HSM does not do it however often it is asked: the PIN is wrong, a key is another one or can't sign."""


class SigningError(FastsignError):
    """libcrypto, a signing engine or a self-check failed; no signature was let out."""


class VerificationError(FastsignError):
    """The signed zone does not verify: *reason* in BIND's word; *report*, if any, tells all (fastsign.sign.verify)."""

    def __init__(self, message: str, reason: str = "failure", report: object = None) -> None:
        super().__init__(message)
        self.reason, self.report = reason, report
        self._findings: tuple[str, ...] | None = None  # of an error from another process, which has no report

    def __reduce__(self) -> tuple[object, ...]:
        """A report refers to the zone: what is pickled has its text."""
        return type(self), (str(self), self.reason), {**self.__dict__, "report": None, "_findings": self.findings}

    @property
    def findings(self) -> tuple[str, ...]:
        """All that is wrong, in dnssec-verify's words; the message has the first."""
        if self._findings is not None:
            return self._findings
        messages = getattr(self.report, "messages", None)
        return (str(self),) if messages is None else tuple(messages())


# What BIND calls the errors of the system (isc_result_totext).
_REASONS = {
    errno.ENOENT: "file not found",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOTDIR: "invalid file",
    errno.ELOOP: "invalid file",
    errno.EINVAL: "invalid file",
    errno.ENAMETOOLONG: "invalid file",
    errno.EBADF: "invalid file",
    errno.EISDIR: "invalid file",
    errno.EEXIST: "file already exists",
    errno.EIO: "I/O error",
    errno.ENOSPC: "disc full",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
}


def system_reason(error: OSError) -> str:
    """BIND's words for an error of the system."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)
