"""named.conf as fastsign takes it: text in, policies, key stores and zones out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from fastsign.kasp import vocabulary
from fastsign.kasp.builtin import DEFAULT, INSECURE
from fastsign.kasp.config import DNS_PORT, Config, KeyStore, Place
from fastsign.kasp.policies import PolicyText, make_policies, read_policy, read_store
from fastsign.kasp.policy import KEY_DIRECTORY, Policy
from fastsign.kasp.reading import Findings, Settings, Source, StatementError, Words, pass_over
from fastsign.kasp.servers import LISTS, Directory, Keys, ListText, read_key, read_list
from fastsign.kasp.syntax import Statement
from fastsign.kasp.zone_text import TemplateText, ViewText, read_options, read_template, read_view, read_zone
from fastsign.kasp.zones import Surroundings, make_zones


def parse_config(
    text: str,
    path: str,
    read: Callable[[str], str],
    *,
    cwd: str,
    expand: Callable[[str], Iterable[str]] = lambda pattern: (pattern,),
    enter: Callable[[str], None] = lambda folder: None,
) -> Config:
    """A configuration in named.conf's syntax.

    *path*: of the text, for messages. *read* gives the text of a file that is included, or raises OSError; *expand*
    the files that an include's pattern stands for, none if there is none. *cwd*: what relative paths are relative to,
    unless options { directory; } says otherwise; *enter* raises OSError if what that says is no directory.

    PolicyError has all errors, a line each: file:line:column: BIND's words, and where it helps what was meant.
    What has another purpose than keys and signing is passed over.
    """
    source = Source(read, expand, enter, cwd)
    parts = _read(source, text, path)
    source.findings.settle()
    config = _make(parts, source)
    source.findings.settle()
    return config


def parse_policies(
    text: str,
    path: str,
    read: Callable[[str], str],
    *,
    cwd: str,
    expand: Callable[[str], Iterable[str]] = lambda pattern: (pattern,),
    enter: Callable[[str], None] = lambda folder: None,
) -> Policies:
    """The policies alone, for which it does not matter what is wrong with the zones. Arguments as of parse_config."""
    source = Source(read, expand, enter, cwd)
    parts = _read(source, text, path)
    source.findings.settle()
    stores = _stores(parts, source.findings)
    source.findings.settle()
    return Policies(stores, parts.policies)


@dataclass(frozen=True, slots=True)
class Policies:
    """Policies as they are written, and the key stores that they may name."""

    stores: Mapping[str, KeyStore]
    texts: list[PolicyText]

    def find(self, name: str) -> tuple[Policy | None, tuple[str, ...]]:
        """The policy of this name, and warnings about it. PolicyError if there is something wrong with it."""
        findings = Findings()
        policies = make_policies([text for text in self.texts if text.name == name], self.stores, findings)
        findings.settle()
        return policies.get(name), tuple(findings.warnings)

    def lists_keys(self, name: str) -> bool:
        """Does this policy list keys itself? If it does not, a zone under it has those of the default one."""
        return any(text.name == name and "keys" in text.settings for text in self.texts)


@dataclass(slots=True)
class _Parts:
    """The statements of a configuration that are ours, as they are written."""

    findings: Findings
    outside: ViewText  # the zones and keys outside of all views
    options: Settings | None = None
    policies: list[PolicyText] = field(default_factory=list)
    stores: list[tuple[KeyStore, Place]] = field(default_factory=list)
    lists: dict[tuple[str, str], ListText] = field(default_factory=dict)
    views: list[ViewText] = field(default_factory=list)
    templates: dict[str, TemplateText] = field(default_factory=dict)  # by name, in lower case


def _read(source: Source, text: str, path: str) -> _Parts:
    parts = _Parts(source.findings, ViewText(None, None, Keys(source.findings)))
    for statement in source.statements(text, path):
        try:
            _take(statement, parts, source)
        except StatementError as refusal:
            source.findings.error(refusal.place, refusal.message)
    return parts


def _take(statement: Statement, parts: _Parts, source: Source) -> None:
    """Read one of the outermost statements."""
    words = Words(statement, source.findings)
    match words.name:
        case "dnssec-policy":
            parts.policies.append(read_policy(words, source))
        case "key-store":
            parts.stores.append(read_store(words, source))
        case "key":
            parts.outside.keys.add(*read_key(words, source))
        case "zone":
            parts.outside.zones.append(read_zone(words, source))
        case "view":
            parts.views.append(read_view(words, source))
        case "template":
            _take_template(read_template(words, source), parts)
        case "options":
            if parts.options is not None:
                raise StatementError(statement.place, "'options' redefined near 'options'")
            parts.options = read_options(words, source)
        case name if name in LISTS:
            _take_list(name, words, parts, source)
        case name if name in vocabulary.STATEMENTS:
            pass_over(words, _OWN)
        case _:
            source.unknown(statement, vocabulary.STATEMENTS, _OWN, strict=False)


_OWN = ("dnssec-policy", "key-store", "key", "zone", "template", "view", "options", *LISTS)


def _take_template(text: TemplateText, parts: _Parts) -> None:
    other = parts.templates.setdefault(text.name.lower(), text)
    if other is not text:
        where = f"{other.place.file}:{other.place.line}"
        parts.findings.error(text.place, f"template '{text.name}' is duplicated: also defined at {where}")


def _take_list(kind: str, words: Words, parts: _Parts, source: Source) -> None:
    name = words.string()
    text = read_list(words, source)
    words.end()
    other = parts.lists.setdefault((kind, name.lower()), text)
    if other is not text:
        where = f"{other.place.file}:{other.place.line}"
        parts.findings.error(text.place, f"{kind} list '{name}' is duplicated: also defined at {where}")


def _make(parts: _Parts, source: Source) -> Config:
    """The whole, once every statement is read: a zone may come before its policy."""
    findings = source.findings
    stores = {
        name: replace(store, directory=store.directory and os.path.join(source.folder, store.directory))
        for name, store in _stores(parts, findings).items()
    }
    own = make_policies(parts.policies, stores, findings)
    policies = {DEFAULT.name: DEFAULT, INSECURE.name: INSECURE, **own}
    options = parts.options or {}
    port = options["port"].value if "port" in options else DNS_PORT
    keys = {wire: key for wire, (key, _) in parts.outside.keys.found.items()}
    directory = Directory(parts.lists, keys, {}, port)
    around = Surroundings(policies, options, directory, source.folder, findings, parts.templates)
    views = [parts.outside, *parts.views]
    zones = make_zones(views, around)
    return Config(policies, stores, zones, tuple(dict.fromkeys(findings.warnings)))


def _stores(parts: _Parts, findings: Findings) -> dict[str, KeyStore]:
    stores = {KEY_DIRECTORY: KeyStore()}
    for store, place in parts.stores:
        if store.name in stores:
            findings.error(place, f"key-store: duplicate key-store found '{store.name}'")
        stores.setdefault(store.name, store)
    return stores
