"""What a key's times and states ask for at a given moment. A .state file beats the times (dns_dnssec_get_hints)."""

from __future__ import annotations

from dataclasses import dataclass

from fastsign.keys import facts
from fastsign.keys.files import KeyFile

_IN_USE = ("rumoured", "omnipresent")
_ON_THE_WAY_OUT = ("unretentive", "hidden")

# Times that only say when a state was entered; they count as nothing while that state is hidden.
_CHANGE_OF = {"dnskey_change": "dnskey", "zrrsig_change": "zrrsig", "krrsig_change": "krrsig", "ds_change": "ds"}


@dataclass(frozen=True, slots=True)
class Hints:
    """What is to be done with a key now."""

    publish: bool
    sign: bool
    revoke: bool
    remove: bool
    activates_in: int = 0  # seconds until a published key becomes active; 0 if it is


def hints(key: KeyFile, now: int) -> Hints:
    """What a key's metadata ask for now."""
    times = key.times
    publish, sign = _is_published(key, now), _is_signing(key, now)
    revoke, remove = _is_past(times.revoke, now), _is_removed(key, now)
    if sign and not times.publish:
        publish = True  # activated, with no word on publication: publish it as well
    activates_in = times.activate - now if publish and times.activate is not None and times.activate > now else 0
    if publish and revoke:
        sign = True  # RFC 5011 section 2.1: a revoked key signs the DNSKEY RRset, even if it was never active
    return Hints(publish and not remove, sign and not remove, revoke, remove, activates_in)


def revoked(key: KeyFile, wanted: Hints) -> KeyFile:
    """The key with the REVOKE bit if its time has come; it has another tag then."""
    return key.with_flags(key.flags | facts.REVOKE) if wanted.publish and wanted.revoke else key


def roles(key: KeyFile) -> tuple[bool, bool]:
    """(KSK, ZSK): by the state file, else by the SEP bit."""
    sep = bool(key.flags & facts.SEP)
    state = key.state
    ksk = sep if state is None or state.ksk is None else state.ksk
    zsk = not sep if state is None or state.zsk is None else state.zsk
    return ksk, zsk


def wants_cds(key: KeyFile, now: int) -> bool:
    """Are CDS and CDNSKEY records of this key to be published?"""
    if key.format_version < (1, 3):
        return False
    if key.state is not None and key.state.ds is not None:
        return key.state.ds in _IN_USE
    ended = key.times.sync_delete is not None and key.times.sync_delete < now
    return _is_past(key.times.sync_publish, now) and not ended


def wants_no_cds(key: KeyFile, now: int) -> bool:
    """Are CDS and CDNSKEY records of this key to be taken out?"""
    if key.format_version < (1, 3):
        return False
    if key.state is not None and key.state.ds is not None:
        return key.state.ds in _ON_THE_WAY_OUT
    return _is_past(key.times.sync_delete, now)


def is_published(key: KeyFile, now: int) -> bool:
    """Do the key's metadata ask for its being in the zone? A key without times or states always is."""
    return _is_timeless(key) or hints(key, now).publish


def is_active(key: KeyFile, now: int) -> bool:
    """Is the key in use (dns_dnssec_keyactive)? A key without times or states always is."""
    if _is_timeless(key):
        return True
    wanted = hints(key, now)
    return wanted.sign or (wanted.publish and wanted.revoke)


def _is_timeless(key: KeyFile) -> bool:
    return key.format_version < (1, 3) and key.state is None


def _is_past(moment: int | None, now: int) -> bool:
    return moment is not None and moment <= now


def _is_published(key: KeyFile, now: int) -> bool:
    if key.state is not None and key.state.dnskey is not None:
        return key.state.dnskey in _IN_USE
    return _is_past(key.times.publish, now)


def _is_signing(key: KeyFile, now: int) -> bool:
    _, zsk = roles(key)
    if zsk and key.state is not None and key.state.zrrsig is not None:
        return key.state.zrrsig in _IN_USE
    return _is_past(key.times.activate, now) and not _is_past(key.times.inactive, now)


def _is_removed(key: KeyFile, now: int) -> bool:
    if _is_unused(key):
        return False
    if key.state is not None and key.state.dnskey is not None:
        return key.state.dnskey in _ON_THE_WAY_OUT
    return _is_past(key.times.delete, now)


def _is_unused(key: KeyFile) -> bool:
    """Has the key no metadata but when it was made?"""
    for name, moment in key.times._asdict().items():
        if name == "created" or moment is None:
            continue
        state = _CHANGE_OF.get(name)
        if state is None or key.state is None or getattr(key.state, state) != "hidden":
            return False
    return True
