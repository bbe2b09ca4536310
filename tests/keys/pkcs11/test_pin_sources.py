"""Where PINs come from: files, systemd's credentials, open descriptors."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastsign.errors import HsmError
from fastsign.keys.pkcs11.pin import Pins
from fastsign.keys.pkcs11.uri import parse_uri


def read(source: str) -> bytes:
    pins = Pins()
    try:
        pin = pins.of(parse_uri(f"pkcs11:token=t;object=k;pin-source={source}"))
        assert pin is not None
        with pin.attempt() as octets:
            return bytes(octets)
    finally:
        pins.close()


def test_a_file_and_a_credential_hold_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hsm").write_bytes(b"12 34\r\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read(f"{tmp_path}/hsm") == read("credential:hsm") == b"12 34"


def test_a_descriptor_is_read_to_its_end_and_left_open() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"12")
    os.write(theirs, b"34\n")
    os.close(theirs)
    assert read(f"fd:{ours}") == b"1234"
    os.close(ours)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("credential:hsm", "from credential:hsm: systemd has handed no credentials over"),
        ("/nowhere/pin", "from /nowhere/pin: "),
        ("fd:99999", "from fd:99999: "),
    ],
)
def test_no_pin_is_there(source: str, complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(HsmError) as raised:
        read(source)
    assert complaint in str(raised.value)


def test_an_empty_file_and_one_that_is_too_long_have_none(tmp_path: Path) -> None:
    for content in (b"", b"\n", b"S3cret" * 200):
        (tmp_path / "pin").write_bytes(content)
        with pytest.raises(HsmError, match="has no PIN of 1 to 1024 octets") as raised:
            read(f"{tmp_path}/pin")
        assert "S3cret" not in str(raised.value)
