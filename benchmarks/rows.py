"""The rows of the comparison: which zone, which keys, which programs, and the ratios that we hold ourselves to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from benchmarks.generate import Zone

REGISTRY = Zone(delegations=1_000_000, ds_share=0.05)
NATIONAL = Zone(delegations=100_000, ds_share=0.5)
EVERYONE = ("bind", "knot", "ldns")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    zone: Zone | None  # None: ten records
    algorithm: int = 13
    denial: str = "nsec3"
    verify: bool = False  # by default no signer verifies its result
    again: bool = False  # the zone is signed already, by the same keys, and no signature is due
    image: bool = False  # the same, but fastsign has the unsigned zone and an image of its signatures
    changed: int = 0  # delegations that have got a DS record since it was signed
    peers: tuple[str, ...] = ("bind",)
    memory: bool = False  # measure the peak memory too, in a run of its own
    bars: dict[str, float] = field(default_factory=dict)  # how many times faster than each peer we mean to be
    memory_bar: float = 0.0  # at most this part of BIND's memory
    seconds_bar: float = 0.0  # for start-up: seconds, end to end

    def scaled(self, scale: float) -> Row:
        """The same row on a smaller zone."""
        if self.zone is None:
            return self
        zone = replace(self.zone, delegations=max(20, int(self.zone.delegations * scale)))
        return replace(self, zone=zone, changed=min(self.changed, zone.delegations // 4))

    def title(self) -> str:
        """What the row measures, in words."""
        mnemonic = {8: "RSA-2048", 13: "P-256", 14: "P-384", 15: "Ed25519"}[self.algorithm]
        denial = {"nsec": "NSEC", "nsec3": "NSEC3", "opt-out": "NSEC3 opt-out"}[self.denial]
        size = f"{self.zone.delegations:,} delegations, {self.zone.ds_share:.0%} DS" if self.zone else "ten records"
        change = f"with {self.changed:,} changes" if self.changed else "unchanged"
        signed = f", signed again {change}" if self.again or self.image else ""
        signed += " (fastsign: the unsigned zone, with an image)" if self.image else ""
        return f"{size}, {mnemonic}, {denial}{signed}, {'with' if self.verify else 'without'} verification"


ROWS = (
    Row("registry", REGISTRY, peers=("bind", "knot"), memory=True, bars={"bind": 12, "knot": 6}, memory_bar=1 / 3),
    Row("national", NATIONAL, denial="opt-out", peers=EVERYONE, memory=True, bars={"bind": 8}),
    Row("p384", NATIONAL, algorithm=14, denial="opt-out", peers=("bind", "knot"), bars={"bind": 35}),
    Row("ed25519", NATIONAL, algorithm=15, denial="opt-out", peers=("bind", "knot"), bars={"bind": 8}),
    Row("rsa", NATIONAL, algorithm=8, denial="opt-out", peers=("bind", "knot"), bars={"bind": 3}),
    Row("verified", REGISTRY, verify=True, memory=True, bars={"bind": 9}),
    Row("again", REGISTRY, verify=True, again=True, memory=True, bars={"bind": 8}),
    Row("image", REGISTRY, verify=True, image=True, memory=True, bars={"bind": 8}),
    Row("changed", REGISTRY, verify=True, image=True, changed=1000, memory=True, bars={"bind": 8}),
    Row("nsec", REGISTRY, denial="nsec", peers=("bind", "knot")),
    Row("optout", REGISTRY, denial="opt-out", peers=("bind", "knot")),
    Row("small", None, denial="nsec", verify=True, peers=EVERYONE, seconds_bar=0.15),
)

SMALL_ZONE = """$TTL 3600
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 900
@ IN NS ns1
@ IN NS ns2.example.net.
@ IN MX 10 mail
@ IN TXT "v=spf1 mx -all"
@ IN A 192.0.2.80
ns1 IN A 192.0.2.53
mail IN A 192.0.2.25
mail IN AAAA 2001:db8::25
www IN CNAME @
"""
