"""dnssec-policy and key-store: their options, and BIND's checks (lib/isccfg/kaspconf.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastsign.kasp.builtin import DEFAULT, NAMES
from fastsign.kasp.config import KeyStore, Place
from fastsign.kasp.durations import format_duration
from fastsign.kasp.policy import DAY, KEY_DIRECTORY, KeyRule, Nsec3Rule, Policy
from fastsign.kasp.reading import Findings, Settings, Source, Spec, StatementError, Words, hint
from fastsign.kasp.syntax import Block, Statement, Word
from fastsign.kasp.vocabulary import DURATIONS
from fastsign.keys import ds, facts
from fastsign.keys.pkcs11.uri import SCHEME, parse_uri

_RSA_BITS, _RSA_DEFAULT = range(1024, 4097), 2048
_SHORT = 30 * DAY  # of a lifetime
_ALGORITHMS = [facts.algorithm_name(number).lower() for number in sorted(facts.SUPPORTED)]
_DIGEST_NAMES = {"SHA-1": 1, "SHA1": 1, "SHA-256": 2, "SHA256": 2, "GOST": 3, "SHA-384": 4, "SHA384": 4}


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A dnssec-policy as it is written."""

    name: str
    place: Place
    settings: Settings


@dataclass(frozen=True, slots=True)
class KeyText:
    """A line of keys { } as it is written, each word with its place."""

    place: Place
    role: str
    store: tuple[str, Place]
    lifetime: tuple[int, Place]
    algorithm: tuple[str, Place]
    bits: tuple[int, Place] | None
    tags: tuple[int, int, Place] | None


# ---- what is written


def read_policy(words: Words, source: Source) -> PolicyText:
    name = words.string()
    block = words.block()
    words.end()
    return PolicyText(name, words.statement.place, source.settings(block, _options(source)))


def _options(source: Source) -> Spec:
    def keys(words: Words) -> tuple[KeyText, ...]:
        return tuple(_each(words, source, _read_key))

    def digest_types(words: Words) -> tuple[tuple[str, Place], ...]:
        return tuple(_each(words, source, lambda inner: (inner.string(), inner.statement.place)))

    return dict.fromkeys(_DURATIONS, Words.duration) | {
        "cdnskey": Words.boolean,
        "cds-digest-types": digest_types,
        "inline-signing": Words.boolean,
        "keys": keys,
        "manual-mode": Words.boolean,
        "nsec3param": _read_nsec3,
        "offline-ksk": Words.boolean,
        "parent-registration-delay": Words.duration,
    }


def _each(words: Words, source: Source, read: Any) -> Iterator[Any]:
    """What *read* makes of each statement of a block."""
    for statement in source.flat(words.block().statements):
        inner = _Whole(statement, source.findings)
        try:
            value = read(inner)
            inner.end()
            yield value
        except StatementError as refusal:
            source.findings.error(refusal.place, refusal.message)


