"""What dnssec-settime does once its command line is read: load the key, change its metadata, write its files."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.cli.compat.keyfiles import file_name, in_folder, in_todays_format, load_pair, warn_of_permissions
from fastsign.errors import KeyFileError
from fastsign.keys import facts
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import FORMAT, KeyState
from fastsign.keys.write import rewrite_key

_PREPUBLICATION = 30 * 86400  # seconds, of a successor

# What -p prints, in its order.
_LABELS = {
    "created": "Created",
    "publish": "Publish",
    "activate": "Activate",
    "revoke": "Revoke",
    "inactive": "Inactive",
    "delete": "Delete",
    "sync_publish": "SYNC Publish",
    "sync_delete": "SYNC Delete",
    "ds_publish": "DS Publish",
    "ds_delete": "DS Delete",
}
_CHANGE_TIMES = {"ds": "ds_change", "dnskey": "dnskey_change", "krrsig": "krrsig_change", "zrrsig": "zrrsig_change"}


@dataclass(slots=True)
class Request:
    """What the command line asks for. A time or state that was given as "none" is there with None."""

    now: int
    name: str = ""
    directory: str | None = None
    times: dict[str, int | None] = field(default_factory=dict)  # field of KeyTimes -> moment
    states: dict[str, tuple[str | None, int | None]] = field(default_factory=dict)  # of KeyState -> state, since when
    ttl: int | None = None
    predecessor: str | None = None
    prepublication: int | None = None  # seconds
    force: bool = False
    write_state: bool = False
    printed: set[str] = field(default_factory=set)  # fields of KeyTimes
    epoch: bool = False
    verbosity: int = 0

    @property
    def changes(self) -> bool:
        """Is anything to be changed?"""
        return bool(self.times or self.states or self.ttl is not None or self.force)


def change(line: CommandLine, request: Request) -> None:
    """Load the key, change what is to be changed, print what is to be printed, write what has changed."""
    predecessor, its_folder = None, ""
    if request.predecessor is None:
        spread_times(request)
    else:
        predecessor, its_folder = load_predecessor(line, request, request.predecessor)
    key, folder = load_pair(line, request.name, request.directory, "Invalid keyfile")
    if predecessor is not None:
        check_alike(predecessor, key)
    warn_of_order(line, request, key)
    key = in_todays_format(key, request.force, request.now)
    if request.verbosity > 2:
        line.warn(key.text)
    warn_of_revocation(line, request, key)
    key = changed(key, request)
    if predecessor is not None:
        key, predecessor = linked(key, predecessor)
    print_times(line, request, key)
    if request.changes:
        write(line, request, key, folder)
        if predecessor is not None:
            write(line, request, predecessor, its_folder)


# ---- the times that the command line implies


def spread_times(request: Request) -> None:
    """-i without -S: publication and activation this far apart."""
    interval = request.prepublication
    if not interval:
        return
    publish, activate = request.times.get("publish"), request.times.get("activate")
    if publish is not None and activate is not None and _before(activate, interval) < publish:
        raise FatalError("Activation and publication dates are closer together than the\n\tprepublication interval.")
    if publish is not None and activate is None:
        activate = (publish + interval) % 2**32
        request.times["activate"] = activate
    elif activate is not None and publish is None:
        request.times["publish"] = _before(activate, interval)
    if _before(activate or 0, interval) < request.now:
        raise FatalError("Time until activation is shorter than the\n\tprepublication interval.")


def load_predecessor(line: CommandLine, request: Request, name: str) -> tuple[KeyFile, str]:
    """The key of -S, and the folder that it is in; the times of its successor are set."""
    for option, given in (("-P", "publish"), ("-A", "activate")):
        if given in request.times:
            raise FatalError(f"-S and {option} cannot be used together")
    key, folder = load_pair(line, name, request.directory, "Invalid keyfile")
    if key.format_version < FORMAT:
        major, minor = key.format_version
        raise FatalError(f"Predecessor has incompatible format version {major}.{minor}\n\t")
    for moment, word in ((key.times.activate, "activation"), (key.times.inactive, "inactivation")):
        if moment is None:
            raise FatalError(f"Predecessor has no {word} date. You must set one before\n\tgenerating a successor.")
    inactive, delete = key.times.inactive or 0, key.times.delete
    interval = _PREPUBLICATION if request.prepublication is None else request.prepublication
    publish = _before(inactive, interval)
    if publish < request.now and interval != 0:
        raise FatalError(
            "Time until predecessor inactivation is\n\tshorter than the prepublication interval.  Either change\n\t"
            "predecessor inactivation date, or use the -i option to set\n\ta shorter prepublication interval."
        )
    if delete is None:
        line.warn(
            "warning: Predecessor has no removal date;\n\tit will remain in the zone indefinitely after rollover."
        )
    elif delete < inactive:
        line.warn("warning: Predecessor is scheduled to be deleted\n\tbefore it is scheduled to be inactive.")
    request.times |= {"publish": publish, "activate": inactive}
    return key, folder


def _before(moment: int, interval: int) -> int:
    return (moment - interval) % 2**32


def check_alike(predecessor: KeyFile, key: KeyFile) -> None:
    """FatalError unless the two keys can follow each other."""
    for what, same in (
        ("name", predecessor.name == key.name),
        ("algorithm", predecessor.algorithm == key.algorithm),
        ("size", predecessor.bits == key.bits),
        ("flags", predecessor.flags == key.flags),
    ):
        if not same:
            raise FatalError(f"Key {what} mismatch")


# ---- warnings


def warn_of_order(line: CommandLine, request: Request, key: KeyFile) -> None:
    """Say so if the key is to be deleted before it is to be inactive, after the change."""
    inactive, delete = (request.times.get(name, getattr(key.times, name)) for name in ("inactive", "delete"))
    if inactive is None or delete is None or delete >= inactive:
        return
    if delete != 0 or request.times.keys() & {"inactive", "delete"}:  # as in BIND, an old time 0 counts as none
        line.warn("warning: Key is scheduled to be deleted before it is\n\tscheduled to be inactive.")


def warn_of_revocation(line: CommandLine, request: Request, key: KeyFile) -> None:
    """Say so if -R is of no use, or odd."""
    if "revoke" not in request.times:
        return
    doing = "removing" if request.times["revoke"] is None else "changing"
    if key.flags & facts.REVOKE:
        line.warn(f"warning: Key {key.text} is already revoked; {doing} the revocation date will not affect this.")
    if doing == "changing" and not key.flags & facts.SEP:
        line.warn(
            f"warning: Key {key.text} is not flagged as a KSK, but -R was used.  "
            "Revoking a ZSK is legal, but undefined."
        )


# ---- the change


def changed(key: KeyFile, request: Request) -> KeyFile:
    """The key with the times, states and TTL that the command line gives."""
    times = key.times._replace(**request.times)
    if request.force and not request.times:
        times = times._replace(publish=request.now, activate=request.now)
    words: dict[str, Any] = {name: word for name, (word, _) in request.states.items()}
    state = (key.state or KeyState())._replace(**words)
    for name, (word, since) in request.states.items():
        if name in _CHANGE_TIMES:
            times = times._replace(**{_CHANGE_TIMES[name]: since if word is not None else None})
    metadata = replace(key.metadata, times=times, state=state)
    return replace(key, ttl=key.ttl if request.ttl is None else request.ttl, metadata=metadata)


def linked(key: KeyFile, predecessor: KeyFile) -> tuple[KeyFile, KeyFile]:
    """Successor and predecessor, each with the tag of the other."""
    return (
        replace(key, metadata=replace(key.metadata, predecessor=predecessor.tag)),
        replace(predecessor, metadata=replace(predecessor.metadata, successor=key.tag)),
    )


# ---- output


def print_times(line: CommandLine, request: Request, key: KeyFile) -> None:
    """The times that -p asks for, a line each."""
    for name, label in _LABELS.items():
        if name not in request.printed:
            continue
        moment = getattr(key.times, name)
        if moment is None:
            text = "UNSET"
        elif request.epoch:
            text = str(moment - 2**32 if moment >= 2**31 else moment)  # an int, in BIND's hands
        else:
            text = time.ctime(moment)
        line.env.stdout.write(f"{label}: {text}\n")


def write(line: CommandLine, request: Request, key: KeyFile, directory: str) -> None:
    """Write the key's files and print their names."""
    path = in_folder(directory, file_name(key))
    warn_of_permissions(line, path + ".private")
    try:
        rewrite_key(key, state=request.write_state)
    except KeyFileError as error:
        raise FatalError(f"Failed to write key {key.text}: {error.reason}") from None
    suffixes = (".key", ".private", ".state") if request.write_state else (".key", ".private")
    line.env.stdout.write("".join(f"{path}{suffix}\n" for suffix in suffixes))
