"""What there is in an HSM: tokens, what they can do for DNSSEC, and their keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastsign import _core
from fastsign._core import Column, HsmSigner
from fastsign.errors import HsmError
from fastsign.keys import facts
from fastsign.keys.pkcs11.module import HsmKey, Module, Token, matching, names_of, public_half, unpadded
from fastsign.keys.pkcs11.uri import KeyUri

_BLOB = bytes(range(5, 69))  # what a key signs when it is tried

# Algorithm -> what signs, what makes keys, the size of a key (0: it varies).
_MECHANISMS = {
    facts.RSASHA256: ("CKM_RSA_PKCS", "CKM_RSA_PKCS_KEY_PAIR_GEN", 0),
    facts.RSASHA512: ("CKM_RSA_PKCS", "CKM_RSA_PKCS_KEY_PAIR_GEN", 0),
    facts.ECDSAP256SHA256: ("CKM_ECDSA", "CKM_EC_KEY_PAIR_GEN", 256),
    facts.ECDSAP384SHA384: ("CKM_ECDSA", "CKM_EC_KEY_PAIR_GEN", 384),
    facts.ED25519: ("CKM_EDDSA", "CKM_EC_EDWARDS_KEY_PAIR_GEN", 0),
}


@dataclass(frozen=True, slots=True)
class Ability:
    """What a token can do for an algorithm."""

    algorithm: int
    signs: bool
    makes: bool  # keys
    bits: tuple[int, int] | None = None  # smallest and largest RSA key that it makes


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token, and what it says of itself."""

    slot: int
    label: str
    serial: str
    manufacturer: str
    model: str
    abilities: tuple[Ability, ...]
    warnings: tuple[str, ...]

    @property
    def uri(self) -> KeyUri:
        """The one that names it by its label and serial number."""
        return KeyUri(token=self.label, serial=self.serial or None)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A key in a token: of its private half all that may be seen; of a public one without it, that it is there."""

    label: str
    id: bytes
    public: HsmKey | None  # None: nothing tells it
    is_private: bool  # is its private half seen?
    warnings: tuple[str, ...]
    handle: int = 0  # of the private half

    @property
    def algorithms(self) -> tuple[int, ...]:
        """Those of DNSSEC that it serves for."""
        return tuple(sorted(self.public.algorithms)) if self.public else ()

    @property
    def name(self) -> KeyUri:
        return KeyUri(object=self.label or None, id=self.id or None)


# ---- tokens


def tokens_of(module: Module, uri: KeyUri) -> list[TokenFacts]:
    """The tokens that a URI fits, by slot. What the module says against it is an HsmError."""
    with module.saying(uri):
        return [_token_facts(module, slot) for slot in module.slots_of(uri)]


def _token_facts(module: Module, slot: int) -> TokenFacts:
    api, info = module.api, module.library.getTokenInfo(slot)
    said = (
        (api.CKF_WRITE_PROTECTED, "it is write-protected: no key can be made there"),
        (api.CKF_USER_PIN_LOCKED, "its PIN is locked, after wrong ones; the security officer can unlock it"),
        (api.CKF_USER_PIN_FINAL_TRY, "one more wrong PIN locks it"),
        (api.CKF_USER_PIN_COUNT_LOW, "a wrong PIN has been tried since the last log-in"),
        (api.CKF_USER_PIN_TO_BE_CHANGED, "its PIN has to be changed"),
    )
    warnings = tuple(text for flag, text in said if info.flags & flag)
    names = [unpadded(text) for text in (info.label, info.serialNumber, info.manufacturerID, info.model)]
    return TokenFacts(slot, names[0], names[1], names[2], names[3], tuple(_abilities(module, slot)), warnings)


def _abilities(module: Module, slot: int) -> Iterator[Ability]:
    numbers = module.api.CKM  # some have more than one name
    there = {numbers[name] for name in module.library.getMechanismList(slot)}
    for algorithm, (signing, making, size) in _MECHANISMS.items():
        signs, makes = (numbers[name] in there and _fits(module, slot, name, size) for name in (signing, making))
        bits = None
        if makes and algorithm in facts.RSA:
            bits = _sizes(module, slot, making)
        if signs or makes:
            yield Ability(algorithm, signs, makes, bits)


def _fits(module: Module, slot: int, mechanism: str, size: int) -> bool:
    sizes = _sizes(module, slot, mechanism) if size else None
    return sizes is None or sizes[0] <= size <= sizes[1]


def _sizes(module: Module, slot: int, mechanism: str) -> tuple[int, int] | None:
    """Of keys; None where the token does not say."""
    with suppress(module.api.PyKCS11Error):
        info = module.library.getMechanismInfo(slot, mechanism)
        if info.ulMaxKeySize:
            return info.ulMinKeySize, info.ulMaxKeySize
    return None


# ---- keys


def keys_of(token: Token, session: Any, uri: KeyUri) -> list[KeyFacts]:
    """The keys of a token that a URI fits, those whose private half is seen and others, by label and id."""
    api = token.module.api
    found: dict[tuple[str, bytes], list[KeyFacts]] = {}
    with token.module.saying(uri):
        for handle in matching(session, uri, api.CKO_PRIVATE_KEY):
            facts_of = _private_facts(token, session, handle)
            found.setdefault((facts_of.label, facts_of.id), []).append(facts_of)
        for handle in matching(session, uri, api.CKO_PUBLIC_KEY):
            label, key_id = names_of(session, handle)
            if (label, key_id) not in found:
                public, problem = _public(session, handle, label)
                found[label, key_id] = [KeyFacts(label, key_id, public, False, problem)]
    return [key for name in sorted(found) for key in _told_apart(found[name])]


def _told_apart(keys: list[KeyFacts]) -> list[KeyFacts]:
    """Keys of one name can't be told apart, and so none of them can be used."""
    from dataclasses import replace

    if len(keys) == 1:
        return keys
    warning = f"there are {len(keys)} keys of this label and id: none of them can be used"
    return [replace(key, warnings=(*key.warnings, warning)) for key in keys]


