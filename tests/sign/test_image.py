"""Signing again with an image: what is kept, what is made anew, and that the result is what it would be anyway."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastsign.sign.image_facts import Facts
from image_scene import DAY, ImageScene, records
from inprocess import command, signzone
from narration import counts

DS = "1 13 2 " + 64 * "A"


def tag(key: str) -> str:
    return str(int(key.rpartition("+")[2]))


@pytest.fixture
def scene(tmp_path: Path) -> ImageScene:
    made = ImageScene(tmp_path)
    made.keys()
    return made


def test_an_unchanged_zone_is_signed_without_a_signature_made(scene):
    made = scene.sign()
    before = records(scene.signed)
    scene.now += DAY
    assert scene.sign() == (0, made[0])
    assert records(scene.signed) == before
    scene.now += DAY
    assert scene.sign() == (0, made[0])  # by the image of a run that made nothing


@pytest.mark.parametrize("options", [(), ("-3", "-"), ("-3", "AB", "-A")], ids=["NSEC", "NSEC3", "opt-out"])
def test_only_what_changed_is_signed_anew(scene, options):
    whole = scene.sign(*options)[0]
    scene.edit("192.0.2.2", "192.0.2.7")
    assert scene.sign(*options) == (2, whole - 2)  # www A and SOA
    assert records(scene.signed) == scene.from_scratch(*options)


def test_a_name_that_comes_costs_its_own_signatures_and_those_of_its_neighbour(scene):
    whole = scene.sign()[0]
    scene.edit("www A", "new A 192.0.2.9\nwww A")
    assert scene.sign() == (2 + 1 + 1, whole - 2)  # new A and NSEC, the NSEC before it, SOA


@pytest.mark.parametrize("options", [(), ("-P",)], ids=["in the gate", "by itself"])
def test_what_stays_is_verified_once(scene, options):
    whole = scene.sign()[0]
    done = counts(scene.run(*options).stdout)
    assert done == [0, whole, 0, whole if options else 0, 0]


def test_the_chain_changes_from_nsec_to_nsec3_and_data_stay(scene):
    whole = scene.sign()[0]
    entries = sum(" NSEC\t" in line for line in records(scene.signed))
    made, kept = scene.sign("-3", "-")
    assert kept == whole - entries
    assert made == sum(" NSEC3\t" in line for line in records(scene.signed)) + 1  # and NSEC3PARAM
    assert scene.sign()[1] == kept  # and back


def test_a_ttl_that_changes_is_a_change(scene):
    scene.sign()
    scene.edit("www A", "www 299 A")
    assert scene.sign()[0] == 2
    assert records(scene.signed) == scene.from_scratch()


def test_signatures_that_end_soon_are_made_anew(scene):
    whole = scene.sign("-e", "+20d", "-X", "+60d")[0]
    scene.now += 16 * DAY
    assert scene.sign("-e", "+20d") == (whole - 2, 2)  # the DNSKEY RRset's last


def test_jitter_spreads_the_renewals_over_many_runs(scene):
    whole = scene.sign("-j", str(20 * DAY), "-e", "+30d", "-i", "0")[0]
    made = []
    for _ in range(10):
        scene.now += 3 * DAY
        made.append(scene.sign("-j", str(20 * DAY), "-e", "+30d", "-i", str(3 * DAY))[0])
    assert sum(made) >= whole
    assert sum(map(bool, made)) > 3


def test_signatures_that_are_not_valid_yet_do_not_stay(scene):
    scene.run("-P", "-s", "+1h", "-e", "+30d")
    assert scene.sign()[1] == 0


def test_a_predecessors_signatures_are_replaced_as_they_end(tmp_path):
    scene = ImageScene(tmp_path)
    old, _ = scene.keys()
    whole = scene.sign("-e", "+30d")[0]
    scene.settime(old, "-I", "+40d", "-D", "+90d")
    new = scene.keygen("-S", old, "-i", "0")
    scene.now += 10 * DAY
    scene.settime(old, "-I", str(scene.now - 60))
    scene.settime(new, "-P", str(scene.now - 60), "-A", str(scene.now - 60))
    assert scene.sign("-e", "+30d") == (2, whole - 2)  # the DNSKEY RRset, in which it is; all else stays as it is
    scene.edit("192.0.2.2", "192.0.2.7")
    assert scene.sign("-e", "+30d") == (2, whole - 2)
    assert {line.split()[10] for line in records(scene.signed) if "RRSIG\tA " in line} == {tag(old), tag(new)}
    scene.now += 15 * DAY
    assert scene.sign("-e", "+30d") == (whole - 4, 4)  # what was made since
    assert not [line for line in records(scene.signed) if "RRSIG" in line and f" {tag(old)} example. " in line]


def test_a_zone_digest_is_signed_by_the_successor_at_once(tmp_path):
    """Its predecessor's signature would be over other octets."""
    scene = ImageScene(tmp_path)
    old, _ = scene.keys()
    whole = scene.sign("--zonemd", "sha384")[0]
    scene.settime(old, "-I", "+40d", "-D", "+90d")
    new = scene.keygen("-S", old, "-i", "0")
    scene.settime(old, "-I", str(scene.now - 60))
    scene.settime(new, "-P", str(scene.now - 60), "-A", str(scene.now - 60))
    assert scene.sign("--zonemd", "sha384") == (3, whole - 3)
    assert [line.split()[10] for line in records(scene.signed) if "RRSIG\tZONEMD" in line] == [tag(new)]


