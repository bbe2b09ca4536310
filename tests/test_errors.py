"""The tree of exceptions: what each tells, also after it has come from another process."""

from __future__ import annotations

import copy
import errno
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import fastsign
from fastsign import errors
from fastsign.errors import FastsignError

SAMPLES: list[FastsignError] = [
    errors.FastsignError("no"),
    errors.ZoneSyntaxError("bad dotted quad", "zone", 7),
    errors.ZoneSyntaxError("file not found"),
    errors.RawFormatError("too short", "zone.raw"),
    errors.JournalError("unexpected error", "line 1", "line 2", unreadable=True),
    errors.JournalError("out of range", out_of_sync=True),
    errors.ZoneError("no SOA"),
    errors.KeyFileError("no key"),
    errors.KeyFileError.at("keys/K.key", "bad key"),
    errors.KeyFileError.of_system("keys", OSError(errno.EACCES, "")),
    errors.FileError("no room"),
    errors.PolicyError("named.conf:1: no", "named.conf:2: no"),
    errors.RolloverError("key 7: too many keys matching", "too many keys matching"),
    errors.SkrError("no available bundle"),
    errors.HsmError("gone"),
    errors.HsmRefusedError("another key"),
    errors.SigningError("No signing keys"),
    errors.VerificationError("does not verify", "failure"),
]


def tree(kind: type[FastsignError]) -> Iterator[type[FastsignError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from tree(each)


def test_every_exception_is_tried_here() -> None:
    assert {each for each in tree(FastsignError) if each.__module__ == errors.__name__} == set(map(type, SAMPLES))


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_exception_travels_with_all_that_it_tells(error: FastsignError) -> None:
    error.add_note("said on the way")
    for again in (pickle.loads(pickle.dumps(error)), pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(error))))):
        assert type(again) is type(error)
        assert (str(again), again.args) == (str(error), error.args)
        told = {name: value for name, value in vars(error).items() if not name.startswith("_")}
        assert {name: value for name, value in vars(again).items() if not name.startswith("_")} == told
        assert again.__notes__ == error.__notes__


def unsigned() -> fastsign.Zone:
    return fastsign.Zone.from_text("@ 300 SOA ns h 1 1 1 1 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n", "example.")


def spoiled() -> fastsign.Zone:
    """A signed zone in which two addresses are wrong."""
    text = "@ 300 SOA ns h 1 1 1 1 300\n@ 300 NS ns\nns 300 A 192.0.2.1\nwww 300 A 192.0.2.1\n"
    signed = fastsign.sign_zone(fastsign.Zone.from_text(text, "example."), fastsign.Key.generate("example.", "csk"))
    return fastsign.Zone.from_text(signed.zone.to_text().replace("192.0.2.1", "192.0.2.2"), "example.")


def test_a_verification_s_findings_travel_as_text() -> None:
    with pytest.raises(fastsign.VerificationError) as caught:
        fastsign.verify_zone(spoiled())
    error = caught.value
    assert len(error.findings) == 2
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (str(again), again.reason, again.findings) == (str(error), error.reason, error.findings)
        assert again.report is None
    assert error.report is not None


def _verify_unsigned() -> None:
    fastsign.verify_zone(unsigned())


def test_the_caller_of_another_process_sees_what_it_raised() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        error = pool.submit(_verify_unsigned).exception()
    assert isinstance(error, fastsign.VerificationError)
    assert error.findings == ("Zone contains no DNSSEC keys",)
