"""Zones under a policy in a folder, an agent that looks after them, and any moment for it to do so."""

from __future__ import annotations

import atexit
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import tools
from fastsign.agent.cycle import World, run_zone
from fastsign.agent.keyring import key_of, load_keyring
from fastsign.agent.status import Outcome
from fastsign.kasp.config import Zone
from fastsign.kasp.policy import DAY, HOUR, KeyRule, Policy
from fastsign.keys import names
from fastsign.keys.files import KeyFile
from fastsign.keys.write import rewrite_key
from fastsign.rollover.key import Key
from named_clock import Clock

START = 1_795_000_000
P256 = 13

CSK = Policy("default", (KeyRule(True, True, P256, 256),))
PAIR = Policy("pair", (KeyRule(True, False, P256, 256), KeyRule(False, True, P256, 256, 30 * DAY)))
INSECURE = Policy("insecure", (), max_zone_ttl=0)

ZONE = """\
$TTL 3600
@ IN SOA ns host 1 7200 3600 1209600 3600
@ NS ns
ns A 192.0.2.1
www A 192.0.2.2
a.b.c TXT "under empty non-terminals"
sub NS ns.sub
ns.sub A 192.0.2.3
"""


@cache
def clock() -> Clock:
    """The clock of BIND's programs."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Clock(Path(folder.name), START)


@dataclass
class Scene:
    """One zone, its policy and its keys; `now` is what the agent takes for the time."""

    folder: Path
    policy: Policy | None = CSK
    origin: str = "example."
    inline: bool = True
    now: int = START
    options: dict[str, object] = field(default_factory=dict)  # of the Zone
    world: dict[str, object] = field(default_factory=dict)  # of the World
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys_folder.mkdir(exist_ok=True)
        if not self.file.exists():
            self.write(ZONE)

    @property
    def keys_folder(self) -> Path:
        return self.folder / "keys"

    @property
    def file(self) -> Path:
        return self.folder / f"{self.origin}db"

    @property
    def signed(self) -> Path:
        return Path(f"{self.file}.signed") if self.inline else self.file

    @property
    def zone(self) -> Zone:
        common = {"inline_signing": self.inline, "checkds": "no"}
        name = names.from_text(self.origin)
        return Zone(name, self.policy, str(self.file), str(self.keys_folder), **{**common, **self.options})

    def write(self, text: str) -> None:
        self.file.write_text(text)

    def edit(self, change: Callable[[str], str]) -> None:
        self.write(change(self.file.read_text()))

    def run(self, **options: bool) -> Outcome:
        """One pass, now."""
        world = World(lambda: float(self.now), lambda: 0.0, tell=self, **self.world)
        return run_zone(self.zone, world, **options)

    def run_until(self, end: int, see: Callable[[Outcome], None] = lambda outcome: None) -> Iterator[Outcome]:
        """A pass at each moment that the passes ask for; what each has brought."""
        while self.now <= end:
            outcome = self.run()
            see(outcome)
            yield outcome
            self.now = max(self.now + 1, outcome.due if outcome.due is not None else end + 1)

    def accept(self) -> None:
        """Fail unless the signed zone verifies, by BIND, now."""
        csk = any(key.role == "CSK" and key.in_zone for key in self.keys)
        command = [tools.find("dnssec-verify"), "-q", *(["-z"] if csk else []), "-o", self.origin, str(self.signed)]
        clock().stand_at(self.now)
        done = subprocess.run(command, env=clock().environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def files(self) -> dict[str, KeyFile]:
        return dict(load_keyring(names.from_text(self.origin), {"key-directory": str(self.keys_folder)}).files)

    @property
    def keys(self) -> list[Key]:
        return [key_of(file) for _, file in sorted(self.files.items())]

    def key(self, role: str) -> Key:
        (found,) = [key for key in self.keys if key.role == role]
        return found

    def set_key(self, name: str, times: dict[str, int] | None = None, state: dict[str, str] | None = None) -> None:
        """Change a key's times and states, as an operator's command would."""
        file = self.files[name]
        metadata = file.metadata
        changed = metadata.state._replace(**(state or {})) if metadata.state else None
        metadata = replace(metadata, times=metadata.times._replace(**(times or {})), state=changed)
        rewrite_key(replace(file, metadata=metadata), state=True)

    def hand_ds_over(self) -> None:
        """The parent has the DS of every KSK that waits for it, and none of those that are to go."""
        for key in self.keys:
            if key.ksk and key.state.ds == "rumoured" and key.times.ds_publish is None:
                self.set_key(key.name, {"ds_publish": self.now})
            if key.ksk and key.state.ds == "unretentive" and key.times.ds_delete is None:
                self.set_key(key.name, {"ds_delete": self.now})

    def records(self, path: Path | None = None) -> list[str]:
        """The records of the signed zone, one a line, as BIND sees them."""
        options = ("-q", "-j", "-o", "-", "-s", "full", "-i", "none", "-k", "ignore")
        return tools.run("named-compilezone", *options, self.origin, path or self.signed).stdout.splitlines()

    def rdata(self, rrtype: str, owner: str | None = None) -> list[str]:
        """RDATA of one type at a name, the apex unless another is given."""
        pattern = re.compile(rf"{re.escape(owner or self.origin)}\s+\d+\s+IN\s+{rrtype}\s+(.*)")
        return sorted(match[1] for line in self.records() if (match := pattern.fullmatch(line)))

    def serial(self) -> int:
        return int(self.rdata("SOA")[0].split()[2])

    def signers(self, rrtype: str, owner: str | None = None) -> set[int]:
        """Tags of the keys with a signature over an RRset."""
        rrsigs = [rdata.split() for rdata in self.rdata("RRSIG", owner)]
        return {int(words[6]) for words in rrsigs if words[0] == rrtype}

    def leftovers(self) -> list[str]:
        """Files that should not be there between runs."""
        known = re.compile(r"K.*\.(key|private|state)|.*\.db(\.signed(\.fsi)?)?|\.fastsign|keys|.*\.(json|lock)")
        return sorted(str(path) for path in self.folder.rglob("*") if not known.fullmatch(path.name))

    # ---- a listener

    verbosity = 0

    def report(self, line: str) -> None: ...

    def warn(self, text: str) -> None:
        self.said.append(text)

    remark = warn
    note = warn

    def detail(self, level: int, line: str) -> None: ...


__all__ = ["CSK", "DAY", "HOUR", "INSECURE", "PAIR", "START", "ZONE", "Scene"]
