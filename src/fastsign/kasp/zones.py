"""zone, view and options: what they mean, what they inherit, and BIND's checks (lib/isccfg/check.c)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastsign.kasp.builtin import NONE
from fastsign.kasp.config import SIG_SIGNING_NODES, Place, Zone
from fastsign.kasp.policy import Policy
from fastsign.kasp.reading import Findings, Setting, Settings, StatementError, hint
from fastsign.kasp.servers import Directory
from fastsign.kasp.templates import with_template
from fastsign.kasp.zone_text import OLD, PRIMARY, SECONDARY, VALIDITIES, TemplateText, ViewText, ZoneText
from fastsign.keys import names

_PRIVATE_TYPES = range(0xFF00, 0x10000)  # RFC 6895 section 3.1
_MOST_MINUTES = 24 * 60  # of dnssec-loadkeys-interval


@dataclass(slots=True)
class Surroundings:
    """What a zone is checked against."""

    policies: Mapping[str, Policy]  # the built-in ones too
    options: Settings
    directory: Directory
    folder: str
    findings: Findings
    templates: Mapping[str, TemplateText]  # by name, in lower case
    files: dict[str, tuple[ZoneText, Place, bool]] = field(default_factory=dict)  # by path: whose, where, written to?
    key_folders: dict[tuple[bytes, str], tuple[ZoneText, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """A zone among what it inherits."""

    text: ZoneText
    view: ViewText
    around: Surroundings

    def find(self, option: str) -> Setting | None:
        for settings in (self.text.settings, self.view.settings, self.around.options):
            if option in settings:
                return settings[option]
        return None

    def value(self, option: str, default: Any) -> Any:
        found = self.find(option)
        return default if found is None else found.value

    def error(self, message: str, place: Place | None = None) -> None:
        self.around.findings.error(place or self.text.place, message)

    def warn(self, message: str, place: Place | None = None) -> None:
        self.around.findings.warn(place or self.text.place, message)

    @property
    def type(self) -> str | None:
        found = self.text.settings.get("type")
        return found.value if found else None


def make_zones(views: list[ViewText], around: Surroundings) -> dict[bytes, Zone]:
    """The zones whose policy is looked after or that are primary, by name; the first where views have several."""
    if len(views) > 1:
        for text in views[0].zones:
            around.findings.error(text.place, "when using 'view' statements, all zones must be in views")
    zones: dict[bytes, Zone] = {}
    for view in views:
        seen: dict[bytes, Place] = {}
        for zone in _zones_of(view, around, seen):
            _join(zones, zone, view, around)
    return zones


def _join(zones: dict[bytes, Zone], zone: Zone, view: ViewText, around: Surroundings) -> None:
    first = zones.setdefault(zone.name, zone)
    if _unplaced(first) != _unplaced(zone) and zone.place and (first.policy or zone.policy):
        around.findings.warn(
            zone.place,
            f"zone '{names.to_message(zone.name)}': another view has this zone too, with other settings; "
            f"that of view '{view.name}' is passed over",
        )


def _unplaced(zone: Zone) -> Zone:
    return replace(zone, place=None, key_directory_place=None)


def _zones_of(view: ViewText, around: Surroundings, seen: dict[bytes, Place]) -> Iterator[Zone]:
    for text in view.zones:
        scope = Scope(text, view, around)
        try:
            name = names.from_text(text.name).lower()
        except ValueError:
            scope.error(f"zone '{text.name}': is not a valid name")
            continue
        if name in seen:
            other = seen[name]
            scope.error(
                f"zone '{names.to_message(name)}': already exists previous definition: {other.file}:{other.line}"
            )
            continue
        seen[name] = text.place
        if "in-view" in text.settings or not (text.is_internet and view.is_internet):
            continue
        zone = _zone(name, replace(scope, text=with_template(text, name, view, around.templates, around.findings)))
        if zone is not None:
            yield zone


def _zone(name: bytes, scope: Scope) -> Zone | None:
    """The zone, or None if it is of a type that nobody signs, or wrong."""
    shown = names.to_message(name)
    if scope.type is None:
        scope.error(f"zone '{shown}': type not present")
        return None
    policy_name = scope.value("dnssec-policy", NONE)
    policy = scope.around.policies.get(policy_name)
    if policy is None and policy_name != NONE:
        scope.error(
            f"zone '{shown}': option 'dnssec-policy {policy_name}' has no matching dnssec-policy config"
            + hint(policy_name, scope.around.policies)
        )
    if scope.type not in PRIMARY + SECONDARY:
        return None
    _check_with_policy(shown, scope, policy)
    _check_files(shown, scope, policy)
    _check_key_folder(name, scope, policy_name)
    return _make(name, scope, policy)


def _check_with_policy(shown: str, scope: Scope, policy: Policy | None) -> None:
    """What does not go together with a policy."""
    settings = scope.text.settings
    if policy is None:
        return
    if ttl := scope.find("max-zone-ttl"):
        scope.warn(
            f"zone '{shown}': option 'max-zone-ttl' is ignored when used together with 'dnssec-policy'", ttl.value_place
        )
    if (auto := settings.get("auto-dnssec")) and auto.value != "off":
        scope.error(f"'auto-dnssec {auto.value};' cannot be configured if dnssec-policy is also set", auto.value_place)
    for option in (*OLD[1:], *VALIDITIES):
        if option in settings:
            scope.error(f"{option}: cannot be configured if dnssec-policy is also set", settings[option].value_place)
    if not _inline(scope, policy) and not _dynamic(scope):
        why = " without a configured 'allow-update' or 'update-policy'" if scope.type in PRIMARY else ""
        scope.error(
            f"'inline-signing yes;' must also be configured explicitly for zones using dnssec-policy{why}. See "
            "https://kb.isc.org/docs/dnssec-policy-requires-dynamic-dns-or-inline-signing"
        )


def _inline(scope: Scope, policy: Policy | None) -> bool:
    """The zone's own word, else its policy's."""
    own = scope.text.settings.get("inline-signing")
    return bool(own.value) if own else policy is not None and policy.inline_signing


def _dynamic(scope: Scope) -> bool:
    return "update-policy" in scope.text.settings or bool(scope.value("allow-update", False))


def _check_files(shown: str, scope: Scope, policy: Policy | None) -> None:
    """A file that is written to is no other zone's."""
    file = scope.text.settings.get("file")
    if file is None:
        inline = scope.text.settings.get("inline-signing")
        elsewhere = {"database", "dlz"} & set(scope.text.settings)
        if (scope.type in PRIMARY and not elsewhere) or (inline and inline.value):
            scope.error(f"zone '{shown}': missing 'file' entry")
        return
    written = policy is not None or scope.type in SECONDARY or _dynamic(scope)
    text, place, other = scope.around.files.setdefault(file.value, (scope.text, file.value_place, written))
    if text.place != scope.text.place and (written or other):
        scope.error(f"writeable file '{file.value}': already in use: {place.file}:{place.line}", file.value_place)


