"""fastsign's rollover rules over a copy of the key files of one of named's zones, and what tells the two apart."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import dns.rdata
import dns.rrset

from fastsign.agent.keyring import Foundry, key_of, updated
from fastsign.kasp.policy import KEY_DIRECTORY, KeyRule, Policy
from fastsign.keys import facts, names
from fastsign.keys.files import KeyFile, read_key
from fastsign.keys.metadata import KeyTimes
from fastsign.keys.write import copy_key, rewrite_key, write_key
from fastsign.rollover.commands import checkds, rollover_now
from fastsign.rollover.key import HIDDEN, Key
from fastsign.rollover.outcome import Observations, Step
from fastsign.rollover.step import step
from named_server import IDLE, NamedServer, Run

_PATIENCE = 30  # seconds of real time for named to sign what it has to sign
_LOCAL_TIME = re.compile(r" \([A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9:]+\)$", re.MULTILINE)
_SUFFIXES = (".key", ".private", ".state")


class Twin:
    """A zone's keys, once in named's folder and once in ours."""

    def __init__(self, server: NamedServer, zone: str, folder: Path) -> None:
        self.server, self.zone, self.folder = server, zone, folder
        self.theirs = server.zones[zone].keys
        self.last: Step | None = None
        folder.mkdir(parents=True)

    @property
    def policy(self) -> Policy:
        return self.server.zones[self.zone].policy

    def files(self) -> dict[str, KeyFile]:
        """Our key files, by name without suffix."""
        paths = sorted(self.folder.glob("K*.key"))
        return {path.stem: read_key(path.name, str(self.folder)) for path in paths}

    def all_keys(self) -> tuple[Key, ...]:
        return tuple(key_of(file) for file in self.files().values())

    def adopt(self) -> None:
        """Take over the keys that are in named's folder before it has started."""
        for path in self.theirs.glob("K*"):
            shutil.copy2(path, self.folder)

    # ---- what we do

    def catch_up(self, until: int) -> None:
        """Do what is to be done before a moment, and is not the key manager's. The rules alone have nothing."""

    def run(self, run: Run) -> Step:
        """Our key manager's pass over our files, with the keys that named has made for the same purpose.

        named sees keys in the order of the folder, which is any; we get them in the same.
        """
        keys = sorted(self.all_keys(), key=lambda key: run.order.index((facts.MNEMONICS[key.algorithm], key.tag)))
        return self._step(keys, run.at, self._take_theirs)

    def run_alone(self, at: int) -> Step:
        """The same, with keys of our own making, while named is not there."""
        foundry = Foundry(names.from_text(self.zone.encode()), {KEY_DIRECTORY: str(self.folder)}, {})

        def make_key(rule: KeyRule, now: int) -> Key:
            made = foundry.make(rule, now)
            file, material = foundry.made.pop(made.name)
            write_key(file, material, str(self.folder))
            return made

        return self._step(self.all_keys(), at, make_key)

    def _step(self, keys: Sequence[Key], at: int, make_key: Callable[[KeyRule, int], Key]) -> Step:
        in_zone = frozenset(key.identity for key in self.last.keys if key.in_zone) if self.last else frozenset()
        outcome = step(self.policy, keys, at, Observations(published=in_zone), make_key=make_key)
        self.write(outcome.keys)
        for key in outcome.purged:
            for suffix in _SUFFIXES:
                (self.folder / f"{key.name}{suffix}").unlink(missing_ok=True)
        self.last = outcome
        return outcome

    def checkds(self, tag: int, published: bool, when: int) -> None:
        self.write(checkds(self.all_keys(), self.policy, when, published, tag))

    def rollover(self, tag: int, when: int, now: int) -> None:
        self.write(rollover_now(self.all_keys(), self.policy, tag, None, when, now))

    def write(self, keys: Iterable[Key]) -> None:
        files = self.files()
        for key in keys:
            rewrite_key(updated(files[key.name], key), state=True)

    def _take_theirs(self, rule: KeyRule, now: int) -> Key:
        """A key as make_key is to give it: with nothing known but when it was made."""
        file = self.made_by_named(rule, now)
        metadata = replace(file.metadata, times=KeyTimes(created=now), predecessor=None, successor=None, state=None)
        name = copy_key(replace(file, ttl=None, metadata=metadata), str(self.folder))
        return replace(key_of(read_key(name, str(self.folder))), ksk=rule.ksk, zsk=rule.zsk)

    def made_by_named(self, rule: KeyRule, now: int) -> KeyFile:
        """The key that named has just made for a line of the policy."""
        ours = self.files()
        for path in sorted(self.theirs.glob("K*.key")):
            file = read_key(path.name, str(self.theirs))
            key = key_of(file)
            if path.stem not in ours and (key.algorithm, key.bits, key.role) == (rule.algorithm, rule.bits, rule.role):
                return file
        raise AssertionError(
            f"{self.zone} at {now}: we make a {rule.role} of algorithm {rule.algorithm}, named makes none"
        )

    def hand_over(self) -> None:
        """Put our key files in the place of named's, which must not be running, and have it sign the zone afresh."""
        for path in (*self.theirs.glob("K*"), *self.theirs.parent.glob("zone.*")):
            path.unlink()
        for path in self.folder.glob("K*"):
            shutil.copy2(path, self.theirs)

    # ---- what tells us apart

    def differences(self, run: Run, tolerated: str = "") -> list[str]:
        """In words: where files, the next event and what named serves are not as our step has it.

        Lines of the files that match the expression *tolerated* may differ.
        """
        assert self.last is not None
        ours, theirs = self.last.next_event, run.next_event
        # An unlimited lifetime makes named forget when the keys of the lines before it are to be rolled.
        may_forget = any(rule.lifetime == 0 for rule in self.policy.keys[1:])
        forgets = may_forget and (theirs > (ours or theirs) or theirs == run.at + IDLE)
        found = [] if forgets or theirs == (ours or run.at + IDLE) else [f"next event: we {ours}, named {theirs}"]
        found += _differing_files(self.folder, self.theirs, tolerated)
        return found + self._served_otherwise()

    def _served_otherwise(self) -> list[str]:
        """What named serves that does not fit our states, once it has had time to sign."""
        until = time.monotonic() + _PATIENCE
        while (found := list(self.published_otherwise())) and time.monotonic() < until:
            time.sleep(0.01)
        return found

    def published_otherwise(self) -> Iterable[str]:
        """What named serves that our keys' states do not ask for."""
        files, keys = self.files(), self.all_keys()
        rdata = {key.tag: files[key.name].rdata.hex() for key in keys}
        shown = sorted(rdata[key.tag] for key in keys if key.in_zone)
        announced = sorted(key.tag for key in keys if key.announces_ds)
        deleted = self.policy.name == "insecure" and any(key.in_zone and key.signs_dnskey for key in keys)
        soa, soa_signers = self.server.query(self.zone, "SOA")
        dnskey, dnskey_signers = self.server.query(self.zone, "DNSKEY")
        cds, cds_signers = self.server.query(self.zone, "CDS")
        cdnskey, _ = self.server.query(self.zone, "CDNSKEY")
        assert soa is not None
        key_signers = {key.tag for key in keys if key.signs_dnskey and key.in_zone}
        zone_signers = {key.tag for key in keys if key.signs_zone}
        leaving = {key.tag for key in keys if key.in_zone and key.state.goal == HIDDEN}
        yield from compare("DNSKEY", shown, _rdata(dnskey))
        yield from compare("TTL of DNSKEY", self.policy.dnskey_ttl if shown else None, dnskey.ttl if dnskey else None)
        yield from compare("CDS", [0] if deleted else announced, sorted(record.key_tag for record in cds or ()))
        wanted = ["0000030000"] if deleted else sorted(rdata[tag] for tag in announced)
        yield from compare("CDNSKEY", wanted, _rdata(cdnskey))
        # Where a combined key rolls, named leaves old signatures of RRsets that have not changed for a while.
        yield from compare("signers of SOA", zone_signers, soa_signers - (leaving - zone_signers))
        yield from compare("signers of DNSKEY", key_signers, dnskey_signers - (leaving - key_signers))
        # A key of a new algorithm that signs the zone already signs the whole of it.
        yield from compare("signers of CDS", key_signers if cds else set(), cds_signers & key_signers)


