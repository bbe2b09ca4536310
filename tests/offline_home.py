"""A zone whose KSK is offline, in a configuration: its ZSKs, the response to their request, and the agent's passes."""

from __future__ import annotations

import time
from pathlib import Path

import dns.rdatatype
import dns.zone

from fastsign.agent.configuration import load_config
from fastsign.agent.cycle import World, run_zone
from fastsign.agent.ksr import bring_in
from fastsign.agent.status import Outcome
from fastsign.kasp.config import Zone
from fastsign.kasp.policy import Policy
from fastsign.keys.files import find_keys
from fastsign.sign.tell import Silent
from ksr_scene import NOW, POLICIES, ZONE, Scene

RECORDS = "$TTL 300\n@ SOA a b 1 2 3 4 5\n@ NS a\na A 192.0.2.1\nb.c TXT x\nsub NS ns.sub\nns.sub A 192.0.2.2\n"
ZONES = """
zone "example.test" {{ type primary; file "{folder}/zone"; dnssec-policy {policy}; key-directory "{folder}/zsks"; }};
zone "other.test" {{ type primary; file "{folder}/other"; dnssec-policy csk; key-directory "{folder}/zsks"; }};
"""


class Listener(Silent):
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


class Home(Scene):
    """A zone with its keys for a year, and the response to their request."""

    def __init__(self, folder: Path, policy: str = "common", end: str = "+1y") -> None:
        super().__init__(folder)
        (folder / "named.conf").write_text(POLICIES + ZONES.format(folder=folder, policy=policy))
        (folder / "zone").write_text(RECORDS)
        self.ksks, self.zsks, _, self.response = self.all(policy, end)
        (folder / "skr").write_text(self.response)
        self.said = Listener()

    @property
    def zone(self) -> Zone:
        return load_config(str(self.folder / "named.conf")).zones[b"\x07example\x04test\x00"]

    @property
    def policy(self) -> Policy:
        assert self.zone.policy is not None
        return self.zone.policy

    def bring_in(self, now: int = NOW, file: str = "skr") -> list[str]:
        keys = find_keys(self.zone.name, self.zone.key_directory)
        return bring_in(self.zone, self.policy, str(self.folder / file), keys, now)[1]

    def go(self, now: int) -> Outcome:
        return run_zone(self.zone, World(lambda: now, time.monotonic, tell=self.said))

    def apex(self) -> tuple[set[bytes], set[bytes]]:
        """DNSKEY RDATA of the signed zone, and the RRSIGs over the key records."""
        node = dns.zone.from_file(f"{self.folder}/zone.signed", f"{ZONE}.", relativize=False).find_node(f"{ZONE}.")
        signatures = [
            rdata.to_wire()
            for covered in (dns.rdatatype.DNSKEY, dns.rdatatype.CDS, dns.rdatatype.CDNSKEY)
            for rdata in node.get_rdataset(1, dns.rdatatype.RRSIG, covered) or ()
        ]
        return {rdata.to_wire() for rdata in node.get_rdataset(1, dns.rdatatype.DNSKEY)}, set(signatures)
