"""All changed files of a zone's keys as one step that is done in full or not at all, and in line with the signed zone.

Two kinds of intent are written down before anything is done, and taken away once it is:

* "publish": a signed zone is about to get its name, and the keys' new states go with it. Found after a crash, the zone
  either has its name, and the states are committed, as of now; or it hasn't, and nothing has happened.
* "place": key files are staged, each whole and on the disk, and are about to get their names. Found after a crash, the
  rest of them get their names. A crash before it was written leaves staged files alone, which are removed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastsign.agent.keyring import updated
from fastsign.agent.marks import Mark, mark_of
from fastsign.agent.place import FOLDER, Place, make_folder, sync_folder, write_durably, write_synced
from fastsign.errors import FileError
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import KeyState, KeyTimes
from fastsign.keys.write import Files, changed_files
from fastsign.rollover.key import Key
from fastsign.rollover.outcome import Change, Step

_STRANGE = (
    "{} is not what fastsign has written there: what the last run had begun can't be finished. "
    "Look whether the key files are as they should be, then remove it"
)
_SUFFIXES = (".private", ".key", ".state")  # of a key that is purged: a key is looked for by .private


@dataclass(frozen=True, slots=True)
class Announced:
    """A publication that was under way when the last run ended, and did take place."""

    step: Step


class Ledger:
    """The intents of one zone. Whoever uses it holds the zone's lock."""

    def __init__(self, place: Place) -> None:
        self.place = place

    # ---- a publication

    def announce(self, files: Mapping[str, KeyFile], step: Step, path: str, temporary: Mark) -> None:
        """Write down that the file *temporary* is about to become *path*, and what of the keys changes with it."""
        changed = [key for key in step.keys if updated(files[key.name], key) is not files[key.name]]
        self._write(
            {
                "phase": "publish",
                "path": path,
                "mark": list(temporary),
                "keys": [_packed(key) for key in changed],
                "purged": [key.name for key in step.purged],
                "changes": [[change.key, change.record, change.before, change.after] for change in step.changes],
            }
        )

    # ---- key files

    def commit(self, files: Mapping[str, KeyFile], step: Step, moment: int) -> dict[str, KeyFile]:
        """Write what a step has changed of the keys, as of *moment*, and remove the files of those that are purged.

        *files* are all the zone's keys by name. Returns those that are left, as their files are now.
        """
        left = dict(files)
        for key in step.settled(moment):
            left[key.name] = updated(files[key.name], key)
        purged = [left.pop(key.name) for key in step.purged]
        gone = [file.path + suffix for file in purged for suffix in _SUFFIXES]
        self.replace([file for name, file in left.items() if file is not files[name]], gone)
        return left

    def replace(self, changed: Sequence[KeyFile], gone: Sequence[str] = ()) -> None:
        """Write the files of keys that have changed, and remove the files *gone*."""
        if not changed and not gone:
            self.conclude()
            return
        places: list[list[str]] = []
        for key in changed:
            with changed_files(key) as content:
                places += self._stage(key.path, content)
        self._place(places, list(gone))

    def add(self, key: KeyFile, content: Files) -> None:
        """Write the files of a new key, of which none may be there yet."""
        for suffix in content:
            if os.path.lexists(key.path + suffix):
                raise FileError(f"{key.path}{suffix}: file already exists")
        self._place(self._stage(key.path, content), [])

    def _stage(self, base: str, content: Files) -> list[list[str]]:
        directory = os.path.dirname(base) or "."
        folder = self.place.staged(directory)
        make_folder(os.path.join(directory, FOLDER))
        make_folder(folder)
        places = []
        for suffix, (octets, mode) in content.items():
            target = base + suffix
            staged = os.path.join(folder, os.path.basename(target))
            write_synced(staged, octets, mode)
            _keep_owner(staged, target)
            places.append([staged, target])
        sync_folder(folder)
        return places

    def _place(self, places: list[list[str]], gone: list[str]) -> None:
        self._write({"phase": "place", "files": places, "gone": gone})
        self._finish(places, gone)

    def _finish(self, places: Iterable[Sequence[str]], gone: Iterable[str]) -> None:
        folders = set()
        for staged, target in places:
            with suppress(FileNotFoundError):  # it has its name already
                os.rename(staged, target)
            folders.add(os.path.dirname(target) or ".")
        for path in gone:
            with suppress(FileNotFoundError):
                os.unlink(path)
            folders.add(os.path.dirname(path) or ".")
        for folder in sorted(folders):
            sync_folder(folder)
        self.conclude(folders)

    # ---- after a crash

    def recover(self, directories: Iterable[str]) -> Announced | None:
        """Finish or undo what the last run had begun; *directories* are those that keys may be in.

        If a zone was published and its keys' states were not yet committed, that is left to the caller, who knows the
        keys and the time. FileError if the intent can't be made sense of.
        """
        intent = self._read()
        if intent is not None and intent["phase"] == "place":
            self._finish(intent["files"], intent["gone"])
            intent = None
        for directory in {*directories, self.place.directory}:
            _empty(self.place.staged(directory))
        _remove(self.place.intent + ".new")
        if intent is None:
            return None
        if mark_of(intent["path"]) != Mark(*intent["mark"]):
            self.conclude()
            return None
        return Announced(_unpacked_step(intent))

    def conclude(self, directories: Iterable[str] = ()) -> None:
        """Nothing is under way any more."""
        for directory in directories:
            with suppress(OSError):
                os.rmdir(self.place.staged(directory))
        if _remove(self.place.intent):
            sync_folder(self.place.folder)

    def _write(self, intent: dict[str, Any]) -> None:
        write_durably(self.place.intent, json.dumps({"version": 1, **intent}).encode())

    def _read(self) -> dict[str, Any] | None:
        try:
            with open(self.place.intent, "rb") as file:
                intent: dict[str, Any] = json.loads(file.read())
        except FileNotFoundError:
            return None
        except ValueError:
            raise FileError(_STRANGE.format(self.place.intent)) from None
        if not isinstance(intent, dict):
            raise FileError(_STRANGE.format(self.place.intent))
        if intent.get("version") != 1 or intent.get("phase") not in ("publish", "place"):
            raise FileError(f"{self.place.intent} was written by another version of fastsign: let that one finish")
        if not _is_sound(intent):
            raise FileError(_STRANGE.format(self.place.intent))
        return intent


