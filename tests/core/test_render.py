"""The signed zone as text, octet for octet as dnssec-signzone writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import tools
from fastsign import _core
from fastsign._core import Column, PrivateKey
from fastsign.sign.denial import NSEC3, Chain, Denial, make_chain
from fastsign.sign.plan import SIGNS_CDS, SIGNS_DNSKEY, SIGNS_REST, Signer
from fastsign.zone.arena import Arena
from fastsign.zone.order import Order, order_zone
from private_keys import KeyPair, keygen
from zones import Record, arena_of, read_raw, wire

TEXT, FULL = 0, 1
STYLES = {"text": TEXT, "full": FULL}
APEX = wire("example.")
DATA = Path(__file__).parents[1] / "data"
START, END = "20260101000000", "20270101000000"
INCEPTION, EXPIRATION = 1767225600, 1798761600
RRSIG_TYPE, NSEC_TYPE, NSEC3_TYPE = 46, 47, 50
DENIALS = {"nsec": Denial(), "nsec3": Denial(NSEC3, False, 5, b"\xaa\xbb\xcc")}


@dataclass(frozen=True)
class Signed:
    """A zone that BIND signed: its text by style, and the same as records (BIND's raw format)."""

    text: dict[str, str]
    records: list[Record]

    def unsigned(self) -> list[Record]:
        """Without what signing added; each node's first record has the spelling that BIND gives the node."""
        spelling = {owner.lower(): owner for owner, rrtype, _, _ in self.records if rrtype == RRSIG_TYPE}
        added = (RRSIG_TYPE, NSEC_TYPE, NSEC3_TYPE)
        kept = [record for record in self.records if record[1] not in added]
        return sorted(kept, key=lambda record: record[0] != spelling.get(record[0].lower(), record[0]))


@dataclass(frozen=True)
class Key:
    """A key and what it signs."""

    pair: KeyPair
    private: PrivateKey
    tag: int
    roles: int

    def signer(self) -> Signer:
        return Signer(15, self.tag, self.roles, 64, INCEPTION, EXPIRATION, EXPIRATION)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[Key]:
    """A KSK and a ZSK whose signatures are the same each time (RFC 8032)."""
    folder = tmp_path_factory.mktemp("keys")
    made = []
    for arguments, roles in ((["-f", "KSK"], SIGNS_DNSKEY | SIGNS_CDS), ([], SIGNS_REST)):
        pair = keygen(folder, 15, *arguments)
        made.append(Key(pair, pair.load(), int(pair.path.stem[-5:]), roles))
    return made


HEADER = re.compile(r"; File written on .*\n; dnssec.signzone version .*\n")


def bind_sign(folder: Path, keys: Sequence[Key], zone: str, *options: str) -> Signed:
    """Sign with dnssec-signzone; one thread keeps 9.18 from writing nodes in a random order."""
    records = [key.pair.path.with_suffix(".key").read_text() for key in keys]
    (folder / "zone").write_text(zone + "".join(records))
    times = ["-s", START, "-e", END, "-K", str(keys[0].pair.path.parent), "-o", "example", "-n", "1", "-P", "-x"]
    text = {}
    for style in (*STYLES, "raw=0"):
        tools.run("dnssec-signzone", *times, *options, "-O", style, "-f", style, "zone", cwd=folder)
        text[style] = HEADER.sub("", (folder / style).read_text("latin-1"), count=1)
    return Signed(text, read_raw((folder / "raw=0").read_bytes()))


EVERY_TYPE = (DATA / "every_type.zone").read_text()


@pytest.fixture(scope="module", params=DENIALS)
def signed(
    request: pytest.FixtureRequest, keys: list[Key], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Signed, Denial]:
    denial = DENIALS[request.param]
    options = ["-3", "AABBCC", "-H", "5"] if denial.kind == NSEC3 else ["-u"]
    return bind_sign(tmp_path_factory.mktemp("signed"), keys, EVERY_TYPE, *options), denial


Digest = Callable[[Signer, int, int, Column, Column], int]


def sign_range(key: Key, digest: Digest, first: int, last: int) -> Column:
    """The signatures of one key for a range of nodes or of chain entries."""
    rows, offsets = Column("B"), Column("Q")
    count = digest(key.signer(), first, last, rows, offsets)
    signatures = Column("B", 64 * count)
    key.private.sign_messages(rows, offsets, count, signatures)
    return signatures


Zone = tuple[Arena, Order, Chain | None]


def render(zone: Zone, keys: Sequence[Key], style: int, step: int = 1 << 30, apex: bytes = APEX) -> str:
    """Sign a zone and write it in pieces of *step* nodes or chain entries."""
    arena, order, chain = zone
    signers, out, text = [key.signer() for key in keys], Column("B"), b""

    def nodes(signer: Signer, first: int, last: int, rows: Column, offsets: Column) -> int:
        return _core.digest_nodes(arena, order, chain, apex.lower(), signer, first, last, rows, offsets)

    def entries(signer: Signer, first: int, last: int, rows: Column, offsets: Column) -> int:
        return _core.digest_chain(arena, order, chain, apex.lower(), signer, first, last, rows, offsets)

    stages = [(nodes, _core.render_nodes, len(order.node_name))]
    if chain is not None and chain.kind == NSEC3:
        stages.append((entries, _core.render_chain, len(chain.source)))
    for digest, write, end in stages:
        for first in range(0, end, step):
            last = min(first + step, end)
            rows = [sign_range(key, digest, first, last) for key in keys]
            length = write(arena, order, chain, style, apex, signers, rows, first, last, out)
            assert length == len(out)
            text += bytes(out.view())
    return text.decode("latin-1")


def zone_of(records: list[Record], denial: Denial | None) -> Zone:
    arena = arena_of(records)
    order = order_zone(arena, APEX)
    return arena, order, make_chain(arena, order, denial, 900) if denial else None


def by_owner(text: str) -> list[str]:
    """The lines of each owner together, sorted by owner: 9.18 writes nodes in the order that its threads end in."""
    blocks = re.split(r"\n(?=[^\s;])", text.rstrip("\n"))
    return sorted(blocks, key=lambda block: block.split(maxsplit=1)[0])


@pytest.mark.parametrize("style", STYLES)
def test_a_zone_with_every_type_is_as_bind_writes_it(
    signed: tuple[Signed, Denial], keys: list[Key], style: str
) -> None:
    zone, denial = signed
    mine = render(zone_of(zone.unsigned(), denial), keys, STYLES[style])
    assert by_owner(mine) == by_owner(zone.text[style])


@pytest.mark.parametrize("style", STYLES)
def test_pieces_of_a_zone_make_up_the_whole(signed: tuple[Signed, Denial], keys: list[Key], style: str) -> None:
    zone = zone_of(signed[0].unsigned(), signed[1])
    whole = render(zone, keys, STYLES[style])
    assert render(zone, keys, STYLES[style], step=7) == whole
    assert render(zone, keys, STYLES[style], step=41) == whole
