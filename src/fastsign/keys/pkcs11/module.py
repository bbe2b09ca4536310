"""Tokens and keys of an HSM through its PKCS #11 module. The one place that knows PyKCS11, which is optional.

A process that has loaded a module is not to fork: neither the module nor the HSM would know of the child.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastsign.errors import HsmError, HsmRefusedError
from fastsign.keys import facts
from fastsign.keys.pkcs11.pin import Pin, Pins
from fastsign.keys.pkcs11.uri import KeyUri

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
    with open_token(uri, module) as (_, session):
        return find_half(session, uri)


@contextmanager
def open_token(uri: KeyUri, module: str, *, read_write: bool = False) -> Iterator[tuple[Token, Any]]:
    """(the token that a URI names, a session with it that is logged in if the URI has or leads to a PIN).

    For a program that does one thing and ends: the module is in this process. What it says becomes an HsmError.
    """
    pins = Pins()
    try:
        pin = pins.of(uri)
        with open_module(module) as library, library.saying(uri):
            token = library.token(uri)
            session = token.open_session(read_write=read_write)
            token.log_in(session, pin)
            yield token, session
    finally:
        pins.close()


# ---- the module, its tokens


def pykcs11() -> Any:
    """PyKCS11. HsmError if it is not installed."""
    try:
        import PyKCS11
    except ImportError:
        raise HsmError("keys in an HSM need the package PyKCS11: pip install 'fastsign[pkcs11]'") from None
    return PyKCS11


class Module:
    """A PKCS #11 module in this process, initialised."""

    def __init__(self, path: str) -> None:
        """HsmError if it can't be loaded."""
        self.api, self.path = pykcs11(), path
        self.library = self.api.PyKCS11Lib()
        try:
            self.library.load(path)
        except self.api.PyKCS11Error:
            raise HsmError(f"the PKCS #11 module {path} can't be loaded") from None

    def restart(self) -> None:
        """Finalize and initialise it: all sessions and log-ins are gone. HsmError if it will not begin again."""
        self.library.lib.C_Finalize()
        result = self.library.lib.C_Initialize()
        if result != self.api.CKR_OK:
            raise HsmError(f"the PKCS #11 module {self.path} does not start again: {self.api.PyKCS11Error(result)}")

    def close(self) -> None:
        """Finalize it, which closes what is open."""
        self.library.unload()

    @contextmanager
    def saying(self, uri: KeyUri) -> Iterator[None]:
        """What the module says against something becomes an HsmError."""
        try:
            yield
        except self.api.PyKCS11Error as error:
            raise HsmError(f"the PKCS #11 module {self.path} says {error} about {uri.describe()}") from None

    def token(self, uri: KeyUri) -> Token:
        """The one token that a URI names. HsmError if there is none, or more than one."""
        usable = self._usable()
        found = self._fitting(usable, uri)
        if len(found) == 1:
            return Token(self, found[0], uri)
        there = ", ".join(_token_text(slot, token) for slot, token in sorted(usable.items())) or "none"
        what = "more than one token is" if found else "there is no token"
        raise HsmError(f"{what} {uri.describe()}; there are: {there}")

    def slots_of(self, uri: KeyUri) -> list[int]:
        """The slots with tokens that a URI fits."""
        return sorted(self._fitting(self._usable(), uri))

    def _usable(self) -> dict[int, Any]:
        """Slot -> what its token says of itself, but for those that have yet to be initialised."""
        slots = self.library.getSlotList(tokenPresent=True)
        tokens = {int(slot): self.library.getTokenInfo(slot) for slot in slots}
        return {slot: token for slot, token in tokens.items() if token.flags & self.api.CKF_TOKEN_INITIALIZED}

    def _fitting(self, tokens: dict[int, Any], uri: KeyUri) -> list[int]:
        return [slot for slot, token in tokens.items() if _is_token(slot, token, uri) and self._is_slot(slot, uri)]

    def _is_slot(self, slot: int, uri: KeyUri) -> bool:
        """Is it in a slot and behind a library of this name, if one is named?"""
        if uri.slot_description is not None or uri.slot_manufacturer is not None:
            info = self.library.getSlotInfo(slot)
            wanted = ((uri.slot_description, info.slotDescription), (uri.slot_manufacturer, info.manufacturerID))
            if any(want is not None and want != unpadded(has) for want, has in wanted):
                return False
        if uri.library_description is uri.library_manufacturer is uri.library_version is None:
            return True
        info = self.library.getInfo()
        words = ((uri.library_description, info.libraryDescription), (uri.library_manufacturer, info.manufacturerID))
        if any(want is not None and want != unpadded(has) for want, has in words):
            return False
        major, _, minor = (uri.library_version or "").partition(".")
        return uri.library_version is None or (int(major), int(minor or 0)) == tuple(info.libraryVersion)


