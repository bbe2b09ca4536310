"""The configuration on disk."""

from __future__ import annotations

import os
from dataclasses import replace

from fastsign.errors import PolicyError, system_reason
from fastsign.kasp.config import Config, Zone
from fastsign.kasp.parser import parse_config

_PATTERN = "*?["  # what makes an include a pattern


def load_config(path: str) -> Config:
    """The configuration in a file, with the files that it includes. Relative paths are the working directory's.

    PolicyError if there is an error in it, or if it can't be read.
    """
    try:
        text = _read(path)
    except OSError as error:
        raise PolicyError(f"{path}: {system_reason(error)}; -c names another configuration") from None
    config = parse_config(text, path, _read, cwd="", expand=_expand, enter=_enter)
    return replace(config, warnings=(*config.warnings, *_missing_folders(config)))


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def _expand(pattern: str) -> list[str]:
    """The files that an include stands for, in order."""
    if not any(letter in pattern for letter in _PATTERN):
        return [pattern]
    from glob import glob

    return sorted(glob(pattern))


def _enter(folder: str) -> None:
    """OSError unless this is a directory that can be worked in."""
    os.close(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))


def _missing_folders(config: Config) -> list[str]:
    """Warnings of key directories that are not there, in BIND's words."""
    warnings: dict[str, None] = {}
    for zone in config.zones.values():
        place = zone.key_directory_place or zone.place
        if zone.policy and place and (problem := _problem(zone)):
            where = f"{place.file}:{place.line}:{place.column}"
            warnings[f"{where}: key-directory: '{zone.key_directory}' {problem}"] = None
    return [*warnings]


def _problem(zone: Zone) -> str:
    if os.path.isdir(zone.key_directory):
        return ""
    return "is not a directory" if os.path.exists(zone.key_directory) else "does not exist"
