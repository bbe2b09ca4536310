"""PKCS #11 URIs (RFC 7512)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastsign.keys.pkcs11.uri import (
    KeyUri,
    PinSource,
    format_uri,
    module_of,
    parse_uri,
    pin_source,
    with_object,
    without_pin,
)


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
        ("pkcs11:object=a&b;token=c", KeyUri(object="a&b", token="c")),
        ("pkcs11:object=a&pin-source=/p&module-name=m", KeyUri(object="a", pin_source="/p", module_name="m")),
        ("pkcs11:token=a?pin-source=/p;object=k", KeyUri(token="a", pin_source="/p", object="k")),
        ("pkcs11:object=k?pin-source=/p?q&module-path=/m", KeyUri(object="k", pin_source="/p?q", module_path="/m")),
        (
            "pkcs11:library-description=L;library-manufacturer=M;library-version=3;slot-description=S;"
            "slot-manufacturer=T;id=%00",
            KeyUri(
                id=b"\0",
                library_description="L",
                library_manufacturer="M",
                library_version="3",
                slot_description="S",
                slot_manufacturer="T",
            ),
        ),
        ("pkcs11:id=a;x-b=2;X-A=1?x-b=1", KeyUri(id=b"a", vendor=(("x-a", "1"), ("x-b", "1"), ("x-b", "2")))),
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
        ("pkcs11:object=a;module-name=/x", "has a module-name that is a path"),
        ("pkcs11:object=a;library-version=1.x", "has a library-version that is not"),
        ("pkcs11:object=a;x-=1", "has the attribute 'x-'"),
        ("pkcs11:object=a;pin-source=file:%00", "has a NUL in pin-source"),
        ("pkcs11:object=a;pin-source=credential:a/b", "has a pin-source whose credential"),
        ("pkcs11:object=a;pin-source=credential:..", "has a pin-source whose credential"),
        ("pkcs11:object=a;pin-source=fd:x", "has a pin-source whose descriptor"),
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
    ("source", "kind", "name"),
    [
        ("/etc/pin", "file", "/etc/pin"),
        ("pins/a b", "file", "pins/a b"),
        ("file:/etc/pin", "file", "/etc/pin"),
        ("file:///etc/my%20pin", "file", "/etc/my pin"),
        ("FILE://localhost/etc/pin", "file", "/etc/pin"),
        ("file:pin", "file", "pin"),
        ("credential:hsm-pin", "credential", "hsm-pin"),
        ("fd:03", "fd", "3"),
    ],
)
def test_where_the_pin_is(source: str, kind: str, name: str) -> None:
    found = pin_source(KeyUri(object="a", pin_source=source))
    assert found is not None
    assert (found.kind, found.name) == (kind, name)
    assert pin_source(KeyUri(object="a", pin_source=str(found))) == found


def test_where_no_pin_is() -> None:
    assert pin_source(KeyUri(object="a")) is None
    assert pin_source(KeyUri(object="a", pin_value="1")) is None
    assert PinSource("fd", "3") != PinSource("credential", "3")


@pytest.mark.parametrize("source", ["file://host/etc/pin", "https://host/pin", "file:", "file://host"])
def test_pins_from_elsewhere_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match="has a pin-source"):
        parse_uri(f"pkcs11:object=a;pin-source={source}")


def test_the_module_of_a_uri(tmp_path: Path) -> None:
    for text, module in (
        ("", None),
        ("module-path=/m.so", "/m.so"),
        ("module-name=softhsm2", "libsofthsm2.so"),
        (f"module-path={tmp_path}&module-name=x", f"{tmp_path}/libx.so"),
        ("module-path=/m.so&module-name=x", "/m.so"),
    ):
        assert module_of(parse_uri(f"pkcs11:object=a?{text}")) == module


@pytest.mark.parametrize(
    ("token", "key"),
    [
        ("pkcs11:token=a;pin-source=/p", "pkcs11:token=a;pin-source=/p;object=l%3B%26"),
        ("pkcs11:token=a?pin-source=/p", "pkcs11:token=a;object=l%3B%26?pin-source=/p"),
        ("pkcs11:token=a;", "pkcs11:token=a;object=l%3B%26"),
        ("pkcs11:", "pkcs11:object=l%3B%26"),
    ],
)
def test_an_object_of_a_token(token: str, key: str) -> None:
    assert with_object(token, "l;&") == key
    assert parse_uri(key).object == "l;&"
    assert parse_uri(key).of_token == parse_uri(token, needs_key=False).of_token


def test_two_texts_of_one_uri() -> None:
    first, second = "pkcs11:token=a%2db;object=k;id=%0a?x-z=1&x-y=2", "PKCS11:id=%0A;x-y=2;OBJECT=%6B;token=a-b;x-z=1"
    assert parse_uri(first) == parse_uri(second)
    assert format_uri(parse_uri(first)) == format_uri(parse_uri(second))


TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=20)


MAYBE = st.none() | TEXT
_NAMES = ("token", "manufacturer", "model", "serial", "pin_value", "module_path", "slot_description")
_TEXTS = dict.fromkeys((*_NAMES, "slot_manufacturer", "library_description", "library_manufacturer"), MAYBE)
_VENDOR = st.lists(st.tuples(st.from_regex("x-[a-z0-9]{1,4}", fullmatch=True), TEXT), max_size=3)
URIS = st.builds(
    KeyUri,
    object=TEXT.filter(bool),
    id=st.none() | st.binary(),
    slot_id=st.none() | st.integers(0, 2**32),
    type=st.sampled_from([None, "private", "public"]),
    library_version=st.sampled_from([None, "1", "2.40"]),
    vendor=_VENDOR.map(sorted).map(tuple),
    **_TEXTS,
)


@given(URIS)
def test_a_uri_is_read_as_it_was_written(uri: KeyUri) -> None:
    assert parse_uri(format_uri(uri)) == uri


@given(URIS, st.sampled_from(["/p", "file:/p", "credential:p", "fd:7"]))
def test_so_is_one_with_a_source_of_a_pin(uri: KeyUri, source: str) -> None:
    uri = replace(uri, pin_value=None, pin_source=source)
    assert parse_uri(format_uri(uri)) == uri == parse_uri(uri.describe())


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
