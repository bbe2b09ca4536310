"""Write a zone that looks like a top-level domain's: the same text for the same arguments, whatever the machine.

    python -m benchmarks.generate --delegations 1000000 --ds-share 0.05 --seed 1 --origin test. -o zone

Names are made like registered ones: words, two words, hyphens, digits, internationalised labels. Name servers come
from hosters whose sizes follow Zipf's law, some delegations bring their own with glue. Addresses are from the
documentation and benchmarking ranges (RFC 5737, RFC 2544, RFC 3849).
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

TTL = 3600
WORDS = Path(__file__).with_name("words.txt").read_text().split()
VOWELS, CONSONANTS = "aaaeeeeiioouu", "bcdfghklmnprstvw"
ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789"
SCRIPTS = ("äöüßéèøåæñçã", "абвгдежзиклмнопрстуфхцчшыэюя", "一上中人京公司国大天家小山店文日本東海网美花車金食")
OTHER_DOMAINS = ("net.", "com.", "org.", "info.", "cloud.")
SERVER_COUNTS = (2, 4, 2, 3, 3, 2, 4, 2, 2, 3)  # of hosters by size, over and over: an average of 2.7 for any seed


@dataclass(frozen=True, slots=True)
class Zone:
    """What to make. Shares are of all delegations."""

    delegations: int
    ds_share: float = 0.05
    seed: int = 1
    origin: str = "test."
    shuffled: bool = False  # delegations in no order and the glue at the end, as a registry's database gives them
    own_servers_share: float = 0.07  # delegations whose name servers are in the zone, with glue


@dataclass(slots=True)
class Counts:
    """What was made."""

    records: int = 0
    octets: int = 0
    by_type: dict[str, int] = field(default_factory=dict)

    def add(self, rrtype: str, records: int = 1) -> None:
        self.by_type[rrtype] = self.by_type.get(rrtype, 0) + records
        self.records += records


def write_zone(zone: Zone, out: TextIO) -> Counts:
    """Write *zone* as a master file, one record a line, all names absolute."""
    rng, counts = random.Random(zone.seed), Counts()
    names = registered_names(zone.delegations, rng)
    if not zone.shuffled:
        names.sort()  # canonical order (RFC 4034 section 6.1): one label each, lower case already
    glue: list[str] = []
    for block in itertools.chain(apex(zone, counts), delegations(zone, names, rng, counts, glue)):
        out.write(block)
        counts.octets += len(block)
    for line in glue:
        out.write(line)
        counts.octets += len(line)
    return counts


def apex(zone: Zone, counts: Counts) -> Iterator[str]:
    """SOA, NS, MX and TXT, no DNSKEY. The servers are outside the zone, so that all is sorted from the start."""
    origin = zone.origin
    yield f"{origin}\t{TTL}\tIN\tSOA\tns1.nic.example. hostmaster.nic.example. 2026010100 7200 3600 1209600 900\n"
    for number in (1, 2, 3):
        yield f"{origin}\t{TTL}\tIN\tNS\tns{number}.nic.example.\n"
    yield f"{origin}\t{TTL}\tIN\tMX\t10 mail.nic.example.\n"
    yield f'{origin}\t{TTL}\tIN\tTXT\t"a generated zone: {zone.delegations} delegations, seed {zone.seed}"\n'
    for rrtype, records in (("SOA", 1), ("NS", 3), ("MX", 1), ("TXT", 1)):
        counts.add(rrtype, records)


def delegations(zone: Zone, names: list[str], rng: random.Random, counts: Counts, glue: list[str]) -> Iterator[str]:
    """One block of lines a delegation: NS, DS and, unless the zone is shuffled, its glue."""
    draw, origin = rng.random, zone.origin
    pick_hoster = hosters(max(30, zone.delegations // 40), rng)
    servers = secured = addresses_4 = addresses_6 = 0
    for name in names:
        owner = f"{name}.{origin}"
        if draw() < zone.own_servers_share:
            targets, lines = own_servers(owner, rng)
            addresses_4 += len(targets)
            addresses_6 += len(lines) - len(targets)
            block = ns_lines(owner, targets)
        else:
            targets, lines = pick_hoster(), []
            block = ns_lines(owner, targets)
        servers += len(targets)
        if draw() < zone.ds_share:
            for _ in range(2 if draw() < 0.03 else 1):
                block += ds_line(owner, rng)
                secured += 1
        if zone.shuffled:
            glue += lines
        else:
            block += "".join(lines)
        yield block
    for rrtype, records in (("NS", servers), ("DS", secured), ("A", addresses_4), ("AAAA", addresses_6)):
        counts.add(rrtype, records)


def ns_lines(owner: str, targets: list[str]) -> str:
    return "".join([f"{owner}\t{TTL}\tIN\tNS\t{target}\n" for target in targets])


def ds_line(owner: str, rng: random.Random) -> str:
    """A DS record of digest type 2; most child keys are ECDSA P-256."""
    algorithm = 13 if rng.random() < 0.8 else 8
    return f"{owner}\t{TTL}\tIN\tDS\t{rng.getrandbits(16)} {algorithm} 2 {rng.getrandbits(256):064X}\n"


def own_servers(owner: str, rng: random.Random) -> tuple[list[str], list[str]]:
    """Name servers below the delegation itself, and their glue: all have an IPv4 address, a third also IPv6."""
    targets = [f"ns{number}.{owner}" for number in range(1, 4 if rng.random() < 0.2 else 3)]
    lines = []
    both = rng.random() < 0.33
    for target in targets:
        bits = rng.getrandbits(48)
        lines.append(f"{target}\t{TTL}\tIN\tA\t198.{18 + (bits & 1)}.{bits >> 1 & 255}.{bits >> 9 & 255}\n")
        if both:
            lines.append(f"{target}\t{TTL}\tIN\tAAAA\t2001:db8:{bits >> 17 & 0xFFFF:x}::{bits >> 33 & 0xFFFF:x}\n")
    return targets, lines


def hosters(count: int, rng: random.Random) -> Callable[[], list[str]]:
    """A function that draws the name servers of one delegation from *count* hosters, sizes by Zipf's law."""
    domains = [f"{name}.{rng.choice(OTHER_DOMAINS)}" for name in registered_names(count, rng)]
    sizes = itertools.cycle(SERVER_COUNTS)
    sets = [server_set(domain, next(sizes), rng) for domain in domains]
    weights = list(itertools.accumulate(1 / rank**1.05 for rank in range(1, count + 1)))

    def pick() -> list[str]:
        return rng.choices(sets, cum_weights=weights)[0]

    return pick


