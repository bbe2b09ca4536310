"""An image that is damaged, forged or from elsewhere is of no use, and never of harm."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from fastsign._core import Column, PublicKeys, image_index
from fastsign.sign.image import read_image
from fastsign.sign.image_facts import Facts, read_facts
from fastsign.sign.tell import Silent
from image_scene import ImageScene, records
from inprocess import signzone
from narration import counts

APEX = b"\7example\0"
VERSION_AT, ROWS_AT, LISTED_AT = 8, Facts.SIZE - 32 - 32 - 8, Facts.SIZE
ROW = 48  # octets before the signature


class Listener(Silent):
    """Remembers what it is warned of."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def warnings_of(path: Path, apex: bytes = APEX) -> list[str]:
    """What is said of an image that is of no use; nothing of one that is."""
    listener = Listener()
    image = read_image(str(path), apex, listener)
    assert (image is None) == bool(listener.warnings)
    return listener.warnings


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> ImageScene:
    """A small zone with an image; `good` is that image's octets."""
    scene = ImageScene(tmp_path_factory.mktemp("scene"))
    scene.keys()
    scene.sign()
    return scene


@pytest.fixture(scope="module")
def good(signed: ImageScene) -> bytes:
    return signed.image.read_bytes()


@contextmanager
def image_of(scene: ImageScene, octets: bytes) -> Iterator[Path]:
    path = scene.folder / "damaged"
    path.write_bytes(octets)
    yield path
    path.unlink()


def sealed(octets: bytes) -> bytes:
    """The octets with digests that fit them, as a forger makes them."""
    body = octets[: Facts.SIZE - 64] + sha256(octets[Facts.SIZE :]).digest()
    return body + sha256(body).digest() + octets[Facts.SIZE :]


def rows_of(octets: bytes) -> int:
    """Where the rows begin."""
    return Facts.SIZE + int.from_bytes(octets[ROWS_AT - 16 : ROWS_AT - 8], "little")


def test_every_octet_that_is_flipped_is_noticed(signed, good):
    assert len(good) < 3000
    for at in range(len(good)):
        for bits in (1, 128):
            damaged = good[:at] + bytes([good[at] ^ bits]) + good[at + 1 :]
            with image_of(signed, damaged) as path:
                assert warnings_of(path), f"octet {at}"


def test_every_shorter_or_longer_file_is_noticed(signed, good):
    for length in range(len(good)):
        with image_of(signed, good[:length]) as path:
            assert warnings_of(path), f"{length} octets"
    with image_of(signed, good + b"\0") as path:
        assert warnings_of(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda good: b"", "it is no image"),
        (lambda good: good[:8] + struct.pack("<I", 2) + good[12:], "it is of version 2"),
        (lambda good: good[:100], "it is cut off"),
        (lambda good: good[:60] + b"x" + good[61:], "its header is damaged"),
        (lambda good: good[:-1] + bytes([good[-1] ^ 1]), "it is damaged"),
        (lambda good: sealed(good[:16] + good[16:20][::-1] + good[20:]), "it was made by a machine of another kind"),
    ],
    ids=["empty", "future", "cut", "header", "rows", "order of octets"],
)
def test_the_zone_is_signed_without_it_and_it_is_replaced(signed, good, change: Callable[[bytes], bytes], reason):
    signed.image.write_bytes(change(good))
    done = signed.run()
    assert f"warning: the image {signed.image} is of no use: {reason}" in done.stderr
    assert counts(done.stdout)[1] == 0
    assert counts(signed.run().stdout)[0] == 0


@pytest.mark.parametrize("text", [b"precious", b"f", b"; a zone file\n" * 50])
def test_a_file_that_is_no_image_is_left_as_it_is(signed, text):
    path = signed.folder / "precious"
    path.write_bytes(text)
    done = signed.run("--image", path)
    assert f"the image {path} can't be written: what is there is no image, and is left as it is" in done.stderr
    assert path.read_bytes() == text
    signed.verify()


def test_no_zone_and_no_device_is_taken_for_an_image(signed):
    zone, link = signed.zone.read_bytes(), signed.folder / "link"
    link.symlink_to(signed.zone)
    for path in (signed.zone, link, signed.signed, "/dev/null", ""):
        assert signed.run("--image", path, check=False).code == 1
    assert signed.zone.read_bytes() == zone


def test_an_image_of_another_zone_is_not_used(signed, good):
    with image_of(signed, good) as path:
        assert warnings_of(path, b"\5other\0") == [
            f"the image {path} is of no use: it is of another zone; all signatures are made anew"
        ]
        assert not warnings_of(path, b"\7EXAMPLE\0")