def _rdata(rrset: dns.rrset.RRset | None) -> list[str]:
    return sorted(record.to_wire().hex() for record in rrset or ())


def compare(what: str, ours: object, theirs: object) -> Iterable[str]:
    if ours != theirs:
        yield f"{what}: we {ours}, named {theirs}"


def _differing_files(ours: Path, theirs: Path, tolerated: str) -> list[str]:
    """Line by line; which file has what line that the other has not. Secrets are not shown."""
    found = []
    for name in sorted({path.name for folder in (ours, theirs) for path in folder.glob("K*")}):
        our_lines, their_lines = (_lines(folder / name, tolerated) for folder in (ours, theirs))
        only_ours = [line for line in our_lines if line not in their_lines]
        only_theirs = [line for line in their_lines if line not in our_lines]
        if name.endswith(".private"):
            only_ours, only_theirs = ([line[:24] for line in lines] for lines in (only_ours, only_theirs))
        if our_lines != their_lines:
            found.append(f"{name}: we {only_ours}, named {only_theirs}")
    return found


def _lines(path: Path, tolerated: str) -> list[str]:
    """A file's lines, without the times in local form that stand behind the real ones."""
    lines = _LOCAL_TIME.sub("", path.read_text("latin-1")).splitlines() if path.exists() else ["no such file"]
    return [line for line in lines if not (tolerated and re.search(tolerated, line))]
