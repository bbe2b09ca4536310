"""Making keys in an HSM. They never leave it: they are sensitive, not extractable, and there to sign alone."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from fastsign.errors import HsmError, HsmRefusedError
from fastsign.keys import facts, names
from fastsign.keys.pkcs11.module import HsmKey, Token, find_private, matching, pykcs11
from fastsign.keys.pkcs11.uri import KeyUri

ALGORITHMS = facts.SUPPORTED - {facts.ED448}
RSA_BITS_DEFAULT = 2048

_ID_OCTETS = 16
_EXPONENT = (1, 0, 1)  # 65537
_CURVES = {
    facts.ECDSAP256SHA256: bytes.fromhex("06082a8648ce3d030107"),
    facts.ECDSAP384SHA384: bytes.fromhex("06052b81040022"),
}
# Ed25519 by its object identifier, and by the name that PKCS #11 section 6.3.3 had before, which SoftHSM wants.
_ED25519 = (bytes.fromhex("06032b6570"), b"\x13\x0cedwards25519")


def label_of(zone: bytes, policy: str | None, is_ksk: bool, milliseconds: int) -> str:
    """The label that BIND gives to a key of a policy (lib/dns/keystore.c, buildpkcs11label), at a time since 1970.

    HsmError if the policy has a name that can't be one in the DNS, of which BIND makes a part of it.
    """
    import time

    words = [names.to_file_text(zone)]
    if policy is not None:
        try:
            words.append(names.to_file_text(names.from_text(policy)))
        except ValueError as error:
            raise HsmError(f"dnssec-policy {policy!r} can't be part of a key's label in an HSM: {error}") from None
    moment = time.strftime("%Y%m%d%H%M%S", time.gmtime(milliseconds // 1000))
    return "-".join([*words, "ksk" if is_ksk else "zsk", f"{moment}{milliseconds % 1000:03d}"])


def make_key(token: Token, session: Any, algorithm: int, bits: int, label: str) -> HsmKey:
    """A fresh key of this label. *session*: read and write, logged in; *bits* counts for RSA only, 0: 2048.

    HsmError if the token can't, or has a key or another object for keys of this label.
    """
    api = token.module.api
    uri = KeyUri(object=label)
    if is_taken(session, label):
        raise HsmError(f"there is a key {label!r} in the HSM already")
    with token.module.saying(uri):
        _check_ability(token, algorithm, bits)
        key_id = os.urandom(_ID_OCTETS)
        for last, (kind, mechanism, numbers) in _ways(api, algorithm, bits or RSA_BITS_DEFAULT):
            public, private = _templates(api, kind, label, key_id)
            try:
                session.generateKeyPair([*public, *numbers], private, api.Mechanism(mechanism, None))
                break
            except api.PyKCS11Error:
                if last:
                    raise
        return _made(session, algorithm, label, key_id)


def is_taken(session: Any, label: str) -> bool:
    """Is there a key of this label, or a half of one?"""
    api, uri = pykcs11(), KeyUri(object=label)
    return any(matching(session, uri, kind) for kind in (api.CKO_PRIVATE_KEY, api.CKO_PUBLIC_KEY))


def make_or_take(token: Token, session: Any, algorithm: int, bits: int, label: str) -> HsmKey:
    """As make_key, but a key of this label that is there, and is as one that would be made, is taken."""
    if not is_taken(session, label):
        return make_key(token, session, algorithm, bits, label)
    _, key = find_private(session, KeyUri(object=label))
    if algorithm not in key.algorithms or (bits and facts.key_bits(algorithm, key.public_key) != bits):
        raise HsmRefusedError(f"the key {label!r} that is in the HSM is not one for {facts.algorithm_name(algorithm)}")
    return key


def destroy_key(token: Token, session: Any, label: str, key_id: bytes) -> None:
    """Have no key of this label and id in the token. HsmError if it can't be removed."""
    api, uri = token.module.api, KeyUri(object=label, id=key_id)
    with token.module.saying(uri):
        for kind in (api.CKO_PRIVATE_KEY, api.CKO_PUBLIC_KEY):
            for handle in matching(session, uri, kind):
                session.destroyObject(handle)


def _made(session: Any, algorithm: int, label: str, key_id: bytes) -> HsmKey:
    """What is there now, which has to be what was asked for."""
    _, key = find_private(session, KeyUri(object=label, id=key_id))
    if algorithm not in key.algorithms:
        raise HsmRefusedError(f"the HSM made another key for {label!r} than one for {facts.algorithm_name(algorithm)}")
    return key


def _ways(api: Any, algorithm: int, bits: int) -> list[tuple[bool, tuple[int, int, list[tuple[int, Any]]]]]:
    """[(is it the last to try, (type of key, mechanism, what its public half is to have))]"""
    ways: list[tuple[int, int, list[tuple[int, Any]]]] = []
    if algorithm in facts.RSA:
        numbers = [(api.CKA_MODULUS_BITS, bits), (api.CKA_PUBLIC_EXPONENT, _EXPONENT)]
        ways.append((api.CKK_RSA, api.CKM_RSA_PKCS_KEY_PAIR_GEN, numbers))
    elif algorithm == facts.ED25519:
        edwards = api.CKK_EC_EDWARDS, api.CKM_EC_EDWARDS_KEY_PAIR_GEN
        ways += [(*edwards, [(api.CKA_EC_PARAMS, tuple(curve))]) for curve in _ED25519]
    else:
        curve = [(api.CKA_EC_PARAMS, tuple(_CURVES[algorithm]))]
        ways.append((api.CKK_EC, api.CKM_EC_KEY_PAIR_GEN, curve))
    return [(way is ways[-1], way) for way in ways]


def _templates(api: Any, kind: int, label: str, key_id: bytes) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    both = [(api.CKA_KEY_TYPE, kind), (api.CKA_TOKEN, True), (api.CKA_LABEL, label), (api.CKA_ID, tuple(key_id))]
    public = [(api.CKA_CLASS, api.CKO_PUBLIC_KEY), *both, (api.CKA_VERIFY, True), (api.CKA_PRIVATE, False)]
    private = [
        (api.CKA_CLASS, api.CKO_PRIVATE_KEY),
        *both,
        (api.CKA_PRIVATE, True),
        (api.CKA_SENSITIVE, True),
        (api.CKA_EXTRACTABLE, False),
        (api.CKA_SIGN, True),
    ]
    return public, private


def _check_ability(token: Token, algorithm: int, bits: int) -> None:
    """HsmRefusedError in plain words, where the module's would be an error code."""
    if algorithm not in ALGORITHMS:
        raise HsmRefusedError(f"no {facts.algorithm_name(algorithm)} keys are made in an HSM")
    api = token.module.api
    _, (_, mechanism, _) = _ways(api, algorithm, bits)[0]
    library = token.module.library
    name = api.CKM.get(mechanism, str(mechanism))
    if name not in library.getMechanismList(token.slot):
        raise HsmRefusedError(f"the token can't make {facts.algorithm_name(algorithm)} keys: it has no {name}")
    if algorithm not in facts.RSA:
        return
    with suppress(api.PyKCS11Error):
        info = library.getMechanismInfo(token.slot, name)
        size = bits or RSA_BITS_DEFAULT
        if not info.ulMinKeySize <= size <= info.ulMaxKeySize:
            raise HsmRefusedError(
                f"the token makes RSA keys of {info.ulMinKeySize} to {info.ulMaxKeySize} bits, not of {size}"
            )
