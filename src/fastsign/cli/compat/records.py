"""Reading the records of one name from a file, as dsfromkey and cds do, with BIND's words for what is wrong."""

from __future__ import annotations

from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.errors import ZoneSyntaxError, system_reason
from fastsign.keys import names
from fastsign.zone.sets import RRset

STDIN = "-"


def parse_name(text: str) -> bytes:
    """The name that a command line gives, in wire form."""
    try:
        return names.from_text(text)
    except ValueError:
        raise FatalError(f"could not initialize name {text}") from None


def load_rrsets(
    line: CommandLine, path: str, name: bytes, rrclass: int, *, hint: bool = False, no_ttl: bool = False
) -> dict[int, RRset]:
    """The RRsets of a name by type from a master file whose origin it is; "-" is standard input.

    *hint* and *no_ttl* say what a TTL is that is not stated, as in load_zone. FatalError if the file can't be read.
    """
    from fastsign.zone.load import load_zone
    from fastsign.zone.sets import rrsets_of

    try:
        found = path if path == STDIN else line.env.path(path)
        loaded = load_zone(found, name, rrclass, line.env.now(), hint=hint, no_ttl=no_ttl)
    except ZoneSyntaxError as error:
        what = "load from input" if path == STDIN else f"load {path}"
        raise FatalError(f"can't {what}: {line.tell_loading(error)}") from None
    except OSError as error:
        raise FatalError(f"can't load {path}: {system_reason(error)}") from None
    for warning in loaded.warnings:
        line.warn(f"warning: {warning}")
    return rrsets_of(loaded.arena, name)
