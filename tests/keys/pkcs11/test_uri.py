"""PKCS #11 URIs (RFC 7512)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastsign.keys.pkcs11.uri import KeyUri, format_uri, parse_uri, pin_path, without_pin


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("pkcs11:object=zsk", KeyUri(object="zsk")),
        ("zsk", KeyUri(object="zsk")),
        ("pkcs11:zsk", KeyUri(object="zsk")),
        ("PKCS11:Object=zsk;TYPE=private", KeyUri(object="zsk", type="private")),
        (
            "pkcs11:token=my%20token;manufacturer=SoftHSM%20project;model=SoftHSM%20v2;serial=0b1c;slot-id=123;id=%01%fF%00",
            KeyUri("my token", "SoftHSM project", "SoftHSM v2", "0b1c", 123, None, b"\1\xff\0"),
        ),
        ("pkcs11:object=k;pin-source=/etc/pin", KeyUri(object="k", pin_source="/etc/pin")),
        ("pkcs11:object=k?pin-source=file:/etc/pin", KeyUri(object="k", pin_source="file:/etc/pin")),
        (
            "pkcs11:object=k?pin-value=a%3Bb&module-path=/usr/lib/m.so",
            KeyUri(object="k", pin_value="a;b", module_path="/usr/lib/m.so"),
        ),
        ("pkcs11:object=Schl%C3%BCssel;", KeyUri(object="Schlüssel")),
        ("pkcs11:id=ab", KeyUri(id=b"ab")),
        ("pkcs11:token=;object=k", KeyUri(token="", object="k")),
    ],
)
def test_what_a_uri_says(text: str, uri: KeyUri) -> None:
    assert parse_uri(text) == uri
    assert parse_uri(format_uri(uri)) == uri


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "names no object"),
        ("pkcs11:", "names no object"),
        ("pkcs11:token=a", "names neither object nor id"),
        ("pkcs11:object=a;object=b", "says object twice"),
        ("pkcs11:object=a;token", "has no = in 'token'"),
        ("pkcs11:object=a;colour=green", "has the attribute 'colour', which is not one of token"),
        ("pkcs11:object=a;x-vendor=1", "has the attribute 'x-vendor'"),
        ("pkcs11:object=a;module-name=softhsm2", "has the attribute 'module-name'"),
        ("pkcs11:object=a%2", "has a % in object"),
        ("pkcs11:object=a%xy", "has a % in object"),
        ("pkcs11:object=a%00b", "has a NUL in object"),
        ("pkcs11:object=a;slot-id=x", "has a slot-id that is no number"),
        ("pkcs11:object=a;slot-id=", "has a slot-id that is no number"),
        ("pkcs11:object=a;type=cert", "has the type 'cert'"),
        ("pkcs11:object=a;pin-source=|cat", "has a command as its pin-source"),
        ("pkcs11:object=a;pin-source=/x;pin-value=1", "has both pin-source and pin-value"),
    ],
)
def test_what_is_no_such_uri_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"^[a-z]") as raised:
        parse_uri(text)
    assert str(raised.value).startswith(complaint)


@pytest.mark.parametrize(
    ("source", "path"),
    [
        (None, None),
        ("/etc/pin", "/etc/pin"),
        ("pins/a b", "pins/a b"),
        ("file:/etc/pin", "/etc/pin"),
        ("file:///etc/my%20pin", "/etc/my pin"),
        ("FILE://localhost/etc/pin", "/etc/pin"),
        ("file:pin", "pin"),
    ],
)
def test_where_the_pin_is(source: str | None, path: str | None) -> None:
    assert pin_path(KeyUri(object="a", pin_source=source)) == path


@pytest.mark.parametrize("source", ["file://host/etc/pin", "https://host/pin", "file:", "file://host"])
def test_pins_from_elsewhere_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match="has a pin-source"):
        pin_path(KeyUri(object="a", pin_source=source))


TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=20)


MAYBE = st.none() | TEXT
_TEXTS = dict.fromkeys(("token", "serial", "pin_value", "module_path"), MAYBE)
URIS = st.builds(KeyUri, object=TEXT.filter(bool), id=st.none() | st.binary(), **_TEXTS)


@given(URIS)
def test_a_uri_is_read_as_it_was_written(uri: KeyUri) -> None:
    assert parse_uri(format_uri(uri)) == uri


@given(st.text(min_size=1))
def test_any_text_is_a_uri_or_a_value_error(text: str) -> None:
    for candidate in (text, "pkcs11:" + text, "pkcs11:object=a;" + text):
        try:
            parse_uri(candidate)
        except ValueError:
            continue


def test_no_message_has_the_pin_in_it() -> None:
    for text in ("pkcs11:object=a;pin-value=S3cret", "pkcs11:object=a?pin-value=S3cret&module-path=/x"):
        uri = parse_uri(text)
        assert uri.pin_value == "S3cret"
        assert "S3cret" not in repr(uri) + str(uri) + uri.describe() + without_pin(text)


@pytest.mark.parametrize(
    "text",
    [
        "pkcs11:object=a;pin-value=S3cret;token",
        "pkcs11:pin-value=S3cret",
        "pkcs11:object=a;PIN-VALUE=S3cret%",
        "pkcs11:object=a;pin-value=x;S3cret",
        "pkcs11:object=a?pin-value=x&s3cret=y",
        "pkcs11:object=a;pin-value=x;pin-value=S3cret",
    ],
)
def test_no_complaint_has_the_pin_or_a_part_of_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(has|says|names)") as raised:
        parse_uri(text)
    assert "s3cret" not in str(raised.value).lower()