def test_a_folder_in_its_place_is_warned_of(signed):
    folder = signed.folder / "directory"
    folder.mkdir()
    assert "is of no use" in warnings_of(folder)[0]


def test_rows_that_do_not_fit_are_noticed_whatever_their_digests(signed, good):
    """Each field of each row, and the counts: nothing may be read past the end."""
    first = rows_of(good)
    for at in (*range(Facts.SIZE - 64 - 24, Facts.SIZE - 64), *range(LISTED_AT, first)):
        forged = bytearray(good)
        forged[at] ^= 0x40
        with image_of(signed, sealed(bytes(forged))) as path:
            warnings_of(path)
    at = first
    while at < len(good):
        for field in range(40, ROW):  # key, length, tag, algorithm, flags
            forged = bytearray(good)
            forged[at + field] ^= 0x82
            with image_of(signed, sealed(bytes(forged))) as path:
                assert warnings_of(path), f"octet {field} of the row at {at}"
        at += ROW + (int.from_bytes(good[at + 42 : at + 44], "little") + 7) // 8 * 8


@pytest.mark.parametrize("octets", [b"", b"\0", bytes(47), bytes(48), bytes(112), b"\xff" * 300], ids=len)
@pytest.mark.parametrize("count", [0, 1, 2, 6, 1 << 40])
def test_the_index_refuses_what_are_no_rows(octets, count):
    column = Column("B", len(octets))
    column.view()[:] = octets
    if count == 0 and not octets:
        assert len(image_index(column, 0, PublicKeys(()))) == 2
        return
    with pytest.raises(ValueError, match=r"row|octets can't be"):
        image_index(column, count, PublicKeys(()))


@pytest.mark.parametrize("options", [(), ("-P",), ("-n", "1", "--format", "raw")], ids=["gate", "none", "raw"])
def test_a_forged_signature_never_gets_out(signed, good, options):
    """Digests that fit do not make it right: what does not verify is dropped, and the zone is signed."""
    first = rows_of(good)
    forged = bytearray(good)
    forged[first + ROW + 5] ^= 1
    signed.image.write_bytes(sealed(bytes(forged)))
    done = signed.run(*options)
    generated, retained, dropped, verified, unverified = counts(done.stdout)
    assert (generated, dropped, unverified) == (1, 1, 1)
    assert retained == verified == 12
    assert ("this time each signature" in done.stderr) == (options != ("-P",))
    if "raw" not in options:
        signed.verify()
        assert records(signed.signed) == signed.from_scratch()


def test_a_forged_time_never_gets_out(signed, good):
    """A later end than was signed."""
    first = rows_of(good)
    forged = bytearray(good)
    forged[first + 36] ^= 1
    signed.image.write_bytes(sealed(bytes(forged)))
    assert counts(signed.run().stdout)[:3] == [1, 12, 1]
    signed.verify()


def test_signatures_of_one_rrset_under_the_name_of_another_are_dropped(signed, good):
    """Two rows whose digests are exchanged."""
    first = rows_of(good)
    size = ROW + 64
    rows = [good[at : at + size] for at in range(first, len(good), size)]
    rows[0], rows[1] = rows[0][:32] + rows[1][32:], rows[1][:32] + rows[0][32:]
    signed.image.write_bytes(sealed(good[:first] + b"".join(rows)))
    assert counts(signed.run().stdout)[:3] == [2, 11, 2]
    signed.verify()


def test_a_fault_that_is_not_the_images_is_told_of_as_without_one(signed, tmp_path):
    """An algorithm that signs nothing: the gate refuses the zone, by the image as well."""
    scene = ImageScene(tmp_path)
    scene.keys()
    scene.sign()
    image = scene.image.read_bytes()
    scene.algorithm = "13"
    key = scene.keygen("-P", "20200101000000", "-A", "none")
    done = signzone(*scene.line(), check=False, now=scene.now)
    assert done.code == 1, key
    assert "Zone verification failed" in done.stdout
    assert scene.image.read_bytes() == image


def test_the_header_tells_of_the_zone(signed, good):
    signed.image.write_bytes(good)
    facts = read_facts(str(signed.image))
    assert facts is not None
    assert (facts.serial, facts.rows, facts.signed) == (1, 13, signed.now)
    assert facts.ends == signed.now - 3600 + 30 * 86400
    assert read_facts(str(signed.zone)) is None
    assert read_facts(str(signed.folder / "nothing")) is None
