"""The commands: what `fastsign` offers, a line each. Help, links and pages are made from this table.

A command's module is loaded when it is called. It has `main(env) -> int` and `TOOL`, which describes its command line;
of two commands that share their work each has a module of its own with these two. The page is `pages/PROGRAM.rst`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_CLI = "fastsign.cli."
_COMPAT = "fastsign.cli.compat."

SIGNING, KEYS, PARENT, ZONES, HOUSE = "Sign and verify", "Keys", "For the parent", "Zone files", "fastsign itself"
POLICY = "Keys by policy"


class Command(NamedTuple):
    """One line of the table.

    `program` is the name of the BIND program that the command stands for: a link of that name to `fastsign` is that
    command. For a command that BIND has none of, it is `fastsign NAME`, and there is no link.
    """

    name: str
    program: str
    module: str
    group: str
    summary: str

    @property
    def linked(self) -> bool:
        """Is there a BIND program to stand in for?"""
        return " " not in self.program


_TABLE = (
    Command("signzone", "dnssec-signzone", _COMPAT + "signzone", SIGNING, "sign a zone"),
    Command("verify", "dnssec-verify", _COMPAT + "verify", SIGNING, "verify a signed zone"),
    Command("keygen", "dnssec-keygen", _COMPAT + "keygen", KEYS, "make a key"),
    Command("settime", "dnssec-settime", _COMPAT + "settime", KEYS, "change the times and states of a key"),
    Command("revoke", "dnssec-revoke", _COMPAT + "revoke", KEYS, "revoke a key"),
    Command("importkey", "dnssec-importkey", _COMPAT + "importkey", KEYS, "take in a key that others hold"),
    Command("keyfromlabel", "dnssec-keyfromlabel", _COMPAT + "keyfromlabel", KEYS, "make files for a key in an HSM"),
    Command("hsm", "fastsign hsm", _CLI + "hsm", KEYS, "show what an HSM has, try its keys, measure it"),
    Command("ksr", "dnssec-ksr", _COMPAT + "ksr", KEYS, "keys and signatures for an offline KSK"),
    Command("run", "fastsign run", _CLI + "run", POLICY, "look after zones by their policies"),
    Command("plan", "fastsign plan", _CLI + "plan", POLICY, "tell what the next run would do"),
    Command("dnssec", "fastsign dnssec", _CLI + "dnssec", POLICY, "show and steer a zone's keys"),
    Command("ds", "fastsign ds", _CLI + "ds", POLICY, "print the DS records for the parent"),
    Command("simulate", "fastsign simulate", _CLI + "simulate", POLICY, "look years ahead: table, JSON, picture"),
    Command("signing", "fastsign signing", _CLI + "signing", POLICY, "list how far signing has come"),
    Command("policy", "fastsign policy", _CLI + "policy", POLICY, "check and show key and signing policies"),
    Command("skr", "fastsign skr", _CLI + "skr", POLICY, "bring in what an offline KSK has signed"),
    Command("dsfromkey", "dnssec-dsfromkey", _COMPAT + "dsfromkey", PARENT, "print the DS records of keys"),
    Command("cds", "dnssec-cds", _COMPAT + "cds", PARENT, "follow a child's CDS records"),
    Command("checkzone", "named-checkzone", _COMPAT + "checkzone", ZONES, "check a zone as a server would"),
    Command("compilezone", "named-compilezone", _COMPAT + "compilezone", ZONES, "check a zone and write it anew"),
    Command("nsec3hash", "nsec3hash", _COMPAT + "nsec3hash", ZONES, "print the NSEC3 hash of a name"),
    Command("install-links", "fastsign install-links", "fastsign.cli.links", HOUSE, "make links by BIND's names"),
)


def _by(key: str, commands: Iterable[Command]) -> dict[str, Command]:
    return {getattr(command, key): command for command in commands}


COMMANDS = _by("name", _TABLE)
PROGRAMS = _by("program", _TABLE)
