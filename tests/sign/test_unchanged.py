"""That there is nothing to do is found without loading a zone, and never wrongly."""

from __future__ import annotations

import io
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fastsign.cli.compat.common import CommandLine
from fastsign.cli.compat.signzone import TOOL, read_line
from fastsign.cli.env import Env
from fastsign.sign.image_facts import UNKNOWN, is_same, is_settled, look_at, read_facts
from fastsign.sign.job import Job
from fastsign.sign.unchanged import is_current, parameters_of
from image_scene import DAY, ImageScene

SECOND = 1_000_000_000


def job_of(scene: ImageScene, *options: str) -> Job:
    """The job of the scene's command line."""
    argv = ("signzone", *map(str, scene.line(*options)))
    env = Env(argv, io.StringIO(), io.StringIO(), io.StringIO(), clock=lambda: float(scene.now))
    return read_line(CommandLine(TOOL, env))[0]


def age(path: Path, seconds: int = 60) -> None:
    """Make a file look older; its last change is now all the same."""
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - seconds * SECOND))


def settle() -> None:
    """Let the clock of the file system tick."""
    time.sleep(0.1)


@pytest.fixture
def scene(tmp_path: Path) -> ImageScene:
    made = ImageScene(tmp_path)
    made.keys()
    settle()
    made.sign()
    assert is_current(job_of(made))
    return made


def test_time_alone_changes_nothing_until_a_signature_is_due(scene):
    begun = scene.now
    for days, is_so in ((0, True), (22, True), (23, False), (60, False), (-1, False)):
        scene.now = begun + days * DAY
        assert is_current(job_of(scene)) == is_so, days
    scene.now = begun + 23 * DAY
    assert is_current(job_of(scene, "-i", str(5 * DAY)))


def test_an_edited_zone_is_another_and_a_touched_one_is_not(scene):
    age(scene.zone)
    assert is_current(job_of(scene))
    before = scene.zone.stat()
    text = scene.zone.read_text()
    scene.zone.write_text(text.replace("192.0.2.2", "192.0.2.3"))
    os.utime(scene.zone, ns=(before.st_atime_ns, before.st_mtime_ns))  # the same size and the same time
    assert not is_current(job_of(scene))
    scene.zone.write_text(text)
    assert is_current(job_of(scene))
    scene.zone.unlink()
    assert not is_current(job_of(scene))


@pytest.mark.parametrize(
    "options",
    [
        ("-3", "-"),
        ("-O", "text"),
        ("-N", "unixtime"),
        ("-x",),
        ("-z",),
        ("-Q",),
        ("-R",),
        ("-M", "60"),
        ("-T", "60"),
        ("-P",),
        ("-G", ""),
        ("--zonemd", "sha384"),
        ("-f", "elsewhere"),
        ("--image", "elsewhere"),
        ("-f", "-"),
        ("-J", "journal"),
        ("-g",),
    ],
    ids=" ".join,
)
def test_other_parameters_ask_for_another_zone(scene, options):
    assert not is_current(job_of(scene, *options))


@pytest.mark.parametrize("options", [("-n", "7"), ("-E", "pkcs11"), ("-a",), ("-e", "+9d"), ("-j", "60")], ids=" ".join)
def test_how_it_is_made_makes_no_other_zone(scene, options):
    assert is_current(job_of(scene, *options))


def test_a_key_that_comes_or_goes_or_whose_time_comes_asks_for_another_zone(scene):
    zsk, ksk = sorted((path.stem for path in scene.folder.glob("K*.key")), key=lambda name: "256" not in name)
    scene.settime(zsk, "-I", str(scene.now + DAY))
    assert is_current(job_of(scene))
    scene.now += 2 * DAY
    assert not is_current(job_of(scene))
    scene.now -= 2 * DAY
    (scene.folder / f"{ksk}.private").rename(scene.folder / "hidden")
    assert not is_current(job_of(scene))
    (scene.folder / "hidden").rename(scene.folder / f"{ksk}.private")
    assert is_current(job_of(scene))
    scene.keygen("-P", "none", "-A", "none")
    assert not is_current(job_of(scene))


def test_the_signed_zone_has_to_be_the_one_that_was_put_there(scene):
    octets = scene.signed.read_bytes()
    scene.signed.unlink()
    assert not is_current(job_of(scene))
    scene.signed.write_bytes(octets)
    assert not is_current(job_of(scene))
    scene.sign()
    assert is_current(job_of(scene))
    with scene.signed.open("a") as file:
        file.write("; edited\n")
    assert not is_current(job_of(scene))


def test_without_an_image_nothing_is_known(scene):
    assert not is_current(replace(job_of(scene), image=None))
    scene.image.write_bytes(b"damaged")
    assert not is_current(job_of(scene))


def test_a_zone_of_several_files_is_always_read(scene):
    (scene.folder / "more").write_text("more A 192.0.2.8\n")
    scene.edit(r"ns\.sub A", f"$INCLUDE {scene.folder / 'more'}\nns.sub A")
    settle()
    scene.sign()
    assert not is_current(job_of(scene))
    facts = read_facts(str(scene.image))
    assert facts is not None
    assert facts.source == UNKNOWN


def test_a_file_that_was_written_a_moment_before_may_change_unseen(scene):
    state = look_at(str(scene.zone))
    assert is_settled(state, state.ctime + SECOND // 10) or state.ctime % SECOND == 0
    assert not is_settled(state, state.ctime + 1_000_000)
    coarse = replace(state, mtime=state.mtime // SECOND * SECOND, ctime=state.ctime // SECOND * SECOND)
    assert not is_settled(coarse, coarse.ctime + SECOND)
    assert is_settled(coarse, coarse.ctime + 3 * SECOND)


def test_what_is_no_file_is_unknown(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert look_at(str(pipe)) == look_at(str(tmp_path)) == look_at(str(tmp_path / "nothing")) == UNKNOWN
    assert not is_same(str(tmp_path / "nothing"), UNKNOWN)


def test_the_parameters_do_not_depend_on_the_moment(scene):
    first = parameters_of(job_of(scene))
    scene.now += 5 * DAY
    assert parameters_of(job_of(scene)) == first
