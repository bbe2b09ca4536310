"""Templates of zones, which BIND has from 9.21 on: what a zone does not say itself, the template that it names says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastsign.kasp.reading import Findings, hint
from fastsign.kasp.zone_text import PRIMARY, SECONDARY, TemplateText, ViewText, ZoneText
from fastsign.keys import names

_SAME = dict.fromkeys(PRIMARY, PRIMARY[0]) | dict.fromkeys(SECONDARY, SECONDARY[0])


def with_template(
    text: ZoneText, name: bytes, view: ViewText, templates: Mapping[str, TemplateText], findings: Findings
) -> ZoneText:
    """A zone as if all that its template says stood in it. *name*: the zone's, in lower case. *templates*: by name,
    in lower case.
    """
    wanted = text.settings.get("template")
    if wanted is None:
        return text
    template = templates.get(wanted.value.lower())
    if template is None:
        known = [each.name for each in templates.values()]
        message = f"zone '{names.to_message(name)}': template '{wanted.value}' is not defined"
        findings.error(wanted.value_place, message + hint(wanted.value, known))
        return text
    settings = {**template.settings, **text.settings}
    if "file" in settings and "type" in settings:
        kind = settings["type"].value
        path = expanded(settings["file"].value, name, view.name or "_default", _SAME.get(kind, kind))
        settings["file"] = replace(settings["file"], value=path)
    return replace(text, settings=settings)


def expanded(path: str, zone: bytes, view: str, kind: str) -> str:
    """A zone's file with what stands for the zone's name, type, view, first characters and last labels in it.

    Each such word is replaced once, where it stands first (dns_zone_expandzonefile in BIND's lib/dns/zone.c).
    """
    words = _words(zone, view, kind)
    places = sorted((at, word) for word in words if (at := path.lower().find(word)) >= 0)
    parts, done = [], 0
    for at, word in places:
        parts += [path[done:at], words[word]]
        done = at + len(word)
    return "".join(parts) + path[done:]


def _words(zone: bytes, view: str, kind: str) -> dict[str, str]:
    name = names.to_message(zone)
    words = (
        dict.fromkeys(("$name", "%s"), name)
        | dict.fromkeys(("$type", "%t"), kind)
        | dict.fromkeys(("$view", "%v"), view)
    )
    for number, character in enumerate(f"{name[:3]:.<3}", 1):
        words[f"$char{number}"] = words[f"%{number}"] = character
    labels = [names.to_message(bytes([len(label)]) + label + b"\0") for label in names.labels_of(zone)]
    for number, letter in enumerate("zyx", 1):
        words[f"$label{number}"] = words[f"%{letter}"] = labels[-number] if number <= len(labels) else "."
    return words
