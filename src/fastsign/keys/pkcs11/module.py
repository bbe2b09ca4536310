"""Finding keys in an HSM through its PKCS #11 module. The one place that knows PyKCS11, which is optional.

Only public halves come out of here. A PIN is read into a bytearray and wiped after the one attempt to log in by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fastsign.errors import HsmError, system_reason
from fastsign.keys import facts
from fastsign.keys.pkcs11.uri import KeyUri, pin_path

_PIN_MAX = 1024  # octets

# EC_PARAMS of the curves: their object identifiers in DER, and what some modules say by a name.
_CURVES = {
    bytes.fromhex("06082a8648ce3d030107"): facts.ECDSAP256SHA256,
    bytes.fromhex("06052b81040022"): facts.ECDSAP384SHA384,
    bytes.fromhex("06032b6570"): facts.ED25519,
    b"\x13\x0cedwards25519": facts.ED25519,
}
_POINT = {facts.ECDSAP256SHA256: 64, facts.ECDSAP384SHA384: 96, facts.ED25519: 32}  # octets


@dataclass(frozen=True, slots=True)
class HsmKey:
    """The public half of a key in an HSM, and by what names it goes there."""

    label: str
    id: bytes
    public_key: bytes  # as in a DNSKEY
    algorithms: frozenset[int]  # of DNSSEC that it serves for


def find_key(uri: KeyUri, module: str) -> HsmKey:
    """The public key that a URI names, through the PKCS #11 module at a path.

    HsmError if there is no such token or key or more than one, or if the token does not let us in. A PIN is tried once,
    even if it is wrong.
    """
    with _session(uri, module) as session:
        found = _matching(session, uri)
        if not found:
            raise HsmError(f"there is no public key {uri.describe()} {_perhaps_hidden(uri)}")
        if len(found) > 1:
            listed = " and ".join(sorted(_key_text(session, handle) for handle in found))
            raise HsmError(f"more than one key is {uri.describe()}: {listed}; name one by its id")
        return _public_half(session, found[0], uri)


def _perhaps_hidden(uri: KeyUri) -> str:
    if uri.pin_source is not None or uri.pin_value is not None:
        return "on its token"
    return "on its token that is seen without a PIN, which pin-source=PATH would give"


# ---- the module, its tokens


def _pykcs11() -> Any:
    try:
        import PyKCS11
    except ImportError:
        raise HsmError("keys in an HSM need the package PyKCS11: pip install 'fastsign[pkcs11]'") from None
    return PyKCS11


@contextmanager
def _session(uri: KeyUri, module: str) -> Iterator[Any]:
    """A session with the token that the URI names, logged in if there is a PIN."""
    api = _pykcs11()
    library = api.PyKCS11Lib()
    try:
        library.load(module)
    except api.PyKCS11Error:
        raise HsmError(f"the PKCS #11 module {module} can't be loaded") from None
    try:
        slot = _slot_of(api, library, uri)
        session = library.openSession(slot, api.CKF_SERIAL_SESSION)
        try:
            _log_in(api, session, uri, library.getTokenInfo(slot).flags)
            yield session
        finally:
            with suppress(api.PyKCS11Error):
                session.closeSession()  # our only one, so that this logs out as well
    except api.PyKCS11Error as error:
        raise HsmError(f"the PKCS #11 module {module} says {error} about {uri.describe()}") from None
    finally:
        library.unload()


def _slot_of(api: Any, library: Any, uri: KeyUri) -> int:
    tokens = {int(slot): library.getTokenInfo(slot) for slot in library.getSlotList(tokenPresent=True)}
    usable = {slot: token for slot, token in tokens.items() if token.flags & api.CKF_TOKEN_INITIALIZED}
    found = [slot for slot, token in usable.items() if _is_token(slot, token, uri)]
    if len(found) == 1:
        return found[0]
    there = ", ".join(_token_text(slot, token) for slot, token in sorted(usable.items())) or "none"
    what = "more than one token is" if found else "there is no token"
    raise HsmError(f"{what} {uri.describe()}; there are: {there}")


def _is_token(slot: int, token: Any, uri: KeyUri) -> bool:
    wanted = (
        (uri.token, _unpadded(token.label)),
        (uri.manufacturer, _unpadded(token.manufacturerID)),
        (uri.model, _unpadded(token.model)),
        (uri.serial, _unpadded(token.serialNumber)),
        (uri.slot_id, slot),
    )
    return all(want is None or want == has for want, has in wanted)


def _token_text(slot: int, token: Any) -> str:
    return f"{_unpadded(token.label)!r} with serial {_unpadded(token.serialNumber)} in slot {slot}"


def _unpadded(text: Any) -> str:
    """Text of a field of fixed length, which is padded with blanks (PKCS #11 section 3.2), or by some with NULs."""
    return str(text).rstrip(" \0")


# ---- the PIN


_LOCKED = "the PIN is locked, after wrong ones; the security officer can unlock it"


def _log_in(api: Any, session: Any, uri: KeyUri, flags: int) -> None:
    """Log in, if there is a PIN, by one attempt. One that may lock the token is not made."""
    pin = _pin_of(uri)
    if pin is None:
        return
    octets = api.ckbytelist()
    try:
        if flags & api.CKF_USER_PIN_LOCKED:
            raise HsmError(f"{uri.describe()} does not let us in: {_LOCKED}")
        if flags & api.CKF_USER_PIN_FINAL_TRY:
            raise HsmError(
                f"one more wrong PIN would lock the token of {uri.describe()}: log in by the HSM's own tool first, "
                "which resets the count"
            )
        for octet in pin:
            octets.append(octet)
        # The session's own method would make a copy that can't be wiped.
        result = session.lib.C_Login(session.session, api.CKU_USER, octets)
    finally:
        pin[:] = bytes(len(pin))
        for at in range(len(octets)):
            octets[at] = 0
    if result not in (api.CKR_OK, api.CKR_USER_ALREADY_LOGGED_IN):
        raise HsmError(f"{uri.describe()} does not let us in: {_login_error(api, result)}")


def _login_error(api: Any, result: int) -> str:
    words = {
        api.CKR_PIN_INCORRECT: "the PIN is wrong (it was tried once)",
        api.CKR_PIN_INVALID: "the PIN is wrong (it was tried once)",
        api.CKR_PIN_LEN_RANGE: "the PIN has a wrong length",
        api.CKR_PIN_LOCKED: _LOCKED,
        api.CKR_PIN_EXPIRED: "the PIN has expired",
        api.CKR_USER_PIN_NOT_INITIALIZED: "the token has no PIN yet",
    }
    return words.get(result) or str(api.PyKCS11Error(result))


def _pin_of(uri: KeyUri) -> bytearray | None:
    """The PIN, for the caller to wipe; None if the URI has none."""
    if uri.pin_value is not None:
        return bytearray(uri.pin_value, "utf-8", "surrogateescape")
    try:
        path = pin_path(uri)
    except ValueError as error:
        raise HsmError(f"the label {uri.describe()} {error}") from None
    if path is None:
        return None
    pin = bytearray(_PIN_MAX + 1)
    try:
        with open(path, "rb", buffering=0) as file:
            length = file.readinto(pin) or 0
    except OSError as error:
        raise HsmError(f"the PIN can't be read from {path}: {system_reason(error)}") from None
    while length and pin[length - 1] in b"\r\n":
        length -= 1
    if not 0 < length <= _PIN_MAX:
        pin[:] = bytes(len(pin))
        raise HsmError(f"the file {path} has no PIN of 1 to {_PIN_MAX} octets")
    pin[length:] = bytes(len(pin) - length)
    del pin[length:]
    return pin


# ---- keys


def _matching(session: Any, uri: KeyUri) -> list[Any]:
    """Handles of the public keys that the URI names."""
    api = _pykcs11()
    wanted: list[tuple[int, Any]] = [(api.CKA_CLASS, api.CKO_PUBLIC_KEY)]
    if uri.object is not None:
        wanted.append((api.CKA_LABEL, uri.object))
    if uri.id is not None:
        wanted.append((api.CKA_ID, tuple(uri.id)))
    return list(session.findObjects(wanted))


def _names(session: Any, handle: Any) -> tuple[str, bytes]:
    api = _pykcs11()
    label, key_id = session.getAttributeValue(handle, [api.CKA_LABEL, api.CKA_ID])
    return _unpadded(label or ""), bytes(key_id or ())


def _key_text(session: Any, handle: Any) -> str:
    label, key_id = _names(session, handle)
    return f"object {label!r} with id {key_id.hex() or 'none'}"


def _public_half(session: Any, handle: Any, uri: KeyUri) -> HsmKey:
    api = _pykcs11()
    label, key_id = _names(session, handle)
    (kind,) = session.getAttributeValue(handle, [api.CKA_KEY_TYPE])
    if kind == api.CKK_RSA:
        numbers = session.getAttributeValue(handle, [api.CKA_PUBLIC_EXPONENT, api.CKA_MODULUS])
        exponent, modulus = (bytes(number or ()).lstrip(b"\0") for number in numbers)
        return HsmKey(label, key_id, facts.rsa_public_key(exponent, modulus), facts.RSA)
    curve, point = session.getAttributeValue(handle, [api.CKA_EC_PARAMS, api.CKA_EC_POINT])
    algorithm = _CURVES.get(bytes(curve or ()))
    if algorithm is None:
        raise HsmError(f"the key {uri.describe()} is neither RSA nor on P-256, P-384 or Ed25519")
    return HsmKey(label, key_id, _point(bytes(point or ()), algorithm, uri), frozenset({algorithm}))


def _point(octets: bytes, algorithm: int, uri: KeyUri) -> bytes:
    """The public key of a DNSKEY from CKA_EC_POINT: in an OCTET STRING or, by some modules, as it is.

    RFC 6605 section 4 takes x and y without the octet 4 before them, RFC 8080 section 3 the 32 octets.
    """
    size = _POINT[algorithm]
    form = b"" if algorithm == facts.ED25519 else b"\4"
    bare = len(form) + size
    point = octets[2:] if octets[:2] == bytes([4, bare]) and len(octets) == bare + 2 else octets
    if len(point) != bare or not point.startswith(form):
        raise HsmError(f"the public key {uri.describe()} has not the form of its curve, uncompressed")
    return point[len(form) :]