def test_two_algorithms_have_signatures_of_two_lengths(tmp_path):
    scene = ImageScene(tmp_path, algorithm="13")
    scene.keys()
    scene.algorithm = "8"
    scene.keys()
    whole = scene.sign()[0]
    scene.edit("192.0.2.2", "192.0.2.7")
    assert scene.sign() == (4, whole - 4)


def test_an_image_of_other_keys_is_worth_nothing_and_harms_nothing(scene):
    scene.sign()
    for path in scene.folder.glob("K*"):
        path.unlink()
    scene.keys()
    assert scene.sign()[1] == 0


def test_an_older_image_and_a_newer_one_lead_to_the_same_zone(scene):
    states = []
    for number in range(4, 7):
        scene.edit(r"192.0.2.\d\n", f"192.0.2.{number}\n")
        scene.sign()
        states.append((scene.zone.read_text(), scene.image.read_bytes()))
    for zone, _ in states:
        for _, image in states:
            scene.zone.write_text(zone)
            scene.image.write_bytes(image)
            scene.sign()
            assert records(scene.signed) == scene.from_scratch()


def test_a_zone_digest_is_never_taken_from_the_image(scene):
    whole = scene.sign("--zonemd", "sha384")[0]
    scene.edit("192.0.2.2", "192.0.2.7")
    assert scene.sign("--zonemd", "sha384") == (3, whole - 3)  # www A, SOA, ZONEMD
    assert scene.sign("--zonemd", "sha384,sha512") == (1, whole - 1)
    assert records(scene.signed) == scene.from_scratch("--zonemd", "sha384,sha512")
    assert scene.sign("--zonemd", "sha384,sha512") == (1, whole - 1)


def test_records_of_the_input_that_are_signed_come_first(scene):
    """A DNSKEY RRset signed elsewhere, by a key whose secret is not here."""
    whole = scene.sign()[0]
    keyset = [line for line in records(scene.signed) if "RRSIG\tDNSKEY" in line]
    with scene.zone.open("a") as file:
        file.write("\n".join(keyset) + "\n")
    assert counts(scene.run().stdout) == [0, whole, 0, 2, 0]  # those of the image are left to the gate
    assert [line for line in records(scene.signed) if "RRSIG\tDNSKEY" in line] == keyset


@pytest.mark.parametrize("style", ["text", "full", "raw"])
def test_kept_signatures_are_written_in_every_form(scene, style):
    scene.run("-O", style)
    first = scene.signed.read_bytes()
    again = counts(scene.run("-O", style).stdout)
    assert again[0] == 0
    plain = [line for line in first.splitlines() if not line.startswith((b";", b"\t\t\t; resign"))]
    kept = [line for line in scene.signed.read_bytes().splitlines() if not line.startswith(b";")]
    assert kept == plain or style == "raw"  # whose header has the time


def test_only_dnssec_records(scene):
    """With -D, which signs the file that includes its output."""
    (scene.folder / "zone").write_text(scene.zone.read_text() + f"$INCLUDE {scene.signed}\n")
    scene.signed.write_text("")
    scene.run("-D", "-O", "text")
    text = scene.signed.read_text()
    assert counts(scene.run("-D", "-O", "text").stdout)[0] == 0
    assert "RRSIG" in text


def test_many_workers_write_the_same_image_as_one(scene):
    names = "".join(f"n{number} NS ns.other.\nn{number} DS {DS}\n" for number in range(7000))
    scene.zone.write_text(scene.zone.read_text() + names)
    images = []
    for workers in ("1", "2"):
        scene.image.unlink(missing_ok=True)
        scene.run("-n", workers, "-P", "-3", "-")
        images.append(scene.image.read_bytes())
        assert counts(scene.run("-n", workers, "-P", "-3", "-").stdout)[0] == 0
    assert images[0][Facts.SIZE :] == images[1][Facts.SIZE :]


def test_an_image_that_cannot_be_written_does_not_stop_the_zone(scene):
    done = scene.run("--image", scene.folder / "nowhere" / "image")
    assert "can't be written: file not found" in done.stderr
    scene.verify()


def test_an_image_without_an_output_file(scene):
    line = scene.line("-f", "-")
    first = signzone(*line, now=scene.now)
    again = signzone(*line, now=scene.now)
    assert counts(first.stderr)[0] == counts(again.stderr)[1]


def test_a_zone_that_fails_leaves_the_image_as_it_was(scene):
    scene.sign()
    image = scene.image.read_bytes()
    scene.edit("www A 192.0.2.2", "www CNAME x\nwww A 192.0.2.2")
    assert scene.run(check=False).code == 1
    assert scene.image.read_bytes() == image
    assert not [path for path in scene.folder.iterdir() if path.name.startswith(("image.", "signed."))]


def test_a_batch_has_an_image_for_each_zone(scene):
    lines = []
    for number in range(3):
        words = scene.line("--image", scene.folder / f"image{number}", "-f", scene.folder / f"signed{number}")
        lines.append(" ".join(map(str, words)))
    (scene.folder / "batch").write_text("\n".join(lines) + "\n")
    for generated in (True, False):
        done = command("signzone", "-t", "-q", "--batch", scene.folder / "batch", now=scene.now)
        assert [count > 0 for count in counts(done.stdout)[::5]] == [generated] * 4
    assert sorted(path.name for path in scene.folder.glob("image*")) == ["image0", "image1", "image2"]


def test_verbose_runs_say_what_stays(scene):
    scene.sign()
    done = scene.run("-v", "2")
    assert "example/SOA:\ndnssec-signzone: \trrsig by example/ED25519/" in done.stderr
    assert "no existing signatures" not in done.stderr
