"""A zone that is edited at random: data, wildcards, delegations, DS, glue, empty non-terminals, DNAMEs, TTLs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_LABELS = ["a", "b", "c", "*", "ns", "zz", "x-1", "_t"]
_TTLS = [60, 300, 3600]
_DATA = {
    "A": lambda n: f"192.0.2.{n}",
    "AAAA": lambda n: f"2001:db8::{n}",
    "TXT": lambda n: f'"text {n}"',
    "MX": lambda n: f"{n} mail",
    "SRV": lambda n: f"0 0 {n} target",
}


class ZoneEditor:
    """The records by owner and type; `lines` are a master file of the zone `example`."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.serial, self.soa_ttl, self.minimum = 1, 600, 300
        self.rrsets: dict[str, dict[str, tuple[int, list[str]]]] = {"@": {"NS": (600, ["ns.other."])}}
        for _ in range(random.randint(3, 12)):
            random.choice([self.add_data, self.add_data, self.delegate, self.add_deep_name, self.add_dname])()

    def lines(self) -> list[str]:
        soa = f"@ {self.soa_ttl} IN SOA ns hostmaster {self.serial} 7200 3600 1209600 {self.minimum}"
        return [soa] + [
            f"{owner} {ttl} IN {rrtype} {rdata}"
            for owner, types in self.rrsets.items()
            for rrtype, (ttl, rdatas) in types.items()
            for rdata in rdatas
        ]

    def edit(self) -> None:
        """One random change."""
        edits: list[Callable[[], None]] = [
            *(self.add_data, self.change_data, self.remove_type, self.remove_name, self.change_ttl, self.add_deep_name),
            *(self.delegate, self.delegate, self.secure, self.make_insecure, self.add_glue, self.add_dname),
            self.change_soa,
        ]
        self.random.choice(edits)()

    def name(self) -> str:
        return ".".join(self.random.choice(_LABELS) for _ in range(self.random.randint(1, 3)))

    def existing(self, rrtype: str = "") -> str | None:
        names = [owner for owner, types in self.rrsets.items() if owner != "@" and (not rrtype or rrtype in types)]
        return self.random.choice(names) if names else None

    def add_data(self, owner: str = "") -> None:
        owner = owner or self.name()
        types = self.rrsets.setdefault(owner, {})
        if "NS" in types:
            return
        rrtype = self.random.choice(sorted(_DATA))
        count = self.random.randint(1, 2)
        types[rrtype] = self.random.choice(_TTLS), [_DATA[rrtype](n) for n in self.random.sample(range(1, 20), count)]

    def add_deep_name(self) -> None:
        """It has empty non-terminals above it."""
        self.add_data(f"{self.name()}.deep.{self.random.choice('pq')}")

    def change_data(self) -> None:
        owner = self.existing()
        if owner and any(rrtype in _DATA for rrtype in self.rrsets[owner]):
            self.add_data(owner)

    def remove_type(self) -> None:
        owner = self.existing()
        if owner is None:
            return
        types = self.rrsets[owner]
        del types[self.random.choice(sorted(types))]
        if "NS" not in types:
            types.pop("DS", None)
        if not types:
            del self.rrsets[owner]

    def remove_name(self) -> None:
        owner = self.existing()
        if owner is not None:
            del self.rrsets[owner]

    def change_ttl(self) -> None:
        owner = self.existing()
        if owner is not None:
            rrtype = self.random.choice(sorted(self.rrsets[owner]))
            self.rrsets[owner][rrtype] = self.random.choice(_TTLS), self.rrsets[owner][rrtype][1]

    def delegate(self) -> None:
        """A delegation, perhaps with data and names below it that are glue or occluded from now on."""
        owner = self.existing() if self.random.random() < 0.4 else self.name()
        if owner is None or "*" in owner.split(".")[0] or "DNAME" in self.rrsets.get(owner, {}):
            return
        self.rrsets.setdefault(owner, {})["NS"] = self.random.choice(_TTLS), [f"ns.{owner}", "ns.other."]
        if self.random.random() < 0.5:
            self.add_ds(owner)

    def add_ds(self, owner: str) -> None:
        rdata = f"{self.random.randint(1, 9)} 13 2 " + self.random.choice("AB") * 64
        self.rrsets[owner]["DS"] = self.random.choice(_TTLS), [rdata]

    def secure(self) -> None:
        owner = self.existing("NS")
        if owner is not None:
            self.add_ds(owner)

    def make_insecure(self) -> None:
        owner = self.existing("DS")
        if owner is not None:
            del self.rrsets[owner]["DS"]

    def add_glue(self) -> None:
        owner = self.existing("NS")
        if owner is not None and "NS" not in self.rrsets.get(f"ns.{owner}", {}):
            self.add_data(f"ns.{owner}")

    def add_dname(self) -> None:
        owner = self.name()
        if not owner.startswith("*") and "NS" not in self.rrsets.get(owner, {}):
            self.rrsets.setdefault(owner, {})["DNAME"] = self.random.choice(_TTLS), ["elsewhere."]

    def change_soa(self) -> None:
        self.serial += 1
        if self.random.random() < 0.3:
            self.soa_ttl, self.minimum = self.random.choice(_TTLS), self.random.choice([60, 300, 900])