class _Whole(Words):
    """The words of a statement, the first among them."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._at = 0


def _read_key(words: Words) -> KeyText:
    role = words.one_of("ksk", "zsk", "csk")
    place = words.statement.place
    store = (KEY_DIRECTORY, words.place)
    if not words.skip(KEY_DIRECTORY) and words.skip("key-store"):
        at = words.place
        store = (words.string(), at)
    words.need("lifetime")
    at = words.place
    lifetime = (words.duration(or_unlimited=True), at)
    words.need("algorithm")
    at = words.place
    algorithm = (words.string(), at)
    bits: tuple[int, Place] | None = None
    tags: tuple[int, int, Place] | None = None
    while words.ahead is not None:
        at = words.place
        if tags is None and words.skip("tag-range"):
            tags = (words.number(), words.number(), at)
        elif bits is None and _is_number(words):
            bits = (words.number(), at)
        else:
            break
    return KeyText(place, role, store, lifetime, algorithm, bits, tags)


def _is_number(words: Words) -> bool:
    return getattr(words.ahead, "text", "").isdigit()


def _read_nsec3(words: Words) -> tuple[Nsec3Rule, Place, Place]:
    """The rule, and where its iterations and its salt are."""
    iterations_place = words.place
    iterations = 0
    if words.skip("iterations"):
        iterations_place = words.place
        iterations = words.number()
    opt_out = words.boolean() if words.skip("optout") else False
    salted = words.skip("salt-length")
    salt_place = words.place
    return Nsec3Rule(iterations, opt_out, words.number() if salted else 0), iterations_place, salt_place


def read_store(words: Words, source: Source) -> tuple[KeyStore, Place]:
    name = words.string()
    block = words.block()
    words.end()
    found = source.settings(block, {"directory": Words.string, "pkcs11-uri": _read_uris})
    values = {option: setting.value for option, setting in found.items()}
    return KeyStore(name, values.get("directory"), values.get("pkcs11-uri", ())), words.statement.place


def _read_uris(words: Words) -> tuple[str, ...]:
    """One URI, or ours: { "first"; "second"; }. No message shows a word of it: there may be a PIN in it."""
    place = words.place
    if not isinstance(words.ahead, Block):
        uris: tuple[str, ...] = (words.quoted(),)
    else:
        uris = tuple(_uri(statement) for statement in words.block().statements)
        if not uris:
            raise StatementError(place, "pkcs11-uri: the list is empty")
        words.findings.warn(place, "pkcs11-uri: a list of tokens is fastsign's own: named does not read it")
    for number, uri in enumerate(uris, 1):
        which = f"pkcs11-uri {number}" if len(uris) > 1 else "pkcs11-uri"
        for fault in _faults(uri):
            words.findings.warn(place, f"{which}: {fault}")
    return uris


def _uri(statement: Statement) -> str:
    first, *more = statement.items
    if more or not isinstance(first, Word) or not first.quoted:
        raise StatementError(statement.place, "expected quoted string near '...'")
    return first.text


def _faults(text: str) -> Iterator[str]:
    """What named would not look at: it hands the text on as it is."""
    try:
        if not text.lower().startswith(SCHEME):
            raise ValueError(f"does not begin with {SCHEME}")
        uri = parse_uri(text, needs_key=False)
    except ValueError as error:
        yield f"the URI {error}: no key will be made or found there"
        return
    if uri.object is not None or uri.id is not None:
        yield "the URI names a key: a key store is a token, and its keys get names of their own"
    if uri.pin_value is not None:
        yield "the URI has a PIN in it, which will stand in all files of its keys: name a file by pin-source instead"


# ---- what it means

# Options that are durations, and their fields.
_DURATIONS = {name: name.replace("-", "_") for name in DURATIONS}
_PLAIN = {
    "cdnskey": "cdnskey",
    "inline-signing": "inline_signing",
    "manual-mode": "manual_mode",
    "offline-ksk": "offline_ksk",
}


def make_policies(texts: list[PolicyText], stores: Mapping[str, KeyStore], findings: Findings) -> dict[str, Policy]:
    """The policies that are written, by name; those with an error are left out."""
    policies: dict[str, Policy] = {}
    for text in texts:
        if text.name in NAMES:
            findings.error(
                text.place,
                "dnssec-policy name may not be 'insecure', 'none', or 'default' (which are built-in policies)",
            )
        elif text.name in policies:
            findings.error(text.place, f"dnssec-policy: duplicately named policy found '{text.name}'")
        else:
            policies[text.name] = make_policy(text, stores, findings)
    return policies


def make_policy(text: PolicyText, stores: Mapping[str, KeyStore], findings: Findings) -> Policy:
    """A policy, with what it leaves out as in the default policy."""
    fields: dict[str, Any] = {
        field: text.settings[option].value for option, field in (_DURATIONS | _PLAIN).items() if option in text.settings
    }
    policy = replace(DEFAULT, name=text.name, **fields)
    if obsolete := text.settings.get("parent-registration-delay"):
        findings.warn(obsolete.place, "option 'parent-registration-delay' is obsolete and should be removed ")
    _check_signatures(policy, text.place, findings)
    policy = replace(policy, cds_digest_types=_digest_types(text, findings))
    if "keys" in text.settings:
        policy = replace(policy, keys=_keys(policy, text, stores, findings))
    return replace(policy, nsec3=_nsec3(policy, text, findings))


def _check_signatures(policy: Policy, place: Place, findings: Findings) -> None:
    for option, validity in (
        ("signatures-validity-dnskey", policy.signatures_validity_dnskey),
        ("signatures-validity", policy.signatures_validity),
    ):
        about = f"dnssec-policy: policy '{policy.name}'"
        if policy.signatures_refresh >= validity * 0.9:
            findings.error(place, f"{about} signatures-refresh must be at most 90% of the {option}")
        if policy.signatures_jitter > validity:
            findings.error(place, f"{about} signatures-jitter cannot be larger than {option}")


def _digest_types(text: PolicyText, findings: Findings) -> tuple[int, ...]:
    if "cds-digest-types" not in text.settings:
        return DEFAULT.cds_digest_types
    types: list[int] = []  # as in BIND there may be none
    for word, place in text.settings["cds-digest-types"].value:
        number = int(word) if word.isdigit() and int(word) < 256 else _DIGEST_NAMES.get(word.upper())
        if number is None:
            findings.error(place, f"dnssec-policy: bad cds digest-type {word}; it is 2, 4, SHA-256 or SHA-384")
        elif number not in ds.DIGESTS:
            findings.error(place, f"dnssec-policy: unsupported cds digest-type {word}; it is 2, 4, SHA-256 or SHA-384")
        else:
            if number == ds.SHA1:
                findings.warn(place, f"dnssec-policy: deprecated CDS digest-type {word}")
            types.append(number)
    return tuple(dict.fromkeys(types))


# ---- keys


def _keys(policy: Policy, text: PolicyText, stores: Mapping[str, KeyStore], findings: Findings) -> tuple[KeyRule, ...]:
    setting = text.settings["keys"]
    told = len(findings.errors)
    rules: list[KeyRule] = []
    for key in setting.value:
        if rule := _key_rule(key, policy, stores, findings):
            rules.append(rule)
    if not setting.value:
        findings.error(
            setting.value_place,
            f"dnssec-policy: policy '{policy.name}' has no keys; to end signing use dnssec-policy insecure",
        )
    if len(findings.errors) == told:
        _check_roles(rules, setting.value_place, findings)
    return tuple(rules)


def _key_rule(key: KeyText, policy: Policy, stores: Mapping[str, KeyStore], findings: Findings) -> KeyRule | None:
    """One line of keys { }, or None if that is told to be wrong."""
    algorithm = facts.algorithm_number(key.algorithm[0])
    rule = KeyRule(
        ksk=key.role != "zsk",
        zsk=key.role != "ksk",
        algorithm=algorithm or 0,
        bits=0,
        lifetime=key.lifetime[0],
        store=key.store[0],
    )
    try:
        if policy.offline_ksk and rule.ksk and rule.zsk:
            raise StatementError(key.place, "dnssec-policy: csk keys are not allowed when offline-ksk is enabled")
        if rule.store not in stores:
            raise StatementError(key.store[1], f"dnssec-policy: keystore {rule.store} does not exist")
        _check_lifetime(rule, key, policy, findings)
        rule = replace(rule, bits=_bits(key, algorithm, findings))
        if key.tags is not None:
            lowest, highest = _tags(*key.tags)
            rule = replace(rule, tag_min=lowest, tag_max=highest)
    except StatementError as refusal:
        findings.error(refusal.place, refusal.message)
        return None
    return rule


def _check_lifetime(rule: KeyRule, key: KeyText, policy: Policy, findings: Findings) -> None:
    """StatementError if a key would have to go before its successor can take over."""
    if not rule.lifetime:
        return
    place = key.lifetime[1]
    if rule.lifetime < _SHORT:
        findings.warn(place, "dnssec-policy: key lifetime is shorter than 30 days")
    needed = policy.publish_interval()
    if rule.ksk:
        needed = max(needed, policy.retire_interval_ksk())
    if rule.zsk:  # BIND counts max-zone-ttl 0 as no time at all here
        needed = max(needed, policy.retire_interval_zsk() - policy.zone_ttl + policy.max_zone_ttl)
    if rule.lifetime <= needed:
        raise StatementError(
            place,
            "dnssec-policy: key lifetime is shorter than the time it takes to do a rollover; "
            f"it takes {format_duration(needed)}",
        )


def _bits(key: KeyText, algorithm: int | None, findings: Findings) -> int:
    """The size of a key; StatementError if its algorithm is none for us, or the size none for the algorithm."""
    name, place = key.algorithm
    if algorithm is None:
        raise StatementError(place, f"dnssec-policy: bad algorithm {name}{hint(name, _ALGORITHMS)}")
    if algorithm not in facts.SUPPORTED:
        raise StatementError(place, f"dnssec-policy: algorithm {name} not supported")
    if algorithm in facts.DEPRECATED:
        findings.warn(place, f"dnssec-policy: DNSSEC algorithm {name} is deprecated")
    if algorithm not in facts.RSA:
        if key.bits is not None:
            findings.warn(
                key.bits[1],
                f"dnssec-policy: key algorithm {name} has predefined length; ignoring length value {key.bits[0]}",
            )
        return facts.key_bits(algorithm, b"")
    if key.bits is None:
        return _RSA_DEFAULT
    if key.bits[0] not in _RSA_BITS:
        bits, place = key.bits
        raise StatementError(place, f"dnssec-policy: key with algorithm {name} has invalid key length {bits}")
    return key.bits[0]


def _tags(lowest: int, highest: int, place: Place) -> tuple[int, int]:
    for tag, word in ((lowest, "min"), (highest, "max")):
        if tag > 0xFFFF:
            raise StatementError(place, f"dnssec-policy: tag-{word} too big")
    if lowest >= highest:
        raise StatementError(place, "dnssec-policy: tag-min >= tag_max")
    return lowest, highest


def _check_roles(rules: list[KeyRule], place: Place, findings: Findings) -> None:
    """Each algorithm needs KSK and ZSK (RFC 4035 section 2.2), and one of each will do."""
    for algorithm in sorted({rule.algorithm for rule in rules}):
        zsks = sum(rule.zsk for rule in rules if rule.algorithm == algorithm)
        ksks = sum(rule.ksk for rule in rules if rule.algorithm == algorithm)
        if not (zsks and ksks):
            findings.error(place, f"dnssec-policy: algorithm {algorithm} requires both KSK and ZSK roles")
        for count, role in ((zsks, "ZSK"), (ksks, "KSK")):
            if count > 1:
                findings.warn(place, f"dnssec-policy: algorithm {algorithm} has multiple keys with {role} role")


def _nsec3(policy: Policy, text: PolicyText, findings: Findings) -> Nsec3Rule | None:
    if "nsec3param" not in text.settings:
        return None
    rule: Nsec3Rule
    rule, place, salt_place = text.settings["nsec3param"].value
    unfit = [key.algorithm for key in policy.keys if key.algorithm in facts.NSEC_ONLY]
    if unfit:
        name = facts.algorithm_name(unfit[-1])
        findings.error(place, f"dnssec-policy: cannot use nsec3 with algorithm '{name}'")
    elif rule.iterations:  # RFC 9276 section 3.1
        findings.error(place, f"dnssec-policy: nsec3 iterations value {rule.iterations} not allowed, must be zero")
    elif rule.salt_length > 0xFF:
        findings.error(salt_place, f"dnssec-policy: nsec3 salt length {rule.salt_length} too high")
    return rule
