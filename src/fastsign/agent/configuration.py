"""The configuration on disk."""

from __future__ import annotations

import os
from dataclasses import replace

from fastsign.errors import PolicyError, system_reason
from fastsign.kasp.config import Config, Zone
from fastsign.kasp.parser import Policies, parse_config, parse_policies

_PATTERN = "*?["  # what makes an include a pattern


def load_config(path: str, cwd: str = "") -> Config:
    """The configuration in a file, with the files that it includes. Relative paths in it are relative to
    *cwd*, or else to the working directory, unless options { directory; } says otherwise.

    PolicyError if there is an error in it, or if it can't be read.
    """
    config = parse_config(_first(path), path, _read, cwd=cwd, expand=_expand, enter=_enter)
    return replace(config, warnings=(*config.warnings, *_missing_folders(config)))


def load_policies(path: str, cwd: str = "") -> Policies:
    """The policies in a configuration, whatever is wrong with its zones. Otherwise as load_config."""
    return parse_policies(_first(path), path, _read, cwd=cwd, expand=_expand, enter=_enter)


def _first(path: str) -> str:
    """The text of the configuration that was named."""
    try:
        return _read(path)
    except OSError as error:
        raise PolicyError(f"open: {path}: {system_reason(error)}") from None


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
