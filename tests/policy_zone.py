"""A zone under a policy, with key files in states of one's choice, and the configuration that names it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tools
from fastsign.keys.files import KeyFile, read_key
from inprocess import Done, command

ORIGIN = "child.parent.test."
_CONF = """\
dnssec-policy "mine" {{
    keys {{ ksk lifetime P1Y algorithm 13; zsk lifetime P60D algorithm 13; }};
    dnskey-ttl 300; parent-ds-ttl 7200;
    {policy}
}};
{top}
options {{ directory "{folder}"; }};
zone "{origin}" {{
    type primary; file "child.db"; key-directory "keys"; inline-signing yes; dnssec-policy "mine";
    {zone}
}};
zone "bare.test" {{ type primary; file "bare.db"; }};
"""


@dataclass(frozen=True)
class PolicyZone:
    """The folder of one zone: named.conf, keys/, child.db.signed."""

    folder: Path

    @property
    def conf(self) -> Path:
        return self.folder / "named.conf"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def signed(self) -> Path:
        return self.folder / "child.db.signed"

    def configure(self, zone: str = "", policy: str = "", top: str = "") -> None:
        """Write named.conf; *zone*, *policy* and *top* are more statements of each level."""
        self.keys.mkdir(exist_ok=True)
        text = _CONF.format(folder=self.folder, origin=ORIGIN, zone=zone, policy=policy, top=top)
        self.conf.write_text(text)

    def add_key(self, *settime: str, ksk: bool = True, algorithm: str = "13") -> KeyFile:
        """A key with the states that dnssec-settime is told to set: "-d RUMOURED 20270101000000", ..."""
        flag = ("-f", "KSK") if ksk else ()
        made = tools.run("dnssec-keygen", "-q", "-K", self.keys, "-L", "300", "-a", algorithm, *flag, ORIGIN)
        name = made.stdout.strip()
        words = [word for option in settime for word in option.split()]
        tools.run("dnssec-settime", "-s", "-K", self.keys, *words, name)
        return self.read(name)

    def read(self, name: str) -> KeyFile:
        return read_key(name, str(self.keys))

    def again(self, key: KeyFile) -> KeyFile:
        """A key as its files are now."""
        return self.read(Path(key.path).name)

    def run(self, name: str, *words: str, now: int | None = None, check: bool = True) -> Done:
        """One of fastsign's commands with this configuration."""
        return command(name, "-c", self.conf, *words, now=now, check=check)


IN_USE = "-g OMNIPRESENT -k OMNIPRESENT {at} -r OMNIPRESENT {at}"


def states(ds: str, at: str = "20270101000000", more: str = "") -> str:
    """dnssec-settime's words for a KSK that is in use, with this state of its DS since then."""
    return f"{IN_USE.format(at=at)} -d {ds} {at} {more}"
