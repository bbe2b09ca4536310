"""BIND's named with its clock in our hands: zones under policies, and each run of its key manager over them.

The clock stands still while key managers run: all that happens at an event happens at that very second.
"""

from __future__ import annotations

import base64
import calendar
import re
import secrets
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

import tools
from fastsign.kasp.policy import Policy
from named_clock import Clock
from named_policy import render

IDLE = 86400  # seconds until a key manager runs again that expects nothing, as the configuration has it
PATIENCE = 60  # seconds of real time until something that must come is given up
_TICK = 0.005
_LINE = re.compile(
    r"keymgr: keyring: (?P<owner>[^/]+)/(?P<algorithm>[^/]+)/(?P<tag>\d+) "
    r"|(?P<at>\S+ \S+)\.\d+ zone (?P<zone>\S+)/IN \(signed\): next key event: (?P<event>\S+ \S+)\.\d+"
)
_ZONE = """\
$TTL {ttl}
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.1
www A 192.0.2.2
"""


@dataclass(frozen=True)
class Run:
    """One run of named's key manager over a zone."""

    zone: str
    at: int
    next_event: int  # IDLE after the run where none is known
    order: tuple[
        tuple[str, int], ...
    ]  # of the keys as it saw them: (mnemonic of algorithm, tag), as it found the files


@dataclass
class Served:
    """A zone that named has."""

    name: str
    policy: Policy
    ttl: int
    folder: Path
    runs: list[Run] = field(default_factory=list)  # all of them

    @property
    def keys(self) -> Path:
        return self.folder / "keys"