def server_set(domain: str, size: int, rng: random.Random) -> list[str]:
    """The name servers of one hoster."""
    style = rng.random()
    if style < 0.6:
        return [f"ns{number}.{domain}" for number in range(1, size + 1)]
    if style < 0.8:
        return [f"dns{number}.{domain}" for number in range(1, size + 1)]
    return [f"{word}.ns.{domain}" for word in sorted(rng.sample(WORDS, size))]


def registered_names(count: int, rng: random.Random) -> list[str]:
    """*count* different labels, in the order they were drawn."""
    names: dict[str, None] = {}
    while len(names) < count:
        for _ in range(count - len(names)):
            names[registered_name(rng)] = None
    return list(names)


def registered_name(rng: random.Random) -> str:
    """One label as registrants choose them; about 12 characters on average."""
    kind, choice = rng.random(), rng.choice
    if kind < 0.30:
        return choice(WORDS) + choice(WORDS)
    if kind < 0.48:
        return syllables(rng, 2) + choice(WORDS)
    if kind < 0.63:
        return syllables(rng, 3)
    if kind < 0.75:
        return f"{choice(WORDS)}-{syllables(rng, 2)}"
    if kind < 0.88:
        return choice(WORDS) + choice(WORDS) + syllables(rng, 1)
    if kind < 0.94:
        return f"{choice(WORDS)}{syllables(rng, 1)}{rng.getrandbits(10)}"
    if kind < 0.96:
        return "".join(rng.choices(ALPHANUMERIC, k=4 + rng.getrandbits(1)))
    if kind < 0.985:
        return f"{choice(WORDS)}-{choice(WORDS)}-{choice(WORDS)}"
    return internationalised(rng)


def syllables(rng: random.Random, count: int) -> str:
    choice, parts = rng.choice, []
    for _ in range(count):
        parts.append(choice(CONSONANTS) + choice(VOWELS) + (choice(CONSONANTS) if rng.random() < 0.5 else ""))
    return "".join(parts)


def internationalised(rng: random.Random) -> str:
    """An A-label (RFC 5890): Latin with accents, Cyrillic or Han."""
    script = rng.choice(SCRIPTS)
    if script is SCRIPTS[0]:
        label = rng.choice(WORDS) + rng.choice(script) + rng.choice(WORDS)
    else:
        label = "".join(rng.choices(script, k=rng.randint(3, 9)))
    return "xn--" + label.encode("punycode").decode()


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a zone that looks like a top-level domain's.")
    parser.add_argument("--delegations", type=int, default=100_000)
    parser.add_argument("--ds-share", type=float, default=0.05, help="share of delegations with a DS record")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--origin", default="test.")
    parser.add_argument("--shuffled", action="store_true", help="no order, glue at the end (default: canonical order)")
    parser.add_argument("-o", "--output", type=Path, help="default: standard output")
    given = parser.parse_args()
    zone = Zone(given.delegations, given.ds_share, given.seed, given.origin.rstrip(".") + ".", given.shuffled)
    if given.output is None:
        counts = write_zone(zone, sys.stdout)
    else:
        with given.output.open("w") as out:
            counts = write_zone(zone, out)
    print(f"{counts.records} records, {counts.octets} octets, {counts.by_type}", file=sys.stderr)


if __name__ == "__main__":
    main()