def _check_key_folder(name: bytes, scope: Scope, policy_name: str) -> None:
    """The keys of a zone follow one policy, in whatever views it is."""
    if policy_name == NONE:
        return
    folder = scope.value("key-directory", "(null)")
    text, other = scope.around.key_folders.setdefault((name, folder), (scope.text, policy_name))
    if other not in (NONE, policy_name):
        place = text.place
        scope.error(
            f"key-directory '{names.to_message(name)}/{folder}' already in use by zone {text.name} with policy "
            f"{other}: {place.file}:{place.line}"
        )


def _make(name: bytes, scope: Scope, policy: Policy | None) -> Zone:
    folder = scope.around.folder
    file = scope.text.settings.get("file")
    checkds = scope.value("checkds", None)
    return Zone(
        name=name,
        policy=policy,
        file=os.path.join(folder, file.value) if file else None,
        key_directory=os.path.join(folder, scope.value("key-directory", "")) or ".",
        inline_signing=_inline(scope, policy),
        checkds={"true": "yes", "false": "no"}.get(checkds, checkds),
        parental_agents=_agents(name, scope),
        serial_update_method=scope.value("serial-update-method", "increment"),
        loadkeys_interval=_interval(scope),
        sig_signing_nodes=_positive(scope, "sig-signing-nodes", SIG_SIGNING_NODES),
        sig_signing_signatures=_positive(scope, "sig-signing-signatures")
        if scope.find("sig-signing-signatures")
        else None,
        sig_signing_type=_private_type(scope),
        place=scope.text.place,
        key_directory_place=keys.value_place if (keys := scope.find("key-directory")) else None,
    )


def _agents(name: bytes, scope: Scope) -> Any:
    text = scope.text.settings.get("parental-agents")
    if text is None:
        return ()
    keys = {wire: key for wire, (key, _) in scope.view.keys.found.items()}
    senders = {
        family: found.value
        for family, option in ((4, "parental-source"), (6, "parental-source-v6"))
        if (found := scope.find(option))
    }
    directory = scope.around.directory
    try:
        servers = replace(directory, keys={**directory.keys, **keys}, senders=senders).servers(text.value)
    except StatementError as refusal:
        scope.error(refusal.message, refusal.place)
        return ()
    if not servers:
        scope.error(f"zone '{names.to_message(name)}': empty 'parental-agents' entry")
    return servers


def _interval(scope: Scope) -> int:
    found = scope.find("dnssec-loadkeys-interval")
    if found is None:
        return 3600
    if not found.value:
        scope.error("dnssec-loadkeys-interval: 0 is no interval; it is 1 to 1440 minutes", found.value_place)
    if found.value > _MOST_MINUTES:
        scope.warn(
            f"dnssec-loadkeys-interval: {found.value} minutes are taken for {_MOST_MINUTES}, a day", found.value_place
        )
    return int(min(found.value, _MOST_MINUTES)) * 60


def _positive(scope: Scope, option: str, default: int = 1) -> int:
    """A number that named raises to 1."""
    return max(1, int(scope.value(option, default)))


def _private_type(scope: Scope) -> int:
    found = scope.find("sig-signing-type")
    if found is None:
        return 65534
    if found.value not in _PRIVATE_TYPES:
        bounds = f"[{_PRIVATE_TYPES[0]}..{_PRIVATE_TYPES[-1]}]"
        scope.error(f"sig-signing-type: {found.value} out of range {bounds}", found.value_place)
    return int(found.value)