class NamedServer:
    """A named in a folder, on ports of its own. Leaving its context ends it."""

    def __init__(self, folder: Path, now: int) -> None:
        self.folder = folder
        self.clock = Clock(folder, now)
        self.zones: dict[str, Served] = {}
        self._secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = self._control_port = 0
        self._log = folder / "named.log"
        self._read = 0  # octets of the log
        self._untaken: list[Run] = []
        self._seen: dict[str, list[tuple[str, int]]] = defaultdict(list)

    def __enter__(self) -> NamedServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.clock.close()

    @property
    def now(self) -> int:
        return self.clock.now

    def add_zone(self, name: str, policy: Policy, ttl: int = 300) -> Served:
        """Have a zone under a policy from the next start or reconfig() on. Its keys lie in its folder `keys`."""
        served = Served(name, policy, ttl, self.folder / name)
        served.keys.mkdir(parents=True)
        (served.folder / "zone").write_text(_ZONE.format(ttl=ttl))
        self.zones[name] = served
        return served

    def run_tool(self, tool: str, *arguments: str) -> None:
        """Run a program of BIND's in the folder, with the time of our clock."""
        command = [tools.find(tool), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.clock.environment, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"

    # ---- from start to stop

    def start(self) -> None:
        """Start, and wait until every zone's key manager has run."""
        before = {name: len(served.runs) for name, served in self.zones.items()}
        for _ in range(5):
            if self._try_start():
                break
        else:
            raise AssertionError(f"named does not start:\n{self._log.read_text()}")
        self._wait_for_runs(before)
        self.clock.run()

    def _try_start(self) -> bool:
        self._port, self._control_port = _free_ports()
        self.clock.stand_at(self.now)
        self._read = 0
        self._write_configuration()
        command = [tools.find("named"), "-g", "-d", "1", "-n", "1", "-c", str(self.folder / "named.conf")]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=self.clock.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        running = b" running\n"
        self._wait(lambda: running in self._log.read_bytes() or not self.alive, "named to start")
        return self.alive

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End named, whatever it is doing."""
        if self._process is None:
            return
        if self.alive:
            self.clock.run()
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        if self.alive:
            self._process.kill()
        self._process.wait()
        self._process = None

    # ---- events

    def jump(self, moment: int) -> None:
        """Set the clock, and wait until the key managers whose event has come have run."""
        self._stand_at(moment)
        self.clock.run()

    def take_runs(self) -> list[Run]:
        """The runs that have not been taken yet."""
        taken, self._untaken = self._untaken, []
        return taken

    def next_key_event(self, zone: str) -> int:
        """The moment at which a zone's key manager wants to run next, as the log said last."""
        return self.zones[zone].runs[-1].next_event

    def checkds(self, zone: str, tag: int, published: bool, when: int | None = None) -> None:
        """rndc dnssec -checkds, and the run that follows."""
        word = "published" if published else "withdrawn"
        self._act([zone], "dnssec", "-checkds", "-key", str(tag), *_when(when), word, zone)

    def rollover(self, zone: str, tag: int, when: int | None = None) -> None:
        """rndc dnssec -rollover, and the run that follows."""
        self._act([zone], "dnssec", "-rollover", "-key", str(tag), *_when(when), zone)

    def reconfig(self, policies: dict[str, Policy]) -> None:
        """Give zones other policies. The key managers of all zones run, since named looks at each anew."""
        for zone, policy in policies.items():
            self.zones[zone].policy = policy
        self._write_configuration()
        self._act(self.zones, "reconfig")

    def status(self, zone: str) -> str:
        """What rndc dnssec -status says."""
        return self.rndc("dnssec", "-status", zone)

    def rndc(self, *words: str) -> str:
        command = [tools.find("rndc"), "-c", str(self.folder / "rndc.conf"), *words]
        done = subprocess.run(command, env=self.clock.environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def _act(self, zones: Iterable[str], *words: str) -> None:
        """A command a second from now, and the runs of the key managers that it leads to.

        The clock must not go back, and this second has begun: a key manager that runs in the middle of a second would
        want to run next in the middle of one.
        """
        self._stand_at(self.now + 1)
        before = {name: len(self.zones[name].runs) for name in zones}
        answer = self.rndc(*words)
        assert "rror" not in answer, answer
        self._wait_for_runs(before)
        self.clock.run()

    def _stand_at(self, moment: int) -> None:
        due = [served for served in self.zones.values() if served.runs and served.runs[-1].next_event <= moment]
        before = {served.name: len(served.runs) for served in due}
        self.clock.stand_at(moment)
        self._wait_for_runs(before)

    def _wait_for_runs(self, before: dict[str, int]) -> None:
        """Wait until each of these zones has had more runs."""

        def all_have_run() -> bool:
            self._read_log()
            return all(len(self.zones[name].runs) > count for name, count in before.items())

        self._wait(all_have_run, "the key manager to run")

    def _read_log(self) -> None:
        with self._log.open("rb") as file:
            file.seek(self._read)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + len(newline)
        for found in _LINE.finditer(whole.decode("utf-8", "replace")):
            if found["tag"]:
                self._seen[found["owner"]].append((found["algorithm"], int(found["tag"])))
            else:
                self._note(found["zone"], _moment(found["at"]), _moment(found["event"]))

    def _note(self, zone: str, at: int, event: int) -> None:
        run = Run(zone, at, event, tuple(self._seen.pop(zone, ())))
        self.zones[zone].runs.append(run)
        self._untaken.append(run)

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > until:
                raise AssertionError(f"waited in vain for {what}:\n{self._log.read_text()[-4000:]}")
            time.sleep(_TICK)

    # ---- what it serves

    def query(self, zone: str, rdtype: str) -> tuple[dns.rrset.RRset | None, set[int]]:
        """The RRset of a type at a zone's apex, and the tags of the keys that have signed it."""
        name = dns.name.from_text(zone)
        question = dns.message.make_query(name, rdtype, want_dnssec=True)
        answer = dns.query.tcp(question, "127.0.0.1", timeout=PATIENCE, port=self._port)
        assert answer.rcode() == dns.rcode.NOERROR, answer
        wanted = dns.rdatatype.from_text(rdtype)
        rrset = answer.get_rrset(answer.answer, name, dns.rdataclass.IN, wanted)
        signatures = answer.get_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.RRSIG, wanted)
        return rrset, {signature.key_tag for signature in signatures or ()}

    # ---- configuration

    def _write_configuration(self) -> None:
        policies = {served.policy.name: served.policy for served in self.zones.values()}
        parts = [_OPTIONS.format(folder=self.folder, port=self._port, secret=self._secret, control=self._control_port)]
        parts += [render(policy) for policy in policies.values()]
        for name, served in self.zones.items():
            parts.append(
                f'zone "{name}" {{ type primary; file "{served.folder}/zone"; key-directory "{served.keys}";'
                f' inline-signing yes; dnssec-policy "{served.policy.name}"; }};'
            )
        (self.folder / "named.conf").write_text("\n".join(parts))
        (self.folder / "rndc.conf").write_text(_RNDC.format(secret=self._secret, control=self._control_port))


_OPTIONS = """\
options {{
    directory "{folder}"; managed-keys-directory "{folder}"; pid-file none; session-keyfile none; lock-file none;
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    recursion no; dnssec-validation no; notify no; empty-zones-enable no; minimal-responses yes; querylog no;
    sig-signing-signatures 1000; sig-signing-nodes 1000; dnssec-loadkeys-interval 1440;
}};
key "hand" {{ algorithm hmac-sha256; secret "{secret}"; }};
controls {{ inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ "hand"; }}; }};
"""
_RNDC = """\
key "hand" {{ algorithm hmac-sha256; secret "{secret}"; }};
options {{ default-key "hand"; default-server 127.0.0.1; default-port {control}; }};
"""


def _free_ports() -> tuple[int, int]:
    """Two ports of 127.0.0.1 that were free just now."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _moment(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%d-%b-%Y %H:%M:%S"))


def _when(moment: int | None) -> tuple[str, ...]:
    return () if moment is None else ("-when", time.strftime("%Y%m%d%H%M%S", time.gmtime(moment)))