@contextmanager
def open_module(path: str) -> Iterator[Module]:
    """A module for one task."""
    module = Module(path)
    try:
        yield module
    finally:
        module.close()


def _is_token(slot: int, token: Any, uri: KeyUri) -> bool:
    wanted = (
        (uri.token, unpadded(token.label)),
        (uri.manufacturer, unpadded(token.manufacturerID)),
        (uri.model, unpadded(token.model)),
        (uri.serial, unpadded(token.serialNumber)),
        (uri.slot_id, slot),
    )
    return all(want is None or want == has for want, has in wanted)


def _token_text(slot: int, token: Any) -> str:
    return f"{unpadded(token.label)!r} with serial {unpadded(token.serialNumber)} in slot {slot}"


def unpadded(text: Any) -> str:
    """Text of a field of fixed length, which is padded with blanks (PKCS #11 section 3.2), or by some with NULs."""
    return str(text).rstrip(" \0")


# ---- a token, and the way in


_C_LOGIN = 18  # its place among the functions
_LOCKED = "the PIN is locked, after wrong ones; the security officer can unlock it"


class Token:
    """A token of a module."""

    def __init__(self, module: Module, slot: int, uri: KeyUri) -> None:
        self.module, self.slot, self.uri = module, slot, uri

    def open_session(self, *, read_write: bool = False) -> Any:
        """A session of PyKCS11's; the module's end closes it."""
        api = self.module.api
        flags = api.CKF_SERIAL_SESSION | (api.CKF_RW_SESSION if read_write else 0)
        return self.module.library.openSession(self.slot, flags)

    def log_in(self, session: Any, pin: Pin | None) -> None:
        """Log all sessions of this process in, if there is a PIN, by one attempt.

        HsmError if the token does not let us in. An attempt that may lock the token is not made.
        """
        if pin is None:
            return
        api = self.module.api
        self._refuse_to_lock(self.module.library.getTokenInfo(self.slot).flags)
        with self._named(), pin.attempt() as digits:
            result = _log_in(self.module.path, int(session.session.value()), api.CKU_USER, digits)
            if result == api.CKR_OK:
                pin.found_right()
            elif result in _wrong(api):
                pin.found_wrong()
        if result in (api.CKR_OK, api.CKR_USER_ALREADY_LOGGED_IN):
            return
        kind = HsmRefusedError if result in _wrong(api) else HsmError
        raise kind(f"{self.uri.describe()} does not let us in: {_login_error(api, result)}")

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except HsmError as error:
            raise HsmRefusedError(f"{self.uri.describe()} does not let us in: {error}") from None

    def _refuse_to_lock(self, flags: int) -> None:
        api = self.module.api
        if flags & api.CKF_USER_PIN_LOCKED:
            raise HsmRefusedError(f"{self.uri.describe()} does not let us in: {_LOCKED}")
        if flags & api.CKF_USER_PIN_FINAL_TRY:
            raise HsmRefusedError(
                f"one more wrong PIN would lock the token of {self.uri.describe()}: log in by the HSM's own tool, "
                "which resets the count"
            )


