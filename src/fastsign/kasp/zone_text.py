"""zone, template, view and options: what is written in them, and which words they have."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from fastsign.errors import system_reason
from fastsign.kasp import vocabulary
from fastsign.kasp.config import Place
from fastsign.kasp.reading import Settings, Source, Spec, StatementError, Words
from fastsign.kasp.servers import Keys, read_key, read_list, read_sender
from fastsign.kasp.syntax import Block, Word
from fastsign.keys import facts

PRIMARY = ("primary", "master")
SECONDARY = ("secondary", "slave")
TYPES = (*PRIMARY, *SECONDARY, "mirror", "delegation-only", "forward", "hint", "redirect", "static-stub", "stub")


@dataclass(frozen=True, slots=True)
class ZoneText:
    """A zone statement as it is written."""

    name: str
    place: Place
    settings: Settings
    is_internet: bool  # of class IN


@dataclass(frozen=True, slots=True)
class TemplateText:
    """What zones say that name this template, unless they say otherwise themselves."""

    name: str
    place: Place
    settings: Settings


@dataclass(slots=True)
class ViewText:
    """A view; that of the zones outside of all views has no name."""

    name: str | None
    place: Place | None
    keys: Keys
    settings: Settings = field(default_factory=dict)
    zones: list[ZoneText] = field(default_factory=list)
    is_internet: bool = True


def _anything(words: Words) -> None:
    words.rest()


def _allows_update(words: Words) -> bool:
    """Does an allow-update let anybody in?"""
    items = words.rest()  # a port and a transport may come first
    if not items or not isinstance(items[-1], Block):
        raise words.near("'{' expected")
    elements = [statement.items[0] for statement in items[-1].statements]
    return not all(isinstance(element, Word) and element.text.lower() == "none" for element in elements)


# What a zone inherits from its view, and that from the options.
_INHERITED: Spec = {
    "allow-update": _allows_update,
    "checkds": lambda words: words.one_of("yes", "explicit", "no", "true", "false"),
    "dnskey-sig-validity": _anything,
    "dnssec-loadkeys-interval": Words.number,
    "dnssec-policy": Words.string,
    "key-directory": Words.quoted,
    "max-zone-ttl": _anything,
    "parental-source": lambda words: read_sender(words, 4),
    "parental-source-v6": lambda words: read_sender(words, 6),
    "serial-update-method": lambda words: words.one_of("date", "increment", "unixtime"),
    "sig-signing-nodes": Words.number,
    "sig-signing-signatures": Words.number,
    "sig-signing-type": Words.number,
    "sig-validity-interval": _anything,
}
OLD = ("auto-dnssec", "dnssec-dnskey-kskonly", "dnssec-secure-to-insecure", "update-check-ksk", "dnssec-update-mode")
VALIDITIES = ("sig-validity-interval", "dnskey-sig-validity")


def options_spec(source: Source) -> Spec:
    def directory(words: Words) -> str:
        place, folder = words.place, words.quoted()
        try:
            source.enter(os.path.join(source.folder, folder))
        except OSError as error:
            raise StatementError(place, f"change directory to '{folder}' failed: {system_reason(error)}") from None
        source.folder = os.path.join(source.folder, folder)
        return source.folder

    return {**_INHERITED, "directory": directory, "port": Words.port}


def _is_internet(words: Words) -> bool:
    """Take the class behind a name, if there is one: is it IN?"""
    if not isinstance(words.ahead, Word):
        return True
    place, text = words.place, words.string()
    number = facts.class_number(text)
    if number is None:
        raise StatementError(place, f"unknown class '{text}'")
    return number == facts.class_number("IN")


def read_options(words: Words, source: Source) -> Settings:
    block = words.block()
    words.end()
    return source.settings(block, options_spec(source), vocabulary.OPTIONS, strict=False)


def read_view(words: Words, source: Source) -> ViewText:
    view = ViewText(words.string(), words.statement.place, Keys(source.findings))
    view.is_internet = _is_internet(words)
    block = words.block()
    words.end()

    def zone(inner: Words) -> None:
        view.zones.append(read_zone(inner, source))

    def key(inner: Words) -> None:
        view.keys.add(*read_key(inner, source))

    spec = {**_INHERITED, "zone": zone, "key": key}
    view.settings = source.settings(block, spec, vocabulary.VIEW, strict=False)
    return view


def read_zone(words: Words, source: Source) -> ZoneText:
    name = words.string()
    is_internet = _is_internet(words)
    block = words.block()
    words.end()
    spec: Spec = {**_of_zones(source), "in-view": Words.string, "template": Words.string}
    settings = source.settings(block, spec, vocabulary.ZONE)
    return ZoneText(name, words.statement.place, settings, is_internet)


def read_template(words: Words, source: Source) -> TemplateText:
    """All that a zone may say but of what view or template it is."""
    name = words.string()
    block = words.block()
    words.end()
    settings = source.settings(block, _of_zones(source), vocabulary.ZONE - {"in-view", "template"})
    return TemplateText(name, words.statement.place, settings)


def _of_zones(source: Source) -> Spec:
    return {
        **_INHERITED,
        **dict.fromkeys(OLD, _anything),
        "auto-dnssec": lambda inner: inner.one_of("allow", "maintain", "off"),
        "database": _anything,
        "dlz": _anything,
        "file": Words.quoted,
        "inline-signing": Words.boolean,
        "parental-agents": lambda inner: read_list(inner, source),
        "type": lambda inner: inner.one_of(*TYPES),
        "update-policy": _anything,
    }