def _private_facts(token: Token, session: Any, handle: Any) -> KeyFacts:
    api = token.module.api
    label, key_id = names_of(session, handle)
    halves = matching(session, KeyUri(object=label or None, id=key_id or None), api.CKO_PUBLIC_KEY)
    public, warnings = _public(session, halves[0] if halves else handle, label)
    said = (
        (api.CKA_SENSITIVE, False, "it is not sensitive: its secret can be read in the clear"),
        (api.CKA_EXTRACTABLE, True, "it is extractable: its secret can leave the token"),
        (api.CKA_SIGN, False, "it is not to sign with (CKA_SIGN)"),
        (api.CKA_ALWAYS_AUTHENTICATE, True, "it wants a PIN for each signature, which no signer can give"),
    )
    for attribute, bad, text in said:
        if _flag(token, session, handle, attribute) is bad:
            warnings += (text,)
    return KeyFacts(label, key_id, public, True, warnings, int(handle.value()))


def _flag(token: Token, session: Any, handle: Any, attribute: int) -> bool | None:
    """None where the token does not say."""
    with suppress(token.module.api.PyKCS11Error):
        (value,) = session.getAttributeValue(handle, [attribute])
        return None if value is None else bool(value)
    return None


def _public(session: Any, handle: Any, label: str) -> tuple[HsmKey | None, tuple[str, ...]]:
    try:
        return public_half(session, handle, KeyUri(object=label)), ()
    except HsmError as error:
        return None, (str(error),)


def try_key(token: Token, session: Any, key: KeyFacts, algorithm: int) -> None:
    """Have a key sign once, and verify that. HsmError says what went wrong."""
    assert key.public is not None
    public_key = key.public.public_key
    row = _BLOB[: _core.signed_octets(algorithm) or len(_BLOB)]
    width = facts.signature_length(algorithm, public_key)
    rows, offsets, signature, progress = Column("B", len(row)), Column("Q", 2), Column("B", width), Column("Q", 1)
    rows.view()[:] = row
    offsets.view()[1] = len(row)
    core = HsmSigner(token.module.path)
    number = int(session.session.value())
    end, rv, call = core.sign(
        number, key.handle, algorithm, rows, offsets, 0, 1, width, signature, progress, 0
    )  # fmt: skip
    if end != 1:
        raise HsmError(f"{call} says {token.module.api.PyKCS11Error(rv)}")
    if not _core.verify_one(algorithm, public_key, row, bytes(signature.view())):
        raise HsmError("it made a signature that does not verify")