def _log_in(path: str, session: int, user: int, pin: bytearray) -> int:
    """C_Login with the PIN where it lies; what it says. PyKCS11 would make copies of it that nobody wipes."""
    import ctypes

    functions = ctypes.POINTER(ctypes.c_void_p)()  # a version, and a pointer for each function in the standard's order
    ctypes.CDLL(path).C_GetFunctionList(ctypes.byref(functions))  # it is loaded, and this is another handle of it
    prototype = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong)
    octets = (ctypes.c_ubyte * len(pin)).from_buffer(pin)
    return int(prototype(functions[1 + _C_LOGIN])(session, user, octets, len(pin)))


def _wrong(api: Any) -> tuple[int, ...]:
    """What a token says of a PIN that is not to be tried again."""
    return (
        api.CKR_PIN_INCORRECT,
        api.CKR_PIN_INVALID,
        api.CKR_PIN_LEN_RANGE,
        api.CKR_PIN_LOCKED,
        api.CKR_PIN_EXPIRED,
        api.CKR_USER_PIN_NOT_INITIALIZED,
    )


def _login_error(api: Any, result: int) -> str:
    words = (
        "the PIN is wrong (it was tried once)",
        "the PIN is wrong (it was tried once)",
        "the PIN has a wrong length",
        _LOCKED,
        "the PIN has expired",
        "the token has no PIN yet",
    )
    return dict(zip(_wrong(api), words, strict=True)).get(result) or str(api.PyKCS11Error(result))


# ---- keys


def find_half(session: Any, uri: KeyUri) -> HsmKey:
    """The one key that a URI names, by its public object or, where the token shows none, what its private one tells.

    HsmError if there is none, or more than one.
    """
    api = pykcs11()
    for kind in (api.CKO_PUBLIC_KEY, api.CKO_PRIVATE_KEY):
        found = matching(session, uri, kind)
        if found:
            return public_half(session, _only(session, found, uri), uri)
    raise HsmError(f"there is no public key {uri.describe()} {_perhaps_hidden(uri)}")


def find_private(session: Any, uri: KeyUri) -> tuple[int, HsmKey]:
    """(handle, public half) of the one private key that a URI names, which is found by its label *and* its id.

    HsmError if there is none, or more than one, or nothing that tells its public half.
    """
    api = pykcs11()
    found = matching(session, uri, api.CKO_PRIVATE_KEY)
    if not found:
        raise HsmError(f"there is no private key {uri.describe()} {_perhaps_hidden(uri)}")
    private = _only(session, found, uri)
    label, key_id = names_of(session, private)
    public = matching(session, KeyUri(object=label or None, id=key_id or None), api.CKO_PUBLIC_KEY)
    return int(private.value()), public_half(session, _only(session, public, uri) if public else private, uri)


def _perhaps_hidden(uri: KeyUri) -> str:
    if uri.pin_source is not None or uri.pin_value is not None:
        return "on its token"
    return "on its token that is seen without a PIN, which pin-source=PATH would give"


def matching(session: Any, uri: KeyUri, kind: int) -> list[Any]:
    """Handles of the keys of a kind that the URI names."""
    api = pykcs11()
    wanted: list[tuple[int, Any]] = [(api.CKA_CLASS, kind)]
    if uri.object is not None:
        wanted.append((api.CKA_LABEL, uri.object))
    if uri.id is not None:
        wanted.append((api.CKA_ID, tuple(uri.id)))
    return list(session.findObjects(wanted))


def _only(session: Any, found: list[Any], uri: KeyUri) -> Any:
    if len(found) > 1:
        listed = " and ".join(sorted(_key_text(session, handle) for handle in found))
        raise HsmRefusedError(f"more than one key is {uri.describe()}: {listed}; name one by its id")
    return found[0]


def names_of(session: Any, handle: Any) -> tuple[str, bytes]:
    api = pykcs11()
    label, key_id = session.getAttributeValue(handle, [api.CKA_LABEL, api.CKA_ID])
    return unpadded(label or ""), bytes(key_id or ())


def _key_text(session: Any, handle: Any) -> str:
    label, key_id = names_of(session, handle)
    return f"object {label!r} with id {key_id.hex() or 'none'}"


def public_half(session: Any, handle: Any, uri: KeyUri) -> HsmKey:
    api = pykcs11()
    label, key_id = names_of(session, handle)
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
