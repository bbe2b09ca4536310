"""A zone whose KSK is offline: the response (SKR) that was brought in for it, and what it has for the moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fastsign.agent.content import Content
from fastsign.agent.place import Place, locked, write_durably
from fastsign.errors import SkrError
from fastsign.kasp.config import Zone
from fastsign.kasp.policy import Policy
from fastsign.keys import facts, names, times
from fastsign.keys.files import KeyFile
from fastsign.keys.select import SIGNS_REST
from fastsign.keys.skr import CDNSKEY, CDS, DNSKEY, Bundle, Response, check_bundle, load_response


@dataclass(frozen=True, slots=True)
class Offline:
    """The bundle in force."""

    bundle: Bundle
    next_inception: int | None  # of the bundle that follows; None: this is the last one

    def content(self, content: Content) -> Content:
        """The apex with the bundle's key records. The keys that are here sign none of them."""
        roles = {rdata: SIGNS_REST for rdata, role in content.roles.items() if role & SIGNS_REST}
        return replace(
            content,
            ttl=self.bundle.of(DNSKEY).ttl,
            dnskeys=self.bundle.dnskeys,
            cds=self.bundle.of(CDS).rdatas,
            cdnskeys=self.bundle.of(CDNSKEY).rdatas,
            roles=roles,
            bundle=self.bundle,
        )

    def due(self, expires: int | None, refresh_at: int | None) -> int | None:
        """When the zone is to be signed again, given when its first signature ends and would have to be made anew.

        Where that is the bundle's own there is nothing to be done about it but to go on to the next bundle.
        """
        moment = expires if expires == self.bundle.expiration else refresh_at
        return min((at for at in (moment, self.next_inception) if at is not None), default=None)


def response_place(zone: Zone) -> str:
    """Where the response of a zone is."""
    return Place(zone.name.lower(), zone.key_directory).response


def current(zone: Zone, policy: Policy, now: int) -> Offline:
    """The bundle in force of the zone's response. SkrError, with what to do, if there is none."""
    name, path = names.to_message(zone.name), response_place(zone)
    try:
        place = load_response(path, zone.name, policy.dnskey_ttl).at(now)
    except SkrError as error:
        raise SkrError(f"{error}; `fastsign skr -import FILE {name}` brings a response in (offline-ksk)") from None
    return Offline(place.bundle, place.next_inception)


# ---- bringing one in


def bring_in(zone: Zone, policy: Policy, path: str, keys: Iterable[KeyFile], now: int) -> tuple[Response, list[str]]:
    """Put a response in place for a zone, all or nothing; (it, warnings about its later bundles).

    *keys* are the zone's. SkrError if it can't be used now: the one before stays. FileError, OSError if the folder
    can't be written to.
    """
    response = load_response(path, zone.name, policy.dnskey_ttl)
    first = response.bundles.index(response.at(now).bundle)
    missing: list[str] = []
    zsks = [key for key in keys if key.can_sign and not key.flags & facts.SEP]
    for bundle, until in _spans(response):
        check_bundle(zone.name, bundle, bundle.inception)
        check_bundle(zone.name, bundle, until)
    for number, (bundle, until) in enumerate(_spans(response)):
        if number >= first:
            missing += _missing(bundle, max(bundle.inception, now), until, zsks, in_force=number == first)
    place = Place(zone.name.lower(), zone.key_directory)
    with open(path, "rb") as file, locked(place):
        write_durably(place.response, file.read())
    return response, missing


def _spans(response: Response) -> Iterator[tuple[Bundle, int]]:
    """Each bundle with the last second in which it is in force. SkrError if signatures end before the next begins."""
    for number, bundle in enumerate(response.bundles):
        following = response.bundles[number + 1 : number + 2]
        end = following[0].inception if following else bundle.expiration
        if times.is_before(bundle.expiration, end):
            raise SkrError(
                f"{response.path}: bundle {times.digits(bundle.inception)} ends before the next one begins "
                f"({times.digits_and_local(bundle.expiration)})"
            )
        yield bundle, end if not following else end - 1


def _missing(bundle: Bundle, begin: int, until: int, keys: Iterable[KeyFile], *, in_force: bool) -> Iterator[str]:
    """What is to sign the zone while a bundle is in force, and is not in it. SkrError if that is so now."""
    for key in keys:
        activate, inactive = key.times.activate, key.times.inactive
        if key.rdata in bundle.dnskeys or activate is None or activate > until:
            continue
        if inactive is not None and inactive <= begin:
            continue
        when = max(activate, begin)
        message = (
            f"bundle {times.digits(bundle.inception)} does not have key {facts.key_text(key.owner, key.rdata)}, "
            f"which is to sign from {times.digits_and_local(when)} on"
        )
        if in_force and when == begin:
            raise SkrError(message)
        yield message