def _is_sound(intent: dict[str, Any]) -> bool:
    """Is it of the shape that is written here?"""
    try:
        if intent["phase"] == "place":
            paths = [*intent["gone"], *(path for staged, target in intent["files"] for path in (staged, target))]
            return all(isinstance(path, str) for path in paths)
        Mark(*intent["mark"])
        _unpacked_step(intent)
        return isinstance(intent["path"], str)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _keep_owner(staged: str, target: str) -> None:
    """A key that belongs to the name server's user still does when root has changed it."""
    with suppress(FileNotFoundError, PermissionError):
        old, new = os.stat(target), os.stat(staged)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.chown(staged, old.st_uid, old.st_gid)


def _empty(folder: str) -> None:
    with suppress(FileNotFoundError):
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


# ---- keys as JSON


def _packed(key: Key) -> dict[str, Any]:
    """All of a key that a step may change; the rest is in its files."""
    state = key.state._replace(ksk=key.ksk, zsk=key.zsk)
    return {
        "name": key.name,
        "ttl": key.ttl,
        "predecessor": key.predecessor,
        "successor": key.successor,
        "times": {name: moment for name, moment in key.times._asdict().items() if moment is not None},
        "state": {name: value for name, value in state._asdict().items() if value is not None},
    }


def _unpacked_step(intent: dict[str, Any]) -> Step:
    return Step(
        keys=tuple(map(_unpacked, intent["keys"])),
        purged=tuple(_unpacked({"name": name, "times": {}, "state": {}}) for name in intent["purged"]),
        changes=tuple(Change(*change) for change in intent["changes"]),
    )


def _unpacked(packed: dict[str, Any]) -> Key:
    state = KeyState(**packed["state"])
    return Key(
        name=packed["name"],
        algorithm=0,
        tag=0,
        revoked_tag=0,
        bits=0,
        ksk=bool(state.ksk),
        zsk=bool(state.zsk),
        ttl=packed.get("ttl", 0),
        times=KeyTimes(**packed["times"]),
        state=state,
        predecessor=packed.get("predecessor"),
        successor=packed.get("successor"),
    )
